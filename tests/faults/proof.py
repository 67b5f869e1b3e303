"""The proof: events through dispatch among faults, and what has to be true at the end."""

import json
import random
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from local.simulator.json_types import Json
from tests.faults import events
from tests.faults.events import DESTINATIONS, Events
from tests.faults.machine import Machine

PIXELS: Final = tuple(dict.fromkeys(each.event_source_id for each in DESTINATIONS))

ONE_POISON_IN: Final[int] = 200
"""Five in a full batch, which is more than a shop has: each costs requests."""

MOST_RUNS: Final[int] = 20_000
"""Beyond any run that ends."""

KILLED: Final[float] = 0.25
"""How many of the runs are killed, at a step that is as likely as any other of the first …"""

KILL_STEPS: Final[int] = 60

SQS_TROUBLE: Final[float] = 0.02
"""How many entries of a batch call SQS fails on …"""

SQS_DOWN: Final[float] = 0.05
"""… and how often, for the length of a run, it fails on all."""

MOST_SECONDS_BETWEEN: Final[float] = 120.0
"""What passes from run to run, on the clock of the proof: what was put off comes back among the rest."""

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
)
"""What strikes single requests."""

BASELESS: Final[tuple[str, ...]] = ("Batch.7.event_id: wrongly named", "refused without a cause")
"""Refusals of batches that nothing is wrong with."""

MANY: Final[int] = 2000
"""Events on the queue, of which each pixel has a batch of many in the next run."""


class ProofError(Exception):
    """Something that has to be true is not; the text says what."""


@dataclass(slots=True)
class Figures:
    """What a run came to."""

    accepted: int = 0
    delivered: int = 0
    parked: int = 0
    poison: int = 0
    counted_twice: int = 0
    requests: int = 0
    runs: int = 0
    kills: int = 0
    most_receives: int = 0
    given_twice: int = 0
    parked_twice: int = 0
    duplicates_dropped: int = 0
    hours: float = 0.0
    parked_by_reason: Counter[str] = field(default_factory=Counter)
    answers: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    killed_at: Counter[str] = field(default_factory=Counter)


Say = Callable[[str], object]


