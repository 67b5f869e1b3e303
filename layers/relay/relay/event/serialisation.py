"""Writing: the JSON text of an item, in ASCII, as it will lie on the queue and go to TikTok."""

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_json


class WritingError(ValueError):
    """A value that JSON has no form for: not a finite number."""


def written(value: Any) -> str:
    """`value` as JSON, ASCII only: SQS refuses some of the characters that JSON may hold, and escaped they
    are none.

    Raises WritingError for a number that is not finite, UnicodeEncodeError for half of a surrogate pair.
    """
    try:
        raw = to_json(value)
        # Escaping costs as much again as all the rest, and most items are ASCII as they are.
        text = (raw if raw.isascii() else to_json(value, ensure_ascii=True)).decode("ascii")
    except PydanticSerializationError:
        # What it can't say: half a surrogate pair, which the standard library names precisely.
        json.dumps(value, ensure_ascii=False).encode()
        raise
    if "NaN" in text or "Infinity" in text:
        try:
            json.dumps(value, allow_nan=False)
        except ValueError:
            raise WritingError("not a finite number") from None
    return text
