"""`relay dlq`: look at the dead-letter queue, export what is there, drop what is of no use."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from relay.aws import sqs
from relay_cli import output
from relay_cli.dead_letters import DeadLetter, DeadLetters, Filters, find_by_id, groups, reading, summary
from relay_cli.errors import OK, PARTLY_DONE, CliError, UsageError
from relay_cli.files import write_private
from relay_cli.options import IDENTIFIER, Group, filter_options, json_option, option, stack_options
from relay_cli.stacks import Queues, Target
from relay_cli.times import age, iso, now

if TYPE_CHECKING:
    from rich.table import Table

HIDDEN_SECONDS: Final[int] = 120
"""How long a dead letter is hidden from others while all are read; they are released at the end."""


@click.group("dlq", cls=Group)
def command() -> None:
    """List, show, export and drop dead letters: events that could not be delivered.

    `list`, `show` and `export` take nothing away. `relay replay` sends dead letters again.
    """


@command.command("list")
@option("--each", is_flag=True, help="One line for each dead letter, with its message id.")
@filter_options
@stack_options
@json_option
def list_dead_letters(*, each: bool, filters: Filters, target: Target, as_json: bool) -> int:
    """Count dead letters by reason, code, destination and age."""
    queues = target.open().queues()
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        selected = filters.selected(dead_letters, now())
    if as_json:
        counts = summary(selected, dead_letters.not_read, now())
        output.data(
            counts | ({"dead_letters": [dead_letter.as_json() for dead_letter in selected]} if each else {})
        )
    elif not selected:
        output.line(nothing_found(queues))
    else:
        output.show(each_table(selected) if each else groups_table(selected, queues.where))
    return say_not_read(dead_letters, quiet=as_json)


@command.command("show")
@click.argument("id", type=IDENTIFIER)
@stack_options
@json_option
def show(*, id: str, target: Target, as_json: bool) -> int:  # noqa: A002 - the name of the argument
    """Show everything about one dead letter, hashed as it is.

    ID is the event_id, or the beginning of the message id.
    """
    queues = target.open().queues()
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        dead_letter = _one(dead_letters, id)
    if as_json:
        output.data(dead_letter.as_json())
        return OK
    table = output.table("", "", header=False)
    output.add_row(table, "message id", dead_letter.message_id)
    for name, value in {"reason": dead_letter.reason, **dead_letter.attributes}.items():
        output.add_row(table, name, value)
    output.show(table)
    if dead_letter.item is None:
        output.line(dead_letter.body)
    else:
        output.data(dead_letter.item)
    return OK


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@option("--overwrite", is_flag=True, help="Replace FILE where it exists.")
@filter_options
@stack_options
@json_option
def export(*, file: Path, overwrite: bool, filters: Filters, target: Target, as_json: bool) -> int:
    """Write dead letters to FILE as JSON Lines, one a line. They stay on the queue.

    Identifiers are hashed in them; ip addresses, user agents and click ids are not. Only you can read FILE.
    """
    if file.exists() and not overwrite:
        raise UsageError(f"{file} exists. Name another file, or say --overwrite.")
    queues = target.open().queues()
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        selected = filters.selected(dead_letters, now())
    text = "".join(output.as_json(dead_letter.as_json(), indent=None) + "\n" for dead_letter in selected)
    write_private(file, text)
    if as_json:
        output.data({"exported": len(selected), "not_read": dead_letters.not_read, "file": str(file)})
    else:
        output.line(f"{output.count(len(selected), 'dead letter')} written to {file}, and still on the queue")
    return say_not_read(dead_letters, quiet=as_json)


@command.command("drop")
@option(
    "--id",
    "ids",
    type=IDENTIFIER,
    multiple=True,
    help="Event_id, or beginning of the message id. Several are allowed.",
)
@option("--all", "everything", is_flag=True, help="All of them, where no filter is given.")
@option("--dry-run", is_flag=True, help="Show what would be dropped, and drop nothing.")
@option("--yes", is_flag=True, help="Don't ask.")
@filter_options
@stack_options
@json_option
def drop(
    *,
    ids: Sequence[str],
    everything: bool,
    dry_run: bool,
    yes: bool,
    filters: Filters,
    target: Target,
    as_json: bool,
) -> int:
    """Delete dead letters for good. Export them first if you may need them.

    Needs a filter, --id or --all, and a yes.
    """
    if filters == Filters() and not ids and not everything:
        raise UsageError("Say which to drop: a filter such as --reason rejected, --id, or --all.")
    queues = target.open().queues()
    with reading(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS) as dead_letters:
        selected = filters.selected(dead_letters, now())
        if ids:
            meant = {_one(dead_letters, one_id).message_id for one_id in ids}
            selected = [dead_letter for dead_letter in selected if dead_letter.message_id in meant]
        partly = say_not_read(dead_letters, quiet=as_json)
        if selected and not as_json:
            output.show(groups_table(selected, queues.where))
        if selected and not dry_run and not yes:
            _confirm(len(selected))
        dropped = 0 if dry_run else _drop(queues, selected, dead_letters)
    left = 0 if dry_run else len(selected) - dropped
    if as_json:
        result = {"selected": len(selected), "dropped": dropped, "not_dropped": left}
        output.data(result | {"not_read": dead_letters.not_read, "dry_run": dry_run})
    elif dry_run:
        output.line(f"{len(selected)} would be dropped")
    else:
        output.line(f"{dropped} dropped" + (f"; {left} are still on the queue" if left else ""))
    return PARTLY_DONE if left else partly


def _drop(queues: Queues, selected: Sequence[DeadLetter], dead_letters: DeadLetters) -> int:
    handles = [dead_letter.receipt_handle for dead_letter in selected]
    failed = set(sqs.delete(queues.sqs, queues.dead_letter_queue_url, handles)) if handles else set()
    for place, dead_letter in enumerate(selected):
        if place not in failed:
            del dead_letters[dead_letter.message_id]
    return len(selected) - len(failed)


def _confirm(number: int) -> None:
    if not output.interactive():
        raise UsageError("Say --yes to drop them; nothing was dropped.")
    if not click.confirm(f"Delete {number} for good?", err=True):
        raise UsageError("Nothing was dropped.")


def nothing_found(queues: Queues) -> str:
    """A sentence for an empty selection."""
    return f"No dead letters found in {queues.where}"


def say_not_read(dead_letters: DeadLetters, *, quiet: bool) -> int:
    """Say that not all dead letters were read, where that is so; give the exit code."""
    if not dead_letters.not_read:
        return OK
    if not quiet:
        output.line(dead_letters.describe_not_read())
    return PARTLY_DONE


def groups_table(dead_letters: Sequence[DeadLetter], where: str) -> "Table":
    """The dead letters, one line a group."""
    at = now()
    table = output.table(
        "reason",
        "code",
        "destination",
        "events",
        "newest",
        "oldest",
        "older than 48 h",
        "such as",
        title=f"{len(dead_letters)} on the dead-letter queue of {where}",
    )
    for group in groups(dead_letters):
        first, last = group[0], group[-1]
        output.add_row(
            table,
            first.reason,
            first.code,
            first.destination,
            len(group),
            age(at - last.received_at),
            age(at - first.received_at),
            sum(dead_letter.may_count_twice(at) for dead_letter in group),
            last.attributes.get("tiktok_message") or last.attributes.get("detail", ""),
        )
    return table


def each_table(dead_letters: Sequence[DeadLetter]) -> "Table":
    """The dead letters, one line each."""
    table = output.table("message id", "reason", "code", "destination", "event", "received")
    for dead_letter in dead_letters:
        output.add_row(
            table,
            dead_letter.message_id,
            dead_letter.reason,
            dead_letter.code,
            dead_letter.destination,
            dead_letter.event(),
            f"{age(now() - dead_letter.received_at)} ago ({iso(dead_letter.received_at)})",
        )
    return table


def _one(dead_letters: DeadLetters, given_id: str) -> DeadLetter:
    found = find_by_id(dead_letters, given_id)
    if not found and dead_letters.not_read:
        raise CliError(
            f"No dead letter that was read has the id {given_id}; {dead_letters.describe_not_read()}.",
            "no_dead_letter",
        )
    if not found:
        raise CliError(
            f"No dead letter has the id {given_id}. `relay dlq list --each` shows the ids.", "no_dead_letter"
        )
    if len({dead_letter.message_id for dead_letter in found}) > 1:
        ids = ", ".join(dead_letter.message_id for dead_letter in found[:5])
        raise CliError(
            f"{len(found)} dead letters match {given_id}: {ids}. Say more of the id.", "several_dead_letters"
        )
    return found[0]
