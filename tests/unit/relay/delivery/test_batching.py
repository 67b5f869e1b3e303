"""Batching: every row is in one request, also one that is longer than a request may be."""

from itertools import islice

from relay.delivery.batching import MAX_REQUEST_BYTES, split_requests
from tests.support.delivery import item, row


def test_item_that_is_longer_than_a_request_goes_alone() -> None:
    long, short = item("long", x="x" * MAX_REQUEST_BYTES), item("short")
    rows = [row(number, text=text)[:3] for number, text in enumerate((short, long, long, short, short))]
    requests = list(islice(split_requests(rows), 10))
    assert [[entry[0]["messageId"] for entry in request] for request in requests] == [
        ["m-0"],
        ["m-1"],
        ["m-2"],
        ["m-3", "m-4"],
    ]
