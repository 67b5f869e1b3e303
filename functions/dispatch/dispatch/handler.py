"""The dispatch handler: a batch of SQS records to the delivery, and back which of them failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from dispatch.dependencies import runtime
from dispatch.observability import note
from relay import telemetry
from relay.delivery.deliver import deliver
from relay.delivery.outcomes import Record

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class SqsRecord(TypedDict):
    """What is used of a record of an SQS event."""

    messageId: str
    receiptHandle: str
    body: str
    attributes: dict[str, str]


class SqsEvent(TypedDict):
    """What Lambda's SQS event source hands over."""

    Records: list[SqsRecord]


class Failure(TypedDict):
    """A record to give back to the queue."""

    itemIdentifier: str


class Failures(TypedDict):
    """The answer of ReportBatchItemFailures: an empty list is success."""

    batchItemFailures: list[Failure]


def lambda_handler(event: SqsEvent, context: LambdaContext) -> Failures:
    """Delivers a batch. Answers with the records to give out again: TikTok has the others, or they are
    parked."""
    records = [
        Record(each["messageId"], each["body"], each["receiptHandle"], each["attributes"])
        for each in event["Records"]
    ]
    run = runtime()
    try:
        report = deliver(records, run.breakers, run.outside(context.get_remaining_time_in_millis))
        note(report)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in report.failed]}
    finally:
        telemetry.flush()
