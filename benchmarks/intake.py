"""Intake: a Purchase, from the request's bytes to the queue message, beside a floor and a peer.

The event has two items and seven match fields, six of which are hashed; each one has its own time and trace
id. The floor is what nobody can leave out: parse the body, compute the same six SHA-256 digests, dump the
result, with the standard library. The peer is the normaliser of Meta's own SDK (facebook-business,
`Event.normalize`); it neither parses nor dumps. The share is that of intake in a whole request: the handler
with boto3's SendMessageBatch to a server on loopback that accepts everything, in CPU time of this process.

Run by `make bench`. Exits with 1 if a budget is missed.
"""

import argparse
import gc
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from http import HTTPStatus
from itertools import count
from typing import Any, Final

from facebook_business.adobjects.serverside.content import Content
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.user_data import UserData
from rich.console import Console
from rich.table import Table

from relay.event import body as bodies
from relay.event import pipeline
from relay.event.routing import Routes
from relay.message import Message

BUDGETS: Final[dict[str, float]] = {"clean": 2.5, "coerced": 3.0}
"""Times the floor's time, at the most."""

REQUEST_BUDGET: Final[float] = 1.2
"""Times the CPU of boto3's SendMessageBatch that a whole request may take."""

PEOPLE: Final[int] = 2_000
REQUESTS: Final[int] = 100
ROUNDS: Final[int] = 9
HASHED: Final[tuple[str, ...]] = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
NOW: Final[float] = time.time()
PIXEL: Final[str] = "D179S7RC77UA68QT5U1G"
OPTIONS: Final[pipeline.PipelineOptions] = pipeline.PipelineOptions(Routes({"web": (PIXEL,)}))
MAX_BYTES: Final[int] = 1_000_000
_numbers: Final[Iterator[int]] = count()


def purchase(number: int) -> dict[str, Any]:
    """A Purchase of a made-up person."""
    return {
        "event": "Purchase",
        "event_id": f"order-{number}",
        "event_time": int(NOW) - number % 3600,
        "url": f"https://shop.example/checkout/{number}/thanks",
        "email": f"Person.{number}@example.com",
        "phone": f"+1213373{number % 10_000:04d}",
        "external_id": f"customer-{number}",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "zip_code": f"{90_000 + number % 1000}",
        "ttclid": f"E.C.P.{number:032d}",
        "value": 153.9,
        "currency": "USD",
        "content_type": "product",
        "contents": [
            {"content_id": "SKU-1001", "content_name": "Trail shoe, size 41", "price": 129.9, "quantity": 1},
            {"content_id": "SKU-2002", "content_name": "Enamel mug", "price": 12, "quantity": 2},
        ],
        "num_items": 3,
        "order_id": f"order-{number}",
    }


def intake(body: bytes) -> str:
    """What ingest does with one event between HTTP and SQS."""
    number = next(_numbers)
    received_at = NOW + number / 1000
    context = pipeline.RequestContext(received_at)
    result = pipeline.process_event(bodies.parse_json(body, MAX_BYTES), context, OPTIONS)
    if not isinstance(result, pipeline.Accepted):
        raise SystemExit(f"the benchmark's event was not accepted: {result}")
    return Message(result.destinations[0], received_at, "server", f"trace-{number}", result.item).encode()


def floor(body: bytes) -> object:
    """Parse, the same digests, dump."""
    event = json.loads(body)
    for name in HASHED:
        event[name] = hashlib.sha256(event[name].encode()).hexdigest()
    return json.dumps(event)


def peer(event: dict[str, Any]) -> object:
    """The same event through Meta's normaliser."""
    user = UserData(
        email=event["email"],
        phone=event["phone"],
        external_id=event["external_id"],
        first_name=event["first_name"],
        last_name=event["last_name"],
        zip_code=event["zip_code"],
    )
    contents = [
        Content(product_id=content["content_id"], quantity=content["quantity"], item_price=content["price"])
        for content in event["contents"]
    ]
    data = CustomData(
        value=event["value"], currency="usd", contents=contents, order_id=event["order_id"], num_items=3
    )
    return Event(
        event_name="Purchase",
        event_time=event["event_time"],
        event_id=event["event_id"],
        event_source_url=event["url"],
        user_data=user,
        custom_data=data,
    ).normalize()


def seconds(work: Callable[[Any], object], given: list[Any]) -> float:
    """Seconds of CPU that one piece of work takes, over all of `given`: the work waits for nothing."""
    started = time.process_time()
    for entry in given:
        work(entry)
    return (time.process_time() - started) / len(given)


def peak_kilobytes() -> int:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def memory(events: int, console: Console) -> int:
    """How much the peak grows, in kilobytes, while `events` distinct events are processed."""
    for number in range(20_000):
        intake(json.dumps(purchase(number)).encode())
    gc.collect()
    before = peak_kilobytes()
    for number in range(events):
        intake(json.dumps(purchase(number)).encode())
        if sys.stdout.isatty() and number % 50_000 == 0:
            console.print(f"  {number:,} of {events:,} events", end="\r")
    return peak_kilobytes() - before


