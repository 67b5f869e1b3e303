"""Locales: BCP 47 language tags, as browsers and apps write them.

TikTok API for Business, Doc 1771101303285761, `user.locale`: BCP 47, such as en-US. Its own sample has an
underscore.
"""

import re
from typing import Final

_TAG: Final[re.Pattern[str]] = re.compile(
    r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|\d{3}))?(?:-[A-Za-z0-9]{4,8})*"
)


def normalise(text: str) -> str | None:
    """The tag with hyphens, the first of a list such as Accept-Language, without an encoding; None if it is
    no tag.

    >>> normalise("en_US.UTF-8")
    'en-US'
    """
    first = re.split(r"[,;.@]", text.strip(), maxsplit=1)[0].strip().replace("_", "-")
    return first if _TAG.fullmatch(first) else None
