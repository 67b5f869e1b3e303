"""TikTok's envelope, and what stands in its place when a gateway or a cut line answers.

Sources: TikTok API for Business, Doc 1771101303285761 (`code`, `message`, `request_id`, `data`; HTTP 200 for
rejections too) and Doc 1737172488964097 (codes). Rejections on public record carry no `data`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from local.simulator.json_types import Json

OK = 0
PARTIAL_OK = 20001
PERMISSION_ERROR = 40001
PARAM_ERROR = 40002
EMPTY_ACCESS_TOKEN = 40104
INVALID_ACCESS_TOKEN = 40105
ROUTE_NOT_FOUND = 40400

JSON = "application/json"
HTML = "text/html"

_GATEWAY_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n"
    "<body>\r\n<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)
_REASONS = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Time-out",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, with the code and message in it (None where its body has no envelope)."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    code: int | None = None
    message: str = ""


class RejectionError(Exception):
    """Raised where a request is rejected; carries what the answer says."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def new_request_id(now: float) -> str:
    """Give `yyyymmddHHMMSS` in UTC and twenty upper-case hexadecimal digits, 34 characters as TikTok's are.

    Args:
        now: Unix time in seconds.
    """
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(now)) + secrets.token_hex(10).upper()


def accepted(request_id: str) -> Answer:
    """Give the only answer that means delivery."""
    return _envelope(200, OK, "OK", request_id, {})


def partly_accepted(
    request_id: str, failed: Sequence[tuple[int, str | None]] | None, code: int = PARTIAL_OK
) -> Answer:
    """Give 20001 (or another code) and, unless `failed` is None, the rows not stored.

    Whether this endpoint ever answers so, and how the list looks, is on no public record; the shape is a
    guess.

    Args:
        request_id: of this answer.
        failed: row and event_id of each.
        code: 0 says that all is well, beside the list.
    """
    message = "OK" if code == OK else "PARTIAL_OK"
    if failed is None:
        return _envelope(200, code, message, request_id, {})
    rows: list[Json] = [
        {"index": row, "event_id": event_id, "code": PARAM_ERROR, "message": f"Batch.{row}: Not stored"}
        for row, event_id in failed
    ]
    return _envelope(200, code, message, request_id, {"failed_events": rows})


def rejected(
    code: int, message: str, request_id: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Give an error answer: no `data` key."""
    return _envelope(status, code, message, request_id, None, headers)


def gateway_page(status: int) -> Answer:
    """Give the HTML page of the proxy in front."""
    title = f"{status} {_REASONS.get(status, 'Error')}"
    return Answer(status, _GATEWAY_PAGE.format(title).encode(), HTML, message=title)


def raw(status: int, text: str, content_type: str) -> Answer:
    """Give a body that is no envelope."""
    return Answer(status, text.encode(), content_type)


def _envelope(
    status: int,
    code: int,
    message: str,
    request_id: str,
    data: Json,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    content: dict[str, Json] = {"code": code, "message": message, "request_id": request_id}
    if data is not None:
        content["data"] = data
    return Answer(status, json.dumps(content).encode(), headers=headers, code=code, message=message)
