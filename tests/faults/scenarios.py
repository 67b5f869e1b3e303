"""Scenarios: short runs in each of which one kind of fault occurs for certain, with the oracle that sees it.

Each is a function of a machine that was reset; it raises ProofError where something is not as it has to be,
and counts in `situations` how often its fault occurred.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from local.simulator.json_types import Json
from relay.delivery.circuit_breaker import PAUSE_SECONDS
from relay.destination import Destination
from relay.message import decode
from tests.faults import events
from tests.faults.events import BAD, GONE, PLAIN, SLOW, TOKEN, make_item, message
from tests.faults.machine import Machine, Run, must
from tests.faults.servers import CALL_FAULTS

DAY: Final[float] = 86_400.0


# ── TikTok's responses ─────────────────────────────────────────────────────────────────────────────────────


def part_accepted_without_a_list(machine: Machine) -> None:
    """Code 20001 without a list: TikTok stored half of the rows. All of them come again."""
    ids = _send(machine, 40)
    machine.simulator.add_fault("partial", listed=False, times=1)
    run = _run(machine)
    must(len(machine.retries) == 40, "rows of a partial response without a list are not retried")
    machine.situations["20001 without a list"] += len(run.requests)
    machine.drain()
    _must_be_delivered(machine, ids)


def failed_events_beside_code_0(machine: Machine) -> None:
    """Code 0 with a list of failed events, which TikTok did not store: each of them is sent again."""
    for code in (0, 20001):
        ids = _send(machine, 40)
        machine.simulator.add_fault("partial", code=code, times=1)
        _run(machine)
        machine.situations[f"failed events beside code {code}"] += 1
        machine.drain()
        _must_be_delivered(machine, ids)


def failed_events_with_impossible_numbers(machine: Machine) -> None:
    """Failed events at index -1 and beyond the request: no empty request, no loss."""
    ids = _send(machine, 10)
    machine.simulator.add_fault("partial", index=-1, times=1)
    run = _run(machine)
    must(all(request["rows"] for request in run.requests), "a request without rows was sent")
    machine.situations["failed event with index -1"] += 1
    machine.drain()
    _must_be_delivered(machine, ids)


def rows_without_a_result(machine: Machine) -> None:
    """A response that never ends when the run does: its rows are retried, and the others are not held up."""
    slow, others = _send(machine, 5, SLOW), _send(machine, 5)
    machine.simulator.add_fault("drip", seconds=6, times=1, event_source_id=SLOW.event_source_id)
    run = _run(machine, seconds=2.4, patience=0.05)
    must(run.failed == set(), "rows without a result were not sent to the retry queue")
    must(
        {_id(entry.body) for entry in machine.retries.messages()} == slow,
        "not the unfinished rows are retried",
    )
    _must_be_delivered(machine, others)
    machine.situations["request unfinished at the end of a run"] += 1
    machine.drain()
    _must_be_delivered(machine, slow | others)


def connection_reset_once(machine: Machine) -> None:
    """A connection that is reset before the first byte of a response is tried once more in the same run."""
    for moment in ("before_body", "after_body"):
        ids = _send(machine, 5)
        machine.simulator.add_fault("reset", moment=moment, times=1)
        _run(machine)
        must(not len(machine.retries), "events were delayed although a second connection works")
        _must_be_delivered(machine, ids)
        machine.situations["connection reset, second one works"] += 1


def redirects_are_not_followed(machine: Machine) -> None:
    """A redirect to another host: the token must not go there."""
    ids = _send(machine, 3)
    machine.simulator.add_fault("redirect", location=machine.simulator.url + "/elsewhere", times=1)
    run = _run(machine)
    must(len(run.requests) == 1, "the HTTP client followed a redirect")
    must(len(machine.retries) == 3, "a redirected request was taken for delivered")
    machine.situations["redirect"] += 1
    machine.drain()
    _must_be_delivered(machine, ids)


def every_other_fault_of_tiktok(machine: Machine) -> None:
    """Whatever else TikTok does, an event is at TikTok once at the end, and none is dead-lettered."""
    for fault in LINE_FAULTS:
        ids = _send(machine, 3)
        machine.simulator.add_fault(**fault, times=2)
        machine.drain()
        _must_be_delivered(machine, ids)
        must(not len(machine.dead_letters), f"a good event was dead-lettered after {fault}")


# ── retry, breaker, tokens, expiry ─────────────────────────────────────────────────────────────────────────


def delays_of_retries(machine: Machine) -> None:
    """Each retry is delayed: seconds at first, five minutes in the first hour, 15 minutes after it."""
    _send(machine, 1, TOKEN)
    machine.revoke_token(TOKEN.event_source_id)
    start = machine.now()
    for attempt in range(1, 41):
        _run(machine, queue=None)
        must(len(machine.aws.retries) == attempt, "an attempt did not become exactly one retry")
        retry = machine.aws.retries[-1]
        found = decode(retry.body)
        must(found.attempts == attempt, f"attempt {attempt} is counted as {found.attempts}")
        must(abs(found.received_at - start) < 5, "the first receipt time changed")
        must(retry.group == f"web/{TOKEN.event_source_id}", f"the fair-queue group is {retry.group!r}")
        longest = min(10 * 2 ** (attempt - 1), 300 if attempt <= 20 else 900)
        must(longest / 2 <= retry.delay <= longest, f"attempt {attempt} is delayed by {retry.delay} s")
        must(not machine.events.in_flight + machine.retries.in_flight, "a waiting event is in flight")
    machine.situations["retry delayed"] += 40


def retry_after_is_respected(machine: Machine) -> None:
    """A Retry-After is the least delay, and nothing is sent before it is over."""
    _send(machine, 3)
    machine.simulator.add_fault("throttle", http_status=429, retry_after=200, times=1)
    _run(machine)
    must(min(retry.delay for retry in machine.aws.retries) >= 200, "a Retry-After was not respected")
    _send(machine, 3)
    machine.ahead += 100
    must(not _run(machine).requests, "a request was sent before the Retry-After was over")
    machine.situations["Retry-After"] += 1


def circuit_breaker_opens(machine: Machine) -> None:
    """After a response that throttles or rejects the token, a destination gets no further request for a
    while."""
    for kind in ("throttle", "token_revoked"):
        machine.simulator.add_fault(kind, event_source_id=PLAIN.event_source_id)
        _send(machine, 3500)
        run = _run(machine, most=3500)
        must(len(run.requests) == 1, f"{len(run.requests)} requests after {kind} in one run")
        _send(machine, 1)
        must(not _run(machine).requests, "a paused destination got a request in the next run")
        machine.situations["circuit breaker open"] += 1
        machine.simulator.clear_faults()
        machine.ahead += 31
        _send(machine, 1)
        must(len(_run(machine).requests) == 1, "a destination stays paused")
    machine.drain(most=5000)


def breaker_opens_after_three_time_outs(machine: Machine) -> None:
    """Three failures in a row of another kind pause a destination too."""
    machine.simulator.add_fault("error", code=50002)
    _send(machine, 5500)
    run = _run(machine, most=5500)
    must(len(run.requests) == 3, f"{len(run.requests)} requests to a failing destination in one run")
    machine.situations["circuit breaker open"] += 1


def token_is_rotated(machine: Machine) -> None:
    """A token that was replaced in the secret is used in the same run in which the old one is rejected."""
    ids = _send(machine, 3, TOKEN)
    _run(machine)
    for _ in range(5):
        machine.ahead += 120
        machine.grant_new_tokens(TOKEN.event_source_id)
        ids |= _send(machine, 3, TOKEN)
        run = _run(machine)
        codes = [request["code"] for request in run.requests]
        must(codes == [40105, 0], f"after a rotation TikTok answered {codes}")
        machine.situations["token rotated"] += 1
    must(not len(machine.retries), "events were delayed although the new token was there")
    _must_be_delivered(machine, ids)


def secret_cannot_be_read(machine: Machine) -> None:
    """Secrets Manager fails in every way, at a cold start and later: events are retried, none
    dead-lettered."""
    for fault in CALL_FAULTS:
        machine.dispatch.restart()
        machine.aws.fault = _only("GetSecretValue", fault)
        ids = _send(machine, 3)
        _run(machine)
        must(len(machine.retries) == 3, f"without a secret ({fault}) events are not retried")
        machine.aws.fault = _never
        machine.ahead += 120
        machine.drain()
        _must_be_delivered(machine, ids)
        # The cached copy stays in force while it can't be read again.
        machine.aws.fault = _only("GetSecretValue", fault)
        machine.ahead += 400
        ids = _send(machine, 3)
        _run(machine)
        _must_be_delivered(machine, ids, f" while a cached secret can't be read ({fault})")
        machine.aws.fault = _never
    machine.dispatch.restart()
    machine.aws.secrets["tiktok"] = "not JSON"
    ids = _send(machine, 3)
    _run(machine)
    must(len(machine.retries) == 3, "with a broken secret events are not retried")
    machine.situations["Secrets Manager: secret is not JSON"] += 1
    machine.grant_new_tokens()
    machine.ahead += 120
    machine.drain()
    _must_be_delivered(machine, ids)
    must(not len(machine.dead_letters), "an event was dead-lettered without the secret")


def event_of_thirteen_days_expires(machine: Machine) -> None:
    """A destination that never works: its events are retried for 13 days, dead-lettered then, and
    replayed."""
    machine.revoke_token(TOKEN.event_source_id)
    ids, start = _send(machine, 20, TOKEN), machine.now()
    fresh: set[str] = set()
    while len(machine.retries) or len(machine.events):
        age = machine.now() - start
        must(age < 13.6 * DAY, "an event of more than 13 days is still retried")
        must(not len(machine.dead_letters) or age >= 13 * DAY, f"dead-lettered after {age / DAY:.1f} days")
        machine.ahead += DAY / 4
        fresh |= _send(machine, 1)
        _run(machine, queue=machine.events)
        _run(machine, queue=machine.retries)
    _must_be_delivered(machine, fresh)
    reasons = Counter(letter.attributes.get("reason") for letter in machine.dead_letters.messages())
    must(reasons == {"expired": 20}, f"dead letters after 13 days: {dict(reasons)}")
    machine.situations["event of 13 days expires"] += 20
    must(machine.replay().sent == 20, "replay did not send everything")
    # The circuit breaker is closed again, so that they are sent.
    machine.ahead += 2 * PAUSE_SECONDS
    _run(machine, queue=machine.events)
    must(not len(machine.dead_letters), "a replayed event expires at its first attempt")
    machine.grant_new_tokens(TOKEN.event_source_id)
    machine.drain()
    _must_be_delivered(machine, ids)


def limit_of_messages_in_flight(machine: Machine) -> None:
    """One destination fails and more events wait than may be in flight: no other is delayed.

    The limit is 400 here, a three-hundredth of SQS's; the failing destination has 1,200 events waiting.
    """
    machine.revoke_token(TOKEN.event_source_id)
    fresh: set[str] = set()
    for minute in range(90):
        if minute < 60:
            _send(machine, 20, TOKEN)
        fresh |= _send(machine, 2)
        machine.ahead += 60
        _run(machine, queue=machine.events, most=200)
        _run(machine, queue=machine.retries, most=200)
        delivered = machine.simulator.stats()["counted"]
        must(delivered == len(fresh), f"minute {minute}: fresh events wait behind a failing destination")
    waiting = len(machine.retries)
    must(waiting == 60 * 20, f"{waiting} events wait, expected 1,200")
    flying = max(machine.events.most_in_flight, machine.retries.most_in_flight)
    must(flying <= 200, f"{flying} messages in flight: waiting events are among them")
    must(not machine.events.receives_at_limit + machine.retries.receives_at_limit, "the limit was reached")
    machine.situations["events waiting, beyond the limit in flight"] += waiting


# ── SQS ────────────────────────────────────────────────────────────────────────────────────────────────────


def retry_queue_does_not_take_a_message(machine: Machine) -> None:
    """The re-send fails: for one entry of ten, or the whole call in every way. The message comes back."""
    ids = _send(machine, 30)
    machine.simulator.add_fault("error", code=50002, times=1)
    victims = set(sorted(ids)[:20:11])
    machine.aws.fail_bodies = _one_of(victims)
    run = _run(machine)
    reported = {_id(entry.body) for entry in run.given if entry.message_id in (run.failed or ())}
    must(reported == victims, f"reported as failed: {sorted(reported)}, expected {sorted(victims)}")
    machine.aws.fail_bodies = _no_body
    for fault in CALL_FAULTS:
        more = _send(machine, 12)
        machine.ahead += 31
        machine.simulator.add_fault("error", code=50002, times=1)
        machine.aws.fault = _only("SendMessage", fault)
        run = _run(machine, queue=machine.events, most=len(machine.events))
        must(
            run.failed == {entry.message_id for entry in run.given},
            f"SQS failed ({fault}), and no report of it",
        )
        machine.aws.fault = _never
        ids |= more
    machine.drain()
    _must_be_delivered(machine, ids)


def dead_letter_queue_does_not_take_a_message(machine: Machine) -> None:
    """A dead letter can't be sent: the message comes back and is dead-lettered later, with its reason."""
    bodies = {f"{BAD}-0": message(GONE, make_item(f"{BAD}-0", machine.now()), machine.now())}
    bodies[f"{BAD}-1"] = bodies[f"{BAD}-0"].replace(f"{BAD}-0", f"{BAD}-1")[:-20]
    for fault in CALL_FAULTS:
        for body in bodies.values():
            machine.events.send(body)
        machine.aws.fault = _only("SendMessage", fault)
        run = _run(machine)
        must(
            run.failed == {entry.message_id for entry in run.given},
            f"SQS failed ({fault}), and no report of it",
        )
        machine.aws.fault = _never
        machine.drain()
        found = {_id(entry.body): entry.attributes.get("reason") for entry in machine.dead_letters.messages()}
        expected = {f"{BAD}-0": "unknown_destination", f"{BAD}-1": "unreadable"}
        must(found == expected, f"dead letters: {found}")
        machine.dead_letters.clear()
        machine.situations["dead-letter queue fails"] += 1


