"""Coercion: what a field becomes that does not have its declared type, and the findings about it.

The validator that `relay.event.annotations` declares tries the strict type first and calls the coercer for
anything else. A coercer takes the value, the field's path and the collector; it returns the coerced value, or
calls `omit()`, which drops the field.
"""

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn, TypeGuard

from pydantic_core import PydanticOmit
from pydantic_core.core_schema import ValidationInfo

from relay.characters import CONTROL_CHARACTERS
from relay.destination import EVENT_SOURCES
from relay.event.event_id import hash_personal_id
from relay.event.page_url import MAX_CHARACTERS, normalise_url
from relay.findings import Findings, describe_type
from relay.identity.hashing import is_digest
from relay.identity.placeholders import is_placeholder_id
from relay.identity.user_data import AsSent
from relay.lazy_patterns import lazy_pattern
from relay.list_text import entries_by_index, is_list_text, parse_entries, parse_list

MAX_AMOUNT: Final[float] = 1e15
"""No amount in any currency; beyond it a float no longer holds cents."""

_CONTROL: Final = lazy_pattern(f"[{CONTROL_CHARACTERS}]")
_NUMBER: Final[re.Pattern[str]] = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,15})?")
DATE_PATTERN: Final[str] = (
    r"^[0-9]{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?)$"
)
"""YYYYMMDD, YYYY-MM-DD, or YYYY-MM-DDThh:mm[:ss][zone]."""

_DATE: Final = lazy_pattern(DATE_PATTERN)
_MAX_VIN: Final[int] = 17
"""ISO 3779 numbers have 17 characters; older ones are shorter."""

UNREADABLE: Final[str] = "a list in text that can't be read"

Coercer = Callable[[object, str, Findings], object]


def omit() -> NoReturn:
    """Omit the field."""
    raise PydanticOmit


def coerce_field(coerce: Coercer, searched: bool, value: object, info: ValidationInfo) -> object:
    """Coerce the value of a field, which does not have its strict type; `searched` says whether the result
    may hold personal data."""
    findings: Findings = info.context  # type: ignore[assignment]
    if value is None:
        omit()
    coerced = coerce(value, f"{findings.prefix}{info.field_name}", findings)
    if searched:
        findings.to_search.append(coerced)
    return coerced


def mark_text(value: object, info: ValidationInfo) -> object:
    """Note that a text has to be searched for personal data."""
    findings: Findings = info.context  # type: ignore[assignment]
    findings.to_search.append(value)
    return value


def omit_with(code: str, field: str, findings: Findings, actual: str = "", expected: str = "") -> NoReturn:
    """Omit the field, with a finding."""
    findings.add(code, field, actual, expected)
    omit()


def reject_type(value: object, field: str, findings: Findings, expected: str) -> NoReturn:
    """Omit the field, with the error that its value is of another type."""
    omit_with("wrong_type", field, findings, describe_type(value), expected)


def _is_scalar(value: object) -> TypeGuard[str | int | float]:
    """Whether the value is text or a number, of which an id or a text can be made."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _single(value: Any, field: str, findings: Findings, expected: str) -> Any:
    """The entry of a list of one, where one value is expected."""
    if isinstance(value, list):
        present = [entry for entry in value if entry is not None]
        if len(present) == 1 and not isinstance(present[0], list):
            findings.add("read_as_single", field, describe_type(value), expected)
            return present[0]
        if not present:
            omit()
    return value


def format_number(value: float) -> str | None:
    """Format a number as an id: without a fraction if it has none. None if it is not finite.

    >>> format_number(1e16), format_number(1001.0)
    ('10000000000000000', '1001')
    """
    if not isinstance(value, int) and not math.isfinite(value):
        return None
    return str(int(value)) if value == int(value) else repr(value)


def coerce_text(value: object, field: str, findings: Findings) -> str:
    """A text: a number as its digits, a list of texts joined."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(entry, str) for entry in value):
        findings.add("read_as_single", field, describe_type(value), "text")
        value = ", ".join(value)
    return _single_text(value, field, findings)


def remove_halves(text: str, field: str, findings: Findings) -> str:
    """Remove the halves of characters (lone surrogates) that a program cut in two, as JavaScript does to an
    emoji; "" where nothing else is left."""
    if not _has_halves(text):
        return text
    findings.add("text_cut", field)
    return text.encode(errors="ignore").decode().strip()


def _has_halves(text: str) -> bool:
    return not text.isascii() and text.encode(errors="ignore").decode() != text


def _single_text(value: object, field: str, findings: Findings, number_code: str = "") -> str:
    """One text, trimmed; a number as text, with the finding `number_code` if there is one."""
    value = _single(value, field, findings, "text")
    if not _is_scalar(value):
        reject_type(value, field, findings, "text")
    if isinstance(value, str):
        return remove_halves(value.strip(), field, findings) or omit()
    text = format_number(value)
    if text is None:
        omit_with("number_out_of_range", field, findings)
    if number_code:
        findings.add(number_code, field)
    return text


