"""Backoff: the delay before the next attempt, and when an event is expired.

Seconds at first, doubling to five minutes for about an hour, then 15 minutes: what was fixed shows within
minutes, and a long outage costs little.
"""

from math import ceil
from typing import Final

from relay.message import Message
from relay.tiktok.responses import Response

FIRST_DELAY: Final[int] = 10
"""Seconds. The longest first delay; it doubles with each attempt …"""

MAX_DELAY_FIRST_HOUR: Final[int] = 300
"""… up to five minutes …"""

ATTEMPTS_FIRST_HOUR: Final[int] = 20
"""… for so many attempts, which on average are an hour …"""

MAX_DELAY: Final[int] = 900
"""… and then up to 15 minutes, which is also the most that SQS delays a message (SendMessage, DelaySeconds).
A Retry-After beyond it is taken for it."""

LIFETIME: Final[int] = 13 * 86_400
"""Seconds from first receipt (or replay) until an event that can't be delivered is dead-lettered as
expired."""


def retry_delay(response: Response, attempts: int, jitter: float) -> int:
    """The delay in seconds after `attempts` attempts, of which `response` answered the last.

    At least half of the longest delay and at least the Retry-After, and beyond that a part by `jitter` (0 to
    1), so that a batch which failed together does not come back together.
    """
    limit = MAX_DELAY_FIRST_HOUR if attempts <= ATTEMPTS_FIRST_HOUR else MAX_DELAY
    # 2^20 first delays are far beyond any limit, and still a float.
    longest = min(FIRST_DELAY * 2.0 ** min(max(attempts - 1, 0), 20), limit)
    delay = max(longest / 2, response.retry_after) + jitter * longest / 2
    return min(ceil(delay), MAX_DELAY)


def is_expired(message: Message, now: float) -> bool:
    """Whether an event that could not be delivered is not retried any more; `now` is in Unix seconds."""
    return now - max(message.received_at, message.replayed_at) >= LIFETIME
