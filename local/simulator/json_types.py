"""What JSON can hold, as a type."""

from __future__ import annotations

import json
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class UnreadableJsonError(ValueError):
    """The bytes are not one JSON document in UTF-8."""


def read_json(body: bytes) -> Json:
    """Parse a request body as RFC 8259 has it: UTF-8, no NaN or infinity, no lone surrogate.

    Raises:
        UnreadableJsonError: with a sentence that holds nothing of the body.
    """
    try:
        document: Json = json.loads(body.decode("utf-8"), parse_constant=_reject_constant)
        if b"\\ud" in body or b"\\uD" in body:
            # Only an escape can smuggle a surrogate in, so only then is it worth the cost of writing it all
            # out again.
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise UnreadableJsonError("Request body is not valid JSON") from error
    return document


def _reject_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