def prove(seed: int, number: int, say: Say) -> Figures:
    """Sends so many events through everything that fails. Raises ProofError where one is lost or doubled."""
    with Machine(seed, pixel=events.PLAIN.event_source_id) as machine:
        chance = random.Random(seed)  # noqa: S311 - chance that can be repeated is wanted
        tokens = _set_up(machine)
        made = events.make(number, machine.now(), chance, one_poison_in=ONE_POISON_IN)
        for body in made.bodies:
            machine.events.send(body)
        start, fault_runs = machine.now(), max(30, number // 500)
        for run in range(MOST_RUNS):
            if run < fault_runs:
                if chance.random() < 0.1 and len(machine.events.messages()) > MANY:
                    _refuse_without_a_cause(machine, chance)
                _add_faults(machine, chance)
                machine.aws.trouble = 1.0 if chance.random() < SQS_DOWN else SQS_TROUBLE
                _play_with_tokens(machine, tokens, run, fault_runs)
            elif run == fault_runs:
                _mend(machine)
            kill_at = chance.randrange(1, KILL_STEPS) if chance.random() < KILLED else None
            machine.ahead += chance.uniform(0, MOST_SECONDS_BETWEEN)
            if machine.run(chance.choice((10, 200, 1000, 1000, 2500)), kill_at) == 0:
                break
            if run % 50 == 0:
                say(f"run {run}: {len(machine.events.messages())} of {number} events still on the queue")
        figures = check(machine, made)
        figures.hours = (machine.now() - start) / 3600
        return figures


def sweep(seed: int, say: Say) -> Figures:
    """Kills dispatch once at every step of a batch, and lets it end each time. Raises ProofError."""
    with Machine(seed, pixel=events.PLAIN.event_source_id, twice=0.0, trouble=0.0) as machine:
        total = Figures()
        step = 0
        while machine.kills == step:
            step += 1
            found = _one_batch(machine, seed, step)
            for name in ("accepted", "delivered", "parked", "poison", "counted_twice", "requests"):
                setattr(total, name, getattr(total, name) + getattr(found, name))
            if step % 10 == 0:
                say(f"killed at step {step} of a batch")
        total.kills, total.killed_at = machine.kills, machine.steps.killed_at
        total.runs = machine.invocations
        _must("report arrives" in total.killed_at, f"no run was killed at its last step: {total.killed_at}")
        return total


SWEEP_EVENTS: Final[int] = 60


def _one_batch(machine: Machine, seed: int, kill_at: int | None) -> Figures:
    """One batch that meets everything that takes a step of its own, killed at a step, and run to its end."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated is wanted
    machine.chance.seed(seed)  # the queue gives the messages out in the same order each time
    machine.simulator.reset()
    machine.ahead += 3600  # the breakers of the last batch are closed by now
    for message in machine.dead_letters.messages():
        machine.dead_letters.delete(message.message_id)
    tokens = _set_up(machine)
    made = events.make(SWEEP_EVENTS, machine.now(), chance, one_poison_in=8)
    for body in made.bodies:
        machine.events.send(body)
    # The same process for all: one that has the tokens, of which one is rotated then.
    machine.restart()
    machine.run(1)
    _rotate(machine, tokens, events.TOKEN.event_source_id)
    for pixel, kind, more in (
        (events.SLOW, "throttle", {}),
        (events.PARTIAL, "timeout_after_accept", {"seconds": 0}),
    ):
        machine.simulator.add_fault(kind, times=1, event_source_id=pixel.event_source_id, **more)
    machine.run(1000, kill_at)
    while machine.run(1000):
        pass
    return check(machine, made)


def check(machine: Machine, made: Events) -> Figures:
    """What has to be true once the queue is empty; gives the figures. Raises ProofError."""
    stats = machine.simulator.stats()
    letters = machine.dead_letters.messages()
    received = {str(each["event_id"]) for each in machine.simulator.events()}
    delivered = {body for event_id, body in made.good.items() if event_id in received}
    parked = {letter.body for letter in letters}
    accepted, poison = set(made.bodies), set(made.poison)
    _must(not machine.events.messages(), "messages are left on the queue")
    lost = accepted - delivered - parked
    _must(not lost, f"{len(lost)} events are lost, such as {min(lost, default=None)!r}")
    _must(parked - accepted == set(), "something is parked that was never sent")
    _must(
        parked == poison, f"{len(parked ^ poison)} events are parked that are good, or are not that are bad"
    )
    _must(delivered == accepted - poison, "TikTok has not exactly the good events")
    _must(received <= made.good.keys(), "TikTok took something that is poison")
    _must(stats["counted_twice"] == 0, f"{stats['counted_twice']} events counted twice")
    for letter in letters:
        wanted = made.poison[letter.body]
        _must(letter.attributes["reason"] == wanted, f"{letter.attributes['reason']} and not {wanted}")
        if wanted == "rejected":
            _must(
                letter.attributes["tiktok_code"] in ("40002", "40062", "20001")
                and bool(letter.attributes["tiktok_message"])
                and bool(letter.attributes["tiktok_request_id"]),
                f"a letter without TikTok's words: {letter.attributes}",
            )
    return Figures(
        accepted=len(accepted),
        delivered=len(delivered),
        parked=len(parked),
        poison=len(poison),
        counted_twice=stats["counted_twice"],
        requests=stats["requests"],
        runs=machine.invocations,
        kills=machine.kills,
        most_receives=machine.events.most_receives,
        given_twice=machine.events.given_twice,
        parked_twice=len(letters) - len(parked),
        duplicates_dropped=stats["duplicates"],
        parked_by_reason=Counter(made.poison.values()),
        answers=stats["requests_by_code"],
        faults=stats["faults_struck"],
        killed_at=machine.steps.killed_at,
    )


def _must(true: bool, otherwise: str) -> None:
    if not true:
        raise ProofError(otherwise)


def _set_up(machine: Machine) -> dict[str, str]:
    """Gives each pixel a token, and the simulator what it refuses whatever happens."""
    tokens = {pixel: secrets.token_hex(8) for pixel in PIXELS}
    _grant(machine, tokens)
    poison: dict[str, Json] = {"field": "event_id", "contains": events.POISON_MARK}
    for pixel, kind, more in (
        (events.NAMED, "poison", {"named": True}),
        (events.UNNAMED, "poison", {"named": False}),
        (events.PARTIAL, "partial", {"listed": True}),
    ):
        machine.simulator.add_fault(kind, match=poison, event_source_id=pixel.event_source_id, **more)
    return tokens


def _grant(machine: Machine, tokens: dict[str, str]) -> None:
    machine.aws.secret = json.dumps(tokens)
    machine.simulator.set_tokens({token: [pixel] for pixel, token in tokens.items()})


def _rotate(machine: Machine, tokens: dict[str, str], pixel: str) -> None:
    tokens[pixel] = secrets.token_hex(8)
    _grant(machine, tokens)


def _add_faults(machine: Machine, chance: random.Random) -> None:
    for _ in range(chance.randrange(6)):
        fault = dict(chance.choice(LINE_FAULTS))
        if fault.get("moment") != "before_body" and chance.random() < 0.5:
            fault["event_source_id"] = chance.choice(PIXELS)
        machine.simulator.add_fault(**fault, times=chance.randrange(1, 4), after=chance.randrange(3))


def _refuse_without_a_cause(machine: Machine, chance: random.Random) -> None:
    """A run in which the first batch for a pixel is refused for nothing.

    It has to be a batch of many: a row that TikTok refuses alone is refused, cause or not.
    """
    _mend(machine)
    number = machine.simulator.add_fault(
        "error",
        code=40002,
        message=chance.choice(BASELESS),
        times=1,
        event_source_id=events.PLAIN.event_source_id,
    )
    machine.run(MANY)
    machine.simulator.remove_fault(number)


def _play_with_tokens(machine: Machine, tokens: dict[str, str], run: int, runs: int) -> None:
    """One token is revoked a quarter of the way through and mended at three quarters; others rotate."""
    pixel = events.TOKEN.event_source_id
    if run == runs // 4:
        machine.simulator.set_tokens({token: [each] for each, token in tokens.items() if each != pixel})
    elif run == runs * 3 // 4:
        _rotate(machine, tokens, pixel)
    elif run % 10 == 0 and not runs // 4 < run < runs * 3 // 4:
        _rotate(machine, tokens, PIXELS[run // 10 % len(PIXELS)])


def _mend(machine: Machine) -> None:
    """Takes all faults away but what is poison."""
    machine.aws.trouble = SQS_TROUBLE
    for fault in machine.simulator.faults():
        if fault["options"].get("match") is None:
            machine.simulator.remove_fault(fault["id"])
