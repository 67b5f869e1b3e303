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


class SqsEvent(TypedDict):
    """The event that Lambda's SQS event source sends."""

    Records: list[Record]


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
    dependencies = get_dependencies()
    try:
        ports = dependencies.ports(context.get_remaining_time_in_millis)
        report = deliver(event["Records"], dependencies.breakers, ports)
        write_report(report)
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in report.failed]}
    finally:
        telemetry.flush()
