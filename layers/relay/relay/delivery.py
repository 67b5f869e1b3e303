"""Delivery: messages in, requests to TikTok out, and which of the messages TikTok did not take.

Pure but for what is handed in: sending a request, and looking a token up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from relay.event.destination import Destination
from relay.queue import Message, MessageError, decode
from relay.tiktok.answers import Answer

MOST_ITEMS: Final[int] = 1000
"""TikTok refuses a whole request that holds more (Doc 1771101303285761, `data`)."""

MOST_BYTES: Final[int] = 4_000_000
"""TikTok states no limit; this one keeps a thousand long carts from making one request of hundreds of
megabytes."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message as the queue gives it: its id there and its body."""

    message_id: str
    body: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to TikTok and what came of it."""

    destination: Destination
    records: tuple[str, ...]
    received_at: tuple[float, ...]
    answer: Answer


@dataclass(slots=True)
class Report:
    """What became of a batch. `failed` are the ids to give back to the queue; `unreadable` are among them."""

    attempts: list[Attempt] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


Track = Callable[[Destination, Sequence[str], str], Answer]
TokenOf = Callable[[str, bool], str | None]
"""Event source id, and whether to read the secret again → its access token."""


def deliver(records: Sequence[Record], track: Track, token_of: TokenOf) -> Report:
    """Delivers a batch: groups it by destination, joins up to a thousand items, reads what TikTok answers.

    Only `code` 0 is delivery. A refused token is looked up again and tried once more, since it may have been
    rotated.
    """
    report = Report()
    groups: dict[Destination, list[tuple[str, Message]]] = {}
    for record in records:
        try:
            message = decode(record.body)
        except MessageError:
            report.unreadable.append(record.message_id)
            report.failed.append(record.message_id)
        else:
            groups.setdefault(message.destination, []).append((record.message_id, message))
    for destination, group in groups.items():
        for chunk in _chunks(group):
            answer = _try(destination, [message.item for _, message in chunk], track, token_of)
            ids = tuple(message_id for message_id, _ in chunk)
            times = tuple(message.received_at for _, message in chunk)
            report.attempts.append(Attempt(destination, ids, times, answer))
            if answer.outcome != "delivered":
                report.failed += ids
    return report


def _try(destination: Destination, items: Sequence[str], track: Track, token_of: TokenOf) -> Answer:
    token = token_of(destination.event_source_id, False)
    answer = track(destination, items, token) if token else _NO_TOKEN
    if answer.outcome != "credentials":
        return answer
    renewed = token_of(destination.event_source_id, True)
    return track(destination, items, renewed) if renewed and renewed != token else answer


_NO_TOKEN: Final[Answer] = Answer("credentials", None)


def _chunks(group: list[tuple[str, Message]]) -> Iterator[list[tuple[str, Message]]]:
    chunk: list[tuple[str, Message]] = []
    size = 0
    for each in group:
        length = len(each[1].item) + 1
        if chunk and (len(chunk) == MOST_ITEMS or size + length > MOST_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(each)
        size += length
    if chunk:
        yield chunk
