"""The proof by faults, in small: `make faults` runs the whole."""

import pytest

from tests.faults.proof import prove, sweep

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("runtime_client")]


@pytest.fixture
def runtime_client() -> None:
    """Lambda's runtime client, which there is for Linux only."""
    pytest.importorskip("awslambdaric")


def test_events_among_faults_are_delivered_or_parked_and_counted_once() -> None:
    # Raises where an event is lost, doubled, or parked for nothing.
    figures = prove(seed=11, number=4000, say=lambda _: None)
    assert figures.accepted == 4000
    assert figures.delivered + figures.parked == figures.accepted
    assert figures.parked == figures.poison > 0
    assert figures.counted_twice == 0
    assert figures.kills > 0


def test_dispatch_killed_at_any_step_of_a_batch_loses_and_doubles_nothing() -> None:
    figures = sweep(seed=11, say=lambda _: None)
    assert figures.kills >= 15
    assert {"invocation begins", "request at TikTok", "SendMessageBatch took effect"} <= set(
        figures.killed_at
    )
    assert figures.delivered + figures.parked == figures.accepted
