"""Times: when an event happened, in Unix seconds, and whether TikTok can still use it.

TikTok API for Business, Doc 1771101303285761, `event_time`: an integer, Unix seconds. It states no bounds;
the bounds here are its attribution windows (click at most 28 days, view at most 7, Doc 1777694366654465).
"""

import re
from datetime import UTC, datetime
from typing import Final

from relay.findings import Findings
from relay.lazy_patterns import lazy_pattern

DAY: Final[int] = 86_400
_FIELD: Final[str] = "event_time"

MAX_AGE_SECONDS: Final[int] = 28 * DAY
MAX_VIEW_AGE_SECONDS: Final[int] = 7 * DAY
MAX_AHEAD_SECONDS: Final[int] = 600

_MIN_MILLISECONDS: Final[int] = 10**11
"""The year 5138 in seconds, 1973 in milliseconds: nothing in between is an event of ours."""
_MAX_MILLISECONDS: Final[int] = 10**14
"""Larger values are microseconds or garbage."""

_DIGITS: Final[re.Pattern[str]] = re.compile(r"\d{1,16}(?:\.\d{1,9})?", re.ASCII)
_ISO: Final = lazy_pattern(
    # With the names of zones that ISO 8601 does not have, and logs do.
    r"(\d{4}-?\d{2}-?\d{2}[Tt ]\d{2}[\d:.,]{0,20}) ?(?:([Zz]|UTC|GMT)|([+-]\d{2}:?\d{0,2}))?",
    re.ASCII,
)

ASSUMED_ZONE: Final[str] = "UTC, because it has no zone"


def resolve_event_time(
    given: str | int | float | None,  # noqa: PYI041 - TikTok expects an integer
    received_at: float,
    findings: Findings,
    *,
    browser: bool = False,
) -> tuple[int, bool]:
    """Convert the time of an event to Unix seconds and compare it with the time of receipt.

    Returns the time, and whether it is that of receipt.

    `given` is what was sent, or None; `received_at` is in Unix seconds; `browser` says whether a visitor's
    clock made it, which no one can set right.
    """
    now = int(received_at)
    if given is None:
        if _FIELD not in findings.fields:
            findings.add("event_time_missing", _FIELD)
        return now, True
    seconds = _convert_to_seconds(given, findings)
    if seconds is None:
        return now, True
    age = now - seconds
    if age > MAX_AGE_SECONDS:
        findings.add("event_time_too_old", _FIELD)
    elif age > MAX_VIEW_AGE_SECONDS:
        findings.add("event_time_old", _FIELD)
    elif age < -MAX_AHEAD_SECONDS:
        findings.add("event_time_browser" if browser else "event_time_future", _FIELD)
        if browser:
            return now, True
    return seconds, False


def to_unix_seconds(given: object) -> int | None:
    """Return the Unix seconds that `resolve_event_time` makes of a time, late or not; None where it is no
    time."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return None
    return _convert_to_seconds(given, Findings())


def has_zone(given: object) -> bool:
    """Whether a value is a date in ISO 8601 with a time zone, which stands for one moment."""
    iso = _ISO().fullmatch(given.strip()) if isinstance(given, str) else None
    return iso is not None and bool(iso[2] or iso[3]) and _parse_iso(iso) is not None


def _convert_to_seconds(given: str | float, findings: Findings) -> int | None:
    if isinstance(given, str):
        text = given.strip()
        if (iso := _ISO().fullmatch(text)) is not None and (moment := _parse_iso(iso)) is not None:
            zone = f"UTC{moment:%z}" if iso[3] else "UTC" if iso[2] else ASSUMED_ZONE
            findings.add("event_time_iso", _FIELD, zone)
            return int(moment.timestamp())
        if not _DIGITS.fullmatch(text):
            findings.add("event_time_wrong", _FIELD, f"text of {len(given)} characters")
            return None
        findings.add("event_time_text", _FIELD)
        given = float(text) if "." in text else int(text)
    if not 0 <= given < _MAX_MILLISECONDS:
        wrong = "too large a number" if given > 0 else "a negative number"
        findings.add("event_time_wrong", _FIELD, wrong)
        return None
    if given >= _MIN_MILLISECONDS:
        findings.add("event_time_milliseconds", _FIELD)
        return int(given) // 1000
    if isinstance(given, int):
        return given
    if not given.is_integer():
        findings.add("event_time_fraction", _FIELD)
    return int(given)


def _parse_iso(iso: re.Match[str]) -> datetime | None:
    """A date in ISO 8601; without a zone it is UTC, as TikTok's own times are."""
    try:
        moment = datetime.fromisoformat(f"{iso[1].upper()}{iso[3] or ''}")
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        # Raises OverflowError outside of the years 1 to 9999 of UTC, which nothing else could print.
        moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment
