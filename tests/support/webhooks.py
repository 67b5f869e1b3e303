"""Builders of webhooks: the samples of `events/`, changed where a test needs it, and what becomes of them."""

import copy
import json
from pathlib import Path
from typing import Any, Final

from relay.webhooks import registry
from relay.webhooks.options import Policy
from relay.webhooks.provider import Ignored, Told

EVENTS: Final[Path] = Path(__file__).parents[2] / "events"
SENDERS: Final[tuple[str, ...]] = tuple(registry.MODULES)
SAMPLES: Final[list[Path]] = sorted(path for sender in SENDERS for path in (EVENTS / sender).glob("*.json"))

GONE: Final[object] = object()
"""What a path is set to that shall not be there at all."""


def sample(name: str, **changes: object) -> dict[str, Any]:
    """The sample `<folder>/<stem>`, changed at paths such as customer__email or line_items__0__sku."""
    body: dict[str, Any] = copy.deepcopy(json.loads((EVENTS / f"{name}.json").read_text()))
    for path, value in changes.items():
        *steps, last = path.split("__")
        holder: Any = body
        for step in steps:
            holder = holder[int(step) if isinstance(holder, list) else step]
        if value is GONE:
            holder.pop(last)
        else:
            holder[int(last) if isinstance(holder, list) else last] = value
    return body


def headers_of(sender: str, topic: str) -> dict[str, str]:
    """The headers that say what a webhook is about."""
    if sender == "shopify":
        return {"x-shopify-topic": topic, "x-shopify-shop-domain": "example.myshopify.com"}
    if sender == "woocommerce":
        return {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example/"}
    return {"webhook-id": "msg_1"} if sender == "standard" else {}


def read(
    sender: str, body: object, topic: str = "", policy: Policy | None = None, **headers: str
) -> Told | Ignored:
    """What a proven webhook becomes."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = headers_of(sender, topic) | {name.replace("_", "-"): value for name, value in headers.items()}
    return registry.find(sender).read(sent, raw, policy or Policy())


def told(sender: str, body: object, topic: str = "", policy: Policy | None = None) -> dict[str, Any]:
    """The one event that a webhook has to become."""
    result = read(sender, body, topic, policy)
    assert isinstance(result, Told), result
    (event,) = result.events
    assert isinstance(event, dict)
    return event


def reason(sender: str, body: object, topic: str = "", policy: Policy | None = None, **headers: str) -> str:
    """Why a webhook has to become nothing."""
    result = read(sender, body, topic, policy, **headers)
    assert isinstance(result, Ignored), result
    return result.reason
