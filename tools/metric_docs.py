"""The table of metrics in `docs/operate.md`, written from `relay.telemetry.METRICS` by `make openapi`.

It also has the metrics that CloudWatch makes from the API's access log, by filters of the template.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from relay.telemetry import METRICS, STACK_DIMENSION
from relay_cli.capacity import PRICES
from tools import generated_blocks

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "docs/operate.md"

METRIC_PRICE: Final[float] = PRICES["metric"]
"""USD a month for one custom metric (name and values of all dimensions), us-east-1, first 10,000 metrics."""

ACCESS_LOG_METRICS: Final[Mapping[str, str]] = {
    "RequestsThrottled": "requests to a known path that API Gateway answered with 429",
}
"""Metric that a filter of the template makes from the access log → what it measures; one series each."""


def series() -> int:
    """Series of all custom metrics of a stack, if every one is in use."""
    return sum(metric.series for metric in METRICS.values()) + len(ACCESS_LOG_METRICS)


def table() -> str:
    """The metrics as a Markdown table, with what each costs at most."""
    lines = [
        ("metric", "from", "unit", "what it measures", "dimensions", "USD a month, at most"),
        ("---",) * 6,
        *(
            (
                f"`{metric.name}`",
                metric.function,
                metric.unit.value,
                metric.description,
                ", ".join(f"`{name}`" for name in (STACK_DIMENSION, metric.dimension) if name),
                f"{metric.series * METRIC_PRICE:.2f}",
            )
            for metric in METRICS.values()
        ),
        *(
            (f"`{name}`", "access log", "Count", about, f"`{STACK_DIMENSION}`", f"{METRIC_PRICE:.2f}")
            for name, about in ACCESS_LOG_METRICS.items()
        ),
    ]
    total = series()
    body = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    return body + f"\n{total} series in all: {total * METRIC_PRICE:.2f} USD a month if every one is in use.\n"


def filled(page: str) -> str:
    """`page` with its table written again."""
    return generated_blocks.fill(page, {"metrics": table})


if __name__ == "__main__":
    PATH.write_text(filled(PATH.read_text(encoding="utf-8")), encoding="utf-8")
