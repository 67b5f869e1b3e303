"""Telemetry: log lines and metrics, whose names and fields are fixed lists, so that no personal data can get
among them.

Log lines are Powertools Logger's JSON; metrics are CloudWatch's embedded metric format on standard output.
CloudWatch identifies a metric by its name and *all* its dimensions, and bills each combination: every
metric has the dimension `stack`, and a second one only where an alarm reads it. Reasons and codes go into log
fields.
"""

import hashlib
import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from threading import Lock
from typing import Any, Final, Literal, TextIO, TypedDict, Unpack, cast

import orjson
from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from relay.event.standard_names import SOFT_DEPRECATED, STANDARD
from relay.provider_names import PROVIDER_NAMES

NAMESPACE: Final[str] = "TikTokEventsRelay"
"""Of all metrics; the alarms in the template name it too."""

STACK_DIMENSION: Final[str] = "stack"
"""On every metric: two stacks in one account would share each metric otherwise."""

VERSION_DIMENSION: Final[str] = "version"
"""On what tells the versions of a function apart while traffic shifts from one to the next."""

RETRY_OUTCOMES: Final[tuple[str, ...]] = (
    "throttled",
    "transient",
    "unauthorised",
    "partial",
    "unknown",
    "rejected",
)
"""Why TikTok does not have an event yet: the class of its response. `rejected` is retried only where the
dead-letter queue did not take the event."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: who emits it, its unit, what it measures, and its second dimension with all values of it.

    `VERSION_DIMENSION` has one value for each version, so none is listed.
    """

    name: str
    function: Literal["ingest", "dispatch", "both"]
    unit: MetricUnit
    description: str
    dimension: str | None = None
    values: tuple[str, ...] = ()

    @property
    def series(self) -> int:
        """Number of metrics that CloudWatch bills, at most; by version, for one version of each function."""
        return 2 if self.dimension == VERSION_DIMENSION else len(self.values) or 1

    def takes(self, dimensions: Mapping[str, str]) -> bool:
        """Whether these are its dimensions besides the stack."""
        if self.dimension is None:
            return not dimensions
        if set(dimensions) != {self.dimension}:
            return False
        return not self.values or dimensions[self.dimension] in self.values


_TABLE: Final[tuple[Metric, ...]] = (
    Metric("EventsReceived", "ingest", MetricUnit.Count, "events in requests and webhooks"),
    Metric("EventsAccepted", "ingest", MetricUnit.Count, "events that the queue took"),
    Metric("EventsRejected", "ingest", MetricUnit.Count, "events with an error; the codes are in the log"),
    Metric("EventsDropped", "ingest", MetricUnit.Count, "events of a person who denied consent"),
    Metric(
        "EventsAsTest",
        "ingest",
        MetricUnit.Count,
        "events accepted while TestEventCode is set, of which TikTok counts none",
    ),
    Metric("EventsNotQueued", "ingest", MetricUnit.Count, "events that SQS rejected; the sender sends again"),
    Metric("MatchQuality", "ingest", MetricUnit.NoUnit, "mean match quality of a request's events, 0 to 10"),
    Metric("RequestsRejected", "ingest", MetricUnit.Count, "requests to a known path answered with an error"),
    Metric("WebhooksIgnored", "ingest", MetricUnit.Count, "webhooks that become no event on purpose"),
    Metric("WebhooksLost", "ingest", MetricUnit.Count, "webhooks without their order, by a wrong set-up"),
    Metric(
        "WebhookSignatureValid",
        "ingest",
        MetricUnit.Count,
        "1 for a valid signature, 0 for an invalid one",
        "sender",
        PROVIDER_NAMES,
    ),
    Metric(
        "SecretFaults",
        "both",
        MetricUnit.Count,
        "failed reads of a secret, and entries that are not in force",
    ),
    Metric(
        "InternalErrors",
        "both",
        MetricUnit.Count,
        "errors of the relay's own, each with a log line that has `error_at`",
    ),
    Metric(
        "VersionErrors",
        "both",
        MetricUnit.Count,
        "responses with 5xx, and errors of the relay's own, by version: `ingest-12`",
        VERSION_DIMENSION,
    ),
    Metric("VisitsLeft", "ingest", MetricUnit.Count, "visits that pages left for a later webhook"),
    Metric("WebhooksJoined", "ingest", MetricUnit.Count, "1 for a webhook filled from a visit, 0 for none"),
    Metric("VisitTableFaults", "ingest", MetricUnit.Count, "calls of the visit table that failed"),
    Metric(
        "BrowserRequestsIgnored", "ingest", MetricUnit.Count, "requests of bots and preview pages, not used"
    ),
    Metric("EventsDelivered", "dispatch", MetricUnit.Count, "events that TikTok confirmed"),
    Metric(
        "EventsRetried",
        "dispatch",
        MetricUnit.Count,
        "events to be sent again, by the class of TikTok's response",
        "outcome",
        RETRY_OUTCOMES,
    ),
    Metric("EventsDeadLettered", "dispatch", MetricUnit.Count, "events that dispatch dead-lettered"),
    Metric(
        "OldestEventAge",
        "dispatch",
        MetricUnit.Seconds,
        "age of the oldest event of a run, since receipt or replay",
    ),
    Metric(
        "DeliverySeconds",
        "dispatch",
        MetricUnit.Seconds,
        "age of a request's oldest event on delivery, since receipt or replay",
    ),
    Metric("BatchSize", "dispatch", MetricUnit.Count, "events in a request to TikTok"),
    Metric("UnknownResponses", "dispatch", MetricUnit.Count, "responses of TikTok that no rule covers"),
)

