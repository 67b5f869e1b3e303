"""The queue: what a message holds, and how messages get there.

A message is one line of header and one line of item. The item is the JSON that TikTok will be sent, to the
letter, so that dispatch joins items and never has to understand one; the header says where it goes and where
it comes from.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from json import dumps
from typing import Any, Final, Protocol

from relay.event.destination import Destination

VERSION: Final[int] = 1

MOST_ENTRIES: Final[int] = 10
"""SQS takes ten messages in one SendMessageBatch …"""

MOST_BYTES: Final[int] = 1_048_576
"""… and 1 MiB, for one message and for all ten together."""

SEND_TRIES: Final[int] = 3
"""How often an entry is sent that SQS itself failed on, under an HTTP 200; the client retries what has no
answer."""


class MessageError(ValueError):
    """A message that can't be read: cut, of an unknown version, or not ours at all."""


@dataclass(slots=True)
class Message:
    """One event on its way. `received_at` is in Unix seconds; `source` says which sender it came from."""

    destination: Destination
    received_at: float
    source: str
    trace_id: str
    item: str

    def encode(self) -> str:
        """The message's body, in ASCII: SQS refuses some of the characters that JSON may hold."""
        # The length shows a cut item without parsing it, and a cut item would spoil a whole request.
        return (
            f'{{"version":{VERSION},{_address(self.destination)},"received_at":{self.received_at!r},'
            f'{_origin(self.source, self.trace_id)},"item_length":{len(self.item)}}}\n{self.item}'
        )


@lru_cache(maxsize=256)
def _address(destination: Destination) -> str:
    return (
        f'"event_source":{dumps(destination.event_source)},'
        f'"event_source_id":{dumps(destination.event_source_id)},'
        f'"test_event_code":{dumps(destination.test_event_code)}'
    )


@lru_cache(maxsize=256)
def _origin(source: str, trace_id: str) -> str:
    return f'"source":{dumps(source)},"trace_id":{dumps(trace_id)}'


def decode(body: str) -> Message:
    """The message that `encode` made. Raises MessageError with what is wrong with it."""
    head, _, item = body.partition("\n")
    try:
        header = json.loads(head)
    except ValueError:
        raise MessageError("the header is not JSON") from None
    if not isinstance(header, dict) or header.get("version") != VERSION:
        raise MessageError(f"the header is not of version {VERSION}")
    try:
        destination = Destination(
            header["event_source"], header["event_source_id"], header.get("test_event_code", "")
        )
        message = Message(
            destination, float(header["received_at"]), str(header["source"]), str(header["trace_id"]), item
        )
        length = header["item_length"]
    except (KeyError, TypeError, ValueError) as error:
        raise MessageError(f"the header lacks a field or has a wrong one ({type(error).__name__})") from None
    if length != len(item) or not (item.startswith("{") and item.endswith("}")):
        raise MessageError("the item is cut or has been changed")
    return message


class Sqs(Protocol):
    """What is used of boto3's SQS client."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any: ...  # noqa: N803


def send(sqs: Sqs, queue_url: str, bodies: Sequence[str]) -> list[int]:
    """Sends messages in as few calls as SQS allows. Returns the indices of those that SQS did not take.

    An entry can fail by itself under an HTTP 200; it is tried again, up to three times in all. What raises in
    the client (no connection, no right to send) fails the entries of that call and leaves the others be.
    """
    failed: list[int] = []
    for indices in _batches(bodies):
        waiting = list(indices)
        for _ in range(SEND_TRIES):
            waiting = _send_once(sqs, queue_url, bodies, waiting)
            if not waiting:
                break
        failed += waiting
    return failed


def _send_once(sqs: Sqs, queue_url: str, bodies: Sequence[str], indices: list[int]) -> list[int]:
    # Imported late: this module is also read by people and tests that have no AWS SDK.
    from botocore.exceptions import BotoCoreError, ClientError

    entries = [{"Id": str(index), "MessageBody": bodies[index]} for index in indices]
    try:
        answer = sqs.send_message_batch(QueueUrl=queue_url, Entries=entries)
    except (BotoCoreError, ClientError):
        return indices
    taken = {int(each["Id"]) for each in answer.get("Successful", [])}
    return [index for index in indices if index not in taken]


def _batches(bodies: Sequence[str]) -> Iterator[list[int]]:
    batch: list[int] = []
    size = 0
    for index, body in enumerate(bodies):
        # Bodies are ASCII, so their length is their size in bytes.
        if batch and (len(batch) == MOST_ENTRIES or size + len(body) > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(index)
        size += len(body)
    if batch:
        yield batch
