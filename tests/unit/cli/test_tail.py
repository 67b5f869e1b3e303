"""`relay tail --until-delivered`: what ends it, and with which exit code."""

import json
from collections.abc import Callable

import pytest

from relay_cli.commands.tail import wait_for
from relay_cli.errors import FAILED, OK, TimedOutError
from relay_cli.logs import LogLine
from relay_cli.tracing import digest

ID = "ci-test"
BEGAN = 1000.0


def received(
    at: float, status: str = "accepted", event: str = "Purchase", codes: tuple[str, ...] = ()
) -> LogLine:
    entry = {"event_id_digest": digest(ID), "event": event, "status": status, "codes": list(codes)}
    return LogLine(at, "ingest", "events_received", {"sender": "server", "events": [entry]})


def dispatched(at: float, name: str, event: str, **fields: object) -> LogLine:
    return LogLine(at, "dispatch", name, {"event_id_digests": [digest(ID)], "event_names": [event], **fields})


def delivered(at: float, event: str = "Purchase") -> LogLine:
    return dispatched(at, "tiktok_responded", event, outcome="delivered", tiktok_code=0)


def waiting(at: float, event: str = "Purchase") -> LogLine:
    return dispatched(at, "tiktok_responded", event, outcome="unauthorised", tiktok_code=40105)


def dead_lettered(at: float, event: str = "Purchase") -> LogLine:
    return dispatched(at, "events_dead_lettered", event, reason="rejected")


class Log:
    """A log whose lines become searchable `delay` seconds after their time, and the clock of its reader."""

    def __init__(self, *lines: LogLine, delay: float = 0.0) -> None:
        self._lines, self._delay = lines, delay
        self.time = BEGAN

    def find(self, since: float, *texts: str) -> list[LogLine]:
        return [
            line
            for line in self._lines
            if since <= line.at <= self.time - self._delay
            and (not texts or any(text in json.dumps(line.fields) for text in texts))
        ]

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def ends() -> Callable[..., tuple[float, int]]:
    """Waits for the event; returns after how many seconds that ended, and the exit code."""

    def wait(*lines: LogLine, delay: float = 0.0, timeout: float = 60.0) -> tuple[float, int]:
        log = Log(*lines, delay=delay)
        code = wait_for(log, ID, timeout, as_json=False, clock=lambda: log.time, sleep=log.sleep)
        return log.time - BEGAN, code

    return wait


Ends = Callable[..., tuple[float, int]]


def test_event_that_was_just_delivered_ends_it_at_once(ends: Ends) -> None:
    assert ends(received(BEGAN - 2), delivered(BEGAN - 1)) == (0.0, OK)
    assert ends(received(BEGAN - 2), delivered(BEGAN + 5)) == (5.0, OK)


def test_earlier_delivery_is_none_of_the_event_that_was_sent_again(ends: Ends) -> None:
    with pytest.raises(TimedOutError, match="waiting"):
        ends(received(BEGAN - 200), delivered(BEGAN - 199), received(BEGAN - 2), waiting(BEGAN - 1))


def test_earlier_delivery_waits_for_lines_that_are_not_searchable_yet(ends: Ends) -> None:
    lines = [received(BEGAN - 200), delivered(BEGAN - 199)]
    with pytest.raises(TimedOutError):
        ends(*lines, received(BEGAN - 2), waiting(BEGAN - 1), delay=8.0)
    assert ends(*lines) == (15.0, OK)


def test_earlier_delivery_is_one_where_nothing_came_after_it_in_a_short_time(ends: Ends) -> None:
    lines = [received(BEGAN - 120), delivered(BEGAN - 119)]
    assert ends(*lines, timeout=5.0) == (5.0, OK)
    assert ends(*lines, timeout=0.0) == (0.0, OK)
    with pytest.raises(TimedOutError, match=r"within 5\.0 s; its state is waiting"):
        ends(*lines, received(BEGAN - 2), waiting(BEGAN - 1), timeout=5.0)


