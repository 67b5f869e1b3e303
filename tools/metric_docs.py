"""The table of metrics in `docs/operate.md`, written from `relay.telemetry.METRICS` by `make openapi`."""

import re
from pathlib import Path
from typing import Final

from relay.telemetry import METRICS, STACK_DIMENSION

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "docs/operate.md"

METRIC_PRICE: Final[float] = 0.30
"""USD a month for one custom metric (name and values of all dimensions), us-east-1, first 10,000 metrics."""

_BLOCK: Final[re.Pattern[str]] = re.compile(r"(<!-- made: metrics -->\n).*?(<!-- end -->)", re.DOTALL)


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
    ]
    total = sum(metric.series for metric in METRICS.values())
    body = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    return body + f"\n{total} series in all: {total * METRIC_PRICE:.2f} USD a month if every one is in use.\n"


def filled(page: str) -> str:
    """`page` with its table written again."""
    return _BLOCK.sub(lambda found: found[1] + table() + found[2], page)


if __name__ == "__main__":
    PATH.write_text(filled(PATH.read_text(encoding="utf-8")), encoding="utf-8")
