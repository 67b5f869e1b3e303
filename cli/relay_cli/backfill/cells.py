"""Cells of a CSV file that a spreadsheet would take for a formula, such as the name of a customer who wrote
one (CWE-1236).

Spreadsheets take a cell with an apostrophe in front for text. Exports of shops have some already.
"""

import re
from typing import Any, Final

_FORMULA: Final[re.Pattern[str]] = re.compile(r"[=+@\t\r]|-(?![\d.,]+$)")
"""How a formula starts; a negative number is none."""


def protect(value: Any) -> Any:
    """A value as it may stand in a cell.

    >>> protect("=1+1"), protect("-5.00"), protect("'+4930901820")
    ("'=1+1", '-5.00', "'+4930901820")
    """
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def unprotect(value: Any) -> Any:
    """What `protect` was given.

    >>> unprotect("'=1+1"), unprotect("'10115")
    ('=1+1', "'10115")
    """
    is_protected = isinstance(value, str) and value.startswith("'") and _FORMULA.match(value, 1)
    return value[1:] if is_protected else value
