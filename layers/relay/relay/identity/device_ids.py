"""Device ids of app events: Apple's and Google's advertising ids.

TikTok API for Business, Doc 1771101303285761: `idfa` is hashed in upper case, `gaid` in lower case; TikTok
takes both plain too, but plain they identify a device to whoever reads the queue.
"""

import re
from typing import Final

_ID: Final[re.Pattern[str]] = re.compile(r"[0-9A-Za-z]{1,16}(?:-[0-9A-Za-z]{1,16}){2,6}|[0-9A-Fa-f]{32}")
_SHORTEST: Final[int] = 24
"""Real ones have 32 or 36 characters, TikTok's own sample 34; a phone number with hyphens has fewer than
this."""
_ZEROS: Final[re.Pattern[str]] = re.compile(r"[0-]+")


def usable(text: str) -> bool:
    """Whether `text` can be a device id. All zeros are what systems give where tracking is refused."""
    return len(text) >= _SHORTEST and _ID.fullmatch(text) is not None and _ZEROS.fullmatch(text) is None
