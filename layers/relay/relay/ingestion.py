"""Ingestion: validate and enqueue the events of one request, and the receipt that tells the result of each.

An event is accepted only once the queue has taken it.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from relay import telemetry
from relay.destination import Destination
from relay.event import pipeline
from relay.event.event_id import REMEMBERED_EVENTS, event_key
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.findings import Finding, finding
from relay.message import Message

Put = Callable[[Sequence[str]], list[int]]
"""Put message bodies on the queue; return the indices of those that it did not take."""


MAX_RESPONSE_BYTES: Final[int] = 1_048_576
"""Of a receipt as JSON. Lambda drops a response of more than 6,291,556 bytes after the work is done, and the
sender would send everything again."""

MAX_LISTED_BYTES: Final[int] = MAX_RESPONSE_BYTES // 5
"""Of all findings that a receipt lists. The rest is for the events: 838 bytes for each of a thousand."""

MAX_ID_BYTES: Final[int] = 256
"""Of an id that a receipt lists, in UTF-8; in JSON it may take twice as many. Ids of shops have a hundred at
most."""


MAX_REMEMBERED: Final[int] = 20
"""Purchases of one request that are remembered, at one write of the table each. A request with more is a back
end's import of old orders."""


@dataclass(slots=True)
class Receipt:
    """What became of each event of a request, by its index there; `events` are the events as they came."""

    events: Sequence[object] = ()
    accepted: dict[int, Accepted] = field(default_factory=dict)
    rejected: dict[int, Rejected] = field(default_factory=dict)
    dropped: dict[int, Dropped] = field(default_factory=dict)
    not_queued: dict[int, Accepted] = field(default_factory=dict)

    def rejected_codes(self) -> dict[str, int]:
        """Number of errors of the rejected events, by code."""
        return _count_codes([rejected.errors for rejected in self.rejected.values()])

    def warning_codes(self) -> dict[str, int]:
        """Number of warnings of the accepted events, by code."""
        return _count_codes([accepted.warnings for accepted in self.accepted.values()])

    def match_qualities(self) -> list[float]:
        """The match quality of each accepted event, from 0 to 10."""
        return [accepted.match_quality for accepted in self.accepted.values()]

    def purchase_keys(self, default: Collection[Destination]) -> list[str]:
        """Keys of the accepted purchases, to be remembered whichever route they took: a webhook that comes
        days later must not count them again. None where there are more than MAX_REMEMBERED.

        `default` are the destinations of a webhook's event. TikTok counts an order for each destination, so
        one that did not go to all of them does not count. Nor does a test event.
        """
        if any(destination.test_event_code for destination in default):
            return []
        counted = frozenset(default)
        keys = [
            event_key(event.event, event.event_id)
            for event in self.accepted.values()
            if event.event in REMEMBERED_EVENTS and counted.issubset(event.destinations)
        ]
        return keys if len(keys) <= MAX_REMEMBERED else []

    def as_json(self) -> dict[str, object]:
        """The receipt as the API returns it: `accepted` and `rejected`, and the others where there are any.

        Every event is listed with its index, an accepted one with its id of at most MAX_ID_BYTES. Findings
        are listed up to MAX_LISTED_BYTES. Beyond it, `not_listed` is the number of an event's findings,
        `findings_not_listed` counts them by code for the whole request, and each rejected event keeps its
        first error.
        """
        listing = _Listing()
        rejected = [
            {"index": index, **listing.members(errors=event.errors, warnings=event.warnings)}
            for index, event in self.rejected.items()
        ]
        accepted = [
            {
                **_identify(index, event),
                "match_quality": event.match_quality,
                **listing.members(warnings=event.warnings),
            }
            for index, event in self.accepted.items()
        ]
        receipt: dict[str, object] = {"accepted": accepted, "rejected": rejected}
        if self.dropped:
            receipt["dropped"] = [
                {"index": index, "reason": event.reason} for index, event in self.dropped.items()
            ]
        if self.not_queued:
            receipt["not_queued"] = [_identify(index, event) for index, event in self.not_queued.items()]
        if listing.not_listed:
            receipt["findings_not_listed"] = listing.not_listed
        return receipt


def _identify(index: int, event: Accepted) -> dict[str, object]:
    identity: dict[str, object] = {"index": index, "event": event.event}
    if len(event.event_id.encode()) <= MAX_ID_BYTES:
        identity["event_id"] = event.event_id
    return identity


class _Listing:
    """Lists findings as long as there is room, and counts the others by code."""

    def __init__(self) -> None:
        self.not_listed: Counter[str] = Counter()
        self._left = MAX_LISTED_BYTES

    def members(self, **found: Sequence[Finding]) -> dict[str, object]:
        """The members of an event with these findings: `errors` before `warnings`, or `warnings` alone."""
        findings = list(chain.from_iterable(found.values()))
        size = len(json.dumps(_list(findings))) if findings else 0
        if size <= self._left:
            self._left -= size
            return {kind: _list(of_kind) for kind, of_kind in found.items()}
        first = found.get("errors", ())[:1]
        others = findings[len(first) :]
        self.not_listed.update(other.code for other in others)
        members: dict[str, object] = {kind: [] for kind in found}
        if first:
            members["errors"] = _list(first)
        if others:
            members["not_listed"] = len(others)
        return members


def _count_codes(results: Iterable[Sequence[Finding]]) -> dict[str, int]:
    """Number of findings of all results, by code."""
    return Counter(found.code for findings in results for found in findings)


def _list(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [finding.as_json() for finding in findings]


def validate_events(events: Sequence[object], context: RequestContext, options: PipelineOptions) -> Receipt:
    """Validate events; nothing is enqueued yet."""
    receipt = Receipt(events)
    for index, event in enumerate(events):
        result = _process_event(event, context, options)
        if isinstance(result, Rejected):
            receipt.rejected[index] = result
        elif isinstance(result, Dropped):
            receipt.dropped[index] = result
        else:
            receipt.accepted[index] = result
    return receipt


def _process_event(
    event: object, context: RequestContext, options: PipelineOptions
) -> Accepted | Rejected | Dropped:
    """Process one event. A defect that it brings to light rejects that event alone, never its neighbours."""
    try:
        return pipeline.process_event(event, context, options)
    except Exception as error:  # noqa: BLE001 - no event may fail the request that it came with
        telemetry.unexpected("event_unprocessable", error)
        return Rejected((finding("unprocessable", ""),))


def enqueue(receipt: Receipt, received_at: float, source: str, trace_id: str, put: Put) -> None:
    """Enqueue the accepted events, one message for each destination, and move those that the queue did not
    take to `not_queued`.

    `received_at` is in Unix seconds; `source` is the kind of sender, `trace_id` the id of the request.
    """
    bodies: list[str] = []
    places: list[int] = []
    for index, accepted in receipt.accepted.items():
        for destination in accepted.destinations:
            places.append(index)
            bodies.append(Message(destination, received_at, source, trace_id, accepted.item).encode())
    for position in put(bodies) if bodies else ():
        # Where one of several destinations is missing, the sender has to send the event again; TikTok
        # deduplicates the others.
        failed = receipt.accepted.pop(places[position], None)
        if failed is not None:
            receipt.not_queued[places[position]] = failed


def ingest_events(
    events: Sequence[object],
    context: RequestContext,
    options: PipelineOptions,
    source: str,
    trace_id: str,
    put: Put,
) -> Receipt:
    """Validate events and enqueue those that TikTok can take."""
    receipt = validate_events(events, context, options)
    enqueue(receipt, context.received_at, source, trace_id, put)
    return receipt
