"""Delivery: grouped, joined, believed only when TikTok says so, parked only with a reason."""

import threading
from collections.abc import Sequence

import pytest

from relay.delivery.backoff import HOLD_SECONDS, LIFE_SECONDS
from relay.delivery.batching import MOST_BYTES
from relay.delivery.deliver import DESTINATIONS_AT_ONCE
from relay.delivery.destination_sender import REPORT_SECONDS, REQUEST_SECONDS
from relay.destination import Destination
from relay.tiktok.client import MOST_SECONDS
from relay.tiktok.responses import Answer
from tests.support.delivery import BROKEN, OK, OTHER, REVOKED, THROTTLED, World, item, record, refuses
from tests.support.events import DESTINATION

# ── grouped and joined ─────────────────────────────────────────────────────────────────────────────────────


def test_batch_is_one_request_a_destination() -> None:
    world = World()
    report = world.deliver(*[record(n, OTHER if n % 3 == 0 else DESTINATION) for n in range(300)])
    assert report.failed == []
    assert sorted((call[0].event_source_id, len(call[1])) for call in world.calls) == [
        (DESTINATION.event_source_id, 200),
        ("OTHERPIXEL", 100),
    ]


@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1001, 2500, 10_000])
def test_requests_are_as_few_as_tiktok_allows(number: int) -> None:
    world = World()
    world.deliver(*[record(each) for each in range(number)])
    assert len(world.calls) == -(-number // 1000)
    assert all(len(ids) <= 1000 for ids in world.requests())


def test_request_is_cut_by_bytes_too() -> None:
    world = World()
    text = item("x", description="x" * 190_000)
    world.deliver(*[record(each, text=text) for each in range(50)])
    assert len(world.calls) == 3
    assert max(len(ids) for ids in world.requests()) * len(text) <= MOST_BYTES


def test_test_events_go_apart_from_real_ones() -> None:
    world = World()
    test = Destination("web", DESTINATION.event_source_id, "TEST1")
    world.deliver(record(1), record(2, test))
    assert {call[0] for call in world.calls} == {DESTINATION, test}


# ── believed only when TikTok says so ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        BROKEN,
        THROTTLED,
        REVOKED,
        Answer("transient", None),
        Answer("partial", 200, 20001),
        Answer("unknown", 200, 31337),
    ],
    ids=lambda answer: answer.outcome,
)
def test_what_tiktok_did_not_confirm_goes_back_and_waits(answer: Answer) -> None:
    world = World(says=lambda *_: answer)
    report = world.deliver(record(1), record(2))
    assert report.failed == ["m-1", "m-2"]
    assert set(world.waits) == {"handle-1", "handle-2"}
    assert report.returned == {answer.outcome: 2}
    assert world.parked == []


def test_bad_rows_are_parked_and_the_good_ones_delivered_in_the_same_run() -> None:
    world = World(says=refuses("3", "7"))
    report = world.deliver(*[record(each) for each in range(10)])
    assert report.failed == []
    assert sorted(world.delivered) == ["0", "1", "2", "4", "5", "6", "8", "9"]
    assert sorted(each.body for each in world.parked) == sorted(record(each).body for each in (3, 7))
    assert report.parked == {"rejected": 2}


def test_message_whose_parking_failed_goes_back_to_the_queue() -> None:
    world = World(says=refuses("1", "2"), park_fails=1)
    report = world.deliver(record(1), record(2))
    assert len(report.failed) == 1
    assert (report.not_parked, len(world.parked)) == (1, 1)
    assert len(world.waits) == 1


def test_message_that_cannot_be_put_off_comes_back_all_the_same() -> None:
    world = World(says=lambda *_: BROKEN, put_off_fails=1)
    report = world.deliver(record(1), record(2))
    assert (len(report.failed), report.not_put_off) == (2, 1)


def test_retry_after_is_waited_for() -> None:
    world = World(says=lambda *_: Answer("throttled", 429, retry_after=77.0))
    world.deliver(record(1))
    assert world.waits["handle-1"] >= 77


# ── parked only with a reason ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body", ["rubbish", '[2,"web","P","",1,"server","t",2]\n{}', record(1).body[:-1], ""]
)
def test_unreadable_message_is_parked_and_spoils_no_other(body: str) -> None:
    world = World()
    report = world.deliver(record("bad", body=body), record(1))
    assert report.failed == []
    assert world.delivered == ["1"]
    assert [(each.body, each.attributes["reason"]) for each in world.parked] == [(body, "unreadable")]


