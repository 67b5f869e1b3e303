"""Sample bodies: a topic from a file's name, and dates moved to the present."""

import json
import re
from datetime import datetime, timedelta
from typing import Any, Final

from relay.webhooks import registry

AGE_SECONDS: Final[int] = 30
"""How long ago the latest of a sample's own dates is, once it is sent."""


def topic(sender: str, stem: str) -> str:
    """Return the topic that a file's name starts with; "" where the body has it.

    >>> topic("shopify", "orders_paid.draft")
    'orders/paid'
    """
    if sender not in registry.PROVIDERS:
        return ""
    words = re.split(r"[^a-z]", stem)
    topics = registry.load_provider(sender).topics
    found = [known for known in topics if (split := re.split(r"[^a-z]", known)) == words[: len(split)]]
    return max(found, key=len, default="")


_DATE: Final[re.Pattern[str]] = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?(Z|[+-]\d{2}:\d{2}|)", re.ASCII
)
_SECONDS: Final[frozenset[str]] = frozenset({"event_time", "created", "finalized_at", "paid_at"})
"""Fields that hold Unix seconds; dates in text are known by their pattern."""


def fresh(body: bytes, now: float) -> bytes:
    """Move all dates of a JSON body by the same time, so that the body was written just now.

    Its own dates are those nearest to its top; deeper ones may be older or newer (an order's customer, its
    fulfilments). `now` is in Unix seconds. Raises ValueError where the body is not JSON.
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
            inside += (("", entry) for entry in value)
    found: list[float] = [member for name, member in inside if name in _SECONDS and isinstance(member, int)]
    dates = [_DATE.fullmatch(member) for _, member in inside if isinstance(member, str)]
    found += [datetime.fromisoformat(date[1] + (date[2] or "Z")).timestamp() for date in dates if date]
    return found or (_moments([member for _, member in inside]) if inside else [])


def _moved(value: Any, seconds: int) -> Any:
    if isinstance(value, dict):
        return {
            name: member + seconds
            if name in _SECONDS and isinstance(member, int)
            else _moved(member, seconds)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_moved(entry, seconds) for entry in value]
    if isinstance(value, str) and (date := _DATE.fullmatch(value)):
        # The zone stays as it was written; a date without one moves in its own.
        moved = datetime.fromisoformat(f"{date[1]}Z") + timedelta(seconds=seconds)
        return f"{moved:%Y-%m-%dT%H:%M:%S}{date[2]}"
    return value
