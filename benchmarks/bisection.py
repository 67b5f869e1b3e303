"""Bisection: how many requests find k bad rows of 1000 that TikTok does not name. Counts, no times."""

from math import ceil, log2
from typing import Final

from benchmarks import samples
from benchmarks.figures import Figures, NotDoneError
from relay.delivery.bisection import Bisection
from relay.delivery.outcomes import Row
from relay.tiktok.responses import Response

ROWS: Final[int] = 1000
BAD: Final[tuple[int, ...]] = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
DELIVERED: Final[Response] = Response("delivered", 200, 0)
REJECTED: Final[Response] = Response("rejected", 200, 40002)


def bound(bad: int) -> int:
    """The most requests that bisection may take."""
    return 2 * bad * ceil(log2(ROWS / bad)) + 2 * bad + 1


def requests(rows: list[Row], bad: set[str]) -> int:
    """The number of requests until each row has a result. Raises NotDoneError for a wrong result."""
    delivered: list[Row] = []
    rejected: set[str] = set()
    bisection = Bisection(rows, delivered)
    sent = 0
    while (part := bisection.next_rows()) is not None:
        sent += 1
        response = REJECTED if any(record["messageId"] in bad for record, *_ in part) else DELIVERED
        rejected |= {undelivered.record["messageId"] for undelivered in bisection.apply(response)}
    if rejected != bad or len(delivered) != len(rows) - len(bad):
        raise NotDoneError("bisection named the wrong rows")
    return sent


def run(figures: Figures) -> None:
    """Count, and add the figures."""
    records = samples.sqs_records(ROWS)
    rows = [(record, samples.NOW, samples.item(number)) for number, record in enumerate(records)]
    surplus = []
    for bad in BAD:
        sent = [
            requests(rows, {records[place]["messageId"] for place in places})
            for places in samples.placements(bad, ROWS)
        ]
        figures.add(
            f"bisection.{bad}", f"requests for {bad:,} bad rows of 1,000 (at most {bound(bad):,})", "", sent
        )
        surplus.append(max(sent) - bound(bad))
    figures.add("bisection.surplus", "requests above the bound, at worst", "", [max(surplus)])