def test_destination_that_nobody_knows_is_parked_and_spoils_no_other() -> None:
    world = World()
    report = world.deliver(record(1, Destination("web", "GONE")), record(2))
    assert report.parked == {"unknown_destination": 1}
    assert world.parked[0].attributes["destination"] == "web/GONE"
    assert world.delivered == ["2"]


def test_destination_that_was_just_added_to_the_secret_is_found() -> None:
    world = World()
    world.deliver(record(1))
    world.tokens["NEW"] = "token"
    world.now += 20
    assert world.deliver(record(2, Destination("web", "NEW"))).parked == {}
    assert world.delivered == ["1", "2"]


@pytest.mark.parametrize("tokens", [{}, {DESTINATION.event_source_id: ""}])
def test_pixel_of_the_template_waits_for_its_token(tokens: dict[str, str]) -> None:
    world = World(tokens=tokens, known={DESTINATION.event_source_id})
    report = world.deliver(record(1))
    assert (report.failed, report.parked) == (["m-1"], {})
    assert report.returned == {"credentials": 1}
    assert world.calls == []


def test_pixel_in_the_secret_without_a_token_waits_too() -> None:
    world = World(tokens={"LATER": ""})
    assert world.deliver(record(1, Destination("web", "LATER"))).failed == ["m-1"]


def test_what_the_queue_would_soon_forget_is_tried_once_more_and_then_parked() -> None:
    world = World(says=lambda *_: REVOKED)
    report = world.deliver(record(1, age=LIFE_SECONDS), record(2))
    assert len(world.calls) == 1
    assert report.parked == {"expiring": 1}
    assert report.failed == ["m-2"]
    assert world.parked[0].attributes["tiktok_code"] == "40105"


def test_old_message_that_tiktok_takes_is_delivered() -> None:
    world = World()
    assert world.deliver(record(1, age=LIFE_SECONDS)).parked == {}
    assert world.delivered == ["1"]


# ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_refused_token_is_looked_up_again_and_tried_once_more() -> None:
    valid = {"old"}
    world = World(says=lambda _to, _ids, token: OK if token in valid else REVOKED)
    world.tokens = {DESTINATION.event_source_id: "old"}
    world.deliver(record(0))
    valid, world.tokens = {"new"}, {DESTINATION.event_source_id: "new"}
    assert world.deliver(record(1)).failed == []
    assert [call[2] for call in world.calls] == ["old", "old", "new"]


def test_rotation_loses_and_doubles_nothing() -> None:
    valid = {"old"}
    world = World(says=lambda _to, _ids, token: OK if token in valid else REVOKED)
    world.tokens = {DESTINATION.event_source_id: "old"}
    waiting = [record(each) for each in range(10)]
    for step in range(10):
        if step == 3:
            valid.clear()  # revoked before the new one is in place
        if step == 6:
            valid.add("new")
            world.tokens = {DESTINATION.event_source_id: "new"}
        failed = set(world.deliver(*waiting[: step + 1]).failed)
        waiting = [each for each in waiting if each.message_id in failed or each in waiting[step + 1 :]]
        world.now += 300
    world.deliver(*waiting)
    assert sorted(world.delivered) == sorted(map(str, range(10)))
    assert world.parked == []


def test_refused_token_is_not_hammered() -> None:
    world = World(says=lambda *_: REVOKED)
    for run in range(5):
        world.deliver(*[record(f"{run}-{each}") for each in range(1500)])
        world.now += 1
    assert len(world.calls) == 1
    assert world.secret_reads <= 2
    world.now += 60
    world.says = lambda *_: OK
    assert world.deliver(record(1)).failed == []


def test_what_was_not_sent_for_a_refused_token_waits_as_long_as_what_was() -> None:
    world = World(says=lambda *_: REVOKED)
    report = world.deliver(*[record(each) for each in range(1500)])
    assert report.returned == {"credentials": 1500}
    assert min(world.waits.values()) >= HOLD_SECONDS / 2


def test_secret_that_cannot_be_read_holds_everything() -> None:
    world = World(known=set())
    world._read_secret = lambda: "not JSON"  # type: ignore[method-assign]  # noqa: SLF001
    world.__post_init__()
    report = world.deliver(record(1), record(2, OTHER))
    assert report.failed == ["m-1", "m-2"]
    assert report.returned == {"credentials": 2}
    assert world.parked == []


