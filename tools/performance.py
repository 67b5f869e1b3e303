"""The figures and the plot of docs/performance.md, and the README's, from the results in benchmarks/results.

`make performance` publishes the latest results of this machine, in a folder of its processor, and writes the
pages, which show all machines side by side. A test compares the pages with what this makes of the published
results; the plot needs matplotlib, which is in the environment of the benchmarks.
"""

import json
import re
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
"""The published results files of one machine by name: `bench` and `peers`."""

Machines = Mapping[str, Results]
"""Processor → its results."""


def processor(found: Mapping[str, Any]) -> str:
    """The processor of a results file, without the words that all of them have: `Intel Xeon`."""
    return " ".join(re.sub(r" *(?:\(\w+\)|Processor|CPU)", "", found["machine"]["cpu"]).split())


def publish() -> None:
    """Copy the latest results of this machine to the published ones of its processor.

    Exits where some were measured beside changes that are not committed: nobody could measure them again.
    """
    latest = [path for name in NAMES if (path := LATEST / f"{name}.json").exists()]
    found = [json.loads(path.read_text(encoding="utf-8")) for path in latest]
    for path, measured in zip(latest, found, strict=True):
        if measured["commit"].endswith(DIRTY):
            sys.exit(
                f"{path.name} was measured at {measured['commit']}: commit the changes and run the "
                "benchmark again."
            )
    for path, measured in zip(latest, found, strict=True):
        folder = RESULTS / re.sub(r"\W+", "-", processor(measured).lower())
        folder.mkdir(exist_ok=True)
        shutil.copy(path, folder / path.name)


def read_results() -> Machines:
    """The published results of all machines."""
    machines: dict[str, Results] = {}
    for folder in sorted(path.parent for path in RESULTS.glob(f"*/{NAMES[0]}.json")):
        if folder != LATEST:
            files = {
                name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in NAMES
            }
            machines[processor(files[NAMES[0]])] = files
    return machines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "".join("| " + " | ".join(line) + " |\n" for line in (head, ["---"] * len(head), *rows))


def _figures(results: Results) -> dict[str, dict[str, Any]]:
    return {name: figure for found in results.values() for name, figure in found["figures"].items()}


def _budgets(results: Results) -> dict[str, dict[str, Any]]:
    return {budget["figure"]: budget for found in results.values() for budget in found["budgets"]}


def _value(figure: Mapping[str, Any] | None) -> str:
    return "–" if figure is None else f"{number(figure['median'])} {figure['unit']}".strip()


def _spread(figure: Mapping[str, Any] | None) -> str:
    if figure is None or len(figure["runs"]) == 1:
        return ""
    return f"{number(figure['lowest'])} – {number(figure['highest'])}"


def machine(machines: Machines) -> str:
    """Machine and versions of each file."""
    rows = []
    for results in machines.values():
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


def budgets(machines: Machines) -> str:
    """Every budget: found and allowed, on each machine; and how many each has missed, in words."""
    checked = {name: _budgets(results) for name, results in machines.items()}
    found = {name: _figures(results) for name, results in machines.items()}
    missed = {name: sum(not budget["kept"] for budget in checked[name].values()) for name in machines}
    words = ", ".join(f"{number} of {len(checked[name])} on {name}" for name, number in missed.items())

    def cell(name: str, figure: str) -> str:
        kept = "" if checked[name][figure]["kept"] else ", **missed**"
        return f"{_value(found[name][figure])}{kept}"

    first = next(iter(machines))
    rows = [
        [
            found[first][figure]["title"],
            f"{budget['bound']} {number(budget['limit'])}",
            *(cell(name, figure) for name in machines),
        ]
        for figure, budget in checked[first].items()
    ]
    return f"Missed: {words}.\n\n" + _table(["what", "budget", *machines], rows)


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


