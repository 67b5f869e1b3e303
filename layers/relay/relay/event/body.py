"""Request bodies: bytes in, the events that they hold out, with limits kept before anything is parsed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from pydantic_core import from_json

from relay.findings import kind
from relay.request_error import RequestError

MOST_EVENTS: Final[int] = 1000
"""TikTok's own limit for one request (Doc 1771101303285761, `data`); one of ours becomes one of theirs at the
most."""


LARGE_BYTES: Final[int] = 200_000
"""A body up to here can hold no event that is worth looking for; as many bytes as an item may have."""

MOST_MEMBERS: Final[int] = 10_000
"""Fields and entries of one event: a cart of a thousand items has eight thousand. A million of anything would
take a minute and a gigabyte to find fault with, one by one."""


class Crowded:
    """Stands in the place of an event that holds more than `MOST_MEMBERS` fields and entries."""


@dataclass(frozen=True, slots=True)
class Body:
    """The events of one request, unread, and what their envelope says of where they go; `tiktok` where it is
    TikTok's own, with `data`."""

    events: list[object]
    address: Mapping[str, object]
    tiktok: bool = False


def parse(body: bytes, most_bytes: int) -> object:
    """The JSON value that `body` holds. Raises RequestError where there is none, or more than `most_bytes` of
    it."""
    if len(body) > most_bytes:
        raise RequestError(
            413, "body_too_large", f"The body has {len(body)} bytes; at most {most_bytes} are read."
        )
    if not body or body.isspace():
        raise RequestError(400, "body_empty", "The body is empty; wanted is a JSON object.")
    try:
        value = _quickly(body)
    except ValueError:
        value = _exactly(body)
    return value if len(body) <= LARGE_BYTES else _uncrowded(value)


def _uncrowded(value: object) -> object:
    """The value with `Crowded` in the place of each event that holds too much; neighbours stay as they
    are."""
    if not isinstance(value, dict):
        return value
    for name in ("data", "events"):
        events = value.get(name)
        if isinstance(events, list) and len(events) <= MOST_EVENTS:
            value[name] = [Crowded() if _is_crowded(each) else each for each in events]
            return value
        if events is not None:
            return value
    return Crowded() if _is_crowded(value) else value


def _is_crowded(value: object) -> bool:
    count = 0
    waiting = [value]
    while waiting and count <= MOST_MEMBERS:
        each = waiting.pop()
        if isinstance(each, (dict, list)):
            count += len(each)
            if count <= MOST_MEMBERS:
                waiting += each.values() if isinstance(each, dict) else each
    return count > MOST_MEMBERS


def _quickly(body: bytes) -> object:
    """The value of a body that has nothing special about it; raises ValueError where that can't be told.

    This parser is twice as fast as the standard one, but of two equal keys it keeps the last. Without a
    backslash, every string takes two quotation marks, so a lost key shows in their number.
    """
    if b"\\" in body:
        raise ValueError
    value = from_json(body, allow_inf_nan=False)
    if _strings(value) * 2 != body.count(b'"'):
        raise ValueError
    return value


def _strings(value: object) -> int:
    """How many strings a value holds inside, keys among them."""
    count = 0
    inside: Iterable[object] = ()
    if isinstance(value, dict):
        count, inside = len(value), value.values()
    elif isinstance(value, list):
        inside = value
    for each in inside:
        sort = type(each)
        if sort is str:
            count += 1
        elif sort is dict or sort is list:
            count += _strings(each)
    return count


def _exactly(body: bytes) -> object:
    try:
        return _DECODER.decode(body.decode().removeprefix("\ufeff"))
    except RequestError:
        raise
    except UnicodeDecodeError as error:
        raise RequestError(400, "body_not_utf8", f"The body is not UTF-8 (byte {error.start}).") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise RequestError(400, "body_not_json", f"The body is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise RequestError(400, "body_too_deep", "The body is nested too deep to be an event.") from None
    except ValueError:
        # Python's own limit on the digits of one number.
        raise RequestError(
            400, "body_not_json", "The body holds a number with thousands of digits."
        ) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise RequestError(
            400,
            "body_duplicate_key",
            "The body has an object with the same key twice; one of them would be lost.",
        )
    return made


def _refuse_constant(name: str) -> NoReturn:
    raise RequestError(400, "body_not_json", f"The body holds {name}, which is no JSON.")


_DECODER: Final[json.JSONDecoder] = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant
)


def read(value: object) -> Body:
    """The events in a parsed body: one event, `{"events": [...]}`, or TikTok's own envelope with `data`.

    Raises RequestError where it is none of these, where the list is empty, or where it holds more than 1000.
    """
    if isinstance(value, Crowded):
        return Body([value], {})
    if not isinstance(value, dict):
        raise RequestError(400, "body_not_an_object", f"The body is {kind(value)}; wanted is a JSON object.")
    refuse_events_1_0(value)
    for name in ("data", "events"):
        if name in value:
            return _envelope(value, name)
    return Body([value], {})


def refuse_events_1_0(value: dict[str, object]) -> None:
    """Raises RequestError for a batch of Events API 1.0 (TikTok API for Business, Doc 1701890979375106)."""
    if "pixel_code" in value and ("batch" in value or "events" in value):
        says = "pixel_code beside a list of events is Events API 1.0; 2.0 wants event_source_id beside data."
        raise RequestError(400, "events_1_0", says)


def _envelope(value: dict[str, object], name: str) -> Body:
    events = value[name]
    if not isinstance(events, list):
        raise RequestError(400, "events_not_a_list", f"{name} is {kind(events)}; wanted is a list of events.")
    if not events:
        raise RequestError(400, "events_empty", f"{name} is an empty list; wanted is at least one event.")
    if len(events) > MOST_EVENTS:
        raise RequestError(
            413, "events_too_many", f"{name} holds {len(events)} events; at most {MOST_EVENTS} go at once."
        )
    address = {key: each for key, each in value.items() if key != name and each is not None}
    return Body(events, address, tiktok=name == "data")
