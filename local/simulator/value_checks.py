"""The kinds of value that a field can have. Each check takes a value and gives what is wrong with it.

The wording follows the two answers of TikTok that are on public record, `Not a valid string` and `Invalid
value for event_id: not a valid string.`; where none is on record the sentence is ours, in the same manner. No
sentence holds the value.
"""

from __future__ import annotations

import functools
import hashlib
import ipaddress
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

from local.simulator.json_types import Json

PARAM_ERROR = 40002
PII_NOT_HASHED = 40062

SOURCES = frozenset({"web", "app", "offline", "crm"})


class Finding(NamedTuple):
    """Something wrong: where, from the value checked (`.contents.0`), TikTok's code, and a sentence."""

    path: str
    code: int
    says: str

    def under(self, name: str | int) -> Finding:
        """Give the same finding, seen from the object or list that holds the value."""
        return Finding(f".{name}{self.path}", self.code, self.says)


Findings: TypeAlias = tuple[Finding, ...]
Check: TypeAlias = Callable[[Json], Findings]

FINE: Findings = ()


def wrong(says: str, code: int = PARAM_ERROR) -> Findings:
    """Give one finding about the value itself."""
    return (Finding("", code, says),)


NOT_A_STRING = wrong("Not a valid string")
NOT_AN_OBJECT = wrong("Invalid input type")
NOT_A_LIST = wrong("Not a valid list")
NOT_A_NUMBER = wrong("Not a valid number")
NOT_AN_INTEGER = wrong("Not a valid integer")
NOT_A_BOOLEAN = wrong("Not a valid boolean")
BLANK = wrong("Must not be blank")
NOT_HASHED = wrong("Must be hashed with SHA-256 as 64 lower-case hexadecimal characters", PII_NOT_HASHED)
DIGEST_OF_NOTHING = wrong("Must not be the SHA-256 of an empty value")


# -------------------- strings
def string(value: Json) -> Findings:
    """Any string, the empty one too."""
    return FINE if type(value) is str else NOT_A_STRING


def filled(value: Json) -> Findings:
    """A string with something in it."""
    if type(value) is not str:
        return NOT_A_STRING
    return FINE if value and not value.isspace() else BLANK


def event_id(value: Json) -> Findings:
    """A string with something in it, rejected in the words that TikTok used for a number."""
    return filled(value) if type(value) is str else wrong("Invalid value for event_id: not a valid string.")


def short(longest: int) -> Check:
    """A string of at most so many characters."""

    def check(value: Json) -> Findings:
        if type(value) is not str:
            return NOT_A_STRING
        return FINE if len(value) <= longest else wrong(f"Longer than maximum length {longest}")

    return check


def one_of(*choices: str) -> Check:
    """One of these strings, letter by letter."""
    rejection = wrong(f"Must be one of: {', '.join(choices)}")

    def check(value: Json) -> Findings:
        return FINE if type(value) is str and value in choices else rejection

    return check


_CALENDAR_DATE = re.compile(
    r"\d{4}(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:Z|[+-]\d\d:?\d\d))?)"
)


def date(value: Json) -> Findings:
    """YYYYMMDD, YYYY-MM-DD, or YYYY-MM-DDThh:mm[:ss] with a time zone."""
    if type(value) is not str:
        return NOT_A_STRING
    return FINE if _CALENDAR_DATE.fullmatch(value) else wrong("Not a valid date")


_SPACE = re.compile(r"\s")


def web_address(value: Json) -> Findings:
    """An absolute http or https URL."""
    if type(value) is not str:
        return NOT_A_STRING
    rejection = wrong("Not a valid URL")
    if _SPACE.search(value):
        return rejection
    try:
        parts = urlsplit(value)
    except ValueError:
        return rejection
    return FINE if parts.scheme in ("http", "https") and parts.hostname else rejection


def public_ip(value: Json) -> Findings:
    """A public IPv4 or IPv6 address; a `::ffff:` address counts as what it holds."""
    return _public_ip(value) if type(value) is str else NOT_A_STRING


# Going through the reserved networks is by far the dearest check, and visitors come back.
@functools.lru_cache(maxsize=4096)
def _public_ip(value: str) -> Findings:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return wrong("Not a valid IP address")
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return wrong("Not a valid IP address")
        address = address.ipv4_mapped or address
    return FINE if address.is_global and not address.is_multicast else wrong("Not a public IP address")


# -------------------- people and devices
_DIGEST = re.compile(r"[0-9a-f]{64}")
# What a sender ends up with who hashes a field that was never filled in.
_DIGESTS_OF_NOTHING = frozenset(
    hashlib.sha256(blank).hexdigest() for blank in (b"", b" ", b"\t", b"\n", b"\r\n")
)
_RAW_IDFA = re.compile(r"[0-9A-F]+(?:-[0-9A-F]+)+")
_RAW_GAID = re.compile(r"[0-9a-f]+(?:-[0-9a-f]+)+")


