"""Shopify: webhooks of orders, checkouts, customers and carts. The table TOPICS says what each topic becomes.

Sources: shopify.dev, "Webhooks" (topics, headers, HMAC), and the resources Order, Checkout, Customer and Cart
of the REST Admin API, which are what the bodies hold. The signature covers the body only; topic, shop and
time are headers that nobody signed, and count only as far as the body does not contradict them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from relay.auth.signatures import find_signature_header
from relay.characters import remove_control
from relay.event.body import parse_unlimited
from relay.event.event_id import event_key
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
from relay.webhooks.options import Forwardable, ItemId, Options, OrderMoney
from relay.webhooks.provider import (
    HistoryCheck,
    Ignored,
    Provider,
    ProviderEvents,
    RawEvent,
    Reason,
    Signature,
)

EMAIL_PATHS: Final[tuple[str, ...]] = ("email", "contact_email", "customer.email")
"""The first is what the buyer typed in this checkout; the customer's own may be another."""

NAME_PATHS: Final[tuple[str, ...]] = ("customer", "billing_address", "shipping_address")
ADDRESS_PATHS: Final[tuple[str, ...]] = ("billing_address", "shipping_address", "customer.default_address")
PHONE_PATHS: Final[tuple[tuple[str, str], ...]] = (
    ("phone", ""),
    ("customer.phone", ""),
    *((f"{address}.phone", f"{address}.country_code") for address in ADDRESS_PATHS),
)
"""Path of a number, path of its country. Shopify keeps the first two in E.164, and addresses as typed."""

