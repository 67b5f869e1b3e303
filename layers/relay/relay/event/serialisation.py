"""Serialisation: the JSON text of an item, in ASCII, as it lies on the queue and goes to TikTok."""

import json
from typing import Any, Literal

from pydantic_core import PydanticSerializationError, to_json

Code = Literal["number_out_of_range", "unreadable_text", "too_deep"]


class SerialisationError(ValueError):
    """A value that JSON has no form for. `code` is that of the finding."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code: Code = code


def serialise(value: Any) -> str:
    """Serialise `value` to JSON in ASCII: SQS rejects some of the characters that JSON may contain.

    Raises SerialisationError for a number that is not finite, a lone surrogate, and nesting of hundreds of
    levels.
    """
    try:
        raw = to_json(value)
        # Escaping costs as much again as all the rest, and most items are ASCII already.
        text = (raw if raw.isascii() else to_json(value, ensure_ascii=True)).decode("ascii")
    except (PydanticSerializationError, ValueError, RecursionError):
        raise SerialisationError(_explain_failure(value)) from None
    if ("NaN" in text or "Infinity" in text) and (code := _find_problem(value)) is not None:
        raise SerialisationError(code)
    return text


def _explain_failure(value: Any) -> Code:
    return _find_problem(value) or "too_deep"


def _find_problem(value: Any) -> Code | None:
    """What the standard library finds wrong, which names it precisely."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return "unreadable_text"
    except RecursionError:
        return "too_deep"
    except ValueError:
        return "number_out_of_range"
    return None