def test_earlier_rejection_is_none_of_the_event_that_was_sent_again(ends: Ends) -> None:
    mistake, fixed = received(BEGAN - 20, "rejected"), received(BEGAN - 2, codes=("url_missing",))
    assert ends(mistake, fixed, delivered(BEGAN + 1)) == (1.0, OK)
    # Also where the second request is not searchable yet.
    assert ends(mistake, fixed, delivered(BEGAN + 1), delay=4.0) == (5.0, OK)


def test_earlier_dead_letter_may_have_been_replayed(ends: Ends) -> None:
    # A replay logs nothing until TikTok's response.
    before = [received(BEGAN - 30), dead_lettered(BEGAN - 29)]
    assert ends(*before, delivered(BEGAN + 4)) == (4.0, OK)
    assert ends(*before, dead_lettered(BEGAN + 4)) == (4.0, FAILED)
    assert ends(*before) == (60.0, FAILED)


@pytest.mark.parametrize("status", ["rejected", "dropped"])
def test_event_that_ingest_does_not_take_ends_it(ends: Ends, status: str) -> None:
    assert ends(received(BEGAN + 3, status)) == (3.0, FAILED)


def test_every_event_of_the_id_has_to_be_delivered(ends: Ends) -> None:
    both = [received(BEGAN - 2, event=name) for name in ("PlaceAnOrder", "Purchase")]
    placed = delivered(BEGAN - 1, "PlaceAnOrder")
    assert ends(*both, placed, delivered(BEGAN + 3)) == (3.0, OK)
    assert ends(*both, placed, dead_lettered(BEGAN + 3)) == (3.0, FAILED)
    assert ends(*both, dead_lettered(BEGAN + 1, "PlaceAnOrder"), delivered(BEGAN + 3)) == (1.0, FAILED)
    with pytest.raises(TimedOutError, match="waiting"):
        ends(*both, placed, waiting(BEGAN + 3))


def test_old_failure_of_one_event_of_the_id_does_not_end_it_for_the_line_of_another(ends: Ends) -> None:
    before = [received(BEGAN - 120), dead_lettered(BEGAN - 119)]
    placed = [received(BEGAN - 2, event="PlaceAnOrder"), delivered(BEGAN + 1, "PlaceAnOrder")]
    assert ends(*before, *placed, delivered(BEGAN + 4)) == (4.0, OK)
    assert ends(*before, *placed, dead_lettered(BEGAN + 4)) == (4.0, FAILED)
    assert ends(*before, *placed) == (60.0, FAILED)
    # A new failure ends it whichever of the two it is of.
    assert ends(*before, placed[0], dead_lettered(BEGAN + 2, "PlaceAnOrder")) == (2.0, FAILED)


def test_old_delivery_of_one_event_of_the_id_is_not_recent_for_the_line_of_another(ends: Ends) -> None:
    before = [received(BEGAN - 200), delivered(BEGAN - 199)]
    placed = [received(BEGAN - 2, event="PlaceAnOrder"), delivered(BEGAN - 1, "PlaceAnOrder")]
    with pytest.raises(TimedOutError):
        ends(*before, *placed, received(BEGAN - 3), waiting(BEGAN - 2), delay=4.0)
    assert ends(*before, *placed) == (15.0, OK)


def test_hops_are_shown_once_and_with_two_events_by_name(
    ends: Ends, capsys: pytest.CaptureFixture[str]
) -> None:
    ends(
        received(BEGAN - 2, event="PlaceAnOrder"),
        received(BEGAN - 2),
        delivered(BEGAN + 1, "PlaceAnOrder"),
        delivered(BEGAN + 2),
    )
    shown = capsys.readouterr().out.splitlines()
    assert [("PlaceAnOrder" in line, "confirmed" in line) for line in shown[:-1]] == [
        (True, False),
        (False, False),
        (True, True),
        (False, True),
    ]
    assert shown[-1] == "delivered after 4.0 s"


def test_unknown_id_times_out(ends: Ends) -> None:
    with pytest.raises(TimedOutError, match="nothing was logged"):
        ends()
