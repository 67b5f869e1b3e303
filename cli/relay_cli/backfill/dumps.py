"""Dumps: records of a platform's API, which have the webhook's shape, through the same providers as webhooks.

So they get the same ids, amounts and items as the webhook of the same order.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from relay.webhooks.provider import LOST
from relay_cli import evaluation
from relay_cli.backfill.exports import LeftOutError, UnusableRowError
from relay_cli.evaluation import BodyProblem, Settings

DUMPS: Final[dict[str, str]] = {
    "shopify-api": "Shopify orders (Admin API), one a line",
    "woocommerce-api": "WooCommerce orders (wc/v3/orders), one a line",
    "stripe-api": "Stripe Checkout Sessions or events, one a line",
    "events": "events in the relay's or TikTok's own form, one a line",
}
"""Name (for `--kind`) → what it is."""

STRIPE_OBJECTS: Final[dict[str, str]] = {
    "checkout.session": "checkout.session.completed",
    "payment_intent": "payment_intent.succeeded",
    "invoice": "invoice.paid",
}
"""Stripe's object → the event that its webhook is of."""


def recognise(record: Mapping[str, Any]) -> str:
    """The kind of dump that a record is of."""
    if record.get("object") == "event" or record.get("object") in STRIPE_OBJECTS:
        return "stripe-api"
    sender, _ = evaluation.recognise(record)
    return f"{sender}-api" if sender in ("shopify", "woocommerce") else "events"


def to_events(record: dict[str, Any], kind: str, settings: Settings) -> list[object]:
    """The events of one record, in TikTok's nested form. Raises UnusableRowError, LeftOutError."""
    if kind == "events":
        return [record]
    sender = kind.removesuffix("-api")
    body, headers, topic = as_webhook(record, sender)
    found = evaluation.webhook_events(
        json.dumps(body).encode(), sender, settings, topic=topic, headers=headers
    )
    if isinstance(found, BodyProblem):
        raise UnusableRowError(found.code, found.message)
    if isinstance(found, str):
        error = UnusableRowError if found in LOST else LeftOutError
        raise error(found, evaluation.ignored_because(found))
    return found


def as_webhook(record: dict[str, Any], sender: str) -> tuple[dict[str, Any], dict[str, str], str]:
    """The body, headers and topic of the webhook of an order. Raises LeftOutError."""
    if sender == "shopify":
        status = str(record.get("financial_status", "")).lower()
        if status not in ("paid", "partially_refunded"):
            raise LeftOutError("not_paid", f"its financial status is {status or 'empty'}")
        if record.get("cancelled_at"):
            raise LeftOutError("cancelled", "it is cancelled")
        # The API has no time of payment; processed_at is when the shop took the order.
        at = record.get("processed_at") or record.get("created_at") or ""
        return record, {"x-shopify-triggered-at": str(at)}, "orders/paid"
    if sender == "woocommerce":
        return record, {}, "order.created"
    if record.get("object") == "event":
        return record, {}, ""
    event = {
        "id": f"evt_{record.get('id', '')}",
        "object": "event",
        "type": STRIPE_OBJECTS.get(str(record.get("object")), ""),
        "created": record.get("created"),
        "livemode": record.get("livemode"),
        "data": {"object": record},
    }
    return event, {}, ""
