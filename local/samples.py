"""The samples in `events/`: which route each is for, what it becomes, and with the present for its dates."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

FOLDER: Final[Path] = Path(__file__).resolve().parents[1] / "events"

ROUTES: Final[dict[str, str]] = {
    "server": "/v1/events",
    "shopify": "/v1/webhooks/shopify",
    "stripe": "/v1/webhooks/stripe",
    "woocommerce": "/v1/webhooks/woocommerce",
    "standard": "/v1/webhooks/standard",
}
"""Folder of `events/` → the route that its samples are bodies of."""

IGNORED: Final[dict[str, str]] = {
    "shopify/carts_update": "cart",
    "shopify/orders_cancelled": "no_revenue",
    "shopify/orders_paid.draft": "draft",
    "shopify/orders_updated": "covered_by_another_topic",
    "shopify/refunds_create": "no_revenue",
    "stripe/checkout.session.completed.unpaid": "not_paid",
    "stripe/invoice.paid": "covered_by_another_topic",
    "stripe/payment_intent.succeeded": "covered_by_another_topic",
    "stripe/thin": "thin_event",
    "woocommerce/order.created.pending": "not_paid",
}
"""Samples that become no event as the template is set up, and why."""

AGE_SECONDS: Final[int] = 30
"""How long ago the latest of a sample's own dates is, once it is sent."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request as its sender would make it; `sender` is the folder, `topic` that of a webhook."""

    name: str
    route: str
    body: bytes
    topic: str = ""

    @property
    def sender(self) -> str:
        return self.name.partition("/")[0]

    @property
    def ignored(self) -> str | None:
        """Why it becomes no event; None where it becomes some."""
        return IGNORED.get(self.name)


def load(now: float) -> list[Sample]:
    """All samples, in the order in which a visitor would cause them; `now` is in Unix seconds."""
    found = [
        Sample(f"{folder}/{path.stem}", route, fresh(path.read_bytes(), now), topic(folder, path.stem))
        for folder, route in ROUTES.items()
        for path in (FOLDER / folder).glob("*.json")
    ]
    return sorted(found, key=_place)


def topic(sender: str, stem: str) -> str:
    """The topic that a sample's file name says: orders_paid.draft is Shopify's orders/paid; "" where the
    body says it."""
    if sender == "shopify":
        return stem.partition(".")[0].replace("_", "/")
    return ".".join(stem.split(".")[:2]) if sender == "woocommerce" else ""


_DATE: Final[re.Pattern[str]] = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2}|)", re.ASCII
)
_SECONDS: Final[frozenset[str]] = frozenset({"event_time", "created", "finalized_at", "paid_at"})
"""Fields that hold Unix seconds; dates in text are known by their pattern."""


def fresh(body: bytes, now: float) -> bytes:
    """A JSON body with all its dates moved by the same time, so that it was written just now.

    Its own dates are those nearest to its top; what is deeper may be older or newer (an order's customer, its
    fulfilments). `now` is in Unix seconds. Raises ValueError where the body is no JSON.
    """
    parsed = json.loads(body)
    latest = max(_moments([parsed]), default=now)
    return json.dumps(_moved(parsed, int(now - AGE_SECONDS - latest)), ensure_ascii=False).encode()


def _moments(level: list[Any]) -> list[float]:
    """The moments of the highest level that has any."""
    inside: list[tuple[str, Any]] = []
    for value in level:
        if isinstance(value, dict):
            inside += value.items()
        elif isinstance(value, list):
            inside += (("", each) for each in value)
    found: list[float] = [each for name, each in inside if name in _SECONDS and isinstance(each, int)]
    dates = [_DATE.fullmatch(each) for _, each in inside if isinstance(each, str)]
    found += [datetime.fromisoformat(date[1] + (date[2] or "Z")).timestamp() for date in dates if date]
    return found or (_moments([each for _, each in inside]) if inside else [])


def _moved(value: Any, seconds: int) -> Any:
    if isinstance(value, dict):
        return {
            name: each + seconds if name in _SECONDS and isinstance(each, int) else _moved(each, seconds)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_moved(each, seconds) for each in value]
    if isinstance(value, str) and (date := _DATE.fullmatch(value)):
        # The zone stays as it was written; a date without one moves in its own.
        moved = datetime.fromisoformat(f"{date[1]}Z") + timedelta(seconds=seconds)
        return f"{moved:%Y-%m-%dT%H:%M:%S}{date[2]}"
    return value


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
    """The events in a body of `POST /v1/events`."""
    parsed = json.loads(body)
    yield from parsed.get("events", [parsed])
