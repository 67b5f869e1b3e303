"""The shape of an event: flat or nested in, nested out, and the shapes of Events API 1.0 named.

Flat is how Events Manager shows an event, with its own field names; nested is how TikTok's API has it.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from relay.findings import Finding, finding, kind, shown
from relay.identity.hashing import is_digest

_SECTIONS: Final[dict[str, int]] = {
    section: index for index, section in enumerate(("user", "properties", "page", "app", "ad", "lead"))
}

_ITSELF: Final[frozenset[str]] = frozenset(
    {"event", "event_id", "event_time", "limited_data_use", "consent", "event_source", "event_source_id"}
    | {"test_event_code"}
)
"""Stand at the top of an event in either shape. In TikTok's envelope the last three stand beside `data`."""

_ITEM_FIELDS: Final[frozenset[str]] = frozenset(
    {"content_id", "content_name", "content_category", "brand", "price", "quantity"}
)
"""Of the one item that a flat event is about; on the wire they stand in `properties.contents[0]`."""

DIGESTS: Final[dict[str, str]] = {
    "sha256_email": "email",
    "sha256_email_address": "email",
    "hashed_email": "email",
    "sha256_phone": "phone",
    "sha256_phone_number": "phone",
    "hashed_phone": "phone",
    "hashed_phone_number": "phone",
    "sha256_external_id": "external_id",
    "sha256_first_name": "first_name",
    "sha256_last_name": "last_name",
    "sha256_postal_code": "zip_code",
    "sha256_zip_code": "zip_code",
}
"""Names that other integrations give to values that are hashed already → what they are to TikTok."""


def _flat(section: str, names: Iterable[str]) -> dict[str, tuple[int, str]]:
    return {name: (_SECTIONS[section], name) for name in names}


_PLACES: Final[dict[str, tuple[int, str]]] = {
    **_flat("user", ("email", "phone", "external_id", "ttclid", "ttp", "ip", "user_agent", "locale")),
    **_flat("user", ("first_name", "last_name", "zip_code", "city", "state", "country")),
    **_flat("user", ("idfa", "idfv", "gaid", "att_status", *DIGESTS)),
    **_flat("properties", _ITEM_FIELDS),
    **_flat("properties", ("value", "currency", "content_type", "contents", "content_ids", "num_items")),
    **_flat("properties", ("search_string", "query", "description", "order_id", "shop_id", "status")),
    **_flat("properties", ("customer_type", "delivery_category", "predicted_ltv")),
    **_flat("page", ("url", "referrer")),
    **_flat("app", ("app_id", "app_name", "app_version")),
    **_flat("lead", ("lead_id", "lead_event_source")),
}
"""Flat field → the number of the section that it stands in on the wire, and its name there."""


def flat_fields() -> dict[str, tuple[str, str]]:
    """Flat field → the section that it stands in on the wire, and its name; for the documents."""
    sections = tuple(_SECTIONS)
    return {name: (sections[index], DIGESTS.get(inner, inner)) for name, (index, inner) in _PLACES.items()}


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
    """An event, nested, without nulls at its first two levels; `nested` are the sections written so."""

    event: dict[str, Any]
    nested: AbstractSet[str]
    findings: list[Finding]
    loose_item: bool = False

    def named(self, section: str, name: str) -> str:
        """The JSON path of a field as its sender wrote it, or would have to write it."""
        return f"{section}.{name}" if section in self.nested else name


def nest(raw: dict[str, Any]) -> Shaped:
    """Brings an event into TikTok's nested shape. Nothing is judged here but shapes that can't be right."""
    plan = _plan(tuple(raw)) if len(raw) <= _MOST_PLANNED else None
    shaped = _nest(raw) if plan is None else _follow(plan, raw)
    if plan is None or plan.loose:
        user = shaped.event.get("user")
        if isinstance(user, dict):
            _name_digests(shaped, user)
        properties = shaped.event.get("properties")
        if isinstance(properties, dict) and not _ITEM_FIELDS.isdisjoint(properties):
            _gather_item(shaped, properties)
    return shaped


_MOST_PLANNED: Final[int] = 64
"""Fields of an event whose plan is kept; a flat event has some thirty at the most."""


