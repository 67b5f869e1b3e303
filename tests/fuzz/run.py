"""The fuzzer: mutates bodies, puts them through the targets, and keeps what should not have happened."""

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
from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS

_SAMPLES: Final[Path] = Path(__file__).resolve().parents[2] / "events"
_LONGEST: Final[int] = 100_000
"""Bodies stay below this many bytes, so that chance tries many rather than large ones."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A body that something went wrong with: which target, what was raised, and how to have it again."""

    target: str
    execution: int
    body: bytes
    raised: str


@dataclass(slots=True)
class Report:
    """What a run came to."""

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
    return [body for body in bodies if len(body) < _LONGEST]


def fuzz(seed: int, *, executions: int | None = None, seconds: float | None = None) -> Report:
    """Runs for so many executions or seconds; the same `seed` tries the same bodies in the same order."""
    random = Random(seed)  # noqa: S311 - chance, not secrecy
    report, pool = Report(), seeds()
    for number in _numbers(executions, seconds):
        body = mutated(random.choice(pool), random)[:_LONGEST]
        target = random.choice(TARGETS)
        try:
            outcome = target(body, random)
        except Exception as error:  # noqa: BLE001 - any at all is what is looked for
            report.findings.append(
                Finding(target.__name__, number, body, "".join(traceback.format_exception(error)))
            )
            outcome = "raised"
        report.outcomes[f"{target.__name__}: {outcome}"] += 1
        report.executions += 1
        # What was taken is a good place to go on from.
        if outcome == "accepted" and len(pool) < 5000:
            pool.append(body)
    return report


def _numbers(executions: int | None, seconds: float | None) -> Iterator[int]:
    end = None if seconds is None else time.monotonic() + seconds
    number = 0
    while (executions is None or number < executions) and (end is None or time.monotonic() < end):
        yield number
        number += 1