def coerce_id(value: object, field: str, findings: Findings, number_code: str = "number_made_text") -> str:
    """An id: a number as text without a fraction. A placeholder is omitted."""
    text = _coerce_id(value, field, findings, number_code)
    if is_placeholder_id(text):
        omit_with("identifier_placeholder", field, findings)
    return text


def coerce_event_id(value: object, field: str, findings: Findings) -> object:
    """The id of an event as it goes out; "" for a placeholder, in place of which `relay.event.event_id`
    chooses another."""
    text = _coerce_id(value, field, findings, "event_id_number")
    if is_placeholder_id(text):
        findings.add("event_id_placeholder", field)
        return ""
    return hash_personal_id(text, findings)


def _coerce_id(value: object, field: str, findings: Findings, number_code: str) -> str:
    text = _single_text(value, field, findings, number_code)
    if _CONTROL().search(text):
        omit_with("control_characters", field, findings)
    return text


def coerce_ids(value: object, field: str, findings: Findings) -> object:
    """A list of ids; also one id, and a list in text: JSON, Python, or separated by commas. An entry that is
    no id costs itself, and text of a list that can't be read the field: neither costs the event."""
    entries, read_as = _split_ids(value, field, findings)
    if any(isinstance(entry, dict) for entry in entries):
        entries, read_as = list(map(_find_id, entries)), read_as or "a list of objects"
    texts: list[str] = []
    places = findings.places[field] = []
    for place, entry in enumerate(entries):
        with suppress(PydanticOmit):
            if _is_scalar(entry):
                texts.append(coerce_id(entry, field, findings, number_code=""))
                places.append(place)
    if read_as and texts:
        findings.add("read_as_list", field, read_as)
    if unreadable := [entry for entry in entries if entry is not None and not _is_scalar(entry)]:
        findings.add("value_invalid", field, describe_type(unreadable[0]), "a list of texts")
    if any(_is_scalar(entry) and not isinstance(entry, str) for entry in entries):
        findings.add("number_made_text", field)
    return texts or omit()


def _split_ids(value: object, field: str, findings: Findings) -> tuple[list[Any], str]:
    """Split what should be a list of ids into its entries; with what it is, if that is not a list."""
    text = value[0] if isinstance(value, list) and len(value) == 1 else value
    if is_list_text(text):
        if (entries := parse_list(text)) is not None:
            return entries, "a list in text"
        if is_placeholder_id(text.strip()):
            return [text], "a list in text"
        omit_with("value_invalid", field, findings, UNREADABLE, "a list of texts")
    if isinstance(text, str) and "," in text:
        return text.split(","), "text with commas"
    if isinstance(value, list):
        parsed = parse_entries(value)
        entries = [one for entry, many in zip(value, parsed, strict=True) for one in many or [entry]]
        return entries, "a list with lists in text" if any(parsed) else ""
    entries = entries_by_index(value) if isinstance(value, dict) else []
    return entries or [value], describe_type(value)


def _find_id(entry: object) -> object:
    """The id in an object that stands where an id should; anything else as it is."""
    ids = [entry.get(name) for name in ("content_id", "id")] if isinstance(entry, dict) else []
    return next((found for found in ids if found is not None), entry)


def coerce_number(value: object, field: str, findings: Findings) -> int | float:
    """A plain number; also one in text, with a decimal point and nothing else around it."""
    value = _single(value, field, findings, "a number")
    if isinstance(value, str):
        text = value.strip()
        if not text:
            omit()
        if not _NUMBER.fullmatch(text):
            omit_with("value_not_a_number", field, findings, describe_type(value))
        findings.add("number_as_text", field)
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        reject_type(value, field, findings, "a plain number, such as 129.9")
    if not -MAX_AMOUNT < value < MAX_AMOUNT:
        omit_with("number_out_of_range", field, findings)
    if value < 0:
        findings.add("value_negative", field)
    return value


def coerce_whole(value: object, field: str, findings: Findings) -> int:
    """A count: a whole number, not negative."""
    number = coerce_number(value, field, findings)
    problem = "a negative number" if number < 0 else "a number with a fraction" if number % 1 else None
    if problem is not None:
        omit_with("value_invalid", field, findings, problem, "a whole number of 0 or more")
    return int(number)


def coerce_share(value: object, field: str, findings: Findings) -> int | float:
    """A share from 0 to 1."""
    number = coerce_number(value, field, findings)
    if not 0 <= number <= 1:
        omit_with("value_invalid", field, findings, "a number outside that range", "a share from 0 to 1")
    return number


def coerce_choice(spellings: Mapping[str, str], value: object, field: str, findings: Findings) -> str:
    """A value of a list, in any case: `spellings` has each in lower case → as declared."""
    choice = spellings.get(coerce_text(value, field, findings).lower())
    if choice is None:
        omit_with("enum_unknown", field, findings, expected=", ".join(spellings.values()))
    return choice


def coerce_currency(value: object, field: str, findings: Findings) -> str:
    """A currency code in upper case; `relay.event.commerce` looks it up."""
    return coerce_text(value, field, findings).upper()


def coerce_date(value: object, field: str, findings: Findings) -> str:
    """A date in one of TikTok's formats."""
    text = coerce_text(value, field, findings)
    if not _DATE().fullmatch(text):
        omit_with("date_invalid", field, findings)
    return text


