"""One test over all rows of a table: each row runs, and each that fails is named."""

import inspect
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.rows import every_row

MAX_TESTS_OF_ONE_TABLE = 30
"""With fixtures of its own for each row, such a table takes a tenth of a second."""


def failure_of(test: Callable[..., None], **fixtures: object) -> BaseException:
    with pytest.raises((Exception, pytest.fail.Exception, BaseExceptionGroup)) as caught:
        test(**fixtures)
    return caught.value


def test_every_row_runs_though_one_fails_and_the_failure_names_it() -> None:
    ran: list[tuple[str, int]] = []

    @every_row("text, length", [("a", 1), ("b", 7), ("cc", 2)])
    def test(text: str, length: int) -> None:
        ran.append((text, length))
        assert len(text) == length

    failure = failure_of(test)
    assert ran == [("a", 1), ("b", 7), ("cc", 2)]
    assert isinstance(failure, AssertionError)
    assert failure.__notes__ == ["text='b', length=7"]


def test_several_failing_rows_are_named_together() -> None:
    @every_row("number", [1, 2, 3])
    def test(number: int) -> None:
        if number == 2:
            pytest.fail("no Exception, but the test fails all the same")
        assert number == 1

    failure = failure_of(test)
    assert isinstance(failure, BaseExceptionGroup)
    assert failure.message == "2 of 3 rows fail: number=2; number=3"
    assert [type(one) for one in failure.exceptions] == [pytest.fail.Exception, AssertionError]


def test_tables_are_multiplied_and_fixtures_are_handed_on() -> None:
    ran: list[tuple[str, int, str]] = []

    @every_row("letter", "ab")
    @every_row("number", [1, 2])
    def test(letter: str, number: int, fixture: str) -> None:
        ran.append((letter, number, fixture))
        assert (letter, number) != ("b", 1)

    assert list(inspect.signature(test).parameters) == ["fixture"]
    assert failure_of(test, fixture="made once").__notes__ == ["letter='b', number=1"]
    assert ran == [(letter, number, "made once") for letter in "ab" for number in (1, 2)]


def test_long_value_is_cut_in_the_message() -> None:
    @every_row("text", ["x" * 10_000])
    def test(text: str) -> None:
        assert not text

    assert len(failure_of(test).__notes__[0]) < 150


@pytest.mark.parametrize(("names", "rows"), [("a", []), ("a, b", [(1, 2, 3)]), ("a, b", [(1,)])])
def test_table_that_holds_nothing_or_does_not_fit_is_an_error(names: str, rows: list[object]) -> None:
    with pytest.raises(ValueError, match=r"no row|zip"):
        every_row(names, rows)


def test_no_long_table_is_a_test_for_each_row(request: pytest.FixtureRequest) -> None:
    fast = [
        item.nodeid.partition("[")[0]
        for item in request.session.items
        if item.nodeid.startswith("tests/unit/") and item.get_closest_marker("slow") is None
    ]
    assert [test for test, rows in Counter(fast).items() if rows > MAX_TESTS_OF_ONE_TABLE] == []
