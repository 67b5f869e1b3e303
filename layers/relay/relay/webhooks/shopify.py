"""Shopify: webhooks of orders, checkouts, customers and carts. Which topic becomes what is the table TOPICS.

Sources: shopify.dev, "Webhooks" (topics, headers, HMAC), and the resources Order, Checkout, Customer and Cart
of the REST Admin API, which are what the bodies hold. The signature covers the body only; topic and shop are
believed as far as the body does not contradict them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relay.auth import signatures
from relay.webhooks import attribution, money, urls
from relay.webhooks import customer as people
from relay.webhooks.attribution import Carried
from relay.webhooks.json_fields import (
    Object,
    amount,
    first,
    holder,
    number,
    objects,
    parse,
    pieces,
    texts,
    unix,
)
from relay.webhooks.money import Sum
from relay.webhooks.options import ItemId, LeftOut, Money, Policy
from relay.webhooks.provider import Ignored, RawEvent, Reason, Source, Told

EMAIL: Final[tuple[str, ...]] = ("email", "contact_email", "customer.email")
"""The first is what the buyer typed in this checkout; the customer's own may be another."""

NAMED: Final[tuple[str, ...]] = ("customer", "billing_address", "shipping_address")
ADDRESSES: Final[tuple[str, ...]] = ("billing_address", "shipping_address", "customer.default_address")
PHONES: Final[tuple[tuple[str, str], ...]] = (
    ("phone", ""),
    ("customer.phone", ""),
    *((f"{address}.phone", f"{address}.country_code") for address in ADDRESSES),
)
"""Number → the country it is written in. Shopify keeps the first two in E.164, and addresses as typed."""

NAME: Final[dict[str, str]] = {"first_name": "first_name", "last_name": "last_name"}
ADDRESS: Final[dict[str, str]] = {
    "city": "city",
    "state": "province_code",
    "zip_code": "zip",
    "country": "country_code",
}

ITEM_IDS: Final[dict[ItemId, tuple[str, str]]] = {
    "variant": ("variant_id", "product"),
    "product": ("product_id", "product_group"),
    "sku": ("sku", "product"),
}
"""What the catalogue calls an item → the line's field that holds it, and TikTok's `content_type` for it."""

BAGS: Final[dict[Money, str]] = {"presentment": "presentment_money", "shop": "shop_money"}

CHANNELS: Final[dict[str, LeftOut]] = {"pos": "pos", "shopify_draft_order": "draft"}
"""`source_name` of what is no visitor's purchase. All others pass: there is no end to the names of apps."""

VISITORS_OWN: Final[frozenset[str]] = frozenset({"web"})
"""`source_name` of orders whose ip and browser are the buyer's. In a draft they are the staff's, in an app's
order a server's."""

VOID: Final[frozenset[str]] = frozenset({"voided", "expired"})
UNPAID: Final[frozenset[str]] = VOID | {"pending", "unpaid"}
"""`financial_status` of orders whose money will never come, and of those whose money has not come."""

MOST_SECONDS_APART: Final[int] = 3600
"""`processed_at` is some seconds before `created_at`; an import can set it to any day."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One proven request: what it is about, what the page carried along, and what the owner wants of it."""

    topic: str
    headers: Mapping[str, str]
    body: Object
    notes: Carried
    policy: Policy


def read(headers: Mapping[str, str], raw: bytes, policy: Policy) -> Told | Ignored:
    """Reads a proven request. Raises RequestError."""
    body = parse(raw)
    topic = headers.get(f"{_family(headers)}topic", "").strip().lower()
    rule = TOPICS.get(topic)
    if rule is None:
        return Ignored("topic_unknown", "other")
    if isinstance(rule, str):
        return Ignored(rule, topic)
    notes = attribution.read(
        (each.get("name"), each.get("value")) for each in objects(body.get("note_attributes"))
    )
    told = rule(Delivery(topic, headers, body, notes, policy))
    return Ignored(told, topic) if isinstance(told, str) else Told(told, topic)


