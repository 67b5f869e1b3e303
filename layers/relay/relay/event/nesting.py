"""The shape of an event: flat or nested in, nested out."""

from collections.abc import Mapping
from typing import Any, Final

from relay.event.coercion import report_unknown
from relay.event.model import (
    FLAT_SECTIONS,
    SECTIONS,
    VALIDATOR,
    AnyEvent,
    EventParts,
    ItemFields,
    fields,
)
from relay.findings import Findings, Suggestions

_KNOWN: Final[frozenset[str]] = frozenset(fields(AnyEvent))
_PARTS: Final[tuple[str, ...]] = tuple(EventParts.__annotations__)
_ITEM: Final[frozenset[str]] = frozenset(fields(ItemFields))

FLAT_FIELDS: Final[dict[str, str]] = {
    name: section for section, of in FLAT_SECTIONS.items() for name in fields(of)
}
"""Field of a flat event → the section that it stands in at TikTok."""

_HASHED: Final[dict[str, str]] = {
    name: about.hashed for name, (about, _) in fields(SECTIONS["user"]).items() if about.hashed
}
"""Name of a digest → the field that it is the digest of."""

_SYNONYMS: Final[dict[str, str]] = {
    "email": "mail email_address em",
    "phone": "ph phone_no telephone mobile",
    "external_id": "customer_id user_id",
    "ttclid": "click_id",
    "ip": "client_ip_address ip_address",
    "user_agent": "client_user_agent ua",
    "zip_code": "postal_code postcode zip",
    "first_name": "fn",
    "last_name": "ln",
    "event": "event_name",
    "event_time": "event_timestamp created_at time",
    "url": "page_url page_location event_source_url",
    "referrer": "page_referrer",
    "value": "amount total revenue",
    "currency": "currency_code",
    "order_id": "transaction_id",
    "contents": "items products line_items",
    "content_id": "product_id item_id sku",
    "content_name": "item_name",
    "search_string": "search_term",
    "event_source_id": "pixel_id",
    "properties": "custom_data",
    "user": "user_data",
}
"""Field → what other tracking tools and shops call it."""

_suggestions: Final = Suggestions(
    _KNOWN, {synonym: name for name, synonyms in _SYNONYMS.items() for synonym in synonyms.split()}
)


def validate_event(raw: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Validate and coerce an event, and bring it into TikTok's nested shape.

    `findings.sections` must name the sections that `raw` has. What can't be coerced is omitted, with a
    finding.
    """
    # Each part takes its own fields from the same object, so that nothing has to be moved.
    valid: dict[str, Any] = VALIDATOR.validate_python(dict.fromkeys(_PARTS, raw), context=findings)
    event: dict[str, Any] = valid.pop("top")
    for section, flat in valid.items():
        if not flat:
            continue
        nested = event.setdefault(section, flat)
        for name, value in flat.items() if nested is not flat else ():
            if name in nested:
                findings.add("given_twice", name)
            else:
                nested[name] = value
    if not _KNOWN.issuperset(raw):
        report_unknown(raw, _KNOWN, "unknown_field", _suggestions, findings)
    if "user" in event and not _HASHED.keys().isdisjoint(event["user"]):
        _resolve_digests(event["user"])
    if "properties" in event and not _ITEM.isdisjoint(event["properties"]):
        _gather_item(event["properties"], findings)
    return event


def _resolve_digests(user: dict[str, Any]) -> None:
    """Move digests to the fields that they belong to; a plain value that is there already is kept."""
    for name in [name for name in user if name in _HASHED]:
        digests = user.pop(name)
        plain = user.get(_HASHED[name], "")
        if isinstance(plain, str) and not plain.strip():
            user[_HASHED[name]] = digests


def _gather_item(properties: dict[str, Any], findings: Findings) -> None:
    """Move the fields of a single item from the properties to `contents`."""
    item = {name: properties.pop(name) for name in list(properties) if name in _ITEM}
    if "contents" in properties:
        for name in item:
            findings.add("given_twice", findings.path("properties", name))
    else:
        properties["contents"] = [item]
        findings.flat_item = True
