"""Phone numbers: whatever people type, converted to E.164 with its plus; `user_data` hashes it.

TikTok API for Business, Doc 1771101303285761, `user.phone`: E.164, with + and country code, before hashing.

A number that states its country is accepted if its length is possible there. One that does not must be valid
in the country that it is read in, because that country is our guess.
"""

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from relay.calling_codes import (
    INTERNATIONAL_PREFIXES,
    LOCAL,
    MAX_INTERNATIONAL_PREFIX,
    NATIONAL_LENGTHS,
    split_calling_code,
)
from relay.characters import remove_invisible

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

PhoneFinding = Literal["phone_invalid", "phone_no_country", "phone_without_plus", "phone_ambiguous"]

_E164: Final[re.Pattern[str]] = re.compile(r"\+[1-9](?:[ .-]?[0-9]){4,14}")
"""In one group of digits or in several."""
_SEPARATORS: Final = str.maketrans("", "", "+ .-")
_MAX_CHARACTERS: Final[int] = 64
_MAX_E164: Final[int] = 16
"""The plus and fifteen digits: the longest number of ITU-T E.164."""
_MIN_DIGITS: Final[int] = 6
_MAX_DIGITS: Final[int] = 15
_CHINA: Final[str] = "+86"

_MEXICO: Final[str] = "52"
_OLD_MOBILE: Final[int] = 10_000_000_000
"""Until August 2019, Mexico's mobile numbers of ten digits had a 1 before them when they were dialled from
abroad (IFT, Plan Técnico Fundamental de Numeración). Address books and CRMs still have it."""

_SCHEME: Final[re.Pattern[str]] = re.compile(r"\s{0,8}(?:tel|sms|callto):(?://)?", re.IGNORECASE)
"""The scheme of a copied link (RFC 3966, RFC 5724)."""

_USUAL_PREFIX: Final[str] = "00"
"""The international prefix of most countries (ITU-T E.164), which people write in the others, too."""

_DIAL_START: Final[re.Pattern[str]] = re.compile(r"[\s(\[]{0,8}(?=\d)")
_DIAL_DIGIT: Final[re.Pattern[str]] = re.compile(r"(\d)[^\w+]{0,4}")
"""A digit of a prefix, and what people put between it and the next: `8~10`, `00-1`, `(011)`."""

_PLUS: Final[re.Pattern[str]] = re.compile(r"[\s(\[]{0,8}[+\uff0b]")
"""The plus, also the full-width one of East Asian keyboards."""

_PLUS_AND_PREFIX: Final[re.Pattern[str]] = re.compile(rf"\A{_PLUS.pattern}[\s(\[]{{0,8}}00(?!0)")
"""The plus, and behind it the prefix that it stands for: no calling code starts with a zero."""


class Phone(NamedTuple):
    """What a text was read as: the numbers to hash, most likely first, and the code of a finding.

    Without numbers, the finding says why there is none; with numbers, it is a warning.
    """

    numbers: tuple[str, ...]
    finding: PhoneFinding | None = None


def normalise_phone(text: str, country: str | None) -> Phone:
    """Normalise a phone number to E.164.

    `country` is the ISO 3166 alpha-2 code, in any case, in which a national number is read. There is more
    than one number to hash if senders disagree on the form (some omit +86), or if the digits are
    valid both as a national number and as an international one without its plus, or both after 00 and after
    the country's own international prefix.

    >>> normalise_phone("(+1)2133734253", None).numbers
    ('+12133734253',)
    >>> normalise_phone("020 7946 0018", "GB").numbers
    ('+442079460018',)
    >>> normalise_phone("4915123408905", "DE")
    Phone(numbers=('+4915123408905', '+494915123408905'), finding='phone_ambiguous')
    >>> normalise_phone("0011 65 9123 4567", "AU").numbers
    ('+6591234567',)
    """
    typed = text.strip()
    if _E164.fullmatch(typed) and (parts := split_calling_code(typed.translate(_SEPARATORS))):
        code, national = parts
        possible = len(national) in NATIONAL_LENGTHS[code] and (code, len(national)) != LOCAL
        # A zero after the code is a trunk prefix in most countries and part of the number in Italy, and a
        # number that is too long may have another one (8 in Lithuania): the library knows. A 1 in Mexico is
        # neither (`_parse`).
        if possible and national[0] != "0" and not (code == _MEXICO and national[0] == "1"):
            return _phone(f"+{code}{national}")
    if len(typed) > _MAX_CHARACTERS:
        return Phone((), "phone_invalid")
    typed = remove_invisible(typed)
    scheme = _SCHEME.match(typed)
    return _parse_phone(typed[scheme.end() :] if scheme else typed, country)


def usual_pattern() -> str:
    """The numbers that are normalised already, as a regular expression of Rust: E.164, and of a length that
    is possible in their country. Made from the table of lengths; without China, whose numbers have two forms.
    """
    codes: dict[tuple[int, ...], list[str]] = {}
    for code, lengths in NATIONAL_LENGTHS.items():
        if f"+{code}" != _CHINA:
            most = _MAX_DIGITS - len(code)
            possible = tuple(sorted(n for n in lengths if n <= most and (code, n) != LOCAL))
            codes.setdefault(possible, []).append(code)
    countries = (
        f"(?:{'|'.join(of_these)})[1-9](?:{'|'.join(f'[0-9]{{{length - 1}}}' for length in lengths)})"
        for lengths, of_these in codes.items()
    )
    return rf"^\+(?:{'|'.join(countries)})$"


