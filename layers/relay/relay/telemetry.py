"""Telemetry: log lines and metrics, whose fields are a fixed list, so that no personal data can get among
them.

Log lines are Powertools Logger's JSON; metrics are CloudWatch's embedded format on standard output.
"""

import hashlib
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import PurePath
from typing import Final, TypedDict, Unpack

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE: Final[str] = "TikTokEventsRelay"
"""Of all metrics; the alarms in the template name it too."""


class LogFields(TypedDict, total=False):
    """All that a log line may hold. None of it comes from an event's content."""

    trace_id: str
    route: str
    sender: str
    topic: str
    reason: str
    secret_number: int
    status: int
    problem: str
    accepted: int
    rejected: int
    dropped: int
    not_queued: int
    rejected_codes: dict[str, int]
    warning_codes: dict[str, int]
    event_source: str
    event_source_id: str
    outcome: str
    tiktok_code: int | None
    tiktok_request_id: str
    http_status: int | None
    batch_size: int
    messages: int
    event_id_digests: list[str]
    order_id_digests: list[str]
    error_type: str
    error_at: list[str]


_DIGEST_DIGITS: Final[int] = 16
"""64 bits: among a million ids, two share a digest with a chance of 1 in 37 million."""


def id_digest(identifier: str) -> str:
    """Return what log lines hold instead of an `event_id` or `order_id`: 16 hex digits of its SHA-256.

    >>> id_digest("order-1")
    '0bafe22156d2698c'
    """
    return hashlib.sha256(identifier.encode("utf-8", "replace")).hexdigest()[:_DIGEST_DIGITS]


@cache
def _logger() -> Logger:
    # Where in this module the call stands says nothing; the event's name says it all.
    return Logger(location=None)


@cache
def _metrics() -> Metrics:
    return Metrics(namespace=NAMESPACE)


def info(event: str, **fields: Unpack[LogFields]) -> None:
    """Logs what happened, by its name."""
    _logger().info(event, extra=dict(fields))


def error(event: str, **fields: Unpack[LogFields]) -> None:
    """Logs what went wrong, by its name."""
    _logger().error(event, extra=dict(fields))


def unexpected(event: str, raised: BaseException) -> None:
    """Logs an exception that nobody foresaw: its type and where it was raised, never its text, which may
    quote data."""
    frames = traceback.extract_tb(raised.__traceback__)
    at = [f"{PurePath(each.filename).name}:{each.lineno} {each.name}" for each in frames]
    error(event, error_type=type(raised).__name__, error_at=at)


def count(metric: str, number: float = 1, *, dimensions: Mapping[str, str] | None = None) -> None:
    """Counts under CloudWatch; `dimensions` are few and fixed (a code, an outcome), never an id of
    anything."""
    if dimensions:
        with single_metric(metric, MetricUnit.Count, number, namespace=NAMESPACE) as one:
            for name, value in dimensions.items():
                one.add_dimension(name, value)
        return
    _metrics().add_metric(name=metric, unit=MetricUnit.Count, value=number)


def value(metric: str, number: float) -> None:
    """Records a figure that has no unit."""
    _metrics().add_metric(name=metric, unit=MetricUnit.NoUnit, value=number)


def seconds(metric: str, duration: float) -> None:
    """Records a duration, in seconds."""
    _metrics().add_metric(name=metric, unit=MetricUnit.Seconds, value=max(duration, 0.0))


def flush() -> None:
    """Writes what was counted. Once, at the end of an invocation."""
    if _metrics().metric_set:
        _metrics().flush_metrics()
