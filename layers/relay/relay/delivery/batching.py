"""Batches: messages read, grouped by where they go, and cut into requests."""

from collections.abc import Iterator, Sequence
from typing import Final

from relay.delivery.outcomes import Record, Row, Verdict
from relay.destination import Destination
from relay.message import MessageError, decode

MOST_ROWS: Final[int] = 1000
"""TikTok refuses a whole request that holds more (Doc 1771101303285761, `data`)."""

MOST_BYTES: Final[int] = 4_000_000
"""TikTok states no limit; this one keeps a thousand long carts from making one request of hundreds of
megabytes."""


def group(records: Sequence[Record]) -> tuple[dict[Destination, list[Row]], list[Verdict]]:
    """The rows for each destination, in the order of their coming, and verdicts on what can't be read."""
    groups: dict[Destination, list[Row]] = {}
    unreadable: list[Verdict] = []
    for record in records:
        try:
            message = decode(record.body)
        except MessageError as error:
            unreadable.append(Verdict(record, "unreadable", why=str(error)))
            continue
        rows = groups.get(message.destination)
        if rows is None:
            rows = groups[message.destination] = []
        rows.append(Row(record, message))
    return groups, unreadable


def cut(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Cuts a destination's rows into requests, by number and by bytes (items are ASCII)."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        length = len(row.message.item) + 1
        if batch and (len(batch) == MOST_ROWS or size + length > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