def digest(value: Json) -> Findings:
    """A SHA-256 digest in lower-case hexadecimal, of something."""
    if type(value) is not str:
        return NOT_A_STRING
    if not _DIGEST.fullmatch(value):
        return NOT_HASHED if value else BLANK
    return DIGEST_OF_NOTHING if value in _DIGESTS_OF_NOTHING else FINE


def _device_id(raw: re.Pattern[str], case: str) -> Check:
    rejection = wrong(f"Must be a device id in {case} case or its SHA-256 in lower-case hexadecimal")

    def check(value: Json) -> Findings:
        if type(value) is not str:
            return NOT_A_STRING
        if raw.fullmatch(value):
            return FINE
        return digest(value) if _DIGEST.fullmatch(value) else rejection

    return check


idfa = _device_id(_RAW_IDFA, "upper")
gaid = _device_id(_RAW_GAID, "lower")


# -------------------- numbers
def number(value: Json) -> Findings:
    """An integer or a finite decimal; `true` is no number."""
    if type(value) is int:
        return FINE
    return FINE if type(value) is float and math.isfinite(value) else NOT_A_NUMBER


def between(lowest: float, highest: float) -> Check:
    """A number within these bounds, both included."""

    def check(value: Json) -> Findings:
        if number(value):
            return NOT_A_NUMBER
        inside = isinstance(value, (int, float)) and lowest <= value <= highest
        return FINE if inside else wrong(f"Must be between {lowest:g} and {highest:g}")

    return check


def count(value: Json) -> Findings:
    """An integer from 0 up; `1.0` is no integer."""
    if type(value) is not int:
        return NOT_AN_INTEGER
    return FINE if value >= 0 else wrong("Must be greater than or equal to 0")


# From here up a number can only be milliseconds: 10^11 seconds end in the year 5138.
_FIRST_IMPOSSIBLE_SECOND = 10**11


def unix_seconds(value: Json) -> Findings:
    """Unix time in whole seconds; TikTok states no oldest and no newest, so none is enforced."""
    if type(value) is not int:
        return NOT_AN_INTEGER
    return FINE if 0 < value < _FIRST_IMPOSSIBLE_SECOND else wrong("Not a valid Unix timestamp in seconds")


def boolean(value: Json) -> Findings:
    """`true` or `false`."""
    return FINE if type(value) is bool else NOT_A_BOOLEAN


# -------------------- lists, objects
def list_of(check: Check, *, least: int = 0) -> Check:
    """A list of values that each pass the check."""

    def check_list(value: Json) -> Findings:
        if not isinstance(value, list):
            return NOT_A_LIST
        if len(value) < least:
            return wrong(f"Shorter than minimum length {least}")
        return tuple(found.under(index) for index, entry in enumerate(value) for found in check(entry))

    return check_list


def one_or_list_of(check: Check) -> Check:
    """One value that passes the check, or a list of them that is not empty."""
    check_list = list_of(check, least=1)
    return lambda value: check_list(value) if isinstance(value, list) else check(value)


@dataclass(frozen=True, slots=True)
class Field:
    """A row of TikTok's tables: what it must be, which sources it is documented for, who must send it."""

    check: Check
    sources: frozenset[str] = SOURCES
    required_for: frozenset[str] = frozenset()


Table: TypeAlias = Mapping[str, Field]


# A name that nobody knows is repeated in the answer so that it can be found, but not at any length.
_MAX_NAME_LENGTH = 64


def record(table: Table, *, source: str | None = None, closed: bool = False) -> Check:
    """An object that the table describes.

    Args:
        table: its fields.
        source: the event source whose required fields count; None for those of any.
        closed: whether a field that the table doesn't have is rejected.
    """
    required = [
        name for name, row in table.items() if row.required_for and source in (None, *row.required_for)
    ]
    checks = {name: row.check for name, row in table.items()}

    def check_record(value: Json) -> Findings:
        if not isinstance(value, dict):
            return NOT_AN_OBJECT
        found = [
            Finding(f".{name}", PARAM_ERROR, "Missing data for required field")
            for name in required
            if name not in value
        ]
        for name, entry in value.items():
            check = checks.get(name)
            if check is not None:
                wrongs = check(entry)
                if wrongs:
                    found.extend(finding.under(name) for finding in wrongs)
            elif closed:
                found.append(Finding(f".{name[:_MAX_NAME_LENGTH]}", PARAM_ERROR, "Unknown field"))
        return tuple(found)

    return check_record


def all_of(*checks: Check) -> Check:
    """A value that passes every check."""
    return lambda value: tuple(found for check in checks for found in check(value))


def elsewhere(instead: str) -> Check:
    """A field that does not belong here; the sentence says where its content goes in 2.0."""
    rejection = wrong(f"Unknown field, Events API 2.0 has {instead}")
    return lambda _: rejection