def _phone(*numbers: str, finding: PhoneFinding | None = None) -> Phone:
    if len(numbers) == 1 and not numbers[0].startswith(_CHINA):
        return Phone(numbers, finding)
    forms = dict.fromkeys(numbers)
    for number in numbers:
        if number.startswith(_CHINA):
            forms[number.removeprefix(_CHINA)] = None
    return Phone(tuple(forms), finding)


def _parse_phone(typed: str, country: str | None) -> Phone:
    region = None if country is None else country.upper()
    if _PLUS.match(typed):
        e164 = _parse_possible(_PLUS_AND_PREFIX.sub("+", typed, count=1))
        return Phone((), "phone_invalid") if e164 is None else _phone(e164)
    if (dialled := _parse_dialled(typed, region)) is not None:
        return dialled
    national = None if region is None else _parse_valid(typed, region)
    if national is not None and not _starts_with_own_code(typed, national):
        return _phone(national)
    international = _parse_valid("+" + typed, None)
    if national is None:
        if international is None:
            return Phone((), _explain_missing(typed, country))
        return _phone(international, finding="phone_without_plus")
    if international is None or national == international:
        return _phone(national)
    return _phone(international, national, finding="phone_ambiguous")


def _parse_dialled(typed: str, region: str | None) -> Phone | None:
    """Parse a number that starts as it would be dialled from `region`; None if it does not.

    Readings: after a prefix of the region, and after 00, which people write everywhere. All that are valid
    go out. No national number is valid after a prefix of its region: numbering plans keep them apart.
    """
    own, usual = _split_prefixes(typed, region)
    valid = [number for rest in (*own, *usual) if (number := _parse_valid("+" + rest, None))]
    if valid:
        numbers = tuple(dict.fromkeys(valid))
        return _phone(*numbers, finding="phone_ambiguous" if len(numbers) > 1 else None)
    if not usual:
        return None
    # 00 states the country, whatever the region; other prefixes are as much a guess as the region.
    e164 = _parse_possible("+" + usual[0])
    return Phone((), "phone_invalid") if e164 is None else _phone(e164)


def _split_prefixes(typed: str, region: str | None) -> tuple[list[str], list[str]]:
    """Split off the international prefixes that `typed` may start with: what follows one of the region's own,
    and what follows 00."""
    own: list[str] = []
    usual: list[str] = []
    prefixes = INTERNATIONAL_PREFIXES.get(region or "")
    longest = MAX_INTERNATIONAL_PREFIX if prefixes else len(_USUAL_PREFIX)
    start = _DIAL_START.match(typed)
    end = start.end() if start else len(typed)
    digits = ""
    while len(digits) < longest and (dialled := _DIAL_DIGIT.match(typed, end)):
        # Digits of any script.
        digits += str(int(dialled[1]))
        end = dialled.end()
        if digits == _USUAL_PREFIX:
            usual.append(typed[end:])
        elif prefixes and re.fullmatch(prefixes, digits):
            own.append(typed[end:])
    return own, usual


def _starts_with_own_code(typed: str, national: str) -> bool:
    """Whether the digits start with the calling code of their own country, so that only the plus may be
    missing. (That they start with another country's code is chance: Colombian mobiles start with Belgium's.)
    """
    parts = split_calling_code(national.removeprefix("+"))
    return parts is not None and _digits(typed).startswith(parts[0])


def _explain_missing(typed: str, country: str | None) -> PhoneFinding:
    if country is not None:
        return "phone_invalid"
    digits = sum(map(str.isdigit, typed))
    return "phone_no_country" if _MIN_DIGITS <= digits <= _MAX_DIGITS else "phone_invalid"


def _parse_possible(number: str) -> str | None:
    """E.164 of a number that states its country, if its length is possible there."""
    import phonenumbers

    parsed = _parse(number, None)
    # Not `is_possible_number`, which accepts what can only be dialled within an area.
    possible = phonenumbers.ValidationResult.IS_POSSIBLE
    if parsed is None or phonenumbers.is_possible_number_with_reason(parsed) != possible:
        return None
    e164 = _format_e164(parsed)
    return e164 if len(e164) <= _MAX_E164 else None


def _parse_valid(number: str, region: str | None) -> str | None:
    """E.164 of a number that is valid in the numbering plan of its region."""
    import phonenumbers

    parsed = _parse(number, region)
    return _format_e164(parsed) if parsed is not None and phonenumbers.is_valid_number(parsed) else None


def _parse(number: str, region: str | None) -> "PhoneNumber | None":
    # Imported late: most numbers are E.164 already, and a cold start should not pay for the others.
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    number_there = parsed.national_number or 0
    # Only behind the code: a 1 in front is that of North America.
    stated = str(parsed.country_code) == _MEXICO and _digits(number).startswith(_MEXICO)
    if stated and number_there // _OLD_MOBILE == 1:
        parsed.national_number = number_there - _OLD_MOBILE
    return parsed


def _digits(text: str) -> str:
    """The digits of a text, of any script, as ASCII."""
    return "".join(str(int(character)) for character in text if character.isdecimal())


def _format_e164(number: "PhoneNumber") -> str:
    import phonenumbers

    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
