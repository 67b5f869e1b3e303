"""Places where people live: postcode, city, state and country.

Not in TikTok's own table; fields of TikTok for WooCommerce and, added by TikTok, of Segment's destination:
the postcode is hashed, the others go out plain in lower case.
"""

import re
import unicodedata
from typing import Final

from relay.identity.countries import countries, us_states

_ZIP_PLUS_FOUR: Final[re.Pattern[str]] = re.compile(r"(\d{5})-?\d{4}", re.ASCII)
_SHORTEST_PLUS_FOUR: Final[int] = 9
_PHONE_DIGITS: Final[int] = 7
"""The shortest subscriber numbers; no city has as many digits."""
_UNITED_STATES: Final[str] = "us"


def postcode(text: str, country: str | None) -> str:
    """The postcode as it is hashed: lower case, no spaces and dashes; of a US ZIP+4 the first five digits.

    `country` is two lower-case letters, or None where it is not known. Nine digits with a dash are a ZIP+4
    anywhere.

    >>> postcode("94107-1234", None)
    '94107'
    >>> postcode("SW1A 1AA", "gb")
    'sw1a1aa'
    """
    typed = text.strip()
    if len(typed) < _SHORTEST_PLUS_FOUR and typed.isascii() and typed.isalnum():
        return typed.lower()
    plus_four = _ZIP_PLUS_FOUR.fullmatch(typed)
    if plus_four and (country == _UNITED_STATES or (country is None and "-" in typed)):
        return plus_four[1]
    return "".join(each for each in _lower(typed) if each.isalnum())


def city(text: str) -> str:
    """The city: lower case, letters, marks and digits of any script.

    >>> city("Bad Münster")
    'badmünster'
    """
    return "".join(each for each in _lower(text) if unicodedata.category(each)[0] in "LMN")


def believable(text: str) -> bool:
    """Whether a city or state can be one: it goes out plain, and must be no e-mail address or phone
    number."""
    return "@" not in text and any(map(str.isalpha, text)) and sum(map(str.isdigit, text)) < _PHONE_DIGITS


def state(text: str, country: str | None) -> str:
    """The state or province: a US state as its two letters, any other like a city.

    >>> state("New York", "us")
    'ny'
    """
    plain = city(text)
    return us_states().get(plain, plain) if country in (None, _UNITED_STATES) else plain


def country_code(text: str) -> str | None:
    """The country as two lower-case letters, from its code (two or three letters) or its English name; else
    None.

    >>> country_code("Deutschland"), country_code("Germany"), country_code("DEU")
    ('de', 'de', 'de')
    """
    return countries().get(city(text))


def _lower(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.lower())
