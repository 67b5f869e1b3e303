"""A short run of the fuzzer, the same each time; `make fuzz` runs it for longer."""

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import play_aws

EXECUTIONS = 6000
"""About three seconds' worth."""


def test_mutated_requests_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    play_aws(monkeypatch.setattr)
    report = fuzz(1, executions=EXECUTIONS)
    assert [f"{each.target}: {each.body!r}\n{each.raised}" for each in report.findings] == []
    assert report.executions == EXECUTIONS
    # It reaches what lies behind the first door.
    assert report.outcomes["read_body: accepted"] > EXECUTIONS / 20
    assert report.outcomes["handle: 202"] > EXECUTIONS / 500
