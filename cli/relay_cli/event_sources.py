"""Event sources of dispatch: the switches between the queues and TikTok."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from relay_cli.errors import CliError
from relay_cli.stacks import Stack

TYPE: Final[str] = "AWS::Lambda::EventSourceMapping"

WAIT_SECONDS: Final[float] = 90.0
"""Lambda needs half a minute or so to switch one."""

POLL_SECONDS: Final[float] = 1.0


@dataclass(frozen=True, slots=True)
class EventSource:
    """One event source: its logical name in the template, its id and its state, such as Enabled."""

    name: str
    uuid: str
    state: str
    function: str
    concurrency: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The event source for `--json`."""
        return {"name": self.name, "uuid": self.uuid, "state": self.state}


def list_event_sources(stack: Stack) -> list[EventSource]:
    """The event sources of the stack. Raises CliError where it has none."""
    client = stack.client("lambda")
    found = []
    for name, uuid in stack.resources_of_type(TYPE).items():
        held = client.get_event_source_mapping(UUID=uuid)
        limit = held.get("ScalingConfig", {}).get("MaximumConcurrency")
        found.append(EventSource(name, uuid, held["State"], held.get("FunctionArn", ""), limit))
    if not found:
        raise CliError(f"The stack {stack.name} has no event source for dispatch.", "no_stack")
    return found


def switch(
    stack: Stack,
    *,
    enabled: bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> list[EventSource]:
    """Switch all of them on or off, and wait until Lambda says that they are."""
    client = stack.client("lambda")
    busy = [source.uuid for source in list_event_sources(stack)]
    expected = "Enabled" if enabled else "Disabled"
    deadline = clock() + WAIT_SECONDS
    while True:
        busy = [uuid for uuid in busy if not _accepts(client, uuid, enabled=enabled)]
        found = list_event_sources(stack)
        if not busy and all(source.state == expected for source in found):
            return found
        if clock() >= deadline:
            states = ", ".join(f"{source.name} is {source.state}" for source in found)
            raise CliError(f"Lambda has not switched yet: {states}. Look again in a minute.", "switching")
        sleep(POLL_SECONDS)


def _accepts(client: Any, uuid: str, *, enabled: bool) -> bool:
    """Switch one; false while it is still being created or updated."""
    from botocore.exceptions import ClientError

    try:
        client.update_event_source_mapping(UUID=uuid, Enabled=enabled)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
        return False
    return True