def _order(delivery: Delivery) -> Sequence[RawEvent] | Reason:
    order, policy = delivery.body, delivery.policy
    purchase = delivery.topic == policy.purchase_topic
    if not purchase and delivery.topic == "orders/paid":
        return "covered_by_another_topic"
    identity = _id(order, "id", "admin_graphql_api_id")
    total = _money(order, "total_price", policy)
    kept_out = _kept_out(delivery, identity)
    if kept_out is not None:
        return kept_out
    if first(order, "cancelled_at"):
        return "cancelled"
    unpaid = UNPAID if policy.purchase_topic == "orders/paid" else VOID
    if purchase and first(order, "financial_status").lower() in unpaid:
        return "not_paid"
    if total is not None and total.amount <= 0 and "zero_value" not in policy.forwarded:
        return "zero_value"
    name = "Purchase" if purchase else "PlaceAnOrder"
    event_id = delivery.notes.event_id or policy.event_id_prefix + identity
    properties = _cart_properties(order, total, policy) | {"order_id": identity}
    return [_event(delivery, name, event_id, _time(order), order, properties)]


def _checkout(delivery: Delivery) -> Sequence[RawEvent] | Reason:
    checkout, policy = delivery.body, delivery.policy
    identity = _id(checkout, "token")
    kept_out = _kept_out(delivery, identity)
    if kept_out is not None:
        return kept_out
    total = _money(checkout, "total_price", policy)
    if (
        total is not None
        and total.bag == ""
        and first(checkout, "presentment_currency", "currency").upper() != total.currency
    ):
        # A checkout's sum stands alone, and nothing says in which of its two currencies.
        total = None
    properties = _cart_properties(checkout, total, policy)
    event_id = policy.event_id_prefix + identity
    return [_event(delivery, "InitiateCheckout", event_id, _time(checkout), checkout, properties)]


def _customer(delivery: Delivery) -> Sequence[RawEvent] | Reason:
    customer = delivery.body
    identity = _id(customer, "id", "admin_graphql_api_id")
    kept_out = _kept_out(delivery, identity)
    if kept_out is not None:
        return kept_out
    event_id = delivery.policy.event_id_prefix + identity
    return [_event(delivery, "CompleteRegistration", event_id, _time(customer), {"customer": customer}, {})]


def _cart(delivery: Delivery) -> Sequence[RawEvent] | Reason:
    """One AddToCart for each line, once: the line's own id makes the same line the same event every time."""
    cart, policy = delivery.body, delivery.policy
    if "cart" not in policy.forwarded:
        return "cart"
    token = _id(cart, "id", "token")
    kept_out = _kept_out(delivery, token)
    if kept_out is not None:
        return kept_out
    events = []
    for line in objects(cart.get("line_items")):
        line_id = first(line, "key", "id", "variant_id")
        if not line_id:
            continue
        total = _money(line, "line_price", policy) or _money(line, "price", policy)
        properties = _cart_properties({"line_items": [line]}, total, policy)
        event_id = f"{policy.event_id_prefix}{token}-{line_id}"
        events.append(_event(delivery, "AddToCart", event_id, _time(cart, "updated_at"), cart, properties))
    return events or "empty"


def _kept_out(delivery: Delivery, identity: str) -> Reason | None:
    body, forwarded = delivery.body, delivery.policy.forwarded
    if not identity:
        return "id_missing"
    # The header comes with what "Send test notification" sends.
    is_test = body.get("test") is True or delivery.headers.get("x-shopify-test", "").lower() == "true"
    if is_test and "test" not in forwarded:
        return "test"
    channel = CHANNELS.get(first(body, "source_name").lower())
    return channel if channel is not None and channel not in forwarded else None


def _event(
    delivery: Delivery, name: str, event_id: str, at_seconds: int | None, body: Object, properties: RawEvent
) -> RawEvent:
    return people.known(
        {
            "event": name,
            "event_id": event_id,
            "event_time": at_seconds,
            "consent": delivery.notes.consent,
            "user": _user(delivery, body),
            "properties": properties,
            "page": _page(delivery, body),
        }
    )


def _user(delivery: Delivery, body: Object) -> RawEvent:
    user: RawEvent = {
        "email": first(body, *EMAIL),
        "phone": people.phone(body, PHONES, delivery.policy.country),
        "external_id": _id(body, "customer.id"),
        "locale": first(body, "customer_locale"),
        **texts(holder(body, NAMED, NAME.values()), NAME),
        **texts(holder(body, ADDRESSES, ADDRESS.values()), ADDRESS),
    }
    if first(body, "source_name").lower() in VISITORS_OWN and not first(body, "user_id"):
        user["ip"] = first(body, "client_details.browser_ip", "browser_ip")
        user["user_agent"] = first(body, "client_details.user_agent")
    return people.known(user | delivery.notes.user(first(body, "landing_site")))


