"""Event times. TikTok expects an integer of Unix seconds (Doc 1771101303285761, `event_time`) and states no
bounds; 28 and 7 days are its attribution windows (Doc 1777694366654465)."""

from datetime import UTC, datetime
from typing import Final

from tests.conformance.suite import Case
from tests.support.events import NOW, event

_NOW: Final[int] = int(NOW)
_DAY: Final[int] = 86_400
_ISO_TIME: Final[int] = int(datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC).timestamp())

# What was sent, what goes out in seconds, and the findings.
_TAKEN: Final[list[tuple[str, object, int, tuple[str, ...]]]] = [
    ("now", _NOW, _NOW, ()),
    ("7-days-exactly", _NOW - 7 * _DAY, _NOW - 7 * _DAY, ()),
    ("a-second-past-7-days", _NOW - 7 * _DAY - 1, _NOW - 7 * _DAY - 1, ("event_time_old",)),
    ("28-days-exactly", _NOW - 28 * _DAY, _NOW - 28 * _DAY, ("event_time_old",)),
    ("10-minutes-ahead-exactly", _NOW + 600, _NOW + 600, ()),
    ("milliseconds", _NOW * 1000 + 999, _NOW, ("event_time_milliseconds",)),
    ("milliseconds-with-fraction", (_NOW * 1000) + 0.5, _NOW, ("event_time_milliseconds",)),
    ("milliseconds-in-text", str(_NOW * 1000), _NOW, ("event_time_milliseconds", "event_time_text")),
    ("fraction", _NOW - 0.5, _NOW - 1, ("event_time_fraction",)),
    ("whole-float", float(_NOW), _NOW, ()),
    ("text", f" {_NOW} ", _NOW, ("event_time_text",)),
    ("text-with-fraction", f"{_NOW}.75", _NOW, ("event_time_fraction", "event_time_text")),
    ("iso-utc", "2026-11-18T11:06:40Z", _ISO_TIME, ("event_time_iso",)),
    ("iso-offset", "2026-11-18T12:06:40+01:00", _ISO_TIME, ("event_time_iso",)),
    ("iso-offset-west", "2026-11-18T03:06:40-08:00", _ISO_TIME, ("event_time_iso",)),
    ("iso-without-zone-is-utc", "2026-11-18T11:06:40", _ISO_TIME, ("event_time_iso",)),
    ("iso-milliseconds", "2026-11-18T11:06:40.123Z", _ISO_TIME, ("event_time_iso",)),
    ("iso-space", "2026-11-18 11:06:40", _ISO_TIME, ("event_time_iso",)),
    ("iso-utc-by-name", "2026-11-18 11:06:40 UTC", _ISO_TIME, ("event_time_iso",)),
    ("iso-basic", "20261118T110640Z", _ISO_TIME, ("event_time_iso",)),
    ("iso-offset-without-colon", "2026-11-18T12:06:40+0100", _ISO_TIME, ("event_time_iso",)),
    ("iso-minutes", "2026-11-18T11:06Z", _ISO_TIME - 40, ("event_time_iso",)),
]

_REJECTED: Final[list[tuple[str, object, str]]] = [
    ("a-second-past-28-days", _NOW - 28 * _DAY - 1, "event_time_too_old"),
    ("1970", 0, "event_time_too_old"),
    ("a-second-past-10-minutes-ahead", _NOW + 601, "event_time_future"),
    ("tomorrow-by-a-wrong-zone", _NOW + 9 * 3600, "event_time_future"),
    ("microseconds", _NOW * 1_000_000, "event_time_wrong"),
    ("nanoseconds", _NOW * 1_000_000_000, "event_time_wrong"),
    ("negative", -1, "event_time_wrong"),
    ("word", "yesterday", "event_time_wrong"),
    ("blank", " ", "event_time_wrong"),
    ("impossible-date", "2026-13-45T11:06:40Z", "event_time_wrong"),
    ("date-in-another-order", "18/11/2026 11:06", "event_time_wrong"),
]

CASES: Final[list[Case]] = [
    *(Case(name, event(event_time=given), {"event_time": out}, codes) for name, given, out, codes in _TAKEN),
    *(
        Case(f"rejected {name}", event(event_time=given), {}, (code,), "rejected")
        for name, given, code in _REJECTED
    ),
    Case("true", event(event_time=True), {}, ("wrong_type",), "rejected"),
    Case("list of one", event(event_time=[_NOW]), {"event_time": _NOW}, ("read_as_single",)),
    Case("list of two", event(event_time=[_NOW, _NOW]), {}, ("wrong_type",), "rejected"),
    Case("none", event(event_time=None), {"event_time": _NOW}, ("event_time_missing",)),
    Case(
        "browser's clock ahead",
        event(event_time=_NOW + 601),
        {"event_time": _NOW},
        ("event_time_browser",),
        browser=True,
    ),
    Case(
        "browser's clock a little ahead",
        event(event_time=_NOW + 600),
        {"event_time": _NOW + 600},
        browser=True,
    ),
    Case(
        "browser's clock behind by a month",
        event(event_time=_NOW - 29 * _DAY),
        {},
        ("event_time_too_old",),
        "rejected",
        browser=True,
    ),
    Case(
        "zoned date-time of another calendar day",
        event(event_time="2026-11-19T00:36:40+13:30"),
        {"event_time": _ISO_TIME},
        ("event_time_iso",),
    ),
]
