"""Circuit breakers: pause a destination that fails, so that it delays no other and TikTok is not hammered."""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from relay.delivery.backoff import MAX_DELAY
from relay.destination import Destination
from relay.tiktok.responses import Outcome, Response

FAILURES_TO_OPEN: Final[dict[Outcome, int]] = {"throttled": 1, "unauthorised": 1}
"""Failures in a row that open it. TikTok means what it says about rate and token …"""

MAX_FAILURES: Final[int] = 3
"""… while one time-out is chance. Three of them are half a minute."""

PAUSE_SECONDS: Final[float] = 30.0
"""How long it stays open. After that the next failure opens it again, the next success closes it."""

MAX_BREAKERS: Final[int] = 256
"""A stack has a handful of destinations. Ids that senders make up must not fill the memory."""


class CircuitBreaker:
    """The breaker of one event source. Kept from run to run of the same process."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = float("-inf")
        self._response: Response | None = None

    def record(self, response: Response, now: float) -> None:
        """Count a response of TikTok's, at `now` (Unix seconds)."""
        if response.outcome == "delivered" or response.rejects_rows():
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= FAILURES_TO_OPEN.get(response.outcome, MAX_FAILURES) or response.retry_after:
            asked = min(response.retry_after, MAX_DELAY)
            self._open_until = now + (asked or PAUSE_SECONDS)
            self._response = response

    def open_response(self, now: float) -> Response | None:
        """The response that opened it, while it is open: send no request. Else None."""
        if self._response is None or now >= self._open_until:
            return None
        return replace(self._response, retry_after=self._open_until - now, may_expire=False)

    def is_failing(self) -> bool:
        """Whether the last request failed: such destinations are sent last."""
        return self._failures > 0


class CircuitBreakers:
    """The breakers of a process, by event source and its id; the least recently used one is dropped.

    Rate and token belong to the event source, so a test event code makes no breaker of its own.
    """

    def __init__(self) -> None:
        self._breakers: OrderedDict[tuple[str, str], CircuitBreaker] = OrderedDict()

    def __len__(self) -> int:
        return len(self._breakers)

    def get(self, destination: Destination) -> CircuitBreaker:
        """The destination's breaker."""
        key = (destination.event_source, destination.event_source_id)
        breaker = self._breakers.setdefault(key, CircuitBreaker())
        self._breakers.move_to_end(key)
        if len(self._breakers) > MAX_BREAKERS:
            self._breakers.popitem(last=False)
        return breaker
