"""Rate limits for browsers, within one process: so many requests of an origin and of an address in a window.

One process answers one request at a time, so these only stop what floods it with small requests. The limit of
the whole stack is the throttle of the API's stage.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

WINDOW_SECONDS: Final[float] = 10.0

MAX_REQUESTS_PER_ORIGIN: Final[int] = 1000

MAX_REQUESTS_PER_ADDRESS: Final[int] = 300
"""A page sends one to three requests; an office or a phone network may share one address."""

MAX_KEYS: Final[int] = 10_000
"""Keys that are counted at a time; beyond them the oldest is forgotten, so that memory is bounded."""


class RateLimit:
    """Counts requests by key. `clock` gives seconds."""

    def __init__(self, limit: int, window: float, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._window = window
        self._clock = clock
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Count one request of a key; whether it is within the limit."""
        now = self._clock()
        started, count = self._windows.get(key, (now, 0))
        if now - started >= self._window:
            started, count = now, 0
            self._windows.pop(key, None)
        self._windows[key] = (started, count + 1)
        if len(self._windows) > MAX_KEYS:
            self._windows.popitem(last=False)
        return count < self._limit


class RateLimits:
    """The limits of browsers. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._origins = RateLimit(MAX_REQUESTS_PER_ORIGIN, WINDOW_SECONDS, clock)
        self._addresses = RateLimit(MAX_REQUESTS_PER_ADDRESS, WINDOW_SECONDS, clock)

    def allow(self, origin: str, address: str) -> bool:
        """Count one request; whether it is within both limits. An unknown address (empty) has none.

        The address is asked first: what it sends too much doesn't count for its origin, which it can forge.
        """
        return (not address or self._addresses.allows(address)) and self._origins.allows(origin)
