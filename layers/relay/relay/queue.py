"""The queue: what a message holds, how messages get there, are put off and deleted.

A message is one line of header and one line of item. The item is the JSON that TikTok will be sent, to the
letter, so that dispatch joins items and never has to understand one; the header says where it goes and where
it comes from. It is a JSON array, because that reads in half the time of an object and dispatch reads a
header for every event:

    [1,"web","<pixel>","<test code>",1795000000.5,"server","<trace id>",245]
    {"event":"Purchase",…}

that is version, event source, its id, test event code, when received (Unix seconds), kind of sender, trace
id, and the item's length.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from relay.event.destination import Destination

VERSION: Final[int] = 1

MOST_ENTRIES: Final[int] = 10
"""SQS takes ten messages in one batch call …"""

MOST_BYTES: Final[int] = 1_048_576
"""… and 1 MiB, for one message with its attributes and for all ten together."""

SEND_TRIES: Final[int] = 3
"""How often an entry is sent that SQS itself failed on, under an HTTP 200; the client retries what has no
answer."""

CALLS_AT_ONCE: Final[int] = 8
"""A thousand messages are a hundred calls of some 10 ms. boto3's clients are safe to share between threads
and keep ten connections."""

MOST_WAIT_SECONDS: Final[int] = 43_200
"""SQS hides a message for twelve hours at most."""

_destination: Final = lru_cache(maxsize=256)(Destination)
"""There are few, and every message has one."""

_LATEST_SECONDS: Final[float] = 1e11
"""A Unix time in seconds beyond this one is no time (or in milliseconds)."""


class MessageError(ValueError):
    """A message that can't be read: cut, of an unknown version, or not ours at all."""


class Message(NamedTuple):
    """One event on its way. `received_at` is in Unix seconds; `source` says which sender it came from."""

    destination: Destination
    received_at: float
    source: str
    trace_id: str
    item: str

    def encode(self) -> str:
        """The message's body, in ASCII: SQS refuses some of the characters that JSON may hold."""
        # The length shows a cut item without parsing it, and a cut item would spoil a whole request.
        head = _head(self.destination, self.received_at, self.source, self.trace_id)
        return f"{head},{len(self.item)}]\n{self.item}"


# The events of one request have all of it in common.
@lru_cache(maxsize=256)
def _head(destination: Destination, received_at: float, source: str, trace_id: str) -> str:
    header = [VERSION, *destination, received_at, source, trace_id]
    return json.dumps(header, separators=(",", ":")).removesuffix("]")


_read_json: Final = json.JSONDecoder().raw_decode
"""Reads the header and stops there, which takes half the time of cutting it out first."""


def decode(body: str) -> Message:
    """The message that `encode` made. Raises MessageError with what is wrong with it."""
    try:
        header, end = _read_json(body)
    except (ValueError, RecursionError):
        raise MessageError("the header is not JSON") from None
    if type(header) is not list or not header or header[0] != VERSION:
        raise MessageError(f"the header is not of version {VERSION}")
    try:
        _, source, source_id, code, received_at, sender, trace_id, length = header
    except ValueError:
        raise MessageError(f"the header has {len(header)} fields") from None
    if not type(source) is type(source_id) is type(code) is type(sender) is type(trace_id) is str:
        raise MessageError("the header holds something that is no text where text is wanted")
    if type(received_at) not in (int, float) or not 0 <= received_at < _LATEST_SECONDS:
        raise MessageError("the header's received_at is no time")
    item = body[end + 1 :]
    if length != len(item) or not body.startswith("\n{", end) or not body.endswith("}"):
        raise MessageError("the item is cut or has been changed")
    if not body.isascii():
        raise MessageError("the message is not ASCII")
    return Message(_destination(source, source_id, code), received_at, sender, trace_id, item)


