"""The fuzzer: mutates bodies, runs the targets on them, and keeps what should not have happened."""

import json
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.conformance.suite import Answered, groups
from tests.fuzz.mutations import mutate
from tests.fuzz.targets import TARGETS

_SAMPLES: Final[Path] = Path(__file__).resolve().parents[2] / "events"
_MAX_BYTES: Final[int] = 100_000
"""Bodies stay below this many bytes, so that chance tries many rather than large ones."""
_MAX_CPU_SECONDS: Final[float] = 5.0
"""CPU time of one body. The slowest take a tenth of a second; a body that took work with the square of its
length took minutes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A body that something went wrong with: the target, what was raised, and the number to reproduce it."""

    target: str
    execution: int
    body: bytes
    raised: str


@dataclass(slots=True)
class Report:
    """Outcome of a run."""

    executions: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)


def seeds() -> list[bytes]:
    """The samples in `events/`, and the cases of the conformance suite."""
    bodies = [path.read_bytes() for path in sorted(_SAMPLES.glob("server/*.json"))]
    for case in (case for cases in groups().values() for case in cases):
        if isinstance(case.given, bytes):
            bodies.append(case.given)
        elif not isinstance(case.given, Answered):
            bodies.append(json.dumps(case.given).encode("utf-8", "surrogatepass"))
    return [body for body in bodies if len(body) < _MAX_BYTES]


def fuzz(seed: int, *, executions: int | None = None, seconds: float | None = None) -> Report:
    """Run for so many executions or seconds; the same `seed` tries the same bodies in the same order."""
    random = Random(seed)  # noqa: S311 - chance, not secrecy
    report, pool = Report(), seeds()
    for number in _count(executions, seconds):
        body = mutate(random.choice(pool), random)[:_MAX_BYTES]
        target = random.choice(TARGETS)
        started = time.process_time()
        try:
            outcome = target(body, random)
            taken = time.process_time() - started
            assert taken < _MAX_CPU_SECONDS, f"took {taken:.1f} s of CPU"
        except Exception as error:  # noqa: BLE001 - any exception is what is looked for
            report.findings.append(
                Finding(target.__name__, number, body, "".join(traceback.format_exception(error)))
            )
            outcome = "raised"
        report.outcomes[f"{target.__name__}: {outcome}"] += 1
        report.executions += 1
        # An accepted body is a good start for the next ones.
        if outcome == "accepted" and len(pool) < 5000:
            pool.append(body)
    return report


def _count(executions: int | None, seconds: float | None) -> Iterator[int]:
    end = None if seconds is None else time.monotonic() + seconds
    number = 0
    while (executions is None or number < executions) and (end is None or time.monotonic() < end):
        yield number
        number += 1
