"""Dispatch without the network: SQS records in, bytes for TikTok out, beside a floor.

The floor parses each header, groups the items and joins them, and does nothing else: no checks, no results.
Both run on the same records, in turns, and the best of many rounds counts. Time is the processor's, so that
other processes on the machine matter less. The digests of the log lines are measured apart.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from relay.aws.secrets import Secret
from relay.delivery.circuit_breaker import CircuitBreakers
from relay.delivery.deliver import deliver
from relay.delivery.id_digests import MAX_DIGESTS, digests
from relay.delivery.outcomes import Record
from relay.delivery.ports import Ports
from relay.destination import Destination
from relay.message import Message, decode
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.client import encode_body
from relay.tiktok.responses import Response

RECORDS: Final[int] = 10_000
ROUNDS: Final[int] = 60
WANTED: Final[int] = 200_000
"""Records a second on one core."""

PIXELS: Final[tuple[str, ...]] = ("D179S7RC77UA68QT5U1G", "D2OTHERPIXEL00000000", "D3THIRDPIXEL00000000")
DELIVERED: Final[Response] = Response("delivered", 200, 0)


def sqs_records() -> list[dict[str, Any]]:
    """As many records as Lambda hands over at most: Purchases for three pixels, by turns."""
    now = time.time()
    records = []
    for number in range(RECORDS):
        item = {
            "event": "Purchase",
            "event_time": int(now),
            "event_id": f"order-{number}",
            "user": {"email": f"{number:064x}", "phone": f"{number * 7:064x}", "ip": "9.9.9.9"},
            "properties": {
                "value": 24.5,
                "currency": "EUR",
                "contents": [{"content_id": "SKU-1", "price": 24.5, "quantity": 1}],
            },
            "page": {"url": "https://shop.example/thanks"},
        }
        to = Destination("web", PIXELS[number % len(PIXELS)])
        message = Message(to, now, "server", f"trace-{number}", json.dumps(item, separators=(",", ":")))
        records.append(
            {
                "messageId": f"message-{number}",
                "body": message.encode(),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(int(now * 1000))},
            }
        )
    return records


def ours(records: list[dict[str, Any]], requests: list[int]) -> None:
    """What the handler does; `requests` gets the rows of each request."""

    def track(to: Destination, items: Sequence[str], _token: str) -> Response:
        encode_body(to, items)
        requests.append(len(items))
        return DELIVERED

    ports = Ports(
        track=track,
        tokens=AccessTokens(
            Secret(lambda: json.dumps(dict.fromkeys(PIXELS, "token-of-the-benchmark")), time.monotonic), ()
        ),
        now=time.time,
        time_left=lambda: 90.0,
        jitter=random.random,
        retry=lambda _retries: [],
        dead_letter=lambda _letters: [],
    )
    batch = [Record(record["messageId"], record["body"], record["attributes"]) for record in records]
    report = deliver(batch, CircuitBreakers(), ports)
    assert (report.failed, report.retried) == ([], [])


def log_digests(messages: list[Message]) -> None:
    """The digests of event ids for the log lines of all requests."""
    for first in range(0, len(messages), MAX_DIGESTS):
        digests(messages[first : first + MAX_DIGESTS])


def floor(records: list[dict[str, Any]]) -> None:
    """The least: header parsed, items grouped and joined."""
    groups: dict[str, list[str]] = {}
    for record in records:
        head, _, item = record["body"].partition("\n")
        groups.setdefault(json.loads(head)[2], []).append(item)
    for items in groups.values():
        for first in range(0, len(items), 1000):
            ",".join(items[first : first + 1000]).encode()


def seconds(call: Callable[[], object]) -> float:
    """The processor's time of one call."""
    start = time.process_time()
    call()
    return time.process_time() - start


def main() -> int:
    """Prints the figures; exit code 1 where one misses its budget."""
    records = sqs_records()
    requests: list[int] = []
    ours(records, requests)
    least = sum(-(-len(records[place :: len(PIXELS)]) // 1000) for place in range(len(PIXELS)))
    best = best_floor = best_log = float("inf")
    messages = [decode(record["body"]) for record in records]
    for _ in range(ROUNDS):
        best = min(best, seconds(lambda: ours(records, [])))
        best_floor = min(best_floor, seconds(lambda: floor(records)))
        best_log = min(best_log, seconds(lambda: log_digests(messages)))
    rate, floor_rate = RECORDS / best, RECORDS / best_floor
    table = Table(title=f"dispatch: {RECORDS:,} SQS records for {len(PIXELS)} pixels, without the network")
    for heading in ("", "found", "expected"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("requests to TikTok", str(len(requests)), f"exactly {least}")
    table.add_row("records a second on one core", f"{rate:,.0f}", f"at least {WANTED:,}")
    table.add_row("the floor's (parse the header, group, join)", f"{floor_rate:,.0f}", "")
    table.add_row("times the floor's time", f"{best / best_floor:.2f}", "")
    table.add_row("digests of ids for the log, per record", f"{best_log / RECORDS * 1e6:.1f} µs", "")
    Console().print(table)
    return 0 if len(requests) == least and rate >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
