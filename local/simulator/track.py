"""One call of `event/track`, from its headers and bytes to its answer: who, how, what, and which fault.

The order is TikTok's as far as answers on record show it: route, token, form, request, permission, rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.simulator import answers, contract, faults
from local.simulator.access import Access
from local.simulator.answers import Answer, RejectionError
from local.simulator.clock import Clock
from local.simulator.faults import Fault, FaultList
from local.simulator.json_types import Json, UnreadableJsonError, read_json
from local.simulator.ledger import Batch, Ledger, RequestView

PATH = "/open_api/v1.3/event/track/"

ANSWERED, SILENCE, RESET = "answered", "closed without an answer", "reset"

# How much of a bad batch is explained in the ledger; the answer holds the first objection only.
_PROBLEMS_RECORDED = 20
_SECRET_HEADERS = frozenset({"access-token", "authorization", "cookie"})


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of the connection: an answer, or after `hold_s` seconds none, in the way of `how`.

    The header of an answer takes `drip_s` seconds, a line at a time.
    """

    answer: Answer | None
    how: str = ANSWERED
    hold_s: float = 0.0
    drip_s: float = 0.0


@dataclass(slots=True)
class _Course:
    """What is found out about a call on its way, for the ledger."""

    request_id: str
    generation: int
    document: Json = None
    unreadable: str | None = None
    problems: list[str] = field(default_factory=list)
    accepted: int = 0
    faults: list[str] = field(default_factory=list)

    def text(self, name: str) -> str | None:
        value = self.document.get(name) if isinstance(self.document, dict) else None
        return value if isinstance(value, str) else None

    def rows(self) -> list[Json]:
        value = self.document.get("data") if isinstance(self.document, dict) else None
        return value if isinstance(value, list) else []


