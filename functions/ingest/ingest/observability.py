"""The log line and the metrics of a request with events. docs/operate.md explains each."""

from collections.abc import Iterable

from ingest.http import Request
from relay import telemetry
from relay.ingestion import Receipt


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


def digest_ids(ids: Iterable[str | None]) -> list[str]:
    """The digests of ids, each once. At most as many as a request has events, which is 1000."""
    return [telemetry.id_digest(identifier) for identifier in dict.fromkeys(ids) if identifier]
