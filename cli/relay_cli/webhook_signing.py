"""Webhook signatures: the headers that a sender sends with a body, signed as the sender signs it."""

import base64
import hmac
from typing import Final

SENDERS: Final[tuple[str, ...]] = ("shopify", "stripe", "woocommerce", "standard")
ROUTE: Final[str] = "/v1/webhooks/"
SHOP: Final[str] = "example.myshopify.com"


def headers(sender: str, body: bytes, secret: str, *, topic: str, now: float) -> dict[str, str]:
    """The headers that a sender sends with this body, signed with this secret at `now` (Unix seconds).

    `topic` is Shopify's (orders/paid) or WooCommerce's (order.created). Raises ValueError where a Standard
    Webhooks secret is not base64.
    """
    at = str(int(now))
    made = {"content-type": "application/json"}
    if sender == "shopify":
        made |= {"x-shopify-topic": topic, "x-shopify-shop-domain": SHOP, "x-shopify-webhook-id": at}
        return made | {"x-shopify-hmac-sha256": _base64(secret.encode(), body)}
    if sender == "woocommerce":
        made |= {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example/"}
        return made | {"x-wc-webhook-signature": _base64(secret.encode(), body)}
    if sender == "stripe":
        digest = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
        return made | {"stripe-signature": f"t={at},v1={digest}"}
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    # The same for the same body: a retry is the same message.
    message_id = f"msg_{hmac.digest(b'id', body, 'sha256').hex()[:24]}"
    signature = _base64(key, f"{message_id}.{at}.".encode() + body)
    return made | {
        "webhook-id": message_id,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{signature}",
    }


def _base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
