"""Dead letters: read from the queue without taking them away, and selected by their attributes."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

from relay.aws import sqs as sqs_calls
from relay.delivery.dead_letters import Reason
from relay.message import Message, MessageError, decode
from relay_cli.times import iso

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

DEDUPLICATION_SECONDS: Final[int] = 48 * 3600
"""TikTok drops a copy of an event within 48 hours of the first (TikTok API for Business, Doc
1771100965992450), and counts a later one again."""

NOT_PROCESSED: Final[str] = "not_processed"
"""The reason of a message without one: SQS moved it there itself, at the queue's maximum receive count."""

REASONS: Final[tuple[str, ...]] = (*get_args(Reason), NOT_PROCESSED)

READERS: Final[int] = 8
"""Ten messages come in a call of some 15 ms; eight readers see some thousands a second."""

EMPTY_CALLS: Final[int] = 2
"""SQS asks a part of its servers at a time unless it may wait; a reader that found nothing new twice is
done. What was read first is visible again when reading takes longer than it is hidden."""

WAIT_SECONDS: Final[int] = 1
"""With which a call asks all servers."""


@dataclass(frozen=True)
class DeadLetter:
    """A message on the dead-letter queue. Times are in Unix seconds."""

    message_id: str
    receipt_handle: str
    body: str
    attributes: dict[str, str]
    sent_at: float

    @cached_property
    def message(self) -> Message | None:
        """The message that the body is, or None where it is none."""
        try:
            return decode(self.body)
        except MessageError:
            return None

    def replay_body(self, now: float) -> str:
        """The body to put on the queue: no attempts so far, and 13 days from `now` until it expires again."""
        if self.message is None:
            return self.body
        return self.message._replace(attempts=0, replayed_at=now).encode()

    @property
    def reason(self) -> str:
        """Why it is on the dead-letter queue."""
        return self.attributes.get("reason", NOT_PROCESSED)

    @property
    def code(self) -> str:
        """TikTok's code, empty where it gave none."""
        return self.attributes.get("tiktok_code", "")

    @property
    def destination(self) -> str:
        """Event source, its id and a test code, with slashes between; empty where it can't be read."""
        return "/".join(filter(None, self.message.destination)) if self.message else ""

    @property
    def received_at(self) -> float:
        """When the relay received the event; where that can't be read, when the queue did."""
        return self.message.received_at if self.message else self.sent_at

    @cached_property
    def item(self) -> dict[str, Any] | None:
        """The event as TikTok would be sent it, or None where it is no JSON object, or nested too deep."""
        try:
            item = json.loads(self.message.item) if self.message else None
        except (ValueError, RecursionError):
            return None
        return item if isinstance(item, dict) and not _is_too_deep(item) else None

    def event(self) -> str:
        """The event's name and id."""
        return f"{self.item.get('event')} {self.item.get('event_id')}" if self.item else ""

    def may_count_twice(self, now: float) -> bool:
        """Whether TikTok would count it although it may have a copy."""
        return now - self.received_at > DEDUPLICATION_SECONDS

    def as_json(self) -> dict[str, object]:
        """The dead letter for `--json`."""
        return {
            "message_id": self.message_id,
            "reason": self.reason,
            "destination": self.destination,
            "received_at": iso(self.received_at),
            "attributes": self.attributes,
            "item": self.item,
            **({} if self.item else {"body": self.body}),
        }


MAX_DEPTH: Final[int] = 64
"""Items of the relay have half as many levels; json can't write back all that it can read."""


def _is_too_deep(item: object) -> bool:
    level = [item]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for value in level
            if isinstance(value, (dict, list))
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


class DeadLetters(dict[str, DeadLetter]):
    """Dead letters by message id.

    `not_read` is about how many others are on the queue. SQS hands out nothing beyond 120,000 messages in
    flight, without an error, and nothing that another command holds. `delayed` of them are not visible yet.
    """

    not_read: int = 0
    delayed: int = 0

    def describe_not_read(self) -> str:
        """A clause for people about those that were not read."""
        reasons = []
        if self.delayed:
            reasons.append(f"{self.delayed:,} are delayed, for 15 minutes at most")
        if self.not_read > self.delayed:
            reasons.append("SQS hands out 120,000 at a time, and none that another command holds")
        return (
            f"{len(self):,} of about {len(self) + self.not_read:,} messages on the queue were read: "
            + "; ".join(reasons)
        )


@contextmanager
def reading(
    sqs: "SQSClient", queue_url: str, hidden_seconds: int, seen: Callable[[int], object] = lambda _: None
) -> Iterator[DeadLetters]:
    """Reads all that SQS hands out, oldest first, and makes it visible to others again at the end.

    What is read is hidden from others for `hidden_seconds`. A dead letter that is removed from the yielded
    dict stays hidden: it was deleted, or is on the queue again. However reading or the block ends, Ctrl-C in
    the middle of a read included, what is left is released.
    """
    dead_letters = DeadLetters()
    try:
        _read_into(dead_letters, sqs, queue_url, hidden_seconds, seen)
        ordered = dict(sorted(dead_letters.items(), key=lambda entry: entry[1].received_at))
        dead_letters.clear()
        dead_letters.update(ordered)
        yield dead_letters
    finally:
        release(sqs, queue_url, list(dead_letters.values()))


class MessageCounts(NamedTuple):
    """About how many messages are on a queue, and how many of them are delayed: a retry, before its time."""

    total: int
    delayed: int


