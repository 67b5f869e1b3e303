"""Delivery among faults in any order: TikTok gets the good, the rest is dead-lettered, nothing is lost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relay.delivery.dead_letters import DeadLetter
from relay.delivery.outcomes import Record
from relay.delivery.retries import Retry
from relay.destination import Destination
from relay.message import decode
from relay.tiktok.responses import NO_RESPONSE, Response
from tests.support.delivery import BROKEN, OK, OTHER, REVOKED, THROTTLED, World, record
from tests.support.events import DESTINATION, NOW

TROUBLE = {
    "throttled": THROTTLED,
    "asked to wait": Response("throttled", 429, retry_after=120.0),
    "broken": BROKEN,
    "unknown": Response("unknown", 200, 31337),
    "partial": Response("partial", 200, 20001),
    "rejected token": REVOKED,
    "rejected for nothing": Response("rejected", 200, 40002),
    "wrong hint": Response("rejected", 200, 40002, "Batch.1: no", "", (1,)),
    "accepted, no response": NO_RESPONSE,
    "accepted in half": Response("partial", 200, 20001),
}
MAX_RUNS = 400
"""Far more than draining takes: three hundred messages are one batch."""


@dataclass
class Waiting:
    """A message on one of the two queues."""

    record: Record
    visible_at: float


@dataclass
class Dying(World):
    """A world in which the process may be killed: after so many effects, none takes place any more."""

    effects_left: float = float("inf")
    trouble: list[str] = field(default_factory=list)
    revoked: bool = False
    has: set[str] = field(default_factory=set)

    def alive(self) -> bool:
        """Whether the process still runs; counts an effect."""
        self.effects_left -= 1
        return self.effects_left >= 0

    def _dead_letter(self, letters: Sequence[DeadLetter]) -> list[int]:
        return super()._dead_letter(letters) if self.alive() else list(range(len(letters)))

    def _retry(self, retries: Sequence[Retry]) -> list[int]:
        return super()._retry(retries) if self.alive() else list(range(len(retries)))


class Faults(RuleBasedStateMachine):
    """SQS, TikTok and a killer of processes, against one delivery."""

    @initialize()
    def begin(self) -> None:
        self.world = Dying()
        self.world.respond = self.respond
        self.queue: dict[str, Waiting] = {}
        self.resent = 0
        self.all: set[str] = set()
        self.bad: set[str] = set()

    def respond(self, _to: Destination, ids: Sequence[str], _token: str) -> Response:
        world = self.world
        if not world.alive():
            raise KilledError
        if world.revoked:
            return REVOKED
        trouble = world.trouble.pop() if world.trouble else None
        if trouble in ("accepted, no response", "accepted in half") and not self.bad & set(ids):
            world.has |= set(ids[:: 2 if trouble == "accepted in half" else 1])
        if trouble is not None and not (TROUBLE[trouble].rejects_rows() and len(ids) == 1):
            return TROUBLE[trouble]
        places = [place for place, entry in enumerate(ids) if entry in self.bad]
        if places:
            named = (places[0],) if len(ids) % 2 else ()
            return Response("rejected", 200, 40002, "no", "", named)
        world.has |= set(ids)
        return OK

    @rule(number=st.integers(1, 30), bad=st.sets(st.integers(0, 29), max_size=3), other=st.booleans())
    def send(self, number: int, bad: set[int], other: bool) -> None:
        first = len(self.all)
        for place in range(number):
            event_id = str(first + place)
            made = record(event_id, OTHER if other else DESTINATION, age=NOW - self.world.now)
            self.all.add(event_id)
            if place in bad:
                self.bad.add(event_id)
            self.queue[made["messageId"]] = Waiting(made, self.world.now)

    @rule(
        trouble=st.lists(st.sampled_from(sorted(TROUBLE)), max_size=8),
        order=st.randoms(use_true_random=False),
        twice=st.booleans(),
        not_taken=st.integers(0, 2),
        not_retried=st.integers(0, 2),
    )
    def run(self, trouble: list[str], order: object, twice: bool, not_taken: int, not_retried: int) -> None:
        self.world.trouble = list(trouble)
        self.world.dead_letter_fails, self.world.retry_fails = not_taken, not_retried
        self.run_once(order, twice=twice)

    @rule(trouble=st.lists(st.sampled_from(sorted(TROUBLE)), max_size=3), effects=st.integers(0, 12))
    def run_and_be_killed(self, trouble: list[str], effects: int) -> None:
        self.world.trouble = list(trouble)
        self.world.effects_left = effects
        self.run_once(None, killed=True)
        self.world.effects_left = float("inf")

    @rule(seconds=st.sampled_from([1, 60, 600, 7200]))
    def wait(self, seconds: int) -> None:
        self.world.now += seconds

    @rule()
    def revoke_or_restore_the_token(self) -> None:
        self.world.revoked = not self.world.revoked

    def run_once(self, order: object, *, twice: bool = False, killed: bool = False) -> None:
        world = self.world
        batch = [entry for entry in self.queue.values() if entry.visible_at <= world.now]
        if order is not None:
            order.shuffle(batch)  # type: ignore[attr-defined]
        for entry in batch:
            entry.visible_at = world.now + 600
        given = [entry.record for entry in batch]
        world.retries.clear()
        report = world.deliver(*given, *(given[:5] if twice else []))
        for retry in world.retries:
            self.resent += 1
            made = Record(
                messageId=f"r-{self.resent}",
                body=retry.body,
                attributes={"SentTimestamp": str(int(world.now * 1000))},
            )
            self.queue[made["messageId"]] = Waiting(made, world.now + retry.delay_seconds)
        if killed:
            return
        assert [type(error).__name__ for error in report.errors] == []
        failed = set(report.failed)
        for entry in batch:
            if entry.record["messageId"] not in failed:
                del self.queue[entry.record["messageId"]]

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.world.has | self.dead() | self.waiting() == self.all

    @invariant()
    def only_what_tiktok_rejects_is_dead_lettered(self) -> None:
        assert self.dead() <= self.bad
        assert {letter.attributes["reason"] for letter in self.world.dead_letters} <= {"rejected"}

    def dead(self) -> set[str]:
        return {event_id(letter.body) for letter in self.world.dead_letters}

    def waiting(self) -> set[str]:
        return {event_id(entry.record["body"]) for entry in self.queue.values()}

    def teardown(self) -> None:
        self.world.revoked, self.world.dead_letter_fails, self.world.retry_fails = False, 0, 0
        self.world.trouble = []
        for _ in range(MAX_RUNS):
            if not self.queue:
                break
            self.world.now = max(self.world.now, min(entry.visible_at for entry in self.queue.values()))
            self.run_once(None)
        assert not self.queue
        assert self.dead() == self.bad
        assert self.world.has == self.all - self.bad


def event_id(body: str) -> str:
    return str(json.loads(decode(body).item)["event_id"])


class KilledError(BaseException):
    """The process is no more."""


TestFaults = Faults.TestCase
TestFaults.settings = settings(max_examples=60, stateful_step_count=25)
