"""One test over all rows of a table: `every_row`, for tables that are long and tests that are short."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pytest

Test = Callable[..., None]
Row = dict[str, Any]

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 120
_SHORT.maxdict = _SHORT.maxlist = _SHORT.maxtuple = 8
"""A row in the message of a failure: enough of each value to find it in the table."""


def every_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for every row, as one test: the arguments are those of `pytest.mark.parametrize`.

    pytest and its workers spend two milliseconds on each test of their own, many times what such a row
    needs. Every row runs, whichever fails, and the failure names each row that failed, with its own
    traceback. Several tables on one test are multiplied. Fixtures are made once for all rows: only for tests
    that leave nothing behind.

    Raises:
        ValueError: there is no row.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [dict(zip(columns, row if len(columns) > 1 else (row,), strict=True)) for row in rows]
    if not table:
        raise ValueError(f"no row for {', '.join(columns)}")

    def decorate(test: Test) -> Test:
        single: Test = vars(test).get("single_row", test)
        inner: list[Row] = vars(test).get("rows", [{}])
        every = [row | more for row in table for more in inner]

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failures = [found for row in every if (found := _failure(single, row, fixtures)) is not None]
            if len(failures) == 1:
                raise failures[0]
            if failures:
                failed = "; ".join(failure.__notes__[-1] for failure in failures)
                raise BaseExceptionGroup(f"{len(failures)} of {len(every)} rows fail: {failed}", failures)

        vars(run).update(single_row=single, rows=every)
        signature = inspect.signature(test)
        fixtures = [kept for name, kept in signature.parameters.items() if name not in columns]
        vars(run)["__signature__"] = signature.replace(parameters=fixtures)
        return run

    return decorate


def _failure(test: Test, row: Row, fixtures: Row) -> BaseException | None:
    try:
        test(**row, **fixtures)
    except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - whatever a test fails with
        failure.add_note(", ".join(f"{name}={_SHORT.repr(value)}" for name, value in row.items()))
        return failure
    return None
