"""The visit store: visits, pointers to them, and the events that were counted, in one table.

The table's keys are digests, so that they are short and say nothing. Writes fail with TableError, and a page
sends its visit again. Nothing that a webhook asks raises: after an error the table is left alone for a while,
and a webhook goes on without its visit.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final, Protocol

from relay import telemetry
from relay.aws.dynamodb import EXPIRY, Item, TableError
from relay.visits.visit import PointerKind, Visit

VISIT_TTL_SECONDS: Final[int] = 28 * 86_400
"""The longest click-through window of TikTok's attribution; an older click id would be of no use."""

COUNTED_TTL_SECONDS: Final[int] = 400 * 86_400
"""Counted events are remembered past the longest trial, a year. Nothing of a person is kept with them."""

MAX_WRITES: Final[int] = 500
"""Times that one visit id may be written: a visitor's daily pages and orders, and far below a flood."""

PAUSE_SECONDS: Final[float] = 30.0
"""For so long after a failed look-up webhooks don't ask the table: a slow table delays one of them."""


class Table(Protocol):
    """Calls of the table (`relay.aws.dynamodb.Table`); each raises TableError."""

    def get(self, keys: Sequence[str]) -> dict[str, Item]: ...
    def put(self, key: str, item: Item) -> None: ...
    def put_unless_other(self, key: str, item: Item, field: str) -> bool: ...
    def merge(self, key: str, item: Item, counter: str, limit: int, unless: tuple[str, str]) -> bool: ...


class VisitStore:
    """Visits and counted events. `now` gives Unix seconds."""

    def __init__(self, table: Table, now: Callable[[], float]) -> None:
        self._table = table
        self._now = now
        self._paused_until = float("-inf")

    # ── pages ───────────────────────────────────────────────────────────────────────────────────────────────

    def leave(self, visit: Visit, pointers: Mapping[PointerKind, str]) -> bool:
        """Keep a visit and the pointers to it; of a withdrawal, keep only that. Raises TableError.

        Returns whether it was kept: an id that was withdrawn or written too often is not written again.
        """
        now = int(self._now())
        key, expiry = visit_key(visit.visit_id), now + VISIT_TTL_SECONDS
        if not visit.granted:
            self._table.put(key, {"consent": "denied", EXPIRY: expiry})
            return True
        texts = {
            "ttclid": visit.ttclid,
            "ttp": visit.ttp,
            "ip": visit.ip,
            "user_agent": visit.user_agent,
            "url": visit.url,
            "email": visit.email,
        }
        item: Item = {name: text for name, text in texts.items() if text}
        item |= {"consent": "granted", "updated_at": now, EXPIRY: expiry}
        if not self._table.merge(key, item, "writes", MAX_WRITES, ("consent", "denied")):
            return False
        for kind, value in pointers.items():
            self._point(kind, value, {"visit": visit.visit_id, "at": now, EXPIRY: expiry})
        return True

    def _point(self, kind: PointerKind, value: str, item: Item) -> None:
        key = pointer_key(kind, value)
        if kind == "email":
            # One person, several devices: the last one counts.
            self._table.put(key, item)
        elif not self._table.put_unless_other(key, item, "visit") and kind == "order_id":
            # Order ids can be guessed. Two visits that claim the same one are not trusted.
            self._table.put(key, {**item, "visit": "", "disputed": True})

    # ── webhooks ────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, keys: Sequence[str]) -> dict[str, Item]:
        """Return items by key, without those that have expired; none while the table fails."""
        return (self._find(keys) or {}) if keys else {}

    def _find(self, keys: Sequence[str]) -> dict[str, Item] | None:
        """Return items as `get` does; None while the table fails."""
        now = self._now()
        if now < self._paused_until:
            return None
        try:
            found = self._table.get(keys)
        except TableError as error:
            self._pause(error)
            return None
        # DynamoDB deletes an expired item within days, not at once.
        return {key: item for key, item in found.items() if int(item.get(EXPIRY, 0)) > now}

    def already_counted(self, key: str) -> bool | None:
        """Whether an event was remembered (see `relay.webhooks.history`); None while the table fails."""
        found = self._find([counted_key(key)])
        return None if found is None else bool(found)

    def remember(self, keys: Sequence[str]) -> bool:
        """Remember events that were counted; False while the table fails."""
        now = self._now()
        if keys and now < self._paused_until:
            return False
        try:
            for key in keys:
                self._table.put(counted_key(key), {EXPIRY: int(now) + COUNTED_TTL_SECONDS})
        except TableError as error:
            self._pause(error)
            return False
        return True

    def _pause(self, error: TableError) -> None:
        self._paused_until = self._now() + PAUSE_SECONDS
        telemetry.error("visit_table_failed", error_type=str(error))
        telemetry.count("VisitTableFaults")


def visit_key(visit_id: str) -> str:
    """Return the table's key of a visit."""
    return _key("visit", visit_id)


def pointer_key(kind: PointerKind, value: str) -> str:
    """Return the table's key of a pointer to a visit."""
    return _key(kind, value)


def counted_key(key: str) -> str:
    """Return the table's key of an event that was counted."""
    return _key("counted", key)


def _key(kind: str, value: str) -> str:
    return f"{kind}:{sha256(value.encode('utf-8', 'replace')).hexdigest()}"
