"""Delivery: grouped, joined, and believed only when TikTok says so."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from relay.delivery import MOST_BYTES, Record, deliver
from relay.event.destination import Destination
from relay.queue import Message
from relay.tiktok.answers import Answer
from relay.tiktok.client import body
from tests.support.events import DESTINATION, NOW

OTHER = Destination("web", "OTHERPIXEL")
OK = Answer("delivered", 200, 0)


def record(number: int, destination: Destination = DESTINATION, item: str | None = None) -> Record:
    made = Message(
        destination, NOW, "server", "t", item or json.dumps({"event": "Purchase", "event_id": str(number)})
    )
    return Record(f"m{number}", made.encode())


@dataclass
class FakeTikTok:
    """Answers as told, by token, and keeps what it was sent."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[Destination, int, str]] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def track(self, destination: Destination, items: Sequence[str], token: str) -> Answer:
        self.calls.append((destination, len(items), token))
        self.sent += items
        return self.answers.get(token, OK)


def token(_event_source_id: str, _again: bool) -> str | None:
    return "token"


def test_batch_is_one_request_a_destination() -> None:
    tiktok = FakeTikTok()
    records = [record(number, OTHER if number % 3 == 0 else DESTINATION) for number in range(300)]
    report = deliver(records, tiktok.track, token)
    assert report.failed == []
    assert sorted((call[0].event_source_id, call[1]) for call in tiktok.calls) == [
        (DESTINATION.event_source_id, 200),
        ("OTHERPIXEL", 100),
    ]


@pytest.mark.parametrize(("number", "requests"), [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2), (2500, 3)])
def test_request_holds_at_most_a_thousand(number: int, requests: int) -> None:
    tiktok = FakeTikTok()
    deliver([record(each) for each in range(number)], tiktok.track, token)
    assert len(tiktok.calls) == requests
    assert all(count <= 1000 for _, count, _ in tiktok.calls)


def test_request_is_cut_by_bytes_too() -> None:
    tiktok = FakeTikTok()
    item = json.dumps({"event": "Purchase", "description": "x" * 190_000})
    deliver([record(each, item=item) for each in range(50)], tiktok.track, token)
    assert len(tiktok.calls) == 3
    assert sum(count for _, count, _ in tiktok.calls) == 50
    assert max(count for _, count, _ in tiktok.calls) * len(item) <= MOST_BYTES


def test_test_events_go_apart_from_real_ones() -> None:
    tiktok = FakeTikTok()
    test = Destination("web", DESTINATION.event_source_id, "TEST1")
    deliver([record(1), record(2, test)], tiktok.track, token)
    assert [call[0] for call in tiktok.calls] == [DESTINATION, test]


@pytest.mark.parametrize(
    "outcome", ["payload", "throttled", "transient", "partial", "unknown", "credentials"]
)
def test_everything_but_delivered_goes_back_to_the_queue(outcome: str) -> None:
    tiktok = FakeTikTok({"token": Answer(outcome, 200, 1)})  # type: ignore[arg-type]
    report = deliver([record(1), record(2)], tiktok.track, token)
    assert report.failed == ["m1", "m2"]


def test_one_destination_that_fails_keeps_no_other_back() -> None:
    tiktok = FakeTikTok({"bad": Answer("credentials", 200, 40105)})
    report = deliver(
        [record(1), record(2, OTHER)],
        tiktok.track,
        lambda pixel, _again: "bad" if pixel == "OTHERPIXEL" else "good",
    )
    assert report.failed == ["m2"]


def test_refused_token_is_looked_up_again_and_tried_once_more() -> None:
    tiktok = FakeTikTok({"old": Answer("credentials", 200, 40105)})
    report = deliver([record(1)], tiktok.track, lambda _pixel, again: "new" if again else "old")
    assert [call[2] for call in tiktok.calls] == ["old", "new"]
    assert report.failed == []


def test_same_refused_token_is_not_tried_twice() -> None:
    tiktok = FakeTikTok({"old": Answer("credentials", 200, 40105)})
    assert deliver([record(1)], tiktok.track, lambda _pixel, _again: "old").failed == ["m1"]
    assert len(tiktok.calls) == 1


def test_pixel_without_a_token_calls_nobody_and_keeps_its_events() -> None:
    tiktok = FakeTikTok()
    report = deliver([record(1)], tiktok.track, lambda _pixel, _again: None)
    assert report.failed == ["m1"]
    assert report.attempts[0].answer.outcome == "credentials"
    assert tiktok.calls == []


def test_unreadable_message_spoils_no_other() -> None:
    tiktok = FakeTikTok()
    report = deliver([Record("bad", "rubbish"), record(1)], tiktok.track, token)
    assert (report.failed, report.unreadable) == (["bad"], ["bad"])
    assert len(tiktok.sent) == 1


def test_items_go_out_to_the_letter() -> None:
    item = '{"event":"Search","properties":{"search_string":"caf\\u00e9"}}'
    sent = body(Destination("web", "P", "T1"), [item, item])
    assert sent.count(item.encode()) == 2
    assert json.loads(sent) == {
        "event_source": "web",
        "event_source_id": "P",
        "test_event_code": "T1",
        "data": [json.loads(item)] * 2,
    }


def test_no_test_code_means_no_such_field() -> None:
    assert "test_event_code" not in json.loads(body(DESTINATION, ["{}"]))
