"""Digests of event_id and order_id for log lines, so that one event can be followed without its ids.

They are made where a line is written and not in ingest's header: that would be a new message version for
every event, while a line costs some 2 ms for a thousand rows, of a request that takes some 300. The ids and
the name are cut out of the item's text; an item is parsed only where that would be ambiguous.
"""

import json
from collections.abc import Iterable
from typing import Final, TypedDict

from relay import telemetry

MAX_DIGESTS: Final[int] = 1000
"""Of one log line: some 60 KB with both ids and the name, of the 256 KB that CloudWatch Logs takes."""


class Digests(TypedDict):
    """Fields of a log line about some events: digests of each event_id, with the event's name at the same
    place, and of each order_id that is not the event_id as well.

    An order's Purchase and its PlaceAnOrder have one event_id: only the name tells them apart.
    """

    event_id_digests: list[str]
    event_names: list[str]
    order_id_digests: list[str]


def digests(items: Iterable[str]) -> Digests:
    """The digests of at most 1000 items, for one log line."""
    event_ids: list[str] = []
    event_names: list[str] = []
    order_ids: list[str] = []
    for item in items:
        event_id = find_text(item, "event_id")
        order_id = find_text(item, "order_id")
        if event_id:
            event_ids.append(telemetry.id_digest(event_id))
            event_names.append(telemetry.loggable_name(find_text(item, "event")))
        if order_id and order_id != event_id:
            order_ids.append(telemetry.id_digest(order_id))
    return {"event_id_digests": event_ids, "event_names": event_names, "order_id_digests": order_ids}


def find_text(item: str, name: str) -> str:
    """The event's `event` or `event_id`, or the `order_id` of its properties; empty where there is none.

    >>> find_text('{"event":"Purchase","properties":{"order_id":"7"},"event_id":"order-7"}', "order_id")
    '7'
    """
    # Inside a string every quotation mark is escaped, so this text can only be a key with a text as its
    # value.
    key = f'"{name}":"'
    start = item.find(key)
    if start < 0:
        return ""
    start += len(key)
    end = item.find('"', start)
    value = item[start:end]
    if end < 0 or "\\" in value or item.find(key, end) >= 0:
        return _parse_text(item, name)
    return value


def _parse_text(item: str, name: str) -> str:
    try:
        event = json.loads(item)
        holder = event["properties"] if name == "order_id" else event
        value = holder[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
