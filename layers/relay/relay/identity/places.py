"""Places where people live: postcode, city, state and country.

Not in TikTok's own table; fields of TikTok for WooCommerce and, added by TikTok, of Segment's destination.
The postcode is hashed, the others go out in plain lower case.
"""

import re
import unicodedata
from typing import Final

from relay.calling_codes import MIN_PHONE_DIGITS
from relay.identity.countries import countries, us_states
from relay.identity.hashing import lower_case
from relay.personal_data import find_personal_data

_ZIP_PLUS_FOUR: Final[re.Pattern[str]] = re.compile(r"(\d{5})-?\d{4}", re.ASCII)
USUAL_POSTCODE: Final[str] = "^[A-Za-z]{0,2}[0-9][A-Za-z0-9]{0,5}$"
"""Most postcodes without a space, as a regular expression of Rust: lower-cased, they are normalised."""

_UNITED_STATES: Final[str] = "us"


def normalise_postcode(text: str, country: str | None) -> str:
    """Normalise a postcode to the form that is hashed: lower case, without spaces and dashes.

    Of a US ZIP+4, the first five digits. `country` is two lower-case letters, or None if unknown; nine digits
    with a dash are a ZIP+4 in any country.

    >>> normalise_postcode("94107-1234", None)
    '94107'
    >>> normalise_postcode("SW1A 1AA", "gb")
    'sw1a1aa'
    """
    typed = text.strip()
    plus_four = _ZIP_PLUS_FOUR.fullmatch(typed)
    if plus_four and (country == _UNITED_STATES or (country is None and "-" in typed)):
        return plus_four[1]
    return "".join(character for character in lower_case(typed) if character.isalnum())


def normalise_city(text: str) -> str | None:
    """Normalise the name of a city: lower case; letters, marks and digits of any script. None if it can't be
    one.

    It goes out in plain text: no e-mail address, no phone number, no credential.

    >>> normalise_city("Bad Münster")
    'badmünster'
    """
    is_name = (
        "@" not in text
        and any(map(str.isalpha, text))
        # No name of a place has as many digits.
        and sum(map(str.isdigit, text)) < MIN_PHONE_DIGITS
        and find_personal_data(text) is None
    )
    return _fold(text) if is_name else None


def _fold(text: str) -> str:
    return "".join(character for character in lower_case(text) if unicodedata.category(character)[0] in "LMN")


def normalise_state(text: str, country: str | None) -> str | None:
    """Normalise a state or province: a US state to its two letters, any other like a city.

    >>> normalise_state("New York", "us")
    'ny'
    """
    plain = normalise_city(text)
    return us_states().get(plain or "", plain) if country in (None, _UNITED_STATES) else plain


def find_country_code(text: str) -> str | None:
    """Two lower-case letters of a country, from its code (two or three letters) or name; None if unknown.

    >>> find_country_code("Deutschland"), find_country_code("Germany"), find_country_code("DEU")
    ('de', 'de', 'de')
    """
    return countries().get(_fold(text))
