"""The fault run, in small: `make faults` runs the whole."""

from collections.abc import Iterator

import pytest

from tests.faults.events import PIXELS
from tests.faults.machine import Machine
from tests.faults.random_run import run_randomly, sweep
from tests.faults.scenarios import MAX_IN_FLIGHT, SCENARIOS

pytestmark = [pytest.mark.integration, pytest.mark.slow]

SEED = 11


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """Both functions in Lambda's runtime client, which there is for Linux only."""
    pytest.importorskip("awslambdaric")
    with Machine(SEED, PIXELS) as made:
        yield made


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in MAX_IN_FLIGHT])
def test_scenario(machine: Machine, name: str) -> None:
    machine.reset()
    # Raises where an event is lost, doubled, or dead-lettered for nothing.
    SCENARIOS[name](machine)


def test_events_among_faults_are_delivered_or_dead_lettered_and_counted_once(machine: Machine) -> None:
    figures = run_randomly(machine, SEED, 3000, lambda _: None)
    assert figures.accepted == 3000
    assert figures.delivered + figures.dead_lettered == figures.accepted
    assert figures.dead_lettered > 0
    assert figures.counted_twice == 0
    assert figures.kills > 0


def test_dispatch_killed_at_any_step_of_a_batch_loses_and_doubles_nothing(machine: Machine) -> None:
    figures = sweep(machine, SEED, lambda _: None)
    assert figures.kills >= 15
    assert {"invocation begins", "request at TikTok", "SendMessageBatch took effect"} <= set(
        figures.killed_at
    )
    assert figures.delivered + figures.dead_lettered == figures.accepted
