"""`python -m tests.mutants`: run the deliberate defects and print which tests noticed them."""

import argparse
import os
import sys

from rich.console import Console
from rich.table import Table

from tests.mutants.catalogue import list_defects
from tests.mutants.run import Result, run_clean, run_defects


def main(arguments: list[str]) -> int:
    """Run the catalogue, or the part of it that is asked for. Exit code 1 unless all are killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="groups to run, comma-separated (default: all)")
    parser.add_argument("--match", default="", help="run only defects whose description holds this text")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    wide = None if sys.stdout.isatty() else 170
    console = Console(highlight=False, width=wide)
    groups = list_defects()
    only = [name for name in options.only.split(",") if name]
    if unknown := set(only) - groups.keys():
        parser.error(f"unknown group {', '.join(sorted(unknown))}; known are {', '.join(groups)}")
    chosen = [
        (group, defect)
        for group, defects in groups.items()
        for defect in defects
        if (not only or group in only) and options.match in defect.what
    ]
    console.print(f"{len(chosen)} defects; first the named tests without any", markup=False)
    if failed := run_clean(chosen):
        console.print(failed, markup=False)
        console.print("The tests fail without a defect, so they can show nothing.", style="red")
        return 1
    done = 0

    def report(result: Result) -> None:
        nonlocal done
        done += 1
        line = f"[{done:3}/{len(chosen)}] {result.status:8} {result.group}: {result.defect.what}"
        console.print(line, markup=False, style="" if result.status == "killed" else "red")

    results = run_defects(chosen, options.workers, report)
    order = {defect.what: index for index, (_, defect) in enumerate(chosen)}
    console.print(_table(sorted(results, key=lambda result: order[result.defect.what])))
    killed = sum(result.status == "killed" for result in results)
    console.print(
        f"{killed} of {len(results)} defects killed", style="green" if killed == len(results) else "red"
    )
    return 0 if results and killed == len(results) else 1


def _table(results: list[Result]) -> Table:
    table = Table("room", "defect", "status", "noticed by")
    table.add_column("s", justify="right")
    for result in results:
        texts = (result.group, result.defect.what, result.status, result.killer.replace("tests/", ""))
        # Node ids hold square brackets, which are markup here.
        table.add_row(*(text.replace("[", "\\[") for text in texts), f"{result.seconds:.0f}")
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
