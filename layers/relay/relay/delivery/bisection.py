"""Isolation: a refused request taken apart until TikTok has said of each row alone what it thinks of it.

Two rules. A row is refused only once TikTok refused a request that held nothing else. A row is delivered only
once TikTok confirmed a request that held it. Whatever names a row (a message, a list) is a hint about what to
try first, and once it proves wrong it is not listened to again.

With k bad rows among n that nobody names, halving takes at most 2·k·⌈log2(n/k)⌉ + 2k + 1 requests. A bad row
that is named takes two: itself, and the others without it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from relay.delivery.outcomes import Row, Verdict
from relay.tiktok.responses import Answer


@dataclass(frozen=True, slots=True)
class _Request:
    """Rows to send together. `others` wait for what becomes of a row that was named among them."""

    rows: Sequence[Row]
    others: Sequence[Row] = ()


class Isolation:
    """One batch on its way: says what to send next, and is told what TikTok answered.

    `next` gives the rows of the next request, None when nothing is left; `tell` takes the answer to it and
    gives the verdicts that follow, but for the rows that TikTok took: they are added to `delivered`.
    """

    def __init__(self, rows: Sequence[Row], delivered: list[Row]) -> None:
        self._delivered = delivered
        self._waiting = [_Request(rows)]
        self._names_help = True
        self._checked = False

    def next(self) -> Sequence[Row] | None:
        """The rows to send next; the same ones until `tell` is called."""
        return self._waiting[-1].rows if self._waiting else None

    def tell(self, answer: Answer) -> list[Verdict]:
        """Takes TikTok's answer to the rows that `next` gave."""
        request = self._waiting.pop()
        if answer.outcome == "delivered":
            if request.others:
                # The named row was fine, so something among the others is not.
                self._names_help = False
                self._halve(request.others)
            self._delivered += request.rows
            return []
        if not answer.refuses():
            self._add(request.others)
            return [_again(row, answer) for row in request.rows]
        if not self._checked:
            self._checked = True
            sound = [_is_object(row.message.item) for row in request.rows]
            if not all(sound):
                self._add(request.others)
                self._add([row for row, fine in zip(request.rows, sound, strict=True) if fine])
                broken = [row for row, fine in zip(request.rows, sound, strict=True) if not fine]
                return [_unreadable(row) for row in broken]
        if len(request.rows) == 1:
            self._add(request.others)
            (row,) = request.rows
            return [Verdict(row.record, "rejected", answer, row.message)]
        named = self._named(answer, len(request.rows))
        if named is None:
            self._halve(request.rows)
        else:
            others = [*request.rows[:named], *request.rows[named + 1 :]]
            self._waiting.append(_Request(request.rows[named : named + 1], others))
        return []

    def give_up(self, answer: Answer) -> list[Verdict]:
        """Gives back all that is left without a verdict, with the answer that is the reason."""
        left = [row for request in self._waiting for row in (*request.rows, *request.others)]
        self._waiting.clear()
        return [_again(row, answer) for row in left]

    def _named(self, answer: Answer, rows: int) -> int | None:
        return next((row for row in answer.rows if row < rows), None) if self._names_help else None

    def _halve(self, rows: Sequence[Row]) -> None:
        middle = len(rows) // 2
        self._add(rows[middle:])
        self._add(rows[:middle])

    def _add(self, rows: Sequence[Row]) -> None:
        if rows:
            self._waiting.append(_Request(rows))


def _again(row: Row, answer: Answer) -> Verdict:
    return Verdict(row.record, "again", answer, row.message)


def _unreadable(row: Row) -> Verdict:
    return Verdict(row.record, "unreadable", None, row.message, "the item is not a JSON object")


def _is_object(item: str) -> bool:
    # Only asked of what TikTok refused: an item that is two, `{…},{…}`, would shift the numbers of all rows.
    try:
        return isinstance(json.loads(item), dict)
    except (ValueError, RecursionError):
        return False
