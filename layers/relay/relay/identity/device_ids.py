"""Device ids of app events: the advertising ids of Apple and Google.

TikTok API for Business, Doc 1771101303285761: `idfa` is hashed in upper case, `gaid` in lower case. TikTok
takes both in plain text too, but then anyone who reads the queue can identify the device.
"""

import re
from typing import Final

_DEVICE_ID: Final[re.Pattern[str]] = re.compile(
    r"[0-9A-Za-z]{1,16}(?:-[0-9A-Za-z]{1,16}){2,6}|[0-9A-Fa-f]{32}"
)
MIN_CHARACTERS: Final[int] = 24
"""Device ids have 32 or 36 characters, TikTok's own sample 34; a phone number with hyphens has fewer."""
_ZEROS: Final[re.Pattern[str]] = re.compile(r"[0-]+")


def is_device_id(text: str) -> bool:
    """Whether `text` can be a device id. An id of zeros stands for denied tracking."""
    return (
        len(text) >= MIN_CHARACTERS
        and _DEVICE_ID.fullmatch(text) is not None
        and _ZEROS.fullmatch(text) is None
    )
