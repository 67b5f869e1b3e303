"""Bisect a rejected batch until each row was accepted, or rejected on its own.

Two rules. A row is rejected only once TikTok rejected a request that held nothing else. A row is delivered
only once TikTok accepted a request that held it. Whatever names a row (a message, a list) is a hint about
what to try first; after the first wrong hint none is followed.

With k bad rows among n that TikTok doesn't name, bisection takes at most 2·k·⌈log2(n/k)⌉ + 2k + 1 requests. A
bad row that is named takes two: itself, and the others without it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.outcomes import Row, Undelivered, make_undelivered
from relay.tiktok.responses import Response


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows to send together. `others` are sent once the response to a named row among them is known."""

    rows: Sequence[Row]
    others: Sequence[Row] = ()


class Bisection:
    """One batch: `next_rows` gives the rows of the next request, `apply` takes the response to it.

    `next_rows` gives None when nothing is left. `apply` returns the rows that were not delivered; delivered
    ones are added to `delivered`.
    """

    def __init__(self, rows: Sequence[Row], delivered: list[Row]) -> None:
        self._delivered = delivered
        self._parts = [_Part(rows)]
        self._hints_help = True
        self._items_checked = False

    def next_rows(self) -> Sequence[Row] | None:
        """The rows to send next; the same ones until `apply` is called."""
        return self._parts[-1].rows if self._parts else None

    def apply(self, response: Response) -> list[Undelivered]:
        """Take TikTok's response to the rows that `next_rows` gave."""
        part = self._parts.pop()
        if response.outcome == "delivered":
            if part.others:
                # The named row was fine, so something among the others is not.
                self._hints_help = False
                self._halve(part.others)
            self._delivered += part.rows
            return []
        if not response.rejects_rows():
            self._add(part.others)
            return [make_undelivered(row, "retry", response) for row in part.rows]
        if not self._items_checked:
            self._items_checked = True
            is_object = [_is_object(item) for _, _, item in part.rows]
            if not all(is_object):
                self._add(part.others)
                self._add([row for row, good in zip(part.rows, is_object, strict=True) if good])
                return [
                    make_undelivered(row, "unreadable", None, "the item is not a JSON object")
                    for row, good in zip(part.rows, is_object, strict=True)
                    if not good
                ]
        if len(part.rows) == 1:
            self._add(part.others)
            return [make_undelivered(part.rows[0], "rejected", response)]
        named = self._named_row(response, len(part.rows))
        if named is None:
            self._halve(part.rows)
        else:
            others = [*part.rows[:named], *part.rows[named + 1 :]]
            self._parts.append(_Part([part.rows[named]], others))
        return []

    def abandon(self, response: Response) -> list[Undelivered]:
        """Return all rows without a result, to be retried for the reason that `response` gives."""
        left = [row for part in self._parts for row in (*part.rows, *part.others)]
        self._parts.clear()
        return [make_undelivered(row, "retry", response) for row in left]

    def _named_row(self, response: Response, rows: int) -> int | None:
        # TikTok's numbers are text from outside: only those of a row that was sent count.
        return next((row for row in response.rows if 0 <= row < rows), None) if self._hints_help else None

    def _halve(self, rows: Sequence[Row]) -> None:
        middle = len(rows) // 2
        self._add(rows[middle:])
        self._add(rows[:middle])

    def _add(self, rows: Sequence[Row]) -> None:
        if rows:
            self._parts.append(_Part(rows))


def _is_object(item: str) -> bool:
    # Checked only after a rejection: an item that is two, `{…},{…}`, would shift the numbers of all rows.
    try:
        return isinstance(json.loads(item), dict)
    except (ValueError, RecursionError):
        return False
