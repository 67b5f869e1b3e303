"""Locales: BCP 47 language tags, as browsers and apps write them.

TikTok API for Business, Doc 1771101303285761, `user.locale`: BCP 47, such as en-US. TikTok's own sample has
an underscore.
"""

import re
from typing import Final

_LOCALE: Final[re.Pattern[str]] = re.compile(
    r"([A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-[A-Za-z0-9]{4,8}){0,8})"
    r"(?:\.[A-Za-z0-9-]{1,32})?(?:@[A-Za-z]{1,32}(?:=.{0,64})?)?"
)
"""A tag, and behind it the encoding and modifier of a POSIX locale, which no e-mail address looks like."""


def normalise_locale(text: str) -> str | None:
    """Normalise a locale to a language tag with hyphens; None if it is not one.

    Of a list such as an Accept-Language header, the first tag; an encoding and a modifier are dropped.

    >>> normalise_locale("en_US.UTF-8")
    'en-US'
    """
    first = re.split("[,;]", text, maxsplit=1)[0].strip().replace("_", "-")
    found = _LOCALE.fullmatch(first)
    return found[1] if found else None
