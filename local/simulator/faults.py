"""Faults on request: which there are, and which one strikes a given request.

Two lists in one. A line fault (throttle, reset, …) stands before TikTok and never looks at the rows; a row
fault (poison, partial) rejects rows of a batch that was otherwise fine. A request meets at most one of each,
the first in the order of their making that fits it, so a slow line still leads to the poison behind it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypedDict

from local.simulator.json_types import Json
from local.simulator.match_rules import FaultSpecError, MatchRule

Option: TypeAlias = "bool | int | float | str | None"

BEFORE_BODY, AFTER_BODY, AFTER_ACCEPT = "before_body", "after_body", "after_accept"
MOMENTS = (BEFORE_BODY, AFTER_BODY, AFTER_ACCEPT)

# Each kind with its own options and what they are when omitted.
LINE_FAULTS: Final[dict[str, dict[str, Option]]] = {
    "throttle": {
        "http_status": 200,
        "code": 40100,
        "message": "Too many requests. Please retry in some time.",
        "retry_after": None,
    },
    "error": {"http_status": 200, "code": 50000, "message": "Internal error"},
    "server_error": {"http_status": 500, "code": 50000, "message": "Internal error", "html": False},
    "html_502": {"http_status": 502, "html": True},
    "slow": {"seconds": 1.0},
    "timeout_after_accept": {"seconds": 30.0},
    "reset": {"moment": BEFORE_BODY},
    "empty_object": {"http_status": 200},
    "not_json": {"http_status": 200, "text": "upstream is having a day"},
    "token_revoked": {},
    "redirect": {"http_status": 307, "location": "http://127.0.0.1:9/"},
    "drip": {"seconds": 1.0},
}
ROW_FAULTS: Final[dict[str, dict[str, Option]]] = {
    "partial": {"listed": True, "code": 20001, "index": None},
    "poison": {"named": True, "code": 40002, "message": "Not a valid value"},
}
KINDS: Final = LINE_FAULTS | ROW_FAULTS


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault as asked for. Which of the options count depends on the kind; see `KINDS`.

    Attributes:
        times: how many requests it strikes; None until it is removed.
        after: how many requests that it fits it lets pass first.
        every: of those that follow, it strikes one in so many.
        event_source_id: the only pixel or event set that it strikes; None for all.
        match: the rows that a row fault picks; a partial fault without one picks every other row.
        index: the row number that a partial fault lists, in place of those of the rows that it picked.
    """

    kind: str
    times: int | None = None
    after: int = 0
    every: int = 1
    event_source_id: str | None = None
    match: MatchRule | None = None
    http_status: int = 200
    code: int = 0
    message: str = ""
    retry_after: int | str | None = None
    html: bool = False
    seconds: float = 0.0
    moment: str = BEFORE_BODY
    text: str = ""
    location: str = ""
    index: int | None = None
    listed: bool = True
    named: bool = True

    @classmethod
    def parse(cls, spec: Json) -> Fault:
        """Read a fault from JSON: `{"kind": "throttle", "times": 3}`.

        Raises:
            FaultSpecError: with a sentence that names the option and what it takes.
        """
        if not isinstance(spec, dict):
            raise FaultSpecError("a fault is a JSON object")
        kind = spec.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise FaultSpecError(f"kind: one of {', '.join(KINDS)}")
        fault = _with_defaults(cls(kind), KINDS[kind])
        for name, value in spec.items():
            if name == "kind":
                continue
            if name == "match" and kind in ROW_FAULTS:
                fault = replace(fault, match=None if value is None else MatchRule.parse(value))
            elif name in _COMMON or name in KINDS[kind]:
                fault = _with_option(fault, name, value)
            else:
                raise FaultSpecError(f"{name}: no option of {kind}")
        if kind == "poison" and fault.match is None:
            raise FaultSpecError("match: poison needs one")
        if fault.strikes_before_body and fault.event_source_id is not None:
            raise FaultSpecError("event_source_id: not known before the body is read; use moment after_body")
        return fault

    @property
    def strikes_before_body(self) -> bool:
        """Whether it strikes before anything of the body is read."""
        return self.kind == "reset" and self.moment == BEFORE_BODY


_COMMON = ("times", "after", "every", "event_source_id")


def _with_defaults(fault: Fault, options: dict[str, Option]) -> Fault:
    for name, value in options.items():
        fault = _with_option(fault, name, value)
    return fault


def _with_option(fault: Fault, name: str, value: Json) -> Fault:
    match name:
        case "times":
            return replace(fault, times=None if value is None else _whole(name, value, 1))
        case "after":
            return replace(fault, after=_whole(name, value, 0))
        case "every":
            return replace(fault, every=_whole(name, value, 1))
        case "event_source_id":
            return replace(fault, event_source_id=None if value is None else _text(name, value))
        case "http_status":
            return replace(fault, http_status=_whole(name, value, 200, 599))
        case "code":
            return replace(fault, code=_whole(name, value, 0))
        case "message":
            return replace(fault, message=_text(name, value))
        case "retry_after":
            return replace(fault, retry_after=_retry_after(value))
        case "seconds":
            return replace(fault, seconds=_seconds(value))
        case "moment":
            if value not in MOMENTS:
                raise FaultSpecError(f"moment: one of {', '.join(MOMENTS)}")
            return replace(fault, moment=_text(name, value))
        case "text":
            return replace(fault, text=_text(name, value))
        case "location":
            return replace(fault, location=_text(name, value))
        case "index":
            return replace(fault, index=None if value is None else _whole(name, value, -1_000_000))
        case "html":
            return replace(fault, html=_flag(name, value))
        case "listed":
            return replace(fault, listed=_flag(name, value))
        case "named":
            return replace(fault, named=_flag(name, value))
    raise AssertionError(f"an option without a reader: {name}")


