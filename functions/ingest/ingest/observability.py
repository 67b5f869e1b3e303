"""Notes: the log line and the metrics of a request that brought events."""

from ingest.http import Request
from relay import telemetry
from relay.ingestion import Receipt


def received(
    request: Request, sender: str, receipt: Receipt, more: telemetry.LogFields | None = None
) -> None:
    """Notes what became of the events of one request, by numbers and codes only; `more` is logged beside
    them."""
    refused = receipt.rejected_codes()
    fields: telemetry.LogFields = {
        "trace_id": request.request_id,
        "sender": sender,
        "accepted": len(receipt.accepted),
        "rejected": len(receipt.rejected),
        "dropped": len(receipt.dropped),
        "not_queued": len(receipt.not_queued),
        "rejected_codes": refused,
        "warning_codes": receipt.warning_codes(),
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
