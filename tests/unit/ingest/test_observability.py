"""What came in of an event, as log lines hold it: known names and kinds, never a value."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.observability import (
    CUT,
    MAX_CHARACTERS,
    MAX_CODES,
    MAX_ENTRIES,
    describe_arrival,
    loggable_path,
    write_receipt,
)
from relay.event.compiled import load_model
from relay.event.model import SECTIONS, AnyEvent, fields
from relay.event.pipeline import Accepted, Rejected
from relay.findings import finding
from relay.ingestion import Receipt
from tests.support.events import DESTINATION
from tests.support.ingest import request
from tests.support.rows import every_row
from tests.support.telemetry import written

SAMPLES = sorted((Path(__file__).parents[4] / "events/server").glob("*.json"))
DIGEST = "0" * 63 + "f"


@every_row(
    ("event", "description"),
    [
        ({}, ""),
        ([], ""),
        (None, ""),
        ({"event": "Purchase", "event_id": "1"}, "event event_id"),
        ({"value": "12.50", "quantity": 1}, "value=text quantity"),
        ({"value": [1], "event_id": 7, "email": None}, "value=list event_id=number email=null"),
        ({"email": "ada@shop.example", "phone": DIGEST}, "email phone=digest"),
        ({"email": [DIGEST], "phone": ["+49 30 901820"]}, "email=digests phone=list"),
        ({"sha256_email": DIGEST, "ttclid": DIGEST}, "sha256_email=digest ttclid"),
        ({"limited_data_use": 1, "predicted_ltv": True}, "limited_data_use=number predicted_ltv=flag"),
        ({"user": {"email": "x", "emial": "x"}, "page": "x"}, "user(email) page=text +1"),
        (
            {"properties": {"contents": [{"content_id": 1}, {"price": 2}]}},
            "properties(contents(content_id=number))",
        ),
        ({"contents": {"price": "1"}}, "contents=object(price=text)"),
        ({"contents": '[{"price": 1}]'}, "contents=text"),
        ({"user": {"user": {"email": "x"}}}, "user() +1"),
        ({"ada@shop.example": "x", "\ud800": 1}, "+2"),
    ],
)
def test_event_is_described_by_names_and_kinds(event: object, description: str) -> None:
    assert describe_arrival(event) == description


def test_declared_kind_needs_no_word_so_that_a_clean_event_is_names_alone() -> None:
    for path in SAMPLES:
        for event in (body := json.loads(path.read_text())).get("events", [body]):
            assert "=" not in describe_arrival(event)
            assert "+" not in describe_arrival(event)


def test_every_field_of_the_model_is_declared() -> None:
    declared = load_model().declared
    assert declared.keys() == fields(AnyEvent).keys()
    for name, of in SECTIONS.items():
        kind, _, inside = declared[name]
        assert kind == "object"
        assert inside is not None
        assert inside.keys() == fields(of).keys()
    hashed = {name for name, (_, is_hashed, _) in declared.items() if is_hashed}
    assert {"email", "phone", "external_id", "first_name", "zip_code", "sha256_email"} <= hashed
    assert not {"ip", "user_agent", "ttclid", "ttp", "event_id", "city"} & hashed


def test_log_line_begins_with_what_a_person_looks_for() -> None:
    receipt = Receipt(
        [{}] * 3,
        accepted={0: Accepted("Purchase", "1", (DESTINATION,), "{}", 5.0, ())},
        not_queued={1: Accepted("Purchase", "2", (DESTINATION,), "{}", 5.0, ())},
        rejected={2: Rejected((), event="Purchase", event_id="3")},
    )
    with written() as log:
        write_receipt(request(), "server", receipt, "")
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert [event["status"] for event in line["events"]] == ["rejected", "not_queued", "accepted"]


def test_log_line_describes_a_hundred_events_and_a_dozen_findings_of_each() -> None:
    found = finding("wrong_type", "emial", "text", "a number")
    rejected = {index: Rejected((found,) * 40, event="Purchase") for index in range(250)}
    with written() as log:
        write_receipt(request(), "server", Receipt([{}] * 250, rejected=rejected), "")
    (line,) = map(json.loads, log.getvalue().splitlines())
    assert len(line["events"]) == MAX_ENTRIES
    assert {len(event["codes"]) for event in line["events"]} == {MAX_CODES}
    assert {name for event in line["events"] for name in event["fields"]} == {""}
    assert line["rejected_codes"] == {"wrong_type": 10_000}


_names = st.sampled_from([*load_model().declared, "price", "content_id"]) | st.text(max_size=12)
_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(DIGEST),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(_names, _value, max_size=20))
def test_description_holds_nothing_but_names_of_the_model_kinds_and_a_count(event: dict[str, Any]) -> None:
    known = {*fields(AnyEvent), *(name for of in SECTIONS.values() for name in fields(of))}
    known |= {"text", "number", "flag", "list", "object", "null", "digest", "digests", CUT}
    words = describe_arrival(event).replace("(", " ").replace(")", " ").replace("=", " ").split()
    assert {word for word in words if not word.removeprefix("+").isdecimal()} <= known


def test_canary_is_in_no_description() -> None:
    canary = "canary@shop.example"
    event: dict[str, Any] = dict.fromkeys(fields(AnyEvent), canary) | {canary: canary}
    event |= {name: dict.fromkeys((*fields(of), canary), canary) for name, of in SECTIONS.items()}
    assert "canary" not in describe_arrival(event)


def test_description_is_bounded() -> None:
    event: dict[str, object] = {name: {key: [] for key in fields(of)} for name, of in SECTIONS.items()}
    text = describe_arrival(event)
    assert 500 < len(text) <= MAX_CHARACTERS
    assert text.endswith(f" {CUT}")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("email", "email"),
        ("user.email", "user.email"),
        ("email[1]", "email"),
        ("properties.contents[12].price", "properties.contents.price"),
        ("emial", ""),
        ("user.ada", ""),
        ("properties.email_of_ada.x", ""),
        ("", ""),
        ("A field", ""),
    ],
)
def test_only_paths_of_the_model_are_logged(path: str, shown: str) -> None:
    assert loggable_path(path) == shown
