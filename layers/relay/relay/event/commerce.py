"""The properties as a whole: money, items, and what an event of this name should have.

TikTok API for Business, Doc 1771101303285761, `properties`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from relay.event import currencies, event_name
from relay.findings import Findings

_MIN_SHARE: Final[float] = 0.9
"""Of the larger one of `value` and the items' sum: shipping, tax and discounts make them differ; more than a
tenth is probably a mistake."""

_WITH_CONTENTS: Final[frozenset[str]] = frozenset({"AddToCart", "Purchase", "ViewContent"})
"""Events that catalogue ads need items of (TikTok Business Help Center, "Supported standard events")."""


def check_properties(properties: dict[str, Any], event: str, findings: Findings) -> None:
    """Check validated `properties` of the event named `event`, and derive what is missing.

    Omits value and currency if TikTok does not support the currency.
    """
    _check_money(properties, event, findings)
    items = properties.get("contents", ())
    value = properties.get("value")
    if value and (total := _sum_items(items)) and (total < _MIN_SHARE * value or value < _MIN_SHARE * total):
        findings.add("contents_sum", findings.path("properties", "value"), f"{value:g}", f"{total:g}")
    if event in _WITH_CONTENTS:
        _check_content_ids(properties, items, findings)
    elif event == "Search" and "search_string" not in properties and "query" not in properties:
        findings.add_missing("search_missing", findings.path("properties", "search_string"))


def _check_money(properties: dict[str, Any], event: str, findings: Findings) -> None:
    if "value" not in properties and "currency" not in properties:
        _derive_value(properties, findings)
    code = properties.get("currency")
    if code is None:
        if "value" in properties:
            findings.add_missing("currency_missing", findings.path("properties", "currency"))
    elif code not in currencies.TIKTOK:
        currency = findings.path("properties", "currency")
        if code not in currencies.ISO_4217:
            findings.add("currency_unknown", currency)
            return
        findings.add("currency_not_taken", currency)
        del properties["currency"]
        properties.pop("value", None)
        return
    if "value" not in properties and event in event_name.WITH_VALUE:
        findings.add_missing("value_missing", findings.path("properties", "value"))


def _derive_value(properties: dict[str, Any], findings: Findings) -> None:
    """Compute the value from the items if each of them has a price, and take the currency that they share."""
    items = properties.get("contents", ())
    field = findings.path("properties", "value")
    if field in findings.fields or (total := _sum_items(items)) is None:
        return
    # To the tenth of a cent: the sum of decimal prices is no decimal in binary.
    properties["value"] = round(total, 3)
    item_currencies = {str(item.get("currency", "")).strip().upper() for item in items}
    if len(item_currencies) == 1 and (code := item_currencies.pop()) in currencies.TIKTOK:
        properties["currency"] = code
    findings.add("value_derived", field)


def _sum_items(items: Sequence[Mapping[str, Any]]) -> float | None:
    """Price × quantity of all items; None unless each of them has a price."""
    total = 0.0
    for item in items:
        if "price" not in item:
            return None
        total += item["price"] * item.get("quantity", 1)
    return total if items else None


def _check_content_ids(
    properties: Mapping[str, Any], items: Sequence[Mapping[str, Any]], findings: Findings
) -> None:
    for item in items:
        if "content_id" in item:
            break
    else:
        if "content_ids" not in properties:
            _add_content_missing(findings)
            return
    if "content_type" in properties:
        return
    if not (items and all("content_type" in item for item in items)):
        findings.add_missing("content_type_missing", findings.path("properties", "content_type"))


def _add_content_missing(findings: Findings) -> None:
    """Add that there is no content id, unless a finding says what was wrong with an id or an item."""
    contents, ids = findings.path("properties", "contents"), findings.path("properties", "content_ids")
    for field in findings.fields:
        if field in (contents, ids) or (field.startswith(f"{contents}[") and field.endswith("]")):
            return
    findings.add_missing("content_missing", findings.path("properties", "content_id"))