def figures(machines: Machines) -> str:
    """Every figure of the results, by group."""
    found = [_figures(results) for results in machines.values()]
    titles = {name: figure["title"] for of_machine in found for name, figure in of_machine.items()}
    head = ["what", *(column for name in machines for column in (name, "lowest – highest"))]
    text = ""
    for group, heading in GROUPS.items():
        rows = []
        for name, title in titles.items():
            if name.partition(".")[0] == group:
                measured = [of_machine.get(name) for of_machine in found]
                cells = (cell for figure in measured for cell in (_value(figure), _spread(figure)))
                rows.append([title, *cells])
        text += f"\n### {heading}\n\n" + _table(head, rows)
    return text.lstrip("\n")


def readme(machines: Machines) -> str:
    """The README's table."""
    rows = []
    for name, results in machines.items():
        found, checked = _figures(results), _budgets(results)
        kept = sum(budget["kept"] for budget in checked.values())
        rows.append(
            [
                name,
                f"`{results[NAMES[0]]['commit']}`",
                _value(found["request.relay"]),
                _value(found["request.floor"]),
                _value(found["dispatch.rate"]),
                f"{kept} of {len(checked)}",
            ]
        )
    head = [
        "processor",
        "at commit",
        "CPU of a warm request",
        "boto3's call of SQS alone",
        "records that dispatch takes, a core",
    ]
    return (
        _table([*head, "budgets kept"], rows)
        + "\n[docs/performance.md](docs/performance.md) has all figures beside floors and peers, and what\n"
        "was not measured.\n"
    )


TEXTS: Final[dict[str, Callable[[Machines], str]]] = {
    "performance-machine": machine,
    "performance-budgets": budgets,
    "performance-figures": figures,
    "performance-readme": readme,
}
"""Name of a marker → what stands there."""


def filled(page: str, machines: Machines) -> str:
    """`page` with what stands between its markers written again; markers of other tools are left alone."""
    return generated_blocks.fill(page, {name: partial(text, machines) for name, text in TEXTS.items()})


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


def plot(machines: Machines) -> None:
    """Draw the plot beside the page, a column for each machine: medians as bars, the spread as lines."""
    import matplotlib as mpl

    mpl.use("svg")
    # The same file for the same figures.
    mpl.rcParams["svg.hashsalt"] = "relay"
    mpl.rcParams["svg.fonttype"] = "none"
    from matplotlib import pyplot as plt

    heights = [len(names) for _, _, names in PLOTS]
    drawing, all_axes = plt.subplots(
        len(PLOTS),
        len(machines),
        figsize=(4 + 4 * len(machines), 0.42 * sum(heights) + 2),
        height_ratios=heights,
        sharey="row",
        squeeze=False,
    )
    for column, (machine_name, results) in enumerate(machines.items()):
        found = _figures(results)
        for axes, (heading, _unit, names) in zip(all_axes[:, column], PLOTS, strict=True):
            _draw(axes, [(name, found[name]) for name in names])
            axes.set_title(heading, fontsize=10, loc="left")
        all_axes[0, column].annotate(
            machine_name, (0, 1.2), xycoords="axes fraction", fontsize=11, fontweight="bold"
        )
    for axes in all_axes[:, 0]:
        axes.invert_yaxis()
    drawing.tight_layout()
    drawing.savefig(PLOT, metadata={"Date": None, "Creator": None})


def _draw(axes: Any, shown: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """One part of the plot."""
    medians = [figure["median"] for _, figure in shown]
    spread = [
        [figure["median"] - figure["lowest"] for _, figure in shown],
        [figure["highest"] - figure["median"] for _, figure in shown],
    ]
    colours = [
        "#d08c3c"
        if name.startswith(("peers.", "intake.facebook"))
        else "#b0b0b0"
        if figure["title"].startswith("floor")
        else "#2a78b5"
        for name, figure in shown
    ]
    titles = [figure["title"].removesuffix(": INIT and first event") for _, figure in shown]
    axes.barh(titles, medians, xerr=spread, color=colours, ecolor="#404040", capsize=2)
    axes.grid(visible=True, axis="x", alpha=0.3)
    axes.tick_params(labelsize=8)


if __name__ == "__main__":
    publish()
    published = read_results()
    for path in (PAGE, README):
        path.write_text(filled(path.read_text(encoding="utf-8"), published), encoding="utf-8")
    if "--texts" not in sys.argv:
        plot(published)
