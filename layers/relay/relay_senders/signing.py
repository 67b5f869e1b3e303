"""Webhook signatures: the headers that a sender sends with a body, signed as the sender signs it.

Written apart from `relay.auth.signatures`, which verifies them: what both get wrong in the same way, no test
would notice.
"""

import base64
import hmac
from collections.abc import Callable
from typing import Final

from relay.webhooks import registry
from relay.webhooks.provider import Scheme, Signature

SENDERS: Final[tuple[str, ...]] = tuple(registry.PROVIDERS)
ROUTE: Final[str] = registry.ROUTE_PREFIX


def headers(sender: str, body: bytes, secret: str, *, topic: str, now: float) -> dict[str, str]:
    """Return the headers that a sender sends with this body, signed with this secret at `now` (Unix seconds).

    `topic` is Shopify's (orders/paid) or WooCommerce's (order.created). Raises ValueError where a Standard
    Webhooks secret is not base64.
    """
    provider = registry.load_provider(sender)
    made = {"content-type": "application/json", **provider.example_headers}
    if provider.topic_header:
        made[provider.topic_header] = topic
    return made | _SIGNERS[provider.signature.scheme](provider.signature, body, secret, str(int(now)))


def _sign_body(signature: Signature, body: bytes, secret: str, _at: str) -> dict[str, str]:
    return {signature.headers[-1]: _base64(secret.encode(), body)}


def _sign_with_time(signature: Signature, body: bytes, secret: str, at: str) -> dict[str, str]:
    digest = hmac.digest(secret.encode(), at.encode() + b"." + body, "sha256").hex()
    return {signature.headers[-1]: f"t={at},v1={digest}"}


def _sign_standard(_signature: Signature, body: bytes, secret: str, at: str) -> dict[str, str]:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    # The same for the same body: a retry is the same message.
    message_id = f"msg_{hmac.digest(b'id', body, 'sha256').hex()[:24]}"
    digest = _base64(key, f"{message_id}.{at}.".encode() + body)
    return {"webhook-id": message_id, "webhook-timestamp": at, "webhook-signature": f"v1,{digest}"}


def _base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


_SIGNERS: Final[dict[Scheme, Callable[[Signature, bytes, str, str], dict[str, str]]]] = {
    "body_digest": _sign_body,
    "timestamped": _sign_with_time,
    "standard_webhooks": _sign_standard,
}
"""Scheme → signature, body, secret and Unix seconds in, headers out."""
