"""The shape of an event: flat or nested in, nested out."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from pydantic_core import SchemaValidator

from relay.event.compiled import load_model
from relay.event.objects import find_unknown, report_unknown
from relay.findings import MAX_FINDINGS, Finding, Findings, Suggestions, finding, safe_name

_MODEL: Final = load_model()
_KNOWN: Final = frozenset(_MODEL.declared)
_ENVELOPE: Final = _MODEL.envelope
_USUAL: Final = _MODEL.usual
_USUAL_PARTS: Final = _MODEL.usual_parts
_SECTION_OF: Final = _MODEL.parts
_PARTS: Final = ("top", "sections", *_SECTION_OF)
_ITEM: Final = _MODEL.item
_HASHED: Final = _MODEL.hashed

_VALIDATOR: Final = SchemaValidator(_MODEL.schema)
"""Validates the parts of an event with a `Findings` collector as the context. Never fails."""

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


_NO_FINDING: Final[frozenset[str]] = frozenset({*_ENVELOPE, "partner_name"})
"""Members of an envelope. The partner's name is one of TikTok's own, which does not go out."""


def read_envelope(envelope: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the fields that an envelope gives its events, and a finding on each member that is ignored."""
    defaults = {name: value for name, value in envelope.items() if name in _ENVELOPE}
    ignored = (name for name in envelope if name not in _NO_FINDING)
    return defaults, tuple(
        finding(
            "unknown_envelope_field",
            safe_name(name),
            expected=" Send it in each event." if name in _KNOWN else _suggestions.sentence(name),
        )
        for name in islice(ignored, MAX_FINDINGS)
    )


def apply_defaults(raw: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with the defaults of the fields that it lacks; null is as good as none."""
    event = {**defaults, **raw}
    for name, value in defaults.items():
        if event[name] is None:
            event[name] = value
    return event


def validate_event(raw: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """Validate and coerce an event, and bring it into TikTok's nested shape.

    What can't be coerced is omitted, with a finding.
    """
    # Each part takes its own fields from the same object, so that nothing has to be moved.
    usual = _USUAL.issuperset(raw)
    parts = dict.fromkeys(_USUAL_PARTS if usual else _PARTS, raw)
    valid: dict[str, Any] = _VALIDATOR.validate_python(parts, context=findings)
    event: dict[str, Any] = valid.pop("top")
    if usual:
        for part, flat in valid.items():
            if flat:
                event[part] = flat  # noqa: PERF403 - a comprehension is one call more
        return event
    event |= valid.pop("sections")
    findings.flat = at_top = set()
    for part, flat in valid.items():
        if not flat:
            continue
        section = _SECTION_OF[part]
        nested = event.setdefault(section, {} if section in raw else flat)
        for name, value in flat.items() if nested is not flat else ():
            if name in nested:
                findings.add("given_twice", name)
            else:
                nested[name] = value
                at_top.add((section, name))
    if not _KNOWN.issuperset(raw):
        report_unknown(find_unknown(raw, _KNOWN), "unknown_field", _suggestions, findings)
    if "user" in event and not _HASHED.keys().isdisjoint(event["user"]):
        _resolve_digests(event["user"])
    if "properties" in event and not _ITEM.isdisjoint(event["properties"]):
        _gather_item(event["properties"], findings)
    return event


def _resolve_digests(user: dict[str, Any]) -> None:
    """Move digests to the fields that they belong to; a plain value that is there already is kept."""
    for name in [name for name in user if name in _HASHED]:
        digests = user.pop(name)
        plain = user.get(_HASHED[name], ())
        if isinstance(plain, str) or any(text.strip() for _, text in plain):
            continue
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
