"""The figures and the plot of docs/performance.md, and the README's, from the results in benchmarks/results.

`make performance` publishes the latest results of this machine and writes the pages. A test compares the
pages with what this makes of the published results; the plot needs matplotlib, which is in the environment of
the benchmarks.
"""

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.figures import LATEST, number
from benchmarks.measured import DIRTY
from tools import generated_blocks

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
PAGE: Final[Path] = ROOT / "docs/performance.md"
README: Final[Path] = ROOT / "README.md"
PLOT: Final[Path] = ROOT / "docs/performance.svg"
RESULTS: Final[Path] = ROOT / "benchmarks/results"
NAMES: Final[tuple[str, ...]] = ("bench", "peers")

Results = Mapping[str, Mapping[str, Any]]
"""The published results files by name: `bench` and `peers`."""


def publish() -> None:
    """Copy the latest results of this machine to the published ones.

    Exits where some were measured beside changes that are not committed: nobody could measure them again.
    """
    latest = [path for name in NAMES if (path := LATEST / f"{name}.json").exists()]
    for path in latest:
        commit = json.loads(path.read_text(encoding="utf-8"))["commit"]
        if commit.endswith(DIRTY):
            sys.exit(f"{path.name} was measured at {commit}: commit the changes and run the benchmark again.")
    for path in latest:
        shutil.copy(path, RESULTS / path.name)


def read_results() -> Results:
    """The published results."""
    return {name: json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES}


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(line) + " |\n" for line in (head, ["---"] * len(head), *rows))


def _figures(results: Results) -> dict[str, dict[str, Any]]:
    return {name: figure for found in results.values() for name, figure in found["figures"].items()}


def _value(figure: Mapping[str, Any]) -> str:
    return f"{number(figure['median'])} {figure['unit']}".strip()


def machine(results: Results) -> str:
    """Machine and versions of each file."""
    rows = []
    for name, found in results.items():
        about = found["machine"]
        versions = ", ".join(f"{package} {version}" for package, version in found["versions"].items())
        rows.append(
            [
                f"`{name}.json`",
                found["date"],
                f"`{found['commit']}`",
                f"`{found['code']}`",
                f"{about['cpu']}, {about['cores']} cores, {about['memory_gb']} GB, {about['system']}",
                number(about["load_before"]),
                versions,
            ]
        )
    return _table(
        ["results", "date", "commit", "digest of the code", "machine", "load before", "versions"], rows
    )


def budgets(results: Results) -> str:
    """Every budget: found, allowed, kept or missed; the missed ones once more, in words."""
    figures = _figures(results)
    checked = [budget for found in results.values() for budget in found["budgets"]]
    rows = [
        [
            figures[budget["figure"]]["title"],
            _value(figures[budget["figure"]]),
            f"{budget['bound']} {number(budget['limit'])}",
            "kept" if budget["kept"] else "**missed**",
        ]
        for budget in checked
    ]
    missed = sum(not budget["kept"] for budget in checked)
    number_missed = f"{missed} of {len(checked)} budgets {'is' if missed == 1 else 'are'} missed"
    words = f"**{number_missed}.**" if missed else "Every budget is kept."
    return f"{words}\n\n" + _table(["what", "median", "budget", ""], rows)


GROUPS: Final[Mapping[str, str]] = {
    "intake": "Bytes of a request → queue message, CPU time of an event",
    "peers": "The same Purchases through peers that run in node, CPU time of an event",
    "request": "A whole warm request of one event, CPU time",
    "cold": "Cold start in Lambda's runtime client, CPU time",
    "dispatch": "SQS records → requests to TikTok",
    "bisection": "Bisection of a rejected batch",
    "backfill": "Backfill end to end, on the clock",
    "memory": "Memory",
    "size": "Size",
    "worst": "The worst text that a sender can write",
}
"""Group of figures → its heading."""


