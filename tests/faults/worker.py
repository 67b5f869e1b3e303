"""The worker: dispatch in Lambda's runtime client, in a child process that is replaced when it was killed.

`python -m tests.faults.worker <log file>` imports everything once and then forks, so that a new child runs in
milliseconds. It says `started <pid>` and `ended <pid>` on standard output. The environment is the function's.
"""

import os
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import boto3

import dispatch.handler
import relay.tiktok.client  # noqa: F401 - what the function loads late is loaded once, before the fork

_real_time: Final = time.time
_ahead = 0.0


def lambda_handler(event: dict[str, Any], context: Any) -> Any:
    """Dispatch, at the time that the event says it is."""
    global _ahead  # noqa: PLW0603 - the clock of this process
    _ahead = event["now"] - _real_time()
    sqs_event: Any = event
    return dispatch.handler.lambda_handler(sqs_event, context)


def main(log: Path) -> int:
    """Keeps a child running until standard input ends or a child dies of something else than a kill."""
    time.time = lambda: _real_time() + _ahead
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


def _serve(log: Path) -> None:
    with log.open("ab") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    # Its client keeps a connection of its own, so it is loaded by each child.
    bootstrap = import_module("awslambdaric.bootstrap")
    client = import_module("awslambdaric.lambda_runtime_client").LambdaRuntimeClient
    bootstrap.run(f"{__name__}.lambda_handler", client(os.environ["AWS_LAMBDA_RUNTIME_API"]))


if __name__ == "__main__":
    # Under the name by which the runtime client imports the handler, or the clock would be another's.
    sys.exit(import_module("tests.faults.worker").main(Path(sys.argv[1])))
