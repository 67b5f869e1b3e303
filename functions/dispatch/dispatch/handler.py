"""The dispatch handler: delivers a batch of SQS records and reports those that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from dispatch.dependencies import get_dependencies
from dispatch.observability import write_report
from relay import telemetry
from relay.delivery.deliver import deliver
from relay.delivery.outcomes import Record

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


class SqsRecord(TypedDict):
    """The members of an SQS event's record that dispatch uses."""

    messageId: str
    body: str
    attributes: dict[str, str]


class SqsEvent(TypedDict):
    """The event that Lambda's SQS event source sends."""

    Records: list[SqsRecord]


class Failure(TypedDict):
    """A record that the queue keeps."""

    itemIdentifier: str


class Failures(TypedDict):
    """The response of ReportBatchItemFailures: an empty list is success."""

    batchItemFailures: list[Failure]


def lambda_handler(event: SqsEvent, context: LambdaContext) -> Failures:
    """Deliver a batch of either queue.

    Lambda deletes the records that are not in the response: TikTok has them, or they are on the retry or the
    dead-letter queue. An exception makes Lambda keep all of them.
    """
    records = [
        Record(record["messageId"], record["body"], record["attributes"]) for record in event["Records"]
    ]
    dependencies = get_dependencies()
    try:
        report = deliver(
            records, dependencies.breakers, dependencies.ports(context.get_remaining_time_in_millis)
        )
        write_report(report)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in report.failed]}
    finally:
        telemetry.flush()