_SHOP: Final[re.Pattern[str]] = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")


def _page(delivery: Delivery, body: Object) -> RawEvent:
    shop = delivery.headers.get(f"{_family(delivery.headers)}shop-domain", "").strip().lower()
    bases = (
        first(body, "order_status_url"),
        first(body, "abandoned_checkout_url"),
        f"https://{shop}" if _SHOP.fullmatch(shop) else "",
    )
    # Without a first page of the visit, the shop's own.
    url = delivery.notes.url or urls.resolve(first(body, "landing_site") or "/", *bases)
    return people.known({"url": url, "referrer": urls.resolve(first(body, "referring_site"))})


def _cart_properties(body: Object, total: Sum | None, policy: Policy) -> RawEvent:
    path, content_type = ITEM_IDS[policy.item_id]
    lines = objects(body.get("line_items"))
    contents = [_item(line, path, total) for line in lines]
    bought = sum(pieces(line.get("quantity")) or 0 for line in lines)
    return people.known(
        {
            **(total.properties() if total else {}),
            "content_type": content_type if contents else "",
            "contents": contents,
            "num_items": bought or None,
        }
    )


def _item(line: Object, path: str, total: Sum | None) -> RawEvent:
    price = None
    if total is not None:
        # The price in the money of the sum; without bags both are in the shop's.
        bagged = money.in_bag(line, "price_set", total.bag) if total.bag else None
        if bagged is not None and bagged.currency == total.currency:
            price = bagged.amount
        elif total.bag in ("", BAGS["shop"]):
            price = amount(line.get("price"))
    return people.known(
        {
            "content_id": _id(line, path) if path != "sku" else first(line, path),
            "content_name": first(line, "name", "title"),
            "brand": first(line, "vendor"),
            "price": None if price is None else number(price),
            "quantity": pieces(line.get("quantity")),
        }
    )


def _money(body: Object, name: str, policy: Policy) -> Sum | None:
    """The sum under a name: in the bag that the owner wants, else the plain one, which is the shop's."""
    bagged = money.in_bag(body, f"{name}_set", BAGS[policy.money])
    return bagged or money.plain(body, name, "currency")


def _time(body: Object, name: str = "created_at") -> int | None:
    created, processed = unix(body.get(name)), unix(body.get("processed_at"))
    if created is None or processed is None:
        return created
    return processed if abs(created - processed) < MOST_SECONDS_APART else created


def _id(body: Object, *paths: str) -> str:
    """The id as text; of a global id (gid://shopify/Order/1) the part after the last slash."""
    return first(body, *paths).rpartition("/")[2]


def _family(headers: Mapping[str, str]) -> str:
    """What the header names begin with: the newer family goes before the older where both are sent."""
    return "shopify-" if "shopify-hmac-sha256" in headers else "x-shopify-"


def _prove(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], _now: float) -> int:
    return signatures.body_digest(headers.get(f"{_family(headers)}hmac-sha256"), raw, secrets)


TOPICS: Final[dict[str, Callable[[Delivery], Sequence[RawEvent] | Reason] | Reason]] = {
    # PlaceAnOrder when it is placed, which is before it is paid, and Purchase when it is paid; or Purchase
    # when it is placed, and then nothing when it is paid.
    "orders/create": _order,
    "orders/paid": _order,
    "checkouts/create": _checkout,  # InitiateCheckout
    "customers/create": _customer,  # CompleteRegistration, also for a customer whom a guest's order made
    "carts/create": _cart,  # AddToCart, only where the owner wants it
    "carts/update": _cart,
    # The same order, checkout or customer again.
    "orders/updated": "covered_by_another_topic",
    "orders/edited": "covered_by_another_topic",
    "orders/fulfilled": "covered_by_another_topic",
    "orders/partially_fulfilled": "covered_by_another_topic",
    "checkouts/update": "covered_by_another_topic",
    "customers/update": "covered_by_another_topic",
    # No revenue, and nothing that TikTok has a web event for.
    "orders/cancelled": "no_revenue",
    "orders/delete": "no_revenue",
    "refunds/create": "no_revenue",
    "checkouts/delete": "no_revenue",
    "draft_orders/create": "no_revenue",
    "draft_orders/update": "no_revenue",
}
"""Topic → what reads it, or why it becomes nothing (shopify.dev, "Webhook topics")."""

SOURCE: Final[Source] = Source(_prove, read)
