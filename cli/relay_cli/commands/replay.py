"""`relay replay`: send dead letters again."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click

from relay_cli import output
from relay_cli.commands.dlq import groups_table, nothing_found, say_not_read
from relay_cli.dead_letters import DeadLetter, Filters, reading
from relay_cli.errors import INTERRUPTED, PARTLY_DONE, UsageError
from relay_cli.options import command as declare
from relay_cli.options import filter_options, json_option, option, stack_options
from relay_cli.replaying import Replay, replay
from relay_cli.stacks import Queues, Stack, Target
from relay_cli.times import now

if TYPE_CHECKING:
    from rich.progress import Progress

HIDDEN_SECONDS: Final[int] = 1800
"""How long dead letters are hidden from others, from being read to being sent: half an hour, and a
person may take a part of it to say yes. What is not sent is released at the end, however the command ends."""

RATE: Final[int] = 500
"""Events a second, by default: half a batch for TikTok each second, beside what is fresh."""


class Rate(click.ParamType[float]):
    """Events a second, above 0."""

    name = "rate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Reads it."""
        try:
            rate = float(value)
        except ValueError:
            rate = 0.0
        if not 0 < rate < math.inf:
            self.fail(f"{value!r} is not a number above 0", param, ctx)
        return rate


@declare("replay")
@option("--dry-run", is_flag=True, help="Show what would be sent, and send nothing.")
@option("--rate", type=Rate(), default=RATE, show_default=True, help="Events a second, at most.")
@option("--yes", is_flag=True, help="Don't ask about events older than 48 hours.")
@option(
    "--queue-url", metavar="URL", help="Take them from this queue instead, which a removed stack left behind."
)
@filter_options
@stack_options
@json_option
def command(
    *,
    dry_run: bool,
    rate: float,
    yes: bool,
    queue_url: str | None,
    filters: Filters,
    target: Target,
    as_json: bool,
) -> int:
    """Put dead letters on the queue again and delete them from the dead-letter queue.

    Ctrl-C ends it after what is under way; run it again to go on. An event that was received more than 48
    hours ago may count twice where TikTok has it already: such events need a yes.
    """
    stack = target.open()
    queues = stack.queues()
    if queue_url:
        _reject_own(queue_url, stack)
        queues = replace(queues, dead_letter_queue_url=queue_url, where=queue_url)
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        selected = filters.selected(dead_letters, now())
        old = [dead_letter for dead_letter in selected if dead_letter.may_count_twice(now())]
        result = Replay(len(selected), len(old), dead_letters.not_read, dry_run=dry_run)
        partly = say_not_read(dead_letters, quiet=as_json)
        if dry_run:
            if selected and not as_json:
                output.show(groups_table(selected, queues.where))
        elif selected:
            if old and not yes:
                _ask(old)
            with progress_bar(quiet=as_json) as progress:
                bar = progress.add_task("sending", total=len(selected))
                replay(
                    queues,
                    selected,
                    rate,
                    result,
                    dead_letters,
                    lambda number: progress.update(bar, completed=number),
                )
    _report(result, queues, as_json=as_json)
    if result.interrupted:
        return INTERRUPTED
    return PARTLY_DONE if result.not_sent or result.not_deleted else partly


def _reject_own(queue_url: str, stack: Stack) -> None:
    """Raises UsageError for a queue that the stack's dispatch reads."""
    for output_key, name in (("QueueUrl", "event queue"), ("RetryQueueUrl", "retry queue")):
        # A queue has several addresses, and the path (account and name) in each.
        if _get_path(queue_url) == _get_path(stack.output(output_key)):
            raise UsageError(f"--queue-url is this stack's own {name}: dispatch reads it.")


def _get_path(url: str) -> str:
    return urlsplit(url).path.strip("/")


def progress_bar(*, quiet: bool) -> "Progress":
    """A progress bar with the time left, on a terminal only."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = output.progress_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)


def _ask(old: Sequence[DeadLetter]) -> None:
    open_ended = sum(dead_letter.attributes.get("possibly_delivered", "yes") == "yes" for dead_letter in old)
    output.note(
        f"{len(old)} of them were received more than 48 hours ago. TikTok counts such an event again where "
        f"it has a copy: from the browser, or from an earlier attempt (possible for {open_ended} of them)."
    )
    if not output.interactive():
        raise UsageError("Say --yes to send them, or --newer-than 48h to skip them. Nothing was sent.")
    if not click.confirm("Send them?", err=True):
        raise UsageError("Nothing was sent.")


def _report(result: Replay, queues: Queues, *, as_json: bool) -> None:
    if as_json:
        output.data(asdict(result))
        return
    if not result.selected:
        output.line(nothing_found(queues))
        return
    if result.dry_run:
        output.line(
            f"{result.selected} would be sent again; {result.older_than_48_hours} are older than 48 hours"
        )
        return
    output.line(f"{result.sent} of {result.selected} sent again")
    if result.not_sent:
        output.line(f"{result.not_sent} were not taken by the queue; they are dead letters as before")
    if result.not_deleted:
        output.line(
            f"{result.not_deleted} of the sent are still dead letters too; the next replay sends them again"
        )
    if result.interrupted:
        output.line("interrupted: the others are dead letters as before; run it again to go on")
