"""Output: data on standard output, everything else on standard error, and nothing that a terminal would obey.

What is shown may come from a stranger's event: every text goes through `visible`, and tables hold `Text`,
which has no markup.
"""

import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from relay.characters import CONTROL_RANGES, escape_code_point

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

WIDTH: Final[int] = 150
"""Columns of a table where the output is no terminal, so that a log shows the table whole."""

_ESCAPED: Final[dict[int, str]] = {
    code: escape_code_point(code)
    # The surrogates have no UTF-8 form.
    for first, last in (*CONTROL_RANGES, (0xD800, 0xDFFF))
    for code in range(first, last + 1)
}


def visible(value: object) -> str:
    """The text of a value with every control character escaped, on one line."""
    return str(value).translate(_ESCAPED)


def cell(value: object, style: str = "") -> "Text":
    """A table cell: the value as it is, without markup."""
    from rich.text import Text

    return Text(visible(value), style=style)


def table(*headings: str, title: str = "", header: bool = True) -> "Table":
    """An empty table whose cells wrap."""
    from rich.table import Table

    made = Table(title=cell(title) if title else None, show_header=header)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    return made


def add_row(to: "Table", *values: object) -> None:
    """Adds a row of values; a `Text` keeps its style."""
    from rich.text import Text

    to.add_row(*(value if isinstance(value, Text) else cell(value) for value in values))


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # NO_COLOR (no-color.org) is rich's own business.
    return Console(stderr=stderr, width=None if stream.isatty() else WIDTH, markup=False, highlight=False)


def show(renderable: "RenderableType") -> None:
    """Prints a table or a `Text` on standard output."""
    _console(stderr=False).print(renderable)


def progress_console() -> "Console":
    """Standard error, for progress bars."""
    return _console(stderr=True)


def line(text: str) -> None:
    """Prints one line of data on standard output."""
    sys.stdout.write(f"{visible(text)}\n")


def lines(texts: Iterable[str]) -> None:
    """Prints lines on standard output."""
    for text in texts:
        line(text)


def as_json(value: object, *, indent: int | None = 2) -> str:
    """JSON text in ASCII, so that no character of it is one that a terminal obeys."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def data(value: object) -> None:
    """Prints one JSON document on standard output."""
    sys.stdout.write(f"{as_json(value)}\n")


def data_line(value: object) -> None:
    """Prints one line of NDJSON on standard output, at once."""
    sys.stdout.write(f"{as_json(value, indent=None)}\n")
    sys.stdout.flush()


def note(text: str, *, quiet: bool = False) -> None:
    """Prints a remark for people on standard error."""
    if not quiet:
        sys.stderr.write(f"{visible(text)}\n")


def error(message: str, *, code: str, exit_code: int, json_errors: bool, hint: str = "") -> None:
    """Prints an error on standard error: a line, or a JSON object."""
    if json_errors:
        body: dict[str, Any] = {"error": message, "code": code, "exit_code": exit_code}
        sys.stderr.write(as_json(body | ({"hint": hint} if hint else {}), indent=None) + "\n")
        return
    sys.stderr.write(f"error: {visible(message)}\n")
    if hint:
        sys.stderr.write(f"hint: {visible(hint)}\n")


def is_write_error(error: BaseException) -> TypeGuard[OSError]:
    """Whether standard output could not take what was written."""
    # A file that can't be opened or written has a name.
    full = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE)
    return isinstance(error, OSError) and error.filename is None and error.errno in full


def discard() -> None:
    """Point standard output to nowhere, so that the interpreter's own flush at its end does not fail."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def interactive() -> bool:
    """Whether a person can be asked: standard input is a terminal."""
    return sys.stdin.isatty()


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 event, 2 events."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def joined(values: Sequence[object]) -> str:
    """Values as a list in a sentence: a, b and c."""
    texts = [str(value) for value in values]
    return texts[0] if len(texts) == 1 else ", ".join(texts[:-1]) + f" and {texts[-1]}" if texts else ""
