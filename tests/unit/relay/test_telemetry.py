"""Telemetry: what an emitted metric says, and what a log line holds instead of an id."""

import hashlib
import json
from typing import Any

import pytest

from relay import telemetry
from relay.telemetry import id_digest


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    telemetry.flush()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def dimensions(line: dict[str, Any]) -> dict[str, str]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    (names,) = directive["Dimensions"]
    return {name: line[name] for name in names}


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # As on Lambda: Powertools makes a dimension of it unless it is configured not to.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "ingest")
    telemetry.configure("shop-stack")
    emitted(capsys)


def test_every_metric_names_its_stack_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsAccepted", 3)
    telemetry.value("MatchQuality", 7.5)
    (line,) = emitted(capsys)
    assert dimensions(line) == {"stack": "shop-stack"}
    assert line["EventsAccepted"] == [3.0]


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
    ],
)
def test_what_is_not_in_the_table_is_never_emitted(
    metric: str, given: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyError):
        telemetry.count(metric, dimensions=given)
    assert emitted(capsys) == []


def test_nothing_is_emitted_twice(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("EventsAccepted")
    assert len(emitted(capsys)) == 1
    assert emitted(capsys) == []


def test_metrics_of_one_stack_are_not_written_under_the_name_of_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.count("EventsAccepted")
    telemetry.configure("other-stack")
    telemetry.count("EventsAccepted")
    assert [line["stack"] for line in emitted(capsys)] == ["shop-stack", "other-stack"]


def test_a_duration_is_never_negative(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.seconds("OldestEventAge", -3)
    (line,) = emitted(capsys)
    assert line["OldestEventAge"] == [0.0]


@pytest.mark.parametrize("metric", telemetry.METRICS.values(), ids=lambda metric: metric.name)
def test_a_metric_with_a_dimension_lists_its_values(metric: telemetry.Metric) -> None:
    assert (metric.dimension is None) == (metric.values == ())


@pytest.mark.parametrize("identifier", ["order-1", "Bestellung-ä", ""])
def test_id_digest_is_the_first_16_hex_digits_of_its_sha256(identifier: str) -> None:
    assert id_digest(identifier) == hashlib.sha256(identifier.encode()).hexdigest()[:16]


def test_id_with_half_a_surrogate_pair_has_a_digest_too() -> None:
    assert len(id_digest("\ud800")) == 16
