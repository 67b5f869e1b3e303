"""The customer of an order: name, phone number and address, as the fields of TikTok's `user`."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from relay.identity.phones import normalise_phone
from relay.webhooks.json_fields import get_text

_WORDS_OF_A_FULL_NAME = 2

_LAST_NAME_FIRST: Final[re.Pattern[str]] = re.compile(
    "[\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]"
)
"""Hiragana, Chinese characters and Hangul: names of Japan, China and Korea."""

_KATAKANA: Final[re.Pattern[str]] = re.compile("[\u30a1-\u30ff]")
"""Names of Japan, and foreign names there, which keep their order."""


def find_phone(
    order: object, paths: Iterable[tuple[str, str]], default_country: str | None
) -> str | list[str]:
    """Return the first phone number that can be parsed, in E.164; a list where its digits have two readings.

    `paths` are pairs of paths, of a number and of the country (ISO 3166 alpha-2) that it is written in:
    address forms accept numbers as people type them. Where none can be parsed, return the first one as typed,
    so that the event carries a warning about it; "" where there is none.
    """
    typed = ""
    for path, country_path in paths:
        number = get_text(order, path)
        if not number:
            continue
        country = get_text(order, country_path).upper() or default_country
        # A number without a + is another form to hash beside the one in E.164, which the event adds itself.
        e164 = [form for form in normalise_phone(number, country).numbers if form.startswith("+")]
        if e164:
            return e164[0] if len(e164) == 1 else e164
        typed = typed or number
    return typed


def split_full_name(full: str) -> dict[str, object]:
    """Return first and last name of a full name that has two words.

    Which of three words is the last name would be a guess, and a wrong guess matches nobody.

    >>> split_full_name("山田 太郎")
    {'first_name': '太郎', 'last_name': '山田'}
    """
    words = full.split()
    if len(words) != _WORDS_OF_A_FULL_NAME:
        return {}
    if _LAST_NAME_FIRST.search(words[0]):
        words.reverse()
    elif _KATAKANA.search(full):
        return {}
    return dict(zip(("first_name", "last_name"), words, strict=True))


def without_empty(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields that have a value."""
    return {name: value for name, value in fields.items() if value not in ("", None, [], {})}
