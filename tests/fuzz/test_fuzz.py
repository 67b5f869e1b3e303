"""A short run of the fuzzer, the same each time; `make fuzz` runs it for longer."""

import pytest

from tests.fuzz.run import fuzz
from tests.fuzz.targets import replace_aws

EXECUTIONS = 6000
"""About three seconds' worth."""


@pytest.mark.slow
def test_mutated_requests_find_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_aws(monkeypatch.setattr)
    report = fuzz(1, executions=EXECUTIONS)
    assert [f"{finding.target}: {finding.body!r}\n{finding.raised}" for finding in report.findings] == []
    assert report.executions == EXECUTIONS
    # It gets past the first check.
    assert report.outcomes["process_body: accepted"] > EXECUTIONS / 20
    assert report.outcomes["handle_request: 202"] > EXECUTIONS / 500
