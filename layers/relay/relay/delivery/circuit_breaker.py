"""Breakers: a destination that fails is left alone for a while, so that it delays no other and is not
hammered."""

from dataclasses import replace
from typing import Final

from relay.delivery.backoff import MOST_ASKED_SECONDS
from relay.destination import Destination
from relay.tiktok.responses import Answer, Outcome

FAILURES: Final[dict[Outcome, int]] = {"throttled": 1, "credentials": 1}
"""How many failures in a row open it: TikTok means what it says about rate and token …"""

MOST_FAILURES: Final[int] = 3
"""… while one time-out is chance. Three of them are half a minute of waiting."""

PAUSE_SECONDS: Final[float] = 30.0
"""How long it stays open. After that the next failure opens it again, the next success closes it."""


class Breaker:
    """One destination's. Kept from run to run of the same process."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = float("-inf")
        self._answer: Answer | None = None

    def note(self, answer: Answer, now: float) -> None:
        """Takes note of an answer of TikTok's, at `now` (Unix seconds)."""
        if answer.outcome == "delivered" or answer.refuses():
            self._failures = 0
            return
        self._failures += 1
        if self._failures >= FAILURES.get(answer.outcome, MOST_FAILURES) or answer.retry_after:
            asked = min(answer.retry_after, MOST_ASKED_SECONDS)
            self._open_until = now + (asked or PAUSE_SECONDS)
            self._answer = answer

    def refusal(self, now: float) -> Answer | None:
        """The answer that opened it, while it is open: TikTok is not to be asked. Else None."""
        if self._answer is None or now >= self._open_until:
            return None
        return replace(self._answer, retry_after=self._open_until - now)

    def failing(self) -> bool:
        """Whether the last request failed: such destinations go last."""
        return self._failures > 0


class Breakers:
    """The breakers of a process, by destination."""

    def __init__(self) -> None:
        self._breakers: dict[Destination, Breaker] = {}

    def of(self, destination: Destination) -> Breaker:
        """The destination's breaker."""
        return self._breakers.setdefault(destination, Breaker())
