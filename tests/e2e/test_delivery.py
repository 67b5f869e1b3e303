"""Delivery end to end, with the emulator's queues and event sources: retried, dead-lettered with the reason,
replayed, counted once."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from relay_cli.main import main
from tests.e2e.conftest import DEADLINE_SECONDS, HOME, Stack
from tests.e2e.test_events import flat

pytestmark = pytest.mark.e2e


class Relay:
    """The command line, on the stack of the tests."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(self, *arguments: str) -> Any:
        """Runs a command; gives its JSON."""
        self._capture.readouterr()
        assert main([*arguments, "--local", "--local-folder", str(HOME), "--json"]) == 0
        return json.loads(self._capture.readouterr().out)


@pytest.fixture
def relay(capsys: pytest.CaptureFixture[str]) -> Relay:
    return Relay(capsys)


class Faults:
    """Faults at the simulator."""

    def __init__(self, stack: Stack) -> None:
        self._stack, self._url = stack, f"{stack.info.simulator_url}/_sim/faults"

    def add(self, **fault: Any) -> None:
        """Asks for one."""
        answer = self._stack.session.post(self._url, json=fault, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()

    def clear(self) -> None:
        """Takes all away."""
        self._stack.session.delete(self._url, timeout=DEADLINE_SECONDS).raise_for_status()


@pytest.fixture
def faults(stack: Stack) -> Iterator[Faults]:
    made = Faults(stack)
    yield made
    made.clear()


def test_events_among_faults_are_delivered_or_dead_lettered_and_come_back_by_replay(
    stack: Stack, faults: Faults, relay: Relay
) -> None:
    run = uuid.uuid4().hex[:8]
    good = [f"{run}-good-{number}" for number in range(300)]
    named = [f"{run}-named-{number}" for number in range(3)]
    unnamed = [f"{run}-hidden-{number}" for number in range(3)]
    for mark, tells in (("named", True), ("hidden", False)):
        faults.add(kind="poison", match={"field": "event_id", "contains": f"{run}-{mark}"}, named=tells)
    # Two, since a third failure in a row would close the line for half a minute.
    faults.add(kind="throttle", times=1, retry_after=1)
    faults.add(kind="timeout_after_accept", seconds=0, times=1)
    events = [flat("ViewContent", entry) for entry in (*good, *named, *unnamed)]
    for first in range(0, len(events), 102):
        assert stack.post({"events": events[first : first + 102]}).status_code == 202

    received = stack.received(good)
    assert {entry["counted"] for entry in received.values()} == {1}
    dead_letters = stack.info.dead_letter_queue_url
    stack.until(lambda: True if stack.waiting(dead_letters) >= 6 else None, "six dead letters")
    stack.until(lambda: True if stack.waiting(stack.info.queue_url) == 0 else None, "an empty queue")
    letters = relay("dlq", "list", "--each")["dead_letters"]
    assert {letter["item"]["event_id"] for letter in letters} == {*named, *unnamed}
    assert {letter["attributes"]["tiktok_code"] for letter in letters} == {"40002"}
    shown = relay("dlq", "show", named[0])
    assert shown["attributes"]["tiktok_message"] == "Batch.0.event_id: Not a valid value"

    faults.clear()
    replayed = relay("replay")
    assert (replayed["not_sent"], replayed["not_deleted"]) == (0, 0)
    again = stack.received([*named, *unnamed])
    assert {entry["counted"] for entry in again.values()} == {1}
    assert stack.waiting(dead_letters) == 0
