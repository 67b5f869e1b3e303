"""Log lines of a stack: as many as can be read in a minute, of a shop with millions of events a day."""

import json
from typing import Any

import pytest

from relay_cli import doctor, logs
from relay_cli.commands import trace
from relay_cli.doctor import Patient
from relay_cli.logs import CloudWatchLogs, Follower, LogLine
from relay_cli.stacks import Stack

DAY = 86_400
NOW = 1_795_000_000.0

PAGE = 400
"""Lines of a page: 1 MB (FilterLogEvents, API reference), with the metrics and Lambda's own lines between."""


class Group:
    """A log group with so many lines a second, for as long as anybody asks."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self.end = NOW
        self.pages = 0
        self.patterns: list[str | None] = []

    def filter_log_events(self, **asked: Any) -> dict[str, Any]:
        self.pages += 1
        self.patterns.append(asked.get("filterPattern"))
        start, end = asked["startTime"] / 1000, min(asked.get("endTime", NOW * 1000) / 1000, self.end)
        first = asked.get("nextToken", -int(-start * self._rate // 1))
        numbers = range(first, min(first + PAGE, int(end * self._rate) + 1))
        after = {"nextToken": first + PAGE} if len(numbers) == PAGE else {}
        return {"events": [self._line(asked["logGroupName"], number) for number in numbers], **after}

    def _line(self, group: str, number: int) -> dict[str, Any]:
        line = {"message": "events_received", "service": "ingest", "accepted": 1, "sender": "server"}
        at = round(number / self._rate * 1000)
        return {"eventId": f"{group} {number}", "timestamp": at, "message": json.dumps(line)}


class Session:
    """A session whose log groups have so many lines a second."""

    region_name = "eu-central-1"

    def __init__(self, rate: float) -> None:
        self.group = Group(rate)

    def client(self, _service: str, **_: str) -> Group:
        return self.group


def stack_with(rate: float, endpoint_url: str | None = None) -> Stack:
    stack = Stack("relay", "relay in eu-central-1", Session(rate), endpoint_url)
    stack.__dict__["_resources"] = [
        (logical, "AWS::Logs::LogGroup", logical.lower()) for logical in logs.GROUPS.values()
    ]
    return stack


@pytest.fixture(autouse=True)
def tenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of the lines, at a tenth of a busy shop's rate, up to the present."""
    for limit in ("MAX_NEWEST", "MAX_REMEMBERED"):
        monkeypatch.setattr(logs, limit, getattr(logs, limit) // 10)
    for module in (doctor, logs):
        monkeypatch.setattr(module, "now", lambda: NOW)


FIVE_MILLION_A_DAY = 5.8
"""Lines a second; see `tenth`."""


def test_doctor_reads_a_day_of_a_quiet_shop_whole_and_no_line_twice() -> None:
    stack = stack_with(rate=0.01)
    ill = Patient(stack, NOW - DAY)
    lines, begin = ill.newest
    assert begin == ill.since
    assert sorted(line.at for line in lines) == [line.at for line in CloudWatchLogs(stack).find(ill.since)]
    assert "logs_read_in_part" not in {finding.code for finding in doctor.check_traffic(ill)}


def test_doctor_reads_the_newest_lines_of_a_shop_with_five_million_events_a_day() -> None:
    stack = stack_with(FIVE_MILLION_A_DAY)
    ill = Patient(stack, NOW - DAY)
    lines, _ = ill.newest
    assert logs.MAX_NEWEST <= len(lines) / 2 < 3 * logs.MAX_NEWEST
    assert max(line.at for line in lines) == pytest.approx(NOW, abs=1)
    assert stack.session.group.pages < 30
    (finding,) = (found for found in doctor.check_traffic(ill) if found.code == "logs_read_in_part")
    assert "of the last 7 min" in finding.what


@pytest.mark.parametrize("rate", [500, 1500])
def test_doctor_reads_the_end_of_a_minute_where_a_minute_is_too_much(rate: float) -> None:
    lines, begin = Patient(stack_with(rate), NOW - DAY).newest
    assert logs.MAX_NEWEST <= len(lines) / 2 <= 3 * logs.MAX_NEWEST
    assert_all_since(begin, lines, rate)


def test_doctor_leaves_no_line_out_between_the_newest_and_an_older_rush() -> None:
    stack, rush_end = stack_with(rate=500), NOW - 90
    stack.session.group.end = rush_end
    lines, begin = Patient(stack, NOW - DAY).newest
    assert begin < rush_end
    assert_all_since(begin, lines, 500, rush_end)


def assert_all_since(begin: float, lines: list[LogLine], rate: float, end: float = NOW) -> None:
    """Both functions wrote `rate` lines a second from `begin` to `end`: each of them is there once."""
    assert len(lines) / 2 == pytest.approx((end - begin) * rate, abs=2)
    assert min(line.at for line in lines) == pytest.approx(begin, abs=0.1)
    assert max(line.at for line in lines) == pytest.approx(end, abs=0.1)


@pytest.mark.parametrize("rate", [FIVE_MILLION_A_DAY, 8, 20])
def test_console_begins_with_the_newest_lines_and_goes_on_from_there(rate: float) -> None:
    stack = stack_with(rate)
    follower = Follower(CloudWatchLogs(stack), NOW - 3 * 3600, newest=True)
    assert logs.MAX_NEWEST <= len(follower.poll()) / 2 < 3 * logs.MAX_NEWEST
    pages = stack.session.group.pages
    assert follower.poll() == []
    assert stack.session.group.pages - pages == 2


@pytest.mark.parametrize(
    ("on_aws", "texts", "patterns"),
    [
        (True, (), [None]),
        (True, ("a",), ['"a"']),
        (True, ("a", 'b"c'), ['?"a" ?"b\\"c"']),
        (False, ("a", "b"), ['"a"', '"b"']),
    ],
)
def test_several_texts_are_searched_at_once(
    *, on_aws: bool, texts: tuple[str, ...], patterns: list[str | None]
) -> None:
    stack = stack_with(rate=1, endpoint_url=None if on_aws else "http://127.0.0.1:4566")
    CloudWatchLogs(stack).find(NOW, *texts)
    assert stack.session.group.patterns == patterns * len(logs.GROUPS)


def test_trace_says_that_a_long_search_goes_on_and_what_bounds_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter(range(int(NOW), int(NOW) + 10_000))
    monkeypatch.setattr(trace, "now", lambda: float(next(clock)))
    read_page = trace.progress(DAY)
    CloudWatchLogs(stack_with(rate=5), read_page).find(NOW - 3 * PAGE / 5)
    assert capsys.readouterr() == ("", "")
    CloudWatchLogs(stack_with(rate=5), read_page).find(NOW - 9 * PAGE / 5)
    first, *_ = capsys.readouterr().err.splitlines()
    assert first == "10 pages of logs of the last 1 d read. A shorter --since reads fewer."