class TrackEndpoint:
    """TikTok's endpoint without its HTTP.

    Args:
        wait: called with seconds where a fault asks for a delay; may come back early when the server stops.
        arrived: called when a request has come whole, before it is checked.
    """

    def __init__(
        self,
        access: Access,
        fault_list: FaultList,
        ledger: Ledger,
        clock: Clock,
        wait: Callable[[float], object],
        arrived: Callable[[], object] = lambda: None,
    ) -> None:
        self._access = access
        self._faults = fault_list
        self._ledger = ledger
        self._clock = clock
        self._wait = wait
        self._arrived = arrived

    def cut_before_body(self, call: Call) -> bool:
        """Whether a fault ends this call before its body is read; if so, it is recorded here."""
        if call.path != PATH or call.method != "POST" or self._faults.strike_before_body() is None:
            return False
        course = self._course()
        course.faults.append("reset")
        self._record(call, course, Ending(None, RESET))
        return True

    def handle(self, call: Call) -> Ending:
        """Answer a call, or end it without an answer, and record it."""
        self._arrived()
        course = self._course()
        try:
            ending = self._handle(call, course)
        except RejectionError as rejection:
            ending = Ending(
                answers.rejected(rejection.code, rejection.message, course.request_id, rejection.status)
            )
        # Written down before the client is let go: a client that has seen the end finds it in the ledger.
        self._record(call, course, ending)
        if ending.hold_s:
            self._wait(ending.hold_s)
        return ending

    def _course(self) -> _Course:
        return _Course(answers.new_request_id(self._clock.now()), self._ledger.generation)

    def _handle(self, call: Call, course: _Course) -> Ending:
        if call.path != PATH:
            raise RejectionError(answers.ROUTE_NOT_FOUND, "Route not found", 404)
        if call.method != "POST":
            raise RejectionError(answers.ROUTE_NOT_FOUND, f"Method {call.method} is not allowed here", 405)
        try:
            course.document = read_json(call.body)
        except UnreadableJsonError as error:
            course.unreadable = str(error)
        fault = self._faults.strike_line(course.text("event_source_id"))
        if fault is None:
            return Ending(self._process(call, course))
        course.faults.append(fault.kind)
        return self._strike(fault, call, course)

    def _strike(self, fault: Fault, call: Call, course: _Course) -> Ending:
        match fault.kind:
            case "throttle" | "error" | "server_error" if not fault.html:
                headers = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
                return Ending(
                    answers.rejected(fault.code, fault.message, course.request_id, fault.http_status, headers)
                )
            case "server_error" | "html_502":
                return Ending(answers.gateway_page(fault.http_status))
            case "empty_object":
                return Ending(answers.raw(fault.http_status, "{}", answers.JSON))
            case "not_json":
                return Ending(answers.raw(fault.http_status, fault.text, answers.HTML))
            case "redirect":
                location = (("Location", fault.location),)
                return Ending(Answer(fault.http_status, b"", answers.HTML, location))
            case "drip":
                return Ending(self._process(call, course), drip_s=fault.seconds)
            case "token_revoked":
                raise RejectionError(answers.INVALID_ACCESS_TOKEN, _INVALID_ACCESS)
            case "slow":
                self._wait(fault.seconds)
                return Ending(self._process(call, course))
            case "timeout_after_accept":
                self._process_unheard(call, course)
                return Ending(None, SILENCE, fault.seconds)
            case "reset":
                if fault.moment == faults.AFTER_ACCEPT:
                    self._process_unheard(call, course)
                return Ending(None, RESET)
        raise AssertionError(f"no such line fault: {fault.kind}")

    def _process_unheard(self, call: Call, course: _Course) -> None:
        try:
            self._process(call, course)
        except RejectionError as rejection:
            course.problems.append(rejection.message)

    def _process(self, call: Call, course: _Course) -> Answer:
        token = self._authenticated(call)
        _require_json(call)
        if course.unreadable is not None:
            raise RejectionError(answers.PARAM_ERROR, course.unreadable)
        found = contract.problems(course.document)
        course.problems.extend(problem.message for problem in found[:_PROBLEMS_RECORDED])
        if found and found[0].row is None:
            raise RejectionError(found[0].code, found[0].message)
        source_id, source = course.text("event_source_id") or "", course.text("event_source") or ""
        if not self._access.allows(token, source_id):
            raise RejectionError(answers.PERMISSION_ERROR, _NO_PERMISSION.format(source_id))
        if found:
            raise RejectionError(found[0].code, found[0].message)
        batch = Batch(
            call.body, course.rows(), source, source_id, course.text("test_event_code"), course.request_id
        )
        return self._accept(batch, course)

    def _accept(self, batch: Batch, course: _Course) -> Answer:
        struck = self._faults.strike_rows(batch.rows, batch.event_source_id)
        omitted: list[int] = []
        answer = answers.accepted(course.request_id)
        if struck is not None:
            fault, picked = struck
            course.faults.append(fault.kind)
            if fault.kind == "poison":
                raise RejectionError(fault.code, _poisoned(fault, picked[0]))
            omitted = picked
            failed = [
                (row if fault.index is None else fault.index, _event_id(batch.rows[row])) for row in picked
            ]
            answer = answers.partly_accepted(course.request_id, failed if fault.listed else None, fault.code)
        course.accepted = self._ledger.accept(batch, frozenset(omitted), self._clock.now(), course.generation)
        return answer

    def _authenticated(self, call: Call) -> str:
        token = call.headers.get("access-token", "").strip()
        if not token:
            raise RejectionError(answers.EMPTY_ACCESS_TOKEN, "Access token is empty.")
        if not self._access.knows(token):
            raise RejectionError(answers.INVALID_ACCESS_TOKEN, _INVALID_ACCESS)
        return token

    def _record(self, call: Call, course: _Course, ending: Ending) -> None:
        answer = ending.answer
        rows = len(course.rows())
        view: RequestView = {
            "number": 0,
            "at": self._clock.now(),
            "method": call.method,
            "path": call.path,
            "headers": {name: value for name, value in call.headers.items() if name not in _SECRET_HEADERS},
            "token": self._access.shown(call.headers.get("access-token", "").strip()),
            "bytes": len(call.body),
            "rows": rows,
            "event_source": course.text("event_source"),
            "event_source_id": course.text("event_source_id"),
            "test_event_code": course.text("test_event_code"),
            "status": None if answer is None else answer.status,
            "code": None if answer is None else answer.code,
            "message": "" if answer is None else answer.message,
            "problems": course.problems,
            "accepted": course.accepted,
            "request_id": course.request_id,
            "faults": course.faults,
            "ending": ending.how,
        }
        self._ledger.record(view, readable_rows=rows, generation=course.generation)


_INVALID_ACCESS = "Access token is incorrect or has been revoked."
_NO_PERMISSION = (
    "No permission to operate pixel code: {}. You must be an admin or operator of this advertiser account."
)


def _require_json(call: Call) -> None:
    media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != answers.JSON:
        raise RejectionError(answers.PARAM_ERROR, "Content-Type must be application/json")


def _poisoned(fault: Fault, row: int) -> str:
    if not fault.named or fault.match is None:
        return fault.message
    return f"Batch.{row}.{fault.match.field}: {fault.message}"


def _event_id(item: Json) -> str | None:
    value = item.get("event_id") if isinstance(item, dict) else None
    return value if isinstance(value, str) else None
