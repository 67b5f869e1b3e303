"""TikTok's envelope, as the relay answers it to clients that are written for TikTok.

TikTok API for Business, Doc 1771101303285761: always HTTP 200, with the outcome in `code`; the response to a
rejected request has no `data`. Names of codes: tiktok/tiktok-business-api-sdk, `tiktok_code.py`.
"""

import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from relay.findings import Finding

OK: Final[int] = 0
PARAM_ERROR: Final[int] = 40002
EMPTY_ACCESS_TOKEN: Final[int] = 40104
INVALID_ACCESS_TOKEN: Final[int] = 40105
SYS_ERROR: Final[int] = 50000


def envelope(code: int, message: str, received_at: float, trace_id: str) -> dict[str, object]:
    """An answer; `received_at` (Unix seconds) and `trace_id` make a `request_id` of TikTok's form: 34
    characters."""
    moment = datetime.fromtimestamp(received_at, UTC).strftime("%Y%m%d%H%M%S")
    request_id = moment + sha256(trace_id.encode()).hexdigest()[:20].upper()
    answer: dict[str, object] = {"code": code, "message": message, "request_id": request_id}
    return answer | {"data": {}} if code == OK else answer


def describe_error(row: int, rows: int, error: Finding) -> str:
    """What is wrong with one row, in TikTok's way of naming row and field.

    >>> describe_error(0, 2, Finding("number_out_of_range", "properties.contents[1].price", "Too large."))
    'Batch.0.properties.contents.1.price: Too large.'
    """
    field = re.sub(r"\[(\d+)\]", r".\1", error.field)
    place = ".".join(filter(None, (f"Batch.{row}" if rows > 1 else "", field)))
    return f"{place}: {error.message}" if place else error.message
