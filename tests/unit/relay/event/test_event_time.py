"""Times: whatever clocks write becomes Unix seconds, and the zone that was assumed is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event.event_time import ASSUMED_ZONE, DAY, has_zone, resolve_event_time, to_unix_seconds
from relay.findings import Finding, Findings, finding
from tests.support.events import NOW
from tests.support.rows import every_row

SECONDS = int(NOW)


def resolve(given: str | float | None, *, browser: bool = False) -> tuple[tuple[int, bool], list[Finding]]:
    findings = Findings()
    return resolve_event_time(given, NOW, findings, browser=browser), findings.warnings + findings.errors


def warned(code: str, actual: str = "") -> list[Finding]:
    return [finding(code, "event_time", actual)]


@every_row(
    ("given", "zone"),
    [
        ("2026-11-18T11:06:40Z", "UTC"),
        ("2026-11-18T11:06:40.123Z", "UTC"),
        ("2026-11-18t11:06:40z", "UTC"),
        ("2026-11-18 11:06:40 UTC", "UTC"),
        ("2026-11-18 11:06:40 GMT", "UTC"),
        ("20261118T110640Z", "UTC"),
        ("2026-11-18T12:06:40+01:00", "UTC+0100"),
        ("2026-11-18T12:06:40+0100", "UTC+0100"),
        ("2026-11-18 12:06:40 +01:00", "UTC+0100"),
        ("2026-11-18T03:06:40-08", "UTC-0800"),
        ("2026-11-18T11:06:40", ASSUMED_ZONE),
        ("2026-11-18 11:06:40.5", ASSUMED_ZONE),
        (" 20261118T110640 ", ASSUMED_ZONE),
    ],
)
def test_date_is_converted_and_its_zone_is_named(given: str, zone: str) -> None:
    assert resolve(given) == ((SECONDS, False), warned("event_time_iso", zone))


@pytest.mark.parametrize("given", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_date_that_is_in_no_year_of_utc_is_no_time(given: str) -> None:
    assert to_unix_seconds(given) is None
    assert not has_zone(given)
    assert resolve(given)[1] == warned("event_time_wrong", "text of 25 characters")


@pytest.mark.parametrize("given", [SECONDS * 1000, SECONDS * 1000 + 999, SECONDS * 1000.0])
def test_milliseconds_are_converted(given: float) -> None:
    assert resolve(given) == ((SECONDS, False), warned("event_time_milliseconds"))


def test_time_of_receipt_is_marked_as_such() -> None:
    receipt = (SECONDS, True)
    assert resolve(None) == (receipt, warned("event_time_missing"))
    assert resolve(SECONDS + 601, browser=True) == (receipt, warned("event_time_browser"))
    assert resolve(SECONDS) == ((SECONDS, False), [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (SECONDS - 28 * DAY - 1, "event_time_too_old"),
        (SECONDS - 7 * DAY - 1, "event_time_old"),
        (SECONDS + 601, "event_time_future"),
    ],
)
def test_bounds(given: int, code: str) -> None:
    assert [found.code for found in resolve(given)[1]] == [code]


@every_row(
    "given",
    [
        "",
        "yesterday",
        "18/11/2026 11:06",
        "2026-11-18",
        "2026-13-45T11:06:40Z",
        "2026-11-18T25:00:00Z",
        -1,
        "-1",
        SECONDS * 10**6,
        SECONDS * 10**9,
        float("nan"),
        float("inf"),
        "9" * 17,
        "1" * 5000,
        "2026-11-18T" + "1" * 5000,
    ],
)
def test_what_is_no_time_is_an_error(given: str | float) -> None:
    assert [found.code for found in resolve(given)[1]] == ["event_time_wrong"]


@given(st.text(max_size=40) | st.floats() | st.integers() | st.datetimes().map(str), st.booleans())
def test_anything_is_converted_or_rejected(given: str | float, browser: bool) -> None:
    (seconds, _), findings = resolve(given, browser=browser)
    assert isinstance(seconds, int)
    codes = {found.code for found in findings}
    if not codes & {"event_time_too_old", "event_time_future"}:
        assert -28 * DAY <= seconds - SECONDS <= 600