def run_out_of_time(machine: Machine) -> None:
    """TikTok is slow and rejects much: a run ends in time, and what it did not come to is retried."""
    good = {f"order-{number}" for number in range(200)}
    bad = {f"{BAD}-{number}" for number in range(40)}
    for event_id in good | bad:
        machine.events.send(message(PLAIN, make_item(event_id, machine.now()), machine.now()))
    match: dict[str, Json] = {"field": "event_id", "contains": BAD}
    machine.simulator.add_fault("poison", match=match, named=False)
    run = _run(machine, request_seconds=3.0)
    must(15 <= len(run.requests) <= 18, f"{len(run.requests)} requests of 3 s in a run of 90 s")
    must(len(machine.retries) > 0, "what there was no time for is not retried")
    machine.situations["run out of time"] += 1
    for seconds, retried in ((30.0, True), (8.0, False)):
        event_id = f"order-{1000 + int(seconds)}"
        machine.events.send(message(PLAIN, make_item(event_id, machine.now()), machine.now()))
        before = len(machine.retries)
        run = _run(machine, queue=machine.events, seconds=seconds)
        must(not run.requests, f"a request began with {seconds} s left")
        must(
            (len(machine.retries) > before) == retried == (run.failed == set()),
            f"report with {seconds} s left",
        )
        good.add(event_id)
        machine.situations["run out of time"] += 1
    machine.drain()
    _must_be_delivered(machine, good)
    must({_id(letter.body) for letter in machine.dead_letters.messages()} == bad, "not the bad ones are dead")


