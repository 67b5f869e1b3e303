"""Digests: SHA-256 as TikTok wants it, and how one is told from a plain value."""

import re
from hashlib import sha256
from typing import Final

_DIGEST: Final[re.Pattern[str]] = re.compile(r"[0-9a-fA-F]{64}")
LENGTH: Final[int] = 64
"""Hex characters of a SHA-256."""


def digest(text: str) -> str:
    """SHA-256 over the UTF-8 bytes of `text`, as 64 lower-case hex characters.

    Raises UnicodeEncodeError for half of a surrogate pair, which has no UTF-8 form.
    """
    return sha256(text.encode()).hexdigest()


def is_digest(text: str) -> bool:
    """Whether `text` is 64 hex characters, in whatever case: hashed already, to be kept and not hashed
    again."""
    return len(text) == LENGTH and _DIGEST.fullmatch(text) is not None


OF_NOTHING: Final[frozenset[str]] = frozenset(map(digest, ("", " ", "\t", "\n", "\r\n")))
"""What senders end up with who hash a field that was never filled in. TikTok would match all of them to each
other."""
