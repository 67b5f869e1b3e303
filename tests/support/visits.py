"""A visit table in memory: the port that `relay.visits.store` needs, and what a test may ask it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from relay.aws.dynamodb import Item, TableError

VISIT = "ttv_" + "v" * 22
OTHER_VISIT = "ttv_" + "w" * 22


@dataclass
class MemoryTable:
    """Items by key. With `fails`, each call raises TableError; `calls` counts them."""

    items: dict[str, Item] = field(default_factory=dict)
    fails: bool = False
    calls: int = 0

    def get(self, keys: Sequence[str]) -> dict[str, Item]:
        self._call()
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def put(self, key: str, item: Item) -> None:
        self._call()
        self.items[key] = dict(item)

    def put_unless_other(self, key: str, item: Item, field: str) -> bool:
        self._call()
        if key in self.items and self.items[key].get(field) != item[field]:
            return False
        self.items[key] = dict(item)
        return True

    def merge(self, key: str, item: Item, counter: str, limit: int, unless: tuple[str, str]) -> bool:
        self._call()
        held = self.items.get(key, {})
        if held and (int(held.get(counter, 0)) >= limit or held.get(unless[0]) == unless[1]):
            return False
        self.items[key] = held | item | {counter: int(held.get(counter, 0)) + 1}
        return True

    def _call(self) -> None:
        self.calls += 1
        if self.fails:
            raise TableError("Timeout")