def message_that_kills_dispatch(machine: Machine) -> None:
    """A message that kills its run five times is moved by SQS, keeps no neighbour, and can be replayed."""
    ids = _send(machine, 3)
    for _ in range(5):
        run = machine.run(1000, kill_at=2)
        must(run is not None and run.failed is None, "the run was not killed")
        machine.ahead += 601
    machine.run(1000)
    must(len(machine.dead_letters) == 3, "SQS moved nothing after five receives")
    machine.situations["moved by SQS after five receives"] += 3
    must(machine.replay().sent == 3, "replay did not send everything")
    machine.drain()
    _must_be_delivered(machine, ids)


def many_destinations_in_one_batch(machine: Machine) -> None:
    """A thousand test codes: few threads, few connections, and the real event among them is delivered."""
    ids = _send(machine, 1)
    for number in range(1000):
        to = PLAIN._replace(test_event_code=f"T{number}")
        machine.events.send(message(to, make_item(f"order-{5000 + number}", machine.now()), machine.now()))
        ids.add(f"order-{5000 + number}")
    machine.simulator.add_fault("slow", seconds=0.02)
    for _ in range(3):
        run = machine.run(1001)
        if run is None:
            break
        result = run.result
        must(result is not None and not result.raised, "dispatch raised")
        must(result is not None and result.threads <= 24, "as many threads as destinations")
        must(result is not None and result.open_files <= 64, "as many connections as destinations")
    machine.simulator.clear_faults()
    machine.drain()
    _must_be_delivered(machine, ids)
    machine.situations["destinations in one batch"] += 1001


