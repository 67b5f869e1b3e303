"""The built functions in Lambda's own runtime client, with AWS and TikTok played on loopback.

They run on the Python that the template names where this machine has one (`make check-aws` sets it up), else
on this interpreter.
"""

import contextlib
import hashlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.faults.servers import JSON, Reply, Server
from tests.support.template import ROOT, STACK, TEMPLATE, properties

_TARGET: Final = ROOT / ".local/tools/lambda-runtime/bin/python"
PYTHON: Final[str] = str(_TARGET) if _TARGET.exists() else sys.executable
PACKAGES: Final = {"IngestFunction": "ingest", "DispatchFunction": "dispatch"}

ANSWER_SECONDS: Final[float] = 60.0
"""The longest wait for a response. A cold start takes one or two seconds, on a busy machine more."""


def build(folder: Path) -> Path:
    """Build layer and functions for the interpreter that will run them. Returns `folder`."""
    env = {**os.environ, "RELAY_BUILD_TARGET": "host"}
    for resource in ("RelayLayer", *PACKAGES):
        command = [PYTHON, "tools/build_artifact.py", resource, str(folder / resource)]
        subprocess.run(command, check=True, env=env, cwd=ROOT)
    return folder


class Aws:
    """SQS, Secrets Manager and an empty DynamoDB table: what was sent, and what fails."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}
        self.sent: dict[str, list[str]] = {}
        self.rejects = False
        self.hangs = False
        self.table_fails = False

    def answer(self, _method: str, _path: str, headers: dict[str, str], body: bytes) -> Reply | None:
        """Answer one call of AWS's JSON protocol."""
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        asked = json.loads(body)
        if action == "GetSecretValue":
            if self.hangs:
                time.sleep(30)
                return None
            return self._reply({"SecretString": self.secrets[asked["SecretId"]], "Name": "secret"})
        if action in ("SendMessage", "SendMessageBatch"):
            if self.hangs:
                time.sleep(30)
                return None
            return self._send_one(asked) if action == "SendMessage" else self._send(asked)
        if action in ("BatchGetItem", "PutItem", "UpdateItem"):
            if self.table_fails:
                return 400, b'{"__type": "ResourceNotFoundException"}', {"Content-Type": JSON}
            return self._reply({"Responses": {}, "UnprocessedKeys": {}} if action == "BatchGetItem" else {})
        raise AssertionError(f"no answer for {action}")

    def _send(self, asked: dict[str, Any]) -> Reply:
        done, failed = [], []
        for entry in asked["Entries"]:
            if self.rejects:
                failed.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            done.append({"Id": entry["Id"], **self._keep(asked["QueueUrl"], entry["MessageBody"])})
        return self._reply({"Successful": done, "Failed": failed})

    def _send_one(self, asked: dict[str, Any]) -> Reply:
        if self.rejects:
            return 500, b'{"__type": "InternalFailure"}', {"Content-Type": JSON}
        return self._reply(self._keep(asked["QueueUrl"], asked["MessageBody"]))

    def _keep(self, queue_url: str, body: str) -> dict[str, str]:
        self.sent.setdefault(queue_url, []).append(body)
        digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return {"MessageId": "m", "MD5OfMessageBody": digest}

    def _reply(self, members: dict[str, Any]) -> Reply:
        return 200, json.dumps(members).encode(), {"Content-Type": JSON}


