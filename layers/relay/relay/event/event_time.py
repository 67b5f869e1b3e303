"""Times: when an event happened, in Unix seconds, and whether that is still of use to TikTok.

TikTok API for Business, Doc 1771101303285761, `event_time`: an integer, Unix seconds. It states no bounds;
the bounds here are its attribution windows (click at most 28 days, view at most 7, Doc 1777694366654465).
"""

import re
from datetime import UTC, datetime
from typing import Final

from relay.findings import Finding, describe_type, finding

DAY: Final[int] = 86_400
TOO_OLD_SECONDS: Final[int] = 28 * DAY
OLD_SECONDS: Final[int] = 7 * DAY
AHEAD_SECONDS: Final[int] = 600

_MILLISECONDS_FROM: Final[float] = 1e11
"""The year 5138 in seconds, 1973 in milliseconds: nothing in between is an event of ours."""

_DIGITS: Final[re.Pattern[str]] = re.compile(r"\d{1,16}(?:\.\d{1,9})?", re.ASCII)
_ISO: Final[re.Pattern[str]] = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII)


def settle(given: object, received_at: float, browser: bool) -> tuple[int, list[Finding]]:
    """The event's time in Unix seconds, and what there is to say of it.

    `given` is what was sent (None where nothing was), `received_at` the time of receipt in Unix seconds,
    `browser` whether the clock that it came from is a visitor's, which nobody can mend.
    """
    now = int(received_at)
    if type(given) is int and now - OLD_SECONDS <= given <= now + AHEAD_SECONDS:
        return given, []
    if given is None:
        return now, [finding("event_time_missing", "event_time")]
    seconds, findings = _seconds(given)
    if seconds is None:
        return now, findings
    age = now - seconds
    if age > TOO_OLD_SECONDS:
        findings.append(finding("event_time_too_old", "event_time"))
    elif age > OLD_SECONDS:
        findings.append(finding("event_time_old", "event_time"))
    elif age < -AHEAD_SECONDS:
        if browser:
            return now, [*findings, finding("event_time_browser", "event_time")]
        findings.append(finding("event_time_future", "event_time"))
    return seconds, findings


def _seconds(given: object) -> tuple[int | None, list[Finding]]:
    findings: list[Finding] = []
    if isinstance(given, str):
        text = given.strip()
        if _ISO.fullmatch(text):
            moment = _moment(text)
            if moment is not None:
                return moment, [finding("event_time_iso", "event_time")]
        if not _DIGITS.fullmatch(text):
            return None, [finding("event_time_wrong", "event_time", describe_type(given))]
        findings.append(finding("event_time_text", "event_time"))
        given = float(text) if "." in text else int(text)
    if not isinstance(given, (int, float)) or given < 0:
        return None, [finding("event_time_wrong", "event_time", describe_type(given))]
    if given >= _MILLISECONDS_FROM:
        if given >= _MILLISECONDS_FROM * 1000:
            return None, [finding("event_time_wrong", "event_time", "too large a number")]
        return int(given) // 1000, [*findings, finding("event_time_milliseconds", "event_time")]
    if isinstance(given, float) and not given.is_integer():
        findings.append(finding("event_time_fraction", "event_time"))
    return int(given), findings


def _moment(text: str) -> int | None:
    """A date in ISO 8601 as Unix seconds; without a zone it is UTC, as TikTok's own times are."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
