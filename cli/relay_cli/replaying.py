"""Replay: dead letters back onto the queue.

Each is put on the queue first and deleted from the dead-letter queue after that, so that an interruption
loses nothing. What was interrupted between the two is sent once more by the next run; it carries the same
event_id, and TikTok counts it once.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final

from relay.aws import sqs
from relay_cli.dead_letters import DeadLetter, DeadLetters
from relay_cli.stacks import Queues

BLOCK: Final[int] = 100
"""Events between two looks at the clock and at Ctrl-C: ten calls of SQS."""


@dataclass(slots=True)
class Replay:
    """What a replay did. `sent` are on the queue again; `not_deleted` of them are still dead letters too.

    `not_read` is about how many more dead letters there are, selected or not.
    """

    selected: int = 0
    older_than_48_hours: int = 0
    not_read: int = 0
    sent: int = 0
    not_sent: int = 0
    not_deleted: int = 0
    interrupted: bool = False
    dry_run: bool = False


def replay(
    queues: Queues,
    selected: Sequence[DeadLetter],
    rate: float,
    result: Replay,
    dead_letters: DeadLetters,
    progress: Callable[[int], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
    now: Callable[[], float] = time.time,
) -> None:
    """Sends dead letters to the queue and deletes those that it took; removes these from `dead_letters`.

    `rate` is in events a second. Ctrl-C ends it after the dead letters that are under way.
    """
    start = clock()
    with interruption() as interrupted:
        for first in range(0, len(selected), BLOCK):
            if interrupted():
                result.interrupted = True
                return
            block = selected[first : first + BLOCK]
            bodies = [dead_letter.replay_body(now()) for dead_letter in block]
            failed = set(sqs.send(queues.sqs, queues.queue_url, bodies))
            taken = [dead_letter for place, dead_letter in enumerate(block) if place not in failed]
            for dead_letter in taken:
                # From here on it is on the queue: never released, so that no second replay sends it too.
                dead_letters.pop(dead_letter.message_id, None)
            handles = [dead_letter.receipt_handle for dead_letter in taken]
            result.not_deleted += len(sqs.delete(queues.sqs, queues.dead_letter_queue_url, handles))
            result.sent += len(taken)
            result.not_sent += len(failed)
            progress(first + len(block))
            ahead = (first + len(block)) / rate - (clock() - start)
            if ahead > 0 and first + len(block) < len(selected):
                sleep(ahead)


@contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """In this block Ctrl-C and SIGTERM only set a flag; yields a function that says whether they came."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    interrupted = False

    def on_signal(_signum: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    before = {signum: signal.signal(signum, on_signal) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: interrupted
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
