"""The random run: many events through ingest, dispatch and replay among all faults at once; and the sweep."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from local.simulator.json_types import Json
from tests.faults import events
from tests.faults.events import PIXELS, Events, event_id_of, make_events, make_item
from tests.faults.machine import Machine, Run, must
from tests.faults.scenarios import LINE_FAULTS
from tests.faults.servers import CALL_FAULTS

ONE_BAD_IN: Final[int] = 200
"""Five in a full batch, which is more than a shop has: each costs requests."""

MAX_RUNS: Final[int] = 20_000
"""Beyond any run that ends."""

KILLED: Final[float] = 0.15
"""Part of the runs that are killed, at a step that is as likely as any other of the first …"""

KILL_STEPS: Final[int] = 60

SQS_FAULTS: Final[float] = 0.02
"""Part of the entries of batch calls that SQS fails on …"""

CALLS_FAIL: Final[float] = 0.04
"""… and of the runs in which whole calls end otherwise than in a response."""

GIVEN_TWICE: Final[float] = 0.01

LITTLE_TIME: Final[float] = 0.05
"""Part of the runs that have less than a minute left when they begin."""

MAX_SECONDS_BETWEEN: Final[float] = 120.0
"""The clock moves on by up to so much from run to run: what is retried comes back among the rest."""

WRONG_HINTS: Final[tuple[str, ...]] = ("Batch.7.event_id: wrongly named", "rejected without a cause")
"""Rejections of batches that nothing is wrong with."""

MANY: Final[int] = 2000
"""Events on the queue, of which each pixel has a batch of many in the next run."""

INGEST_PART: Final[int] = 10
"""One event in so many comes in through ingest; the others begin on the queue."""

INGEST_BATCH: Final[int] = 50


@dataclass(slots=True)
class Figures:
    """The result of a run."""

    accepted: int = 0
    delivered: int = 0
    dead_lettered: int = 0
    replayed: int = 0
    counted_twice: int = 0
    requests: int = 0
    runs: int = 0
    kills: int = 0
    retries: int = 0
    most_attempts: int = 0
    given_twice: int = 0
    duplicates_dropped: int = 0
    hours: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    codes: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    killed_at: Counter[str] = field(default_factory=Counter)


Say = Callable[[str], object]


def run_randomly(machine: Machine, seed: int, number: int, say: Say) -> Figures:
    """Send so many events through everything that fails. Raises ProofError where one is lost or doubled."""
    chance = random.Random(seed)  # noqa: S311 - randomness that can be repeated is needed
    machine.reset()
    machine.steps.killed_at = Counter()
    machine.events.twice = machine.retries.twice = GIVEN_TWICE
    add_permanent_faults(machine)
    through_ingest = number // INGEST_PART
    made = make_events(number - through_ingest, machine.now(), chance, one_bad_in=ONE_BAD_IN)
    for body in made.bodies.values():
        machine.events.send(body)
    # Only accepted at the end; so far TikTok may have it or not.
    outside = [f"order-in-{place}" for place in range(through_ingest)]
    start, fault_runs, total = machine.now(), max(30, number // 500), Figures()
    for run in range(MAX_RUNS):
        if run < fault_runs:
            if chance.random() < 0.1 and len(machine.events) > MANY:
                _reject_without_a_cause(machine, chance)
            _add_faults(machine, chance)
            machine.aws.entry_faults = SQS_FAULTS
            machine.aws.fault = _choose_call_fault(chance)
            _change_tokens(machine, run, fault_runs)
            batch, outside = outside[:INGEST_BATCH], outside[INGEST_BATCH:]
            outside += _post(machine, batch, made, chance)
        elif run == fault_runs:
            end_faults(machine)
        elif outside:
            batch, outside = outside[:INGEST_BATCH], outside[INGEST_BATCH:]
            outside += _post(machine, batch, made, chance)
        machine.ahead += chance.uniform(0, MAX_SECONDS_BETWEEN)
        faulty = run < fault_runs
        done = machine.run(
            chance.choice((10, 200, 1000, 1000, 1000, 4000)),
            kill_at=chance.randrange(1, KILL_STEPS) if faulty and chance.random() < KILLED else None,
            seconds=chance.uniform(5, 60) if faulty and chance.random() < LITTLE_TIME else 90.0,
        )
        if done is None and not outside:
            break
        if done is not None:
            _check_run(done)
        if run % 50 == 0:
            say(f"run {run}: {len(machine.events) + len(machine.retries)} of {number} events wait")
    # What SQS moved after five receives has no reason: it is replayed until everything has its end.
    for _ in range(20):
        letters = machine.dead_letters.messages()
        if all(letter.attributes for letter in letters):
            break
        total.replayed += machine.replay().sent
        machine.drain()
    _fill(total, machine, made)
    check_end(machine, made, total)
    total.hours = (machine.now() - start) / 3600
    must(total.hours < 48, "the run took longer than TikTok deduplicates")
    return total


def sweep(machine: Machine, seed: int, say: Say) -> Figures:
    """Kill dispatch once at every step of a batch, and finish each time. Raises ProofError."""
    total = Figures()
    machine.steps.killed_at = Counter()
    step, kills = 0, machine.dispatch.kills
    while machine.dispatch.kills == kills + step:
        step += 1
        found = _one_batch(machine, seed, step)
        for name in ("accepted", "delivered", "dead_lettered", "counted_twice", "requests", "runs"):
            setattr(total, name, getattr(total, name) + getattr(found, name))
        if step % 10 == 0:
            say(f"killed at step {step} of a batch")
    total.kills, total.killed_at = step - 1, Counter(machine.steps.killed_at)
    must("report arrives" in total.killed_at, f"no run was killed at its last step: {total.killed_at}")
    return total


SWEEP_EVENTS: Final[int] = 60


def _one_batch(machine: Machine, seed: int, kill_at: int | None) -> Figures:
    """One batch that meets everything that takes a step of its own, killed at a step, and run to its end."""
    chance = random.Random(seed)  # noqa: S311 - randomness that can be repeated is needed
    machine.reset()
    machine.chance.seed(seed)  # the queue gives the messages out in the same order each time
    add_permanent_faults(machine)
    made = make_events(SWEEP_EVENTS, machine.now(), chance, one_bad_in=8)
    for body in made.bodies.values():
        machine.events.send(body)
    # The same process for all: one that has the tokens, of which one is rotated then.
    machine.run(1)
    machine.ahead += 60
    machine.grant_new_tokens(events.TOKEN.event_source_id)
    for pixel, kind, more in (
        (events.SLOW, "throttle", {}),
        (events.PARTIAL, "timeout_after_accept", {"seconds": 0}),
    ):
        machine.simulator.add_fault(kind, times=1, event_source_id=pixel.event_source_id, **more)
    machine.run(1000, kill_at=kill_at)
    machine.drain()
    figures = Figures()
    _fill(figures, machine, made)
    check_end(machine, made, figures)
    return figures


def check_end(machine: Machine, made: Events, figures: Figures) -> None:
    """The oracle, once the queues are empty. Raises ProofError."""
    letters = machine.dead_letters.messages()
    received = {str(event["event_id"]) for event in machine.simulator.events()}
    dead = {event_id_of(letter.body) for letter in letters}
    bad, good = set(made.reasons), set(made.good)
    must(not len(machine.events) and not len(machine.retries), "messages are left on the queues")
    lost = made.bodies.keys() - received - dead
    must(not lost, f"{len(lost)} events are lost, such as {min(lost, default=None)!r}")
    must(
        dead <= bad, f"{len(dead - bad)} good events are dead letters, such as {min(dead - bad, default='')}"
    )
    must(bad <= dead, f"{len(bad - dead)} bad events are no dead letters")
    must(good == received & good, "TikTok does not have exactly the good events")
    must(not received & bad, "TikTok accepted something that is bad")
    must(figures.counted_twice == 0, f"{figures.counted_twice} events counted twice")
    for letter in letters:
        expected = made.reasons[event_id_of(letter.body)]
        reason = letter.attributes.get("reason")
        must(reason == expected, f"dead-lettered as {reason}, expected {expected}")
        if expected == "rejected":
            must(
                letter.attributes["tiktok_code"] in ("40002", "40062", "20001", "0")
                and bool(letter.attributes["tiktok_message"])
                and bool(letter.attributes["tiktok_request_id"]),
                f"a dead letter without TikTok's words: {letter.attributes}",
            )
    log = machine.dispatch.log.read_bytes() + machine.ingest.log.read_bytes()
    must(b"order-" not in log, "an event_id is in a log")


def _check_run(run: Run) -> None:
    """The oracle of one run: no request without rows, and none to a destination after TikTok throttled it."""
    paused: dict[object, str] = {}
    for request in run.requests:
        # Destinations are served side by side, so a pixel's test events may be on their way already.
        destination = (request["event_source_id"], request["test_event_code"])
        if destination == (None, None):
            # Cut off within its body (its process was killed, or reset), so whose it was is not known.
            continue
        must(request["rows"] != 0, "a request without rows was sent")
        shown = f"{request['at']:.3f} rows {request['rows']} code {request['code']} {request['faults']}"
        before = paused.get(destination)
        must(before is None, f"{destination}: a request ({shown}) after one that was throttled ({before})")
        if request["code"] == 40100:
            paused[destination] = shown


def _fill(figures: Figures, machine: Machine, made: Events) -> None:
    stats = machine.simulator.stats()
    figures.accepted = len(made.bodies)
    received = {str(event["event_id"]) for event in machine.simulator.events()}
    figures.delivered = len(received & made.bodies.keys())
    figures.dead_lettered = len({event_id_of(message.body) for message in machine.dead_letters.messages()})
    figures.counted_twice = stats["counted_twice"]
    figures.requests, figures.runs = stats["requests"], machine.dispatch.invocations
    figures.kills = machine.steps.killed_at.total()
    figures.retries = len(machine.aws.retries)
    figures.given_twice = machine.events.given_twice + machine.retries.given_twice
    figures.duplicates_dropped = stats["duplicates"]
    figures.reasons = Counter(made.reasons.values())
    figures.codes, figures.faults = stats["requests_by_code"], stats["faults_struck"]
    figures.killed_at = machine.steps.killed_at


def add_permanent_faults(machine: Machine) -> None:
    """What the simulator rejects whatever happens."""
    bad: dict[str, Json] = {"field": "event_id", "contains": events.BAD}
    for pixel, kind, more in (
        (events.NAMED, "poison", {"named": True}),
        (events.UNNAMED, "poison", {"named": False}),
        (events.PARTIAL, "partial", {"listed": True}),
    ):
        machine.simulator.add_fault(kind, match=bad, event_source_id=pixel.event_source_id, **more)


def end_faults(machine: Machine) -> None:
    """Remove all faults but the permanent ones."""
    machine.aws.entry_faults, machine.aws.fault = SQS_FAULTS, lambda _operation, _queue: None
    machine.grant_new_tokens()
    _remove_line_faults(machine)


def _remove_line_faults(machine: Machine) -> None:
    for fault in machine.simulator.faults():
        if fault["options"].get("match") is None:
            machine.simulator.remove_fault(fault["id"])


def _add_faults(machine: Machine, chance: random.Random) -> None:
    for _ in range(chance.randrange(6)):
        fault: dict[str, Any] = dict(chance.choice(LINE_FAULTS))
        if fault.get("moment") != "before_body" and chance.random() < 0.5:
            fault["event_source_id"] = chance.choice(PIXELS)
        machine.simulator.add_fault(**fault, times=chance.randrange(1, 4), after=chance.randrange(3))


def _choose_call_fault(chance: random.Random) -> Callable[[str, str], str | None]:
    fault = chance.choice(CALL_FAULTS)
    operation = chance.choice(("SendMessage", "GetSecretValue"))
    if chance.random() >= CALLS_FAIL:
        return lambda _operation, _queue: None
    operations = (operation, f"{operation}Batch")
    # A call in three: enough to strike, and a run is still short.
    return lambda called, _queue: fault if called in operations and chance.random() < 0.3 else None


def _reject_without_a_cause(machine: Machine, chance: random.Random) -> None:
    """A run in which the first batch for a pixel is rejected for nothing.

    It has to be a batch of many: a row that TikTok rejects alone is rejected, cause or not.
    """
    _remove_line_faults(machine)
    number = machine.simulator.add_fault(
        "error",
        code=40002,
        message=chance.choice(WRONG_HINTS),
        times=1,
        event_source_id=events.PLAIN.event_source_id,
    )
    machine.run(MANY, queue=machine.events)
    machine.simulator.remove_fault(number)
    machine.situations["rejected without a cause"] += 1


def _change_tokens(machine: Machine, run: int, runs: int) -> None:
    """One token is revoked a quarter of the way through and replaced at three quarters; others rotate."""
    pixel = events.TOKEN.event_source_id
    if run == runs // 4:
        machine.revoke_token(pixel)
    elif run == runs * 3 // 4:
        machine.grant_new_tokens(pixel)
    elif run % 10 == 0 and not runs // 4 < run < runs * 3 // 4:
        machine.grant_new_tokens(PIXELS[run // 10 % len(PIXELS)])
        machine.situations["token rotated"] += 1


def _post(machine: Machine, batch: list[str], made: Events, chance: random.Random) -> list[str]:
    """Send events to ingest like a shop's back end; those that were not accepted, to be sent again."""
    if not batch:
        return []
    items = [make_item(event_id, machine.now()) for event_id in batch]
    kill_at = chance.randrange(1, 8) if chance.random() < KILLED else None
    accepted = machine.post_events(items, kill_at)
    for event_id in accepted:
        # Which message holds it does not matter: only that it is accepted, and so has to come to an end.
        made.bodies.setdefault(event_id, "")
    machine.situations["ingest: event sent again by its sender"] += len(batch) - len(accepted)
    return [event_id for event_id in batch if event_id not in accepted]
