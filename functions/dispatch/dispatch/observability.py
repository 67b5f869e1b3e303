"""The report of a run as log lines and metrics. docs/operate.md says what each of them means."""

from typing import Final

from relay import telemetry
from relay.delivery.deliver import Report
from relay.delivery.outcomes import Attempt

_RETRIED_AS: Final[dict[str, str]] = {"credentials": "unauthorised", "payload": "rejected"}
"""Names of outcomes in the metric `EventsRetried`, where they differ."""


def note(report: Report) -> None:
    """Writes down what became of a batch."""
    for attempt in report.attempts:
        _note_attempt(attempt)
    if report.attempts:
        telemetry.seconds("OldestEventAge", max(attempt.waited for attempt in report.attempts))
    for reason, number in report.parked.items():
        telemetry.error("messages_parked", reason=reason, messages=number)
        telemetry.count("EventsDeadLettered", number)
    for outcome, number in report.returned.items():
        telemetry.info("messages_returned", outcome=outcome, messages=number)
        telemetry.count("EventsRetried", number, dimensions={"outcome": _RETRIED_AS.get(outcome, outcome)})
    if report.not_parked:
        telemetry.error("messages_not_parked", messages=report.not_parked)
    if report.not_put_off:
        telemetry.info("messages_not_put_off", messages=report.not_put_off)
    for raised in report.errors:
        telemetry.unexpected("delivery_failed", raised)


def _note_attempt(attempt: Attempt) -> None:
    answer = attempt.answer
    write = telemetry.info if answer.outcome == "delivered" else telemetry.error
    write(
        "tiktok_answered",
        event_source=attempt.event_source,
        event_source_id=attempt.event_source_id,
        batch_size=attempt.rows,
        outcome=answer.outcome,
        tiktok_code=answer.code,
        tiktok_request_id=answer.request_id,
        http_status=answer.status,
    )
    telemetry.count("BatchSize", attempt.rows)
    if answer.outcome == "delivered":
        telemetry.count("EventsDelivered", attempt.rows)
        telemetry.seconds("SecondsToDelivery", attempt.waited)
    elif answer.outcome == "unknown" or (answer.outcome == "partial" and not answer.listed):
        telemetry.count("AnswersNotUnderstood")
