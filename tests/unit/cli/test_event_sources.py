"""The kill switch: every event source is switched, also one that Lambda is busy with."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from relay_cli import event_sources
from relay_cli.errors import CliError
from relay_cli.stacks import Stack


class Lambda:
    """Two event sources. The second is being updated for so many calls, by a deployment for example."""

    region_name = "eu-central-1"

    def __init__(self, busy: int) -> None:
        self._busy = busy
        self.states = {"uuid-1": "Enabled", "uuid-2": "Updating"}

    def client(self, _service: str) -> "Lambda":
        return self

    def get_event_source_mapping(self, **asked: str) -> dict[str, Any]:
        return {"State": self.states[asked["UUID"]]}

    def update_event_source_mapping(self, **asked: Any) -> None:
        if asked["UUID"] == "uuid-2" and self._busy:
            self._busy -= 1
            # UpdateEventSourceMapping, API reference: a mapping that is being created or updated.
            error = {"Code": "ResourceInUseException", "Message": "The event source mapping is in use."}
            raise ClientError({"Error": error}, "UpdateEventSourceMapping")  # type: ignore[typeddict-item]
        self.states[asked["UUID"]] = "Enabled" if asked["Enabled"] else "Disabled"


def stack_of(account: Lambda) -> Stack:
    stack = Stack("relay", "relay in eu-central-1", account)
    stack.__dict__["_resources"] = [(uuid, event_sources.TYPE, uuid) for uuid in account.states]
    return stack


def test_an_event_source_that_lambda_is_busy_with_is_switched_as_soon_as_it_can_be() -> None:
    account = Lambda(busy=3)
    found = event_sources.switch(stack_of(account), enabled=False, sleep=lambda _: None)
    assert [source.state for source in found] == ["Disabled", "Disabled"]


def test_an_event_source_that_stays_busy_is_named_and_the_other_is_switched() -> None:
    account = Lambda(busy=1000)
    times = iter(range(1000))
    with pytest.raises(CliError, match="uuid-2 is Updating"):
        event_sources.switch(
            stack_of(account), enabled=False, clock=lambda: next(times), sleep=lambda _: None
        )
    assert account.states["uuid-1"] == "Disabled"