# ── ingest and replay ──────────────────────────────────────────────────────────────────────────────────────


def ingest_answers_for_what_is_queued(machine: Machine) -> None:
    """On all three routes, what ingest calls accepted is on the queue, also where SQS failed in part."""
    routes: tuple[tuple[str, Callable[[Sequence[dict[str, Any]]], set[str]]], ...] = (
        ("/v1/events", machine.post_events),
        ("TikTok's route", lambda items: machine.post_tiktok(PLAIN.event_source_id, items)),
        ("webhook", machine.post_webhook),
    )
    number, accepted = 0, set()
    for name, post in routes:
        for fault in (None, "one entry", *CALL_FAULTS):
            batch = [make_item(f"order-{number + place}", machine.now()) for place in range(25)]
            number += 25
            victims = {str(batch[3]["event_id"]), str(batch[14]["event_id"])}
            if fault == "one entry":
                machine.aws.fail_bodies = _one_of(victims)
            elif fault is not None:
                machine.aws.fault = _only("SendMessage", fault)
            before = {_id(entry.body) for entry in machine.events.messages()}
            accepted_ids = post(batch)
            queued = {_id(entry.body) for entry in machine.events.messages()} - before
            must(
                accepted_ids <= queued,
                f"{name}, {fault}: accepted {sorted(accepted_ids - queued)}, which are not queued",
            )
            if fault is None:
                must(len(accepted_ids) == 25, f"{name}: {len(accepted_ids)} of 25 accepted")
            elif fault == "one entry":
                machine.situations["ingest: part of a request not queued"] += 1
            machine.aws.fail_bodies, machine.aws.fault = _no_body, _never
            # Like any sender: everything that was not called accepted is sent again.
            again = [item for item in batch if item["event_id"] not in accepted_ids]
            accepted |= accepted_ids | (post(again) if again else set())
    must(len(accepted) == number, "events were not accepted at the second try")
    machine.drain()
    _must_be_delivered(machine, accepted)


