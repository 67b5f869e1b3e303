"""docs/operate.md says what there is: every alarm, metric, reason and log line."""

import re
from pathlib import Path

import pytest

from relay_cli import dead_letters
from tests.support.template import of_type, properties
from tools import metric_docs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
FUNCTIONS = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").rglob("*.py"))
SECRETS = (ROOT / "layers/relay/relay/aws/secrets.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("alarm", of_type("AWS::CloudWatch::Alarm"))
def test_every_alarm_has_a_line(alarm: str) -> None:
    assert f"`{alarm}`" in PAGE


@pytest.mark.parametrize("reason", dead_letters.REASONS)
def test_every_reason_has_a_line(reason: str) -> None:
    assert f"| `{reason}` |" in PAGE


def test_the_table_of_metrics_is_the_one_that_the_code_gives() -> None:
    assert metric_docs.filled(PAGE) == PAGE, "run `make openapi`"
    assert PAGE.count("<!-- made: metrics -->") == 1


def test_the_table_of_metrics_has_those_of_the_access_log() -> None:
    filters = [properties(name)["MetricTransformations"] for name in of_type("AWS::Logs::MetricFilter")]
    made = {metric["MetricName"] for metrics in filters for metric in metrics}
    assert made == metric_docs.ACCESS_LOG_METRICS.keys()


@pytest.mark.parametrize(
    "event", sorted(set(re.findall(r'(?:info|error|unexpected|write)\(\s*"(\w+)"', FUNCTIONS + SECRETS)))
)
def test_every_log_line_is_there(event: str) -> None:
    assert f"`{event}`" in PAGE
