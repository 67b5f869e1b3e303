"""Apply each defect to a copy of the repository and run the tests that have to notice it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2, rmtree
from tempfile import TemporaryDirectory
from threading import local
from typing import Final, Literal

from tests.mutants.defect import ROOT, Defect, DefectError

Status = Literal["killed", "survived", "broken"]
"""`killed`: a test failed. `survived`: all passed. `broken`: the tests did not run, so the list is wrong."""

TIMEOUT_SECONDS: Final[float] = 420.0
"""A defect may make the code loop for ever; a test that never ends has noticed it."""

PYTEST_FAILED: Final[int] = 1
PYTEST_INTERRUPTED: Final[int] = 2
"""pytest's exit codes (its reference, `pytest.ExitCode`). 2 also stands for a file that can't be imported."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one defect: who noticed it (`killer`), and how long that took, in seconds."""

    group: str
    defect: Defect
    status: Status
    killer: str
    seconds: float


def copy_repository(target: Path) -> None:
    """Copy what git tracks, or does not ignore, to an empty folder."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            copy2(ROOT / name, target / name, follow_symlinks=False)


def run_defects(
    defects: Sequence[tuple[str, Defect]], workers: int, report: Callable[[Result], None]
) -> list[Result]:
    """Run all defects, `workers` at a time, and call `report` with each result as it comes.

    `defects` are pairs of a group and a defect.
    """
    with TemporaryDirectory(prefix="mutants-") as folder:
        own = local()

        def run(group: str, defect: Defect) -> Result:
            if not hasattr(own, "copy"):
                own.copy = Path(folder) / f"copy-{id(own)}-{time.monotonic_ns()}"
                own.copy.mkdir()
                copy_repository(own.copy)
            return _run_defect(group, defect, own.copy)

        results = []
        with ThreadPoolExecutor(workers) as pool:
            for done in as_completed([pool.submit(run, *entry) for entry in defects]):
                results.append(done.result())
                report(results[-1])
    return results


def run_clean(defects: Sequence[tuple[str, Defect]]) -> str:
    """Run all named tests on an unchanged copy. Returns what failed, empty where nothing did.

    Without this, a test that fails anyway would count as one that notices everything.
    """
    with TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder)
        copy_repository(copy)
        tests = sorted({test for _, defect in defects for test in defect.tests})
        failed = _pytest(tests, copy) if tests else None
        if failed is not None and failed.returncode != 0:
            return failed.stdout[-4000:] + failed.stderr[-1000:]
        for arguments in sorted({defect.faults for _, defect in defects if defect.faults}):
            done = _faults(arguments, copy)
            if done.returncode != 0:
                return done.stdout[-4000:] + done.stderr[-1000:]
    return ""


def _run_defect(group: str, defect: Defect, copy: Path) -> Result:
    start = time.monotonic()
    original = (copy / defect.path).read_bytes() if (copy / defect.path).is_file() else b""

    def result(status: Status, killer: str) -> Result:
        return Result(group, defect, status, killer, time.monotonic() - start)

    try:
        defect.apply(copy)
    except DefectError as error:
        return result("broken", str(error))
    try:
        killers = []
        if defect.tests:
            done = _pytest(defect.tests, copy)
            if done is None:
                killers.append("time-out")
            elif done.returncode in (PYTEST_FAILED, PYTEST_INTERRUPTED):
                killers.append(_first_failure(done.stdout))
            elif done.returncode != 0:
                return result("broken", f"pytest ended with {done.returncode}: {done.stdout[-300:]}")
            else:
                return result("survived", "")
        if defect.faults:
            run = _faults(defect.faults, copy)
            if run.returncode == 0:
                return result("survived", "noticed by a test, not by the fault run" if killers else "")
            killers.append("fault run")
        return result("killed", ", ".join(killers)) if killers else result("broken", "no tests are named")
    finally:
        (copy / defect.path).write_bytes(original)
        for cache in (copy / defect.path).parent.glob("__pycache__"):
            rmtree(cache)


def _environment() -> dict[str, str]:
    # A file that is changed twice within a second keeps its time and size, so compiled code would be stale.
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def _pytest(tests: Sequence[str], copy: Path) -> subprocess.CompletedProcess[str] | None:
    """The finished run of pytest, None where it ran out of time."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=line", *tests]
    try:
        return subprocess.run(
            command,
            cwd=copy,
            env=_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _faults(arguments: Sequence[str], copy: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join(
        str(copy / part) for part in ("", "cli", "layers/relay", "functions/ingest", "functions/dispatch")
    )
    return subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        cwd=copy,
        env={**_environment(), "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS * 2,
        check=False,
    )


def _first_failure(output: str) -> str:
    for line in output.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            return line.split(" ", 1)[1].partition(" - ")[0]
    return "the tests"
