"""The conformance suite: what a case is, how one is run, and all groups of them.

A case says what comes in and what has to come out, as data that can be read beside TikTok's page. Digests are
made here, by hashlib over the normalised text that the case states, and never by the code that is tested.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from importlib import import_module
from typing import Any, Final, Literal

from relay.destination import Destination
from relay.event import body as bodies
from relay.event import pipeline
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.event.routing import Routes
from relay.request_error import RequestError
from relay.tiktok import responses
from tests.support.events import NOW, ROUTES

ABSENT: Final[str] = "(not there)"
"""Expected where a field must not go out."""

MAX_BYTES: Final[int] = 4_194_304

VISITOR: Final[dict[str, str]] = {"ip": "9.9.9.9", "user_agent": "Browser/1"}
"""What the request of a browser says of it."""

Outcome = Literal["accepted", "rejected", "dropped", "unreadable", "delivered", "not delivered"]


def hashed(normalised: str) -> str:
    """SHA-256 of a text as TikTok expects it: over UTF-8, in lower-case hexadecimal."""
    return sha256(normalised.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of TikTok's, for the cases about what counts as delivery."""

    status: int
    body: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `given` comes in, `out` is part of what goes out, `codes` are the codes of all findings.

    `given` is an event, or bytes for a whole request body, or an answer of TikTok's. `out` maps a path in the
    outgoing item to its value there; what must not be there is ABSENT. `country` and `routes` are what the
    owner of the relay set.
    """

    id: str
    given: object
    out: Mapping[str, object] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    becomes: Outcome = "accepted"
    browser: bool = False
    country: str | None = None
    envelope: Mapping[str, object] = field(default_factory=dict)
    goes_to: Destination | None = None
    routes: Routes = field(default_factory=lambda: ROUTES)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a case."""

    becomes: Outcome
    codes: tuple[str, ...] = ()
    item: Mapping[str, object] = field(default_factory=dict)
    destination: Destination | None = None


def run(case: Case) -> Result:
    """Puts a case through the doors that a request goes through."""
    if isinstance(case.given, Answered):
        answer = responses.parse_response(case.given.status, json.dumps(case.given.body).encode())
        return Result("delivered" if answer.outcome == "delivered" else "not delivered")
    raw, address, tiktok = case.given, case.envelope, False
    if isinstance(raw, bytes):
        try:
            body = bodies.extract_events(bodies.parse_json(raw, MAX_BYTES))
        except RequestError as error:
            return Result("unreadable", (error.code,))
        (raw,), address, tiktok = body.events, body.envelope, body.tiktok_envelope
    context = RequestContext(NOW, address, VISITOR if case.browser else None, tiktok)
    return _result(pipeline.process_event(raw, context, PipelineOptions(case.routes, case.country)))


def _result(found: Accepted | Rejected | Dropped) -> Result:
    if isinstance(found, Dropped):
        return Result("dropped", (found.reason,))
    errors = found.errors if isinstance(found, Rejected) else ()
    codes = tuple(sorted({finding.code for finding in (*errors, *found.warnings)}))
    if isinstance(found, Rejected):
        return Result("rejected", codes)
    return Result("accepted", codes, json.loads(found.item), found.destinations[0])


def differences(case: Case) -> list[str]:
    """In what the relay differs from a case, in words; empty where in nothing."""
    before = copy.deepcopy(case.given)
    result = run(case)
    found = []
    if case.given != before:
        found.append("the event that came in was changed")
    if result.becomes != case.becomes:
        found.append(f"{result.becomes}, expected {case.becomes}")
    if set(result.codes) != set(case.codes):
        found.append(
            f"says {', '.join(result.codes) or 'nothing'}, expected {', '.join(case.codes) or 'nothing'}"
        )
    for path, expected in case.out.items():
        there = at(result.item, path)
        if there != expected or type(there) is not type(expected):
            found.append(f"{path} is {there!r}, expected {expected!r}")
    if case.goes_to is not None and result.destination != case.goes_to:
        found.append(f"goes to {result.destination}, expected {case.goes_to}")
    return found


def at(value: Any, path: str) -> Any:
    """What stands at a dotted path, or ABSENT."""
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value


GROUPS: Final[tuple[str, ...]] = (
    "official",
    "peers",
    "phones",
    "people",
    "prehashed",
    "event_names",
    "times",
    "ids",
    "money",
    "personal_data",
    "sources",
    "shapes",
)
"""The modules of `tests/conformance/cases`, each a group, in the order of the table."""


def groups() -> dict[str, list[Case]]:
    """All cases, by group."""
    return {name: import_module(f"tests.conformance.cases.{name}").CASES for name in GROUPS}