# ── many destinations ──────────────────────────────────────────────────────────────────────────────────────


def test_one_destination_that_fails_keeps_no_other_back() -> None:
    world = World(says=lambda to, _ids, _token: REVOKED if to == OTHER else OK)
    report = world.deliver(record(1), record(2, OTHER), record(3))
    assert report.failed == ["m-2"]
    assert sorted(world.delivered) == ["1", "3"]


def test_slow_destination_delays_none_of_the_others() -> None:
    others = [Destination("web", f"P{number}") for number in range(6)]
    answered = threading.Semaphore(0)
    all_answered: list[bool] = []

    def say(to: Destination, _ids: Sequence[str], _token: str) -> Answer:
        if to == OTHER:
            # Ends only once every other destination was answered; that fails when they wait for it.
            all_answered.append(all(answered.acquire(timeout=20) for _ in others))
        else:
            answered.release()
        return OK

    world = World(says=say, tokens={each.event_source_id: "t" for each in (OTHER, *others)})
    report = world.deliver(record("slow", OTHER), *[record(each.event_source_id, each) for each in others])
    assert report.failed == []
    assert all_answered == [True]


def test_destinations_that_failed_last_time_come_last() -> None:
    many = [Destination("web", f"P{number}") for number in range(DESTINATIONS_AT_ONCE + 1)]
    world = World(tokens={each.event_source_id: "t" for each in many})
    world.breakers.of(many[0]).note(BROKEN, world.now)
    first_round = threading.Barrier(DESTINATIONS_AT_ONCE, timeout=20)
    started: list[Destination] = []

    def say(to: Destination, _ids: Sequence[str], _token: str) -> Answer:
        started.append(to)
        if to != many[0]:
            first_round.wait()
        return OK

    world.says = say
    world.deliver(*[record(each.event_source_id, each) for each in many])
    assert started[-1] == many[0]


def test_each_destination_has_its_own_token() -> None:
    world = World(tokens={DESTINATION.event_source_id: "one", "OTHERPIXEL": "two"})
    world.deliver(record(1), record(2, OTHER))
    assert {(call[0], call[2]) for call in world.calls} == {(DESTINATION, "one"), (OTHER, "two")}


# ── in time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_time_kept_for_a_request_is_what_the_client_may_take() -> None:
    assert MOST_SECONDS < REQUEST_SECONDS


def test_no_request_begins_that_could_not_end_in_time() -> None:
    world = World(says=refuses(*map(str, range(0, 1000, 10))), takes=1.0)
    report = world.deliver(*[record(each) for each in range(1000)])
    assert world.left > REPORT_SECONDS
    assert report.failed
    assert len(world.parked) + len(world.delivered) + len(report.failed) == 1000
    assert len(world.calls) == 90 - REPORT_SECONDS - REQUEST_SECONDS


def test_run_that_begins_late_sends_nothing_and_reports() -> None:
    world = World(left=REPORT_SECONDS)
    assert world.deliver(record(1)).failed == ["m-1"]
    assert world.calls == []


def test_run_reports_although_a_request_never_ends() -> None:
    hang = threading.Event()

    def say(to: Destination, _ids: Sequence[str], _token: str) -> Answer:
        if to == OTHER:
            hang.wait(20)
        return OK

    world = World(says=say, left_to_report=0.2)
    report = world.deliver(record(1), record(2, OTHER))
    assert not hang.is_set()
    hang.set()
    assert report.failed == ["m-2"]
    assert report.returned == {"transient": 1}
    assert "1" in world.delivered


def test_error_that_nobody_foresaw_gives_its_rows_back_and_is_told() -> None:
    def say(to: Destination, _ids: Sequence[str], _token: str) -> Answer:
        if to == OTHER:
            raise RuntimeError
        return OK

    world = World(says=say)
    report = world.deliver(record(1), record(2, OTHER))
    assert report.failed == ["m-2"]
    assert [type(each) for each in report.errors] == [RuntimeError]


def test_message_given_twice_in_one_batch_costs_nothing() -> None:
    world = World(says=refuses("2"))
    report = world.deliver(record(1), record(1), record(2), record(2))
    assert report.failed == []
    assert set(world.delivered) == {"1"}
    assert {each.body for each in world.parked} == {record(2).body}
