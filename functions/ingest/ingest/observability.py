"""The log line and the metrics of a request with events. docs/operate.md explains each."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from ingest.http import Request
from relay import telemetry
from relay.arrival import describe_arrival, loggable_path
from relay.event.pipeline import Accepted, Rejected
from relay.event.standard_names import loggable_name
from relay.findings import Finding
from relay.ingestion import Receipt

MAX_ENTRIES: Final[int] = 100
"""Events of a request that the log line describes one by one: some 400 bytes each and 1,900 at most, of the
256 KB that CloudWatch Logs takes in one event. The digests of the others' ids are there all the same."""

MAX_CODES: Final[int] = 12
"""Findings of an event that the log line names."""


def received(
    request: Request,
    sender: str,
    receipt: Receipt,
    test_code: str,
    more: telemetry.LogFields | None = None,
) -> None:
    """Record the results of one request's events: numbers, codes and digests of ids.

    `test_code` is the stack's own, with which every event is a test; `more` is logged too.
    """
    digests = _Digests()
    kept = [*receipt.accepted.values(), *receipt.not_queued.values()]
    named = list(dict.fromkeys((event.event_id, loggable_name(event.event)) for event in kept))
    fields: telemetry.LogFields = {
        "trace_id": request.request_id,
        "sender": sender,
        "accepted": len(receipt.accepted),
        "rejected": len(receipt.rejected),
        "dropped": len(receipt.dropped),
        "not_queued": len(receipt.not_queued),
        "rejected_codes": receipt.rejected_codes(),
        "warning_codes": receipt.warning_codes(),
        "event_id_digests": [digests[event_id] for event_id, _ in named],
        "event_names": [name for _, name in named],
        "order_id_digests": [
            digests[order_id] for order_id in dict.fromkeys(event.order_id for event in kept) if order_id
        ],
        "events": [
            _describe_event(status, event, receipt.events[index], digests)
            for status, index, event in islice(_results(receipt), MAX_ENTRIES)
        ],
        **(more or {}),
    }
    telemetry.info("events_received", **fields)
    telemetry.count("EventsReceived", receipt.received())
    telemetry.count("EventsAccepted", len(receipt.accepted))
    if test_code and receipt.accepted:
        telemetry.count("EventsAsTest", len(receipt.accepted))
    if receipt.dropped:
        telemetry.count("EventsDropped", len(receipt.dropped))
    if qualities := receipt.match_qualities():
        telemetry.value("MatchQuality", sum(qualities) / len(qualities))
    if receipt.rejected:
        telemetry.count("EventsRejected", len(receipt.rejected))
    if receipt.not_queued:
        telemetry.count("EventsNotQueued", len(receipt.not_queued))


class _Digests(dict[str, str]):
    """The digests of a request's ids, each made once: a line holds them by kind and with their event."""

    def __missing__(self, identifier: str) -> str:
        made = self[identifier] = telemetry.id_digest(identifier)
        return made


def _results(receipt: Receipt) -> Iterator[tuple[str, int, Accepted | Rejected]]:
    # A rejected event is what a person looks for.
    for index, rejected in receipt.rejected.items():
        yield "rejected", index, rejected
    for index, accepted in receipt.not_queued.items():
        yield "not_queued", index, accepted
    for index, accepted in receipt.accepted.items():
        yield "accepted", index, accepted


def _describe_event(
    status: str, event: Accepted | Rejected, raw: object, digests: _Digests
) -> telemetry.EventEntry:
    """Describe an event for `relay trace` and the console, without its content."""
    entry: telemetry.EventEntry = {"status": status, "event": loggable_name(event.event)}
    if event.event_id:
        entry["event_id_digest"] = digests[event.event_id]
    if event.order_id:
        entry["order_id_digest"] = digests[event.order_id]
    if came_in := describe_arrival(raw):
        entry["came_in"] = came_in
    found: Sequence[Finding]
    if isinstance(event, Accepted):
        entry["match_quality"] = event.match_quality
        entry["match_keys"] = list(event.match_keys)
        found = event.warnings[:MAX_CODES]
    else:
        found = event.errors[:MAX_CODES]
    entry["codes"] = [finding.code for finding in found]
    if found:
        entry["fields"] = [loggable_path(finding.field) for finding in found]
    return entry
