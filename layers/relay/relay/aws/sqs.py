"""SQS: send, delay and delete messages in batches; each call reports the entries that failed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

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
