"""The shape of an event: flat or nested in, nested out."""

from collections.abc import Mapping
from typing import Any, Final

from relay.event.coercion import EVENTS_1_0
from relay.event.model import FLAT_SECTIONS, SECTIONS, VALIDATOR, AnyEvent, EventFields, ItemFields, fields
from relay.findings import Findings, Suggestions, safe_name

_AT_THE_TOP: Final[frozenset[str]] = frozenset(fields(EventFields))
_ITEM: Final[frozenset[str]] = frozenset(fields(ItemFields))

FLAT_FIELDS: Final[dict[str, str]] = {
    name: section for section, of in FLAT_SECTIONS.items() for name in fields(of)
} | dict.fromkeys(_ITEM, "properties")
"""Field of a flat event → the section that it stands in at TikTok."""

_HASHED: Final[dict[str, str]] = {
    name: about.hashed for name, (about, _) in fields(SECTIONS["user"]).items() if about.hashed
}
"""Name of a digest → the field that it is the digest of."""

_SYNONYMS: Final[dict[str, str]] = {
    "mail": "email",
    "email_address": "email",
    "em": "email",
    "ph": "phone",
    "phone_no": "phone",
    "telephone": "phone",
    "mobile": "phone",
    "customer_id": "external_id",
    "user_id": "external_id",
    "click_id": "ttclid",
    "client_ip_address": "ip",
    "ip_address": "ip",
    "client_user_agent": "user_agent",
    "ua": "user_agent",
    "postal_code": "zip_code",
    "postcode": "zip_code",
    "zip": "zip_code",
    "fn": "first_name",
    "ln": "last_name",
    "event_name": "event",
    "event_timestamp": "event_time",
    "created_at": "event_time",
    "time": "event_time",
    "page_url": "url",
    "page_location": "url",
    "event_source_url": "url",
    "page_referrer": "referrer",
    "amount": "value",
    "total": "value",
    "revenue": "value",
    "currency_code": "currency",
    "transaction_id": "order_id",
    "items": "contents",
    "products": "contents",
    "line_items": "contents",
    "product_id": "content_id",
    "item_id": "content_id",
    "sku": "content_id",
    "item_name": "content_name",
    "search_term": "search_string",
    "pixel_id": "event_source_id",
    "custom_data": "properties",
    "user_data": "user",
}
"""What other tracking tools and shops call a field."""

_suggestions: Final = Suggestions(fields(AnyEvent), _SYNONYMS)


def validate_event(raw: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Validate and coerce an event, and bring it into TikTok's nested shape.

    `findings.sections` must name the sections that `raw` has. What can't be coerced is omitted, with a
    finding.
    """
    valid: dict[str, Any] = VALIDATOR.validate_python(raw, context=findings)
    event: dict[str, Any] = {section: valid[section] for section in findings.sections if section in valid}
    for name, value in valid.items():
        if name in SECTIONS:
            continue
        section = FLAT_FIELDS.get(name)
        if section is not None:
            part = event.get(section)
            if part is None:
                event[section] = {name: value}
            elif name in part:
                findings.add("given_twice", name)
            else:
                part[name] = value
        elif name in _AT_THE_TOP:
            event[name] = value
        elif value is not None:
            _report_unknown(name, findings)
    if "user" in event:
        _resolve_digests(event["user"])
    if "properties" in event and not _ITEM.isdisjoint(event["properties"]):
        _gather_item(event["properties"], findings)
    return event


def _report_unknown(name: str, findings: Findings) -> None:
    if name in EVENTS_1_0:
        findings.add("events_1_0", name, expected=EVENTS_1_0[name])
    else:
        findings.add("unknown_field", safe_name(name), expected=_suggestions.sentence(name))


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
