"""The report of a run as log lines and metrics. docs/operate.md lists them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from relay import telemetry
from relay.delivery.deliver import Report
from relay.delivery.id_digests import MAX_DIGESTS, digests
from relay.delivery.outcomes import Request, Undelivered

K = TypeVar("K")
T = TypeVar("T")


def write_report(report: Report) -> None:
    """Write the log lines and metrics of a run."""
    for request in report.requests:
        _write_request(request)
    if report.oldest_age is not None:
        telemetry.seconds("OldestEventAge", report.oldest_age)
    for outcome, retried in _group(report.retried, _outcome).items():
        telemetry.count("EventsRetried", len(retried), dimensions={"outcome": outcome})
        for (source, source_id), events in _group(retried, _destination).items():
            for items, number in _lines(events):
                telemetry.info(
                    "events_retried",
                    outcome=outcome,
                    event_source=source,
                    event_source_id=source_id,
                    messages=number,
                    **digests(items),
                )
    if report.dead_lettered:
        telemetry.count("EventsDeadLettered", len(report.dead_lettered))
    for reason, dead in _group(report.dead_lettered, lambda entry: entry[1]).items():
        for items, number in _lines([undelivered for undelivered, _ in dead]):
            telemetry.error(
                "events_dead_lettered",
                reason=reason,
                messages=number,
                **digests(items),
            )
    if report.not_dead_lettered:
        telemetry.error("events_not_dead_lettered", messages=len(report.not_dead_lettered))
    if report.not_retried:
        telemetry.error("events_not_requeued", messages=len(report.not_retried))
    for error in report.errors:
        telemetry.unexpected("delivery_failed", error)


def _write_request(request: Request) -> None:
    response = request.response
    write = telemetry.info if response.outcome == "delivered" else telemetry.error
    write(
        "tiktok_responded",
        event_source=request.event_source,
        event_source_id=request.event_source_id,
        batch_size=len(request.rows),
        outcome=response.outcome,
        tiktok_code=response.code,
        tiktok_request_id=response.request_id,
        http_status=response.status,
        **digests(item for _, _, item in request.rows),
    )
    telemetry.count("BatchSize", len(request.rows))
    if response.outcome == "delivered":
        telemetry.count("EventsDelivered", len(request.rows))
        telemetry.seconds("DeliverySeconds", request.age)
    elif response.outcome == "unknown" or (response.outcome == "partial" and not response.has_failed_rows):
        telemetry.count("UnknownResponses")


def _outcome(undelivered: Undelivered) -> str:
    return undelivered.response.outcome if undelivered.response else "transient"


def _destination(undelivered: Undelivered) -> tuple[str, str]:
    # What can't be decoded is dead-lettered, never retried.
    return undelivered.message.destination[:2] if undelivered.message else ("", "")


def _group(entries: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = {}
    for entry in entries:
        groups.setdefault(key(entry), []).append(entry)
    return groups


def _lines(events: Sequence[Undelivered]) -> Iterator[tuple[list[str], int]]:
    """The items for each log line, and how many records they stand for (one can be unreadable)."""
    for first in range(0, len(events), MAX_DIGESTS):
        part = events[first : first + MAX_DIGESTS]
        yield [event.message.item for event in part if event.message is not None], len(part)
