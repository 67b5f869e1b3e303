"""Echoes: what TikTok's words repeat of the person that an event is about.

Dead-letter attributes are not encrypted at rest, so nothing of a person may stand in them. A service repeats
a value as it was, escaped for JSON, a URL or HTML, in another case, cut off, or in part.
"""

import json
import re
from collections.abc import Iterator
from typing import Final

from relay.lazy_patterns import lazy_pattern
from relay.personal_data.detection import decode_escapes
from relay.personal_data.redaction import redact_text

ELLIPSIS: Final[str] = "…"

_MIN_WHOLE: Final[int] = 4
"""Characters of a value that is recognised as a whole; shorter ones are words of a sentence."""
_MIN_PART: Final[int] = 8
"""Characters of a part of a value. Fewer are found in words that repeat nothing."""
_MAX_WORDS: Final[int] = 10_000
"""Characters of TikTok's words that are worth reading."""

_UNIT: Final = lazy_pattern(
    # One character, or the longest run of escapes.
    r"(?:%(?:25){0,8}[0-9a-fA-F]{2})++|\\{1,8}u[0-9a-fA-F]{4}|\\{1,8}x[0-9a-fA-F]{2}|\\{1,8}(?=[\"'/\\])"
    r"|&(?:amp;){0,8}\#?\w{1,8};|.",
    re.DOTALL,
)


def redact_echoes(words: str, item: str) -> str:
    """Replace by an ellipsis whatever `words` repeat of the person and page of an event.

    `item` is the event as it went out, as JSON text. E-mail addresses, phone numbers and credentials are
    removed as well, whether they are the event's or not.

    >>> redact_echoes("bad ip '9.9.9.10'", '{"user": {"ip": "9.9.9.10"}}')
    "bad ip '…'"
    """
    plain, spans = _spell_out(words[:_MAX_WORDS])
    covered = bytearray(len(plain))
    _cover(plain, [_fold(value) for value in _collect_values(item)], covered)
    kept: list[str] = []
    place = 0
    for start, end in _find_runs(covered):
        kept += (words[place : spans[start][0]], ELLIPSIS)
        place = spans[end - 1][1]
    kept.append(words[place:_MAX_WORDS])
    return redact_text("".join(kept)).text


def _cover(plain: str, values: list[str], covered: bytearray) -> None:
    """Mark every character of `plain` that belongs to a value or to a part of one."""
    short = {value for value in values if _MIN_WHOLE <= len(value) < _MIN_PART}
    parts = {
        value[start : start + _MIN_PART] for value in values for start in range(len(value) - _MIN_PART + 1)
    }
    for start in range(len(plain)):
        if plain[start : start + _MIN_PART] in parts:
            covered[start : start + _MIN_PART] = b"\1" * len(plain[start : start + _MIN_PART])
        elif short:
            for length in range(_MIN_WHOLE, min(_MIN_PART, len(plain) - start + 1)):
                if plain[start : start + length] in short and _stands_alone(plain, start, start + length):
                    covered[start : start + length] = b"\1" * length


def _stands_alone(plain: str, start: int, end: int) -> bool:
    return not (plain[start - 1 : start].isalnum() or plain[end : end + 1].isalnum())


def _find_runs(covered: bytearray) -> Iterator[tuple[int, int]]:
    end = 0
    while (start := covered.find(1, end)) >= 0:
        end = covered.find(0, start)
        end = len(covered) if end < 0 else end
        yield start, end


def _spell_out(words: str) -> tuple[str, list[tuple[int, int]]]:
    """`words` without escapes and in one case, and for each character where it stood."""
    characters: list[str] = []
    spans: list[tuple[int, int]] = []
    for unit in _UNIT().finditer(words):
        text = _fold(unit[0])
        characters.append(text)
        spans += [unit.span()] * len(text)
    return "".join(characters), spans


def _fold(text: str) -> str:
    decoded = decode_escapes(text) if len(text) > 1 or not text.isascii() else text
    return (text if decoded is None else decoded).replace("\\", "").casefold()


def _collect_values(item: str) -> Iterator[str]:
    try:
        event = json.loads(item)
    except (ValueError, RecursionError):
        return
    if isinstance(event, dict):
        waiting = [event.get(section) for section in ("user", "page", "lead")]
        while waiting:
            value = waiting.pop()
            if isinstance(value, str):
                yield value
            elif isinstance(value, (list, dict)):
                waiting += value.values() if isinstance(value, dict) else value
