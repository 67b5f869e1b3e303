"""Fuzz for a while and report. `make fuzz` runs it: SECONDS for how long, SEED to repeat a run."""

import argparse
import contextlib
import io
import sys
import time

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import replace_aws


def main(arguments: list[str]) -> int:
    """Return 0 if nothing was found, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args(arguments)
    print(f"fuzzing for {options.seconds:g} s, seed {options.seed}")
    # The functions log each request; here that is only noise.
    with contextlib.redirect_stdout(io.StringIO()), pytest.MonkeyPatch.context() as patch:
        replace_aws(patch.setattr)
        report = fuzz(options.seed, seconds=options.seconds)
    for outcome, times in sorted(report.outcomes.items()):
        print(f"  {outcome:28} {times:9,}")
    for finding in report.findings[:10]:
        print(f"\n{finding.target}, execution {finding.execution}: {finding.body[:2000]!r}\n{finding.raised}")
    print(f"{report.executions:,} executions, {len(report.findings)} findings")
    return 1 if report.findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
