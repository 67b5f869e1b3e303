"""A source: how one sender proves itself, and what its request becomes. Every source is a value of this
shape."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from relay.webhooks.options import Policy

RawEvent = dict[str, object]
"""One event in TikTok's nested shape, unread: `relay.event.pipeline` judges it like any other."""

Reason = Literal[
    "cancelled",
    "cart",
    "draft",
    "empty",
    "id_missing",
    "no_revenue",
    "not_an_event",
    "not_paid",
    "update_after_payment",
    "ping",
    "pos",
    "renewal",
    "test",
    "thin_event",
    "covered_by_another_topic",
    "topic_unknown",
    "zero_value",
]

REASONS: Final[dict[Reason, str]] = {
    "cancelled": "The order is cancelled.",
    "cart": "A cart's webhook names no visitor, so the page's AddToCart is better; the parameter AlsoForward "
    "with cart lets it through.",
    "draft": "Written by staff, not by a visitor; the parameter AlsoForward with draft lets it through.",
    "empty": "There is nothing in the cart.",
    "id_missing": "It has no id, so it could not be told from others. Let the webhook send all fields.",
    "no_revenue": "It brings no money in, and TikTok has no web event for it.",
    "not_an_event": "It is signed, but not what this sender's webhooks look like.",
    "not_paid": "Nothing is paid yet; the webhook that says so is still to come.",
    "update_after_payment": "Paid more than a day before this change; the payment had its own webhook.",
    "ping": "Somebody is here.",
    "pos": "Sold at a till, not on the web; the parameter AlsoForward with pos lets it through.",
    "renewal": "Not the start of a subscription, which is all that an ad can have led to.",
    "test": "A test, not a sale; the parameter AlsoForward with test lets it through.",
    "thin_event": "A thin event holds no data. Let the endpoint send snapshots.",
    "covered_by_another_topic": "Another webhook reports the same thing; with this one it would count twice.",
    "topic_unknown": "No event comes of this topic; it need not be subscribed to.",
    "zero_value": "Nothing was paid (a gift, a replacement, a trial); the parameter AlsoForward with "
    "zero_value lets it through.",
}
"""Everything that can be said of a request that becomes no event."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A request that becomes no event on purpose. `topic` is from a fixed list, so that a log may hold it."""

    reason: Reason
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a request tells of: its events, and what its envelope says of where they go."""

    events: Sequence[object]
    topic: str = ""
    address: Mapping[str, object] = field(default_factory=dict)


def _never(_headers: Mapping[str, str], _body: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Source:
    """One sender of webhooks. Header names are lower-case throughout.

    `prove` takes headers, body, the secrets in force and the time in Unix seconds, gives the number of the
    secret that matched, and raises SignatureError. `read` takes headers, body and policy, and raises
    RequestError (400 or 413). `is_ping` knows the unsigned request by which a sender tries an address.
    """

    prove: Callable[[Mapping[str, str], bytes, Sequence[str], float], int]
    read: Callable[[Mapping[str, str], bytes, Policy], Told | Ignored]
    is_ping: Callable[[Mapping[str, str], bytes], bool] = _never
