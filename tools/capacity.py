"""docs/capacity.md with its plots, and the figures of the README, from `relay_cli.capacity` and the template.

`make capacity` writes them. A test compares the texts with what this makes; the plots need matplotlib, which
is in the environment of the benchmarks.
"""

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from relay.delivery.backoff import MAX_DELAY
from relay.telemetry import METRICS
from relay_cli import capacity
from relay_cli.capacity import Load, Stack
from tools import generated_blocks, metric_docs

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
PAGE: Final[Path] = ROOT / "docs/capacity.md"
README: Final[Path] = ROOT / "README.md"

RATES: Final[tuple[int, ...]] = (1, 100, 10_000)
BATCHES: Final[tuple[int, ...]] = (1, 100)


def read_stack() -> Stack:
    """The stack that the template's defaults make."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")

    def default(parameter: str) -> int:
        found = re.search(rf"^  {parameter}:\n(?:    .*\n)*?    Default: (\d+)", text, re.MULTILINE)
        if found is None:
            raise ValueError(f"template.yaml: {parameter} has no number as its default")
        return int(found[1])

    return Stack(
        batch_size=default("BatchSize"),
        batch_window=default("BatchWindowSeconds"),
        dispatch_concurrency=default("DispatchConcurrency"),
        ingest_memory=default("IngestMemory"),
        dispatch_memory=default("DispatchMemory"),
        api_rate=default("EventRequestsPerSecond"),
        webhook_rate=default("WebhookRequestsPerSecond"),
        webhook_routes=len(METRICS["WebhookSignatureValid"].values),
        metrics=metric_docs.series(),
        alarm_metrics=_alarm_metrics(text),
        secrets=text.count("Type: AWS::SecretsManager::Secret"),
    )


def _alarm_metrics(text: str) -> int:
    """How many metrics all alarms read, without those of a gradual deployment."""
    alarms = re.findall(r"Type: AWS::CloudWatch::Alarm\n(.*?)(?=\n\n|\Z)", text, re.DOTALL)
    standing = [alarm for alarm in alarms if "Condition: IsGradual" not in alarm]
    read = sum(max(1, alarm.count("MetricStat:")) for alarm in standing)
    # The query reads one series for each provider that is in use.
    return int(read + len(METRICS["WebhookSignatureValid"].values) - 1)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(line) + " |\n" for line in (head, ["---"] * len(head), *rows))


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _loads() -> list[Load]:
    return [Load(rate, number) for rate in RATES for number in BATCHES]


def _name(load: Load) -> str:
    return f"{load.events:,.0f} events/s, {load.events_per_request} a request"


def prices(stack: Stack) -> str:
    """USD a month by item."""
    loads = _loads()
    costs = [capacity.monthly_costs(load, stack) for load in loads]
    rows = [[item, *(_money(cost[item]) for cost in costs)] for item in costs[0]]
    rows.append(["**sum**", *(f"**{_money(sum(cost.values()))}**" for cost in costs)])
    millions = [load.events * capacity.SECONDS_A_MONTH / capacity.MILLION for load in loads]
    rows.append(["millions of events", *(f"{number:,.1f}" for number in millions)])
    each = [
        (sum(cost.values()) - cost["custom metrics"]) / number
        for cost, number in zip(costs, millions, strict=True)
    ]
    rows.append(["USD a million, without metrics", *(_money(amount) for amount in each)])
    return _table(["item", *map(_name, loads)], rows)


def binding(stack: Stack) -> str:
    """Which limits a rate meets, the first one first."""
    rows = []
    for load in _loads():
        first, second = capacity.limits(load, stack)[:2]
        for position, limit in (("first", first), ("second", second)):
            rows.append(
                (
                    _name(load) if position == "first" else "",
                    position,
                    limit.name,
                    f"{limit.needed:,.1f}",
                    f"{limit.available:,.0f}",
                    f"{limit.used:.0%}",
                    limit.raised_by,
                )
            )
    return _table(["rate", "binds", "limit", "needed", "available", "used", "raised by"], rows)


def outages(stack: Stack) -> str:
    """TikTok down for an hour."""
    rows = []
    for rate in RATES:
        found = capacity.outage(Load(rate), stack)
        rows.append(
            (
                f"{rate:,}",
                f"{found.waiting:,.0f}",
                f"{found.retries:,.0f}",
                _money(found.cost),
                f"{found.drain_minutes:,.1f}",
            )
        )
    return _table(
        [
            "events/s",
            "events that wait at its end",
            "retries, at most",
            "USD",
            "minutes to drain, after at most five of delay",
        ],
        rows,
    )


def standing(stack: Stack) -> str:
    """USD a month for an idle stack."""
    costs = capacity.standing_costs(stack)
    rows = [[item, _money(amount)] for item, amount in costs.items()]
    rows.append(["**sum**", f"**{_money(sum(costs.values()))}**"])
    rows.append(
        [
            f"custom metrics, if all {stack.metrics} series are in use (ten of an account are free)",
            _money(stack.metrics * capacity.PRICES["metric"]),
        ]
    )
    return _table(["item", "USD a month"], rows)


def visits(stack: Stack) -> str:
    """USD for a million visits, and for a million purchases, a month."""
    million = capacity.MILLION
    left, bought = capacity.visit_costs(million, 0, stack), capacity.visit_costs(0, million, stack)
    rows = [[item.removeprefix("visits, "), _money(left[item]), _money(bought[item])] for item in left]
    rows.append(["**sum**", *(f"**{_money(sum(costs.values()))}**" for costs in (left, bought))])
    return _table(["USD a month", "a million visits", "a million purchases"], rows)


def floods(stack: Stack) -> str:
    """USD a day of a flood."""
    found = capacity.floods(stack)
    rows = [[flood.routes, f"{flood.requests:,.0f}", _money(flood.cost)] for flood in found]
    rows.append(["**all at once**", "", f"**{_money(sum(flood.cost for flood in found))}**"])
    return _table(["flood of", "requests/s, at the default throttles", "USD a day, at most"], rows)


def max_backlog(stack: Stack) -> int:
    """Waiting events that are delivered within the longest delay after a fix, to the nearest thousand.

    With more, the runs on the retry queue are the limit.
    """
    return 1000 * round(capacity.retry_capacity(stack) * MAX_DELAY / 1000)


def worst_day(stack: Stack) -> str:
    """What an outage costs a day, at most."""
    return (
        f"The retry queue's event source runs {capacity.RETRY_CONCURRENCY} at a time, which is "
        f"{capacity.retry_capacity(stack):,.0f} retries a second at most, or "
        f"**{_money(capacity.worst_outage_day(stack))} USD a day** however many events wait. "
        f"1,000,000 waiting events take {1_000_000 / capacity.retry_capacity(stack) / 60:.0f} minutes once "
        f"TikTok takes them again, and {max_backlog(stack):,} the {MAX_DELAY // 60} minutes "
        "of the longest delay.\n"
    )


def readme_costs(stack: Stack) -> str:
    """The README's figures."""
    single, many = (capacity.monthly_costs(Load(100, number), stack) for number in (1, 100))
    millions = 100 * capacity.SECONDS_A_MONTH / capacity.MILLION
    idle = sum(capacity.standing_costs(stack).values())

    def each(costs: dict[str, float], *items: str) -> str:
        return _money(sum(costs[item] for item in items) / millions)

    paid = [item for item in single if item != "custom metrics"]
    return (
        "By list prices of us-east-1 (arithmetic, nothing was billed), at 100 events a second:\n\n"
        + _table(
            ["USD per million events", "one a request", "100 a request"],
            [
                ["HTTP API", each(single, "HTTP API"), each(many, "HTTP API")],
                ["SQS", each(single, "SQS"), each(many, "SQS")],
                [
                    "Lambda",
                    each(single, "Lambda, ingest", "Lambda, dispatch"),
                    each(many, "Lambda, ingest", "Lambda, dispatch"),
                ],
                [
                    "logs, transfer",
                    each(single, "logs", "transfer to TikTok"),
                    each(many, "logs", "transfer to TikTok"),
                ],
                ["**sum**", f"**{each(single, *paid)}**", f"**{each(many, *paid)}**"],
            ],
        )
        + f"\nAn idle stack costs {_money(idle)} a month (alarms, secrets, polling), and its custom\n"
        + f"metrics at most {_money(stack.metrics * capacity.PRICES['metric'])} more. "
        + "[docs/capacity.md](docs/capacity.md) has the rest:\nother rates, which limit binds first, an "
        + "outage of an hour, a flood.\n"
    )