def count_messages(sqs: "SQSClient", queue_url: str) -> MessageCounts:
    """Count the messages on a queue, those that are being read included."""
    names: list[QueueAttributeNameType] = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    found = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)["Attributes"]
    counts = [int(found[name]) for name in names]
    return MessageCounts(sum(counts), counts[-1])


def _read_into(
    dead_letters: DeadLetters,
    sqs: "SQSClient",
    queue_url: str,
    hidden_seconds: int,
    seen: Callable[[int], object],
) -> None:
    """Read rounds until all that are visible are read, or a round brings nothing new."""
    before = -1
    while before < len(dead_letters):
        before = len(dead_letters)
        _read_round(dead_letters, sqs, queue_url, hidden_seconds, seen)
        counts = count_messages(sqs, queue_url)
        dead_letters.not_read = max(0, counts.total - len(dead_letters))
        dead_letters.delayed = min(counts.delayed, dead_letters.not_read)
        if dead_letters.not_read == dead_letters.delayed:
            return


def _read_round(
    dead_letters: DeadLetters,
    sqs: "SQSClient",
    queue_url: str,
    hidden_seconds: int,
    seen: Callable[[int], object],
) -> None:
    lock = threading.Lock()
    stop = threading.Event()

    def receive() -> None:
        empty = 0
        while empty < EMPTY_CALLS and not stop.is_set():
            found = sqs.receive_message(
                QueueUrl=queue_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=WAIT_SECONDS,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            ).get("Messages", [])
            with lock:
                before = len(dead_letters)
                for received in found:
                    dead_letters[received["MessageId"]] = _parse_dead_letter(received)
                empty = 0 if len(dead_letters) > before else empty + 1
                seen(len(dead_letters))

    # The pool waits for the calls under way, so what they receive is in `dead_letters` as well.
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(receive) for _ in range(READERS)]
        try:
            for reader in readers:
                reader.result()
        finally:
            stop.set()


def release(sqs: "SQSClient", queue_url: str, dead_letters: Sequence[DeadLetter]) -> None:
    """Makes dead letters visible to others at once; what fails becomes visible when its time is over."""
    sqs_calls.change_visibility(
        sqs, queue_url, [(dead_letter.receipt_handle, 0) for dead_letter in dead_letters]
    )


def _parse_dead_letter(received: Any) -> DeadLetter:
    attributes = {
        name: value["StringValue"]
        for name, value in received.get("MessageAttributes", {}).items()
        if "StringValue" in value
    }
    return DeadLetter(
        received["MessageId"],
        received["ReceiptHandle"],
        received["Body"],
        attributes,
        int(received["Attributes"]["SentTimestamp"]) / 1000,
    )


# ── selecting ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Filters:
    """Which dead letters are meant; an empty filter selects all. Ages are in seconds."""

    reasons: Sequence[str] = ()
    codes: Sequence[str] = ()
    destinations: Sequence[str] = ()
    older_than: float | None = None
    newer_than: float | None = None

    def select(self, dead_letter: DeadLetter, now: float) -> bool:
        """Whether a dead letter is meant."""
        age = now - dead_letter.received_at
        return (
            (not self.reasons or dead_letter.reason in self.reasons)
            and (not self.codes or dead_letter.code in self.codes)
            and (not self.destinations or _goes_to(dead_letter, self.destinations))
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age < self.newer_than)
        )

    def selected(self, dead_letters: Mapping[str, DeadLetter], now: float) -> list[DeadLetter]:
        """The dead letters that are meant, in their order."""
        return [dead_letter for dead_letter in dead_letters.values() if self.select(dead_letter, now)]


def _goes_to(dead_letter: DeadLetter, destinations: Sequence[str]) -> bool:
    if dead_letter.message is None:
        return False
    source, source_id, _ = dead_letter.message.destination
    return not {dead_letter.destination, f"{source}/{source_id}", source_id}.isdisjoint(destinations)


def groups(dead_letters: Sequence[DeadLetter]) -> list[list[DeadLetter]]:
    """The dead letters by reason, code and destination, the largest group first."""
    grouped: dict[tuple[str, str, str], list[DeadLetter]] = {}
    for dead_letter in dead_letters:
        grouped.setdefault((dead_letter.reason, dead_letter.code, dead_letter.destination), []).append(
            dead_letter
        )
    return sorted(grouped.values(), key=len, reverse=True)


def summary(dead_letters: Sequence[DeadLetter], not_read: int, now: float) -> dict[str, object]:
    """How many dead letters there are, how many of each group, and about how many were not read."""
    return {
        "events": len(dead_letters),
        "not_read": not_read,
        "groups": [
            {
                "reason": group[0].reason,
                "tiktok_code": group[0].code,
                "destination": group[0].destination,
                "events": len(group),
                "oldest": iso(group[0].received_at),
                "newest": iso(group[-1].received_at),
                "older_than_48_hours": sum(dead_letter.may_count_twice(now) for dead_letter in group),
            }
            for group in groups(dead_letters)
        ],
    }


def find_by_id(dead_letters: Mapping[str, DeadLetter], given_id: str) -> list[DeadLetter]:
    """The dead letters whose message id begins with `given_id`, or whose event_id it is."""
    return [
        dead_letter
        for dead_letter in dead_letters.values()
        if dead_letter.message_id.startswith(given_id) or (dead_letter.item or {}).get("event_id") == given_id
    ]