NAME_FIELDS: Final[dict[str, str]] = {"first_name": "first_name", "last_name": "last_name"}
ADDRESS_FIELDS: Final[dict[str, str]] = {
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
"""What the catalogue lists → the line item's field with its id, and TikTok's `content_type`."""

MONEY_SETS: Final[dict[OrderMoney, str]] = {"presentment": "presentment_money", "shop": "shop_money"}

SOURCES: Final[dict[str, Forwardable]] = {
    "pos": "pos",
    "shopify_draft_order": "draft",
    # The second one since October 2025.
    **dict.fromkeys(("subscription_contract", "subscription_contract_checkout_one"), "renewal"),
    # TikTok Shop, which TikTok counts itself, and Facebook's shop.
    **dict.fromkeys(("4383523", "2329312"), "marketplace"),
}
"""`source_name` of orders that no visitor of the shop placed → why they are ignored. All other names count:
there is no end to the names of apps."""

RENEWAL_TAG: Final[re.Pattern[str]] = re.compile(
    r"recurring (?:subscription )?order|subscription (?:renewal|recurring)|renewal order"
)
"""In the tags that subscription apps put on renewals, with `_` and `-` as spaces: "Subscription Recurring
Order"."""

MARKETPLACE_TAG: Final[re.Pattern[str]] = re.compile(r"tiktokorderid:")

STOREFRONTS: Final[frozenset[str]] = frozenset({"web", "www", "checkout_next", "12875497473"})
"""`source_name` of orders whose ip and browser are the buyer's; the number is Shopify's headless channel. So
are those of any other order that went through a checkout (`checkout_token`) without staff (`user_id`)."""

VISIT_FIELDS: Final[tuple[str, ...]] = ("landing_site", "referring_site")
"""First page of the visit that led to an order, and the page before it."""

ORDER_FIELDS: Final[frozenset[str]] = frozenset(
    {"financial_status", "total_price", "line_items", "order_number", "checkout_token"}
)
"""Fields of which an order has at least one. Nobody signed the topic: a captured webhook of a customer or a
refund must not become a purchase by another topic."""

VOID: Final[frozenset[str]] = frozenset({"voided", "expired"})
UNPAID: Final[frozenset[str]] = VOID | {"pending", "unpaid"}
"""`financial_status` of orders whose money will never come, and of those whose money has not come."""

MAX_SECONDS_BEFORE_CREATION: Final[int] = 3600
"""`processed_at` is some seconds before `created_at`; an import can set it to any day."""

MAX_CHECKOUT_SECONDS: Final[int] = 86_400
"""A checkout that changes later than a day after it began is looked up: TikTok forgets its id after two."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook: topic, headers and body, the attribution that it carries, and the shop's options."""

    topic: str
    headers: Mapping[str, str]
    body: JsonObject
    attribution: Attribution
    options: Options
    channels: list[Forwardable]
    """Each reason to take its order for one that no visitor of the shop placed."""


def parse(headers: Mapping[str, str], raw: bytes, options: Options) -> ProviderEvents | Ignored:
    """Parse a webhook whose signature is valid. Raises RequestError where the body is not JSON."""
    body = parse_unlimited(raw)
    topic = headers.get(f"{_header_prefix(headers)}topic", "").strip().lower()
    rule = TOPICS.get(topic)
    if rule is None:
        return Ignored("topic_unknown", "other")
    if isinstance(rule, str):
        return Ignored(rule, topic)
    if not isinstance(body, dict):
        return Ignored("not_an_event", topic)
    attribution = parse_attribution(
        (entry.get("name"), entry.get("value")) for entry in get_objects(body.get("note_attributes"))
    )
    channels = find_channels(body)
    if "renewal" in channels:
        # A renewal may have a copy of the first order's notes and visit.
        attribution, body = attribution.consent_only(), body | dict.fromkeys(VISIT_FIELDS)
    webhook = Webhook(topic, headers, body, attribution, options, channels)
    parsed = rule(webhook)
    if isinstance(parsed, str):
        return Ignored(parsed, topic)
    return replace(parsed, visit=_get_visit_keys(webhook))


def _get_visit_keys(webhook: Webhook) -> VisitKeys | None:
    """Return by what the buyer's visit is found; None for an order of the staff or an app without one."""
    body, topic = webhook.body, webhook.topic
    visit_id = webhook.attribution.values.get("tt_visit", "")
    is_checkout = topic.startswith("checkouts/")
    token = get_text(body, "token" if is_checkout else "checkout_token")
    is_buyers = _is_buyers_own_checkout(webhook, token)
    if not visit_id and (is_checkout or topic.startswith("orders/")) and not is_buyers:
        return None
    return VisitKeys(
        visit_id,
        checkout_token=token,
        ordered_at=parse_time(body.get("created_at")),
    )


def _parse_order(webhook: Webhook) -> ProviderEvents | Reason:
    """Purchase when the order is paid, PlaceAnOrder when it is placed; or Purchase when it is placed."""
    order, options = webhook.body, webhook.options
    if webhook.topic == "orders/paid" and options.purchase_topic == "orders/create":
        return "covered_by_another_topic"
    if not ORDER_FIELDS & order.keys():
        return "not_an_event" if order.get("id") else "id_missing"
    order_id = _get_id(order, "id", "admin_graphql_api_id")
    if (reason := _ignored_for(webhook, order_id)) is not None:
        return reason
    if get_text(order, "cancelled_at"):
        return "cancelled"
    status = get_text(order, "financial_status").lower()
    purchase_only = webhook.topic == options.purchase_topic
    unpaid = UNPAID if options.purchase_topic == "orders/paid" else VOID
    if purchase_only and status in unpaid:
        return "not_paid"
    paid = webhook.topic == "orders/paid"
    amount = _get_amount(order, options, paid=paid)
    if amount is not None and amount.amount <= 0 and "zero_value" not in options.forwarded:
        return "zero_value"
    # An order that an app creates as paid has no orders/paid. Where that follows, it has the same id.
    names = ("Purchase",) if purchase_only else ("PlaceAnOrder", *(("Purchase",) if status == "paid" else ()))
    event_id = webhook.attribution.event_id or options.event_id_prefix + order_id
    properties = _get_properties(order, amount, options, current=paid) | {"order_id": order_id}
    placed_at = _get_time(order)
    happened_at = _get_payment_time(webhook, placed_at) if paid else placed_at
    visitor = _describe_visitor(webhook, order, _build_user(webhook, order))
    return ProviderEvents(
        [_build_event(visitor, name, event_id, happened_at, properties) for name in names],
        webhook.topic,
        history=history.check_order("Purchase", event_id, placed_at)
        if "Purchase" in names
        else HistoryCheck(),
    )


def _parse_checkout(webhook: Webhook) -> ProviderEvents | Reason:
    """InitiateCheckout, from each webhook that identifies the buyer; the checkout's token makes them one."""
    checkout, options = webhook.body, webhook.options
    token = _get_id(checkout, "token")
    if (reason := _ignored_for(webhook, token)) is not None:
        return reason
    user = _build_user(webhook, checkout)
    if not (
        {"email", "phone", "external_id", "ttclid", "ttp"} & user.keys()
        or {"ip", "user_agent"} <= user.keys()
    ):
        # Often so at checkouts/create: the buyer types the e-mail address later.
        return "no_buyer_yet"
    amount = _get_money(checkout, "total_price", options)
    if (
        amount is not None
        and amount.money_set == ""
        and get_text(checkout, "presentment_currency", "currency").upper() != amount.currency
    ):
        # A checkout's total stands alone, and nothing says in which of its two currencies.
        amount = None
    properties = _get_properties(checkout, amount, options, current=False)
    event_id = options.event_id_prefix + token
    began_at, changed_at = _get_time(checkout), parse_time(checkout.get("updated_at"))
    late = began_at is not None and changed_at is not None and changed_at - began_at > MAX_CHECKOUT_SECONDS
    event_time = changed_at if late else began_at
    visitor = _describe_visitor(webhook, checkout, user)
    event = _build_event(visitor, "InitiateCheckout", event_id, event_time, properties)
    key = event_key("InitiateCheckout", event_id)
    check = HistoryCheck(excluded=key if late else "", remembered=key)
    return ProviderEvents([event], webhook.topic, history=check)


def _parse_customer(webhook: Webhook) -> ProviderEvents | Reason:
    customer = webhook.body
    customer_id = _get_id(customer, "id", "admin_graphql_api_id")
    if (reason := _ignored_for(webhook, customer_id)) is not None:
        return reason
    event_id = webhook.options.event_id_prefix + customer_id
    body = {"customer": customer}
    visitor = _describe_visitor(webhook, body, _build_user(webhook, body))
    event = _build_event(visitor, "CompleteRegistration", event_id, _get_time(customer), {})
    return ProviderEvents([event], webhook.topic)


def _parse_cart(webhook: Webhook) -> ProviderEvents | Reason:
    """AddToCart for each line; the line's own id makes the same line the same event every time."""
    cart, options = webhook.body, webhook.options
    if "cart" not in options.forwarded:
        return "cart"
    token = _get_id(cart, "id", "token")
    if (reason := _ignored_for(webhook, token)) is not None:
        return reason
    visitor = _describe_visitor(webhook, cart, _build_user(webhook, cart))
    changed_at = _get_time(cart, "updated_at")
    events = []
    for line in get_objects(cart.get("line_items")):
        line_id = get_text(line, "key", "id", "variant_id")
        if not line_id:
            continue
        amount = _get_money(line, "line_price", options) or _get_money(line, "price", options)
        properties = _get_properties({"line_items": [line]}, amount, options, current=False)
        event_id = f"{options.event_id_prefix}{token}-{line_id}"
        events.append(_build_event(visitor, "AddToCart", event_id, changed_at, properties))
    return ProviderEvents(events, webhook.topic) if events else "empty"


def _ignored_for(webhook: Webhook, identity: str) -> Reason | None:
    """Return why an object is ignored that has no id, is a test, or that no visitor of the shop made."""
    body, options = webhook.body, webhook.options
    if not identity:
        return "id_missing"
    # The header comes with what "Send test notification" sends.
    is_test = body.get("test") is True or webhook.headers.get("x-shopify-test", "").lower() == "true"
    if is_test and "test" not in options.forwarded:
        return "test"
    return find_source_reason(body, webhook.channels, options)


def find_source_reason(body: JsonObject, channels: Iterable[Forwardable], options: Options) -> Reason | None:
    """Return why the source of an order is ignored; None where it counts. `channels`: see `find_channels`."""
    source = _get_source(body)
    if source in options.shopify_exclude:
        return "source_excluded"
    if source in options.shopify_include:
        return None
    return next((reason for reason in channels if reason not in options.forwarded), None)


def find_channels(body: JsonObject) -> list[Forwardable]:
    """Return each reason to take an order for one that no visitor of the shop placed."""
    tags = body.get("tags")
    source = _get_source(body)
    found: list[Forwardable] = []
    if source in SOURCES:
        found.append(SOURCES[source])
    if is_marketplace(source, get_text(body, *EMAIL_PATHS)):
        found.append("marketplace")
    for tag in map(to_text, tags if isinstance(tags, list) else to_text(tags).split(",")):
        if RENEWAL_TAG.search(re.sub(r"[\s_-]+", " ", tag.lower())):
            found.append("renewal")
        if MARKETPLACE_TAG.match(tag.strip().lower()):
            found.append("marketplace")
    return found


def _describe_visitor(webhook: Webhook, body: JsonObject, user: RawEvent) -> RawEvent:
    """Return what all events of a webhook share: the person, the page, and whether consent was denied."""
    page = _build_page(webhook, body)
    return without_empty({"consent": webhook.attribution.consent, "user": user, "page": page})


def _build_event(
    visitor: RawEvent, name: str, event_id: str, event_time: int | None, properties: RawEvent
) -> RawEvent:
    own = {"event": name, "event_id": event_id, "event_time": event_time, "properties": properties}
    return without_empty(own) | visitor


def _build_user(webhook: Webhook, body: JsonObject) -> RawEvent:
    user: RawEvent = {
        "email": get_text(body, *EMAIL_PATHS),
        "phone": find_phone(body, PHONE_PATHS, webhook.options.country),
        "external_id": _get_id(body, "customer.id"),
        "locale": get_text(body, "customer_locale"),
        **get_texts(find_object(body, NAME_PATHS, NAME_FIELDS.values()), NAME_FIELDS),
        **get_texts(find_object(body, ADDRESS_PATHS, ADDRESS_FIELDS.values()), ADDRESS_FIELDS),
    }
    if _is_buyers_own_checkout(webhook, get_text(body, "checkout_token")):
        user["ip"] = get_text(body, "client_details.browser_ip", "browser_ip")
        user["user_agent"] = get_text(body, "client_details.user_agent")
    return without_empty(user | webhook.attribution.user_fields(get_text(body, "landing_site")))


def _is_buyers_own_checkout(webhook: Webhook, token: str) -> bool:
    """Whether ip and browser are the buyer's; a draft has the staff's, an app's order a server's.

    `token` is the checkout's, "" for an order without one.
    """
    if webhook.channels or get_text(webhook.body, "user_id"):
        return False
    return _get_source(webhook.body) in STOREFRONTS or bool(token)


_SHOP_DOMAIN: Final[re.Pattern[str]] = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com")


def _build_page(webhook: Webhook, body: JsonObject) -> RawEvent:
    shop = webhook.headers.get(f"{_header_prefix(webhook.headers)}shop-domain", "").strip().lower()
    bases = (
        get_text(body, "order_status_url"),
        get_text(body, "abandoned_checkout_url"),
        f"https://{shop}" if _SHOP_DOMAIN.fullmatch(shop) else "",
    )
    url = webhook.attribution.url or urls.resolve_landing_page(get_text(body, "landing_site"), *bases)
    return without_empty({"url": url, "referrer": urls.resolve_url(get_text(body, "referring_site"))})


def _get_properties(body: JsonObject, amount: Money | None, options: Options, *, current: bool) -> RawEvent:
    """Return value, currency and items; `current` for the quantities that are left after edits."""
    amount = money.in_iso_4217(amount)
    path, content_type = ITEM_IDS[options.item_id]
    lines = [
        (line, quantity)
        for line in get_objects(body.get("line_items"))
        if (quantity := _get_quantity(line, current=current)) != 0
    ]
    return without_empty(
        {
            **(amount.properties() if amount else {}),
            "content_type": content_type if lines else "",
            "contents": [_build_item(line, quantity, path, amount) for line, quantity in lines],
            "num_items": sum(quantity or 0 for _, quantity in lines) or None,
        }
    )


def _get_quantity(line: JsonObject, *, current: bool) -> int | None:
    """Return the quantity of a line; 0 where an edit removed it, None where it is unknown."""
    left = line.get("current_quantity")
    if current and isinstance(left, int) and not isinstance(left, bool):
        return max(left, 0)
    return parse_quantity(line.get("quantity"))


def _build_item(line: JsonObject, quantity: int | None, path: str, amount: Money | None) -> RawEvent:
    price = None
    if amount is not None:
        # The price in the same money as the total; without money sets both are in the shop's.
        in_set = money.parse_money_set(line, "price_set", amount.money_set) if amount.money_set else None
        if in_set is not None and in_set.currency == amount.currency:
            price = in_set.amount
        elif amount.money_set in ("", MONEY_SETS["shop"]):
            price = parse_amount(line.get("price"))
    return without_empty(
        {
            "content_id": _get_id(line, path) if path != "sku" else remove_control(get_text(line, path)),
            "content_name": get_text(line, "name", "title"),
            "brand": get_text(line, "vendor"),
            "price": None if price is None else to_number(price),
            "quantity": quantity,
        }
    )


def _get_amount(order: JsonObject, options: Options, *, paid: bool) -> Money | None:
    """Return an order's amount: what is left of it after edits where it was paid, else what was ordered."""
    if not paid:
        return _get_money(order, "total_price", options)
    return money.choose_money(_find_paid_amounts(order, options))


def _find_paid_amounts(order: JsonObject, options: Options) -> Iterator[Money | None]:
    currency_kind = MONEY_SETS[options.money]
    yield money.parse_money_set(order, "current_total_price_set", currency_kind)
    current = money.parse_money(order, "current_total_price", "currency")
    theirs = get_text(order, "presentment_currency").upper()
    # Without money sets, an amount is the shop's; it is the buyer's too where both have one currency.
    alone = current is not None and (options.money == "shop" or theirs in ("", current.currency))
    yield current if alone else None
    yield money.parse_money_set(order, "total_price_set", currency_kind)
    yield current
    yield money.parse_money(order, "total_price", "currency")


def _get_money(body: JsonObject, name: str, options: Options) -> Money | None:
    """Return the money under a name: of the chosen money set, else the shop's."""
    return money.choose_money(_find_amounts(body, name, options))


def _find_amounts(body: JsonObject, name: str, options: Options) -> Iterator[Money | None]:
    yield money.parse_money_set(body, f"{name}_set", MONEY_SETS[options.money])
    yield money.parse_money(body, name, "currency")
    yield money.parse_money_set(body, f"{name}_set", MONEY_SETS["shop"])


def _get_time(body: JsonObject, name: str = "created_at") -> int | None:
    created, processed = parse_time(body.get(name)), parse_time(body.get("processed_at"))
    if created is None or processed is None:
        return created
    return processed if abs(created - processed) < MAX_SECONDS_BEFORE_CREATION else created


def _get_payment_time(webhook: Webhook, placed_at: int | None) -> int | None:
    """Return when the order was paid: days or weeks after it was placed where it is captured at shipping.

    That is when the webhook was triggered, else when the order was last changed. The header is not signed,
    but a payment long after its order is looked up in the history, so that a replay with a new time does not
    count.
    """
    triggered_at = parse_time(webhook.headers.get(f"{_header_prefix(webhook.headers)}triggered-at"))
    updated_at = parse_time(webhook.body.get("updated_at"))
    for paid_at in (triggered_at, updated_at):
        if paid_at is not None and (placed_at is None or paid_at >= placed_at):
            return paid_at
    return placed_at


def _get_id(body: JsonObject, *paths: str) -> str:
    """Return an id as text; of a global id (gid://shopify/Order/1) the part after the last slash."""
    return get_text(body, *paths).rpartition("/")[2]


def _get_source(body: JsonObject) -> str:
    return get_text(body, "source_name").lower()


_SIGNATURE: Final = Signature("body_digest", ("shopify-hmac-sha256", "x-shopify-hmac-sha256"))


def _header_prefix(headers: Mapping[str, str]) -> str:
    """Return what the header names begin with: the newer family counts where both are sent."""
    signature = find_signature_header(headers, _SIGNATURE.headers) or _SIGNATURE.headers[-1]
    return signature.removesuffix("hmac-sha256")


TOPICS: Final[dict[str, Callable[[Webhook], ProviderEvents | Reason] | Reason]] = {
    # PlaceAnOrder when it is placed, which is before it is paid, and Purchase when it is paid; or Purchase
    # when it is placed, and then nothing when it is paid.
    "orders/create": _parse_order,
    "orders/paid": _parse_order,
    # InitiateCheckout, from the first one that identifies the buyer.
    "checkouts/create": _parse_checkout,
    "checkouts/update": _parse_checkout,
    "customers/create": _parse_customer,  # CompleteRegistration, also for a guest whose order made a customer
    "carts/create": _parse_cart,  # AddToCart, only with AlsoForward=cart
    "carts/update": _parse_cart,
    # The same order or customer again.
    "orders/updated": "covered_by_another_topic",
    "orders/edited": "covered_by_another_topic",
    "orders/fulfilled": "covered_by_another_topic",
    "orders/partially_fulfilled": "covered_by_another_topic",
    "customers/update": "covered_by_another_topic",
    # No revenue, and nothing that TikTok has a web event for.
    "orders/cancelled": "no_revenue",
    "orders/delete": "no_revenue",
    "refunds/create": "no_revenue",
    "checkouts/delete": "no_revenue",
    "draft_orders/create": "no_revenue",
    "draft_orders/update": "no_revenue",
}
"""Topic → its parser, or why it becomes nothing (shopify.dev, "Webhook topics")."""

PROVIDER: Final[Provider] = Provider(
    title="Shopify",
    signature=_SIGNATURE,
    parse=parse,
    topic_header="x-shopify-topic",
    topics=TOPICS.keys(),
    example_headers={"x-shopify-shop-domain": "example.myshopify.com"},
)
