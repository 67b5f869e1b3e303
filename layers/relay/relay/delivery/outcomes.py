"""Outcomes: a message as the queue gives it, its event as a row of a request, and the result of delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict

from relay.message import Message, decode
from relay.tiktok.responses import Response

Status = Literal["rejected", "unreadable", "unknown_destination", "retry"]
"""The status of a message that TikTok does not have: TikTok rejected it when it came alone; it can't be
decoded; its destination is not configured; or it is to be sent again."""


class Record(TypedDict):
    """A message as Lambda's SQS event source hands it over: the members that dispatch uses.

    `attributes` are those that SQS itself sets.
    """

    messageId: str
    body: str
    attributes: Mapping[str, str]


Row = tuple[Record, float, str]
"""One event of a request to come: its record, when it was first received, or replayed (Unix seconds), and its
item.

Most events are delivered at once: a row holds no more than that needs, and is the tuple that is cheapest to
make.
"""


class Undelivered(NamedTuple):
    """A record that TikTok does not have, and TikTok's last response about it, if there was one."""

    record: Record
    status: Status
    response: Response | None = None
    message: Message | None = None
    detail: str = ""


def make_undelivered(
    row: Row, status: Status, response: Response | None = None, detail: str = ""
) -> Undelivered:
    """A row that TikTok does not have, with its whole message."""
    record, _, _ = row
    return Undelivered(record, status, response, decode(record["body"]), detail)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to TikTok and its response. `age` is the age of its oldest event, in seconds."""

    event_source: str
    event_source_id: str
    rows: Sequence[Row]
    response: Response
    age: float
