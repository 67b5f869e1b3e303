"""WooCommerce: webhooks of orders and customers. Which topic becomes what is the table TOPICS.

Source: WooCommerce REST API documentation (v3), "Webhooks", "Orders" and "Customers". The signature covers
the body only, and no delivery is ever tried again.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
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
    text,
    texts,
    unix,
)
from relay.webhooks.options import ItemId, LeftOut, Policy
from relay.webhooks.provider import Ignored, RawEvent, Reason, Source, Told

ADDRESSES: Final[tuple[str, ...]] = ("billing", "shipping")
EMAIL: Final[tuple[str, ...]] = ("billing.email", "email")
PHONES: Final[tuple[tuple[str, str], ...]] = tuple(
    (f"{address}.phone", f"{address}.country") for address in ADDRESSES
)
NAME: Final[dict[str, str]] = {"first_name": "first_name", "last_name": "last_name"}
ADDRESS: Final[dict[str, str]] = {
    "city": "city",
    "state": "state",
    "zip_code": "postcode",
    "country": "country",
}

ITEM_IDS: Final[dict[ItemId, tuple[tuple[str, ...], str]]] = {
    # A simple product has no variations and is itself what the catalogue lists.
    "variant": (("variation_id", "product_id"), "product"),
    "product": (("product_id",), "product_group"),
    "sku": (("sku",), "product"),
}
"""What the catalogue calls an item → the line's fields that hold it, and TikTok's `content_type` for it."""

PAID: Final[frozenset[str]] = frozenset({"processing", "completed"})
"""WooCommerce's own paid states. Cash on delivery is "processing" too, and is paid once it has a date of
payment."""

CREATED_VIA: Final[dict[str, LeftOut]] = {"admin": "draft", "pos": "pos", "pos-rest-api": "pos"}
"""`created_via` of what is no visitor's purchase."""

VISITORS_OWN: Final[frozenset[str]] = frozenset({"checkout", "store-api"})
"""`created_via` of orders whose ip and browser are the buyer's."""

MOST_SECONDS_AFTER_PAYMENT: Final[int] = 86_400
"""Each later change of an order sends it again, under the same id. TikTok forgets an id after two days, so
what changes later than a day after the payment is left out."""

LANDING: Final[str] = "_wc_order_attribution_session_entry"
"""Where WooCommerce's own order attribution keeps the address of the visit's first page."""


def read(headers: Mapping[str, str], raw: bytes, policy: Policy) -> Told | Ignored:
    """Reads a proven request. Raises RequestError."""
    body = parse(raw)
    topic = headers.get("x-wc-webhook-topic", "").strip().lower()
    rule = TOPICS.get(topic)
    if rule is None:
        return Ignored("topic_unknown", "other")
    if isinstance(rule, str):
        return Ignored(rule, topic)
    told = rule(body, headers, policy)
    return Ignored(told, topic) if isinstance(told, str) else Told([told], topic)


def _order(order: Object, headers: Mapping[str, str], policy: Policy) -> RawEvent | Reason:
    identity = _id(order, "id")
    notes = {text(each.get("key")): text(each.get("value")) for each in objects(order.get("meta_data"))}
    kept = attribution.read(notes.items())
    paid_at = unix(order.get("date_paid_gmt"))
    if not identity:
        return "id_missing"
    made_by = CREATED_VIA.get(first(order, "created_via").lower())
    if made_by is not None and made_by not in policy.forwarded:
        return made_by
    if first(order, "status").lower() not in PAID or paid_at is None:
        return "not_paid"
    changed_at = unix(order.get("date_modified_gmt"))
    if changed_at is not None and changed_at - paid_at > MOST_SECONDS_AFTER_PAYMENT:
        return "update_after_payment"
    total = money.plain(order, "total", "currency")
    if total is not None and total.amount <= 0 and "zero_value" not in policy.forwarded:
        return "zero_value"
    landing = notes.get(LANDING, "")
    user = _user(order, "customer_id", policy)
    if first(order, "created_via").lower() in VISITORS_OWN:
        user |= {"ip": first(order, "customer_ip_address"), "user_agent": first(order, "customer_user_agent")}
    return people.known(
        {
            "event": "Purchase",
            "event_id": kept.event_id or policy.event_id_prefix + identity,
            "event_time": paid_at,
            "consent": kept.consent,
            "user": people.known(user | kept.user(landing)),
            "properties": _properties(order, total, policy) | {"order_id": identity},
            "page": _page(headers, kept, landing),
        }
    )


