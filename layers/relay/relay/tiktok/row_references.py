"""Row references: the rows of a request that TikTok's words name. A hint: the caller verifies it."""

import re
from collections.abc import Sequence
from typing import Final

MAX_ROW: Final[int] = 9999
"""Larger numbers name no row: a request has at most 1,000."""

_NAMED: Final[re.Pattern[str]] = re.compile(
    # `Batch.0.properties.contents.0.content_id: Not a valid string` is on public record (rudder-transformer,
    # tiktok_ads); the others are what integrations are prepared for.
    r"\b(?:batch\.|data\.|data\[|(?:index|row)[ :=#]{1,3})(\d{1,4})(?!\d)",
    re.IGNORECASE,
)


def parse_message(message: str) -> tuple[int, ...]:
    """The rows that a message names, counted from 0, in its order and each once."""
    return tuple(dict.fromkeys(int(number) for number in _NAMED.findall(message)))


def parse_failed_events(failed: Sequence[object]) -> tuple[int, ...]:
    """The rows that a list of failed events names, by `index` or in words."""
    rows: list[int] = []
    for event in failed:
        if not isinstance(event, dict):
            continue
        index = event.get("index")
        if type(index) is int:
            rows += [index] if 0 <= index <= MAX_ROW else []
        else:
            rows += parse_message(str(event.get("message") or ""))
    return tuple(dict.fromkeys(rows))
