"""JSON that pydantic's parser rejects: parse what can be parsed, or say what is wrong with it.

One event of a thousand may have half of a surrogate pair, a number of thousands of digits, or hundreds of
levels; a byte order mark may stand before them all.
"""

import json
import re
from typing import Final, NoReturn

from relay.request_error import RequestError

_MAX_DIGITS: Final[int] = 1000
"""Of a whole number. A float, in which larger ones are kept, ends at 309."""

_MAX_PARSED_DEPTH: Final[int] = 150
"""Levels that the parsers read without an error (pydantic_core stops at 200)."""


def parse_exactly(body: bytes) -> object:
    """Parse a body. What is nested deeper than parsers read becomes null. Raises RequestError (400)."""
    if not body.strip():
        raise RequestError(400, "body_empty", "The body is empty; expected a JSON object.")
    try:
        text = body.decode().removeprefix("\ufeff")
        return _DECODER.decode(_cut_deep_values(text))
    except RequestError:
        raise
    except UnicodeDecodeError as error:
        raise RequestError(400, "body_not_utf8", f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        problem = error.msg.removesuffix(" starting at")
        place = f"line {error.lineno}, column {error.colno}"
        raise RequestError(400, "body_not_json", f"The body is not JSON: {problem} at {place}.") from None


_TOKEN: Final[re.Pattern[str]] = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A string, or a bracket. A string that is not closed ends with the text: left unmatched, it would be read
again from each escaped quote in it."""


def _cut_deep_values(text: str) -> str:
    """Replace what is nested deeper than a parser reads by null; its event is still too deep.

    In this way one deep event is rejected alone, and not the whole request.
    """
    kept: list[str] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("{", "["):
            depth += 1
            if depth == _MAX_PARSED_DEPTH + 1:
                kept.append(text[start : token.start()] + "null")
        elif token[0] in ("}", "]"):
            if depth == _MAX_PARSED_DEPTH + 1:
                start = token.end()
            depth -= 1
    if depth > _MAX_PARSED_DEPTH:
        raise RequestError(400, "body_too_deep", "The body is nested too deep, and not closed.")
    return "".join(kept) + text[start:] if kept else text


def _reject_constant(name: str) -> NoReturn:
    raise RequestError(400, "body_not_json", f"The body has {name}, which is not JSON.")


def _parse_whole(digits: str) -> float:
    # Python converts 4,300 digits at most. Larger is out of range for every field, so its event is rejected.
    return int(digits) if len(digits) <= _MAX_DIGITS else float(digits)


_DECODER: Final[json.JSONDecoder] = json.JSONDecoder(parse_int=_parse_whole, parse_constant=_reject_constant)
