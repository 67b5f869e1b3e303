"""What was sent, what was accepted, and what TikTok would have counted.

TikTok counts an event by event source id + event name + `event_id`, and drops another copy that comes within
48 hours of the first; what comes later counts again. Source: TikTok API for Business, Doc 1771100965992450,
and TikTok Help Center "event-deduplication".

Made for a few hundred thousand events: request bodies are kept as they came and an event remembers only its
place in one, so that its content is parsed when it is asked for.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from local.simulator.json_types import Json
from local.simulator.remarks import matchable, remarks

DEDUPLICATION_S = 48 * 3600


class EventView(TypedDict):
    """An accepted event, as first sent.

    `received` is how often it was accepted, `counted` how often TikTok would have counted it (more than once
    only beyond the 48 hours, or never deduplicated without an `event_id`: such are events of their own),
    `duplicates` the difference. Times are Unix seconds by the simulator's clock.
    """

    event_source: str
    event_source_id: str
    event: str
    event_id: str | None
    test_event_code: str | None
    matchable: bool
    remarks: list[str]
    received: int
    counted: int
    duplicates: int
    first_received_at: float
    last_received_at: float
    request_id: str
    item: Json


class RequestView(TypedDict):
    """A request and its answer; `token` is a label, `missing` or `unknown`, `status` None for no answer."""

    number: int
    at: float
    method: str
    path: str
    headers: dict[str, str]
    token: str
    bytes: int
    rows: int
    event_source: str | None
    event_source_id: str | None
    test_event_code: str | None
    status: int | None
    code: int | None
    message: str
    problems: list[str]
    accepted: int
    request_id: str
    faults: list[str]
    ending: str


class Stats(TypedDict):
    """Totals since the last reset; of the rows, `received` were readable and `accepted` were stored.

    Of the accepted rows `counted` + `duplicates` + `test_rows` is all. `counted_twice` is the number of
    events that TikTok would have counted more than once.
    """

    requests: int
    requests_by_code: dict[str, int]
    faults_struck: dict[str, int]
    received: int
    accepted: int
    counted: int
    duplicates: int
    counted_twice: int
    test_rows: int
    unmatchable: int
    without_event_id: int
    events: dict[str, int]


@dataclass(slots=True)
class _Event:
    event_source: str
    event_source_id: str
    event: str
    event_id: str | None
    test_event_code: str | None
    matchable: bool
    remarks: tuple[str, ...]
    request_id: str
    body: int
    row: int
    first_at: float
    last_at: float
    counted_at: float
    received: int = 1
    counted: int = 1


class Batch(NamedTuple):
    """Rows that passed the contract, with the bytes that they came in."""

    body: bytes
    rows: Sequence[Json]
    event_source: str
    event_source_id: str
    test_event_code: str | None
    request_id: str


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to give; what is None does not matter."""

    event_id: str | None = None
    event: str | None = None
    event_source_id: str | None = None
    test: bool | None = None

    def _fits(self, entry: _Event) -> bool:
        return (
            (self.event_id is None or entry.event_id == self.event_id)
            and (self.event is None or entry.event == self.event)
            and (self.event_source_id is None or entry.event_source_id == self.event_source_id)
            and (self.test is None or (entry.test_event_code is not None) == self.test)
        )

    def pick(self, entries: Iterable[_Event]) -> list[_Event]:
        """Give those that fit, in their order."""
        return [entry for entry in entries if self._fits(entry)]


