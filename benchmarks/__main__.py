"""Run the benchmarks, print the figures, check the budgets: `python -m benchmarks`.

Progress goes to standard error, a table (or with `--json` the results) to standard output, and the results
to benchmarks/results/latest/. Exits with 1 where a budget is missed.
"""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Final

from benchmarks import artefacts, backfill, bisection, dispatch, intake, peers, report, worst
from benchmarks.figures import Figures, progress

Run = Callable[[Figures], None]

ALONE: Final[dict[str, Run]] = {
    "intake": intake.run,
    "dispatch": dispatch.run,
    "bisection": bisection.run,
    "backfill": backfill.run,
    "worst": worst.run,
}
BUILT: Final[dict[str, Callable[[artefacts.Artefacts, Figures], None]]] = {
    "request": artefacts.run_warm,
    "cold": artefacts.run_cold,
    "memory": artefacts.run_memory,
    "size": artefacts.run_size,
}
PEERS: Final[dict[str, Run]] = {"peers": peers.run}


def main() -> int:
    """Run what was chosen; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the results for a script")
    parser.add_argument("--only", metavar="NAMES", default="", help="run only these, separated by commas")
    parser.add_argument("--peers", action="store_true", help="run the peers that need node, and nothing else")
    chosen = parser.parse_args()
    known = {**PEERS} if chosen.peers else {**ALONE, **BUILT}
    names = chosen.only.split(",") if chosen.only else list(known)
    if unknown := set(names) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    figures = Figures()
    load = report.load()
    for name, run in (PEERS if chosen.peers else ALONE).items():
        if name in names:
            with progress(name):
                run(figures)
    if any(name in BUILT for name in names):
        with progress("sam build"):
            prepared = artefacts.prepare()
            made = prepared.__enter__()
        try:
            for name, run_built in BUILT.items():
                if name in names:
                    with progress(name):
                        run_built(made, figures)
        finally:
            prepared.__exit__(None, None, None)
    results = report.results(figures, load)
    if not chosen.only:
        report.save("peers" if chosen.peers else "bench", results)
    if chosen.json:
        print(json.dumps(results, ensure_ascii=False))
    else:
        report.show(results)
    return 1 if any(not budget["kept"] for budget in results["budgets"]) else 0


if __name__ == "__main__":
    sys.exit(main())
