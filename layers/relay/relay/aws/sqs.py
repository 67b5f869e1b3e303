"""SQS: send, delay and delete messages in batches; each call reports the entries that failed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypedDict, TypeVar, Unpack

if TYPE_CHECKING:
    from mypy_boto3_sqs import type_defs

MAX_ENTRIES: Final[int] = 10
"""SQS takes ten messages in one batch call …"""

MAX_BYTES: Final[int] = 1_048_576
"""… and 1 MiB, for one message with its attributes and for all ten together."""

MAX_DELAY_SECONDS: Final[int] = 900
"""SQS delays a message for 15 minutes at most (SendMessage, DelaySeconds)."""

MAX_VISIBILITY_SECONDS: Final[int] = 43_200
"""SQS hides a message for twelve hours at most."""

SEND_ATTEMPTS: Final[int] = 3
"""How often an entry is sent that SQS itself failed on, under an HTTP 200; the client retries what has no
answer."""

MAX_WORKERS: Final[int] = 8
"""A thousand messages are a hundred calls of some 10 ms. boto3's clients are safe to share between threads
and keep ten connections."""

_ENTRY_ERRORS: Final[frozenset[str]] = frozenset(
    {
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "BatchRequestTooLong",
        "InvalidAttributeValue",
        "InvalidMessageContents",
        "InvalidParameterValue",
    }
)
"""Errors with which SQS rejects a whole call for one of its entries (SendMessageBatch, API reference)."""


class Sqs(Protocol):
    """What is used of boto3's SQS client.

    It does not validate parameters (see `clients.make_client`): mypy checks the entries against AWS's own
    description of them.
    """

    def send_message(self, **message: Unpack[type_defs.SendMessageRequestTypeDef]) -> Any: ...

    def send_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        Entries: list[type_defs.SendMessageBatchRequestEntryTypeDef],  # noqa: N803
    ) -> Any: ...

    def change_message_visibility_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        Entries: list[type_defs.ChangeMessageVisibilityBatchRequestEntryTypeDef],  # noqa: N803
    ) -> Any: ...

    def delete_message_batch(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        Entries: list[type_defs.DeleteMessageBatchRequestEntryTypeDef],  # noqa: N803
    ) -> Any: ...


class _Entry(TypedDict):
    """What an entry of any batch call has."""

    Id: str


E = TypeVar("E", bound=_Entry)


class BatchCall(Protocol[E]):
    """A call of SQS with up to ten entries."""

    def __call__(self, *, QueueUrl: str, Entries: list[E]) -> Any: ...  # noqa: N803


HasTime = Callable[[], bool]
"""Whether there is time for one more call."""


def send(
    sqs: Sqs,
    queue_url: str,
    bodies: Sequence[str],
    attributes: Sequence[Mapping[str, str]] | None = None,
    has_time: HasTime = lambda: True,
    *,
    delays: Sequence[int] | None = None,
    groups: Sequence[str] | None = None,
) -> list[int]:
    """Send messages in as few calls as SQS allows. Returns the indices of those that SQS did not take.

    One message goes by SendMessage, several by SendMessageBatch.

    `attributes` are text, `delays` seconds and `groups` fair-queue groups, one of each for each message. An
    entry can fail by itself under an HTTP 200; it is sent up to three times in all. What raises in the client
    (no connection, no right to send) fails the entries of that call and no others.
    """

    def entry(index: int) -> type_defs.SendMessageBatchRequestEntryTypeDef:
        made: type_defs.SendMessageBatchRequestEntryTypeDef = {"Id": str(index), "MessageBody": bodies[index]}
        if attributes:
            made["MessageAttributes"] = {
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes[index].items()
            }
        if delays:
            made["DelaySeconds"] = min(max(delays[index], 0), MAX_DELAY_SECONDS)
        if groups:
            made["MessageGroupId"] = groups[index]
        return made

    def send_batch(indices: list[int]) -> list[int]:
        waiting = indices
        for _ in range(SEND_ATTEMPTS):
            if not waiting or not has_time():
                break
            waiting = _make_call(send_entries, queue_url, [entry(index) for index in waiting], has_time)
        return waiting

    def send_entries(
        *,
        QueueUrl: str,  # noqa: N803
        Entries: list[type_defs.SendMessageBatchRequestEntryTypeDef],  # noqa: N803
    ) -> Any:
        if len(Entries) > 1:
            return sqs.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)
        # Most requests have one event, and SendMessage takes less time than a batch of one.
        (alone,) = Entries
        message: type_defs.SendMessageRequestTypeDef = {
            "QueueUrl": QueueUrl,
            "MessageBody": alone["MessageBody"],
        }
        if "MessageAttributes" in alone:
            message["MessageAttributes"] = alone["MessageAttributes"]
        if "DelaySeconds" in alone:
            message["DelaySeconds"] = alone["DelaySeconds"]
        if "MessageGroupId" in alone:
            message["MessageGroupId"] = alone["MessageGroupId"]
        # The SDK takes an HTTP 200 that is no JSON for a response without members.
        taken = "MessageId" in sqs.send_message(**message)
        return {"Successful": [{"Id": alone["Id"]}] if taken else []}

    if len(bodies) == 1:
        return send_batch([0])
    sizes = [len(body.encode()) for body in bodies]
    if attributes:
        sizes = [
            size + attributes_bytes(attribute) for size, attribute in zip(sizes, attributes, strict=True)
        ]
    return _run_all(send_batch, list(_batches(sizes)))


def send_within(seconds: float, sqs: Sqs, queue_url: str, bodies: Sequence[str]) -> list[int]:
    """Send messages as `send` does, without a call that begins later than `seconds` after the first."""
    end = time.monotonic() + seconds
    return send(sqs, queue_url, bodies, has_time=lambda: time.monotonic() < end)


def change_visibility(
    sqs: Sqs, queue_url: str, timeouts: Sequence[tuple[str, int]], has_time: HasTime = lambda: True
) -> list[int]:
    """Hide messages, by receipt handle, for so many seconds from now on. Returns the indices that failed.

    What fails comes back when the queue's own visibility timeout ends, so it is not retried.
    """

    def change_batch(indices: list[int]) -> list[int]:
        entries: list[type_defs.ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {
                "Id": str(index),
                "ReceiptHandle": timeouts[index][0],
                "VisibilityTimeout": min(max(timeouts[index][1], 0), MAX_VISIBILITY_SECONDS),
            }
            for index in indices
        ]
        return _make_call(sqs.change_message_visibility_batch, queue_url, entries) if has_time() else indices

    return _run_all(change_batch, list(_batches([0] * len(timeouts))))


def delete(sqs: Sqs, queue_url: str, handles: Sequence[str]) -> list[int]:
    """Delete messages by receipt handle. Returns the indices of those that are still there."""

    def delete_batch(indices: list[int]) -> list[int]:
        waiting = indices
        for _ in range(SEND_ATTEMPTS):
            if not waiting:
                break
            entries: list[type_defs.DeleteMessageBatchRequestEntryTypeDef] = [
                {"Id": str(index), "ReceiptHandle": handles[index]} for index in waiting
            ]
            waiting = _make_call(sqs.delete_message_batch, queue_url, entries)
        return waiting

    return _run_all(delete_batch, list(_batches([0] * len(handles))))


def attributes_bytes(attributes: Mapping[str, str]) -> int:
    """The bytes that attributes add to a message's size: names, types and values."""
    return sum(len(name) + len("String") + len(value.encode()) for name, value in attributes.items())


