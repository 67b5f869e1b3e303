"""Standard Webhooks: anybody who signs as standardwebhooks.com says, with our own events as the body."""

from collections.abc import Mapping, Sequence
from typing import Final

from relay.auth import signatures
from relay.event import body as bodies
from relay.webhooks.options import Policy
from relay.webhooks.provider import Ignored, Source, Told

MOST_BYTES: Final[int] = 4_194_304
"""As `POST /v1/events` takes of a server."""


def read(headers: Mapping[str, str], raw: bytes, _policy: Policy) -> Told | Ignored:
    """Reads a proven request. Raises RequestError."""
    body = bodies.read(bodies.parse(raw, MOST_BYTES))
    message_id = headers.get("webhook-id") or headers.get("svix-id") or ""
    return Told(
        [_named(event, message_id, at) for at, event in enumerate(body.events)], "events", body.address
    )


def _named(event: object, message_id: str, place: int) -> object:
    """The event with an id. The message's id is the same for each try, so what has none of its own is still
    sent once."""
    if not isinstance(event, dict) or event.get("event_id") or _order_id(event):
        return event
    return {**event, "event_id": f"{message_id}-{place}" if place else message_id}


def _order_id(event: Mapping[str, object]) -> object:
    properties = event.get("properties")
    return event.get("order_id") or (properties.get("order_id") if isinstance(properties, dict) else None)


def _prove(headers: Mapping[str, str], raw: bytes, secrets: Sequence[str], now: float) -> int:
    return signatures.standard(headers, raw, secrets, now)


SOURCE: Final[Source] = Source(_prove, read)
