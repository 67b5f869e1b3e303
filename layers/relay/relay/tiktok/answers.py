"""TikTok's answers: what each `code` means for the events that were sent. Data first.

Codes and names: tiktok/tiktok-business-api-sdk, `tiktok_code.py`; TikTok API for Business, "Return codes"
(Doc 1737172488964097). TikTok answers HTTP 200 to what it refuses, so `code` is read first and the HTTP
status only where there is none.
"""

import json
from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["delivered", "partial", "payload", "throttled", "transient", "credentials", "unknown"]

OUTCOMES: Final[dict[int, Outcome]] = {
    0: "delivered",
    20001: "partial",
    40000: "payload",  # INVALID_PARAMS
    40002: "payload",  # PARAM_ERROR
    40051: "payload",  # INVALID_API_VERSION
    40061: "payload",  # INVALID_BATCH_SIZE
    40062: "payload",  # PII_NOT_HASHED
    40063: "payload",  # INVALID_PARTNER_NAME
    53102: "payload",  # serialisation
    53103: "payload",  # deserialisation
    40100: "throttled",  # REQUEST_TOO_FREQUENT
    40132: "throttled",  # REQUEST_FREQUENCY_LIMITED
    61000: "throttled",  # TOO_MANY_REQUESTS_BL
    40202: "transient",  # WRITE_CONFLICT
    50000: "transient",  # SYS_ERROR
    50002: "transient",  # SYS_TIMEOUT
    60001: "transient",  # MAINTENANCE
    40001: "credentials",  # PERMISSION_ERROR: this token may not write to this pixel
    **dict.fromkeys(range(40101, 40119), "credentials"),
    **dict.fromkeys(range(40124, 40131), "credentials"),
}
"""Code → what it means. 51000–51099 (RPC) and 52000–52204 (storage) are ranges, see `outcome`."""

_TRANSIENT: Final[tuple[range, ...]] = (range(51000, 51100), range(52000, 52205))

_STATUS_OUTCOMES: Final[dict[int, Outcome]] = {
    429: "throttled",
    408: "transient",
    401: "credentials",
    403: "credentials",
}
"""HTTP status → what it means where the body has no code: gateways answer HTML, and 200 with nothing in
it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What TikTok said to one request. `message` is TikTok's own and may repeat what it was sent: never log
    it."""

    outcome: Outcome
    status: int | None
    code: int | None = None
    message: str = ""
    request_id: str = ""


def outcome(code: int) -> Outcome:
    """What a code means for the events of the request."""
    if any(code in span for span in _TRANSIENT):
        return "transient"
    return OUTCOMES.get(code, "unknown")


def read(status: int, body: bytes) -> Answer:
    """Reads an answer. Anything without an integer `code` is no delivery, whatever its HTTP status."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    code = said.get("code") if isinstance(said, dict) else None
    if not isinstance(said, dict) or not isinstance(code, int) or isinstance(code, bool):
        return Answer(_STATUS_OUTCOMES.get(status, "transient"), status)
    data = said.get("data")
    failed = data.get("failed_events") if isinstance(data, dict) else None
    meant = "partial" if code == 0 and failed else outcome(code)
    return Answer(meant, status, code, str(said.get("message", "")), str(said.get("request_id", "")))


def unanswered() -> Answer:
    """What a time-out or a broken connection means: nobody knows, so it is tried again with the same event
    ids."""
    return Answer("transient", None)