def _make_call(
    call: BatchCall[E],
    queue_url: str,
    entries: list[E],
    has_time: HasTime = lambda: True,
) -> list[int]:
    """Make one call. Returns the ids of the entries that SQS did not take."""
    ids = [int(entry["Id"]) for entry in entries]
    try:
        response = call(QueueUrl=queue_url, Entries=entries)
    except _sdk_errors() as error:
        if len(entries) > 1 and _error_code(error) in _ENTRY_ERRORS:
            # One entry that SQS rejects must not take nine others with it.
            alone = [
                _make_call(call, queue_url, [entry]) if has_time() else [index]
                for index, entry in zip(ids, entries, strict=True)
            ]
            return [index for failed in alone for index in failed]
        return ids
    done = {item["Id"] for item in response.get("Successful", [])}
    return [index for index in ids if str(index) not in done]


def _sdk_errors() -> tuple[type[Exception], ...]:
    """What the SDK raises where SQS did not take a call. Python asks for it when something was raised."""
    # Imported late: this module is also read by people and tests that have no AWS SDK.
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    return ClientError, BotoCoreError, ResponseParserError


def _error_code(error: Exception) -> str | None:
    """The code with which SQS rejected a call; None where there is no answer of SQS."""
    from botocore.exceptions import ClientError

    return error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None


def _batches(sizes: Sequence[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    filled = 0
    for index, size in enumerate(sizes):
        if batch and (len(batch) == MAX_ENTRIES or filled + size > MAX_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(index)
        filled += size
    if batch:
        yield batch


T = TypeVar("T")


def _run_all(call: Callable[[T], list[int]], batches: Sequence[T]) -> list[int]:
    if len(batches) <= 1:
        return [index for batch in batches for index in call(batch)]
    # Imported late: most requests need one call.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(batches), MAX_WORKERS)) as pool:
        return [index for failed in pool.map(call, batches) for index in failed]
