"""Parking: what lies on the dead-letter queue, and the reason on it, readable without code.

The body is the message as it was, so that sending it again is sending the body. The rest are attributes, all
text. SQS encrypts bodies at rest and attributes not, so what TikTok's words repeat of a person is taken out
of them.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from relay.delivery.outcomes import Verdict
from relay.tiktok.responses import Answer

Reason = Literal["rejected", "expiring", "unreadable", "unknown_destination"]
"""Why a message is parked: TikTok refused it when it came alone; it has waited so long that the queue would
soon forget it; it can't be read; no token is known for where it goes."""

MOST_CHARACTERS: Final[int] = 500
"""Of one attribute. Ten of them at four bytes a character are 20 KB; an item of ingest's has at most 200 KB,
and SQS takes 1 MiB for both."""

SHORTEST_QUOTE: Final[int] = 4
"""Shorter values are words of a sentence, not somebody's data."""

_ILLEGAL: Final[re.Pattern[str]] = re.compile(
    # SendMessage, API reference: all that an attribute may hold is #x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD
    # #x10000-#x10FFFF.
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


class Parked(NamedTuple):
    """A message for the dead-letter queue."""

    body: str
    attributes: dict[str, str]


def parked(verdict: Verdict, reason: Reason, now: float) -> Parked:
    """The parked form of a message; `now` is in Unix seconds."""
    record, message, answer = verdict.record, verdict.message, verdict.answer
    received_at = message.received_at if message else record.sent_at
    attributes = {
        "reason": reason,
        "why": verdict.why or (_last_answer(answer) if answer and reason == "expiring" else ""),
        "tries": str(record.receives),
        "received_at": _time(received_at),
        "parked_at": _time(now),
        "possibly_delivered": "yes" if _possibly_delivered(verdict, reason) else "no",
    }
    if message:
        to = message.destination
        attributes["destination"] = "/".join(
            filter(None, (to.event_source, to.event_source_id, to.test_event_code))
        )
    if answer:
        attributes["tiktok_code"] = "" if answer.code is None else str(answer.code)
        attributes["tiktok_message"] = without_quotes(answer.message, message.item) if message else ""
        attributes["tiktok_request_id"] = answer.request_id
    # SQS takes no empty values.
    return Parked(record.body, {name: _legal(value) for name, value in attributes.items() if value})


def without_quotes(words: str, item: str) -> str:
    """TikTok's words without what they repeat of the event's person and page."""
    for value in sorted(set(_values(item)), key=len, reverse=True):
        words = words.replace(value, "…")
    return words


def _possibly_delivered(verdict: Verdict, reason: Reason) -> bool:
    # What TikTok refused alone it does not have; of the rest nobody knows what became of earlier tries.
    if reason != "expiring":
        return False
    return verdict.record.receives > 1 or (verdict.answer is not None and verdict.answer.leaves_open())


def _last_answer(answer: Answer) -> str:
    status = "no answer" if answer.status is None else f"HTTP {answer.status}"
    return f"{answer.outcome} to the last ({status})"


def _values(item: str) -> Iterator[str]:
    try:
        event = json.loads(item)
    except (ValueError, RecursionError):
        return
    if isinstance(event, dict):
        yield from _texts([event.get("user"), event.get("page")])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and len(value) >= SHORTEST_QUOTE:
        yield value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text[:MOST_CHARACTERS])


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
