"""Texts of secrets: which are long enough to be in force."""

from typing import Final

MIN_SECRET_LENGTH: Final[int] = 16
"""Shorter texts are typing errors, or single letters of a text that was taken for a list. Every sender's own
secrets are longer."""


def secret_length(text: str) -> int:
    """The number of characters that hold the secret: the prefix of Standard Webhooks and base64's padding
    hold nothing of it.

    >>> secret_length("whsec_QQ===========")
    2
    """
    return len(text.removeprefix("whsec_").rstrip("="))