def _whole(name: str, value: Json, least: int, most: int | None = None) -> int:
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or value < least
        or (most is not None and value > most)
    ):
        raise FaultSpecError(f"{name}: a whole number from {least}{'' if most is None else f' to {most}'}")
    return value


def _text(name: str, value: Json) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise FaultSpecError(f"{name}: a string of printable characters")
    return value


def _flag(name: str, value: Json) -> bool:
    if not isinstance(value, bool):
        raise FaultSpecError(f"{name}: a boolean")
    return value


def _retry_after(value: Json) -> int | str | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return _text("retry_after", value)


def _seconds(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= _MAX_WAIT_SECONDS:
        raise FaultSpecError(f"seconds: a number from 0 to {_MAX_WAIT_SECONDS}")
    return float(value)


# Beyond any time-out that a client would set; a thread that hangs longer is only forgotten.
_MAX_WAIT_SECONDS = 600


class FaultView(TypedDict):
    """A fault that is in force, and what it has done."""

    id: int
    kind: str
    times_left: int | None
    seen: int
    struck: int
    options: dict[str, Json]


class _Armed:
    """A fault with its counters."""

    __slots__ = ("fault", "number", "seen", "struck")

    def __init__(self, number: int, fault: Fault) -> None:
        self.number = number
        self.fault = fault
        self.seen = 0
        self.struck = 0

    def strikes(self) -> bool:
        """Count a request that the fault fits, and say whether it is struck."""
        position = self.seen - self.fault.after
        self.seen += 1
        if position < 0 or position % self.fault.every:
            return False
        self.struck += 1
        return True

    @property
    def times_left(self) -> int | None:
        return None if self.fault.times is None else self.fault.times - self.struck


_Fits: TypeAlias = Callable[[Fault], bool]


class FaultList:
    """The faults in force, in the order of their making. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []
        self._next = 1

    def add(self, fault: Fault) -> int:
        """Put a fault at the end of the list; give its number."""
        with self._lock:
            number = self._next
            self._next += 1
            self._armed.append(_Armed(number, fault))
            return number

    def remove(self, number: int) -> bool:
        """Take a fault away; say whether it was there."""
        with self._lock:
            before = len(self._armed)
            self._armed = [armed for armed in self._armed if armed.number != number]
            return len(self._armed) < before

    def clear(self) -> None:
        """Take all away."""
        with self._lock:
            self._armed = []

    def strike_before_body(self) -> Fault | None:
        """Give the reset that ends this request before its body is read, if there is one."""
        with self._lock:
            return self._first(lambda fault: fault.strikes_before_body)

    def strike_line(self, event_source_id: str | None) -> Fault | None:
        """Give the line fault that strikes a request to this event source, if there is one."""
        with self._lock:
            return self._first(
                lambda fault: (
                    fault.kind in LINE_FAULTS
                    and not fault.strikes_before_body
                    and fault.event_source_id in (None, event_source_id)
                )
            )

    def strike_rows(self, items: Sequence[Json], event_source_id: str) -> tuple[Fault, list[int]] | None:
        """Give the row fault that strikes this batch and the rows it picked, if there is one."""
        with self._lock:
            rows: dict[int, list[int]] = {}

            def fits(fault: Fault) -> bool:
                if fault.kind not in ROW_FAULTS or fault.event_source_id not in (None, event_source_id):
                    return False
                every_other = list(range(0, len(items), 2))
                rows[id(fault)] = every_other if fault.match is None else fault.match.rows(items)
                return bool(rows[id(fault)])

            fault = self._first(fits)
            return None if fault is None else (fault, rows[id(fault)])

    def view(self) -> list[FaultView]:
        """List them, first in line first."""
        with self._lock:
            return [
                {
                    "id": armed.number,
                    "kind": armed.fault.kind,
                    "times_left": armed.times_left,
                    "seen": armed.seen,
                    "struck": armed.struck,
                    "options": _options(armed.fault),
                }
                for armed in self._armed
            ]

    def _first(self, fits: _Fits) -> Fault | None:
        for armed in self._armed:
            if fits(armed.fault) and armed.strikes():
                if armed.times_left == 0:
                    self._armed = [other for other in self._armed if other is not armed]
                return armed.fault
        return None


def _options(fault: Fault) -> dict[str, Json]:
    options: dict[str, Json] = {name: getattr(fault, name) for name in (*_COMMON, *KINDS[fault.kind])}
    if fault.match is not None:
        options["match"] = fault.match.view()
    return options
