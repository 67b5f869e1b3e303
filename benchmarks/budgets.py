"""The budgets: what each figure may be, in one place. `make bench` and `make bench-peers` check them."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Bound = Literal["at most", "at least", "exactly"]

_HOLDS: Final[Mapping[Bound, Callable[[float, float], bool]]] = {
    "at most": operator.le,
    "at least": operator.ge,
    "exactly": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Budget:
    """The bound of a figure's median."""

    figure: str
    bound: Bound
    limit: float

    def holds(self, median: float) -> bool:
        """Whether a figure with this median is within it."""
        return _HOLDS[self.bound](median, self.limit)


BUDGETS: Final[tuple[Budget, ...]] = (
    # Bytes of a Purchase request → queue message, in multiples of a bare floor.
    Budget("intake.clean.ratio", "at most", 2.5),
    Budget("intake.coerced.ratio", "at most", 3.0),
    # A whole warm request of one event, in multiples of boto3's SendMessageBatch.
    Budget("request.ratio", "at most", 1.2),
    # SQS records → TikTok requests.
    Budget("dispatch.surplus", "exactly", 0),
    Budget("dispatch.rate", "at least", 200_000),
    # Requests above 2·k·⌈log₂(1000/k)⌉ + 2k + 1, for the worst of all k and placements.
    Budget("bisection.surplus", "at most", 0),
    # From the start of the process to the first response, in multiples of `boto3.client("sqs")`.
    Budget("cold.ingest.ratio", "at most", 1.75),
    Budget("cold.coerced.ratio", "at most", 1.75),
    Budget("cold.dispatch.ratio", "at most", 1.6),
    # What is shipped.
    Budget("size.layer", "at most", 40),
    Budget("size.tag", "at most", 4096),
    # The worst text of 64 KB, and the growth of its time per character when it is eight times as long. A
    # hostile one took 3,700 ms before redaction was linear.
    Budget("worst.text", "at most", 500),
    Budget("worst.growth", "at most", 2.0),
    # Speed beside a peer's.
    Budget("peers.segment.ratio", "at least", 8),
    Budget("peers.rudderstack.ratio", "at least", 4),
)
"""Budgets of the project. One whose figure is not in a run is not checked there."""


def limit(figure: str) -> float:
    """The bound of a figure. Raises KeyError where it has none."""
    return {budget.figure: budget.limit for budget in BUDGETS}[figure]
