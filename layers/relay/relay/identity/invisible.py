"""Invisible characters: format marks that come along with copied text and would change its digest."""

import re
from typing import Final

_INVISIBLE: Final[re.Pattern[str]] = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]++")
"""Soft hyphen, zero-width characters, direction marks, byte order mark."""


def remove_invisible(text: str) -> str:
    """Remove invisible characters from `text`.

    >>> remove_invisible("ada\u200b@example.com")
    'ada@example.com'
    """
    return text if text.isascii() else _INVISIBLE.sub("", text)
