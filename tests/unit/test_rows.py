"""One test over all rows of a table: each row runs, and each that fails is named."""

import inspect
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.rows import every_row

MAX_TESTS_OF_ONE_TABLE = 30
"""With fixtures of its own for each row, such a table takes a tenth of a second."""


def failure_of(test: Callable[..., None], **fixtures: object) -> BaseException:
    try:
        test(**fixtures)
    except BaseException as failure:  # noqa: BLE001 - a skip and SystemExit are no Exception
        return failure
    raise AssertionError("the test passes")


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_every_row_runs_though_one_fails_and_the_failure_names_it() -> None:
    ran: list[tuple[str, int]] = []

    @every_row("text, length", [("a", 1), ("b", 7), ("cc", 2)])
    def test(text: str, length: int) -> None:
        ran.append((text, length))
        assert len(text) == length

    failure = failure_of(test)
    assert ran == [("a", 1), ("b", 7), ("cc", 2)]
    assert isinstance(failure, AssertionError)
    assert failure.__notes__ == ["row 2 of 3: text='b', length=7"]


def test_several_failing_rows_are_named_together() -> None:
    @every_row("number", [1, 2, 3])
    def test(number: int) -> None:
        if number == 2:
            pytest.fail("no Exception, but the test fails all the same")
        assert number == 1

    failure = failure_of(test)
    assert isinstance(failure, BaseExceptionGroup)
    assert failure.message == "2 of 3 rows fail: row 2: number=2; row 3: number=3"
    assert [type(one) for one in failure.exceptions] == [pytest.fail.Exception, AssertionError]


def test_tables_are_multiplied_and_fixtures_are_handed_on() -> None:
    ran: list[tuple[str, int, str]] = []

    @every_row("letter", "ab")
    @every_row("number", [1, 2])
    def test(letter: str, number: int, fixture: str) -> None:
        ran.append((letter, number, fixture))
        assert (letter, number) != ("b", 1)

    assert list(inspect.signature(test).parameters) == ["fixture"]
    assert failure_of(test, fixture="made once").__notes__ == ["row 3 of 4: letter='b', number=1"]
    assert ran == [(letter, number, "made once") for letter in "ab" for number in (1, 2)]


@pytest.mark.parametrize(
    "ended", [lambda: pytest.skip("no reason"), lambda: pytest.xfail("no reason"), sys.exit]
)
def test_row_that_ends_the_test_early_fails_and_hides_no_other(ended: Callable[[], None]) -> None:
    ran: list[int] = []

    @every_row("number", [1, 2, 3])
    def test(number: int) -> None:
        ran.append(number)
        if number == 2:
            ended()
        assert number != 3

    failure = failure_of(test)
    assert ran == [1, 2, 3]
    assert isinstance(failure, BaseExceptionGroup)
    assert failure.message == "2 of 3 rows fail: row 2: number=2; row 3: number=3"

    @every_row("number", [2])
    def alone(number: int) -> None:
        assert number == 2
        ended()

    failure = failure_of(alone)
    assert not isinstance(failure, (pytest.skip.Exception, pytest.xfail.Exception))


@pytest.mark.parametrize("ended", [KeyboardInterrupt(), pytest.exit.Exception("q")])
def test_run_that_is_interrupted_ends(ended: BaseException) -> None:
    ran: list[int] = []

    @every_row("number", [1, 2])
    def test(number: int) -> None:
        ran.append(number)
        raise ended

    with pytest.raises(type(ended)):
        test()
    assert ran == [1]


def test_one_exception_of_several_rows_names_each_of_them() -> None:
    raised = ValueError("made once")

    @every_row("number", [1, 2])
    def test(number: int) -> None:
        assert number
        raise raised

    failure = failure_of(test)
    assert isinstance(failure, BaseExceptionGroup)
    assert failure.message == "2 of 2 rows fail: row 1: number=1; row 2: number=2"


@pytest.mark.parametrize("value", ["x" * 10_000, 10**5_000, [[-(10**5_000)]], nested(5_000)], ids=type)
def test_value_of_any_length_and_depth_has_a_short_name(value: object) -> None:
    @every_row("value", [value])
    def test(value: object) -> None:
        assert not value

    assert len(failure_of(test).__notes__[0]) < 200


@pytest.mark.parametrize(("names", "rows"), [("a", []), ("a, b", [(1, 2, 3)]), ("a, b", [(1,)])])
def test_table_that_holds_nothing_or_does_not_fit_is_an_error(names: str, rows: list[object]) -> None:
    with pytest.raises(ValueError, match=r"no row|zip"):
        every_row(names, rows)


def test_row_with_marks_is_an_error() -> None:
    with pytest.raises(TypeError, match=r"pytest\.param"):
        every_row("a", [pytest.param(1, id="one", marks=pytest.mark.slow)])


def test_no_long_table_is_a_test_for_each_row(request: pytest.FixtureRequest) -> None:
    fast = [
        item.nodeid.partition("[")[0]
        for item in request.session.items
        if item.nodeid.startswith("tests/unit/") and item.get_closest_marker("slow") is None
    ]
    assert [test for test, rows in Counter(fast).items() if rows > MAX_TESTS_OF_ONE_TABLE] == []
