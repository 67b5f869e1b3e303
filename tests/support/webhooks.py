"""Builders of webhooks: the samples of `events/`, changed where a test needs it, and their parsed results."""

import copy
import json
from pathlib import Path
from typing import Any, Final

from relay.webhooks import registry
from relay.webhooks.options import Options
from relay.webhooks.provider import Ignored, ProviderEvents

EVENTS: Final[Path] = Path(__file__).parents[2] / "events"
SENDERS: Final[tuple[str, ...]] = tuple(registry.PROVIDERS)
SAMPLES: Final[list[Path]] = sorted(path for sender in SENDERS for path in (EVENTS / sender).glob("*.json"))

GONE: Final[object] = object()
"""Value of a change that removes a path."""


def sample(name: str, **changes: object) -> dict[str, Any]:
    """Return the sample `<folder>/<stem>`, changed at paths such as customer__email or line_items__0__sku."""
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
    """Return the headers of a webhook, without its signature."""
    provider = registry.load_provider(sender)
    headers = dict(provider.example_headers)
    if provider.topic_header:
        headers[provider.topic_header] = topic
    return headers if sender != "standard" else {**headers, "webhook-id": "msg_1"}


def parse(
    sender: str, body: object, topic: str = "", options: Options | None = None, **headers: str
) -> ProviderEvents | Ignored:
    """Parse a webhook whose signature is valid."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = headers_of(sender, topic) | {name.replace("_", "-"): value for name, value in headers.items()}
    return registry.load_provider(sender).parse(sent, raw, options or Options())


def events_of(
    sender: str, body: object, topic: str = "", options: Options | None = None, **headers: str
) -> list[dict[str, Any]]:
    """Return the events that a webhook has to become."""
    result = parse(sender, body, topic, options, **headers)
    assert isinstance(result, ProviderEvents), result
    events = list(result.events)
    assert all(isinstance(event, dict) for event in events)
    return events  # type: ignore[return-value]


def event_of(
    sender: str, body: object, topic: str = "", options: Options | None = None, **headers: str
) -> dict[str, Any]:
    """Return the one event that a webhook has to become."""
    (event,) = events_of(sender, body, topic, options, **headers)
    return event


def reason_of(
    sender: str, body: object, topic: str = "", options: Options | None = None, **headers: str
) -> str:
    """Return the reason for which a webhook has to be ignored."""
    result = parse(sender, body, topic, options, **headers)
    assert isinstance(result, Ignored), result
    return result.reason
