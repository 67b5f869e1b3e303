"""Bad input on purpose: rejected with a reason, in time and memory that the body's size bounds."""

import json
import tracemalloc
from collections.abc import Callable

import pytest

from relay.event import body as bodies
from relay.event import pipeline
from relay.event.pipeline import PipelineOptions, Rejected, RequestContext
from relay.findings import MAX_FINDINGS
from relay.request_error import RequestError
from tests.support.events import NOW, ROUTES, codes, event, rejected
from tests.support.rows import every_row

MAX_BYTES = 4_194_304

TIMES_ITS_SIZE = 40
"""Python objects take up to some twenty times the bytes of their JSON; twice that is still bounded."""

BESIDES = 80_000_000
"""Bytes for the findings on the tens of thousands of members of a small body."""


def process(body: bytes) -> list[object]:
    """Process a body as the handler does. Returns the result of each event."""
    found = bodies.extract_events(bodies.parse_json(body, MAX_BYTES))
    context = RequestContext(NOW, found.envelope, tiktok_envelope=found.tiktok_envelope)
    return [pipeline.process_event(raw, context, PipelineOptions(ROUTES)) for raw in found.events]


def with_field(text: str) -> bytes:
    """A body with a valid event and one more field, as JSON text."""
    return (json.dumps(event())[:-1] + f", {text}}}").encode()


BAD: dict[str, Callable[[], bytes]] = {
    "deep lists": lambda: b"[" * 2_000_000,
    "deep lists, closed": lambda: with_field('"x": ' + "[" * 100_000 + "]" * 100_000),
    "deep objects": lambda: b'{"a":' * 700_000,
    "deep properties": lambda: with_field('"properties": ' + '{"a":' * 100_000 + "1" + "}" * 100_000),
    "a huge text": lambda: with_field('"content_category": "' + "x" * 4_000_000 + '"'),
    "a huge e-mail address": lambda: with_field('"external_id": "x", "url2": "' + "a@" * 2_000_000 + '"'),
    "a huge address of a page": lambda: with_field(
        '"referrer": "https://shop.example/?' + "a=1&" * 1_000_000 + '"'
    ),
    "a huge escaped address": lambda: with_field(
        '"referrer": "https://shop.example/' + "%25" * 1_000_000 + '"'
    ),
    "a huge text like an address": lambda: with_field('"content_category": "' + "a" * 3_000_000 + '@"'),
    "a huge click id like an address": lambda: with_field('"ttclid": "' + "a" * 3_000_000 + '@"'),
    "a huge phone number": lambda: with_field('"phone": "' + "1" * 4_000_000 + '"'),
    "a million numbers": lambda: with_field('"x": [' + ",".join(["1"] * 1_000_000) + "]"),
    "a million e-mails": lambda: with_field('"phone": [' + ",".join(['""'] * 1_000_000) + "]"),
    "a million items": lambda: with_field('"contents": [' + ",".join(["{}"] * 1_000_000) + "]"),
    "a million wrong items": lambda: with_field('"contents": [' + ",".join(["1"] * 1_000_000) + "]"),
    "a million fields": lambda: with_field(",".join(f'"{number}":1' for number in range(380_000))),
    "a million events": lambda: b'{"events":[' + b",".join([b"{}"] * 1_000_000) + b"]}",
    "a number of a million digits": lambda: with_field('"x": ' + "9" * 1_000_000),
    "a fraction of a million digits": lambda: with_field('"x": 0.' + "9" * 1_000_000),
    "a huge exponent": lambda: with_field('"predicted_ltv": 1e' + "9" * 1000),
    "sixty thousand small mistakes": lambda: with_field('"phone": [' + ",".join(['""'] * 60_000) + "]"),
    "sixty thousand small wrong items": lambda: with_field('"contents": [' + ",".join(["1"] * 60_000) + "]"),
    "a thousand events of garbage": lambda: json.dumps({"events": [{"a": ["x"] * 500}] * 1000}).encode(),
}


@pytest.mark.parametrize("name", BAD)
def test_memory_and_answer_are_bounded_by_the_size_of_the_body(name: str) -> None:
    body = BAD[name]()
    tracemalloc.start()
    try:
        detail = ""
        try:
            results = process(body)
        except RequestError as error:
            results, detail = [], str(error)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < TIMES_ITS_SIZE * len(body) + BESIDES
    assert len(detail) < 200
    for result in results:
        assert isinstance(result, pipeline.Accepted | Rejected)
        findings = (*result.warnings, *(result.errors if isinstance(result, Rejected) else ()))
        assert len(findings) <= 2 * MAX_FINDINGS


def test_event_that_holds_too_much_leaves_its_neighbours_be() -> None:
    too_many = event() | {"colours": ["red"] * 100_000}
    results = process(json.dumps({"events": [event(), too_many, event()]}).encode())
    assert [type(result).__name__ for result in results] == ["Accepted", "Rejected", "Accepted"]
    assert isinstance(results[1], Rejected)
    assert codes(results[1]) == {"too_many_fields"}
    assert "10000 fields" in results[1].errors[0].message


def test_a_cart_of_a_thousand_items_is_not_too_much() -> None:
    cart = [{"content_id": f"SKU-{number}", "price": 1.0, "quantity": 1} for number in range(1000)]
    body = json.dumps(
        {"events": [event(contents=cart, content_id=None, content_name=None, value=1000.0)] * 5}
    )
    assert [type(result).__name__ for result in process(body.encode())] == ["Accepted"] * 5


@every_row("number", ["1e999", "-1e999", "9" * 400, "9" * 4400])
@every_row("field", ["value", "price", "predicted_ltv", "event_time", "quantity"])
def test_number_beyond_all_numbers_is_rejected(field: str, number: str) -> None:
    (result,) = process(json.dumps(event(**{field: "?"})).replace('"?"', number).encode())
    assert isinstance(result, Rejected)
    assert codes(result) & {"number_out_of_range", "wrong_type", "event_time_wrong"}


@pytest.mark.parametrize("digits", [400, 4400, 100_000])
@pytest.mark.parametrize("field", ['"predicted_ltv"', '"properties": {"n"', '"n"'])
def test_number_of_thousands_of_digits_fails_no_neighbour(field: str, digits: int) -> None:
    good = json.dumps(event())
    bad = good[:-1] + f", {field}: {'9' * digits}" + ("}}" if "{" in field else "}")
    first, second = process(f'{{"events": [{bad}, {good}]}}'.encode())
    assert isinstance(second, pipeline.Accepted)
    assert isinstance(first, pipeline.Accepted | Rejected)


@pytest.mark.parametrize("name", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_in_json_is_no_body(name: str) -> None:
    with pytest.raises(RequestError, match="which is not JSON"):
        process(with_field(f'"predicted_ltv": {name}'))


@every_row(
    "field",
    [
        "content_name",
        "search_string",
        "event_id",
        "external_id",
        "first_name",
        "city",
        "url",
        "ttclid",
        "event",
        "colour",
    ],
)
@every_row("half", ["\ud83d", "a\udfffb"])
def test_half_a_character_costs_an_event_and_not_the_request(field: str, half: str) -> None:
    body = json.dumps({"events": [event(**{field: half}), event()]}).encode()
    bad, good = process(body)
    assert isinstance(good, pipeline.Accepted)
    assert isinstance(bad, Rejected) or (isinstance(bad, pipeline.Accepted) and bad.item.isascii())


def test_rejected_event_of_thousands_of_mistakes_says_the_first_hundred() -> None:
    assert len(rejected(event(email=[""] * 5000)).warnings) == MAX_FINDINGS
