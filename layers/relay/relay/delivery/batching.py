"""Batching: decode messages, group them by destination, split them into requests."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from relay.delivery.outcomes import Record, Row, Undelivered
from relay.destination import Destination
from relay.message import MessageError, decode

MAX_ROWS: Final[int] = 1000
"""TikTok rejects a whole request that holds more (Doc 1771101303285761, `data`)."""

MAX_REQUEST_BYTES: Final[int] = 4_000_000
"""TikTok states no limit; this one keeps a thousand long carts from making one request of hundreds of
megabytes."""


def group_by_destination(records: Sequence[Record]) -> tuple[dict[Destination, list[Row]], list[Undelivered]]:
    """The rows for each destination, in the order of the records, and the records that can't be decoded."""
    groups: defaultdict[Destination, list[Row]] = defaultdict(list)
    unreadable: list[Undelivered] = []
    for record in records:
        try:
            message = decode(record.body)
        except MessageError as error:
            unreadable.append(Undelivered(record, "unreadable", detail=str(error)))
            continue
        groups[message.destination].append(Row(record, message))
    return groups, unreadable


def split_requests(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """A destination's rows split into requests, by number and by bytes (items are ASCII)."""
    batch: list[Row] = []
    size = 0
    for row in rows:
        length = len(row.message.item) + 1
        if batch and (len(batch) == MAX_ROWS or size + length > MAX_REQUEST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch
