"""Request bodies: from bytes to events, within limits of size, depth and number.

Of two equal keys in an object the last one wins, as with every JSON parser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic_core import from_json

from relay.findings import describe_type
from relay.json_limits import MAX_DEPTH, Excess, find_excess
from relay.json_parser import parse_exactly
from relay.request_error import RequestError

MAX_EVENTS: Final[int] = 1000
"""TikTok's own limit for one request (Doc 1771101303285761, `data`)."""

MAX_BROWSER_EVENTS: Final[int] = 50
"""A page reports a handful of events at a time. An Origin header can be forged, so this also bounds what an
anonymous request can cost."""

_SMALL_BODY_BYTES: Final[int] = 20_000
"""A body up to here has at most MAX_MEMBERS members: each takes two bytes at least."""


@dataclass(frozen=True, slots=True)
class OversizedEvent:
    """Takes the place of an event that is too deep or has too many members. `code` is that of the finding."""

    code: Excess


@dataclass(slots=True)
class Body:
    """The events of one request, and what stands beside them in their envelope; `tiktok_envelope` if it is
    TikTok's own, with `data`."""

    events: list[object]
    envelope: Mapping[str, object]
    tiktok_envelope: bool = False


def parse_json(body: bytes, max_bytes: int) -> object:
    """Parse a body of at most `max_bytes`. Raises RequestError.

    Events that exceed the limits of depth and number are replaced by `OversizedEvent`; others stay.
    """
    if len(body) > max_bytes:
        raise RequestError(
            413, "body_too_large", f"The body has {len(body)} bytes; the limit is {max_bytes}."
        )
    value = parse_unlimited(body)
    if len(body) <= _SMALL_BODY_BYTES and _count_openings(body) <= MAX_DEPTH:
        return value
    return _replace_oversized(value)


def _count_openings(body: bytes) -> int:
    # `bytes.count` of a single byte takes several times as long: it looks at each of them.
    return len(body) - len(body.replace(b"{", b"").replace(b"[", b""))


def parse_unlimited(body: bytes) -> object:
    """Parse a body of any number of members: an order of a thousand items has more than an event may have.
    Raises RequestError."""
    try:
        return from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError:
        return parse_exactly(body)


def _replace_oversized(value: object) -> object:
    if not isinstance(value, dict):
        return value
    for name in ("data", "events"):
        events = value.get(name)
        if isinstance(events, list) and len(events) <= MAX_EVENTS:
            value[name] = [_replace_event(event) for event in events]
            return value
        if events is not None:
            return value
    return _replace_event(value)


def _replace_event(event: object) -> object:
    excess = find_excess(event)
    return event if excess is None else OversizedEvent(excess)


def extract_events(value: object, max_events: int = MAX_EVENTS) -> Body:
    """Extract the events of a parsed body: one event, `{"events": [...]}`, or TikTok's envelope with `data`.
    A list that is null is as good as none.

    Raises RequestError if it is none of these, if the list is empty, or if it has more than `max_events`.
    """
    if isinstance(value, OversizedEvent):
        return Body([value], {})
    if not isinstance(value, dict):
        raise RequestError(
            400, "body_not_an_object", f"The body is {describe_type(value)}; expected a JSON object."
        )
    reject_events_1_0(value)
    lists = [name for name in ("data", "events") if name in value]
    names = [name for name in lists if value[name] is not None] or lists[:1]
    if len(names) > 1:
        raise RequestError(400, "events_given_twice", "The body has data and events; expected one of them.")
    return _extract_from_envelope(value, names[0], max_events) if names else Body([value], {})


def reject_events_1_0(value: dict[str, object]) -> None:
    """Raise RequestError for a batch of Events API 1.0 (TikTok API for Business, Doc 1701890979375106)."""
    given = {name for name in ("pixel_code", "batch", "events", "data") if value.get(name) is not None}
    if "pixel_code" in given and len(given) > 1:
        detail = (
            "pixel_code beside a list of events is Events API 1.0; 2.0 expects event_source_id beside data."
        )
        raise RequestError(400, "events_1_0", detail)


def _extract_from_envelope(value: dict[str, object], name: str, max_events: int) -> Body:
    events = value[name]
    if not isinstance(events, list):
        raise RequestError(
            400, "events_not_a_list", f"{name} is {describe_type(events)}; expected a list of events."
        )
    if not events:
        raise RequestError(400, "events_empty", f"{name} is an empty list; expected at least one event.")
    if len(events) > max_events:
        raise RequestError(
            413, "events_too_many", f"{name} has {len(events)} events; at most {max_events} are accepted."
        )
    envelope = {key: member for key, member in value.items() if key != name and member is not None}
    return Body(events, envelope, tiktok_envelope=name == "data")
