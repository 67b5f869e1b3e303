"""Row names: which rows of a request TikTok's words point at. A hint, no proof: who uses it verifies it."""

import re
from collections.abc import Sequence
from typing import Final

_NAMED: Final[re.Pattern[str]] = re.compile(
    # `Batch.0.properties.contents.0.content_id: Not a valid string` is on public record (rudder-transformer,
    # tiktok_ads); the others are what integrations are prepared for.
    r"\b(?:batch\.|data\.|data\[|(?:index|row)[ :=#]{1,3})(\d{1,4})(?!\d)",
    re.IGNORECASE,
)


def named(message: str) -> tuple[int, ...]:
    """The rows that a message names, counted from 0, in its order and each once."""
    return tuple(dict.fromkeys(int(number) for number in _NAMED.findall(message)))


def listed(failed: Sequence[object]) -> tuple[int, ...]:
    """The rows that a list of failed events names, by `index` or in words."""
    rows: list[int] = []
    for each in failed:
        if not isinstance(each, dict):
            continue
        index = each.get("index")
        if isinstance(index, int) and not isinstance(index, bool):
            rows.append(index)
        else:
            rows += named(str(each.get("message") or ""))
    return tuple(dict.fromkeys(rows))
