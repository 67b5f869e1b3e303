"""`relay dlq`: look at what lies on the dead-letter queue. Nothing is taken away or changed by it."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from relay_cli import dead_letters, stack_queues
from relay_cli.dead_letters import DeadLetter
from relay_cli.errors import CliError

HIDDEN_SECONDS: Final[int] = 120
"""How long a letter is hidden from others while all are read; they are let go at the end."""

WIDE: Final[int] = 150
"""Columns where the output is no terminal, so that a log shows the table whole."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `relay dlq`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="how many there are, by reason, code, destination and age")
    listing.add_argument("--each", action="store_true", help="one line for each of them, with its id")
    dead_letters.add_filters(listing)
    show = actions.add_parser("show", help="everything about one of them, hashed as it is")
    show.add_argument("id", help="the beginning of its message id, or its event_id")
    for each in (listing, show):
        stack_queues.add_arguments(each)
        each.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> int:
    """Lists the letters, or shows one."""
    queues = stack_queues.find(options)
    console = wide_console()
    letters: list[DeadLetter] = []
    try:
        letters = dead_letters.read_all(queues.sqs, queues.dead_letter_queue_url, HIDDEN_SECONDS)
    finally:
        dead_letters.release(queues.sqs, queues.dead_letter_queue_url, letters)
    if options.action == "show":
        _show(_one(letters, options.id), options, console)
        return 0
    picked = list(filter(dead_letters.picks(options, dead_letters.now()), letters))
    if options.json:
        print(json.dumps(_summary(picked, each=options.each), indent=2))
    elif not picked:
        console.print(f"nothing of that kind lies on the dead-letter queue of {queues.where}")
    else:
        console.print(each_table(picked) if options.each else groups_table(picked, queues.where))
    return 0


def wide_console() -> Console:
    """Standard output, wide enough for a table where it is no terminal."""
    return Console(width=None if sys.stdout.isatty() else WIDE)


def groups(letters: Sequence[DeadLetter]) -> list[list[DeadLetter]]:
    """The letters by reason, code and destination, the largest group first."""
    grouped: dict[tuple[str, str, str], list[DeadLetter]] = {}
    for letter in letters:
        grouped.setdefault((letter.reason, letter.code, letter.destination), []).append(letter)
    return sorted(grouped.values(), key=len, reverse=True)


def groups_table(letters: Sequence[DeadLetter], where: str) -> Table:
    """What lies there, one line a group."""
    now = dead_letters.now()
    table = Table(title=f"{len(letters)} on the dead-letter queue of {where}")
    for heading in (
        "reason",
        "code",
        "destination",
        "events",
        "newest",
        "oldest",
        "older than 48 h",
        "such as",
    ):
        table.add_column(heading, overflow="fold")
    for group in groups(letters):
        first, last = group[0], group[-1]
        table.add_row(
            first.reason,
            first.code,
            first.destination,
            str(len(group)),
            dead_letters.age(now - last.received_at),
            dead_letters.age(now - first.received_at),
            str(sum(letter.may_count_twice(now) for letter in group)),
            last.attributes.get("tiktok_message") or last.attributes.get("why", ""),
        )
    return table


def each_table(letters: Sequence[DeadLetter]) -> Table:
    """What lies there, one line a letter."""
    now = dead_letters.now()
    table = Table()
    for heading in ("message id", "reason", "code", "destination", "event", "received"):
        table.add_column(heading, overflow="fold")
    for letter in letters:
        received = f"{dead_letters.age(now - letter.received_at)} ago"
        table.add_row(
            letter.message_id, letter.reason, letter.code, letter.destination, letter.event(), received
        )
    return table


def _summary(letters: Sequence[DeadLetter], *, each: bool) -> dict[str, object]:
    now = dead_letters.now()
    summary: dict[str, object] = {
        "events": len(letters),
        "groups": [
            {
                "reason": group[0].reason,
                "tiktok_code": group[0].code,
                "destination": group[0].destination,
                "events": len(group),
                "oldest": dead_letters.iso(group[0].received_at),
                "newest": dead_letters.iso(group[-1].received_at),
                "older_than_48_hours": sum(letter.may_count_twice(now) for letter in group),
            }
            for group in groups(letters)
        ],
    }
    return summary | ({"letters": [letter.as_json() for letter in letters]} if each else {})


def _one(letters: Sequence[DeadLetter], wanted: str) -> DeadLetter:
    found = [
        letter
        for letter in letters
        if letter.message_id.startswith(wanted) or (letter.item or {}).get("event_id") == wanted
    ]
    if not found:
        raise CliError(f"no letter has the id {wanted}; `relay dlq list --each` shows their ids")
    if len({letter.message_id for letter in found}) > 1:
        ids = ", ".join(letter.message_id for letter in found[:5])
        raise CliError(f"{len(found)} letters fit {wanted}: {ids}")
    return found[0]


def _show(letter: DeadLetter, options: argparse.Namespace, console: Console) -> None:
    if options.json:
        print(json.dumps(letter.as_json(), indent=2))
        return
    table = Table(show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    table.add_row("message id", letter.message_id)
    for name, value in {"reason": letter.reason, **letter.attributes}.items():
        table.add_row(name, value)
    console.print(table)
    if letter.item is None:
        console.print(letter.body, markup=False, highlight=False)
    else:
        console.print_json(json.dumps(letter.item))
