"""Hashing: SHA-256 as TikTok expects it, how to recognise a digest, and what would change it though it is the
same to a reader: case, the Unicode form of a letter."""

import re
import unicodedata
from hashlib import sha256
from typing import Final

_DIGEST: Final[re.Pattern[str]] = re.compile(r"[0-9a-fA-F]{64}")

DIGEST_LENGTH: Final[int] = 64
"""Hex characters of a SHA-256 digest."""


def digest(text: str) -> str:
    """SHA-256 of the UTF-8 bytes of `text`, as 64 lower-case hex characters.

    Raises UnicodeEncodeError for a lone surrogate, which has no UTF-8 form.
    """
    return sha256(text.encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` is 64 hex characters in any case: already hashed, not to be hashed again."""
    return _DIGEST.fullmatch(text) is not None


def lower_case(text: str) -> str:
    """`text` in lower case and in one Unicode form, so that equal texts have equal digests."""
    # Compose after lower-casing: a letter can be one character in lower case and two in upper case (ǰ).
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())


BLANK_DIGESTS: Final[frozenset[str]] = frozenset(map(digest, ("", " ", "\t", "\n", "\r\n", "\u00a0", "  ")))
"""Digests of blank values, which senders produce that hash a field before looking whether it is filled in."""
