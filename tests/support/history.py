"""A history in memory: the port of `relay.webhooks.history`, and what a test may ask it."""

from collections.abc import Sequence


class Remembered:
    """Keys that were remembered, and those that were looked up."""

    def __init__(self, *keys: str) -> None:
        self.keys = set(keys)
        self.looked_up: list[str] = []

    def already_counted(self, key: str) -> bool:
        self.looked_up.append(key)
        return key in self.keys

    def remember(self, keys: Sequence[str]) -> bool:
        self.keys |= set(keys)
        return True
