"""Intake: a Purchase, from the request's bytes to the queue message, beside a floor and a peer on the same
people.

The event has two items and seven match fields, six of which are hashed. The floor is what nobody can leave
out: parse the body, make the same six SHA-256 digests, dump the result, with the standard library. The peer
is the normaliser of Meta's own SDK (facebook-business, `Event.normalize`), the quality reference in Python;
it neither parses nor dumps.

Run by `make bench`. Exits with 1 where the budget is missed.
"""

import argparse
import gc
import hashlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
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

BUDGET: Final[float] = 2.5
"""Times the floor's time, at the most."""

PEOPLE: Final[int] = 2_000
ROUNDS: Final[int] = 9
HASHED: Final[tuple[str, ...]] = ("email", "phone", "external_id", "first_name", "last_name", "zip_code")
NOW: Final[float] = time.time()
RULES: Final[pipeline.PipelineOptions] = pipeline.PipelineOptions(Routes({"web": ("D179S7RC77UA68QT5U1G",)}))
MAX_BYTES: Final[int] = 1_000_000


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


def relay(body: bytes) -> object:
    """What ingest does with one event between HTTP and SQS."""
    result = pipeline.process_event(bodies.parse_json(body, MAX_BYTES), pipeline.RequestContext(NOW), RULES)
    if not isinstance(result, pipeline.Accepted):
        raise SystemExit(f"the benchmark's event was not accepted: {result}")
    return Message(result.destinations[0], NOW, "server", "trace", result.item).encode()


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
        Content(product_id=item["content_id"], quantity=item["quantity"], item_price=item["price"])
        for item in event["contents"]
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
    for value in given:
        work(value)
    return (time.process_time() - started) / len(given)


def peak_kilobytes() -> int:
    """The most memory that this process has held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def memory(events: int, console: Console) -> int:
    """How much the peak grows, in kilobytes, while `events` distinct events are read; prints as it goes."""
    for number in range(20_000):
        relay(json.dumps(purchase(number)).encode())
    gc.collect()
    before = peak_kilobytes()
    for number in range(events):
        relay(json.dumps(purchase(number)).encode())
        if sys.stdout.isatty() and number % 50_000 == 0:
            console.print(f"  {number:,} of {events:,} events", end="\r")
    return peak_kilobytes() - before


def main() -> int:
    """Prints the figures; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print figures for a script")
    parser.add_argument(
        "--events", type=int, default=1_000_000, help="events for the memory figure; 0 for none"
    )
    chosen = parser.parse_args()
    console = Console(stderr=chosen.json)

    events = [purchase(number) for number in range(PEOPLE)]
    sent = [json.dumps(event).encode() for event in events]
    contenders: dict[str, tuple[Callable[[Any], object], list[Any]]] = {
        "relay: bytes to queue message": (relay, sent),
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
    ratio = statistics.median(times[0] / times[1] for times in rounds)
    versus_peer = statistics.median(times[2] / times[0] for times in rounds)
    grown = memory(chosen.events, console) if chosen.events else 0
    if chosen.json:
        figures = dict(zip(contenders, medians, strict=True))
        print(json.dumps({"seconds": figures, "times_the_floor": ratio, "memory_grown_kb": grown}))
        return 0 if ratio <= BUDGET else 1
    table = Table(
        title=f"One Purchase, two items, seven match fields ({PEOPLE:,} people, {ROUNDS} rounds, medians)"
    )
    for heading in ("who and what", "µs an event", "events a second"):
        table.add_column(heading, justify="left" if heading == "who and what" else "right")
    for name, median in zip(contenders, medians, strict=True):
        table.add_row(name, f"{median * 1e6:.1f}", f"{1 / median:,.0f}")
    console.print(table)
    console.print(
        f"{ratio:.2f} times the floor (budget {BUDGET}), {versus_peer:.1f} times as fast as the peer"
    )
    if chosen.events:
        console.print(f"memory grew by {grown:,} KB over {chosen.events:,} events")
    return 0 if ratio <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
