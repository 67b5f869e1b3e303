"""The doubles over HTTP: AWS's JSON protocol for SQS and Secrets Manager, and Lambda's runtime API."""

import hashlib
import json
import queue
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

from tests.faults.queues import Queue
from tests.faults.steps import KilledError, Steps

Reply: TypeAlias = tuple[int, bytes, dict[str, str]]
Answer: TypeAlias = Callable[[str, str, dict[str, str], bytes], Reply | None]
"""Method, path, headers (lower case) and body → status, body and headers; None closes the line."""

JSON: Final[str] = "application/x-amz-json-1.0"


class Server:
    """An HTTP server on loopback that hands every request to `answer`."""

    def __init__(self, answer: Answer) -> None:
        class Handler(_Handler):
            reply = staticmethod(answer)

        self._server = _Quiet(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that were killed; everything else is a bug and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave together and at once; else each answer takes 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    reply: Answer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            length = int(headers.get("content-length", "0"))
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True  # whoever wrote it was killed
                return
            reply = self.reply(self.command, self.path, headers, body)
            if reply is None:
                self.close_connection = True
                return
            status, text, more = reply
            self.send_response_only(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()
        except ConnectionError:
            self.close_connection = True  # whoever asked was killed

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        """Stay silent."""


class Aws:
    """SQS and Secrets Manager as dispatch uses them.

    `trouble` is how often a single entry of a batch call fails. Every call is two steps: its arrival, and its
    effect without the answer.
    """

    def __init__(self, queues: dict[str, Queue], steps: Steps, chance: random.Random, trouble: float) -> None:
        self.queues, self.secret, self.trouble = queues, "{}", trouble
        self._steps, self._chance = steps, chance
        self._lock = threading.Lock()

    def answer(self, _method: str, _path: str, headers: dict[str, str], body: bytes) -> Reply | None:
        """Answers one call of AWS's JSON protocol."""
        name = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = json.loads(body)
        try:
            self._steps.step(f"{name} arrives")
            said = getattr(self, f"_{name}")(asked)
            self._steps.step(f"{name} took effect")
        except KilledError:
            return None
        return 200, json.dumps(said).encode(), {"Content-Type": JSON}

    def url(self, name: str) -> str:
        """The address that dispatch knows a queue by."""
        return f"https://sqs.test/1/{name}"

    def _queue(self, asked: dict[str, Any]) -> Queue:
        return self.queues[asked["QueueUrl"].rpartition("/")[2]]

    def _fails(self) -> bool:
        with self._lock:
            return self._chance.random() < self.trouble

    def _GetSecretValue(self, _asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"SecretString": self.secret, "Name": "tiktok"}

    def _SendMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        queue = self._queue(asked)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in asked["Entries"]:
            if self._fails():
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            attributes = {
                name: value["StringValue"] for name, value in entry.get("MessageAttributes", {}).items()
            }
            message_id = queue.send(entry["MessageBody"], attributes)
            digest = hashlib.md5(entry["MessageBody"].encode(), usedforsecurity=False).hexdigest()
            done.append({"Id": entry["Id"], "MessageId": message_id, "MD5OfMessageBody": digest})
        return {"Successful": done, "Failed": failed}

    def _ChangeMessageVisibilityBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        queue = self._queue(asked)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in asked["Entries"]:
            if self._fails() or not queue.put_off(entry["ReceiptHandle"], entry["VisibilityTimeout"]):
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed}


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the function: what it is given, and until when (Unix seconds) it may run."""

    number: int
    event: dict[str, Any]
    deadline: float


class RuntimeApi:
    """Lambda's runtime API, for one function that runs one invocation at a time."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._changed = threading.Condition()
        self._invocation: Invocation | None = None
        self._generation = 0
        self._waiting = False
        self.reports: queue.Queue[tuple[int, bytes]] = queue.Queue()

    def await_idle(self, seconds: float) -> None:
        """Returns once the process waits for an invocation, or so many seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, seconds)

    def forget(self) -> None:
        """Forgets whoever waits for an invocation, since it is about to be killed.

        It is not told: a process that hears that there is nothing for it ends by itself.
        """
        with self._changed:
            self._generation += 1
            self._waiting = False

    def invoke(self, invocation: Invocation) -> None:
        """Has the next one to ask run this."""
        with self._changed:
            self._invocation = invocation
            self._changed.notify_all()

    def answer(self, method: str, path: str, _headers: dict[str, str], body: bytes) -> Reply | None:
        """Hands out the next invocation, or takes the report on one."""
        try:
            if method == "GET":
                return self._next()
            number, _, what = path.rpartition("/invocation/")[2].partition("/")
            if what != "response":
                raise AssertionError(f"{path}: {body[:2000].decode('utf-8', 'replace')}")
            self._steps.step("report arrives")
            self.reports.put((int(number), body))
        except KilledError:
            return None
        return 202, b"{}", {"Content-Type": "application/json"}

    def _next(self) -> Reply | None:
        with self._changed:
            generation = self._generation
            self._waiting = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._invocation or self._generation != generation)
            invocation, current = self._invocation, self._generation == generation
            if invocation is None or not current:
                return None
            self._invocation, self._waiting = None, False
        self._steps.step("invocation begins")
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": str(invocation.number),
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:1:function:dispatch",
        }
        return 200, json.dumps(invocation.event).encode(), headers
