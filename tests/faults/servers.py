"""The doubles over HTTP: AWS's JSON protocol for SQS and Secrets Manager, and Lambda's runtime API."""

import hashlib
import json
import queue
import random
import sys
import threading
import time
from collections import Counter
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
                self.close_connection = True  # its writer was killed
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
            self.close_connection = True  # the client was killed

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the parent's name
        """Stay silent."""


class _CallFailsError(Exception):
    """SQS fails on the message of a call that has one, which is the whole call."""


CALL_FAULTS: Final[tuple[str, ...]] = ("internal error", "denied", "garbage", "reset", "hang")
"""What a whole call of AWS can end in, instead of a response."""

HANG_SECONDS: Final[float] = 2.5
"""Longer than the functions wait here (`worker`), so that a call that hangs is one without a response."""


@dataclass(slots=True)
class SentRetry:
    """A message as dispatch sent it to the retry queue."""

    body: str
    delay: int
    group: str


class Aws:
    """SQS and Secrets Manager as the functions and `relay replay` use them.

    `entry_faults` is how often a single entry of a batch call fails, `fault` names what calls of an operation
    (and queue) end in. Every call is two steps: its arrival, and its effect without the response.
    """

    def __init__(self, queues: dict[str, Queue], steps: Steps, chance: random.Random) -> None:
        self.queues = queues
        self.secrets: dict[str, str] = {}
        self.entry_faults = 0.0
        self.fail_bodies: Callable[[str], bool] = lambda _body: False
        self.fault: Callable[[str, str], str | None] = lambda _operation, _queue: None
        self.situations: Counter[str] = Counter()
        self.retries: list[SentRetry] = []
        self._steps, self._chance = steps, chance
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Remove all messages, faults and records."""
        for entry in self.queues.values():
            entry.clear()
        self.entry_faults, self.fail_bodies = 0.0, lambda _body: False
        self.fault = lambda _operation, _queue: None
        self.retries.clear()

    def answer(self, _method: str, _path: str, headers: dict[str, str], body: bytes) -> Reply | None:
        """Answer one call of AWS's JSON protocol."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = json.loads(body)
        queue = str(asked.get("QueueUrl", "")).rpartition("/")[2]
        try:
            self._steps.step(f"{operation} arrives")
            fault = self.fault(operation, queue)
            if fault is not None:
                return self._fail(fault, operation)
            result = getattr(self, f"_{operation}")(asked)
            self._steps.step(f"{operation} took effect")
        except KilledError:
            return None
        except _CallFailsError:
            return self._fail("internal error", operation)
        return 200, json.dumps(result).encode(), {"Content-Type": JSON}

    def url(self, name: str) -> str:
        """The URL that the functions know a queue by."""
        return f"https://sqs.test/1/{name}"

    def _fail(self, fault: str, operation: str) -> Reply | None:
        service = "Secrets Manager" if operation == "GetSecretValue" else "SQS"
        with self._lock:
            self.situations[f"{service}: {fault}"] += 1
        if fault == "hang":
            time.sleep(HANG_SECONDS)
            return None
        if fault == "reset":
            return None
        if fault == "garbage":
            return 200, b"<html>not what was asked for</html>", {"Content-Type": "text/html"}
        code = "AccessDeniedException" if fault == "denied" else "InternalFailure"
        status = 400 if fault == "denied" else 500
        return status, json.dumps({"__type": code, "message": fault}).encode(), {"Content-Type": JSON}

    def _queue(self, asked: dict[str, Any]) -> Queue:
        return self.queues[asked["QueueUrl"].rpartition("/")[2]]

    def _entry_fails(self, body: str = "") -> bool:
        with self._lock:
            fails = self.fail_bodies(body) or self._chance.random() < self.entry_faults
            self.situations["SQS: one entry fails"] += fails
            return fails

    def _GetSecretValue(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"SecretString": self.secrets[asked["SecretId"]], "Name": asked["SecretId"]}

    def _SendMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        queue = self._queue(asked)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in asked["Entries"]:
            body, delay = entry["MessageBody"], entry.get("DelaySeconds", 0)
            if self._entry_fails(body) or not 0 <= delay <= MAX_DELAY:
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            done.append({"Id": entry["Id"], **self._put(queue, entry)})
        return {"Successful": done, "Failed": failed}

    def _SendMessage(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        if self._entry_fails(asked["MessageBody"]) or not 0 <= asked.get("DelaySeconds", 0) <= MAX_DELAY:
            raise _CallFailsError
        return self._put(self._queue(asked), asked)

    def _put(self, queue: Queue, message: dict[str, Any]) -> dict[str, Any]:
        body, delay, group = (
            message["MessageBody"],
            message.get("DelaySeconds", 0),
            message.get("MessageGroupId", ""),
        )
        attributes = {
            name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()
        }
        message_id = queue.send(body, attributes, delay, group)
        if queue is self.queues.get("retries"):
            with self._lock:
                self.retries.append(SentRetry(body, delay, group))
        digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": message_id, "MD5OfMessageBody": digest}

    def _ReceiveMessage(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        given = self._queue(asked).receive(asked["MaxNumberOfMessages"], asked["VisibilityTimeout"])
        return {
            "Messages": [
                {
                    "MessageId": message.message_id,
                    "ReceiptHandle": handle,
                    "Body": message.body,
                    "MD5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
                    "Attributes": {"SentTimestamp": str(int(message.sent_at * 1000))},
                    "MessageAttributes": {
                        name: {"DataType": "String", "StringValue": value}
                        for name, value in message.attributes.items()
                    },
                }
                for handle, message in given
            ]
        }

    def _GetQueueAttributes(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        queue = self._queue(asked)
        in_flight, delayed = queue.in_flight, queue.delayed
        counts = {
            "ApproximateNumberOfMessages": len(queue) - in_flight - delayed,
            "ApproximateNumberOfMessagesNotVisible": in_flight,
            "ApproximateNumberOfMessagesDelayed": delayed,
        }
        return {"Attributes": {name: str(counts[name]) for name in asked["AttributeNames"]}}

    def _DeleteMessageBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._for_each_handle(
            asked, lambda queue, entry: queue.delete_by_handle(entry["ReceiptHandle"])
        )

    def _ChangeMessageVisibilityBatch(self, asked: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return self._for_each_handle(
            asked,
            lambda queue, entry: queue.change_visibility(entry["ReceiptHandle"], entry["VisibilityTimeout"]),
        )

    def _for_each_handle(
        self, asked: dict[str, Any], act: Callable[[Queue, dict[str, Any]], bool]
    ) -> dict[str, Any]:
        queue = self._queue(asked)
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for entry in asked["Entries"]:
            if self._entry_fails() or not act(queue, entry):
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
            else:
                done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed}


MAX_DELAY: Final[int] = 900
"""SendMessage, API reference: DelaySeconds is 0 to 900."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the function: its event, and until when (Unix seconds) it may run."""

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
        self.reports: queue.Queue[tuple[int, bytes | None]] = queue.Queue()

    def await_idle(self, seconds: float) -> None:
        """Return once the process waits for an invocation, or so many seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting, seconds)

    def forget(self) -> None:
        """Forget the process that waits for an invocation, since it is about to be killed.

        It gets no response: a process that hears that there is nothing for it ends by itself.
        """
        with self._changed:
            self._generation += 1
            self._waiting = False

    def invoke(self, invocation: Invocation) -> None:
        """Give this to the next process that asks."""
        with self._changed:
            self._invocation = invocation
            self._changed.notify_all()

    def answer(self, method: str, path: str, _headers: dict[str, str], body: bytes) -> Reply | None:
        """Hand out the next invocation, or take the report on one."""
        try:
            if method == "GET":
                return self._next()
            number, _, what = path.rpartition("/invocation/")[2].partition("/")
            self._steps.step("report arrives")
            # An exception of the function is reported as `error`: Lambda keeps the whole batch.
            self.reports.put((int(number), body if what == "response" else None))
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
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:1:function:relay",
        }
        return 200, json.dumps(invocation.event).encode(), headers
