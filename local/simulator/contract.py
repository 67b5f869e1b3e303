"""TikTok's contract for `event/track`: a parsed request body in, what TikTok would object to out.

Pure: no clock, no network, no state. Source: TikTok API for Business, Doc 1771101303285761, and for the codes
Doc 1737172488964097.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from local.simulator import event_names, fields
from local.simulator.json_types import Json
from local.simulator.value_checks import PARAM_ERROR, SOURCES, Finding, record

INVALID_BATCH_SIZE = 40061
MAX_ROWS = 1000

# A real answer of TikTok; it omits CRM, though CRM is accepted.
_NO_EVENT_SOURCE = "Invalid value for event_source: must be web, app or offline."

_TOP = record(fields.TOP, closed=True)
_ITEM = {source: record(fields.ITEM, source=source, closed=True) for source in SOURCES}


@dataclass(frozen=True, slots=True)
class Problem:
    """One objection: TikTok's code and the answer's message; `row` is None above the rows."""

    code: int
    message: str
    row: int | None = None


def problems(body: Json) -> list[Problem]:
    """Give all that TikTok would object to in a request, the one that it would answer with first."""
    if not isinstance(body, dict):
        return [Problem(PARAM_ERROR, "Request body must be a JSON object")]
    found = list(_top_level(body))
    # Rows are checked by their source and their number, so they are looked at only when both make sense.
    rows = body.get("data")
    source = body.get("event_source")
    if not found and isinstance(rows, list) and isinstance(source, str):
        for row, item in enumerate(rows):
            found.extend(
                _problem(row, finding, alone=len(rows) == 1) for finding in item_findings(item, source)
            )
    return found


def item_findings(item: Json, event_source: str) -> list[Finding]:
    """Give what is wrong with one item of `data`, with paths that start at the item (`.user.email.0`)."""
    found = list(_ITEM[event_source](item))
    name = item.get("event") if isinstance(item, dict) else None
    if isinstance(name, str) and name.strip():
        objection = event_names.objection(name, event_source)
        if objection is not None:
            found.append(Finding(".event", PARAM_ERROR, objection))
    return found


def _top_level(body: dict[str, Json]) -> Iterator[Problem]:
    source = body.get("event_source")
    if not isinstance(source, str) or source not in SOURCES:
        yield Problem(PARAM_ERROR, _NO_EVENT_SOURCE)
    for finding in _TOP(body):
        path = finding.path.removeprefix(".")
        if path != "event_source":
            yield Problem(finding.code, f"{path}: {finding.says}")
    rows = body.get("data")
    if "data" in body and not isinstance(rows, list):
        yield Problem(PARAM_ERROR, "data: Not a valid list")
    elif isinstance(rows, list) and not rows:
        yield Problem(PARAM_ERROR, f"data: Length must be between 1 and {MAX_ROWS}")
    elif isinstance(rows, list) and len(rows) > MAX_ROWS:
        # TikTok says that the entire request is rejected, not with which code. Its list of codes has one of
        # this name.
        yield Problem(INVALID_BATCH_SIZE, f"data: Length must be between 1 and {MAX_ROWS}")


def _problem(row: int, finding: Finding, *, alone: bool) -> Problem:
    # The answer on record that begins with `Invalid value for` came for a single item and named no row.
    # Whether it would in a batch is not known; here it does, and a rejection without a row is a fault that
    # can be asked for.
    if alone and finding.says.startswith("Invalid value for"):
        return Problem(finding.code, finding.says, row)
    return Problem(finding.code, f"Batch.{row}{finding.path}: {finding.says}", row)
