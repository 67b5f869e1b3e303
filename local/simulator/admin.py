"""The simulator's own routes, `/_sim/...`: method, path and body in, status and JSON document out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import parse_qs, unquote

from local.simulator.access import Access
from local.simulator.clock import Clock
from local.simulator.faults import Fault, FaultList
from local.simulator.json_types import Json, UnreadableJsonError, read_json
from local.simulator.ledger import EventFilter, Ledger

PREFIX = "/_sim/"
DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000

ROUTES: Mapping[str, str] = {
    "GET /_sim/": "this list",
    "GET /_sim/health": "200 as soon as requests are served",
    "GET /_sim/stats": "totals since the last reset",
    "GET /_sim/events": "accepted events; event_id, event, event_source_id, test, items, limit, offset",
    "GET /_sim/requests": "requests and their answers; code, event_source_id, limit, offset",
    "GET /_sim/faults": "faults in force",
    "POST /_sim/faults": "add one fault, or a list of them",
    "DELETE /_sim/faults": "remove all faults",
    "DELETE /_sim/faults/{id}": "remove one fault",
    "GET /_sim/tokens": "token labels and their pixels",
    "PUT /_sim/tokens": 'replace the token map, {"<token>": ["<pixel>"]}',
    "POST /_sim/clock": 'move the clock forward, {"advance_seconds": 180000}',
    "POST /_sim/reset": "forget requests, events, faults and clock; tokens stay",
}

Query: TypeAlias = dict[str, str]
Reply: TypeAlias = tuple[int, object]


class BadRequestError(ValueError):
    """A request to one of these routes that makes no sense; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Call:
    query: Query
    body: bytes


class Admin:
    """The routes over the simulator's parts."""

    def __init__(self, access: Access, faults: FaultList, ledger: Ledger, clock: Clock) -> None:
        self._access = access
        self._faults = faults
        self._ledger = ledger
        self._clock = clock
        self._routes: dict[tuple[str, str], Callable[[_Call], Reply]] = {
            ("GET", ""): lambda _: (200, {"routes": dict(ROUTES)}),
            ("GET", "health"): lambda _: (200, {"status": "ok"}),
            ("GET", "stats"): lambda _: (200, ledger.stats()),
            ("GET", "events"): self._events,
            ("GET", "requests"): self._requests,
            ("GET", "faults"): lambda _: (200, {"faults": faults.view()}),
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "tokens"): lambda _: (200, {"tokens": access.view()}),
            ("PUT", "tokens"): self._replace_tokens,
            ("POST", "clock"): self._advance_clock,
            ("POST", "reset"): self._reset,
        }

    def handle(self, method: str, path: str, raw_query: str, body: bytes) -> Reply:
        """Answer a request to `/_sim/...`; 400, 404 and 405 come with an `error` sentence."""
        name = path.removeprefix(PREFIX)
        try:
            if method == "DELETE" and name.startswith("faults/"):
                return self._remove_fault(unquote(name.removeprefix("faults/")))
            route = self._routes.get((method, name))
            if route is not None:
                query = {key: values[-1] for key, values in parse_qs(raw_query).items()}
                return route(_Call(query, body))
        except ValueError as error:
            return 400, {"error": str(error)}
        if any(known == name for _, known in self._routes):
            return 405, {"error": f"{path} does not take {method}"}
        return 404, {"error": f"no route {path}; GET {PREFIX} lists them"}

    def _events(self, call: _Call) -> Reply:
        query = call.query
        _allow(query, "event_id", "event", "event_source_id", "test", "items", "limit", "offset")
        which = EventFilter(
            query.get("event_id"), query.get("event"), query.get("event_source_id"), _flag(query, "test")
        )
        limit, offset = _page(query)
        with_items = _flag(query, "items") is not False
        total, events = self._ledger.events(which, offset=offset, limit=limit, with_items=with_items)
        return 200, {**_paging(total, limit, offset), "events": events}

    def _requests(self, call: _Call) -> Reply:
        query = call.query
        _allow(query, "code", "event_source_id", "limit", "offset")
        limit, offset = _page(query)
        total, requests = self._ledger.requests(
            code=_whole(query, "code", None),
            event_source_id=query.get("event_source_id"),
            offset=offset,
            limit=limit,
        )
        return 200, {**_paging(total, limit, offset), "requests": requests}

    def _add_faults(self, call: _Call) -> Reply:
        document = _document(call.body)
        # All or none: a list with a mistake in it leaves the faults as they were.
        parsed = [Fault.parse(spec) for spec in (document if isinstance(document, list) else [document])]
        return 201, {"ids": [self._faults.add(fault) for fault in parsed]}

    def _clear_faults(self, _: _Call) -> Reply:
        self._faults.clear()
        return 200, {"faults": []}

    def _remove_fault(self, number: str) -> Reply:
        if number.isdecimal() and self._faults.remove(int(number)):
            return 200, {"faults": self._faults.view()}
        return 404, {"error": "no such fault"}

    def _replace_tokens(self, call: _Call) -> Reply:
        document = _document(call.body)
        expected = 'an object such as {"<token>": ["<pixel>"]}'
        if not isinstance(document, dict):
            raise BadRequestError(expected)
        tokens: dict[str, list[str]] = {}
        for token, pixels in document.items():
            if not token or not isinstance(pixels, list):
                raise BadRequestError(expected)
            tokens[token] = [pixel for pixel in pixels if isinstance(pixel, str)]
            if len(tokens[token]) != len(pixels):
                raise BadRequestError(expected)
        self._access.replace(tokens)
        return 200, {"tokens": self._access.view()}

    def _advance_clock(self, call: _Call) -> Reply:
        document = _document(call.body)
        seconds = document.get("advance_seconds") if isinstance(document, dict) else None
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise BadRequestError("advance_seconds: a number from 0")
        self._clock.advance(seconds)
        return 200, {"now": self._clock.now()}

    def _reset(self, _: _Call) -> Reply:
        self._faults.clear()
        self._clock.reset()
        self._ledger.reset()
        return 200, {"status": "empty"}


def _document(body: bytes) -> Json:
    try:
        return read_json(body)
    except UnreadableJsonError as error:
        raise BadRequestError("the body is not valid JSON") from error


def _allow(query: Query, *names: str) -> None:
    # A misspelt filter that is ignored makes a test pass that should not.
    for name in query:
        if name not in names:
            raise BadRequestError(f"{name}: no such parameter; there are {', '.join(names)}")


def _page(query: Query) -> tuple[int, int]:
    limit = _whole(query, "limit", DEFAULT_LIMIT)
    offset = _whole(query, "offset", 0)
    return min(limit or 0, MAX_LIMIT), offset or 0


def _paging(total: int, limit: int, offset: int) -> dict[str, int | None]:
    following = offset + limit
    more = limit > 0 and following < total
    return {"total": total, "limit": limit, "offset": offset, "next_offset": following if more else None}


def _whole(query: Query, name: str, default: int | None) -> int | None:
    value = query.get(name)
    if value is None:
        return default
    if not value.isdecimal():
        raise BadRequestError(f"{name}: a whole number from 0")
    return int(value)


def _flag(query: Query, name: str) -> bool | None:
    value = query.get(name)
    if value is None:
        return None
    if value not in ("true", "false"):
        raise BadRequestError(f"{name}: true or false")
    return value == "true"
