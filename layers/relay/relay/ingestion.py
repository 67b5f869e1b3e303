"""Receiving: the events of one request read, queued, and what to tell the sender of each.

An event is only called accepted once the queue has taken it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from relay.event import pipeline
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.findings import Finding
from relay.message import Message

Put = Callable[[Sequence[str]], list[int]]
"""Puts message bodies on the queue; returns the indices of those that it did not take."""


@dataclass(slots=True)
class Receipt:
    """What became of each event of a request, by its place there."""

    accepted: dict[int, Accepted] = field(default_factory=dict)
    rejected: dict[int, Rejected] = field(default_factory=dict)
    dropped: dict[int, Dropped] = field(default_factory=dict)
    not_queued: dict[int, Accepted] = field(default_factory=dict)

    def received(self) -> int:
        """How many events there were."""
        return len(self.accepted) + len(self.rejected) + len(self.dropped) + len(self.not_queued)

    def rejected_codes(self) -> dict[str, int]:
        """How often each error came up."""
        return Counter(error.code for refused in self.rejected.values() for error in refused.errors)

    def warning_codes(self) -> dict[str, int]:
        """How often each warning came up among the accepted."""
        return Counter(warning.code for accepted in self.accepted.values() for warning in accepted.warnings)

    def match_qualities(self) -> list[float]:
        """The match quality of each accepted event, from 0 to 10."""
        return [each.match_quality for each in self.accepted.values()]

    def as_json(self) -> dict[str, object]:
        """The receipt as the API answers it. What there is none of is left out, but for accepted and
        refused."""
        answer: dict[str, object] = {
            "accepted": [
                {
                    "index": index,
                    "event": each.event,
                    "event_id": each.event_id,
                    "match_quality": each.match_quality,
                    "warnings": _all(each.warnings),
                }
                for index, each in self.accepted.items()
            ],
            "rejected": [
                {"index": index, "errors": _all(each.errors), "warnings": _all(each.warnings)}
                for index, each in self.rejected.items()
            ],
        }
        if self.dropped:
            answer["dropped"] = [
                {"index": index, "reason": each.reason} for index, each in self.dropped.items()
            ]
        if self.not_queued:
            answer["not_queued"] = [
                {"index": index, "event": each.event, "event_id": each.event_id}
                for index, each in self.not_queued.items()
            ]
        return answer


def _all(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [finding.as_json() for finding in findings]


def judge(events: Sequence[object], arrival: RequestContext, rules: PipelineOptions) -> Receipt:
    """Reads events and says what could become of each; nothing is queued yet."""
    receipt = Receipt()
    for index, event in enumerate(events):
        result = pipeline.process_event(event, arrival, rules)
        if isinstance(result, Rejected):
            receipt.rejected[index] = result
        elif isinstance(result, Dropped):
            receipt.dropped[index] = result
        else:
            receipt.accepted[index] = result
    return receipt


def enqueue(receipt: Receipt, received_at: float, source: str, trace_id: str, put: Put) -> None:
    """Puts the accepted events on the queue, a message for each destination; moves those that it did not
    take.

    `received_at` is in Unix seconds, `source` names the sender's kind and `trace_id` the request, for whoever
    follows an event later.
    """
    bodies: list[str] = []
    places: list[int] = []
    for index, accepted in receipt.accepted.items():
        for destination in accepted.destinations:
            places.append(index)
            bodies.append(Message(destination, received_at, source, trace_id, accepted.item).encode())
    for position in put(bodies) if bodies else ():
        # Of an event for several destinations, one that the queue did not take makes all of it to be sent
        # again: TikTok counts the others once.
        failed = receipt.accepted.pop(places[position], None)
        if failed is not None:
            receipt.not_queued[places[position]] = failed


def receive(
    events: Sequence[object],
    arrival: RequestContext,
    rules: PipelineOptions,
    source: str,
    trace_id: str,
    put: Put,
) -> Receipt:
    """Reads events, puts those that TikTok can take on the queue, and says what became of each."""
    receipt = judge(events, arrival, rules)
    enqueue(receipt, arrival.received_at, source, trace_id, put)
    return receipt
