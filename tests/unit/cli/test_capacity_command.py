"""`relay capacity`: the numbers of the capacity page for one's own rates."""

import json

import pytest

from relay_cli import capacity
from relay_cli.capacity import Load, Stack
from relay_cli.main import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["capacity", "--json", *words]) == 0
    printed: dict[str, object] = json.loads(capsys.readouterr().out)
    return printed


def test_numbers_are_those_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "--rate", "100", "--per-request", "10")
    costs = capacity.monthly_costs(Load(100, 10), Stack())
    assert printed["monthly_costs_usd"] == {name: round(amount, 2) for name, amount in costs.items()}
    assert printed["fits"] is True


def test_rate_beyond_a_limit_does_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "--rate", "100000")
    assert printed["fits"] is False


def test_table_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "--rate", "10"]) == 0
    out = capsys.readouterr().out
    assert "DispatchConcurrency" in out
    assert "USD a month" in out


@pytest.mark.parametrize("words", [[], ["--rate", "0"], ["--rate", "1", "--per-request", "1001"]])
def test_impossible_rate_is_a_usage_error(words: list[str]) -> None:
    assert main(["capacity", *words]) == 2
