"""The capacity page and the README's figures come from the arithmetic, and the arithmetic holds together."""

import math
import re

import pytest

from ingest import observability
from relay_cli import capacity
from relay_cli.capacity import Load, Stack
from tests.support.template import properties
from tools import retry_simulation
from tools.capacity import PAGE, README, TEXTS, filled, max_backlog, read_stack

STACK = read_stack()


@pytest.mark.parametrize("path", [PAGE, README], ids=lambda path: path.name)
def test_the_page_is_what_the_arithmetic_makes(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert filled(text, STACK) == text, "run `make capacity`"


def test_every_text_stands_in_one_of_the_pages() -> None:
    both = PAGE.read_text(encoding="utf-8") + README.read_text(encoding="utf-8")
    for name in TEXTS:
        assert both.count(f"<!-- made: {name} -->") == 1, name
    for plot in re.findall(r"\]\((capacity-\w+\.svg)\)", both):
        assert (PAGE.parent / plot).stat().st_size > 0


def test_the_command_line_assumes_the_templates_defaults() -> None:
    # `relay capacity` is installed without the template's defaults at hand.
    default = Stack()
    for name in (
        "batch_size",
        "batch_window",
        "dispatch_concurrency",
        "ingest_memory",
        "dispatch_memory",
        "api_rate",
        "metrics",
        "alarm_metrics",
        "secrets",
    ):
        assert getattr(default, name) == getattr(STACK, name), name


@pytest.mark.parametrize("rate", [1, 100, 10_000])
def test_more_events_in_a_request_never_cost_more(rate: int) -> None:
    sums = [sum(capacity.monthly_costs(Load(rate, number), STACK).values()) for number in (1, 10, 100, 1000)]
    assert sums == sorted(sums, reverse=True)


def test_at_ten_thousand_single_requests_the_throttle_binds_first() -> None:
    first = capacity.limits(Load(10_000), STACK)[0]
    assert "throttle" in first.name
    assert first.used == 10_000 / STACK.api_rate


def test_an_outage_costs_no_more_than_the_retry_queue_allows() -> None:
    small, large = (capacity.outage(Load(rate), STACK) for rate in (100, 1_000_000))
    assert small.cost < large.cost
    assert math.isclose(large.cost * 24, capacity.worst_outage_day(STACK))
    assert capacity.worst_outage_day(STACK) < 100  # "some tens of dollars a day at the very worst"


def test_every_page_has_the_same_rate_of_the_retry_queue() -> None:
    rate = capacity.retry_capacity(STACK)
    assert math.isclose(retry_simulation.RUN_RATE * retry_simulation.RETRY_RUNS, rate)
    for name in ("capacity.md", "operate.md", "decisions/retry-by-delayed-message.md"):
        text = (PAGE.parent / name).read_text(encoding="utf-8").replace("\n", " ")
        assert f"{rate:,.0f} " in text, name
        assert f"{max_backlog(STACK):,} " in text, name


def test_the_retry_queue_has_the_templates_concurrency() -> None:
    source = properties("DispatchFunction")["Events"]["Retries"]["Properties"]
    assert source["ScalingConfig"]["MaximumConcurrency"] == capacity.RETRY_CONCURRENCY


def test_a_flood_is_bounded_by_the_throttles() -> None:
    doubled = Stack(api_rate=2 * STACK.api_rate)
    before, after = (capacity.floods(stack)[0] for stack in (STACK, doubled))
    assert math.isclose(after.cost, 2 * before.cost)
    # Preflights have a throttle of their own.
    assert before.requests == 2 * STACK.api_rate


def test_visits_cost_nothing_where_there_are_none_and_grow_with_their_number() -> None:
    assert capacity.visit_costs(0, 0, STACK) == {}
    assert not any("DynamoDB" in item for item in capacity.monthly_costs(Load(100), STACK))
    once, twice = (sum(capacity.visit_costs(number, number, STACK).values()) for number in (1e6, 2e6))
    assert math.isclose(twice, 2 * once)
    load = Load(100, visits=10, purchases=1)
    more = sum(capacity.monthly_costs(load, STACK).values()) - sum(
        capacity.monthly_costs(Load(100), STACK).values()
    )
    month = capacity.SECONDS_A_MONTH
    assert math.isclose(more, sum(capacity.visit_costs(10 * month, month, STACK).values()))


def test_the_page_counts_as_many_described_events_as_ingest_describes() -> None:
    assert capacity.MAX_ENTRIES == observability.MAX_ENTRIES


def test_a_write_of_a_visit_is_two_units_and_a_purchase_four() -> None:
    prices = capacity.PRICES
    visits = capacity.visit_costs(1e6, 0, STACK)["visits, DynamoDB requests"]
    assert math.isclose(visits, 2e6 * prices["dynamodb_write"])
    purchases = capacity.visit_costs(0, 1e6, STACK)["visits, DynamoDB requests"]
    assert math.isclose(purchases, 4e6 * prices["dynamodb_write"] + 7e6 * prices["dynamodb_read"])
