"""The real stack, once for all end-to-end tests: the built functions on an emulated AWS, and a simulator."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
import requests

from local.stack import StackInfo, local_stack
from tests.support import chromium
from tests.support.events import PIXEL

DEADLINE_SECONDS: Final[float] = 60.0
POLL_SECONDS: Final[float] = 0.1
ORIGIN: Final[str] = "https://shop.example"
HOME: Final[Path] = Path(__file__).parents[2] / ".local" / "e2e"


T = TypeVar("T")

browser, context = chromium.browser, chromium.context


class Stack:
    """A running stack, as its users see it: an API to call, and a TikTok to look into."""

    def __init__(self, info: StackInfo, session: requests.Session) -> None:
        self.info, self.session, self.home = info, session, HOME

    def call(self, method: str, path: str, *, key: str | None = None, **more: Any) -> requests.Response:
        """Calls the API, with the right key unless another is given; "" sends none."""
        headers = {"content-type": "application/json", **more.pop("headers", {})}
        key = self.info.server_key if key is None else key
        if key:
            headers["authorization"] = f"Bearer {key}"
        return self.session.request(
            method, self.info.api_url + path, headers=headers, timeout=DEADLINE_SECONDS, **more
        )

    def post(self, body: object, **more: Any) -> requests.Response:
        """Posts events."""
        return self.call("POST", "/v1/events", json=body, **more)

    def simulator(self, path: str, **params: Any) -> Any:
        """Asks the simulator."""
        url = f"{self.info.simulator_url}/_sim/{path}"
        answer = self.session.get(url, params=params, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def received(self, event_ids: list[str]) -> dict[str, Any]:
        """Waits until TikTok has these events; gives each as TikTok has it, by its id."""
        return self.until(lambda: self._received(event_ids), f"{len(event_ids)} events at TikTok")

    def _received(self, event_ids: list[str]) -> dict[str, Any] | None:
        events = self.simulator("events", limit=10_000)["events"]
        found = {event["event_id"]: event for event in events if event["event_id"] in set(event_ids)}
        return found if len(found) == len(event_ids) else None

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Looks until there is something to see."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            seen = look()
            if seen is not None:
                return seen
            time.sleep(POLL_SECONDS)
        raise AssertionError(f"not within {DEADLINE_SECONDS:.0f} s: {what}")

    def waiting(self, queue_url: str) -> int:
        """How many messages a queue holds, those in flight too."""
        url = f"{self.info.endpoint_url}/_ministack/sqs/messages"
        answer = self.session.get(url, timeout=DEADLINE_SECONDS)
        answer.raise_for_status()
        (regions,) = answer.json()["messages"].values()
        return len(regions[self.info.region][queue_url])


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack, with one page's origin allowed. (The emulator answers preflights by itself.)"""
    with (
        local_stack(parameters={"AllowedOrigins": ORIGIN, "PixelId": PIXEL}, home=HOME) as info,
        requests.Session() as session,
    ):
        session.trust_env = False
        yield Stack(info, session)