def _customer(customer: Object, headers: Mapping[str, str], policy: Policy) -> RawEvent | Reason:
    identity = _id(customer, "id")
    if not identity:
        return "id_missing"
    return people.known(
        {
            "event": "CompleteRegistration",
            "event_id": policy.event_id_prefix + identity,
            "event_time": unix(customer.get("date_created_gmt")),
            "user": people.known(_user(customer, "id", policy)),
            "page": _page(headers, Carried(), ""),
        }
    )


def _user(body: Object, id_path: str, policy: Policy) -> RawEvent:
    return {
        "email": first(body, *EMAIL),
        "phone": people.phone(body, PHONES, policy.country),
        "external_id": _id(body, id_path),
        **(texts(body, NAME) or texts(holder(body, ADDRESSES, NAME.values()), NAME)),
        **_address(body),
    }


def _address(body: Object) -> RawEvent:
    """The buyer's address. WooCommerce puts the country before the state in some of them (DE-BY)."""
    found = texts(holder(body, ADDRESSES, ADDRESS.values()), ADDRESS)
    if "state" in found:
        found["state"] = str(found["state"]).removeprefix(f"{found.get('country')}-")
    return found


def _page(headers: Mapping[str, str], kept: Carried, landing: str) -> RawEvent:
    # Without a first page of the visit, the shop's own.
    home = urls.origin(headers.get("x-wc-webhook-source", "").strip())
    return people.known({"url": kept.url or urls.resolve(landing or "/", home)})


def _properties(order: Object, total: money.Sum | None, policy: Policy) -> RawEvent:
    paths, content_type = ITEM_IDS[policy.item_id]
    lines = objects(order.get("line_items"))
    return people.known(
        {
            **(total.properties() if total else {}),
            "content_type": content_type if lines else "",
            "contents": [_item(line, paths, priced=total is not None) for line in lines],
            "num_items": sum(pieces(line.get("quantity")) or 0 for line in lines) or None,
        }
    )


def _item(line: Object, paths: Sequence[str], *, priced: bool) -> RawEvent:
    price = amount(line.get("price")) if priced else None
    return people.known(
        {
            "content_id": _id(line, *paths),
            "content_name": html.unescape(first(line, "name")),
            "price": None if price is None else number(price),
            "quantity": pieces(line.get("quantity")),
        }
    )


def _id(body: Object, *paths: str) -> str:
    """The first id as text; 0 is WooCommerce's way to say that there is none (a guest, a simple product)."""
    return next((found for path in paths if (found := first(body, path)) not in ("", "0")), "")


_PING: Final[re.Pattern[bytes]] = re.compile(rb"webhook_id=[0-9]{1,20}")


def _is_ping(headers: Mapping[str, str], raw: bytes) -> bool:
    """WooCommerce tries an address with a form and without a signature, and wants exactly 200 to save it."""
    return "x-wc-webhook-signature" not in headers and _PING.fullmatch(raw) is not None


def _prove(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], _now: float) -> int:
    return signatures.body_digest(headers.get("x-wc-webhook-signature"), raw, secrets)


TOPICS: Final[dict[str, Callable[[Object, Mapping[str, str], Policy], RawEvent | Reason] | Reason]] = {
    # Purchase, once it is paid. "created" or "updated" depends on how fast the payment was: take both.
    "order.created": _order,
    "order.updated": _order,
    "customer.created": _customer,  # CompleteRegistration
    "customer.updated": "covered_by_another_topic",
    "customer.deleted": "no_revenue",
    "order.restored": "covered_by_another_topic",
    "order.deleted": "no_revenue",
}
"""Topic → what reads it, or why it becomes nothing."""

SOURCE: Final[Source] = Source(_prove, read, _is_ping)
