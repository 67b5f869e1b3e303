"""Figures: what a benchmark finds, as runs with a median and a spread."""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

LATEST: Final[Path] = Path(__file__).with_name("results") / "latest"
"""Results of this machine. `make performance` publishes them one folder higher."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a title, a unit, and the value of each run."""

    title: str
    unit: str
    runs: Sequence[float]

    @property
    def median(self) -> float:
        """The median of the runs."""
        return statistics.median(self.runs)

    def as_json(self) -> dict[str, Any]:
        """The figure in a results file."""
        return {
            "title": self.title,
            "unit": self.unit,
            "median": self.median,
            "lowest": min(self.runs),
            "highest": max(self.runs),
            "runs": list(self.runs),
        }


@dataclass
class Figures:
    """All figures of a run by name, such as `intake.clean`. What stands before the dot is the benchmark."""

    by_name: dict[str, Figure] = field(default_factory=dict)

    def add(self, name: str, title: str, unit: str, runs: Sequence[float]) -> None:
        """Add a figure. Raises ValueError for a name that is taken."""
        if name in self.by_name:
            raise ValueError(f"there are two figures {name}")
        self.by_name[name] = Figure(title, unit, runs)

    def add_ratio(self, name: str, title: str, times: Sequence[float], floor: Sequence[float]) -> None:
        """Add a figure in multiples of another one, run by run: both met the same machine."""
        self.add(name, title, "×", [time / least for time, least in zip(times, floor, strict=True)])


class NotDoneError(Exception):
    """The work of a benchmark was not done, so its time says nothing."""


MICROSECONDS: Final[float] = 1e6


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of this process while `work` runs: what else the machine does is not counted."""
    started = time.process_time()
    work()
    return time.process_time() - started


def in_turns(cases: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each case in each round. All cases run in every round, after one round to warm up."""
    found: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, work in cases.items():
            taken = cpu_seconds(work)
            if number:
                found[name].append(taken)
    return found


@contextmanager
def progress(name: str) -> Iterator[None]:
    """Say on standard error which benchmark runs, and how long it took."""
    print(f"{name} …", end="", flush=True, file=sys.stderr)
    started = time.monotonic()
    yield
    print(f" {time.monotonic() - started:.0f} s", file=sys.stderr)


def number(value: float) -> str:
    """A figure as people read it: three digits and more, thousands apart."""
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
