"""Delivery walked through faults in any order: TikTok gets the good, the rest is parked, nothing is lost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relay.delivery.dead_letters import Parked
from relay.delivery.outcomes import Record
from relay.destination import Destination
from relay.message import decode
from relay.tiktok.responses import UNANSWERED, Answer
from tests.support.delivery import BROKEN, OK, OTHER, REVOKED, THROTTLED, World, record
from tests.support.events import DESTINATION, NOW

TROUBLE = {
    "throttled": THROTTLED,
    "asked to wait": Answer("throttled", 429, retry_after=120.0),
    "broken": BROKEN,
    "unknown": Answer("unknown", 200, 31337),
    "partial": Answer("partial", 200, 20001),
    "refused token": REVOKED,
    "refused for nothing": Answer("payload", 200, 40002),
    "wrong name": Answer("payload", 200, 40002, "Batch.1: no", "", (1,)),
    "accepted, not told": UNANSWERED,
    "accepted in half": Answer("partial", 200, 20001),
}
MOST_RUNS = 400
"""Far more than draining takes: three hundred messages are one batch."""


@dataclass
class Waiting:
    """A message on the queue."""

    record: Record
    visible_at: float
    receives: int = 0


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

    def _park(self, messages: Sequence[Parked]) -> list[int]:
        return super()._park(messages) if self.alive() else list(range(len(messages)))


class Faults(RuleBasedStateMachine):
    """SQS, TikTok and whoever kills processes, against one delivery."""

    @initialize()
    def begin(self) -> None:
        self.world = Dying()
        self.world.says = self.say
        self.queue: dict[str, Waiting] = {}
        self.all: set[str] = set()
        self.bad: set[str] = set()

    def say(self, _to: Destination, ids: Sequence[str], _token: str) -> Answer:
        world = self.world
        if not world.alive():
            raise KilledError
        if world.revoked:
            return REVOKED
        trouble = world.trouble.pop() if world.trouble else None
        if trouble in ("accepted, not told", "accepted in half") and not self.bad & set(ids):
            world.has |= set(ids[:: 2 if trouble == "accepted in half" else 1])
        if trouble is not None and not (TROUBLE[trouble].refuses() and len(ids) == 1):
            return TROUBLE[trouble]
        places = [place for place, each in enumerate(ids) if each in self.bad]
        if places:
            named = (places[0],) if len(ids) % 2 else ()
            return Answer("payload", 200, 40002, "no", "", named)
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
            self.queue[event_id] = Waiting(made, self.world.now)

    @rule(
        trouble=st.lists(st.sampled_from(sorted(TROUBLE)), max_size=8),
        order=st.randoms(use_true_random=False),
        twice=st.booleans(),
        parks=st.integers(0, 2),
    )
    def run(self, trouble: list[str], order: object, twice: bool, parks: int) -> None:
        self.world.trouble = list(trouble)
        self.world.park_fails = parks
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
    def revoke_or_mend_the_token(self) -> None:
        self.world.revoked = not self.world.revoked

    def run_once(self, order: object, *, twice: bool = False, killed: bool = False) -> None:
        world = self.world
        batch = [each for each in self.queue.values() if each.visible_at <= world.now]
        if order is not None:
            order.shuffle(batch)  # type: ignore[attr-defined]
        for each in batch:
            each.receives += 1
            each.visible_at = world.now + 600
        given = [
            each.record._replace(
                attributes={**each.record.attributes, "ApproximateReceiveCount": str(each.receives)}
            )
            for each in batch
        ]
        world.waits.clear()
        report = world.deliver(*given, *(given[:5] if twice else []))
        if killed:
            return
        assert [type(each).__name__ for each in report.errors] == []
        failed = set(report.failed)
        for each in batch:
            event_id = each.record.message_id.removeprefix("m-")
            if each.record.message_id not in failed:
                del self.queue[event_id]
            elif each.record.receipt_handle in world.waits:
                each.visible_at = world.now + world.waits[each.record.receipt_handle]

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.world.has | self.parked() | self.queue.keys() == self.all

    @invariant()
    def only_what_tiktok_refuses_is_parked(self) -> None:
        assert self.parked() <= self.bad
        assert {each.attributes["reason"] for each in self.world.parked} <= {"rejected"}

    def parked(self) -> set[str]:
        return {json.loads(decode(each.body).item)["event_id"] for each in self.world.parked}

    def teardown(self) -> None:
        self.world.revoked, self.world.park_fails, self.world.trouble = False, 0, []
        for _ in range(MOST_RUNS):
            if not self.queue:
                break
            self.world.now = max(self.world.now, min(each.visible_at for each in self.queue.values()))
            self.run_once(None)
        assert not self.queue
        assert self.parked() == self.bad
        assert self.world.has == self.all - self.bad


class KilledError(BaseException):
    """The process is no more."""


TestFaults = Faults.TestCase
TestFaults.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
