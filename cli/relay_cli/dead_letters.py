"""Dead letters: what lies on the dead-letter queue, read without taking it away, and picked by what is on
it."""

import argparse
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, get_args

from relay.aws import sqs as sqs_calls
from relay.delivery.dead_letters import Reason
from relay.message import Message, MessageError, decode

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

DEDUPLICATION_SECONDS: Final[int] = 48 * 3600
"""TikTok drops a copy of an event within 48 hours of the first (TikTok API for Business, Doc
1771100965992450), and counts a later one again."""

NET: Final[str] = "net"
"""The reason of what dispatch never parked: the queue moved it there, after it was given out 1,000 times."""

REASONS: Final[tuple[str, ...]] = (*get_args(Reason), NET)

READERS: Final[int] = 8
"""Ten messages come in a call of some 15 ms; eight readers see some thousands a second."""

EMPTY_CALLS: Final[int] = 2
"""SQS asks a part of its servers at a time unless it may wait; a reader that found nothing twice is done."""

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

    @property
    def reason(self) -> str:
        """Why it lies here."""
        return self.attributes.get("reason", NET)

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
        """The event as TikTok would be sent it, or None where it is no JSON object."""
        try:
            item = json.loads(self.message.item) if self.message else None
        except ValueError:
            return None
        return item if isinstance(item, dict) else None

    def event(self) -> str:
        """The event's name and id."""
        return f"{self.item.get('event')} {self.item.get('event_id')}" if self.item else ""

    def may_count_twice(self, now: float) -> bool:
        """Whether TikTok would count it although it may have a copy."""
        return now - self.received_at > DEDUPLICATION_SECONDS

    def as_json(self) -> dict[str, object]:
        """The letter for `--json`."""
        return {
            "message_id": self.message_id,
            "reason": self.reason,
            "destination": self.destination,
            "received_at": iso(self.received_at),
            "attributes": self.attributes,
            "item": self.item,
            **({} if self.item else {"body": self.body}),
        }


def read_all(
    sqs: "SQSClient", queue_url: str, hidden_seconds: int, seen: Callable[[int], object] = lambda _: None
) -> list[DeadLetter]:
    """Reads everything on the queue, oldest first. What is read is hidden from others for a while.

    `seen` is told how many there are so far. Give back with `release` what is not needed.
    """
    letters: dict[str, DeadLetter] = {}
    lock = threading.Lock()
    stop = threading.Event()

    def read() -> None:
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
            empty = 0 if found else empty + 1
            with lock:
                for each in found:
                    letters[each["MessageId"]] = _letter(each)
                seen(len(letters))

    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(read) for _ in range(READERS)]
        try:
            for reader in readers:
                reader.result()
        except BaseException:
            stop.set()
            raise
    return sorted(letters.values(), key=lambda letter: letter.received_at)


def release(sqs: "SQSClient", queue_url: str, letters: Sequence[DeadLetter]) -> None:
    """Lets others see the letters again, at once; what fails is seen when its time is over."""
    sqs_calls.put_off(sqs, queue_url, [(letter.receipt_handle, 0) for letter in letters])


def _letter(received: Any) -> DeadLetter:
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


# ── picking ────────────────────────────────────────────────────────────────────────────────────────────────


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Adds the options that pick letters."""
    only = parser.add_argument_group("only some of them (each may be given several times, but for ages)")
    only.add_argument("--reason", action="append", choices=REASONS, help="why it lies there")
    only.add_argument("--code", action="append", type=int, help="TikTok's code, such as 40002")
    only.add_argument(
        "--destination", action="append", help="where it was to go: a pixel's id, or web/<pixel's id>"
    )
    only.add_argument(
        "--older-than", type=seconds, metavar="AGE", help="received longer ago than 90m, 12h, 3d"
    )
    only.add_argument("--newer-than", type=seconds, metavar="AGE", help="received less long ago than that")


def picks(options: argparse.Namespace, now: float) -> Callable[[DeadLetter], bool]:
    """Whether a letter is one that the options pick."""

    def pick(letter: DeadLetter) -> bool:
        age = now - letter.received_at
        return (
            (not options.reason or letter.reason in options.reason)
            and (not options.code or letter.code in map(str, options.code))
            and (not options.destination or _goes_to(letter, options.destination))
            and (options.older_than is None or age > options.older_than)
            and (options.newer_than is None or age < options.newer_than)
        )

    return pick


def _goes_to(letter: DeadLetter, destinations: Sequence[str]) -> bool:
    if letter.message is None:
        return False
    source, source_id, _ = letter.message.destination
    return not {letter.destination, f"{source}/{source_id}", source_id}.isdisjoint(destinations)


_UNITS: Final[dict[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def seconds(text: str) -> int:
    """Reads an age such as 90m, 12h or 3d, in seconds. Raises ArgumentTypeError."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no age; write 90m, 12h or 3d")
    return int(match[1]) * _UNITS[match[2]]


def age(seconds_ago: float) -> str:
    """An age for people: 3 d, 12 h, 7 min."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds_ago >= size:
            return f"{seconds_ago / size:.0f} {unit}"
    return f"{max(seconds_ago, 0):.0f} s"


def iso(at: float) -> str:
    """A Unix time as ISO 8601, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def now() -> float:
    """The present, Unix seconds."""
    return time.time()
