"""Show which files a flat Purchase passes through in ingest, and how often execution moves between them.

`make trace-event` runs it, for two Purchases: one whose identifiers have the form that TikTok's documents
show, and the sample as it is, whose phone number and IPv6 address have to be normalised. The handler takes
each as a warm request, with AWS replaced by moto. A file counts when one of its functions runs; a move is a
call from a function in one file into a function in another. A leaf is a file from which no move starts, such
as `hashing`.
"""

import contextlib
import io
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Any, Final

import boto3
from rich.console import Console
from rich.table import Table

from local.samples import FOLDER, fresh

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
PACKAGES: Final[tuple[str, ...]] = (str(ROOT / "layers/relay"), str(ROOT / "functions/ingest"))
SERVER_KEY: Final[str] = "server-key-of-the-trace"

DOCUMENTED: Final[dict[str, str]] = {"phone": "+12133734253", "ip": "9.9.9.9"}
"""Identifiers of the sample in the form that TikTok's documents show (TikTok API for Business, Doc
1771101303285761); the sample's others have it already."""


@dataclass
class Trace:
    """Files in the order of their first call, and the number of calls from one file into another."""

    files: dict[str, int] = field(default_factory=dict)
    moves: Counter[tuple[str, str]] = field(default_factory=Counter)

    def record(self, frame: FrameType, event: str, _argument: object) -> None:
        """Take one event of `sys.setprofile`."""
        if event != "call" or not (path := _project_path(frame)):
            return
        self.files[path] = self.files.get(path, 0) + 1
        caller = frame.f_back
        # Between two of our functions there may be library code, for example pydantic's.
        while caller is not None and not (origin := _project_path(caller)):
            caller = caller.f_back
        if caller is not None and origin != path:
            self.moves[origin, path] += 1

    def leaves(self) -> set[str]:
        """The files from which no call into another file was made."""
        return self.files.keys() - {origin for origin, _ in self.moves}

    def summary(self) -> str:
        """The numbers of files, leaves and moves."""
        moves = self.moves.total()
        return f"{len(self.files)} files, {len(self.leaves())} of them leaves, {moves} moves between them"


def _project_path(frame: FrameType) -> str:
    path = frame.f_code.co_filename
    return str(Path(path).relative_to(ROOT)) if path.startswith(PACKAGES) else ""


@contextlib.contextmanager
def _aws() -> Iterator[None]:
    """An account with the queue and the secret that ingest needs, and the environment that names them."""
    from moto import mock_aws  # late: half a second, which the unit tests of a trace need not spend

    os.environ |= {
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "PIXEL_ID": "D179S7RC77UA68QT5U1G",
        "STACK_NAME": "trace",
    }
    with mock_aws():
        os.environ["QUEUE_URL"] = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
        secret = boto3.client("secretsmanager").create_secret(
            Name="ingest", SecretString=json.dumps({"server_key": SERVER_KEY})
        )
        os.environ["INGEST_SECRET_ARN"] = secret["ARN"]
        yield


def flat_purchase(identifiers: Mapping[str, str]) -> dict[str, Any]:
    """Return the sample Purchase of now as a flat event, with these identifiers in place of its own."""
    nested = json.loads(fresh((FOLDER / "server/purchase.json").read_bytes(), time.time()))
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return {**flat, **identifiers}


def trace_request(event: Mapping[str, Any]) -> Trace:
    """Trace one warm request with this event. Raises RuntimeError where ingest does not accept it."""
    from ingest.handler import lambda_handler

    request: dict[str, Any] = {
        "rawPath": "/v1/events",
        "headers": {"authorization": f"Bearer {SERVER_KEY}", "content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/events", "sourceIp": "192.0.2.1"},
            "requestId": "trace",
        },
        "body": json.dumps(event),
        "isBase64Encoded": False,
    }
    trace = Trace()
    context: Any = None
    with contextlib.redirect_stdout(io.StringIO()):
        lambda_handler(request, context)
        sys.setprofile(trace.record)
        try:
            response = lambda_handler(request, context)
        finally:
            sys.setprofile(None)
    if response["statusCode"] != HTTPStatus.ACCEPTED:
        raise RuntimeError(f"ingest answered {response['statusCode']}: {response['body']}")
    return trace


def _show(console: Console, title: str, trace: Trace) -> None:
    table = Table("", "file", title=title)
    table.add_column("calls", justify="right")
    table.add_column("")
    leaves = trace.leaves()
    for number, (path, calls) in enumerate(trace.files.items(), 1):
        table.add_row(str(number), path, str(calls), "leaf" if path in leaves else "")
    console.print(table)


def main() -> int:
    """Print the files and the moves."""
    with _aws():
        documented = trace_request(flat_purchase(DOCUMENTED))
        to_normalise = trace_request(flat_purchase({}))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    _show(console, "A flat Purchase as TikTok documents it", documented)
    _show(console, "The same, with identifiers to normalise", to_normalise)
    console.print(f"As documented: {documented.summary()}")
    console.print(f"To normalise: {to_normalise.summary()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