TEXTS: Final[dict[str, Callable[[Stack], str]]] = {
    "prices": prices,
    "binding": binding,
    "outages": outages,
    "standing": standing,
    "visits": visits,
    "floods": floods,
    "worst-day": worst_day,
    "costs": readme_costs,
}
"""Name of a marker → what stands there."""


def filled(page: str, stack: Stack) -> str:
    """`page` with what stands between its markers written again; markers of other tools are left alone."""
    return generated_blocks.fill(page, {name: partial(text, stack) for name, text in TEXTS.items()})


def plot(stack: Stack) -> None:
    """Draw the plots beside the page."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same file for the same figures.
    mpl.rcParams["svg.hashsalt"] = "relay"
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3.6))
    numbers = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
    for rate in RATES:
        month = rate * capacity.SECONDS_A_MONTH / capacity.MILLION
        costs = [capacity.monthly_costs(Load(rate, number), stack) for number in numbers]
        per_million = [(sum(cost.values()) - cost["custom metrics"]) / month for cost in costs]
        axes.plot(numbers, per_million, marker="o", label=f"{rate:,} events/s")
    axes.set(xscale="log", xlabel="events in a request", ylabel="USD per million events", ylim=(0, None))
    _save(figure, axes, "capacity-price.svg")

    figure, axes = plt.subplots(figsize=(7, 3.6))
    for rate in RATES:
        found = capacity.outage(Load(rate), stack)
        minutes: list[Any] = [0, 60, 60 + found.drain_minutes]
        axes.plot(minutes, [1, max(found.waiting, 1), 1], label=f"{rate:,} events/s")
    axes.set(yscale="log", xlabel="minutes from the begin of the outage", ylabel="events that wait")
    _save(figure, axes, "capacity-outage.svg")


def _save(figure: Any, axes: Any, name: str) -> None:
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(PAGE.with_name(name), metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    default_stack = read_stack()
    for path in (PAGE, README):
        path.write_text(filled(path.read_text(encoding="utf-8"), default_stack), encoding="utf-8")
    if "--texts" not in sys.argv:
        plot(default_stack)