class Ledger:
    """All of it, safe to use from several threads.

    `generation` grows with every reset. Who writes says which generation the request began in; what began
    before a reset leaves no trace after it, however slow it was.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.generation = 0
        self._clear()

    def _clear(self) -> None:
        self._bodies: list[bytes] = []
        self._events: list[_Event] = []
        self._by_key: dict[tuple[str, str, str, bool], _Event] = {}
        self._by_event_id: dict[str, list[_Event]] = {}
        self._remarks: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._requests: list[RequestView] = []
        self._received = 0
        self._accepted = 0
        self._counted = 0
        self._counted_twice = 0
        self._duplicates = 0
        self._test_rows = 0
        self._unmatchable = 0
        self._without_event_id = 0
        self._names: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.generation += 1
            self._clear()

    def accept(self, batch: Batch, omitted: Collection[int], now: float, generation: int) -> int:
        """Store the batch's rows except those omitted; give how many were stored.

        Args:
            batch: what passed the contract.
            omitted: row numbers not to store.
            now: when, Unix seconds.
            generation: of the ledger, when the request began.
        """
        # Checking the rows is most of the work and needs no lock.
        checked = [
            (row, item, matchable(item, batch.event_source), remarks(item, batch.event_source))
            for row, item in enumerate(batch.rows)
            if isinstance(item, dict) and row not in omitted
        ]
        with self._lock:
            if generation != self.generation:
                return 0
            kept = False
            for row, item, can_match, row_remarks in checked:
                kept |= self._accept_row(batch, row, item, can_match, row_remarks, now)
            if kept:
                self._bodies.append(batch.body)
            self._accepted += len(checked)
            return len(checked)

    def _accept_row(
        self,
        batch: Batch,
        row: int,
        item: dict[str, Json],
        can_match: bool,
        remarks: tuple[str, ...],
        now: float,
    ) -> bool:
        """Count one row; give whether it is the first of its event, so that its body has to be kept."""
        event_id, event = item.get("event_id"), str(item["event"])
        entry = _Event(
            event_source=batch.event_source,
            event_source_id=batch.event_source_id,
            event=event,
            event_id=event_id if isinstance(event_id, str) else None,
            test_event_code=batch.test_event_code,
            matchable=can_match,
            remarks=self._remarks.setdefault(remarks, remarks),
            request_id=batch.request_id,
            body=len(self._bodies),
            row=row,
            first_at=now,
            last_at=now,
            counted_at=now,
        )
        if entry.event_id is not None:
            # Test events are shown in their own tab and never counted, so they can't make a live one a
            # duplicate.
            key = (batch.event_source_id, event, entry.event_id, batch.test_event_code is not None)
            known = self._by_key.setdefault(key, entry)
            if known is not entry:
                self._count_again(known, now)
                return False
            self._by_event_id.setdefault(entry.event_id, []).append(entry)
        self._events.append(entry)
        self._count_first(entry)
        return True

    def _count_first(self, entry: _Event) -> None:
        if entry.test_event_code is not None:
            self._test_rows += 1
            return
        self._counted += 1
        self._names[entry.event] += 1
        self._unmatchable += not entry.matchable
        self._without_event_id += entry.event_id is None

    def _count_again(self, known: _Event, now: float) -> None:
        known.received += 1
        known.last_at = now
        if known.test_event_code is not None:
            self._test_rows += 1
        elif now - known.counted_at < DEDUPLICATION_S:
            self._duplicates += 1
        else:
            known.counted += 1
            known.counted_at = now
            self._counted += 1
            self._counted_twice += known.counted == 2  # counted once for each event

    def record(self, request: RequestView, *, readable_rows: int, generation: int) -> None:
        """Write down a request; its number is set here.

        Args:
            request: with its answer.
            readable_rows: how many rows its body held, 0 when it could not be read.
            generation: of the ledger, when the request began.
        """
        with self._lock:
            if generation != self.generation:
                return
            request["number"] = len(self._requests)
            self._requests.append(request)
            self._received += readable_rows
            self._codes["none" if request["code"] is None else str(request["code"])] += 1
            self._faults.update(request["faults"])

    def stats(self) -> Stats:
        """Add up."""
        with self._lock:
            return {
                "requests": len(self._requests),
                "requests_by_code": dict(self._codes),
                "faults_struck": dict(self._faults),
                "received": self._received,
                "accepted": self._accepted,
                "counted": self._counted,
                "duplicates": self._duplicates,
                "counted_twice": self._counted_twice,
                "test_rows": self._test_rows,
                "unmatchable": self._unmatchable,
                "without_event_id": self._without_event_id,
                "events": dict(self._names),
            }

    def events(
        self, which: EventFilter, *, offset: int = 0, limit: int | None = None, with_items: bool = True
    ) -> tuple[int, list[EventView]]:
        """Give how many events fit, and one page of them in the order of their first arrival."""
        with self._lock:
            if which.event_id is not None:
                fitting = which.pick(self._by_event_id.get(which.event_id, ()))
            else:
                fitting = which.pick(self._events)
            page = fitting[offset:] if limit is None else fitting[offset : offset + limit]
            bodies = {entry.body: self._bodies[entry.body] for entry in page} if with_items else {}
            views = [_view(entry) for entry in page]
        parsed = _items(bodies)
        for entry, view in zip(page, views, strict=True):
            view["item"] = parsed[entry.body][entry.row] if with_items else None
        return len(fitting), views

    def requests(
        self,
        *,
        code: int | None = None,
        event_source_id: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> tuple[int, list[RequestView]]:
        """Give how many requests fit, and one page of them in the order of their answers."""
        with self._lock:
            fitting = [
                request
                for request in self._requests
                if (code is None or request["code"] == code)
                and (event_source_id is None or request["event_source_id"] == event_source_id)
            ]
        return len(fitting), fitting[offset:] if limit is None else fitting[offset : offset + limit]


def _view(entry: _Event) -> EventView:
    return {
        "event_source": entry.event_source,
        "event_source_id": entry.event_source_id,
        "event": entry.event,
        "event_id": entry.event_id,
        "test_event_code": entry.test_event_code,
        "matchable": entry.matchable,
        "remarks": list(entry.remarks),
        "received": entry.received,
        "counted": entry.counted,
        "duplicates": entry.received - entry.counted,
        "first_received_at": entry.first_at,
        "last_received_at": entry.last_at,
        "request_id": entry.request_id,
        "item": None,
    }


def _items(bodies: Mapping[int, bytes]) -> dict[int, list[Json]]:
    return {number: json.loads(body)["data"] for number, body in bodies.items()}
