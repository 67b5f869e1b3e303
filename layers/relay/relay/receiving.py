"""Receiving: the events of one request read, queued, and what to tell the sender of each.

An event is only called accepted once the queue has taken it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from relay.event import intake
from relay.event.checks import Finding
from relay.event.intake import Accepted, Arrival, Refused, Rules
from relay.queue import Message

Put = Callable[[Sequence[str]], list[int]]
"""Puts message bodies on the queue; returns the indices of those that it did not take."""


@dataclass(slots=True)
class Receipt:
    """What became of each event of a request, by its place there."""

    accepted: dict[int, Accepted] = field(default_factory=dict)
    refused: dict[int, Refused] = field(default_factory=dict)
    not_queued: dict[int, Accepted] = field(default_factory=dict)

    def refused_codes(self) -> dict[str, int]:
        """How often each error came up."""
        return Counter(error.code for refused in self.refused.values() for error in refused.errors)

    def warning_codes(self) -> dict[str, int]:
        """How often each warning came up among the accepted."""
        return Counter(warning.code for accepted in self.accepted.values() for warning in accepted.warnings)

    def as_json(self) -> dict[str, object]:
        """The receipt as the API answers it."""
        accepted = [
            {"index": index, "event": each.event, "event_id": each.event_id, "warnings": _all(each.warnings)}
            for index, each in self.accepted.items()
        ]
        refused = [
            {"index": index, "errors": _all(each.errors), "warnings": _all(each.warnings)}
            for index, each in self.refused.items()
        ]
        answer: dict[str, object] = {"accepted": accepted, "refused": refused}
        if self.not_queued:
            answer["not_queued"] = [
                {"index": index, "event": each.event, "event_id": each.event_id}
                for index, each in self.not_queued.items()
            ]
        return answer


def _all(findings: tuple[Finding, ...]) -> list[dict[str, str]]:
    return [finding.as_json() for finding in findings]


def receive(
    events: Sequence[object], arrival: Arrival, rules: Rules, source: str, trace_id: str, put: Put
) -> Receipt:
    """Reads events, puts those that TikTok can take on the queue, and says what became of each.

    `source` names the sender's kind and `trace_id` the request, for whoever follows an event later.
    """
    receipt = Receipt()
    bodies: list[str] = []
    places: list[int] = []
    read: dict[int, Accepted] = {}
    for index, event in enumerate(events):
        result = intake.read(event, arrival, rules)
        if isinstance(result, Refused):
            receipt.refused[index] = result
            continue
        read[index] = result
        places.append(index)
        message = Message(result.destination, arrival.received_at, source, trace_id, result.item)
        bodies.append(message.encode())
    failed = {places[position] for position in put(bodies)} if bodies else set()
    for index, result in read.items():
        (receipt.not_queued if index in failed else receipt.accepted)[index] = result
    return receipt