class Sqs(Protocol):
    """What is used of boto3's SQS client."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any: ...  # noqa: N803

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any: ...  # noqa: N803

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any: ...  # noqa: N803


GoOn = Callable[[], bool]
"""Whether there is time for one more call."""


def send(
    sqs: Sqs,
    queue_url: str,
    bodies: Sequence[str],
    attributes: Sequence[Mapping[str, str]] | None = None,
    go_on: GoOn = lambda: True,
) -> list[int]:
    """Sends messages in as few calls as SQS allows. Returns the indices of those that SQS did not take.

    `attributes` are text, for each message its own. An entry can fail by itself under an HTTP 200; it is
    tried again, up to three times in all. What raises in the client (no connection, no right to send) fails
    the entries of that call and leaves the others be.
    """

    def entry(index: int) -> dict[str, Any]:
        made: dict[str, Any] = {"Id": str(index), "MessageBody": bodies[index]}
        if attributes:
            made["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes[index].items()
            }
        return made

    def send_ten(indices: list[int]) -> list[int]:
        waiting = indices
        for _ in range(SEND_TRIES):
            if not waiting or not go_on():
                break
            waiting = _failed(sqs.send_message_batch, queue_url, [entry(index) for index in waiting])
        return waiting

    sizes = [len(body.encode()) for body in bodies]
    if attributes:
        sizes = [size + attributes_bytes(each) for size, each in zip(sizes, attributes, strict=True)]
    return _all_of(send_ten, list(_tens(sizes)))


def put_off(
    sqs: Sqs, queue_url: str, waits: Sequence[tuple[str, int]], go_on: GoOn = lambda: True
) -> list[int]:
    """Hides messages, by receipt handle, for so many seconds from now on. Returns the indices that failed.

    What fails comes back when the queue's own visibility timeout ends, so it is not tried again.
    """

    def put_off_ten(indices: list[int]) -> list[int]:
        entries = [
            {
                "Id": str(index),
                "ReceiptHandle": waits[index][0],
                "VisibilityTimeout": min(max(waits[index][1], 0), MOST_WAIT_SECONDS),
            }
            for index in indices
        ]
        return _failed(sqs.change_message_visibility_batch, queue_url, entries) if go_on() else indices

    return _all_of(put_off_ten, list(_tens([0] * len(waits))))


def delete(sqs: Sqs, queue_url: str, handles: Sequence[str]) -> list[int]:
    """Deletes messages by receipt handle. Returns the indices of those that are still there."""

    def delete_ten(indices: list[int]) -> list[int]:
        waiting = indices
        for _ in range(SEND_TRIES):
            if not waiting:
                break
            entries = [{"Id": str(index), "ReceiptHandle": handles[index]} for index in waiting]
            waiting = _failed(sqs.delete_message_batch, queue_url, entries)
        return waiting

    return _all_of(delete_ten, list(_tens([0] * len(handles))))


def attributes_bytes(attributes: Mapping[str, str]) -> int:
    """What a message's attributes count towards its size: names, types and values."""
    return sum(len(name) + len("String") + len(value.encode()) for name, value in attributes.items())


def _failed(call: Callable[..., Any], queue_url: str, entries: list[dict[str, Any]]) -> list[int]:
    # Imported late: this module is also read by people and tests that have no AWS SDK.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = call(QueueUrl=queue_url, Entries=entries)
    except (BotoCoreError, ClientError):
        return [int(entry["Id"]) for entry in entries]
    done = {each["Id"] for each in answer.get("Successful", [])}
    return [int(entry["Id"]) for entry in entries if entry["Id"] not in done]


def _tens(sizes: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    filled = 0
    for index, size in enumerate(sizes):
        if batch and (len(batch) == MOST_ENTRIES or filled + size > MOST_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(index)
        filled += size
    if batch:
        yield batch


T = TypeVar("T")


def _all_of(call: Callable[[T], list[int]], batches: Sequence[T]) -> list[int]:
    if len(batches) <= 1:
        return [index for batch in batches for index in call(batch)]
    # Imported late: most requests need one call.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        return [index for failed in pool.map(call, batches) for index in failed]
