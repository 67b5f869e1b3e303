"""Records: a message as the queue gives it, its event as a row of a request, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from relay.message import Message
from relay.tiktok.responses import Answer

Fate = Literal["rejected", "unreadable", "unknown_destination", "again"]
"""What became of a message that TikTok does not have: TikTok refused it when it came alone; it can't be read;
nobody knows where it should go; or it is to be tried again."""


class Record(NamedTuple):
    """A message as the queue gives it, with the attributes that SQS itself puts on it.

    The numbers among them are read only of what failed: most of what comes is delivered at once.
    """

    message_id: str
    body: str
    receipt_handle: str
    attributes: Mapping[str, str]

    @property
    def receives(self) -> int:
        """How often the message was given out, this time included."""
        return int(self.attributes["ApproximateReceiveCount"])

    @property
    def sent_at(self) -> float:
        """When it was put on the queue, Unix seconds."""
        return int(self.attributes["SentTimestamp"]) / 1000


class Row(NamedTuple):
    """A record with the message that it holds: one event of a request to come."""

    record: Record
    message: Message


class Verdict(NamedTuple):
    """What became of a record that TikTok does not have, and its last answer about it, if it was asked."""

    record: Record
    fate: Fate
    answer: Answer | None = None
    message: Message | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to TikTok and what came of it. `waited` is the age of its oldest event, in seconds."""

    event_source: str
    event_source_id: str
    rows: int
    answer: Answer
    waited: float


OUT_OF_TIME: Final[Answer] = Answer("transient", None)
"""Why a row was not sent in this run, or not to its end: there was no time left."""