def figures(results: Results) -> str:
    """Every figure of the results, by group."""
    found = _figures(results)
    text = ""
    for group, heading in GROUPS.items():
        rows = []
        for name, figure in found.items():
            if name.partition(".")[0] != group:
                continue
            several = len(figure["runs"]) > 1
            rows.append(
                [
                    figure["title"],
                    _value(figure),
                    f"{number(figure['lowest'])} – {number(figure['highest'])}" if several else "",
                    str(len(figure["runs"])),
                ]
            )
        text += f"\n### {heading}\n\n" + _table(["what", "median", "lowest – highest", "runs"], rows)
    return text.lstrip("\n")


def readme(results: Results) -> str:
    """The README's lines."""
    found = _figures(results)
    checked = [budget for file in results.values() for budget in file["budgets"]]
    kept = sum(budget["kept"] for budget in checked)
    medians = {name: number(figure["median"]) for name, figure in found.items()}
    return (
        f"A whole warm request with one event takes {medians['request.relay']} µs of CPU, boto3's call of "
        f"SQS alone {medians['request.floor']} µs.\n"
        f"Dispatch makes requests of {medians['dispatch.rate']} records a second and core. "
        f"{kept} of {len(checked)} budgets are kept.\n"
        "[docs/performance.md](docs/performance.md) has all figures beside floors and peers, and what was\n"
        "not measured.\n"
    )


TEXTS: Final[dict[str, Callable[[Results], str]]] = {
    "performance-machine": machine,
    "performance-budgets": budgets,
    "performance-figures": figures,
    "performance-readme": readme,
}
"""Name of a marker → what stands there."""


def filled(page: str, results: Results) -> str:
    """`page` with what stands between its markers written again; markers of other tools are left alone."""
    return generated_blocks.fill(page, {name: partial(text, results) for name, text in TEXTS.items()})


PLOTS: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    (
        "One Purchase, µs of CPU",
        "µs",
        (
            "intake.floor",
            "intake.clean",
            "intake.coerced",
            "intake.facebook",
            "peers.perform",
            "peers.transform",
            "peers.action",
        ),
    ),
    ("A whole warm request, µs of CPU", "µs", ("request.floor", "request.relay", "request.visits")),
    (
        "Cold start with the first event, ms of CPU",
        "ms",
        ("cold.nothing", "cold.client", "cold.send", "cold.ingest", "cold.coerced", "cold.dispatch"),
    ),
)
"""Heading, unit and figures of each part of the plot."""


def plot(results: Results) -> None:
    """Draw the plot beside the page: medians as bars, lowest to highest as lines."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same file for the same figures.
    mpl.rcParams["svg.hashsalt"] = "relay"
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot as plt

    found = _figures(results)
    heights = [len(names) for _, _, names in PLOTS]
    drawing, all_axes = plt.subplots(
        len(PLOTS), 1, figsize=(8, 0.42 * sum(heights) + 2), height_ratios=heights
    )
    for axes, (heading, _unit, names) in zip(all_axes, PLOTS, strict=True):
        shown = [found[name] for name in names]
        medians = [figure["median"] for figure in shown]
        spread = [
            [figure["median"] - figure["lowest"] for figure in shown],
            [figure["highest"] - figure["median"] for figure in shown],
        ]
        colours = ["#b0b0b0" if figure["title"].startswith("floor") else "#2a78b5" for figure in shown]
        colours = [
            "#d08c3c" if name.startswith(("peers.", "intake.facebook")) else colour
            for name, colour in zip(names, colours, strict=True)
        ]
        titles = [figure["title"].removesuffix(": INIT and first event") for figure in shown]
        axes.barh(titles, medians, xerr=spread, color=colours, ecolor="#404040", capsize=2)
        axes.invert_yaxis()
        axes.set_title(heading, fontsize=10, loc="left")
        axes.grid(visible=True, axis="x", alpha=0.3)
        axes.tick_params(labelsize=8)
    drawing.tight_layout()
    drawing.savefig(PLOT, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    publish()
    published = read_results()
    for path in (PAGE, README):
        path.write_text(filled(path.read_text(encoding="utf-8"), published), encoding="utf-8")
    if "--texts" not in sys.argv:
        plot(published)
