"""Results: figures with machine, versions and budgets, as a file and as tables."""

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import measured, peers
from benchmarks.budgets import BUDGETS
from benchmarks.figures import LATEST, Figures, number
from tests.aws.built import PYTHON

ROOT: Final[Path] = Path(__file__).resolve().parents[1]
PACKAGES: Final[tuple[str, ...]] = ("boto3", "facebook-business", "pydantic", "requests", "urllib3")


def load() -> float:
    """Mean number of processes that ran or waited in the last minute."""
    return os.getloadavg()[0]


def results(figures: Figures, load_before: float) -> dict[str, Any]:
    """All that a results file holds."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "commit": measured.commit(ROOT),
        "code": measured.code_digest(ROOT),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
            "system": f"{platform.system()} {platform.release()}",
            "load_before": round(load_before, 2),
        },
        "versions": {
            "python": _python(),
            "python of the artefacts": _output(
                PYTHON, "-c", "import platform; print(platform.python_version())"
            ),
            **{name: version(name) for name in PACKAGES},
            **peers.versions(),
        },
        "figures": {name: figure.as_json() for name, figure in figures.by_name.items()},
        "budgets": [
            {
                "figure": budget.figure,
                "bound": budget.bound,
                "limit": budget.limit,
                "kept": budget.holds(figures.by_name[budget.figure].median),
            }
            for budget in BUDGETS
            if budget.figure in figures.by_name
        ],
    }


def save(name: str, found: dict[str, Any]) -> None:
    """Write a results file of this machine. Warn where `make performance` will not publish it."""
    if found["commit"].endswith(measured.DIRTY):
        print(
            "The tree has changes that are not committed: these results can't be published.", file=sys.stderr
        )
    LATEST.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, ensure_ascii=False, indent=1)
    (LATEST / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def show(found: dict[str, Any]) -> None:
    """Print the figures and the budgets."""
    console = Console(width=None if sys.stdout.isatty() else 120)
    budgets = {budget["figure"]: budget for budget in found["budgets"]}
    table = Table(title=f"{found['machine']['cpu']}, Python {found['versions']['python']}")
    for heading in ("", "median", "lowest", "highest", "unit", "budget", ""):
        table.add_column(heading, justify="left" if heading in ("", "unit") else "right", overflow="fold")
    group = ""
    for name, figure in found["figures"].items():
        first = name.partition(".")[0]
        if first != group:
            table.add_section()
            group = first
        budget = budgets.get(name)
        table.add_row(
            figure["title"],
            number(figure["median"]),
            number(figure["lowest"]) if len(figure["runs"]) > 1 else "",
            number(figure["highest"]) if len(figure["runs"]) > 1 else "",
            figure["unit"],
            f"{budget['bound']} {number(budget['limit'])}" if budget else "",
            ("kept" if budget["kept"] else "missed") if budget else "",
        )
    console.print(table)


def _python() -> str:
    """The version of the Python that runs, and whether it is the system's own: those are optimised."""
    return platform.python_version() + (" of the system" if sys.base_prefix == "/usr" else "")


def _cpu() -> str:
    """The name of the processor and its family, since virtual machines call several generations the same."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    fields = {name.strip(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    named = fields.get("model name") or platform.processor() or platform.machine()
    return f"{named}, family {family}" if (family := fields.get("cpu family")) else named


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
