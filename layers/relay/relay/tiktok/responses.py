"""TikTok's responses: the outcome that each `code` stands for. Data first.

TikTok answers HTTP 200 to requests that it rejects, so `code` decides, and the HTTP status only where there
is none. Nothing of a response is trusted: every value is kept only in its documented shape and size.
"""

import json
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal, NamedTuple

from relay.tiktok import row_references

Outcome = Literal["delivered", "partial", "rejected", "throttled", "transient", "unauthorised", "unknown"]


class CodeRange(NamedTuple):
    """One row of the table: the codes from `first` to `last` and their outcome for the events."""

    first: int
    last: int
    outcome: Outcome
    name: str
    source: str


# Where a row's code and name come from; the outcome is our reading of the name.
_DOC: Final = "TikTok API for Business, Doc 1771101303285761"
_SDK: Final = "tiktok/tiktok-business-api-sdk, tiktok_code.py; Return codes, Doc 1737172488964097"
_GAPS: Final = f"{_SDK}; the numbers between two of its names count as their neighbours"

CODES: Final[tuple[CodeRange, ...]] = (
    CodeRange(0, 0, "delivered", "OK", _DOC),
    CodeRange(20001, 20001, "partial", "PARTIAL_OK", _SDK),
    # The request, or a row of it, is not as TikTok expects it: bisected, the bad row dead-lettered.
    CodeRange(40000, 40000, "rejected", "INVALID_PARAMS", _SDK),
    CodeRange(40002, 40002, "rejected", "PARAM_ERROR", _SDK),
    CodeRange(40051, 40051, "rejected", "INVALID_API_VERSION", _SDK),
    CodeRange(40061, 40061, "rejected", "INVALID_BATCH_SIZE", _SDK),
    CodeRange(40062, 40062, "rejected", "PII_NOT_HASHED", _SDK),
    CodeRange(40063, 40063, "rejected", "INVALID_PARTNER_NAME", _SDK),
    CodeRange(53102, 53103, "rejected", "serialisation and deserialisation", _SDK),
    # Too many requests: the same again, later.
    CodeRange(40100, 40100, "throttled", "REQUEST_TOO_FREQUENT", _SDK),
    CodeRange(40132, 40132, "throttled", "REQUEST_FREQUENCY_LIMITED", _SDK),
    CodeRange(61000, 61000, "throttled", "TOO_MANY_REQUESTS_BL", _SDK),
    # TikTok's own trouble: the same again, later.
    CodeRange(40202, 40202, "transient", "WRITE_CONFLICT", _SDK),
    CodeRange(50000, 50000, "transient", "SYS_ERROR", _SDK),
    CodeRange(50002, 50002, "transient", "SYS_TIMEOUT", _SDK),
    CodeRange(51000, 51999, "transient", "RPC_ERROR to its siblings, such as 51010 INTERNAL_TIME_OUT", _GAPS),
    CodeRange(52000, 52999, "transient", "databases and storage", _GAPS),
    CodeRange(60001, 60001, "transient", "MAINTENANCE", _SDK),
    # The token, or its right to this pixel: the owner has to fix it, the events wait.
    CodeRange(40001, 40001, "unauthorised", "PERMISSION_ERROR: no right to this pixel", _SDK),
    CodeRange(40101, 40118, "unauthorised", "INVALID_PARTNER to NOT_IN_WHITELIST", _GAPS),
    CodeRange(40124, 40130, "unauthorised", "developer rejected to SCOPE_NOT_AUTHORIZED", _GAPS),
)
"""The whole table. Any other code is `unknown`: retried, with an alarm."""

STATUS_OUTCOMES: Final[dict[int, Outcome]] = {
    401: "unauthorised",  # RFC 9110, 15.5.2
    403: "unauthorised",  # RFC 9110, 15.5.4
    408: "transient",  # RFC 9110, 15.5.9
    413: "rejected",  # RFC 9110, 15.5.14: the halves of a batch are smaller
    429: "throttled",  # RFC 6585, 4
}
"""Outcomes by HTTP status where the body has no code; any other is `transient`. Gateways answer HTML."""

MAX_CODE: Final[int] = 1_000_000
"""TikTok's codes have five digits. A number beyond this one is no code."""

MAX_MESSAGE_CHARACTERS: Final[int] = 2000
"""Of TikTok's message. It names a row and a field; a dead letter keeps 500 characters of it."""

