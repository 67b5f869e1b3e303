"""What the built functions emit against what alarms and dashboard read: namespace, name, all dimensions."""

import json
import re
from typing import Any

import pytest

from relay import telemetry
from tests.aws.cloudwatch import ALARMS, Series
from tests.aws.conftest import DEFECTS, Ended, new_version, series_of
from tests.support.template import STACK, properties, resolve

OWN = telemetry.NAMESPACE

# What AWS's services emit, by the documents of each: namespace → metrics → the names of all dimensions.
AWS_METRICS: dict[str, tuple[set[str], list[set[str]]]] = {
    # Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"
    "AWS/SQS": (
        {
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
            "ApproximateAgeOfOldestMessage",
        },
        [{"QueueName"}],
    ),
    # AWS Lambda Developer Guide, "Types of metrics for Lambda functions"
    "AWS/Lambda": (
        {"Errors", "Duration", "Throttles", "Invocations"},
        [{"FunctionName"}, {"FunctionName", "Resource"}, {"FunctionName", "Resource", "ExecutedVersion"}],
    ),
    # Amazon API Gateway Developer Guide, "Monitor CloudWatch metrics for HTTP APIs"
    "AWS/ApiGateway": ({"4xx", "5xx", "Count", "Latency", "IntegrationLatency"}, [{"ApiId"}]),
}

Emitted = dict[str, list[dict[str, Any]]]


def from_filters() -> set[Series]:
    """The series that metric filters make of log lines."""
    (found,) = properties("RequestsThrottledFilter")["MetricTransformations"]
    access_log = json.loads(re.sub(r":(\$context[\w.]+)", r':"\1"', access_log_format()))
    dimensions = {item["Key"]: access_log[item["Value"].removeprefix("$.")] for item in found["Dimensions"]}
    return {Series(found["MetricNamespace"], found["MetricName"], frozenset(dimensions.items()))}


def access_log_format() -> str:
    """The format of the API's access log, for a stack."""
    text: str = resolve(properties("ApiStage")["AccessLogSettings"]["Format"])
    return text.replace("\n", "")


def everything(emitted: Emitted) -> set[Series]:
    """Every series of the stack's own namespace."""
    return {
        series for lines in emitted.values() for line in lines for series in series_of(line)
    } | from_filters()


def exists(series: Series, own: set[Series]) -> bool:
    """Whether anything emits a series."""
    if series.namespace == OWN:
        return series in own
    names, dimensions = AWS_METRICS[series.namespace]
    return series.name in names and {name for name, _ in series.dimensions} in dimensions


@pytest.mark.parametrize("function", ["ingest", "dispatch"])
def test_every_metric_of_the_table_is_emitted_by_its_function_and_no_other(
    emitted: Emitted, function: str
) -> None:
    names = {series.name for line in emitted[function] for series in series_of(line)}
    declared = {metric.name for metric in telemetry.METRICS.values() if metric.function in (function, "both")}
    assert names <= declared
    assert declared - names <= {"WebhooksLost"}  # needs a webhook of a sender that is set up wrongly


def test_every_series_has_the_dimensions_of_the_table_and_names_the_stack(emitted: Emitted) -> None:
    for series in everything(emitted) - from_filters():
        metric = telemetry.METRICS[series.name]
        dimensions = dict(series.dimensions)
        assert dimensions.pop("stack") == STACK
        assert set(dimensions) == ({metric.dimension} if metric.dimension else set())
        if metric.dimension != telemetry.VERSION_DIMENSION:
            assert set(dimensions.values()) <= set(metric.values)


@pytest.mark.parametrize("alarm", ALARMS.values(), ids=lambda alarm: alarm.name)
def test_every_series_that_an_alarm_reads_is_emitted(emitted: Emitted, alarm: Any) -> None:
    own = everything(emitted)
    if alarm.query:
        assert any(alarm.query.matches(series) for series in own)
        return
    for series, _ in alarm.reads().values():
        if series.name == "WebhooksLost":
            assert dict(series.dimensions) == {"stack": STACK}
            continue
        assert exists(series, own), f"{alarm.name} reads {series}, which nothing emits"


def rollback_alarms(function: str) -> list[str]:
    """The alarms that end the gradual deployment of a function."""
    _, alarms, otherwise = properties(function)["DeploymentPreference"]["Alarms"]["If"]
    assert otherwise == []
    return [alarm["Ref"] for alarm in alarms]


def read_for_rollback(function: str) -> set[Series]:
    """Every series that they read."""
    return {series for alarm in rollback_alarms(function) for series, _ in ALARMS[alarm].reads().values()}


@pytest.mark.parametrize(("function", "defect"), DEFECTS)
def test_a_release_with_a_defect_is_rolled_back(
    defective: dict[tuple[str, str], Ended], function: str, defect: str
) -> None:
    # Neither function ends in an error over it: senders get a response, events are retried.
    seen = {series for line in defective[function, defect][1] for series in series_of(line)}
    read = read_for_rollback(function)
    assert seen & read, f"seen: {seen}; read: {read}"


@pytest.mark.parametrize("function", ["IngestFunction", "DispatchFunction"])
def test_nothing_that_the_old_version_does_rolls_a_release_back(function: str) -> None:
    for series in read_for_rollback(function):
        versions = [value for _, value in series.dimensions if value.endswith(new_version(function))]
        assert len(versions) == 1, f"{series} is not of one version alone"


def test_every_second_dimension_is_there_because_an_alarm_reads_it() -> None:
    read = {
        name
        for alarm in ALARMS.values()
        for series, _ in alarm.reads().values()
        if series.namespace == OWN
        for name, _ in series.dimensions
    }
    read |= {name for alarm in ALARMS.values() if alarm.query for name in alarm.query.dimensions}
    assert {metric.dimension for metric in telemetry.METRICS.values() if metric.dimension} <= read


def test_every_metric_of_the_dashboard_is_emitted(emitted: Emitted) -> None:
    own = everything(emitted)
    body = json.loads(resolve(properties("Dashboard")["DashboardBody"]))
    rows = [row for widget in body["widgets"] for row in widget["properties"].get("metrics", [])]
    assert 20 < len(rows) <= 50  # beyond 50 metrics a dashboard costs more
    for row in rows:
        words = [word for word in row if isinstance(word, str)]
        namespace, name, *pairs = words
        series = Series(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))
        assert exists(series, own), f"the dashboard shows {series}, which nothing emits"


def test_the_access_log_holds_nothing_of_a_person() -> None:
    used = set(re.findall(r"\$context\.([\w.]+)", access_log_format()))
    assert used == {
        "requestId",
        "requestTimeEpoch",
        "routeKey",
        "status",
        "responseLatency",
        "integrationLatency",
        "responseLength",
        "error.responseType",
    }


def test_a_line_of_the_access_log_is_json_whatever_a_request_lacks() -> None:
    # API Gateway writes - for what a request lacks, such as an integration. The filter reads JSON alone.
    line = re.sub(r"\$context\.(?!status)[\w.]+", "-", access_log_format()).replace("$context.status", "429")
    assert json.loads(line)["status"] == 429


def test_a_throttled_request_matches_the_filter_and_a_throttled_scanner_does_not() -> None:
    pattern = properties("RequestsThrottledFilter")["FilterPattern"]
    assert pattern == '{ $.status = 429 && $.route != "$default" }'
    line = json.loads(re.sub(r'(?<!")\$context[\w.]+(?!")', "429", access_log_format()))
    assert line["status"] == 429  # a number, as the pattern compares numbers
    assert line["route"] == "$context.routeKey"
