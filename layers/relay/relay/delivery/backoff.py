"""Waiting: how long a message that TikTok did not take is put off, and when that comes to an end.

The numbers hang together with the queue's in template.yaml: a message lives 14 days and may be given out
1,000 times. A hundred waits of at most five minutes are some six hours, in which whatever was mended shows
within minutes; nine hundred more of 14 to 28 minutes are 13 days. So waiting never uses the thousand up.
"""

from math import ceil
from typing import Final

from relay.delivery.outcomes import Record
from relay.tiktok.responses import Answer

FIRST_SECONDS: Final[int] = 10
"""The longest first wait; it doubles with each time that the message was given out …"""

HOLD_SECONDS: Final[int] = 300
"""… up to five minutes. A refused token is mended by a person: its events wait that long from the start."""

HOLDS: Final[int] = 100
LONG_HOLD_SECONDS: Final[int] = 1680
"""After so many times out, the longest wait is 28 minutes."""

MOST_ASKED_SECONDS: Final[int] = 3600
"""A Retry-After beyond an hour is taken for an hour."""

LIFE_SECONDS: Final[int] = 13 * 86_400
"""From this age on a message is parked rather than put off again: a day before the queue forgets it."""

MOST_RECEIVES: Final[int] = 990
"""From here on likewise: ten before the queue would move it away without a reason."""


def seconds_to_wait(answer: Answer, receives: int, chance: float) -> int:
    """How long to hide a message that was given out `receives` times, in seconds.

    At least half of the longest wait and at least what TikTok asks for, and beyond that a part by `chance`
    (0 to 1), so that a batch which failed together does not come back together.
    """
    first = HOLD_SECONDS if answer.outcome == "credentials" else FIRST_SECONDS
    most = HOLD_SECONDS if receives <= HOLDS else LONG_HOLD_SECONDS
    # 2^20 of the first wait is far beyond any of them, and a float still.
    longest = min(first * 2.0 ** min(receives - 1, 20), most)
    asked = min(answer.retry_after, MOST_ASKED_SECONDS)
    return ceil(max(longest / 2, asked) + chance * longest / 2)


def soon_given_up(record: Record, now: float) -> bool:
    """Whether the queue would soon forget the message or move it away; `now` is in Unix seconds."""
    return now - record.sent_at >= LIFE_SECONDS or record.receives >= MOST_RECEIVES
