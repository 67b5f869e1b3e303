"""Delivery: few requests, delivered only when TikTok says so, dead-lettered only with a reason."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from relay.delivery import deliver as deliver_module
from relay.delivery.backoff import FIRST_DELAY, LIFETIME
from relay.delivery.batching import MAX_REQUEST_BYTES
from relay.delivery.deliver import MAX_WORKERS, Report
from relay.delivery.outcomes import Record
from relay.delivery.ports import REPORT_SECONDS, REQUEST_SECONDS
from relay.destination import Destination
from relay.message import decode
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.client import MAX_RESET_SECONDS, MAX_SECONDS
from relay.tiktok.responses import Response
from tests.support.delivery import BROKEN, OK, OTHER, REVOKED, THROTTLED, World, item, record, rejects
from tests.support.events import DESTINATION, NOW


def reasons(report: Report) -> dict[str, int]:
    return Counter(reason for _, reason in report.dead_lettered)


def outcomes(report: Report) -> dict[str, int]:
    return Counter(entry.response.outcome for entry in report.retried if entry.response)


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
    world.deliver(*[record(entry) for entry in range(number)])
    assert len(world.calls) == -(-number // 1000)
    assert all(len(ids) <= 1000 for ids in world.requests())


def test_request_is_cut_by_bytes_too() -> None:
    world = World()
    text = item("x", description="x" * 190_000)
    world.deliver(*[record(entry, text=text) for entry in range(50)])
    assert len(world.calls) == 3
    assert max(len(ids) for ids in world.requests()) * len(text) <= MAX_REQUEST_BYTES


def test_test_events_go_apart_from_real_ones() -> None:
    world = World()
    test = Destination("web", DESTINATION.event_source_id, "TEST1")
    world.deliver(record(1), record(2, test))
    assert {call[0] for call in world.calls} == {DESTINATION, test}


# ── delivered only when TikTok says so ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "response",
    [
        BROKEN,
        THROTTLED,
        REVOKED,
        Response("transient", None),
        Response("partial", 200, 20001),
        Response("unknown", 200, 31337),
    ],
    ids=lambda response: response.outcome,
)
def test_what_tiktok_did_not_confirm_is_sent_to_the_retry_queue_with_a_delay(response: Response) -> None:
    world = World(respond=lambda *_: response)
    report = world.deliver(record(1), record(2))
    assert report.failed == []
    assert outcomes(report) == {response.outcome: 2}
    assert world.dead_letters == []
    for event_id in ("1", "2"):
        retry = world.retried()[event_id]
        assert FIRST_DELAY / 2 <= retry.delay_seconds <= FIRST_DELAY
        assert retry.group == f"web/{DESTINATION.event_source_id}"
        assert decode(retry.body) == decode(record(event_id)["body"])._replace(attempts=1)


def test_bad_rows_are_dead_lettered_and_the_good_ones_delivered_in_the_same_run() -> None:
    world = World(respond=rejects("3", "7"))
    report = world.deliver(*[record(number) for number in range(10)])
    assert (report.failed, report.retried) == ([], [])
    assert sorted(world.delivered) == ["0", "1", "2", "4", "5", "6", "8", "9"]
    assert sorted(letter.body for letter in world.dead_letters) == sorted(record(n)["body"] for n in (3, 7))
    assert reasons(report) == {"rejected": 2}


def test_message_that_the_dead_letter_queue_did_not_take_is_reported_as_failed() -> None:
    world = World(respond=rejects("1", "2"), dead_letter_fails=1)
    report = world.deliver(record(1), record(2))
    assert len(report.failed) == len(report.not_dead_lettered) == len(world.dead_letters) == 1
    assert world.retries == []


def test_one_of_ten_that_the_retry_queue_did_not_take_is_reported_as_failed() -> None:
    world = World(respond=lambda *_: BROKEN, retry_fails=1)
    report = world.deliver(*[record(number) for number in range(10)])
    assert report.failed == ["m-0"]
    assert [entry.record["messageId"] for entry in report.not_retried] == ["m-0"]
    assert sorted(world.retried()) == [str(number) for number in range(1, 10)]
    assert len(report.retried) == 9


def test_retry_after_is_the_least_delay() -> None:
    world = World(respond=lambda *_: Response("throttled", 429, retry_after=77.0))
    world.deliver(record(1))
    assert world.retried()["1"].delay_seconds >= 77


def test_delay_grows_with_the_attempts_in_the_message_not_with_the_receives_of_the_queue() -> None:
    world = World(respond=lambda *_: BROKEN)
    world.deliver(record(1, attempts=4, receives=1), record(2, receives=4))
    assert world.retried()["1"].delay_seconds > 80 > FIRST_DELAY >= world.retried()["2"].delay_seconds
    assert decode(world.retried()["1"].body).attempts == 5


def test_receipt_time_sender_and_trace_id_stay_through_every_retry() -> None:
    world = World(respond=lambda *_: BROKEN)
    made = record(1)
    for attempt in range(1, 30):
        world.now += 60  # past the pause of the breaker
        world.deliver(made)
        made["body"] = world.retries[-1].body
        assert decode(made["body"]) == decode(record(1)["body"])._replace(attempts=attempt)


def test_message_that_the_queue_gave_out_twice_in_one_batch_is_retried_once() -> None:
    world = World(respond=lambda *_: BROKEN)
    world.deliver(record(1), record(1))
    assert len(world.retries) == 1


# ── dead-lettered only with a reason ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        "rubbish",
        '[3,"web","P","",1,"server","t",2]\n{}',
        '[2,"web","P","",1,"s","t","x",0,2]\n{}',
        record(1)["body"][:-1],
        "",
    ],
)
def test_unreadable_message_is_dead_lettered_and_spoils_no_other(body: str) -> None:
    world = World()
    report = world.deliver(record("bad", body=body), record(1))
    assert report.failed == []
    assert world.delivered == ["1"]
    assert [(letter.body, letter.attributes["reason"]) for letter in world.dead_letters] == [
        (body, "unreadable")
    ]


def test_unknown_destination_is_dead_lettered_and_spoils_no_other() -> None:
    world = World()
    report = world.deliver(record(1, Destination("web", "GONE")), record(2))
    assert reasons(report) == {"unknown_destination": 1}
    assert world.dead_letters[0].attributes["destination"] == "web/GONE"
    assert world.delivered == ["2"]


def test_destination_that_was_just_added_to_the_secret_is_found() -> None:
    world = World()
    world.deliver(record(1))
    world.tokens["NEW"] = "token"
    world.now += 30
    assert world.deliver(record(2, Destination("web", "NEW"))).dead_lettered == []
    assert world.delivered == ["1", "2"]


@pytest.mark.parametrize("tokens", [{}, {DESTINATION.event_source_id: ""}])
def test_pixel_of_the_template_waits_for_its_token(tokens: dict[str, str]) -> None:
    world = World(tokens=tokens, known={DESTINATION.event_source_id})
    report = world.deliver(record(1))
    assert (report.failed, report.dead_lettered) == ([], [])
    assert outcomes(report) == {"unauthorised": 1}
    assert world.calls == []


def test_pixel_in_the_secret_without_a_token_waits_too() -> None:
    world = World(tokens={"LATER": ""})
    assert len(world.deliver(record(1, Destination("web", "LATER"))).retried) == 1


def test_event_of_thirteen_days_is_sent_once_more_and_then_dead_lettered_as_expired() -> None:
    world = World(respond=lambda *_: REVOKED)
    report = world.deliver(record(1, age=LIFETIME, attempts=1600), record(2))
    assert len(world.calls) == 1
    assert reasons(report) == {"expired": 1}
    assert list(world.retried()) == ["2"]
    assert world.dead_letters[0].attributes["tiktok_code"] == "40105"
    assert world.dead_letters[0].attributes["attempts"] == "1601"


def test_old_event_that_tiktok_takes_is_delivered() -> None:
    world = World()
    assert world.deliver(record(1, age=LIFETIME)).dead_lettered == []
    assert world.delivered == ["1"]


def test_replayed_event_has_another_thirteen_days() -> None:
    world = World(respond=lambda *_: REVOKED)
    report = world.deliver(record(1, age=3 * LIFETIME, replayed_at=NOW - 60))
    assert (report.dead_lettered, list(world.retried())) == ([], ["1"])


def test_old_event_that_there_was_no_time_for_gets_its_attempt_first() -> None:
    world = World(left=REPORT_SECONDS)
    report = world.deliver(record(1, age=LIFETIME))
    assert report.dead_lettered == []
    assert decode(world.retried()["1"].body).attempts == 0


def test_old_events_that_were_in_no_request_get_their_attempt_first() -> None:
    world = World(respond=lambda *_: THROTTLED)
    report = world.deliver(*[record(number, age=LIFETIME) for number in range(1500)])
    assert reasons(report) == {"expired": 1000}
    # The breaker is open: nothing is sent, so nothing expires but what has failed for long.
    assert reasons(world.deliver(record("later", age=LIFETIME))) == {}
    assert reasons(world.deliver(record("tried", age=LIFETIME, attempts=1600))) == {"expired": 1}


def test_old_event_without_a_token_expires() -> None:
    world = World(tokens={DESTINATION.event_source_id: ""})
    assert reasons(world.deliver(record(1, age=LIFETIME))) == {"expired": 1}


def test_replayed_event_is_as_old_as_its_replay() -> None:
    world = World()
    report = world.deliver(record(1, age=5 * 86_400, replayed_at=NOW - 5))
    assert report.oldest_age == 5
    assert [request.age for request in report.requests] == [5]


def test_age_of_the_oldest_event_is_reported() -> None:
    world = World(respond=lambda to, *_: BROKEN if to == OTHER else OK)
    assert world.deliver(record(1, age=5), record(2, OTHER, age=700)).oldest_age == 700
    assert world.deliver(record(3, body="rubbish")).oldest_age is None


# ── tokens ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_rejected_token_is_looked_up_again_and_tried_once_more() -> None:
    valid = {"old"}
    world = World(respond=lambda _to, _ids, token: OK if token in valid else REVOKED)
    world.tokens = {DESTINATION.event_source_id: "old"}
    world.deliver(record(0))
    valid, world.tokens = {"new"}, {DESTINATION.event_source_id: "new"}
    world.now += 30
    assert world.deliver(record(1)).retried == []
    assert [call[2] for call in world.calls] == ["old", "old", "new"]


def test_rotation_loses_and_doubles_nothing() -> None:
    valid = {"old"}
    world = World(respond=lambda _to, _ids, token: OK if token in valid else REVOKED)
    world.tokens = {DESTINATION.event_source_id: "old"}
    waiting: list[Record] = []
    for step in range(10):
        if step == 3:
            valid.clear()  # revoked before the new one is in place
        if step == 6:
            valid.add("new")
            world.tokens = {DESTINATION.event_source_id: "new"}
        world.deliver(record(step), *waiting)
        waiting = [record(f"r{number}", body=retry.body) for number, retry in enumerate(world.retries)]
        world.retries.clear()
        world.now += 300
    assert sorted(world.delivered) == sorted(map(str, range(10)))
    assert (waiting, world.dead_letters) == ([], [])


def test_rejected_token_is_not_hammered() -> None:
    world = World(respond=lambda *_: REVOKED)
    for run in range(5):
        world.deliver(*[record(f"{run}-{entry}") for entry in range(1500)])
        world.now += 1
    assert len(world.calls) == 1
    assert world.secret_reads <= 2
    world.now += 60
    world.respond = lambda *_: OK
    assert world.deliver(record(1)).retried == []


def test_what_was_not_sent_for_an_open_breaker_is_retried_like_what_was() -> None:
    world = World(respond=lambda *_: REVOKED)
    report = world.deliver(*[record(number) for number in range(1500)])
    assert outcomes(report) == {"unauthorised": 1500}
    assert {decode(retry.body).attempts for retry in world.retries} == {1}


def test_secret_that_cannot_be_read_retries_everything() -> None:
    world = World(known=set())
    world._read_secret = lambda: "not JSON"  # type: ignore[method-assign]  # noqa: SLF001
    world.__post_init__()
    report = world.deliver(record(1), record(2, OTHER))
    assert sorted(world.retried()) == ["1", "2"]
    assert outcomes(report) == {"unauthorised": 2}
    assert world.dead_letters == []


# ── many destinations ──────────────────────────────────────────────────────────────────────────────────────


def test_one_destination_that_fails_keeps_no_other_back() -> None:
    world = World(respond=lambda to, _ids, _token: REVOKED if to == OTHER else OK)
    world.deliver(record(1), record(2, OTHER), record(3))
    assert list(world.retried()) == ["2"]
    assert sorted(world.delivered) == ["1", "3"]


def test_slow_destination_delays_none_of_the_others() -> None:
    others = [Destination("web", f"P{number}") for number in range(6)]
    answered = threading.Semaphore(0)
    all_answered: list[bool] = []

    def respond(to: Destination, _ids: Sequence[str], _token: str) -> Response:
        if to == OTHER:
            # Ends only once every other destination was answered; that fails when they wait for it.
            all_answered.append(all(answered.acquire(timeout=20) for _ in others))
        else:
            answered.release()
        return OK

    world = World(respond=respond, tokens={entry.event_source_id: "t" for entry in (OTHER, *others)})
    report = world.deliver(record("slow", OTHER), *[record(other.event_source_id, other) for other in others])
    assert report.retried == []
    assert all_answered == [True]


def test_destinations_that_failed_last_time_come_last() -> None:
    many = [Destination("web", f"P{number}") for number in range(MAX_WORKERS + 1)]
    world = World(tokens={entry.event_source_id: "t" for entry in many})
    world.breakers.get(many[0]).record(BROKEN, world.now)
    first_round = threading.Barrier(MAX_WORKERS, timeout=20)
    started: list[Destination] = []

    def respond(to: Destination, _ids: Sequence[str], _token: str) -> Response:
        started.append(to)
        if to != many[0]:
            first_round.wait()
        return OK

    world.respond = respond
    world.deliver(*[record(entry.event_source_id, entry) for entry in many])
    assert started[-1] == many[0]


def test_each_destination_has_its_own_token() -> None:
    world = World(tokens={DESTINATION.event_source_id: "one", "OTHERPIXEL": "two"})
    world.deliver(record(1), record(2, OTHER))
    assert {(call[0], call[2]) for call in world.calls} == {(DESTINATION, "one"), (OTHER, "two")}


def test_a_thousand_destinations_in_one_batch_are_delivered() -> None:
    world = World()
    destinations = [DESTINATION._replace(test_event_code=f"T{number}") for number in range(1000)]
    report = world.deliver(*[record(to.test_event_code, to) for to in destinations])
    assert (len(world.delivered), report.retried) == (1000, [])
    assert len(world.breakers) == 1


def test_slow_destinations_share_a_few_threads() -> None:
    destinations = [DESTINATION._replace(test_event_code=f"T{number}") for number in range(100)]
    threads: list[int] = []

    def respond(_to: Destination, _ids: Sequence[str], _token: str) -> Response:
        # Long enough for a thread of each destination, if there were one, to begin as well.
        time.sleep(0.02)
        threads.append(threading.active_count())
        return OK

    before = threading.active_count()
    world = World(respond=respond)
    world.deliver(*[record(to.test_event_code, to) for to in destinations])
    assert max(threads) <= before + MAX_WORKERS


def test_real_events_are_sent_before_test_events() -> None:
    tests = [DESTINATION._replace(test_event_code=f"T{number}") for number in range(50)]
    world = World()
    world.deliver(*[record(to.test_event_code, to) for to in tests], record("real"))
    assert "real" in [ids[0] for ids in world.requests()[:MAX_WORKERS]]


# ── in time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_time_kept_for_a_request_is_what_the_client_may_take() -> None:
    assert MAX_RESET_SECONDS + MAX_SECONDS < REQUEST_SECONDS


def test_no_request_begins_that_could_not_end_in_time() -> None:
    world = World(respond=rejects(*map(str, range(0, 1000, 10))), takes=1.0)
    report = world.deliver(*[record(number) for number in range(1000)])
    assert world.left > REPORT_SECONDS
    assert report.failed == []
    assert len(world.dead_letters) + len(world.delivered) + len(world.retries) == 1000
    assert len(world.calls) == 90 - REPORT_SECONDS - REQUEST_SECONDS
    assert {decode(retry.body).attempts for retry in world.retries} == {0}


def test_run_that_begins_late_sends_nothing_and_uses_up_no_attempt() -> None:
    world = World(left=REPORT_SECONDS)
    assert world.deliver(record(1, attempts=7)).failed == []
    assert world.calls == []
    assert decode(world.retried()["1"].body).attempts == 7


def test_no_request_begins_after_a_slow_read_of_the_secret() -> None:
    world = World(left=REPORT_SECONDS + REQUEST_SECONDS + 5, secret_takes=10)
    assert world.deliver(record(1, attempts=7)).failed == []
    assert world.calls == []
    assert decode(world.retried()["1"].body).attempts == 7


def test_no_second_request_begins_after_a_slow_read_of_a_new_token() -> None:
    world = World(respond=lambda *_: REVOKED, takes=1.0)
    world.tokens = {DESTINATION.event_source_id: "old"}
    world.deliver(record(0))
    world.calls.clear()
    world.retries.clear()
    world.now += 60
    world.tokens, world.secret_takes = {DESTINATION.event_source_id: "new"}, 30.0
    world.left = REQUEST_SECONDS + REPORT_SECONDS + 20.0
    assert outcomes(world.deliver(record(1))) == {"unauthorised": 1}
    assert [token for _, _, token in world.calls] == ["old"]


def test_run_reports_although_a_request_never_ends() -> None:
    hang = threading.Event()

    def respond(to: Destination, _ids: Sequence[str], _token: str) -> Response:
        if to == OTHER:
            hang.wait(20)
        return OK

    world = World(respond=respond, left_to_report=0.2)
    report = world.deliver(record(1), record(2, OTHER))
    assert not hang.is_set()
    hang.set()
    assert list(world.retried()) == ["2"]
    assert outcomes(report) == {"transient": 1}
    assert "1" in world.delivered


def test_unforeseen_error_retries_its_rows_with_a_growing_delay_and_is_reported() -> None:
    def respond(to: Destination, _ids: Sequence[str], _token: str) -> Response:
        if to == OTHER:
            raise RuntimeError
        return OK

    world = World(respond=respond)
    report = world.deliver(record(1), record(2, OTHER))
    assert list(world.retried()) == ["2"]
    assert decode(world.retried()["2"].body).attempts == 1
    assert [type(error) for error in report.errors] == [RuntimeError]


def test_unforeseen_error_before_a_request_counts_as_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(AccessTokens, "get", lambda *_, **__: 1 / 0)
    report = world.deliver(record(1), record(2, age=LIFETIME))
    assert decode(world.retried()["1"].body).attempts == 1
    assert reasons(report) == {"expired": 1}
    assert [type(error) for error in report.errors] == [ZeroDivisionError]


@pytest.mark.parametrize("maker", ["make_dead_letter", "make_retry"])
def test_event_that_makes_the_code_raise_costs_no_other(maker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = getattr(deliver_module, maker)

    def make(about: Any, *more: Any) -> Any:
        if "bad" in repr(about):
            raise IndexError
        return made(about, *more)

    monkeypatch.setattr(deliver_module, maker, make)
    world = World(respond=rejects("1", "bad") if maker == "make_dead_letter" else lambda *_: BROKEN)
    report = world.deliver(record(1), record("bad"), record(3))
    assert report.failed == ["m-bad"]
    assert [type(error) for error in report.errors] == [IndexError]
    assert len(world.dead_letters) + len(world.delivered) + len(world.retries) == 2


def test_message_given_twice_in_one_batch_costs_nothing() -> None:
    world = World(respond=rejects("2"))
    report = world.deliver(record(1), record(1), record(2), record(2))
    assert (report.failed, report.retried) == ([], [])
    assert set(world.delivered) == {"1"}
    assert [letter.body for letter in world.dead_letters] == [record(2)["body"]]