class _Plan(NamedTuple):
    """Where the fields of a flat event go: name, number of the section and name there; `loose` where
    something is to be moved on from there."""

    places: tuple[tuple[str, int, str], ...]
    itself: tuple[str, ...]
    loose: bool


# Events of one sender have the same few sets of fields, again and again.
@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...]) -> _Plan | None:
    """The plan for an event of these fields; None where it is not flat, or has a field that is not known."""
    places = tuple((name, *_PLACES[name]) for name in names if name in _PLACES)
    itself = tuple(name for name in names if name in _ITSELF)
    if len(places) + len(itself) < len(names):
        return None
    return _Plan(places, itself, any(inner in _ITEM_FIELDS or inner in DIGESTS for _, _, inner in places))


def _follow(plan: _Plan, raw: dict[str, Any]) -> Shaped:
    parts: list[dict[str, Any]] = [{}, {}, {}, {}, {}, {}]
    for name, number, inner in plan.places:
        value = raw[name]
        if value is not None:
            parts[number][inner] = value
    event = {name: raw[name] for name in plan.itself if raw[name] is not None}
    for section, number in _SECTIONS.items():
        if parts[number]:
            event[section] = parts[number]
    return Shaped(event, _NONE, [])


_NONE: Final[frozenset[str]] = frozenset()


def _nest(raw: dict[str, Any]) -> Shaped:
    event: dict[str, Any] = {}
    findings: list[Finding] = []
    nested = _SECTIONS.keys() & raw.keys()
    parts: list[Any] = [{}, {}, {}, {}, {}, {}]
    for section in nested:
        given = raw[section]
        if isinstance(given, dict):
            given = {name: value for name, value in given.items() if value is not None}
        parts[_SECTIONS[section]] = {} if given is None else given
    for name, value in raw.items():
        if value is None or name in nested:
            continue
        place = _PLACES.get(name)
        if place is not None:
            number, inner = place
            part = parts[number]
            if not nested:
                part[inner] = value
            elif isinstance(part, dict):
                if inner in part:
                    findings.append(finding("given_twice", name))
                else:
                    part[inner] = value
        elif name in _ITSELF:
            event[name] = value
        elif name in _EVENTS_1_0:
            findings.append(finding("events_1_0", name, wanted=_EVENTS_1_0[name]))
        else:
            findings.append(finding("unknown_field", shown(name, "a field")))
    for section, index in _SECTIONS.items():
        if parts[index] or (section in nested and not isinstance(parts[index], dict)):
            event[section] = parts[index]
    return Shaped(event, nested, findings)


def _name_digests(shaped: Shaped, user: dict[str, Any]) -> None:
    if "phone_number" in user:
        said = finding("events_1_0", shaped.named("user", "phone_number"), wanted=_EVENTS_1_0["phone_number"])
        shaped.findings.append(said)
        del user["phone_number"]
    if DIGESTS.keys().isdisjoint(user):
        return
    # In the table's order: that of a set differs from one process to the next, and so would what goes out.
    for alias in [name for name in DIGESTS if name in user]:
        value = user.pop(alias)
        digests = [each for each in (value if isinstance(value, list) else [value]) if _is_digest(each)]
        plain = user.get(DIGESTS[alias], "")
        if digests and (not plain or (isinstance(plain, str) and plain.isspace())):
            user[DIGESTS[alias]] = digests if len(digests) > 1 else digests[0]
        if not digests or (isinstance(value, list) and len(digests) < len(value)):
            shaped.findings.append(finding("digest_invalid", shaped.named("user", alias)))


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and is_digest(value.strip())


def _gather_item(shaped: Shaped, properties: dict[str, Any]) -> None:
    """Moves an item's fields that stand loose among the properties to where TikTok wants them."""
    # In the order of the properties: that of a set differs from one process to the next, and an id that is
    # made from the content would differ with it.
    item = {name: properties.pop(name) for name in list(properties) if name in _ITEM_FIELDS}
    if "contents" in properties:
        shaped.findings += [finding("given_twice", shaped.named("properties", name)) for name in sorted(item)]
    else:
        properties["contents"] = [item]
        shaped.loose_item = True


def not_an_object(raw: object) -> Finding:
    """What to say of an event that is no JSON object."""
    return finding("not_an_object", "", kind(raw))
