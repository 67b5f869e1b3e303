"""Dispatch: SQS records in, requests to TikTok out, without the network and through the simulator.

The floor parses each header, groups the items and joins them, and does nothing else: no checks, no results.
With the simulator it is time on the clock: requests over loopback, and the simulator checks each row.
"""

import gc
import json
import random
import time
from collections.abc import Callable, Sequence
from typing import Final

from benchmarks import samples
from benchmarks.figures import MICROSECONDS, Figures, NotDoneError, in_turns
from local.simulator import Simulator
from relay.aws.secrets import Secret
from relay.delivery.circuit_breaker import CircuitBreakers
from relay.delivery.deliver import deliver
from relay.delivery.id_digests import MAX_DIGESTS, digests
from relay.delivery.outcomes import Record
from relay.delivery.ports import Ports, Track
from relay.destination import Destination
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.client import Client, encode_body
from relay.tiktok.responses import Response

RECORDS: Final[int] = 10_000
"""As many as Lambda hands over at most."""
ROUNDS: Final[int] = 25
SIMULATOR_ROUNDS: Final[int] = 5
TOKEN: Final[str] = "token-of-the-benchmark"  # noqa: S105 - made up
DELIVERED: Final[Response] = Response("delivered", 200, 0)


def ours(records: list[Record], track: Track) -> None:
    """What the handler does. Raises NotDoneError where a record is not delivered."""
    ports = Ports(
        track=track,
        tokens=AccessTokens(
            Secret(lambda: json.dumps(dict.fromkeys(samples.PIXELS, TOKEN)), time.monotonic), ()
        ),
        now=time.time,
        time_left=lambda: 90.0,
        jitter=random.random,
        retry=lambda _retries: [],
        dead_letter=lambda _letters: [],
    )
    report = deliver(records, CircuitBreakers(), ports)
    if report.failed or report.retried or report.dead_lettered:
        raise NotDoneError("a record of the benchmark was not delivered")


def without_network(requests: list[int]) -> Track:
    """A client that makes each request's bytes, and notes the rows of each request."""

    def track(to: Destination, items: Sequence[str], _token: str) -> Response:
        encode_body(to, items)
        requests.append(len(items))
        return DELIVERED

    return track


def floor(records: list[Record]) -> None:
    """The least: header parsed, items grouped and joined."""
    groups: dict[str, list[str]] = {}
    for record in records:
        head, _, item = record["body"].partition("\n")
        groups.setdefault(json.loads(head)[2], []).append(item)
    for items in groups.values():
        for first in range(0, len(items), 1000):
            ",".join(items[first : first + 1000]).encode()


def log_digests(items: list[str]) -> None:
    """The digests of event ids for the log lines of all requests."""
    for first in range(0, len(items), MAX_DIGESTS):
        digests(items[first : first + MAX_DIGESTS])


def run(figures: Figures) -> None:
    """Measure, and add the figures."""
    items = [samples.item(number) for number in range(RECORDS)]
    # What no function would hold, for the collector to walk through: these, and what other benchmarks left.
    gc.collect()
    gc.freeze()
    records = samples.sqs_records(RECORDS)
    requests: list[int] = []
    ours(records, without_network(requests))
    pixels = len(samples.PIXELS)
    least = sum(-(-len(records[place::pixels]) // 1000) for place in range(pixels))
    cases: dict[str, Callable[[], object]] = {
        "relay": lambda: ours(records, without_network([])),
        "floor": lambda: floor(records),
        "digests": lambda: log_digests(items),
    }
    seconds = in_turns(cases, ROUNDS)
    gc.unfreeze()
    figures.add(
        "dispatch.requests", f"requests for {RECORDS:,} records to {pixels} pixels", "", [len(requests)]
    )
    figures.add("dispatch.surplus", "requests more than ⌈n/1000⌉ a pixel", "", [len(requests) - least])
    figures.add(
        "dispatch.rate", "records a second and core", "/s", [RECORDS / taken for taken in seconds["relay"]]
    )
    figures.add(
        "dispatch.floor",
        "floor: parse the header, group, join",
        "/s",
        [RECORDS / taken for taken in seconds["floor"]],
    )
    figures.add_ratio("dispatch.ratio", "time, times the floor", seconds["relay"], seconds["floor"])
    figures.add(
        "dispatch.digests",
        "digests of ids for the log, a record",
        "µs",
        [taken / RECORDS * MICROSECONDS for taken in seconds["digests"]],
    )
    figures.add(
        "dispatch.simulator",
        "records a second through the simulator, on the clock",
        "/s",
        [RECORDS / _simulated(records) for _ in range(SIMULATOR_ROUNDS)],
    )


def _simulated(records: list[Record]) -> float:
    """Seconds on the clock that the records take through a simulator of TikTok."""
    with Simulator(tokens={TOKEN: samples.PIXELS}) as simulator:
        client = Client(simulator.url)
        started = time.monotonic()
        ours(records, client.track)
        return time.monotonic() - started
