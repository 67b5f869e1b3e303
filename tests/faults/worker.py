"""The worker: a function in Lambda's runtime client, in a child process that is replaced when it was killed.

`python -m tests.faults.worker <ingest|dispatch> <log file>` imports everything once and then forks, so that a
new child runs in milliseconds. It says `started <pid>` and `ended <pid>` on standard output. The environment
is the function's. The clock is the one that each event brings along; a request to TikTok moves it on by
`request_seconds`, so that a run can come to its end in no time.
"""

import os
import resource
import signal
import sys
import threading
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import boto3

SCALE: Final[float] = 1 / 4
"""Time-outs of the functions' own clients here: what hangs need not hang for seconds."""

MAX_OPEN_FILES: Final[int] = 256
"""Lambda allows 1,024; a leak shows earlier here."""

_RESERVED: Final[dict[str, float]] = {"REQUEST_SECONDS": 19.0, "REPORT_SECONDS": 20.0, "CALL_SECONDS": 10.0}
"""What dispatch reserves of a run's time."""

_real_time: Final = time.time
_real_monotonic: Final = time.monotonic
_real_sleep: Final = time.sleep
_ahead = 0.0
_request_seconds = 0.0
_most_threads = 0
_function: Any = None


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function, at the time that the event says it is."""
    global _ahead, _request_seconds, _most_threads  # noqa: PLW0603 - of this run
    _most_threads = 0
    _ahead = event["now"] - _real_time()
    _request_seconds = event["request_seconds"]
    _set_patience(event["patience"])
    response = _function.lambda_handler(event["event"], context)
    return {
        "response": response,
        "late": context.get_remaining_time_in_millis() <= 0,
        "now": time.time(),
        "open_files": len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0,
        "threads": _most_threads,
    }


def main(name: str, log: Path) -> int:
    """Keep a child running until standard input ends or a child dies of something else than a kill."""
    global _function  # noqa: PLW0603 - the function of this process
    time.time = lambda: _real_time() + _ahead
    time.monotonic = lambda: _real_monotonic() + _ahead
    # The SDK's backoff between two attempts.
    time.sleep = lambda seconds: _real_sleep(min(float(seconds), 0.01))
    _function = import_module(f"{name}.handler")
    _scale_time_outs(name)
    for service in ("sqs", "secretsmanager"):
        boto3.client(service)
    while True:
        child = os.fork()
        if child == 0:
            _serve(log)
        print(f"started {child}", flush=True)
        _, status = os.waitpid(child, 0)
        print(f"ended {child}", flush=True)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            print(f"a child ended by itself: see {log}", file=sys.stderr)
            return 1


def _scale_time_outs(name: str) -> None:
    from botocore.config import Config

    if name == "dispatch":
        _scale_client()
    configured = Config.__init__

    def scaled(self: Config, *arguments: Any, **options: Any) -> None:
        for option in ("connect_timeout", "read_timeout"):
            if option in options:
                options[option] = max(float(options[option]) * SCALE, 1.0)
        configured(self, *arguments, **options)

    Config.__init__ = scaled  # type: ignore[method-assign]


def _scale_client() -> None:
    client = import_module("relay.tiktok.client")
    made = client.Client.__init__

    def scaled(self: Any, base_url: str, read_seconds: float = client.READ_SECONDS) -> None:
        made(self, base_url, read_seconds * SCALE)

    track = client.Client.track

    def slow(self: Any, *arguments: Any) -> Any:
        global _ahead, _most_threads  # noqa: PLW0603 - of this run
        _most_threads = max(_most_threads, threading.active_count())
        response = track(self, *arguments)
        _ahead += _request_seconds
        return response

    client.Client.__init__ = scaled
    client.Client.track = slow


def _set_patience(scale: float) -> None:
    """Scale what dispatch reserves of a run's time, so that a run of two seconds has room for a request."""
    if "dispatch" not in _function.__name__:
        return
    for name in ("relay.delivery.ports", "relay.delivery.deliver", "dispatch.dependencies"):
        module = import_module(name)
        for constant, seconds in _RESERVED.items():
            if hasattr(module, constant):
                setattr(module, constant, seconds * scale)


def _serve(log: Path) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_OPEN_FILES, MAX_OPEN_FILES))
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    # Its client keeps a connection of its own, so it is loaded by each child.
    bootstrap = import_module("awslambdaric.bootstrap")
    client = import_module("awslambdaric.lambda_runtime_client").LambdaRuntimeClient
    bootstrap.run(f"{__name__}.lambda_handler", client(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    # Under the name by which the runtime client imports the handler, or the clock would be another's.
    sys.exit(import_module("tests.faults.worker").main(sys.argv[1], Path(sys.argv[2])))
