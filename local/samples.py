"""Samples in `events/`: the route of each, its result, and its dates moved to the present."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from relay.webhooks import registry
from relay_senders.samples import fresh, topic

__all__ = ["FOLDER", "IGNORED", "ROUTES", "Sample", "events", "fresh", "load", "topic"]

FOLDER: Final[Path] = Path(__file__).resolve().parents[1] / "events"

ROUTES: Final[dict[str, str]] = {
    "server": "/v1/events",
    **{provider: registry.ROUTE_PREFIX + provider for provider in registry.PROVIDERS},
}
"""Folder of `events/` → route of its samples."""

IGNORED: Final[dict[str, str]] = {
    "shopify/carts_update": "cart",
    "shopify/orders_cancelled": "no_revenue",
    "shopify/orders_paid.draft": "draft",
    "shopify/orders_paid.renewal": "renewal",
    "shopify/orders_updated": "covered_by_another_topic",
    "shopify/refunds_create": "no_revenue",
    "stripe/checkout.session.completed.unpaid": "not_paid",
    "stripe/invoice.paid": "covered_by_another_topic",
    "stripe/payment_intent.succeeded": "covered_by_another_topic",
    "stripe/thin": "thin_event",
    "woocommerce/order.created.cannot_view": "owner_cannot_read",
    "woocommerce/order.created.pending": "not_paid",
}
"""Samples that are ignored with the default parameters, and the reason."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request as its sender makes it; `sender` is the folder, `topic` that of a webhook."""

    name: str
    route: str
    body: bytes
    topic: str = ""

    @property
    def sender(self) -> str:
        return self.name.partition("/")[0]

    @property
    def ignored(self) -> str | None:
        """Reason why it is ignored; None where it becomes events."""
        return IGNORED.get(self.name)


def load(now: float) -> list[Sample]:
    """Return all samples, in the order of a visit; `now` is in Unix seconds."""
    found = [
        Sample(f"{folder}/{path.stem}", route, fresh(path.read_bytes(), now), topic(folder, path.stem))
        for folder, route in ROUTES.items()
        for path in (FOLDER / folder).glob("*.json")
    ]
    return sorted(found, key=_place)


_ORDER: Final[tuple[str, ...]] = (
    "search",
    "view_content",
    "add_to_wishlist",
    "add_to_cart",
    "initiate_checkout",
    "add_payment_info",
    "place_an_order",
    "complete_registration",
    "purchase",
    "several_at_once",
    "carts_update",
    "checkouts_create",
    "customers_create",
    "orders_create",
    "orders_paid",
)


def _place(sample: Sample) -> tuple[int, int, str]:
    stem = sample.name.rpartition("/")[2]
    folder = list(ROUTES).index(sample.sender)
    return (folder, _ORDER.index(stem) if stem in _ORDER else len(_ORDER), sample.name)


def events(body: bytes) -> Iterator[dict[str, Any]]:
    """Return the events in a body of `POST /v1/events`."""
    parsed = json.loads(body)
    yield from parsed.get("events", [parsed])
