"""Batching: decode messages, group them by destination, split them into requests."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from relay.delivery.outcomes import Record, Row, Undelivered
from relay.destination import Destination
from relay.message import MessageError, decode_fields

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
            destination, received_at, _, _, item, _, replayed_at = decode_fields(record["body"])
        except MessageError as error:
            unreadable.append(Undelivered(record, "unreadable", detail=str(error)))
            continue
        groups[destination].append((record, replayed_at or received_at, item))
    return groups, unreadable


def split_requests(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """A destination's rows split into requests, by number and by bytes (items are ASCII)."""
    # The bytes of all items up to each row, and of the comma behind each.
    ends = list(accumulate([len(item) + 1 for _, _, item in rows]))
    first = 0
    while first < len(rows):
        start = ends[first - 1] if first else 0
        fitting = bisect_right(ends, start + MAX_REQUEST_BYTES)
        # One that is too long on its own goes alone.
        last = min(first + MAX_ROWS, max(fitting, first + 1))
        yield rows[first:last]
        first = last
