"""The cases of the conformance suite, posted to the real stack and read back from TikTok."""

import re
import time
import uuid
from typing import Any, Final

import pytest

from relay.characters import CONTROL_CHARACTERS
from tests.conformance.suite import Case, at, groups
from tests.e2e.conftest import Stack
from tests.support.events import ROUTES
from tools import openapi

pytestmark = pytest.mark.e2e

MAX_EVENTS: Final[int] = 1000
_OTHER_HERE: Final[frozenset[str]] = frozenset({"times", "ids", "sources"})
"""Groups about the time, the id and where an event goes, which are other ones here."""


_CONTROL: Final[re.Pattern[str]] = re.compile(f"[{CONTROL_CHARACTERS}]")


def postable(case: Case) -> bool:
    """Whether a case is one JSON event for the stack as it stands: a server's, for the pixel."""
    if not isinstance(case.given, dict) or case.becomes not in ("accepted", "rejected"):
        return False
    plain = not (case.browser or case.country or case.envelope) and case.routes is ROUTES
    times = {"event_time_too_old", "event_time_old"}
    # The id is another one here.
    event_id = case.given.get("event_id", "")
    return (
        plain
        and case.given.get("event_source", "web") == "web"
        and not times & set(case.codes)
        and isinstance(event_id, str)
        and not _CONTROL.search(event_id)
        and not any(code.startswith("event_id") for code in case.codes)
        and json_can_say(case.given)
    )


def json_can_say(value: Any) -> bool:
    """Whether a client can send it: no half of a surrogate pair in UTF-8, no number that JSON has not."""
    if isinstance(value, dict):
        return all(json_can_say(name) and json_can_say(entry) for name, entry in value.items())
    if isinstance(value, list):
        return all(map(json_can_say, value))
    if isinstance(value, float):
        return abs(value) < float("inf")
    return True


CASES: Final[list[Case]] = [
    case for group, cases in groups().items() if group not in _OTHER_HERE for case in cases if postable(case)
]


def test_most_cases_are_posted() -> None:
    assert len(CASES) >= 900


@pytest.mark.parametrize("first", range(0, len(CASES), MAX_EVENTS))
def test_cases_come_out_right_at_tiktok(stack: Stack, first: int) -> None:
    posted = CASES[first : first + MAX_EVENTS]
    now = int(time.time())
    sent = [_now(case, now) for case in posted]
    answer = stack.post({"events": sent})
    assert answer.status_code == 202, answer.text
    receipt = answer.json()
    codes = {
        entry["index"]: {found["code"] for found in (*entry["warnings"], *entry.get("errors", ()))}
        for entry in (*receipt["accepted"], *receipt["rejected"])
    }
    assert [case.id for index, case in enumerate(posted) if codes[index] != set(case.codes)] == []
    rejected = {entry["index"] for entry in receipt["rejected"]}
    assert [
        case.id for index, case in enumerate(posted) if (index in rejected) != (case.becomes == "rejected")
    ] == []

    ids = [event["event_id"] for index, event in enumerate(sent) if index not in rejected]
    received = stack.received(ids)
    wrong = {
        f"{case.id}: {path}": (at(received[event["event_id"]]["item"], path), expected)
        for index, (case, event) in enumerate(zip(posted, sent, strict=True))
        if index not in rejected
        for path, expected in case.out.items()
        if path != "event_id" and at(received[event["event_id"]]["item"], path) != expected
    }
    assert wrong == {}


def _now(case: Case, now: int) -> dict[str, Any]:
    assert isinstance(case.given, dict)
    return case.given | {"event_id": uuid.uuid4().hex, "event_time": now - 60}


def test_description_comes_out_of_the_built_function(stack: Stack) -> None:
    answer = stack.call("GET", "/v1/openapi.json", key="")
    assert answer.status_code == 200
    assert answer.text == openapi.PATH.read_text(encoding="utf-8")
