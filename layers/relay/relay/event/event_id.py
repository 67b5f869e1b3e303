"""The event id: what TikTok counts an event once by, together with pixel and name.

TikTok API for Business, Docs 1771101303285761 (`event_id`, a JSON string) and 1771100965992450
(deduplication). It is the id of the thing that happened: a clock or a random number in it makes every retry a
new event.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from relay import personal_data
from relay.event.serialisation import serialise
from relay.findings import Finding, finding
from relay.identity.hashing import digest

_RANDOM: Final[re.Pattern[str]] = re.compile(
    # A UUID; a time in seconds or milliseconds of the years 2020 to 2033; a base-36 random number of
    # JavaScript's.
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|(?<!\d)1[6-9]\d{8}(?:\d{3})?(?!\d)|0\.\d{9,}",
    re.IGNORECASE,
)


def settle(given: object, item: Mapping[str, Any], destination: str) -> tuple[str, list[Finding]]:
    """The event's id, and what there is to say of it.

    `given` is what was sent, None where nothing was; `item` the finished item without an id, `destination`
    the id of where it goes. An id that the relay makes depends on nothing else, so the same event sent again
    has the same one. One that is somebody's address goes out hashed, which TikTok allows (`event_id`: "can be
    hashed or unhashed").
    """
    text, findings = _settle(given, item, destination)
    found = personal_data.find_personal_data(text, written_phones=False)
    if found is not None:
        return digest(text), [*findings, finding("event_id_personal", "event_id", found)]
    return text, findings


def _settle(given: object, item: Mapping[str, Any], destination: str) -> tuple[str, list[Finding]]:
    order = item["properties"].get("order_id") if "properties" in item else None
    if isinstance(given, str) and (text := given.strip()):
        if order is not None and text != order and order not in text and _RANDOM.search(text):
            return text, [finding("event_id_looks_random", "event_id")]
        return text, []
    if isinstance(given, (int, float)):
        return str(given), [finding("event_id_number", "event_id")]
    if order is not None:
        return str(order), [finding("event_id_from_order", "event_id")]
    content = serialise([destination, dict(item)])
    return sha256(content.encode()).hexdigest()[:32], [finding("event_id_made", "event_id")]
