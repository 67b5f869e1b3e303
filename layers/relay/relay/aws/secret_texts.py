"""Texts of secrets: which of an entry are in force."""

import re
from typing import Final, Literal

MIN_SECRET_LENGTH: Final[int] = 16
"""Shorter texts are typing errors, or single letters of a text that was taken for a list. Every sender's own
secrets are longer."""

Fault = Literal["too_short", "not_a_text", "not_printable"]


def secret_length(text: str) -> int:
    """The number of characters that hold the secret: the prefix of Standard Webhooks and base64's padding
    hold nothing of it.

    >>> secret_length("whsec_QQ===========")
    2
    """
    return len(text.removeprefix("whsec_").rstrip("="))


def entry_texts(held: object) -> list[object]:
    """The texts of an entry as the secret's JSON holds it, a text or a list; nothing there yet is no text."""
    return held if isinstance(held, list) else [] if held is None or held == "" else [held]


def find_fault(item: object) -> Fault | None:
    """Why a text is not in force, or None. White space around it, which comes from pasting, doesn't count."""
    if not isinstance(item, str):
        return "not_a_text"
    text = item.strip()
    if secret_length(text) < MIN_SECRET_LENGTH:
        return "too_short"
    return None if text.isprintable() else "not_printable"


def texts_in_force(held: object) -> tuple[str, ...]:
    """The texts of an entry as the secret's JSON holds it; one that is not in force is empty.

    >>> texts_in_force([" whsec_0123456789abcdef", "short"])
    ('whsec_0123456789abcdef', '')
    """
    return tuple("" if find_fault(item) else str(item).strip() for item in entry_texts(held))


_SHOWN_NAME: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_-]{1,24}")
"""A sender, or the id of a pixel or an event set. A token where a name belongs is longer."""


def shown_name(name: str, number: int) -> str:
    """The name of an entry, if it can be shown; else the entry's number in the secret, from 1."""
    return name if _SHOWN_NAME.fullmatch(name) else f"entry number {number}"
