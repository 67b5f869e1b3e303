"""Simulate a destination whose token is rejected for a day: how long do the events of all others wait?

`python -m tools.retry_simulation` prints the table of docs/decisions/retry-by-delayed-message.md. Two designs
side by side, in steps of ten seconds, with SQS's limit of 120,000 messages in flight:

- visibility: a failed message is hidden on the event queue, as the relay did before;
- delayed: a failed message is sent to the retry queue with a delay, as the relay does.

A queue hands out what became visible first; SQS has no order, so these are the means of what it does.
"""

import sys
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.table import Table

from relay.delivery.backoff import retry_delay
from relay.tiktok.responses import NO_TOKEN
from relay_cli.capacity import RETRY_CONCURRENCY, Stack, retry_capacity

MAX_IN_FLIGHT: Final[int] = 120_000
"""SQS, standard queue; under long polling it hands out nothing beyond it."""

FAILING_RATE: Final[int] = 20
"""Events a second for the destination whose token is rejected."""

OTHER_RATE: Final[int] = 20
"""Events a second for all others, all of which TikTok accepts."""

OTHER_RETRIES: Final[int] = 1
"""Of the others' events, how many a second need one retry: TikTok's usual time-outs, 5 %."""

STACK: Final[Stack] = Stack()
"""The template's defaults."""

EVENT_RUNS: Final[int] = STACK.dispatch_concurrency
RETRY_RUNS: Final[int] = RETRY_CONCURRENCY
"""Runs at a time on each queue."""

RUN_RATE: Final[float] = retry_capacity(STACK) / RETRY_RUNS
"""Messages a second of one run of dispatch, as docs/capacity.md has it. A run that sends its batch to the
retry queue (a hundred calls of SQS, eight at a time) is taken to need no longer."""

OLD_HOLD: Final[tuple[int, int, int]] = (100, 300, 1680)
"""By visibility: up to 300 s for the first 100 receives, then up to 1,680 s; at least half of it."""

SPREAD: Final[int] = 10
"""Random delays, as so many equal steps between the shortest and the longest."""

STEP: Final[int] = 10
"""Seconds."""

HOURS: Final[tuple[int, ...]] = (1, 2, 4, 8, 24)
HOUR: Final[int] = 3600

Kind = tuple[str, int]
"""`failing` or `other`, and the number of attempts."""


