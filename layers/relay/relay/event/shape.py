"""The shape of an event: flat or nested in, nested out, and the shapes of Events API 1.0 named.

Flat is how Events Manager shows an event, with its own field names; nested is how TikTok's API has it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from relay.event.checks import Finding, finding, kind

_SECTIONS: Final[frozenset[str]] = frozenset({"user", "properties", "page", "app", "ad", "lead"})

_ITSELF: Final[frozenset[str]] = frozenset({"event", "event_id", "event_time", "limited_data_use"})

ADDRESSED: Final[tuple[str, ...]] = ("event_source", "event_source_id", "test_event_code")
"""Where an event goes. In TikTok's envelope these stand beside `data`; a single event may carry them
itself."""

_ITEM_FIELDS: Final[frozenset[str]] = frozenset(
    {"content_id", "content_name", "content_category", "brand", "price", "quantity"}
)
"""Of the one item that a flat event is about; on the wire they stand in `properties.contents[0]`."""


def _flat(section: str, names: Iterable[str]) -> dict[str, tuple[str, str]]:
    return {name: (section, name) for name in names}


_PLACES: Final[dict[str, tuple[str, str]]] = {
    **_flat("user", ("email", "phone", "external_id", "ttclid", "ttp", "ip", "user_agent")),
    **_flat("properties", _ITEM_FIELDS),
    **_flat("properties", ("value", "currency", "content_type", "contents", "content_ids", "num_items")),
    **_flat(
        "properties",
        ("search_string", "query", "description", "order_id", "shop_id", "status", "customer_type"),
    ),
    **_flat("page", ("url", "referrer")),
}
"""Flat field → where it stands on the wire."""

_EVENTS_1_0: Final[dict[str, str]] = {
    "pixel_code": "2.0 wants event_source and event_source_id beside data.",
    "timestamp": "2.0 wants event_time, in Unix seconds.",
    "context": "2.0 wants user (with email, phone, ttclid, ip …) and page beside properties.",
    "type": "2.0 has no type; leave it out.",
    "phone_number": "2.0 wants phone.",
}
"""What a field of Events API 1.0 became (TikTok API for Business, Docs 1701890979375106 and
1771101303285761)."""


@dataclass(slots=True)
class Shaped:
    """An event, nested, without nulls; `sections` are those that its sender wrote nested."""

    event: dict[str, object]
    address: dict[str, object]
    sections: frozenset[str]
    findings: list[Finding] = field(default_factory=list)

    def named(self, section: str, name: str) -> str:
        """The JSON path of a field as its sender wrote it, or would have to write it."""
        return f"{section}.{name}" if section in self.sections else name


def nest(raw: Mapping[str, object]) -> Shaped:
    """Brings an event into TikTok's nested shape. Nothing is judged here but shapes that can't be right."""
    event: dict[str, object] = {}
    address: dict[str, object] = {}
    findings: list[Finding] = []
    flat: dict[str, tuple[str, str]] = {}
    for name, value in raw.items():
        if value is None:
            continue
        place = _PLACES.get(name)
        if place is not None:
            flat[name] = place
        elif name in _ITSELF:
            event[name] = value
        elif name in _SECTIONS:
            event[name] = _without_nulls(value)
        elif name in ADDRESSED:
            address[name] = value
        elif name in _EVENTS_1_0:
            findings.append(finding("events_1_0", name, wanted=_EVENTS_1_0[name]))
        else:
            findings.append(finding("unknown_field", name if name.isidentifier() else "a field"))
    sections = frozenset(event.keys() & _SECTIONS)
    for name, (section, inner) in flat.items():
        part = event.setdefault(section, {})
        if not isinstance(part, dict):
            continue
        if inner in part:
            findings.append(finding("given_twice", name))
        else:
            part[inner] = raw[name]
    shaped = Shaped(event, address, sections, findings)
    user = event.get("user")
    if isinstance(user, dict) and "phone_number" in user:
        findings.append(finding("events_1_0", "user.phone_number", wanted=_EVENTS_1_0["phone_number"]))
    properties = event.get("properties")
    if isinstance(properties, dict):
        _gather_item(shaped, properties)
    return shaped


def _without_nulls(section: object) -> object:
    if isinstance(section, dict):
        return {name: value for name, value in section.items() if value is not None}
    return section


def _gather_item(shaped: Shaped, properties: dict[str, object]) -> None:
    """Moves an item's fields that stand loose among the properties to where TikTok wants them."""
    item = {name: properties.pop(name) for name in _ITEM_FIELDS & properties.keys()}
    if not item:
        return
    if "contents" in properties:
        shaped.findings += [finding("given_twice", shaped.named("properties", name)) for name in sorted(item)]
    else:
        properties["contents"] = [item]


def not_an_object(raw: object) -> Finding:
    """What to say of an event that is no JSON object."""
    return finding("not_an_object", "", kind(raw))
