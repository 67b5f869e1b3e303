"""TikTok's answers: what each `code` means for the events that were sent. Data first.

TikTok answers HTTP 200 to what it refuses, so `code` is read first and the HTTP status only where there is
none.
"""

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal, NamedTuple

from relay.tiktok import row_references

Outcome = Literal["delivered", "partial", "payload", "throttled", "transient", "credentials", "unknown"]


class Meaning(NamedTuple):
    """One row of the table: the codes from `first` to `last` and what they mean for the events."""

    first: int
    last: int
    outcome: Outcome
    name: str
    source: str


# Where a row's code and name come from; what it means for the events is our reading of the name.
_DOC: Final = "TikTok API for Business, Doc 1771101303285761"
_SDK: Final = "tiktok/tiktok-business-api-sdk, tiktok_code.py; Return codes, Doc 1737172488964097"
_GAPS: Final = f"{_SDK}; the numbers between two of its names count as their neighbours"

MEANINGS: Final[tuple[Meaning, ...]] = (
    Meaning(0, 0, "delivered", "OK", _DOC),
    Meaning(20001, 20001, "partial", "PARTIAL_OK", _SDK),
    # The request, or a row of it, is not as TikTok wants it: found and parked, the others delivered.
    Meaning(40000, 40000, "payload", "INVALID_PARAMS", _SDK),
    Meaning(40002, 40002, "payload", "PARAM_ERROR", _SDK),
    Meaning(40051, 40051, "payload", "INVALID_API_VERSION", _SDK),
    Meaning(40061, 40061, "payload", "INVALID_BATCH_SIZE", _SDK),
    Meaning(40062, 40062, "payload", "PII_NOT_HASHED", _SDK),
    Meaning(40063, 40063, "payload", "INVALID_PARTNER_NAME", _SDK),
    Meaning(53102, 53103, "payload", "serialisation and deserialisation", _SDK),
    # Too much at a time: the same again, later.
    Meaning(40100, 40100, "throttled", "REQUEST_TOO_FREQUENT", _SDK),
    Meaning(40132, 40132, "throttled", "REQUEST_FREQUENCY_LIMITED", _SDK),
    Meaning(61000, 61000, "throttled", "TOO_MANY_REQUESTS_BL", _SDK),
    # TikTok's own trouble: the same again, later.
    Meaning(40202, 40202, "transient", "WRITE_CONFLICT", _SDK),
    Meaning(50000, 50000, "transient", "SYS_ERROR", _SDK),
    Meaning(50002, 50002, "transient", "SYS_TIMEOUT", _SDK),
    Meaning(51000, 51999, "transient", "RPC_ERROR to its siblings, such as 51010 INTERNAL_TIME_OUT", _GAPS),
    Meaning(52000, 52999, "transient", "databases and storage", _GAPS),
    Meaning(60001, 60001, "transient", "MAINTENANCE", _SDK),
    # The token, or its right to this pixel: the owner has to mend it, the events wait.
    Meaning(40001, 40001, "credentials", "PERMISSION_ERROR: no right to this pixel", _SDK),
    Meaning(40101, 40118, "credentials", "INVALID_PARTNER to NOT_IN_WHITELIST", _GAPS),
    Meaning(40124, 40130, "credentials", "developer rejected to SCOPE_NOT_AUTHORIZED", _GAPS),
)
"""The whole table. Any other code is `unknown`: kept and tried again, with an alarm."""

STATUS_OUTCOMES: Final[dict[int, Outcome]] = {
    401: "credentials",  # RFC 9110, 15.5.2
    403: "credentials",  # RFC 9110, 15.5.4
    408: "transient",  # RFC 9110, 15.5.9
    413: "payload",  # RFC 9110, 15.5.14: the halves of a batch are smaller
    429: "throttled",  # RFC 6585, 4
}
"""HTTP status → what it means where the body has no code; any other is `transient`. Gateways answer HTML."""

_OUTCOMES: Final[dict[int, Outcome]] = {
    code: meaning.outcome for meaning in MEANINGS for code in range(meaning.first, meaning.last + 1)
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What TikTok said to one request.

    `status` is HTTP's, None where no answer came. `message` is TikTok's own and may repeat what it was sent:
    never log it. `rows` are those that it names, by their place in the request. `listed` says that it held a
    list of failed events. `retry_after` is how long TikTok asks to be left alone, in seconds.
    """

    outcome: Outcome
    status: int | None
    code: int | None = None
    message: str = ""
    request_id: str = ""
    rows: tuple[int, ...] = ()
    listed: bool = False
    retry_after: float = 0.0

    def refuses(self) -> bool:
        """Whether TikTok says no to the content of what was sent, or of some of it."""
        return self.outcome == "payload" or (self.outcome == "partial" and self.listed)

    def leaves_open(self) -> bool:
        """Whether TikTok may have taken the events all the same."""
        return self.outcome in ("partial", "transient", "unknown")


UNANSWERED: Final[Answer] = Answer("transient", None)
"""A time-out or a broken connection: nobody knows, so it is tried again with the same event ids."""

NO_TOKEN: Final[Answer] = Answer("credentials", None)
"""Nothing was asked, since there is no access token to ask with."""


def outcome(code: int) -> Outcome:
    """What a code means for the events of the request."""
    return _OUTCOMES.get(code, "unknown")


def read(status: int, body: bytes, retry_after: str = "", now: float = 0.0) -> Answer:
    """Reads an answer. Anything without an integer `code` is no delivery, whatever its HTTP status.

    `retry_after` is the header of that name, empty where there is none; `now` is in Unix seconds.
    """
    wait = seconds_asked(retry_after, now)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    code = said.get("code") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(code, int) or isinstance(code, bool):
        return Answer(STATUS_OUTCOMES.get(status, "transient"), status, retry_after=wait)
    message, request_id = str(said.get("message") or ""), str(said.get("request_id") or "")
    data = said.get("data")
    failed = data.get("failed_events") if isinstance(data, dict) else None
    meant = outcome(code)
    if failed and meant in ("delivered", "partial"):
        listed = failed if isinstance(failed, list) else [failed]
        first = listed[0].get("message") if isinstance(listed[0], dict) else None
        words = f"{message}: {first}" if first else message
        return Answer("partial", status, code, words, request_id, row_references.listed(listed), True, wait)
    return Answer(meant, status, code, message, request_id, row_references.named(message), retry_after=wait)


def seconds_asked(retry_after: str, now: float) -> float:
    """The wait that a Retry-After header asks for, in seconds; 0 where it asks for nothing readable.

    Seconds or a date: RFC 9110, 10.2.3.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0) if text else 0.0
    except (ValueError, OverflowError):
        return 0.0
