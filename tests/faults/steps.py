"""Steps: what a run of dispatch does to the world, counted as it arrives, and where it is killed."""

import threading
from collections import Counter
from collections.abc import Callable


class KilledError(Exception):
    """Whoever made this call was killed in the middle of it, and hears no answer."""


class Steps:
    """Counts steps; at the chosen one calls `kill`, which returns when the process is dead."""

    def __init__(self, kill: Callable[[], object]) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self._at: int | None = None
        self.number = 0
        self.killed_at: Counter[str] = Counter()

    def begin(self, kill_at: int | None = None) -> None:
        """Begins a run; it is killed at the step of this number, counted from 1."""
        with self._lock:
            self.number, self._at = 0, kill_at

    def step(self, name: str) -> None:
        """Notes a step. Raises KilledError when the process is killed at it."""
        with self._lock:
            self.number += 1
            if self._at is None or self.number < self._at:
                return
            first, self._at = self.number == self._at, 0
            if first:
                self.killed_at[name] += 1
                self._kill()
        raise KilledError
