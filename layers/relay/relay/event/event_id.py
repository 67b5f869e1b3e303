"""The event id: TikTok counts an event once by pixel, name and id.

TikTok API for Business, Docs 1771101303285761 (`event_id`, a JSON string) and 1771100965992450
(deduplication). It is the id of the thing that happened: a clock or a random number in it makes every retry a
new event, and a placeholder in it makes all customers one.
"""

import json
import re
from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any, Final

from relay import personal_data
from relay.findings import Findings
from relay.identity.hashing import digest
from relay.lazy_patterns import lazy_pattern

_FIELD: Final[str] = "event_id"

_RANDOM: Final = lazy_pattern(
    # A UUID; a time in seconds or milliseconds of the years 2020 to 2033; Math.random() of JavaScript.
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d)1[6-9]\d{8}(?:\d{3})?(?!\d)|0\.\d{9}",
    re.IGNORECASE,
)

_IDENTIFIERS: Final[frozenset[str]] = frozenset(
    {"email", "phone", "external_id", "ttclid", "ttp", "idfa", "idfv", "gaid"}
)
"""Identifiers of one person or device. An ip and a user agent may be shared, and change on the way home."""

REMEMBERED_EVENTS: Final[frozenset[str]] = frozenset({"Purchase", "Subscribe"})
"""Names of events that are remembered, so that a webhook that comes days later does not count them again."""

_ID_CHARACTERS: Final[int] = 32
"""Hex characters of an id that the relay makes: 128 bits, so that no two contents share one."""


def resolve_event_id(
    given: str | None,
    order_id: str | None,
    item: Mapping[str, Any],
    destination: str,
    findings: Findings,
    of_request: Collection[str] = (),
) -> str:
    """Choose the id of an event: the one that was sent, else the order's, else one made from the content.

    `given` is what was sent, "" for a placeholder, or None; `order_id` what was sent, or None; `item` is the
    finished item without its id; `destination` the id of the event's destination. `of_request` names the
    fields of the item and of its user that come from the request and not from its body: `event_time`, `ip`,
    `user_agent`.
    """
    if given:
        if order_id is not None and order_id not in given and _RANDOM().search(given):
            findings.add("event_id_looks_random", _FIELD)
        return given
    is_explained = given is None and _FIELD in findings.fields
    if not is_explained:
        findings.add("event_id_made" if order_id is None else "event_id_from_order", _FIELD)
    if order_id is None:
        return make_event_id(item, destination, of_request)
    return hash_personal_id(order_id, Findings() if is_explained else findings)


def hash_personal_id(text: str, findings: Findings) -> str:
    """Return an id as it goes out: hashed if it holds personal data, which TikTok allows ("can be hashed or
    unhashed")."""
    found = personal_data.find_personal_data(text, written_phones=False)
    if found is None:
        return text
    findings.add("event_id_personal", _FIELD, found)
    return digest(text)


def event_key(event: str, event_id: str) -> str:
    """Return the key under which an event is remembered, whichever channel reports it. `event_id` is the one
    that goes out."""
    return f"{event}:{event_id}"


def make_event_id(item: Mapping[str, Any], destination: str, of_request: Collection[str] = ()) -> str:
    """Make an id from the content of an event, so that two customers never share one, and the same bytes sent
    again do.

    Nothing of the moment of receipt enters: not a time that is the time of receipt, and not the ip and the
    user agent of the request, unless nothing else identifies the person.
    """
    content = {name: value for name, value in item.items() if name not in of_request}
    user = item.get("user", {})
    if not _IDENTIFIERS.isdisjoint(user) or "lead" in item:
        content["user"] = {name: value for name, value in user.items() if name not in of_request}
    text = json.dumps([destination, content], sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:_ID_CHARACTERS]
