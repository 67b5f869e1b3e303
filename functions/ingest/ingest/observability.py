"""The log line and the metrics of a request with events. docs/operate.md explains each."""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from ingest.http import Request
from relay import telemetry
from relay.event.event_name import STANDARD
from relay.event.pipeline import Accepted, Rejected
from relay.ingestion import Receipt

MAX_ENTRIES: Final[int] = 100
"""Events of a request that the log line describes one by one: some 250 bytes each, of the 256 KB that
CloudWatch Logs takes in one event. The digests of the others' ids are there all the same."""


def received(
    request: Request, sender: str, receipt: Receipt, more: telemetry.LogFields | None = None
) -> None:
    """Record the results of one request's events: numbers, codes and digests of ids. `more` is logged too."""
    kept = [*receipt.accepted.values(), *receipt.not_queued.values()]
    fields: telemetry.LogFields = {
        "trace_id": request.request_id,
        "sender": sender,
        "accepted": len(receipt.accepted),
        "rejected": len(receipt.rejected),
        "dropped": len(receipt.dropped),
        "not_queued": len(receipt.not_queued),
        "rejected_codes": receipt.rejected_codes(),
        "warning_codes": receipt.warning_codes(),
        "event_id_digests": digest_ids(event.event_id for event in kept),
        "order_id_digests": digest_ids(event.order_id for event in kept),
        "events": describe_events(receipt),
        **(more or {}),
    }
    telemetry.info("events_received", **fields)
    telemetry.count("EventsReceived", receipt.received())
    telemetry.count("EventsAccepted", len(receipt.accepted))
    if receipt.dropped:
        telemetry.count("EventsDropped", len(receipt.dropped))
    if qualities := receipt.match_qualities():
        telemetry.value("MatchQuality", sum(qualities) / len(qualities))
    if receipt.rejected:
        telemetry.count("EventsRejected", len(receipt.rejected))
    if receipt.not_queued:
        telemetry.count("EventsNotQueued", len(receipt.not_queued))


def describe_events(receipt: Receipt) -> list[telemetry.EventEntry]:
    """Describe the first events of a request for `relay trace` and the console, without their content."""
    results: list[tuple[str, Accepted | Rejected]] = [
        *(("accepted", event) for event in receipt.accepted.values()),
        *(("not_queued", event) for event in receipt.not_queued.values()),
        *(("rejected", event) for event in receipt.rejected.values()),
    ]
    return [_describe_event(status, event) for status, event in islice(results, MAX_ENTRIES)]


def _describe_event(status: str, event: Accepted | Rejected) -> telemetry.EventEntry:
    # A custom name is its sender's own text, so that only standard ones are logged.
    entry: telemetry.EventEntry = {
        "status": status,
        "event": event.event if event.event in STANDARD else "custom",
    }
    if event.event_id:
        entry["event_id_digest"] = telemetry.id_digest(event.event_id)
    if event.order_id:
        entry["order_id_digest"] = telemetry.id_digest(event.order_id)
    if isinstance(event, Accepted):
        entry["match_quality"] = event.match_quality
        entry["match_keys"] = list(event.match_keys)
        entry["codes"] = [warning.code for warning in event.warnings]
    else:
        entry["codes"] = [error.code for error in event.errors]
    return entry


def digest_ids(ids: Iterable[str | None]) -> list[str]:
    """The digests of ids, each once. At most as many as a request has events, which is 1000."""
    return [telemetry.id_digest(identifier) for identifier in dict.fromkeys(ids) if identifier]
