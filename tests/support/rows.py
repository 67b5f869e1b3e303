"""One test over all rows of a table: `every_row`, for tables that are long and tests that are short."""

import functools
import inspect
import reprlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import pytest

Test = Callable[..., None]
Row = dict[str, Any]

_PARAM: Final = type(pytest.param())


class _ShortRepr(reprlib.Repr):
    """A row in the message of a failure: enough of each value to find it in the table."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 120
        self.maxdict = self.maxlist = self.maxtuple = 8

    def repr_int(self, x: int, level: int) -> str:
        """Write an integer; in hexadecimal where it has more digits than Python writes in decimal."""
        return super().repr_int(x, level) if x.bit_length() < 1_000 else self.repr_str(f"{x:#x}", level)


_SHORT: Final = _ShortRepr()


def every_row(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run a test for every row, as one test: the arguments are those of `pytest.mark.parametrize`.

    pytest and its workers spend two milliseconds on each test of their own, many times what such a row
    needs. Every row runs, whichever fails, and the failure names each row that failed, with its own
    traceback. Several tables on one test are multiplied. Fixtures are made once for all rows: only for tests
    that leave nothing behind. A row can't skip, nor be expected to fail: that would hide the others.

    Raises:
        ValueError: there is no row, or one does not have a value for each name.
        TypeError: a row is a `pytest.param`, whose id and marks would be lost.
    """
    columns = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [_make_row(columns, row) for row in rows]
    if not table:
        raise ValueError(f"no row for {', '.join(columns)}")

    def decorate(test: Test) -> Test:
        single: Test = vars(test).get("single_row", test)
        inner: list[Row] = vars(test).get("rows", [{}])
        every = [row | more for row in table for more in inner]

        @functools.wraps(test)
        def run(**fixtures: Any) -> None:
            failures: list[tuple[str, BaseException]] = []
            for number, row in enumerate(every, 1):
                if (failure := _find_failure(single, row, fixtures)) is not None:
                    values = ", ".join(f"{name}={_SHORT.repr(value)}" for name, value in row.items())
                    failure.add_note(f"row {number} of {len(every)}: {values}")
                    failures.append((f"row {number}: {values}", failure))
            if len(failures) == 1:
                raise failures[0][1]
            if failures:
                failed = "; ".join(name for name, _ in failures)
                message = f"{len(failures)} of {len(every)} rows fail: {failed}"
                raise BaseExceptionGroup(message, [failure for _, failure in failures])

        vars(run).update(single_row=single, rows=every)
        signature = inspect.signature(test)
        fixtures = [kept for name, kept in signature.parameters.items() if name not in columns]
        vars(run)["__signature__"] = signature.replace(parameters=fixtures)
        return run

    return decorate


def _make_row(columns: Sequence[str], row: Any) -> Row:
    if isinstance(row, _PARAM):
        raise TypeError("a row of every_row is no pytest.param: it has neither an id nor marks")
    return dict(zip(columns, row if len(columns) > 1 else (row,), strict=True))


def _find_failure(test: Test, row: Row, fixtures: Row) -> BaseException | None:
    try:
        test(**row, **fixtures)
    except (KeyboardInterrupt, pytest.exit.Exception):
        raise
    except (pytest.skip.Exception, pytest.xfail.Exception) as ended:
        return pytest.fail.Exception(f"a row of every_row can't skip or be expected to fail: {ended}")
    except BaseException as failure:  # noqa: BLE001 - whatever a test fails with, SystemExit too
        return failure
    return None
