"""docs/operate.md says what there is: every alarm, metric, reason and log line."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from relay import telemetry
from relay_cli import dead_letters
from tests.support.template import RESOURCES, of_type, properties
from tools import metric_docs

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operate.md").read_text(encoding="utf-8")
WRITERS = {"telemetry.info", "telemetry.error", "telemetry.unexpected", "write"}
"""What writes a log line; dispatch's `write` is one of the first two."""


def test_every_alarm_has_a_line() -> None:
    alarms = of_type("AWS::CloudWatch::Alarm")
    assert alarms
    assert [alarm for alarm in alarms if f"`{alarm}`" not in PAGE] == []


def test_the_rights_to_deploy_name_every_service_of_the_template() -> None:
    section = PAGE[PAGE.index("## Rights to deploy") : PAGE.index("## Upgrading")]
    prefixes = {"apigatewayv2": "apigateway", "serverless": "lambda"}
    services = {resource["Type"].split("::")[1].lower() for resource in RESOURCES.values()}
    assert len(services) > 10
    assert [name for name in services if f"`{prefixes.get(name, name)}`" not in section] == []


def test_every_reason_has_a_line() -> None:
    assert [reason for reason in dead_letters.REASONS if f"| `{reason}` |" not in PAGE] == []


def test_the_table_of_metrics_is_the_one_that_the_code_gives() -> None:
    assert metric_docs.filled(PAGE) == PAGE, "run `make openapi`"
    assert PAGE.count("<!-- made: metrics -->") == 1


def test_the_table_of_metrics_has_those_of_the_access_log() -> None:
    filters = [properties(name)["MetricTransformations"] for name in of_type("AWS::Logs::MetricFilter")]
    made = {metric["MetricName"] for metrics in filters for metric in metrics}
    assert made == metric_docs.ACCESS_LOG_METRICS.keys()


SECTION = PAGE[PAGE.index("## Log lines") : PAGE.index("## Alarms")]


def calls_of_writers(source: str) -> Iterator[ast.Call]:
    if not any(f"{name}(" in source for name in WRITERS):
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in WRITERS:
            yield node


@cache
def log_lines() -> dict[str, set[str]]:
    """Log line → the fields that its calls name, but for `trace_id`, which all lines of ingest have."""
    lines: dict[str, set[str]] = {}
    for path in [*(ROOT / "functions").rglob("*.py"), *(ROOT / "layers/relay/relay").rglob("*.py")]:
        for call in calls_of_writers(path.read_text(encoding="utf-8")):
            named = {keyword.arg for keyword in call.keywords if keyword.arg} - {"trace_id"}
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    lines.setdefault(part.value, set()).update(named)
    return lines


def fields_without_a_row(event: str, fields: set[str]) -> list[str]:
    rows = [row for row in SECTION.splitlines() if f"`{event}`" in row.split(" | ")[0] and row[0] == "|"]
    if len(rows) != 1:
        return [f"{event}: {len(rows)} rows"]
    digests = {"event_id_digests", "event_names", "order_id_digests"} if "digests" in rows[0] else set()
    return [f"{event}: {name}" for name in sorted(fields - digests) if f"`{name}`" not in rows[0]]


def test_every_log_line_has_a_row_with_its_fields() -> None:
    missing = [
        entry for event, fields in log_lines().items() for entry in fields_without_a_row(event, fields)
    ]
    assert missing == []


def test_there_are_lines_with_fields() -> None:
    lines = log_lines()
    assert {"tiktok_responded", "events_received", "secret_unreadable", "visit_withdrawn"} <= lines.keys()
    assert "tiktok_code" in lines["tiktok_responded"]


def test_every_log_field_is_there() -> None:
    fields = [*telemetry.LogFields.__annotations__, *telemetry.EventEntry.__annotations__]
    assert [field for field in fields if f"`{field}`" not in SECTION] == []
