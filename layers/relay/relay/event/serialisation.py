"""Serialisation: the JSON text of an item, in ASCII, as it lies on the queue and goes to TikTok."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


class SerialisationError(ValueError):
    """A value that JSON has no form for: not a finite number."""


def serialise(value: Any) -> str:
    """Serialise `value` to JSON in ASCII: SQS rejects some of the characters that JSON may contain.

    Raises SerialisationError for a number that is not finite, UnicodeEncodeError for a lone surrogate.
    """
    try:
        raw = to_json(value)
        # Escaping costs as much again as all the rest, and most items are ASCII already.
        text = (raw if raw.isascii() else to_json(value, ensure_ascii=True)).decode("ascii")
    except PydanticSerializationError:
        # The standard library names a lone surrogate precisely.
        json.dumps(value, ensure_ascii=False).encode()
        raise
    if "NaN" in text or "Infinity" in text:
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise SerialisationError("not a finite number") from None
    return text
