"""WooCommerce: webhooks of orders and customers. The table TOPICS says what each topic becomes.

Source: WooCommerce REST API documentation (v3), "Webhooks", "Orders" and "Customers". The signature covers
the body only, and no delivery is ever retried.
"""

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from relay.characters import remove_control
from relay.event.body import parse_unlimited
from relay.visits.visit import VisitKeys
from relay.webhooks import history, money, urls
from relay.webhooks.attribution import Attribution, parse_attribution
from relay.webhooks.customer import find_phone, without_empty
from relay.webhooks.json_fields import (
    JsonObject,
    find_object,
    get_objects,
    get_text,
    get_texts,
    parse_amount,
    parse_quantity,
    parse_time,
    to_number,
    to_text,
)
from relay.webhooks.marketplaces import is_marketplace
from relay.webhooks.money import Money
from relay.webhooks.options import Forwardable, ItemId, Options
from relay.webhooks.provider import Ignored, Provider, ProviderEvents, RawEvent, Reason, Signature

ADDRESS_PATHS: Final[tuple[str, ...]] = ("billing", "shipping")
EMAIL_PATHS: Final[tuple[str, ...]] = ("billing.email", "email")
PHONE_PATHS: Final[tuple[tuple[str, str], ...]] = tuple(
    (f"{address}.phone", f"{address}.country") for address in ADDRESS_PATHS
)
NAME_FIELDS: Final[dict[str, str]] = {"first_name": "first_name", "last_name": "last_name"}
ADDRESS_FIELDS: Final[dict[str, str]] = {
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
"""What the catalogue lists → the line item's fields with its id, and TikTok's `content_type`."""

NEVER_SOLD: Final[frozenset[str]] = frozenset(
    {
        "",
        "pending",
        "failed",
        "cancelled",
        "canceled",
        "refunded",
        "trash",
        "draft",
        "checkout-draft",
        "auto-draft",
    }
)
"""Statuses of orders that were not placed, or that are taken back."""

UNPAID: Final[frozenset[str]] = NEVER_SOLD | {"on-hold"}
"""Statuses of orders that are not paid. An order in any other status is paid once it has a date of payment:
WooCommerce sets the date, and then the status that a plugin may choose (`packing`, `partially-paid`). Cash on
delivery is `processing` before it is paid, and has no date."""

CREATED_VIA: Final[dict[str, Forwardable]] = {
    "admin": "draft",
    "pos": "pos",
    "pos-rest-api": "pos",
    "woocommerce-pos": "pos",  # WCPOS
    "wepos": "pos",  # wePOS, from its first change on
}
"""`created_via` of orders that no visitor placed."""

SOURCE_TYPE: Final[str] = "_wc_order_attribution_source_type"
"""Key under which WooCommerce's own order attribution keeps where an order comes from."""

STAFFS_APP: Final[tuple[str, str]] = ("rest-api", "mobile_app")
"""`created_via` and source type of orders that staff write in WooCommerce's app for phones. Apps for a shop's
customers have the same source type, and order by the Store API."""

STAFFS_ORDER: Final[str] = "_wpo_order_creator"
"""Key of the member of the staff who wrote the order in Phone Orders for WooCommerce, which makes its orders
by the checkout's own code (from the plugin's source)."""

TILL_META: Final[dict[str, str]] = {
    SOURCE_TYPE: "pos",
    "_pos": "1",  # WCPOS in its older versions
    "_yith_pos_order": "1",  # YITH Point of Sale
    "_op_order_source": "openpos",  # OpenPOS
    "_wepos_is_pos_order": "1",  # wePOS
    "_is_vitepos": "Y",  # Vitepos
    "wc_pos_order_type": "POS",  # Point of Sale for WooCommerce, in its older versions
    "_foosales_order_source": "foosales_app",  # FooSales
    "_fooeventspos_order_source": "fooeventspos_app",  # FooEvents POS, whose orders of the web say "online"
}
"""Key and value in the metadata of an order of a till, from the sources of the plugins that set or read
them."""

TEST_META: Final[dict[str, str]] = {
    "_wcpay_mode": "test",  # WooPayments
    "_ppcp_paypal_payment_mode": "sandbox",  # WooCommerce PayPal Payments
    "_mollie_payment_mode": "test",  # Mollie Payments
    "_wc_stripe_mode": "test",  # Payment Plugins for Stripe
    "_wc_braintree_environment": "sandbox",  # Payment Plugins for Braintree
    "_ppcp_environment": "sandbox",  # Payment Plugins for PayPal
    "_wc_klarna_environment": "test",  # Klarna and Kustom
    "is_production_mode": "no",  # Mercado Pago
    "_wc_authorize_net_cim_credit_card_environment": "test",  # Authorize.Net
}
"""Key and value in the metadata of an order that is paid in a payment plugin's test mode, from the sources of
the plugins. WooCommerce itself has no test mode."""

SUB_ORDER_CREATED_VIA: Final[frozenset[str]] = frozenset(
    {
        "dokan",
        "yith_wcmv_vendor_suborder",  # YITH Multi Vendor
        "mvx_vendor_order",  # MultiVendorX
        "wcmp_vendor_order",  # the same before it was renamed
        "multivendorx_store_order",  # the same, recent versions
        "marketking-multivendor-marketplace-for-woocommerce",  # MarketKing
    }
)
"""`created_via` of a vendor's part of an order, which names the whole order as its parent; from the sources
of these plugins. Other orders with a parent (the balance of a deposit) are money of their own."""

RENEWAL_META: Final[frozenset[str]] = frozenset(
    {
        "_subscription_renewal",  # WooCommerce Subscriptions; WebToffee Subscriptions; Recurio
        "subscription_renewal",
        "is_a_renew",  # YITH WooCommerce Subscription
        "wps_sfw_renewal_order",  # WP Swings Subscriptions for WooCommerce
        "mwb_sfw_renewal_order",  # the same before it was renamed
        "sumo_renewal_order_date",  # SUMO Subscriptions
        "_rp_sub:renewal_order",  # Subscriptio (RightPress)
        "_subscriptio_renewal",  # Subscriptio before version 3
        "_renewal_order",  # Payment Plugins for Braintree; Elavon Converge
        "_sublium_wcs_subscription_renewal",  # Sublium Subscriptions
        "_qpilot_scheduled_order_processing_id",  # Autoship Cloud, which makes its renewals by the REST API
    }
)
"""Keys in the metadata of a renewal, from the sources of the plugins that set or read them."""

RENEWAL_CREATED_VIA: Final[tuple[str, ...]] = ("subscription", "renewal", "sumo_subs")
"""Parts of `created_via` of a renewal; SUMO Subscriptions has a name of its own."""

PARENTED_META: Final[frozenset[str]] = frozenset({"sumo_is_subscription_order"})
"""Keys in the metadata of every order of a subscription, of which those with a parent are the renewals:
SUMO Subscriptions."""

VISITORS_OWN: Final[frozenset[str]] = frozenset({"checkout", "store-api"})
"""`created_via` of orders whose ip and browser are the buyer's."""

MAX_UPDATE_SECONDS: Final[int] = 86_400
"""Each later change of an order sends it again, under the same id. TikTok forgets an id after two days, so a
change later than a day after the payment is ignored."""

LANDING_PAGE: Final[str] = "_wc_order_attribution_session_entry"
"""Key under which WooCommerce's own order attribution keeps the URL of the visit's first page."""

MIN_QUANTITY: Final[Decimal] = Decimal("0.001")
"""Plugins for goods by weight let a quantity have a fraction: a gram of what is sold by the kilogram."""

CANNOT_READ: Final[frozenset[str]] = frozenset({"401", "403"})
"""HTTP status in an error body where the webhook's owner may not read the object."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook: its headers and body, and the shop's options."""

    headers: Mapping[str, str]
    body: JsonObject
    options: Options


def parse(headers: Mapping[str, str], raw: bytes, options: Options) -> ProviderEvents | Ignored:
    """Parse a webhook whose signature is valid. Raises RequestError where the body is not JSON."""
    body = parse_unlimited(raw)
    topic = headers.get("x-wc-webhook-topic", "").strip().lower()
    rule = TOPICS.get(topic)
    if rule is None:
        return Ignored("topic_unknown", "other")
    if isinstance(rule, str):
        return Ignored(rule, topic)
    if not isinstance(body, dict):
        return Ignored("not_an_event", topic)
    if (reason := _find_set_up_error(body)) is not None:
        return Ignored(reason, topic)
    parsed = rule(Webhook(headers, body, options))
    if isinstance(parsed, str):
        return Ignored(parsed, topic)
    return ProviderEvents(parsed.events, topic, history=parsed.history, visit=parsed.visit)


def _find_set_up_error(body: JsonObject) -> Reason | None:
    """Return why a body is not an order or customer of the REST API v2 or v3.

    WooCommerce asks its own REST API for the body, as the webhook's owner, and sends whatever that answers.
    Of API v1 the times have no `_gmt` twin; the legacy API wraps the object.
    """
    if "id" not in body and get_text(body, "code") and "message" in body:
        denied = get_text(body, "data.status") in CANNOT_READ or "cannot" in get_text(body, "code")
        return "owner_cannot_read" if denied else "sender_error"
    if "id" not in body and isinstance(body.get("errors"), (list, dict)):
        return "sender_error"
    wrapped = "id" not in body and any(isinstance(body.get(name), dict) for name in ("order", "customer"))
    if wrapped or ("date_created" in body and "date_created_gmt" not in body):
        return "api_version_old"
    return None


def _parse_order(webhook: Webhook) -> ProviderEvents | Reason:
    """Purchase, when the order is paid; or when it is placed, with `WooCommercePurchase=placed`."""
    order, options = webhook.body, webhook.options
    order_id = _get_id(order, "id")
    if not order_id:
        return "id_missing"
    entries = get_objects(order.get("meta_data"))
    meta = {to_text(entry.get("key")): entry.get("value") for entry in entries}
    if _get_id(order, "parent_id") and _get_created_via(order) in SUB_ORDER_CREATED_VIA:
        return "covered_by_another_topic"
    renewal = _is_renewal(order, entries)
    if renewal and "renewal" not in options.forwarded:
        return "renewal"
    if _has_any(TEST_META, meta) and "test" not in options.forwarded:
        return "test"
    made_by = _find_maker(order, meta)
    if made_by is not None and made_by not in options.forwarded:
        return made_by
    placed_at, paid_at = parse_time(order.get("date_created_gmt")), parse_time(order.get("date_paid_gmt"))
    at_payment = options.woocommerce == "paid"
    status = get_text(order, "status").lower().removeprefix("wc-")
    if at_payment and (status in UNPAID or paid_at is None):
        return "not_paid"
    if status in NEVER_SOLD:
        return "not_paid"
    happened_at = paid_at if at_payment else placed_at
    changed_at = parse_time(order.get("date_modified_gmt"))
    if happened_at is not None and changed_at is not None and changed_at - happened_at > MAX_UPDATE_SECONDS:
        return "update_after_payment" if at_payment else "late_update"
    amount = money.parse_money(order, "total", "currency")
    if amount is not None and amount.amount <= 0 and "zero_value" not in options.forwarded:
        return "zero_value"
    attribution, landing_page = parse_attribution(meta.items()), to_text(meta.get(LANDING_PAGE))
    if renewal:
        # A renewal has a copy of the first order's metadata, with its event id and click id, and at some
        # plugins of its visitor and `created_via`.
        attribution, landing_page = attribution.consent_only(), ""
    user = _build_user(order, "customer_id", options)
    own_checkout = made_by is None and not renewal and _get_created_via(order) in VISITORS_OWN
    if own_checkout:
        user |= {
            "ip": get_text(order, "customer_ip_address"),
            "user_agent": get_text(order, "customer_user_agent"),
        }
    event_id = attribution.event_id or options.event_id_prefix + order_id
    event = without_empty(
        {
            "event": "Purchase",
            "event_id": event_id,
            "event_time": happened_at,
            "consent": attribution.consent,
            "user": without_empty(user | attribution.user_fields(landing_page)),
            "properties": _get_properties(order, amount, options) | {"order_id": order_id},
            "page": _build_page(webhook.headers, attribution, landing_page),
        }
    )
    visit_id = attribution.values.get("tt_visit", "")
    return ProviderEvents(
        [event],
        history=history.check_order("Purchase", event_id, placed_at),
        visit=VisitKeys(visit_id, ordered_at=placed_at) if visit_id or own_checkout else None,
    )


def _find_maker(order: JsonObject, meta: Mapping[str, object]) -> Forwardable | None:
    """Return the reason to take an order for one that no visitor placed; None where there is none."""
    created_via = _get_created_via(order)
    if (created_via, to_text(meta.get(SOURCE_TYPE))) == STAFFS_APP:
        return "draft"
    if to_text(meta.get(STAFFS_ORDER)):
        return "draft"
    if _has_any(TILL_META, meta):
        return "pos"
    if is_marketplace(created_via, get_text(order, *EMAIL_PATHS)):
        return "marketplace"
    return CREATED_VIA.get(created_via)


def _has_any(marks: Mapping[str, str], meta: Mapping[str, object]) -> bool:
    return any(to_text(meta.get(key)) == value for key, value in marks.items())


def _is_renewal(order: JsonObject, meta: Sequence[JsonObject]) -> bool:
    created_via = _get_created_via(order)
    if any(part in created_via for part in RENEWAL_CREATED_VIA):
        return True
    keys = RENEWAL_META | PARENTED_META if _get_id(order, "parent_id") else RENEWAL_META
    renewals = (entry.get("value") for entry in meta if to_text(entry.get("key")) in keys)
    return any(value not in ("", "0", "no", 0, False, None, [], {}) for value in renewals)


def _parse_customer(webhook: Webhook) -> ProviderEvents | Reason:
    customer, options = webhook.body, webhook.options
    customer_id = _get_id(customer, "id")
    if not customer_id:
        return "id_missing"
    if is_marketplace("", get_text(customer, *EMAIL_PATHS)) and "marketplace" not in options.forwarded:
        return "marketplace"
    event = without_empty(
        {
            "event": "CompleteRegistration",
            "event_id": options.event_id_prefix + customer_id,
            "event_time": parse_time(customer.get("date_created_gmt")),
            "user": without_empty(_build_user(customer, "id", options)),
            "page": _build_page(webhook.headers, Attribution(), ""),
        }
    )
    return ProviderEvents([event], visit=VisitKeys())


def _build_user(body: JsonObject, id_path: str, options: Options) -> RawEvent:
    return {
        "email": get_text(body, *EMAIL_PATHS),
        "phone": find_phone(body, PHONE_PATHS, options.country),
        "external_id": _get_id(body, id_path),
        **(
            get_texts(body, NAME_FIELDS)
            or get_texts(find_object(body, ADDRESS_PATHS, NAME_FIELDS.values()), NAME_FIELDS)
        ),
        **_get_address(body),
    }


def _get_address(body: JsonObject) -> RawEvent:
    """Return the buyer's address. WooCommerce puts the country before some states (DE-BY)."""
    found = get_texts(find_object(body, ADDRESS_PATHS, ADDRESS_FIELDS.values()), ADDRESS_FIELDS)
    if "state" in found:
        found["state"] = str(found["state"]).removeprefix(f"{found.get('country')}-")
    return found


def _build_page(headers: Mapping[str, str], attribution: Attribution, landing_page: str) -> RawEvent:
    # The URL of the site, which may be a folder of its host.
    home = headers.get("x-wc-webhook-source", "").strip()
    url = attribution.url or urls.resolve_url(landing_page, home) or urls.strip_query(home)
    return without_empty({"url": url})


def _get_properties(order: JsonObject, amount: Money | None, options: Options) -> RawEvent:
    amount = money.in_iso_4217(amount)
    paths, content_type = ITEM_IDS[options.item_id]
    lines = get_objects(order.get("line_items"))
    return without_empty(
        {
            **(amount.properties() if amount else {}),
            "content_type": content_type if lines else "",
            "contents": [_build_item(line, paths, amount) for line in lines],
            "num_items": sum(parse_quantity(line.get("quantity")) or 0 for line in lines) or None,
        }
    )


def _build_item(line: JsonObject, paths: Sequence[str], amount: Money | None) -> RawEvent:
    price = None if amount is None else _get_price(line, _count_decimals(amount))
    return without_empty(
        {
            "content_id": remove_control(_get_id(line, *paths)),
            "content_name": html.unescape(get_text(line, "name")),
            "price": None if price is None else to_number(price),
            "quantity": parse_quantity(line.get("quantity")),
        }
    )


def _get_price(line: JsonObject, decimals: int) -> Decimal | None:
    """Return what the buyer paid for one piece, with tax: `price` is before tax, as is a line's `total`."""
    total, tax = parse_amount(line.get("total")), parse_amount(line.get("total_tax"))
    quantity = parse_amount(line.get("quantity"))
    if total is None or tax is None or quantity is None or quantity < MIN_QUANTITY:
        return parse_amount(line.get("price"))
    return round((total + tax) / quantity, decimals)


def _count_decimals(amount: Money) -> int:
    """Return the decimals of an order's total, from two to the four of the finest currency.

    The shop sets them: three for a Kuwaiti dinar.
    """
    return min(max(2, -int(amount.amount.as_tuple().exponent)), 4)


def _get_created_via(order: JsonObject) -> str:
    return get_text(order, "created_via").lower()


def _get_id(body: JsonObject, *paths: str) -> str:
    """Return the first id as text; 0 means that there is none (a guest, a simple product)."""
    return next((found for path in paths if (found := get_text(body, path)) not in ("", "0")), "")


_PING: Final[re.Pattern[bytes]] = re.compile(rb"webhook_id=[0-9]{1,20}")


def is_ping(headers: Mapping[str, str], raw: bytes) -> bool:
    """Whether WooCommerce tries the URL: a form without a signature, which has to be answered with 200."""
    return "x-wc-webhook-signature" not in headers and _PING.fullmatch(raw) is not None


TOPICS: Final[dict[str, Callable[[Webhook], ProviderEvents | Reason] | Reason]] = {
    # Purchase. "created" or "updated" depends on how fast the payment was: both are needed.
    "order.created": _parse_order,
    "order.updated": _parse_order,
    "customer.created": _parse_customer,  # CompleteRegistration
    "customer.updated": "covered_by_another_topic",
    "customer.deleted": "no_revenue",
    "order.restored": "covered_by_another_topic",
    "order.deleted": "no_revenue",
}
"""Topic → its parser, or why it becomes nothing."""

PROVIDER: Final[Provider] = Provider(
    title="WooCommerce",
    signature=Signature("body_digest", ("x-wc-webhook-signature",)),
    parse=parse,
    topic_header="x-wc-webhook-topic",
    topics=TOPICS.keys(),
    is_ping=is_ping,
    example_headers={"x-wc-webhook-source": "https://woo.example/"},
)
