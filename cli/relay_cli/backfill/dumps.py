"""Dumps: records of a platform's API, which have the webhook's shape, through the same providers as webhooks.

So they get the same ids, amounts and items as the webhook of the same order.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from relay.webhooks.json_fields import get_path, get_text
from relay.webhooks.provider import Reason
from relay_cli import evaluation
from relay_cli.backfill.exports import SkippedRowError, UnusableRowError, status_missing
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

STATUS_FIELDS: Final[dict[str, str]] = {
    "checkout.session": "payment_status",
    "payment_intent": "status",
    "invoice": "status",
}
"""Stripe's object → the field that says whether it is paid."""

SKIPPED_REASONS: Final[frozenset[Reason]] = frozenset(
    {
        "cancelled",
        "connected_account",
        "covered_by_another_topic",
        "draft",
        "manual_invoice",
        "marketplace",
        "no_revenue",
        "not_paid",
        "other_shop",
        "pos",
        "renewal",
        "source_excluded",
        "test",
        # Only an event of Stripe's names a topic of its own: Stripe lists all events of an account.
        "topic_unknown",
        "zero_value",
    }
)
"""Reasons for which a record is nothing to send, with nothing wrong about it. A record that is ignored for
any other can't be used: it lacks something, or it is of another shape."""


def recognise(record: Mapping[str, Any]) -> str:
    """The kind of dump that a record is of."""
    if record.get("object") == "event" or record.get("object") in STRIPE_OBJECTS:
        return "stripe-api"
    sender, _ = evaluation.recognise(record)
    return f"{sender}-api" if sender in ("shopify", "woocommerce") else "events"


def to_events(record: dict[str, Any], kind: str, settings: Settings) -> list[object]:
    """The events of one record, in TikTok's nested form. Raises UnusableRowError, SkippedRowError."""
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
        if found == "not_paid" and (field := _find_missing_status(record, sender)):
            raise status_missing(field)
        error = SkippedRowError if found in SKIPPED_REASONS else UnusableRowError
        raise error(found, evaluation.ignored_because(found))
    return found


def as_webhook(record: dict[str, Any], sender: str) -> tuple[dict[str, Any], dict[str, str], str]:
    """The body, headers and topic of the webhook of an order. Raises UnusableRowError, SkippedRowError."""
    if sender == "shopify":
        status = get_text(record, "financial_status").lower()
        if not status:
            raise status_missing("financial_status")
        if status not in ("paid", "partially_refunded"):
            raise SkippedRowError("not_paid", f"its financial status is {status}")
        if record.get("cancelled_at"):
            raise SkippedRowError("cancelled", "it is cancelled")
        # The API has no time of payment; processed_at is when the shop took the order.
        at = record.get("processed_at") or record.get("created_at") or ""
        return record, {"x-shopify-triggered-at": str(at)}, "orders/paid"
    if sender == "woocommerce":
        # A change long after the payment is a webhook of its own, and ignored. Here the order comes once.
        return record | {"date_modified_gmt": None}, {}, "order.created"
    if record.get("object") == "event":
        if not get_text(record, "type"):
            raise UnusableRowError("not_an_event", "it is an event without a type")
        return record, {}, ""
    kind = STRIPE_OBJECTS.get(get_text(record, "object"))
    if kind is None:
        known = ", ".join(STRIPE_OBJECTS)
        raise UnusableRowError("not_an_event", f"it is neither an event nor one of {known}")
    event = {
        "id": f"evt_{record.get('id', '')}",
        "object": "event",
        "type": kind,
        "created": record.get("created"),
        "livemode": record.get("livemode"),
        "data": {"object": record},
    }
    return event, {}, ""


def _find_missing_status(record: dict[str, Any], sender: str) -> str:
    """The field that would say whether an order is paid and that it lacks; empty where it lacks none."""
    if sender == "woocommerce":
        # An order that is not paid has a date of payment that is null.
        return next((name for name in ("status", "date_paid_gmt") if name not in record), "")
    body = get_path(record, "data.object") if record.get("object") == "event" else record
    field = STATUS_FIELDS.get(get_text(body, "object"), "") if isinstance(body, dict) else ""
    return field if field and not get_text(body, field) else ""