def coerce_vin(value: object, field: str, findings: Findings) -> str:
    """A vehicle identification number."""
    text = coerce_text(value, field, findings)
    if len(text) > _MAX_VIN:
        omit_with("value_invalid", field, findings, describe_type(text), "17 characters at most")
    return text


def coerce_time(value: object, field: str, findings: Findings) -> object:
    """A time in any form; `relay.event.event_time` converts it."""
    value = _single(value, field, findings, "a number")
    if not _is_scalar(value):
        reject_type(value, field, findings, "Unix seconds")
    if isinstance(value, float) and not math.isfinite(value):
        omit_with("number_out_of_range", field, findings)
    return value


def coerce_url(value: object, field: str, findings: Findings) -> object:
    """An absolute URL, normalised; what can't be one is omitted."""
    value = _single(value, field, findings, "text")
    if not isinstance(value, str):
        reject_type(value, field, findings, "an absolute URL")
    value = remove_halves(value.strip(), field, findings)
    url, code = normalise_url(value) if value else (None, None)
    if code is not None:
        findings.add(code, field, describe_type(value), f"{MAX_CHARACTERS:,}")
    return url or omit()


def coerce_identifier(value: object, field: str, findings: Findings) -> list[AsSent]:
    """One identifier of a person, to be normalised. A bad one costs itself and not the event."""
    return [(field, _coerce_identifier(_single(value, field, findings, "text"), field, findings))]


def _coerce_identifier(value: object, field: str, findings: Findings) -> str:
    """Text, or a whole number as text."""
    if not _is_scalar(value):
        omit_with("identifier_type", field, findings, describe_type(value))
    if isinstance(value, str):
        if _has_halves(value):
            # What is left may be another person's.
            omit_with("value_invalid", field, findings, "text with half of a character", "whole characters")
        return value
    if isinstance(value, int):
        return str(value)
    if not value.is_integer():
        omit_with("identifier_type", field, findings, "a number with a fraction")
    findings.add("number_made_text", field)
    return str(int(value))


def coerce_identifiers(value: object, field: str, findings: Findings) -> list[AsSent]:
    """One identifier or a list of them, to be normalised."""
    if isinstance(value, dict) and (entries := entries_by_index(value)):
        findings.add("read_as_list", field, describe_type(value))
        value = entries
    if not isinstance(value, list):
        return coerce_identifier(value, field, findings)
    coerced: list[AsSent] = []
    for index, entry in enumerate(value):
        path = f"{field}[{index}]"
        with suppress(PydanticOmit):
            coerced.append((path, _coerce_identifier(entry, path, findings)))
    return coerced or omit()


def coerce_digests(value: object, field: str, findings: Findings) -> list[AsSent]:
    """SHA-256 digests under the name that another integration gives them."""
    entries = value if isinstance(value, list) else [value]
    digests = [entry.strip() for entry in entries if isinstance(entry, str) and is_digest(entry.strip())]
    if len(digests) < len(entries):
        findings.add("digest_invalid", field)
    return [(field, digest) for digest in digests] or omit()


def coerce_flag(value: object, field: str, findings: Findings) -> object:
    """True or false, also alone in a list; a word is neither."""
    value = _single(value, field, findings, "true or false")
    return value if isinstance(value, bool) else reject_type(value, field, findings, "true or false")


def reject_range(value: object, field: str, findings: Findings) -> NoReturn:
    """What is no list of two numbers is none that a person meant."""
    reject_type(value, field, findings, "a list of two numbers")


TEST_CODE_PATTERN: Final[str] = "^[A-Za-z][A-Za-z_-]{0,31}[0-9]{0,6}[A-Za-z_-]{0,8}$"
"""Codes of Events Manager, such as TEST12345: no room for an e-mail address or a phone number."""


def coerce_event_source(value: object, field: str, findings: Findings) -> object:
    """An event source in any case; any other is an error."""
    if isinstance(value, str) and value.strip().lower() in EVENT_SOURCES:
        return value.strip().lower()
    omit_with("event_source_unknown", field, findings, describe_type(value))


def coerce_test_code(value: object, field: str, findings: Findings) -> object:
    """A test code with space around it; a blank one is none."""
    if isinstance(value, str) and (not value.strip() or re.fullmatch(TEST_CODE_PATTERN, value.strip())):
        return value.strip() or omit()
    omit_with("test_code_invalid", field, findings, describe_type(value))


def coerce_source_id(value: object, field: str, findings: Findings) -> object:
    """The id of a destination, or a list of them. What can't be one is an error."""
    if not isinstance(value, list):
        return coerce_id(value, field, findings)
    for entry in value:
        if entry is not None and not _is_scalar(entry):
            reject_type(entry, field, findings, "a list of texts")
    return coerce_ids(value, field, findings)


def coerce_consent(value: object, field: str, findings: Findings) -> object:
    """A consent that is given in another form: true, or another case. What is neither is an error."""
    if value is True or (isinstance(value, str) and value.strip().lower() == "granted"):
        return "granted"
    omit_with("consent_unclear", field, findings, describe_type(value))