@dataclass
class Queue:
    """Messages in the order in which they became visible, as counts by kind, a line for each group."""

    visible: dict[str, deque[tuple[int, Kind, int]]] = field(default_factory=dict)
    hidden: defaultdict[int, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    waiting: int = 0
    fair: bool = True

    def add(self, now: int, kind: Kind, number: int) -> None:
        """Add messages that are visible now."""
        if number:
            self.visible.setdefault(kind[0] if self.fair else "", deque()).append((now, kind, number))

    def hide(self, until: int, kind: Kind, number: int) -> None:
        """Add messages that become visible later."""
        if number:
            self.hidden[until][kind] += number
            self.waiting += number

    def show(self, now: int) -> None:
        """Let the hidden ones whose time has come be seen."""
        for kind, number in self.hidden.pop(now, Counter()).items():
            self.waiting -= number
            self.add(now, kind, number)

    def take(self, most: int) -> list[tuple[int, Kind, int]]:
        """Hand out up to so many messages, a group with few before one with many: visible since, kind,
        number."""
        taken: list[tuple[int, Kind, int]] = []
        for line in sorted(self.visible.values(), key=len):
            while line and most > 0:
                since, kind, number = line.popleft()
                some = min(number, most)
                taken.append((since, kind, some))
                most -= some
                if some < number:
                    line.appendleft((since, kind, number - some))
        return taken

    def __len__(self) -> int:
        return sum(number for line in self.visible.values() for _, _, number in line) + self.waiting

    def is_empty(self) -> bool:
        """Whether nothing is left."""
        return not self.waiting and not any(self.visible.values())


def spread(number: int, shortest: float, longest: float) -> list[tuple[int, int]]:
    """Delays in seconds with the number of messages that get each."""
    share, rest = divmod(number, SPREAD)
    step = (longest - shortest) / SPREAD
    return [
        (STEP * max(1, round((shortest + (place + 0.5) * step) / STEP)), share + (place < rest))
        for place in range(SPREAD)
    ]


def simulate_visibility(hours: int) -> list[float]:
    """The delay of the others' events, in seconds, at the end of each hour."""
    queue, delays, last = Queue(fair=False), [], 0.0
    for now in range(0, hours * HOUR, STEP):
        queue.add(now, ("other", 0), OTHER_RATE * STEP)
        queue.add(now, ("failing", 0), FAILING_RATE * STEP)
        queue.show(now)
        room = MAX_IN_FLIGHT - queue.waiting
        for since, kind, number in queue.take(min(int(EVENT_RUNS * RUN_RATE * STEP), room)):
            if kind[0] == "other":
                last = now - since
                continue
            receives = kind[1] + 1
            longest = OLD_HOLD[1] if receives <= OLD_HOLD[0] else OLD_HOLD[2]
            for delay, part in spread(number, longest / 2, longest):
                queue.hide(now + delay, ("failing", receives), part)
        if now % HOUR == HOUR - STEP:
            delays.append(last)
    return delays


@dataclass
class Delayed:
    """The design with a retry queue: figures by hour, and those of the day's end."""

    fresh: list[float] = field(default_factory=list)
    retried: list[float] = field(default_factory=list)
    most_in_flight: int = 0
    waiting: int = 0
    drain_seconds: int = 0


def simulate_delayed(hours: int, failing_rate: int = FAILING_RATE) -> Delayed:
    """Run the retry queue for some hours, then fix the token and wait until nothing is left."""
    events, retries, result = Queue(), Queue(), Delayed()
    fresh = retried = 0.0
    now, end = 0, hours * HOUR
    while now < end or not retries.is_empty():
        if now < end:
            events.add(now, ("other", 0), OTHER_RATE * STEP)
            events.add(now, ("failing", 0), failing_rate * STEP)
        retries.show(now)
        in_flight = 0
        for queue, runs in ((events, EVENT_RUNS), (retries, RETRY_RUNS)):
            for since, (name, attempts), number in queue.take(int(runs * RUN_RATE * STEP)):
                in_flight += number // STEP
                if name == "other":
                    if attempts:
                        retried = now - since
                        continue
                    fresh = now - since
                    _retry(retries, now, ("other", 1), min(number, OTHER_RETRIES * STEP))
                elif now < end:
                    _retry(retries, now, ("failing", min(attempts + 1, 21)), number)
        result.most_in_flight = max(result.most_in_flight, in_flight)
        if now < end and now % HOUR == HOUR - STEP:
            result.fresh.append(fresh)
            result.retried.append(retried)
        if now == end - STEP:
            result.waiting = len(retries)
        now += STEP
    result.drain_seconds = now - end
    return result


def _retry(queue: Queue, now: int, kind: Kind, number: int) -> None:
    shortest, longest = (retry_delay(NO_TOKEN, kind[1], jitter) for jitter in (0.0, 1.0))
    for delay, part in spread(number, shortest, longest):
        queue.hide(now + delay, kind, part)


def main() -> int:
    """Print the table."""
    hours = max(HOURS)
    old, new = simulate_visibility(hours), simulate_delayed(hours)
    table = Table(title=f"a rejected token at {FAILING_RATE} events/s: delay of all other events")
    for heading in (
        "after",
        "waiting",
        "by visibility",
        "by delayed message",
        "a retried one",
    ):
        table.add_column(heading, justify="right")
    for hour in HOURS:
        table.add_row(
            f"{hour} h",
            f"{hour * HOUR * FAILING_RATE:,}",
            f"{old[hour - 1] / 60:.0f} min",
            f"{new.fresh[hour - 1]:.0f} s",
            f"{new.retried[hour - 1]:.0f} s beyond its delay",
        )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    console.print(
        f"at most {new.most_in_flight:,} messages in flight; after {hours} h the token is fixed: "
        f"{new.waiting:,} events are delivered within {new.drain_seconds / 60:.0f} min"
    )
    million = simulate_delayed(14, failing_rate=20)
    console.print(
        f"after 14 h: {million.waiting:,} events are delivered within {million.drain_seconds / 60:.0f} min"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