METRICS: Final[Mapping[str, Metric]] = {metric.name: metric for metric in _TABLE}
"""Every metric of the functions, by name."""


class EventEntry(TypedDict, total=False):
    """One event of a request in the log line of ingest: digests, names from fixed lists, and numbers."""

    event_id_digest: str
    order_id_digest: str
    event: str
    status: str
    match_quality: float
    match_keys: list[str]
    came_in: str
    """Names and kinds of known fields; see `ingest.observability`."""

    codes: list[str]
    fields: list[str]
    """Of each code, the path of the known field that it is about; "" for another."""


class LogFields(TypedDict, total=False):
    """All fields of log lines. None of them holds content of an event."""

    trace_id: str
    route: str
    sender: str
    topic: str
    reason: str
    secret_number: int
    entry: str
    variable: str
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
    event_names: list[str]
    order_id_digests: list[str]
    events: list[EventEntry]
    visit: str
    visit_via: str
    visit_filled: list[str]
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


CUSTOM_EVENT: Final[str] = "custom"


def loggable_name(event: str) -> str:
    """Return an event's name for log lines: `custom` for a custom one, which is its sender's own text."""
    return event if event in STANDARD or event in SOFT_DEPRECATED else CUSTOM_EVENT


def to_line(value: object) -> str:
    """Write `value` as JSON in one line, for log lines, metrics and responses.

    A whole number of more than 64 bits and half of a surrogate pair, which a sender's field name may hold,
    are written as the standard library writes them; a number that is not finite is null. Raises TypeError for
    what is of none of JSON's types, and ValueError for a number that is not finite beside the two.
    """
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)


class LogFormatter(LambdaPowertoolsFormatter):
    """Powertools' log line of an event's name and its `LogFields`.

    Powertools' own takes any record: it sorts the fields out of all attributes of the record, copies them
    four times, and searches each name for JSON, an exception and a stack.
    """

    def format_event(self, level: int, event: str, fields: LogFields) -> str:
        """Return an event that happens now as one line of JSON."""
        now = time.time()
        milliseconds = f"{int(now % 1 * 1000):03}"
        pattern = self.default_time_format.replace(self.custom_ms_time_directive, milliseconds)
        line: dict[str, object] = {
            "level": logging.getLevelName(level),
            "message": event,
            "timestamp": time.strftime(pattern, self.converter(now)),
            "service": self.get_current_keys()["service"],
            **fields,
        }
        if None in fields.values():
            line = {name: value for name, value in line.items() if value is not None}
        if trace_id := self._get_latest_trace_id():
            line["xray_trace_id"] = trace_id
        return self.serialize(line)


_formatter: Final = LogFormatter(json_serializer=to_line)


@cache
def _logger() -> tuple[logging.Logger, logging.StreamHandler[TextIO]]:
    """Python's logger of the service, which has the level, and its handler, which has the stream; both as
    Powertools' Logger configures them."""
    logger = Logger(logger_formatter=_formatter)
    return logging.getLogger(logger.service), cast("logging.StreamHandler[TextIO]", logger.registered_handler)


_writing: Final = Lock()
"""Dispatch logs from several threads."""


def _log(level: int, event: str, fields: LogFields) -> None:
    logger, handler = _logger()
    if logger.isEnabledFor(level):
        # Not by `Logger.info`: it looks for the line of code that calls it and makes a record of thread and
        # process, none of which a line names, and hands it to Lambda's own handler too, which drops it.
        try:
            line = f"{_formatter.format_event(level, event, fields)}\n"
            with _writing:
                handler.stream.write(line)
                handler.stream.flush()
        except Exception:  # noqa: BLE001 - as with every handler: a line that can't be written fails no request
            handler.handleError(logging.makeLogRecord({"levelno": level, "msg": event}))