_REQUEST_ID: Final[re.Pattern[str]] = re.compile(r"[0-9]{14}[0-9A-Fa-f]{20}")
"""yyyymmddHHMMSS and 20 hexadecimal digits: `202303141300390EF6F5D96D1798201C51`."""

_OUTCOMES: Final[dict[int, Outcome]] = {
    code: row.outcome for row in CODES for code in range(row.first, row.last + 1)
}


@dataclass(frozen=True, slots=True)
class Response:
    """TikTok's response to one request.

    `status` is HTTP's, None where no response came. `message` is TikTok's own and may repeat what it was
    sent: never log it. `rows` are those that it names, by their place in the request. `has_failed_rows` says
    that it held a list of failed events. `retry_after` is in seconds. `attempted` is False where nothing was
    sent for lack of time, and no attempt counts. `may_expire` is False where the events were in no request
    that failed, so that each gets one, however old it is.
    """

    outcome: Outcome
    status: int | None
    code: int | None = None
    message: str = ""
    request_id: str = ""
    rows: tuple[int, ...] = ()
    has_failed_rows: bool = False
    retry_after: float = 0.0
    attempted: bool = True
    may_expire: bool = True

    def rejects_rows(self) -> bool:
        """Whether TikTok rejects the content of the request, or of some of its rows."""
        return self.outcome == "rejected" or (self.outcome == "partial" and self.has_failed_rows)

    def may_be_delivered(self) -> bool:
        """Whether TikTok may have accepted the events all the same."""
        return self.outcome in ("partial", "transient", "unknown")


NO_RESPONSE: Final[Response] = Response("transient", None)
"""A time-out or a broken connection: the outcome is not known, so the same event ids are sent again."""

NO_TOKEN: Final[Response] = Response("unauthorised", None)
"""No request was sent, since there is no access token for it."""

OUT_OF_TIME: Final[Response] = Response("transient", None, attempted=False, may_expire=False)
"""No request was sent, since there was no time left in the run."""


def outcome_of_code(code: int) -> Outcome:
    """The outcome that a code stands for."""
    return _OUTCOMES.get(code, "unknown")


def parse_response(status: int, body: bytes, retry_after: str = "", now: float = 0.0) -> Response:
    """Parse a response. Without an integer `code` it is no delivery, whatever its HTTP status.

    `retry_after` is the header of that name, empty where there is none; `now` is in Unix seconds.
    """
    delay = parse_retry_after(retry_after, now)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    code = document.get("code") if isinstance(document, dict) else None
    if not isinstance(document, dict) or type(code) is not int or abs(code) > MAX_CODE:
        return Response(STATUS_OUTCOMES.get(status, "transient"), status, retry_after=delay)
    message, request_id = _text(document.get("message")), _request_id(document.get("request_id"))
    failed = _find_failed_events(document)
    outcome = outcome_of_code(code)
    if failed and outcome in ("delivered", "partial"):
        rows = failed if isinstance(failed, list) else [failed]
        first = _text(rows[0].get("message")) if isinstance(rows[0], dict) else ""
        named = row_references.parse_failed_events(rows)
        text = f"{message}: {first}" if first else message
        return Response("partial", status, code, text, request_id, named, True, delay)
    named = row_references.parse_message(message)
    return Response(outcome, status, code, message, request_id, named, retry_after=delay)


def _find_failed_events(document: dict[str, object]) -> object:
    """The list of failed events, wherever it stands and under either name that clients read: taken for none,
    its rows would be lost. TikTok's is in `data` (Doc 1771101303285761)."""
    data = document.get("data")
    for holder in (*(data if isinstance(data, list) else [data]), document):
        for name in ("failed_events", "partial_failure"):
            if isinstance(holder, dict) and holder.get(name):
                return holder[name]
    return None


def parse_retry_after(header: str, now: float) -> float:
    """The delay that a Retry-After header asks for, in seconds; 0 where it asks for nothing readable.

    Seconds or a date: RFC 9110, 10.2.3.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0) if text else 0.0
    except (ValueError, OverflowError):
        return 0.0


def _text(value: object) -> str:
    return value[:MAX_MESSAGE_CHARACTERS] if isinstance(value, str) else ""


def _request_id(value: object) -> str:
    return value if isinstance(value, str) and _REQUEST_ID.fullmatch(value) else ""
