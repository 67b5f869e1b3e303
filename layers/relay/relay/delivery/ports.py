"""Dependencies of delivery: client, tokens, clock, randomness, queue operations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from relay.delivery.dead_letters import DeadLetter
from relay.delivery.retries import Retry
from relay.destination import Destination
from relay.tiktok.access_tokens import AccessTokens
from relay.tiktok.responses import Response

Track = Callable[[Destination, Sequence[str], str], Response]
"""Sends items to a destination with an access token."""

REQUEST_SECONDS: Final[float] = 19.0
"""The longest that one request takes: a reset connection, the client's time-outs, and a second for the
rest."""

REPORT_SECONDS: Final[float] = 20.0
"""Reserved at the end of a run for retries, dead letters and the report. A thousand messages are a hundred
calls of SQS, eight at a time: a second or two, where SQS is well."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Dependencies of one run.

    `now` gives Unix seconds, `time_left` the seconds until the run is cut off, `jitter` a number from 0 to 1.
    `retry` puts messages on the retry queue, `dead_letter` on the dead-letter queue; both return the indices
    of those that the queue did not take.
    """

    track: Track
    tokens: AccessTokens
    now: Callable[[], float]
    time_left: Callable[[], float]
    jitter: Callable[[], float]
    retry: Callable[[Sequence[Retry]], list[int]]
    dead_letter: Callable[[Sequence[DeadLetter]], list[int]]

    def has_time(self) -> bool:
        """Whether a request that begins now ends in time, however slow TikTok is."""
        return self.time_left() > REQUEST_SECONDS + REPORT_SECONDS
