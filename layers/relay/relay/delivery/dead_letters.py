"""Dead letters: an event that can't be delivered, as a message for the dead-letter queue.

The body is the message as it was. The reason and the rest are message attributes, all text, which the SQS
console shows. SQS encrypts bodies at rest and attributes not, so TikTok's words are redacted in them.
"""

import re
from datetime import UTC, datetime
from typing import Final, Literal, NamedTuple

from relay.delivery.outcomes import Record, Undelivered
from relay.tiktok.responses import Response

Reason = Literal["rejected", "expired", "unreadable", "unknown_destination"]
"""Why a message is dead-lettered: TikTok rejected it when it came alone; it could not be delivered for 13
days; it can't be decoded; its destination is not configured."""

MAX_CHARACTERS: Final[int] = 500
"""Of one attribute. Ten of them at four bytes a character are 20 KB; an item of ingest's has at most 200 KB,
and SQS takes 1 MiB for both."""

_ILLEGAL: Final[re.Pattern[str]] = re.compile(
    # SendMessage, API reference: an attribute may hold #x9 #xA #xD #x20-#xD7FF #xE000-#xFFFD
    # #x10000-#x10FFFF.
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)


class DeadLetter(NamedTuple):
    """A message for the dead-letter queue."""

    body: str
    attributes: dict[str, str]


def make_dead_letter(undelivered: Undelivered, reason: Reason, now: float) -> DeadLetter:
    """The dead letter of a record; `now` is in Unix seconds."""
    record, message, response = undelivered.record, undelivered.message, undelivered.response
    last_response = _describe(response) if response and reason == "expired" else ""
    attempts = message.attempts + (response is not None and response.attempted) if message else 0
    attributes = {
        "reason": reason,
        "detail": undelivered.detail or last_response,
        "attempts": str(attempts) if message else "",
        "received_at": _iso(message.received_at if message else _sent_at(record)),
        "dead_lettered_at": _iso(now),
        "possibly_delivered": "yes" if _is_possibly_delivered(undelivered, reason) else "no",
    }
    if message:
        attributes["destination"] = "/".join(filter(None, message.destination))
    if response:
        attributes["tiktok_code"] = "" if response.code is None else str(response.code)
        attributes["tiktok_message"] = _redact(response.message, message.item) if message else ""
        attributes["tiktok_request_id"] = response.request_id
    # SQS takes no empty values.
    return DeadLetter(record["body"], {name: _legal(value) for name, value in attributes.items() if value})


def _sent_at(record: Record) -> float:
    """When it was put on the queue, Unix seconds."""
    return int(record["attributes"]["SentTimestamp"]) / 1000


def _redact(text: str, item: str) -> str:
    # Imported late: most runs have no dead letter.
    from relay.personal_data import redact_echoes

    return redact_echoes(text, item)


def _is_possibly_delivered(undelivered: Undelivered, reason: Reason) -> bool:
    # TikTok does not have what it rejected alone; the outcome of earlier attempts at the rest is not known.
    if reason != "expired":
        return False
    message, response = undelivered.message, undelivered.response
    return bool(message and message.attempts) or (response is not None and response.may_be_delivered())


def _describe(response: Response) -> str:
    status = "no response" if response.status is None else f"HTTP {response.status}"
    return f"last attempt: {response.outcome} ({status})"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text[:MAX_CHARACTERS])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else ""
