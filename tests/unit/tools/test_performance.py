"""The performance page and the README's lines hold what the published results hold, and nothing else."""

import re
import statistics

import pytest

from benchmarks.budgets import BUDGETS
from tools.performance import GROUPS, PAGE, PLOT, PLOTS, README, TEXTS, filled, read_results

RESULTS = read_results()
FIGURES = {name: figure for found in RESULTS.values() for name, figure in found["figures"].items()}


@pytest.mark.parametrize("path", [PAGE, README], ids=lambda path: path.name)
def test_the_page_is_what_the_results_make(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert filled(text, RESULTS) == text, "run `make performance`"


def test_every_text_stands_in_one_of_the_pages() -> None:
    both = PAGE.read_text(encoding="utf-8") + README.read_text(encoding="utf-8")
    for name in TEXTS:
        assert both.count(f"<!-- made: {name} -->") == 1, name
    assert f"]({PLOT.name})" in both
    assert PLOT.stat().st_size > 0


def test_the_page_says_no_figure_outside_its_generated_parts() -> None:
    text = PAGE.read_text(encoding="utf-8")
    by_hand = re.sub(r"<!-- made: [\w-]+ -->.*?<!-- end -->", "", text, flags=re.DOTALL)
    assert not re.findall(r"\d[\d.,]*\s?(?:µs|ms|s|MB|KB|×|%|times|records)\b", by_hand)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_what_its_runs_say(name: str) -> None:
    figure = FIGURES[name]
    assert figure["median"] == statistics.median(figure["runs"])
    assert (figure["lowest"], figure["highest"]) == (min(figure["runs"]), max(figure["runs"]))
    assert name.partition(".")[0] in GROUPS, "the page has no such group"


def test_every_budget_was_checked_and_is_reported_as_it_is() -> None:
    checked = {budget["figure"]: budget for found in RESULTS.values() for budget in found["budgets"]}
    assert set(checked) == {budget.figure for budget in BUDGETS}
    for budget in BUDGETS:
        published = checked[budget.figure]
        assert (published["bound"], published["limit"]) == (budget.bound, budget.limit)
        assert published["kept"] == budget.holds(FIGURES[budget.figure]["median"]), budget.figure


def test_the_plot_shows_figures_that_exist() -> None:
    assert {name for _, _, names in PLOTS for name in names} <= set(FIGURES)
