"""Arrivals: what came in beside what went out."""

import json
import time
from pathlib import Path

import pytest

from ingest import observability
from ingest.observability import describe_arrival
from relay_cli import arrivals
from relay_cli.arrivals import Arrival, place_of
from relay_cli.console.redaction import show_fields
from relay_cli.evaluation import Settings, evaluate
from relay_senders.samples import fresh
from tests.support.rows import every_row

SAMPLES = sorted((Path(__file__).parents[3] / "events/server").glob("*.json"))


def kinds(description: str) -> dict[str, str]:
    return {arrival.field: arrival.kind for arrival in arrivals.read(description).arrivals}


def test_description_is_read_as_fields_with_kinds_in_words() -> None:
    held = arrivals.read("event value=text user(email=digest phone ip) contents=object(price=text) +2")
    assert kinds("event value=text user(email=digest phone ip) contents=object(price=text) +2") == {
        "event": "text",
        "value": "text, not a number",
        "user.email": "SHA-256",
        "user.phone": "plain",
        "user.ip": "text",
        "contents": "an object, not a list",
        "contents[0].price": "text, not a number",
    }
    assert (held.unknown, held.cut) == (2, False)
    assert held.sentence() == (
        "event, value (text, not a number), user.email (SHA-256), user.phone, user.ip, "
        "contents (an object, not a list), contents[0].price (text, not a number), 2 unknown fields"
    )


def test_a_cut_description_ends_in_the_word_that_ingest_writes() -> None:
    # The command is installed without the function's package.
    assert arrivals.CUT == observability.CUT


@pytest.mark.parametrize("description", ["", ")", "((((", "user(", "x=y(z", "user(email …", "\x1b[31m<b>"])
def test_no_description_is_too_broken_to_read(description: str) -> None:
    held = arrivals.read(description)
    assert "\x1b" not in held.sentence()
    assert "<" not in held.sentence()


@every_row("path", SAMPLES)
def test_description_of_a_sample_reads_as_the_samples_own_fields(path: Path) -> None:
    body = json.loads(path.read_text())
    for event in body.get("events", [body]):
        held = arrivals.read(describe_arrival(event))
        places = {place_of(row["field"]) for row in show_fields(event) if "[1]" not in row["field"]}
        assert {arrival.place for arrival in held.arrivals} >= places - {"properties.content_ids[0]"}
        assert all(arrival.usual for arrival in held.arrivals)


@every_row("path", SAMPLES)
def test_everything_that_a_sample_sends_stands_beside_what_goes_out(path: Path) -> None:
    now = time.time()
    raw = fresh(path.read_bytes(), now)
    body = json.loads(raw)
    assessments = evaluate(raw, "events", Settings(now))
    assert isinstance(assessments, list)
    for event, assessment in zip(body.get("events", [body]), assessments, strict=True):
        came_in = arrivals.read(describe_arrival(event)).arrivals
        rows = arrivals.compare(came_in, show_fields(json.loads(assessment.item)))
        assert [row.field for row in rows if row.went_out == "omitted"] == []
        assert [row.field for row in rows if row.came_in == "added by the relay"] == []


def test_fields_that_did_not_go_out_are_said_and_those_that_nobody_sent() -> None:
    came_in = arrivals.read("event value=text email sha256_phone=digest event_source consent").arrivals
    outgoing = show_fields(
        {"event": "Purchase", "event_id": "1", "user": {"phone": "f" * 64, "ip": "9.9.9.9"}}
    )
    rows = {row.field: (row.came_in, row.went_out) for row in arrivals.compare(came_in, outgoing)}
    assert rows["event"] == ("text", "Purchase")
    assert rows["value"] == ("text, not a number", "omitted")
    assert rows["email"] == ("plain", "omitted")
    assert rows["sha256_phone"] == ("SHA-256", "SHA-256 ffffffff…")
    assert rows["event_source"] == ("text", "in the request, beside the event")
    assert rows["consent"] == ("text", "not for TikTok")
    assert rows["event_id"][0] == "not sent: the relay made one"
    assert rows["user.ip"][0] == "the request's own"


def test_where_the_item_is_not_known_match_keys_say_what_went_out() -> None:
    came_in = arrivals.read("value email phone").arrivals
    rows = arrivals.compare(came_in, None, match_keys=["email"])
    assert [(row.field, row.went_out) for row in rows] == [
        ("value", ""),
        ("email", "sent"),
        ("phone", "omitted"),
    ]


def test_findings_stand_beside_their_fields_and_missing_fields_have_a_line() -> None:
    came_in = [
        Arrival("currency", "properties.currency", "text"),
        *arrivals.read("contents(price=text)").arrivals,
    ]
    findings = [
        ("currency_unknown", "currency"),
        ("number_as_text", "contents.price"),
        ("url_missing", "page.url"),
        ("unknown_field", ""),
    ]
    rows = arrivals.compare(came_in, [], findings, goes_out=False)
    assert [(row.field, row.came_in, row.went_out, row.codes) for row in rows] == [
        ("currency", "text", "", ("currency_unknown",)),
        ("contents[0].price", "text, not a number", "", ("number_as_text",)),
        ("page.url", "missing", "", ("url_missing",)),
    ]