def ingest_is_killed(machine: Machine) -> None:
    """Ingest is killed at each of its steps; the sender sends again, and TikTok counts each event once."""
    ids, killed = set(), 0
    for step in range(1, 12):
        batch = [make_item(f"order-{step * 100 + place}", machine.now()) for place in range(15)]
        accepted_ids = machine.post_events(batch, kill_at=step)
        killed += not accepted_ids
        ids |= accepted_ids or machine.post_events(batch)
    must(killed >= 5, f"ingest was killed at {killed} steps only")
    must(len(ids) == 11 * 15, "events were not accepted at the second try")
    machine.drain()
    _must_be_delivered(machine, ids)


def replay_loses_nothing(machine: Machine) -> None:
    """Replay where SQS fails in part: what the queue did not take stays a dead letter."""
    ids = set()
    for number in range(230):
        event_id = f"order-{number}"
        body = message(PLAIN, make_item(event_id, machine.now()), machine.now())
        machine.dead_letters.send(body, {"reason": "rejected"})
        ids.add(event_id)
    victims = {f"order-{number}" for number in range(0, 230, 23)}
    machine.aws.fail_bodies = _one_of(victims)
    result = machine.replay()
    must((result.sent, result.not_sent) == (220, 10), f"replay: {result}")
    left = {_id(letter.body) for letter in machine.dead_letters.messages()}
    must(left == victims, f"{len(left)} dead letters left, expected the 10 that were not sent")
    machine.aws.fail_bodies = _no_body
    for fault in ("internal error", "reset"):
        machine.aws.fault = _only("SendMessage", fault)
        result = machine.replay()
        must(result.sent == 0 and len(machine.dead_letters) == 10, f"replay while SQS fails: {result}")
        machine.aws.fault = _only("DeleteMessage", fault)
        result = machine.replay()
        must(result.not_deleted == 10 == len(machine.dead_letters), f"replay while deleting fails: {result}")
        machine.aws.fault = _never
        machine.ahead += 1801
    must(machine.replay().sent == 10, "replay did not send the rest")
    must(not len(machine.dead_letters), "dead letters are left")
    machine.drain()
    _must_be_delivered(machine, ids)


