"""Steps: the calls of a function, counted as they arrive, and the one at which it is killed."""

import threading
from collections import Counter
from collections.abc import Callable


class KilledError(Exception):
    """The caller was killed in the middle of this call, and gets no response."""


class Steps:
    """Counts steps; at the chosen one calls `kill`, which returns when the process is dead."""

    def __init__(self) -> None:
        self._kill: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._at: int | None = None
        self.number = 0
        self.killed_at: Counter[str] = Counter()

    def begin(self, kill: Callable[[], object], kill_at: int | None = None) -> None:
        """Begin a run, which is killed at the step of this number, counted from 1."""
        with self._lock:
            self.number, self._at, self._kill = 0, kill_at, kill

    def step(self, name: str) -> None:
        """Count a step. Raises KilledError when the process is killed at it."""
        with self._lock:
            self.number += 1
            if self._at is None or self.number < self._at:
                return
            first, self._at = self.number == self._at, 0
            if first:
                self.killed_at[name] += 1
                self._kill()
        raise KilledError