class RuntimeApi:
    """Lambda's runtime API for one function."""

    def __init__(self) -> None:
        self.events: queue.Queue[dict[str, Any]] = queue.Queue()
        self.responses: queue.Queue[tuple[str, Any]] = queue.Queue()
        self.initialised = threading.Event()

    def answer(self, method: str, path: str, _headers: dict[str, str], body: bytes) -> Reply:
        """Hand out the next event, or take a response."""
        if method == "POST":
            self.responses.put((path.rpartition("/")[2], json.loads(body or b"null")))
            return 202, b"{}", {"Content-Type": "application/json"}
        self.initialised.set()
        event = self.events.get()
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": "1",
            "Lambda-Runtime-Deadline-Ms": str(int((time.time() + event["seconds"]) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:f",
        }
        return 200, json.dumps(event["event"]).encode(), headers


def _cpu_nanoseconds(thread: Path) -> int:
    """proc(5), schedstat: the first number is nanoseconds on a CPU. A thread may end before it is read."""
    try:
        return int(thread.read_text(encoding="ascii").split()[0])
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Function:
    """A built function that runs."""

    def __init__(self, api: RuntimeApi, log: Path, seconds: float, process_id: int) -> None:
        self._api, self._log, self._seconds = api, log, seconds
        self._process_id = process_id

    def initialise(self) -> None:
        """Wait until it asks for its first event."""
        assert self._api.initialised.wait(ANSWER_SECONDS), f"no start; its output:\n{self.output()[-3000:]}"

    def cpu_seconds(self) -> float:
        """CPU time of all of its threads so far, without those that have ended."""
        threads = Path(f"/proc/{self._process_id}/task").glob("*/schedstat")
        return sum(map(_cpu_nanoseconds, threads)) / 1e9

    def peak_megabytes(self) -> float:
        """The most memory that it has held so far."""
        status = Path(f"/proc/{self._process_id}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def invoke(self, event: dict[str, Any]) -> Any:
        """Run it on an event. Raises AssertionError when it ends in an error."""
        self._api.events.put({"event": event, "seconds": self._seconds})
        try:
            kind, response = self._api.responses.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise AssertionError(f"no response; its output:\n{self.output()[-3000:]}") from None
        assert kind == "response", f"{response}\n{self.output()[-3000:]}"
        return response

    def output(self) -> str:
        """All that it wrote."""
        return self._log.read_text(encoding="utf-8")

    def metrics(self) -> list[dict[str, Any]]:
        """Its lines in CloudWatch's embedded metric format."""
        lines = (line for line in self.output().splitlines() if '"CloudWatchMetrics"' in line)
        return [json.loads(line) for line in lines]


def environment(function: str, **changes: str) -> dict[str, str]:
    """The variables of a function as the template sets them, with defaults for what it refers to."""
    shared: dict[str, Any] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    declared = {**shared, **properties(function)["Environment"]["Variables"]}
    values = {}
    for name, value in declared.items():
        if isinstance(value, str):
            values[name] = value
            continue
        if "If" in value:
            # The default of each parameter deploys what it is about.
            value = value["If"][1]  # noqa: PLW2901 - what it resolves to
        ((form, target),) = value.items()
        parameter = TEMPLATE["Parameters"].get(target, {}) if form == "Ref" else {}
        pseudo = {"AWS::StackName": STACK}
        values[name] = str(parameter.get("Default", "PIXEL1")) if parameter else pseudo.get(target, target)
    for queue_name in ("EventQueue", "RetryQueue", "DeadLetterQueue"):
        values = {
            name: f"https://sqs.eu-central-1.amazonaws.com/1/{queue_name}" if value == queue_name else value
            for name, value in values.items()
        }
    return values | changes


def lambda_variables(paths: Sequence[Path], aws: Server) -> dict[str, str]:
    """The variables that Lambda itself sets, with `paths` to import from and AWS at a server's address."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "AWS_ENDPOINT_URL": f"http://{aws.address}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_LAMBDA_FUNCTION_NAME": f"{STACK}-function",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
    }


@contextlib.contextmanager
def running(
    function: str, built: Path, folder: Path, aws: Server, *, defect: str = "", **changes: str
) -> Iterator[Function]:
    """Run a built function until the block ends; what `defect` names ("module:name") raises in it."""
    declared = properties(function)
    paths = [built / function, built / "RelayLayer/python"]
    handler: str = declared["Handler"]
    if defect:
        paths.insert(0, _break(handler, defect, folder))
        handler = "broken.lambda_handler"
    variables = environment(function, **changes)
    seconds = float(declared["Timeout"])
    with running_handler(handler, paths, folder, aws, seconds=seconds, **variables) as started:
        yield started


def _break(handler: str, defect: str, folder: Path) -> Path:
    """Write a module `broken` with a function's handler and its defect. Returns where it is."""
    module, _, name = defect.partition(":")
    place = folder / f"broken-{module}.{name}"
    place.mkdir()
    text = f"""
import {module}
from {handler.rpartition(".")[0]} import lambda_handler

def fail(*_args, **_options):
    raise KeyError("a defect of this release")

{module}.{name} = fail
"""
    (place / "broken.py").write_text(text, encoding="utf-8")
    return place


@contextlib.contextmanager
def running_handler(
    handler: str, paths: Sequence[Path], folder: Path, aws: Server, *, seconds: float = 30.0, **variables: str
) -> Iterator[Function]:
    """Run a handler in Lambda's runtime client until the block ends; `paths` begin with its module's."""
    api = RuntimeApi()
    server = Server(api.answer)
    log = folder / f"{handler}-{len(list(folder.iterdir()))}.log"
    env = {**lambda_variables(paths, aws), "AWS_LAMBDA_RUNTIME_API": server.address, **variables}
    command: Sequence[str] = [PYTHON, "-m", "awslambdaric", handler]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=env, cwd=paths[0], stdout=output, stderr=output)
    try:
        yield Function(api, log, seconds, process.pid)
    finally:
        process.kill()
        process.wait()
        server.close()
