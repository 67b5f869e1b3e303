"""The dispatch handler: a batch of SQS records to the delivery, and back which of them failed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, TypedDict

from relay import telemetry
from relay.delivery import Record, Report, TokenOf, Track, deliver
from relay.secrets import Secret, access_token
from relay.settings import DispatchSettings
from relay.tiktok.client import Client

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SqsRecord(TypedDict):
    """What is used of a record of an SQS event."""

    messageId: str
    body: str


class SqsEvent(TypedDict):
    """What Lambda's SQS event source hands over."""

    Records: list[SqsRecord]


class Failure(TypedDict):
    """A record to give back to the queue."""

    itemIdentifier: str


class Failures(TypedDict):
    """The answer of ReportBatchItemFailures: an empty list is success."""

    batchItemFailures: list[Failure]


@dataclass(frozen=True, slots=True)
class Runtime:
    """What this function keeps between invocations."""

    track: Track
    token_of: TokenOf


@cache
def runtime() -> Runtime:
    """The one runtime of this process. Raises SettingsError where the environment can't be right."""
    # A client at import time would need a region and credentials to read this file at all.
    import boto3

    settings = DispatchSettings.read()
    secret = Secret(partial(_fetch, boto3.client("secretsmanager"), settings.secret_arn), time.monotonic)

    def token_of(event_source_id: str, again: bool) -> str | None:
        return access_token(secret.read(again=again), event_source_id)

    return Runtime(Client(settings.tiktok_api_url).track, token_of)


def lambda_handler(event: SqsEvent, _context: LambdaContext) -> Failures:
    """Delivers a batch. Answers with the records that TikTok did not take; the queue gives them out again."""
    records = [Record(record["messageId"], record["body"]) for record in event["Records"]]
    try:
        report = deliver(records, runtime().track, runtime().token_of)
        _note(records, report)
        return {"batchItemFailures": [{"itemIdentifier": each} for each in report.failed]}
    finally:
        telemetry.flush()


def _fetch(client: SecretsManagerClient, arn: str) -> str:
    return client.get_secret_value(SecretId=arn)["SecretString"]


def _note(records: list[Record], report: Report) -> None:
    now = time.time()
    for attempt in report.attempts:
        answer = attempt.answer
        note = telemetry.info if answer.outcome == "delivered" else telemetry.error
        note(
            "tiktok_answered",
            event_source=attempt.destination.event_source,
            event_source_id=attempt.destination.event_source_id,
            batch_size=len(attempt.records),
            outcome=answer.outcome,
            tiktok_code=answer.code,
            tiktok_request_id=answer.request_id,
            http_status=answer.status,
        )
        telemetry.count("BatchSize", len(attempt.records))
        if answer.outcome == "delivered":
            telemetry.count("EventsDelivered", len(attempt.records))
            telemetry.seconds("SecondsToDelivery", now - min(attempt.received_at))
        else:
            telemetry.count("EventsFailed", len(attempt.records), dimensions={"outcome": answer.outcome})
    if report.unreadable:
        telemetry.error("messages_unreadable", records=len(records), unreadable=len(report.unreadable))
        telemetry.count("MessagesUnreadable", len(report.unreadable))