MAX_VALUES: Final[int] = 100
"""Values of one metric in a line (CloudWatch, embedded metric format specification)."""


_Sets = dict[tuple[tuple[str, str], ...], dict[str, list[float]]]
"""Dimensions besides the stack → name of a metric → its values."""


class Emitter:
    """The metrics of an invocation: values by name, one set for each combination of dimensions.

    Threads may add at the same time.
    """

    def __init__(self) -> None:
        self._provider = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
        self._stack = self.version = ""
        self._lock = Lock()
        self._sets: _Sets = {}
        self._frames: dict[tuple[object, ...], Mapping[str, Any]] = {}

    def name(self, stack: str, version: str) -> None:
        """Set the stack of all metrics, and the version; metrics of another stack are written first."""
        if stack != self._stack:
            self.flush()
        self._stack, self.version = stack, version

    def add(self, numbers: Mapping[str, float], dimensions: Mapping[str, str]) -> None:
        """Add one value of each metric, all with the same dimensions. Raises KeyError for a metric or a
        dimension that the table does not have."""
        for name in numbers:
            if not METRICS[name].takes(dimensions):
                raise KeyError(f"{name} has no dimensions {dict(dimensions)}")
        if not self._stack:
            return
        full: _Sets = {}
        with self._lock:
            metrics = self._sets.setdefault(tuple(dimensions.items()), {})
            for name, number in numbers.items():
                values = metrics.setdefault(name, [])
                values.append(float(number))
                if len(values) == MAX_VALUES:
                    full = self._sets
            if full:
                self._sets = {}
        if full:
            self._write(full)

    def flush(self) -> None:
        """Write every value that was added, one line for each set."""
        with self._lock:
            sets, self._sets = self._sets, {}
        self._write(sets)

    def _write(self, sets: _Sets) -> None:
        # Powertools' own time goes by way of the local time zone.
        timestamp = int(time.time() * 1000)
        for dimensions, values in sets.items():
            frame = self._frame(dimensions, values)
            line = {**frame, "_aws": {**frame["_aws"], "Timestamp": timestamp}, **values}
            sys.stdout.write(f"{to_line(line)}\n")

    def _frame(
        self, dimensions: tuple[tuple[str, str], ...], values: Mapping[str, list[float]]
    ) -> Mapping[str, Any]:
        """A line of these metrics as Powertools makes it, once for each combination: only time and values
        differ from one line to the next."""
        key = (self._stack, dimensions, *values)
        frame = self._frames.get(key)
        if frame is None:
            # Powertools' `add_metric` takes any metric, and checks again what the table says.
            metrics = {name: {"Unit": METRICS[name].unit.value, "Value": of} for name, of in values.items()}
            named = {STACK_DIMENSION: self._stack, **dict(dimensions)}
            frame = self._frames[key] = cast(
                "Mapping[str, Any]", self._provider.serialize_metric_set(metrics, named, {})
            )
        return frame


_emitter: Final = Emitter()


def configure(stack: str, version: str) -> None:
    """Name the stack of all metrics, and the function with its version. No metric is emitted before."""
    _emitter.name(stack, version)


def info(event: str, **fields: Unpack[LogFields]) -> None:
    """Log what happened, by its name."""
    _log(logging.INFO, event, fields)


def error(event: str, **fields: Unpack[LogFields]) -> None:
    """Log what went wrong, by its name."""
    _log(logging.ERROR, event, fields)


def unexpected(event: str, raised: BaseException) -> None:
    """Log and count an unforeseen exception: its type and where it was raised, never its text, which may
    quote data."""
    frames = traceback.extract_tb(raised.__traceback__)
    at = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    error(event, error_type=type(raised).__name__, error_at=at)
    count("InternalErrors")
    count_version_error()


def count(metric: str, number: float = 1, *, dimensions: Mapping[str, str] | None = None) -> None:
    """Count something. `metric` and `dimensions` are those of `METRICS`; raises KeyError otherwise."""
    _emitter.add({metric: number}, dimensions or {})


def count_version_error() -> None:
    """Count an error of the version that runs, for which its gradual deployment is rolled back."""
    count("VersionErrors", dimensions={VERSION_DIMENSION: _emitter.version})


def record(numbers: Mapping[str, float]) -> None:
    """Add one value of each of several metrics."""
    _emitter.add(numbers, {})


def seconds(metric: str, duration: float) -> None:
    """Record a duration in seconds."""
    _emitter.add({metric: max(duration, 0.0)}, {})


def flush() -> None:
    """Write the metrics of an invocation. Once, at its end."""
    _emitter.flush()
