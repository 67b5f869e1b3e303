"""Phone numbers: whatever people type, brought to E.164 with its plus.

TikTok API for Business, Doc 1771101303285761, `user.phone`: E.164, with + and country code, before hashing.

A number that states its country is believed where its length is possible there; one that does not must be
valid in the country that it is read in, because reading it there is our guess.
"""

import re
from typing import Final, NamedTuple

from relay.identity import calling_codes

_E164: Final[re.Pattern[str]] = re.compile(r"\+[1-9]\d{4,14}", re.ASCII)
_MOST_CHARACTERS: Final[int] = 64
_MOST_E164: Final[int] = 16
"""The plus and fifteen digits: the longest number that ITU-T E.164 knows."""
_CHINA: Final[str] = "+86"

_LOCAL: Final[tuple[str, int]] = ("1", 7)
"""What is dialled within an area of North America; the library's lengths hold it, E.164 does not."""

_AROUND: Final[re.Pattern[str]] = re.compile(
    r"^\s*tel:|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", re.IGNORECASE
)
"""What comes along with a number that was copied: a link's scheme (RFC 3966), marks that nobody sees."""


class Phone(NamedTuple):
    """A number read: in E.164, or with the code of the check that says why not; `warning` goes with one."""

    e164: str | None
    problem: str | None = None
    warning: str | None = None

    def forms(self) -> tuple[str, ...]:
        """What to hash: the number, and for China also without its country code.

        Senders disagree on whether +86 belongs, so both digests go out; `user.phone` takes a list.
        """
        if self.e164 is None:
            return ()
        return (self.e164, self.e164[3:]) if self.e164.startswith(_CHINA) else (self.e164,)


def read(text: str, country: str | None) -> Phone:
    """Reads a number as typed. `country` is the ISO 3166 alpha-2 code, in any case, that a national number is
    read in.

    >>> read("(+1)2133734253", None).e164
    '+12133734253'
    >>> read("020 7946 0018", "GB").e164
    '+442079460018'
    """
    typed = text.strip()
    if _E164.fullmatch(typed) and (parts := calling_codes.split(typed[1:])):
        code, national = parts
        # A zero behind the code is a trunk prefix nearly everywhere, and belongs to the number in Italy: look
        # closer.
        if national[0] != "0":
            possible = (
                len(national) in calling_codes.NATIONAL_LENGTHS[code] and (code, len(national)) != _LOCAL
            )
            return Phone(typed) if possible else Phone(None, "phone_invalid")
    return _parse(typed, country) if len(typed) <= _MOST_CHARACTERS else Phone(None, "phone_invalid")


def _parse(typed: str, country: str | None) -> Phone:
    # Imported late: most numbers are E.164 already, and a cold start should not pay for those that are not.
    import phonenumbers

    def parsed(number: str, region: str | None) -> "phonenumbers.PhoneNumber | None":
        try:
            return phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            return None

    def possible(number: "phonenumbers.PhoneNumber") -> bool:
        # Not what is possible within an area only, as the library's own shorter question has it.
        return bool(
            phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
        )

    def e164(number: "phonenumbers.PhoneNumber") -> str:
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    typed = _AROUND.sub("", typed)
    international = re.sub(r"^[\s(]*00", "+", typed)
    # "+" and the full-width plus that East Asian keyboards type.
    if re.match(r"[\s(\[]*[+\uff0b]", international):
        number = parsed(international, None)
        if number is not None and possible(number):
            found = e164(number)
            if len(found) <= _MOST_E164:
                return Phone(found)
        return Phone(None, "phone_invalid")
    if country is not None:
        number = parsed(typed, country.upper())
        if number is not None and phonenumbers.is_valid_number(number):
            return Phone(e164(number))
    number = parsed("+" + typed, None)
    if number is not None and phonenumbers.is_valid_number(number):
        return Phone(e164(number), warning="phone_without_plus")
    looks_national = country is None and number is None and sum(map(str.isdigit, typed)) > 5
    return Phone(
        None, "phone_no_country" if looks_national or (country is None and number) else "phone_invalid"
    )
