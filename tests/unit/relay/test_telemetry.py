"""Telemetry: what an emitted metric says, and what a log line holds instead of an id."""

import hashlib
import json
import sys
import time
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, Unpack

import pytest
from aws_lambda_powertools import Logger
from hypothesis import given

from relay import telemetry
from relay.telemetry import id_digest, to_line
from tests.support.rows import every_row
from tests.support.strategies import FINITE_JSON
from tests.support.telemetry import emitted, written


def dimensions(line: dict[str, Any]) -> dict[str, str]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    (names,) = directive["Dimensions"]
    return {name: line[name] for name in names}


@pytest.fixture(autouse=True)
def stack(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure("shop-stack", "ingest-12")
    emitted(capsys)


def test_every_metric_names_its_stack_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsAccepted", 3)
    telemetry.record({"MatchQuality": 7.5})
    (line,) = emitted(capsys)
    assert dimensions(line) == {"stack": "shop-stack"}
    assert line["EventsAccepted"] == [3.0]


def test_the_service_is_no_dimension(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on Lambda. Powertools' own metrics have it as a dimension.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "ingest")
    emitter = telemetry.Emitter()
    emitter.name("shop-stack", "ingest-12")
    emitter.add({"EventsAccepted": 3}, {})
    emitter.flush()
    (line,) = emitted(capsys)
    assert dimensions(line) == {"stack": "shop-stack"}


def test_an_unforeseen_exception_is_counted_of_the_stack_and_of_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.unexpected("request_failed", KeyError("of a person"))
    of_stack, of_version = (line for line in emitted(capsys) if "_aws" in line)
    assert of_stack["InternalErrors"] == of_version["VersionErrors"] == [1.0]
    assert dimensions(of_stack) == {"stack": "shop-stack"}
    assert dimensions(of_version) == {"stack": "shop-stack", "version": "ingest-12"}


def test_a_second_dimension_stands_beside_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsRetried", 2, dimensions={"outcome": "unauthorised"})
    telemetry.count("EventsRetried", 1, dimensions={"outcome": "throttled"})
    assert [dimensions(line) for line in emitted(capsys)] == [
        {"stack": "shop-stack", "outcome": "unauthorised"},
        {"stack": "shop-stack", "outcome": "throttled"},
    ]


@pytest.mark.parametrize(
    ("metric", "given"),
    [
        ("NoSuchMetric", {}),
        ("EventsAccepted", {"sender": "shopify"}),
        ("EventsRetried", {}),
        ("EventsRetried", {"outcome": "order-1"}),
        ("WebhookSignatureValid", {"sender": "evil"}),
        ("VersionErrors", {}),
        ("VersionErrors", {"sender": "shopify"}),
    ],
)
def test_what_is_not_in_the_table_is_never_emitted(
    metric: str, given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError):
        telemetry.count(metric, dimensions=given)
    assert emitted(capsys) == []


def test_no_metric_gets_the_dimension_of_another_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyError):
        telemetry.record({"InternalErrors": 1, "VersionErrors": 1})
    assert emitted(capsys) == []


def test_nothing_is_emitted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsAccepted")
    assert len(emitted(capsys)) == 1
    assert emitted(capsys) == []


def test_metrics_of_one_stack_are_not_written_under_the_name_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.count("EventsAccepted")
    telemetry.configure("other-stack", "ingest-12")
    telemetry.count("EventsAccepted")
    assert [line["stack"] for line in emitted(capsys)] == ["shop-stack", "other-stack"]


def test_a_line_holds_at_most_as_many_values_of_a_metric_as_cloudwatch_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for number in range(2 * telemetry.MAX_VALUES + 1):
        telemetry.count("BatchSize", number)
    lines = [line["BatchSize"] for line in emitted(capsys)]
    assert [len(line) for line in lines] == [100, 100, 1]
    assert [number for line in lines for number in line] == list(range(201))


def test_every_line_has_its_own_time_and_values(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = []
    for now in (1.0, 2.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        telemetry.record({"EventsAccepted": now, "MatchQuality": 10 * now})
        lines += emitted(capsys)
    assert [line["_aws"]["Timestamp"] for line in lines] == [1000, 2000]
    assert [line["EventsAccepted"] for line in lines] == [[1.0], [2.0]]
    assert [line["MatchQuality"] for line in lines] == [[10.0], [20.0]]


def test_an_emitted_line_is_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsAccepted", 3)
    telemetry.record({"MatchQuality": 7.5})
    telemetry.flush()
    (text,) = capsys.readouterr().out.splitlines()
    # As Powertools writes it: what CloudWatch Logs takes in is paid by the byte.
    assert ": " not in text
    assert '"EventsAccepted":[3.0]' in text
    line = json.loads(text)
    at = line.pop("_aws")
    assert time.time() * 1000 - at.pop("Timestamp") < 60_000
    # CloudWatch Logs specification of the embedded metric format: units by name, values as numbers.
    assert at == {
        "CloudWatchMetrics": [
            {
                "Namespace": telemetry.NAMESPACE,
                "Dimensions": [["stack"]],
                "Metrics": [
                    {"Name": "EventsAccepted", "Unit": "Count"},
                    {"Name": "MatchQuality", "Unit": "None"},
                ],
            }
        ]
    }
    assert line == {"stack": "shop-stack", "EventsAccepted": [3], "MatchQuality": [7.5]}


def logged(**fields: Unpack[telemetry.LogFields]) -> dict[str, Any]:
    """The line of an event, as Powertools' Logger writes it."""
    with written() as stream:
        telemetry.info("events_received", **fields)
    (line,) = stream.getvalue().splitlines()
    held: dict[str, Any] = json.loads(line)
    assert held.pop("service") == "service_undefined"
    return held


def test_a_log_line_below_the_level_of_the_logger_is_not_written() -> None:
    # The level of Powertools' Logger, which POWERTOOLS_LOG_LEVEL and sampling set.
    with written() as stream:
        logger = Logger()
        level = logger.log_level
        logger.setLevel("ERROR")
        try:
            telemetry.info("events_received")
            telemetry.error("secret_unusable")
        finally:
            logger.setLevel(level)
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["message"] == "secret_unusable"


def test_a_line_that_cannot_be_written_fails_no_request(capsys: pytest.CaptureFixture[str]) -> None:
    with written() as stream:
        stream.close()
        telemetry.info("events_received")
    assert "events_received" in capsys.readouterr().err


def test_a_line_that_others_log_is_powertools_own() -> None:
    with written() as stream:
        Logger().warning("disk is %s", "full")
    line = json.loads(stream.getvalue())
    assert (line["level"], line["message"]) == ("WARNING", "disk is full")


def test_a_log_line_has_the_form_of_powertools() -> None:
    with written() as stream:
        telemetry.info("events_received", batch_size=1)
        Logger().info("events_received", extra={"batch_size": 1})
    ours, theirs = (json.loads(line) for line in stream.getvalue().splitlines())
    del theirs["location"]
    assert list(ours) == list(theirs)
    ours_at, theirs_at = (time_of(line) for line in (ours, theirs))
    assert abs(ours_at - theirs_at) < timedelta(minutes=1)
    assert len(ours["timestamp"]) == len(theirs["timestamp"])


def time_of(line: dict[str, Any]) -> datetime:
    return datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z")


def test_a_log_line_is_its_frame_and_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    line = logged(trace_id="request-1", rejected_codes={"value_missing": 2}, batch_size=1)
    # What `relay logs` and `relay trace` read.
    assert abs(time.time() - time_of(line).timestamp()) < 60
    del line["timestamp"]
    assert line == {
        "level": "INFO",
        "message": "events_received",
        "trace_id": "request-1",
        "rejected_codes": {"value_missing": 2},
        "batch_size": 1,
    }


def test_a_log_line_has_no_field_without_a_value() -> None:
    line = logged(tiktok_code=None, http_status=None, batch_size=0, reason="")
    assert not {"tiktok_code", "http_status"} & set(line)
    assert (line["batch_size"], line["reason"]) == (0, "")


def test_a_log_line_names_lambdas_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0")
    assert logged()["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"


def test_a_duration_is_never_negative(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.seconds("OldestEventAge", -3)
    (line,) = emitted(capsys)
    assert line["OldestEventAge"] == [0.0]


@every_row("metric", telemetry.METRICS.values())
def test_a_metric_with_a_dimension_lists_its_values(metric: telemetry.Metric) -> None:
    # Of a version there is one for each deployment.
    assert (metric.dimension in (None, telemetry.VERSION_DIMENSION)) == (metric.values == ())


@pytest.mark.parametrize("identifier", ["order-1", "Bestellung-ä", ""])
def test_id_digest_is_the_first_16_hex_digits_of_its_sha256(identifier: str) -> None:
    assert id_digest(identifier) == hashlib.sha256(identifier.encode()).hexdigest()[:16]


@every_row(
    ("event", "logged_as"),
    [
        ("Purchase", "Purchase"),
        ("ClickButton", "ClickButton"),
        ("CompletePayment", "custom"),
        ("purchase", "custom"),
        ("SpinTheWheel", "custom"),
        ("Anruf von Ada", "custom"),
        ("", "custom"),
    ],
)
def test_name_that_its_sender_chose_is_not_logged(event: str, logged_as: str) -> None:
    assert telemetry.loggable_name(event) == logged_as


def test_id_with_half_a_surrogate_pair_has_a_digest_too() -> None:
    assert len(id_digest("\ud800")) == 16


def test_no_value_is_lost_between_threads(capsys: pytest.CaptureFixture[str]) -> None:
    def add() -> None:
        for _ in range(2_000):
            telemetry.count("SecretFaults")

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [Thread(target=add) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    values = [line["SecretFaults"] for line in emitted(capsys)]
    assert sum(map(sum, values)) == 12_000
    assert max(map(len, values)) <= telemetry.MAX_VALUES


# ── a line of JSON ──────────────────────────────────────────────────────────────────────────────────────────


@given(FINITE_JSON)
def test_a_line_is_one_line_and_comes_back(value: object) -> None:
    line = to_line(value)
    assert "\n" not in line
    assert json.loads(line) == value


def test_a_line_takes_half_of_a_surrogate_pair() -> None:
    assert to_line({"\ud83d": 1}) == '{"\\ud83d":1}'


def test_a_line_is_of_types_that_json_has() -> None:
    with pytest.raises(TypeError):
        to_line({"a": object()})
