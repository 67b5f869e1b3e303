"""`relay replay`: send events that could not be delivered again.

Each is put on the queue first and taken off the dead-letter queue after that, so that an interruption loses
nothing. What was interrupted between the two is sent once more by the next run; it carries the same event_id,
and TikTok counts it once.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import FrameType
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from relay.aws import sqs
from relay_cli import dead_letters, dlq, stack_queues
from relay_cli.dead_letters import DeadLetter
from relay_cli.errors import UsageError
from relay_cli.main import INTERRUPTED
from relay_cli.stack_queues import Queues

HIDDEN_SECONDS: Final[int] = 1800
"""How long letters are hidden from others, from being read to being sent: half an hour, of which a person may
take a part to say yes. What is not sent is let go at the end."""

RATE: Final[int] = 500
"""Events a second, unless told: half a batch for TikTok each second, beside what is fresh."""

AT_ONCE: Final[int] = 100
"""Events between two looks at the clock and at Ctrl-C: ten calls of SQS."""


@dataclass(slots=True)
class Replay:
    """What a replay did. `sent` are on the queue again, `not_deleted` of them still lie here too."""

    picked: int = 0
    older_than_48_hours: int = 0
    sent: int = 0
    not_sent: int = 0
    not_deleted: int = 0
    interrupted: bool = False
    dry_run: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `relay replay`."""
    dead_letters.add_filters(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be sent, and send nothing")
    parser.add_argument("--rate", type=_rate, default=RATE, help="events a second, at most (%(default)s)")
    parser.add_argument("--yes", action="store_true", help="don't ask about events older than 48 hours")
    parser.add_argument("--json", action="store_true", help="print JSON")
    stack_queues.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Sends the picked letters again. Exit code 1 where some could not be sent."""
    queues = stack_queues.find(options)
    notes = Console(stderr=True)
    letters: list[DeadLetter] = []
    sent: set[str] = set()
    try:
        letters = dead_letters.read_all(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS)
        now = dead_letters.now()
        picked = list(filter(dead_letters.picks(options, now), letters))
        old = [letter for letter in picked if letter.may_count_twice(now)]
        result = Replay(len(picked), len(old), dry_run=options.dry_run)
        if options.dry_run:
            if picked and not options.json:
                dlq.wide_console().print(dlq.groups_table(picked, queues.where))
        elif picked:
            if old and not options.yes:
                _ask(old, notes)
            with _progress(notes, quiet=options.json) as progress:
                bar = progress.add_task("sending", total=len(picked))
                send_again(
                    queues,
                    picked,
                    options.rate,
                    result,
                    sent,
                    lambda number: progress.update(bar, completed=number),
                )
    finally:
        left = [letter for letter in letters if letter.message_id not in sent]
        dead_letters.release(queues.sqs, queues.dead_letter_queue_url, left)
    _tell(result, options, queues)
    if result.interrupted:
        return INTERRUPTED
    return 1 if result.not_sent or result.not_deleted else 0


def send_again(
    queues: Queues,
    letters: Sequence[DeadLetter],
    rate: float,
    result: Replay,
    sent: set[str],
    progress: Callable[[int], object] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Sends letters to the queue and deletes those that it took; `sent` gets their ids.

    `rate` is in events a second. Ctrl-C ends it after the letters that are under way.
    """
    start = clock()
    with _interruption() as interrupted:
        for first in range(0, len(letters), AT_ONCE):
            if interrupted():
                result.interrupted = True
                return
            some = letters[first : first + AT_ONCE]
            failed = set(sqs.send(queues.sqs, queues.queue_url, [letter.body for letter in some]))
            taken = [letter for place, letter in enumerate(some) if place not in failed]
            sent |= {letter.message_id for letter in taken}
            handles = [letter.receipt_handle for letter in taken]
            result.not_deleted += len(sqs.delete(queues.sqs, queues.dead_letter_queue_url, handles))
            result.sent += len(taken)
            result.not_sent += len(failed)
            progress(first + len(some))
            ahead = (first + len(some)) / rate - (clock() - start)
            if ahead > 0 and first + len(some) < len(letters):
                sleep(ahead)


@contextmanager
def _interruption() -> Iterator[Callable[[], bool]]:
    """For the length of a `with` block Ctrl-C ends nothing that is under way; gives whether there was one."""
    noted = False

    def note(_signum: int, _frame: FrameType | None) -> None:
        nonlocal noted
        noted = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: noted
    finally:
        signal.signal(signal.SIGINT, before)


def _ask(old: Sequence[DeadLetter], notes: Console) -> None:
    open_ended = sum(letter.attributes.get("possibly_delivered", "yes") == "yes" for letter in old)
    notes.print(
        f"{len(old)} of them were received more than 48 hours ago. TikTok counts such an event again where "
        f"it has a copy: from the browser, or from an earlier try, which may be so for {open_ended} of them.",
        style="yellow",
    )
    if not sys.stdin.isatty():
        raise UsageError("say --yes to send them, or --newer-than 48h to leave them out")
    if input("Send them? [y/N] ").strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent")


def _progress(notes: Console, *, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=notes, disable=quiet or not notes.is_terminal)


def _tell(result: Replay, options: argparse.Namespace, queues: Queues) -> None:
    if options.json:
        print(json.dumps(asdict(result)))
        return
    if not result.picked:
        print(f"nothing of that kind lies on the dead-letter queue of {queues.where}")
        return
    if result.dry_run:
        print(f"{result.picked} would be sent again; {result.older_than_48_hours} are older than 48 hours")
        return
    print(f"{result.sent} of {result.picked} sent again")
    if result.not_sent:
        print(f"{result.not_sent} could not be put on the queue; they are where they were")
    if result.not_deleted:
        print(f"{result.not_deleted} of the sent still lie here too; the next replay sends them once more")
    if result.interrupted:
        print("interrupted: the others are where they were; run it again to go on")


def _rate(text: str) -> float:
    rate = float(text)
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError("a rate is a number above 0")
    return rate
