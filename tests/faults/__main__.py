"""`python -m tests.faults`: the proof, and its figures."""

import argparse
import sys
import time
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.faults.proof import Figures, ProofError, prove, sweep

WIDE: Final[int] = 150
"""Columns where the output is no terminal, so that a log shows the table whole."""


def main(arguments: list[str]) -> int:
    """Runs the proof; exit code 1 where it fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of all chance (%(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="how many (%(default)s)")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    start = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[{time.monotonic() - start:5.0f} s] {text}", markup=False)

    try:
        swept = sweep(options.seed, say)
        say(f"killed once at each of {swept.kills} steps of a batch")
        proven = prove(options.seed, options.events, say)
    except ProofError as error:
        console.print(f"seed {options.seed}: {error}", style="red", markup=False)
        return 1
    console.print(_table(options.seed, proven, swept))
    console.print(
        f"delivered + parked = accepted, parked = poison, nothing counted twice: "
        f"{time.monotonic() - start:.0f} s, {proven.hours:.0f} hours on the queue's clock",
        style="green",
    )
    return 0


def _table(seed: int, proven: Figures, swept: Figures) -> Table:
    table = Table(title=f"seed {seed}")
    table.add_column("")
    table.add_column("among faults", justify="right", overflow="fold")
    table.add_column("killed at every step", justify="right", overflow="fold")
    for name in (
        "accepted",
        "delivered",
        "parked",
        "poison",
        "counted_twice",
        "requests",
        "runs",
        "kills",
        "given_twice",
        "parked_twice",
        "duplicates_dropped",
        "most_receives",
    ):
        table.add_row(name.replace("_", " "), f"{getattr(proven, name):,}", f"{getattr(swept, name):,}")
    table.add_row("parked by reason", _list(proven.parked_by_reason), "")
    table.add_row("TikTok's codes", _list(proven.answers), "")
    table.add_row("faults that struck", _list(proven.faults), "")
    table.add_row("killed at", _list(proven.killed_at), _list(swept.killed_at))
    return table


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items(), key=lambda one: -one[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
