"""Options of webhooks: what a shop counts, and how. Each is a parameter of the template."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

PurchaseTopic = Literal["orders/paid", "orders/create"]
StripeFamily = Literal["checkout", "payment_intent", "invoice"]
WooCommercePurchase = Literal["paid", "placed"]
ItemId = Literal["variant", "product", "sku"]
OrderMoney = Literal["presentment", "shop"]
Forwardable = Literal[
    "cart",
    "connected_account",
    "draft",
    "manual_invoice",
    "marketplace",
    "pos",
    "renewal",
    "test",
    "zero_value",
]

FORWARDABLE: Final[tuple[Forwardable, ...]] = get_args(Forwardable)
"""Reasons for ignoring a webhook that `AlsoForward` can switch off."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a shop counts as a conversion, and how.

    `purchase_topic`: which of Shopify's two order webhooks is the purchase. `stripe`: which of the objects
    that Stripe has for one payment counts. `woocommerce`: whether an order counts when it is paid or when it
    is placed. `item_id`: which id of an item is in the shop's TikTok catalogue. `money`: the buyer's
    currency, which the browser reports too, or the shop's. `forwarded`: what is sent although it is ignored
    by default. `event_id_prefix`: separates two shops that share one pixel. `country`: ISO 3166 alpha-2 of
    phone numbers whose address has no country. `shopify_include` and `shopify_exclude`: lower-case values of
    `source_name` whose orders always or never count. `stripe_metadata`: pairs of key and value, one of which
    an object has to have in its metadata to be the shop's; empty for all objects. `destinations`: ids that a
    Standard Webhook may name beside its `data`; None for any.
    """

    purchase_topic: PurchaseTopic = "orders/paid"
    stripe: StripeFamily = "checkout"
    woocommerce: WooCommercePurchase = "paid"
    item_id: ItemId = "variant"
    money: OrderMoney = "presentment"
    forwarded: frozenset[Forwardable] = frozenset()
    event_id_prefix: str = ""
    country: str | None = None
    shopify_include: frozenset[str] = frozenset()
    shopify_exclude: frozenset[str] = frozenset()
    stripe_metadata: tuple[tuple[str, str], ...] = ()
    destinations: frozenset[str] | None = None