_QUEUE: Final[str] = """
import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        entries = json.loads(self.rfile.read(int(self.headers["content-length"]))).get("Entries", [])
        taken = [{"Id": e["Id"], "MessageId": e["Id"], "MD5OfMessageBody": "0" * 32} for e in entries]
        answer = json.dumps({"Successful": taken, "Failed": []}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *_):
        pass
server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def queue_url() -> Iterator[str]:
    """A queue in another process, which accepts everything and whose CPU time is not counted."""
    with subprocess.Popen([sys.executable, "-c", _QUEUE], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}/0/events"
        finally:
            server.terminate()


def request_seconds(sent: list[bytes]) -> tuple[float, float]:
    """Seconds of CPU of a whole request, and of boto3's SendMessageBatch alone, for the same events."""
    import boto3
    from botocore.config import Config

    import ingest.handler
    from ingest.dependencies import Dependencies
    from ingest.rate_limits import RateLimits
    from relay.aws import sqs
    from relay.aws.secrets import Secret
    from relay.settings import IngestSettings

    with queue_url() as url:
        endpoint = url.removesuffix("/0/events")
        client = boto3.client(
            "sqs",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106 - the server asks for none
            config=Config(),
        )
        settings = IngestSettings.from_environment(
            {"QUEUE_URL": url, "INGEST_SECRET_ARN": "arn", "PIXEL_ID": PIXEL}
        )
        secret = Secret(lambda: json.dumps({"server_key": KEY}), time.monotonic)
        limits = RateLimits(count(step=60).__next__)
        dependencies = Dependencies(
            settings, OPTIONS, secret, lambda bodies: sqs.send(client, url, bodies), None, limits
        )
        setattr(ingest.handler, "get_dependencies", lambda: dependencies)  # noqa: B010 - the handler imports it by name

        def request(body: bytes) -> None:
            answer = ingest.handler.lambda_handler(_http_event(body), None)
            if answer["statusCode"] != HTTPStatus.ACCEPTED:
                raise SystemExit(f"the benchmark's request was not accepted: {answer}")

        def send(message: str) -> None:
            client.send_message_batch(QueueUrl=url, Entries=[{"Id": "0", "MessageBody": message}])

        messages = [intake(body) for body in sent]
        with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123 - log lines and metrics
            rounds = [(seconds(request, sent), seconds(send, messages)) for _ in range(ROUNDS)][1:]
    return statistics.median(entry[0] for entry in rounds), statistics.median(entry[1] for entry in rounds)


KEY: Final[str] = "server-key-of-the-benchmark"


def _http_event(body: bytes) -> dict[str, Any]:
    return {
        "version": "2.0",
        "rawPath": "/v1/events",
        "headers": {"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        "requestContext": {
            "http": {"method": "POST", "path": "/v1/events", "sourceIp": "9.9.9.9"},
            "requestId": f"request-{next(_numbers)}",
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def main() -> int:
    """Print the figures; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for a script")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events for the memory figure; 0 for none"
    )
    chosen = parser.parse_args()
    console = Console(stderr=chosen.json)

    events = [purchase(number) for number in range(PEOPLE)]
    sent = [json.dumps(event).encode() for event in events]
    to_coerce = [json.dumps(event | {"value": str(event["value"])}).encode() for event in events]
    contenders: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        "relay: bytes to queue message": (intake, sent),
        "relay: with one field to coerce": (intake, to_coerce),
        "floor: parse, 6 SHA-256, dump": (floor, sent),
        "facebook-business: normalize": (peer, events),
    }
    # The people made up here are thousands of objects that no function would hold, for the collector to walk
    # through.
    gc.collect()
    gc.freeze()
    # In turn, so that all meet the same machine; the first round warms up.
    rounds = [[seconds(*contender) for contender in contenders.values()] for _ in range(ROUNDS + 1)][1:]
    medians = [statistics.median(times) for times in zip(*rounds, strict=True)]
    ratios = {
        "clean": statistics.median(times[0] / times[2] for times in rounds),
        "coerced": statistics.median(times[1] / times[2] for times in rounds),
    }
    versus_peer = statistics.median(times[3] / times[0] for times in rounds)
    whole, batch = request_seconds(sent[:REQUESTS])
    share, of_batch = medians[0] / whole, whole / batch
    grown = memory(chosen.events, console) if chosen.events else 0
    missed = [name for name, ratio in ratios.items() if ratio > BUDGETS[name]]
    missed += ["request"] if of_batch > REQUEST_BUDGET else []
    if chosen.json:
        figures = {
            "seconds": dict(zip(contenders, medians, strict=True)),
            "times_the_floor": ratios,
            "request_seconds": whole,
            "send_message_batch_seconds": batch,
            "share_of_request": share,
            "memory_grown_kb": grown,
            "missed": missed,
        }
        print(json.dumps(figures))
        return 1 if missed else 0
    table = Table(
        title=f"One Purchase, two items, seven match fields ({PEOPLE:,} people, {ROUNDS} rounds, medians)"
    )
    for heading in ("what", "µs an event", "events a second"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    for name, median in zip(contenders, medians, strict=True):
        table.add_row(name, f"{median * 1e6:.1f}", f"{1 / median:,.0f}")
    table.add_row("whole request, one event", f"{whole * 1e6:.1f}", f"{1 / whole:,.0f}")
    table.add_row("boto3: SendMessageBatch alone", f"{batch * 1e6:.1f}", f"{1 / batch:,.0f}")
    console.print(table)
    for name, ratio in ratios.items():
        console.print(f"{name}: {ratio:.2f} times the floor (budget {BUDGETS[name]})")
    console.print(f"{versus_peer:.1f} times as fast as the peer")
    console.print(
        f"intake is {share:.1%} of a whole request, which takes {of_batch:.2f} times SendMessageBatch "
        f"(budget {REQUEST_BUDGET})"
    )
    if chosen.events:
        console.print(f"memory grew by {grown:,} KB over {chosen.events:,} events")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