# ── helpers ────────────────────────────────────────────────────────────────────────────────────────────────

LINE_FAULTS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "throttle"},
    {"kind": "throttle", "http_status": 429, "retry_after": 45},
    {"kind": "server_error", "http_status": 500},
    {"kind": "server_error", "http_status": 503, "html": True},
    {"kind": "html_502"},
    {"kind": "error", "code": 50002},
    {"kind": "error", "code": 51010},
    {"kind": "error", "code": 31337},
    {"kind": "reset", "moment": "before_body"},
    {"kind": "reset", "moment": "after_body"},
    {"kind": "reset", "moment": "after_accept"},
    {"kind": "timeout_after_accept", "seconds": 0},
    {"kind": "empty_object"},
    {"kind": "not_json"},
    {"kind": "slow", "seconds": 0.2},
    {"kind": "token_revoked"},
    {"kind": "partial", "listed": False},
    {"kind": "redirect", "location": "http://127.0.0.1:9/"},
)
"""Faults of single requests."""


def _send(machine: Machine, number: int, to: Destination = PLAIN) -> set[str]:
    """Put so many good events for a destination on the event queue; their event ids."""
    ids = [f"order-{machine.next_number()}" for _ in range(number)]
    for event_id in ids:
        machine.events.send(message(to, make_item(event_id, machine.now()), machine.now()))
    return set(ids)


def _run(machine: Machine, **options: Any) -> Run:
    options.setdefault("queue", machine.events)
    run = machine.run(**options)
    return run or Run([], set(), None)


def _must_be_delivered(machine: Machine, ids: set[str], when: str = "") -> None:
    received = {str(event["event_id"]) for event in machine.simulator.events()}
    missing = ids - received
    must(not missing, f"{len(missing)} events are lost{when}, such as {min(missing, default='')}")
    twice = machine.simulator.stats()["counted_twice"]
    must(twice == 0, f"{twice} events counted twice")


def _id(body: str) -> str:
    return events.event_id_of(body)


def _never(_operation: str, _queue: str) -> str | None:
    return None


def _no_body(_body: str) -> bool:
    return False


def _one_of(ids: set[str]) -> Callable[[str], bool]:
    return lambda body: _id(body) in ids


def _only(operation: str, fault: str) -> Callable[[str, str], str | None]:
    """Calls of an operation and of its batch end in a fault."""
    return lambda called, _queue: fault if called in (operation, f"{operation}Batch") else None


SCENARIOS: Final[dict[str, Callable[[Machine], None]]] = {
    scenario.__name__: scenario
    for scenario in (
        part_accepted_without_a_list,
        failed_events_beside_code_0,
        failed_events_with_impossible_numbers,
        rows_without_a_result,
        connection_reset_once,
        redirects_are_not_followed,
        every_other_fault_of_tiktok,
        delays_of_retries,
        retry_after_is_respected,
        circuit_breaker_opens,
        breaker_opens_after_three_time_outs,
        token_is_rotated,
        secret_cannot_be_read,
        event_of_thirteen_days_expires,
        retry_queue_does_not_take_a_message,
        dead_letter_queue_does_not_take_a_message,
        run_out_of_time,
        message_that_kills_dispatch,
        many_destinations_in_one_batch,
        ingest_answers_for_what_is_queued,
        ingest_is_killed,
        replay_loses_nothing,
        limit_of_messages_in_flight,
    )
}

MAX_IN_FLIGHT: Final[dict[str, int]] = {"limit_of_messages_in_flight": 400}
"""SQS's limit of 120,000 messages in flight, scaled down by 300."""
