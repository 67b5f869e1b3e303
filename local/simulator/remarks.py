"""What TikTok takes without a word although it weakens the event.

Kept apart from the contract: an item with remarks is accepted. Sources: TikTok API for Business, Doc
1771101303285761; TikTok Help Center "how-to-set-up-matching-events-with-events-api",
"how-to-adopt-tiktoks-updated-standard-events".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from local.simulator import event_names, fields
from local.simulator.json_types import Json
from local.simulator.value_checks import Table

_MATCH_KEYS = ("email", "phone", "external_id", "ttclid", "ttp")
_DEVICE_KEYS = ("idfa", "idfv", "gaid")
_PLAIN_USER_KEYS = ("ttclid", "ttp", "user_agent", "locale", "city", "state", "country")
_DIGEST = re.compile(r"[0-9A-Fa-f]{64}")
_STANDARD_BY_LOWER_CASE = {name.lower(): name for name in event_names.NOT_CUSTOM - event_names.PAGE_VIEW}
_NO_DEVICE = frozenset("0-")


def matchable(item: dict[str, Json], event_source: str) -> bool:
    """Whether the item holds anything by which TikTok could tell whose event it is."""
    user = _object(item, "user")
    if any(user.get(key) for key in _MATCH_KEYS) or (user.get("ip") and user.get("user_agent")):
        return True
    if event_source == "app":
        return any(_is_device(user.get(key)) for key in _DEVICE_KEYS)
    return event_source == "crm" and bool(_object(item, "lead").get("lead_id"))


def remarks(item: dict[str, Json], event_source: str) -> tuple[str, ...]:
    """Give one sentence for each weakness, without any value of the item's."""
    return (*_name(item), *_presence(item, event_source), *_user(item), *_undocumented(item, event_source))


def _name(item: dict[str, Json]) -> Iterator[str]:
    name = item.get("event")
    if not isinstance(name, str):
        return
    if name in event_names.RENAMED:
        yield f"event: renamed by TikTok, now {event_names.RENAMED[name]}"
    elif name in event_names.SOFT_DEPRECATED:
        yield "event: supported by TikTok until 2027 only"
    standard = _STANDARD_BY_LOWER_CASE.get(name.lower())
    if standard is not None and standard != name:
        yield f"event: a custom event that differs from {standard} by its case only"


def _presence(item: dict[str, Json], event_source: str) -> Iterator[str]:
    if event_source == "web" and "page" not in item:
        yield "page.url: missing, TikTok's table requires it for web"
    if "event_id" not in item:
        yield "event_id: missing, nothing can be deduplicated"
    properties = _object(item, "properties")
    if "value" in properties and "currency" not in properties:
        yield "properties.currency: missing beside value"
    if item.get("event") in ("Purchase", "CompletePayment") and "value" not in properties:
        yield "properties.value: missing, a purchase without it counts for no return on ad spend"
    for name in ("contents", "content_ids"):
        if properties.get(name) == []:
            yield f"properties.{name}: empty"


def _user(item: dict[str, Json]) -> Iterator[str]:
    user = _object(item, "user")
    for name in _PLAIN_USER_KEYS:
        value = user.get(name)
        if isinstance(value, str) and _DIGEST.fullmatch(value):
            yield f"user.{name}: looks hashed, TikTok expects it plain"
    for name in ("city", "state", "country"):
        value = user.get(name)
        if isinstance(value, str) and value != value.lower():
            yield f"user.{name}: not in lower case"


def _undocumented(item: dict[str, Json], event_source: str) -> Iterator[str]:
    parts: tuple[tuple[str, dict[str, Json], Table], ...] = (
        ("", item, fields.ITEM),
        ("user.", _object(item, "user"), fields.USER),
        ("properties.", _object(item, "properties"), fields.PROPERTIES),
        ("page.", _object(item, "page"), fields.PAGE),
        ("app.", _object(item, "app"), fields.APPLICATION),
        ("ad.", _object(item, "ad"), fields.AD),
        ("lead.", _object(item, "lead"), fields.LEAD),
    )
    for path, part, table in parts:
        for name in part:
            field = table.get(name)
            if field is None:
                yield f"{path}{name}: not in TikTok's table"
            elif event_source not in field.sources:
                yield f"{path}{name}: not documented for {event_source}"


def _object(item: dict[str, Json], name: str) -> dict[str, Json]:
    value = item.get(name)
    return value if isinstance(value, dict) else {}


def _is_device(value: Json) -> bool:
    # Nothing but zeros is what a phone gives whose owner does not want to be followed.
    return isinstance(value, str) and not _NO_DEVICE.issuperset(value)
