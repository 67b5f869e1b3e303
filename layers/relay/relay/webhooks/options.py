"""The policy: what the owner of a shop settled about its webhooks. Most of it is a parameter each."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

PurchaseTopic = Literal["orders/paid", "orders/create"]
StripeFamily = Literal["checkout", "payment_intent", "invoice"]
ItemId = Literal["variant", "product", "sku"]
Money = Literal["presentment", "shop"]
LeftOut = Literal["cart", "draft", "pos", "test", "zero_value"]

LEFT_OUT: Final[tuple[LeftOut, ...]] = get_args(LeftOut)
"""What is no sale to a visitor of the shop, and stays out unless the owner wants it in."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a shop counts, and how.

    `purchase_topic`: which of Shopify's two order webhooks is the purchase. `stripe`: which of Stripe's ways
    to tell of one payment counts. `item_id`: what the shop's TikTok catalogue calls an item. `money`: the
    buyer's currency, which the browser reports too, or the shop's own. `forwarded`: what goes out although it
    is left out by default. `event_id_prefix`: what keeps two shops apart that feed one pixel. `country`: ISO
    3166 alpha-2, of phone numbers whose address names none.
    """

    purchase_topic: PurchaseTopic = "orders/paid"
    stripe: StripeFamily = "checkout"
    item_id: ItemId = "variant"
    money: Money = "presentment"
    forwarded: frozenset[LeftOut] = frozenset()
    event_id_prefix: str = ""
    country: str | None = None
