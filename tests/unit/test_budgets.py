"""Budgets that hold on any machine, since they count: the same code as `make bench`, without its times."""

import pytest

from benchmarks import bisection, budgets, dispatch, samples
from benchmarks.budgets import BUDGETS, Budget
from benchmarks.figures import Figures


@pytest.mark.parametrize("records", [1, 3, 1000, 3000, 3001, pytest.param(10_000, marks=pytest.mark.slow)])
def test_records_go_out_in_the_fewest_requests(records: int) -> None:
    requests: list[int] = []
    dispatch.ours(samples.sqs_records(records), dispatch.without_network(requests))
    pixels = len(samples.PIXELS)
    each = [len(range(place, records, pixels)) for place in range(pixels)]
    assert len(requests) == sum(-(-rows // 1000) for rows in each)
    assert sum(requests) == records


def test_bad_rows_are_found_within_the_budget() -> None:
    figures = Figures()
    bisection.run(figures)
    budget = next(budget for budget in BUDGETS if budget.figure == "bisection.surplus")
    assert budget.holds(figures.by_name["bisection.surplus"].median)


@pytest.mark.parametrize(
    ("bound", "kept", "missed"), [("at most", 2.0, 2.01), ("at least", 2.0, 1.99), ("exactly", 2.0, 3.0)]
)
def test_a_budget_holds_up_to_its_limit_and_no_further(
    bound: budgets.Bound, kept: float, missed: float
) -> None:
    budget = Budget("figure", bound, 2.0)
    assert (budget.holds(kept), budget.holds(missed)) == (True, False)


def test_no_figure_has_two_budgets() -> None:
    names = [budget.figure for budget in BUDGETS]
    assert len(names) == len(set(names))
