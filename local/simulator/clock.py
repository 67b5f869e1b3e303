"""The simulator's clock: real time, which tests may replace or move forward."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Clock:
    """Unix time in seconds from a source, plus what it was advanced by."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """Give the time, Unix seconds."""
        return self._source() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move forward.

        Raises:
            ValueError: on a step back; the ledger counts on time going one way.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError("seconds: a number from 0")
        with self._lock:
            self._ahead += seconds

    def reset(self) -> None:
        """Go back to the source's time."""
        with self._lock:
            self._ahead = 0.0
