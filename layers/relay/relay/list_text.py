"""Lists and objects that are not given as JSON gives them: in a text of JSON, of Python or of PHP, or as an
object whose keys are indexes.
"""

import ast
import json
from typing import Any, Final, TypeGuard

from relay.json_limits import find_excess
from relay.lazy_patterns import lazy_pattern

_MAX_LIST_TEXT: Final[int] = 100_000
"""Characters of a list in text; the longest cart has some ten thousand."""

_LIST_TEXT: Final = lazy_pattern(
    r"\s*+(?:[\[{]|\(\s*+['\"]|\([0-9, ]++\)\s*+$|[aO]:[0-9]+:|(?i:array)\s*+(?:\(|$))"
)
"""How a list or object in text starts: JSON, Python, and PHP's `serialize` and `print_r`. PHP's text of any
list is `Array`."""

_MAX_PYTHON_TEXT: Final[int] = 20_000
"""Characters of a list that Python printed: parsing takes 3 µs for each, ten times as long as JSON."""

_PYTHON_TEXT: Final[str] = (
    r"""(?:'(?:[^'\\]|\\['"\\tnrxuU])*+'|"(?:[^"\\]|\\['"\\tnrxuU])*+")(?=\s*+[,:\])}])"""
)
_PYTHON_NUMBER: Final[str] = r"-?[0-9]++(?:\.[0-9]++)?(?:e[+-]?[0-9]++)?"
_PYTHON_LITERAL: Final = lazy_pattern(
    rf"(?:[\s\[\](){{}},:]|{_PYTHON_TEXT}|{_PYTHON_NUMBER}|True|False|None)*+"
)
"""The characters of a literal as Python prints it."""


def is_list_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that starts as a list or an object does, of whatever language."""
    return isinstance(value, str) and _LIST_TEXT().match(value) is not None


def parse_list(text: str) -> list[Any] | None:
    """The list in a text, in JSON or as Python prints it; of an object, a list with it, or its entries if its
    keys are indexes. None if it can't be read, or exceeds the limits of `relay.json_limits`.

    >>> parse_list('["SKU-1"]'), parse_list("('SKU-1', 'SKU-2')"), parse_list('{"content_id": "SKU-1"}')
    (['SKU-1'], ['SKU-1', 'SKU-2'], [{'content_id': 'SKU-1'}])
    """
    if len(text) > _MAX_LIST_TEXT:
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        parsed = _parse_python(text.strip())
    if find_excess(parsed) is not None:
        return None
    if isinstance(parsed, dict):
        return entries_by_index(parsed) or [parsed]
    return parsed if isinstance(parsed, list) else None


def parse_entries(entries: list[Any]) -> list[list[Any] | None]:
    """For each entry of a list: the list or object in its text; None if it is anything else."""
    return [parse_list(entry) if is_list_text(entry) else None for entry in entries]


def _parse_python(text: str) -> object:
    """The literal that Python printed, of JSON's types; None if it is anything else."""
    # Nothing but literals: no operators, which nest without brackets, and no two texts side by side, which
    # Python joins and NumPy prints for a list.
    if len(text) > _MAX_PYTHON_TEXT or not _PYTHON_LITERAL().fullmatch(text):
        return None
    try:
        parsed = ast.literal_eval(text)
        if isinstance(parsed, set):
            parsed = sorted(parsed, key=repr)
        return json.loads(json.dumps(parsed))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def entries_by_index(value: dict[str, Any]) -> list[Any]:
    """The entries of an object whose keys are indexes: PHP's `json_encode` of a list with gaps. Empty for any
    other object.

    >>> entries_by_index({"0": "a", "2": "b"}), entries_by_index({"id": "a"})
    (['a', 'b'], [])
    """
    return list(value.values()) if all(key.isascii() and key.isdigit() for key in value) else []
