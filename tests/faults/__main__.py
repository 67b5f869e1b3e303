"""`python -m tests.faults`: the fault run and its figures."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.faults.events import PIXELS
from tests.faults.machine import Machine, ProofError
from tests.faults.random_run import Figures, run_randomly, sweep
from tests.faults.scenarios import MAX_IN_FLIGHT, SCENARIOS

WIDE: Final[int] = 150
"""Columns where the output is no terminal, so that a log shows the table whole."""


def main(arguments: list[str]) -> int:
    """Run it; exit code 1 where something is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of all randomness (%(default)s)")
    parser.add_argument("--events", type=int, default=100_000, help="of the random run (%(default)s)")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(SCENARIOS)}, sweep, random")
    options = parser.parse_args(arguments)
    only = [name for name in options.only.split(",") if name] or [*SCENARIOS, "sweep", "random"]
    if unknown := set(only) - {*SCENARIOS, "sweep", "random"}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    start = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[{time.monotonic() - start:5.0f} s] {text}", markup=False)

    situations: Counter[str] = Counter()
    swept, random = Figures(), Figures()
    name = ""
    try:
        for limit in (120_000, *MAX_IN_FLIGHT.values()):
            names = [entry for entry in only if MAX_IN_FLIGHT.get(entry, 120_000) == limit]
            if not names:
                continue
            with Machine(options.seed, PIXELS, max_in_flight=limit) as machine:
                for name in names:
                    if name in SCENARIOS:
                        machine.reset()
                        SCENARIOS[name](machine)
                        say(name.replace("_", " "))
                    elif name == "sweep":
                        swept = sweep(machine, options.seed, say)
                        say(f"killed once at each of {swept.kills} steps of a batch")
                    else:
                        random = run_randomly(machine, options.seed, options.events, say)
                situations += machine.situations
    except ProofError as error:
        console.print(f"seed {options.seed}, {name}: {error}", style="red", markup=False)
        return 1
    console.print(_figures(options.seed, random, swept))
    console.print(_situations(situations))
    console.print(
        f"0 lost, {random.counted_twice + swept.counted_twice} counted twice: "
        f"{time.monotonic() - start:.0f} s, {random.hours:.0f} hours on the clock of the random run",
        style="green",
    )
    return 0


def _figures(seed: int, random: Figures, swept: Figures) -> Table:
    table = Table(title=f"seed {seed}")
    table.add_column("")
    table.add_column("random run", justify="right", overflow="fold")
    table.add_column("killed at every step", justify="right", overflow="fold")
    for name in (
        "accepted",
        "delivered",
        "dead_lettered",
        "counted_twice",
        "replayed",
        "retries",
        "requests",
        "runs",
        "kills",
        "given_twice",
        "duplicates_dropped",
    ):
        table.add_row(name.replace("_", " "), f"{getattr(random, name):,}", f"{getattr(swept, name):,}")
    table.add_row("dead letters by reason", _list(random.reasons), "")
    table.add_row("TikTok's codes", _list(random.codes), "")
    table.add_row("killed at", _list(random.killed_at), _list(swept.killed_at))
    return table


def _situations(situations: Counter[str]) -> Table:
    table = Table(title="how often each situation occurred")
    table.add_column("situation")
    table.add_column("times", justify="right")
    for name, number in sorted(situations.items()):
        if number:
            table.add_row(name, f"{number:,}")
    return table


def _list(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items(), key=lambda one: -one[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
