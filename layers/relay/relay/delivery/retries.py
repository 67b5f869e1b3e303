"""Retries: an event that has to wait, as a new message for the retry queue.

A delayed message is not in flight, so waiting events never reach SQS's limit of 120,000 messages in flight,
and fresh events never queue behind them. The caller deletes the old message once the new one is sent; a crash
between the two leaves a copy with the same event_id, which TikTok deduplicates.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from relay.delivery.backoff import retry_delay
from relay.destination import Destination
from relay.message import Message
from relay.tiktok.responses import Response

MAX_GROUP_CHARACTERS: Final[int] = 128
"""SendMessage, API reference: MessageGroupId is 1 to 128 letters, digits and punctuation characters."""

_NOT_IN_GROUP: Final[re.Pattern[str]] = re.compile(r"[^A-Za-z0-9/._-]")


class Retry(NamedTuple):
    """A message for the retry queue. `group` is its fair-queue group, the destination."""

    body: str
    delay_seconds: int
    group: str


def make_retry(message: Message, response: Response, jitter: float) -> Retry:
    """The retry of an event to which TikTok answered `response` last."""
    # A row that there was no time to send has used up no attempt.
    attempts = message.attempts + response.attempted
    return Retry(
        message._replace(attempts=attempts).encode(),
        retry_delay(response, attempts, jitter),
        group_id(message.destination),
    )


@lru_cache(maxsize=256)
def group_id(destination: Destination) -> str:
    """The fair-queue group of a destination: event source and its id, never a test code or anything of a
    person."""
    name = f"{destination.event_source}/{destination.event_source_id}"
    return _NOT_IN_GROUP.sub("_", name)[:MAX_GROUP_CHARACTERS]
