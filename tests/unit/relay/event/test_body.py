"""Bodies: limits before parsing, and a reason for each rejection."""

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event.body import extract_events, parse_json
from relay.request_error import RequestError
from tests.support.rows import every_row

MOST = 1_000_000


def code_of(body: bytes, most: int = MOST) -> str:
    with pytest.raises(RequestError) as rejection:
        extract_events(parse_json(body, most))
    return rejection.value.code


@every_row(
    ("body", "code"),
    [
        (b"", "body_empty"),
        (b" \n", "body_empty"),
        (b"{", "body_not_json"),
        (b'{"a":1,}', "body_not_json"),
        (b"\xff\xfe", "body_not_utf8"),
        (b'{"value":NaN}', "body_not_json"),
        (b'{"value":-Infinity}', "body_not_json"),
        (b"[" * 100_000, "body_too_deep"),
        (b'{"a":' * 100_000, "body_too_deep"),
        (b"[]", "body_not_an_object"),
        (b'"Purchase"', "body_not_an_object"),
        (b"null", "body_not_an_object"),
        (b'{"events":{}}', "events_not_a_list"),
        (b'{"events":[]}', "events_empty"),
        (b'{"data":[]}', "events_empty"),
        (b'{"pixel_code":"P","events":[{}]}', "events_1_0"),
        (b'{"pixel_code":"P","data":[{}]}', "events_1_0"),
        (b'{"data":[{}],"events":[{}]}', "events_given_twice"),
    ],
)
def test_body_that_holds_no_events_is_rejected_with_a_reason(body: bytes, code: str) -> None:
    assert code_of(body) == code


@pytest.mark.parametrize("ending", [b"", b"\\"])
def test_string_that_is_not_closed_is_read_once_and_not_from_each_quote_in_it(ending: bytes) -> None:
    body = b'{"write_key":"' + b'\\"' * 32_000 + ending
    began = time.process_time()
    assert code_of(body) == "body_not_json"
    # Some 10 ms; it took 10 s, for which nobody had to have a key.
    assert time.process_time() - began < 1


@pytest.mark.parametrize("body", [{"data": [{}], "events": None}, {"data": None, "events": [{}]}])
def test_list_of_events_that_is_null_is_as_good_as_none(body: dict[str, object]) -> None:
    found = extract_events(body)
    assert (found.events, found.envelope) == ([{}], {})


def test_body_whose_only_list_is_null_says_so() -> None:
    assert code_of(b'{"data":null}') == "events_not_a_list"
    assert code_of(b'{"data":null,"events":null}') == "events_not_a_list"


def test_limit_is_kept_before_parsing() -> None:
    assert code_of(b"[" * 11, most=10) == "body_too_large"


def test_a_thousand_events_pass_and_one_more_does_not() -> None:
    assert len(extract_events({"events": [{}] * 1000}).events) == 1000
    assert code_of(json.dumps({"events": [{}] * 1001}).encode()) == "events_too_many"


def test_byte_order_mark_is_no_trouble() -> None:
    assert parse_json(b"\xef\xbb\xbf{}", MOST) == {}


def test_envelope_is_what_stands_beside_the_events() -> None:
    body = extract_events({"event_source": "web", "colour": "red", "test_event_code": None, "data": [{}]})
    assert body.envelope == {"event_source": "web", "colour": "red"}


@given(st.binary(max_size=300))
def test_whatever_comes_it_is_read_or_rejected(body: bytes) -> None:
    with contextlib.suppress(RequestError):
        assert extract_events(parse_json(body, MOST)).events


def test_open_text_is_said_with_its_place() -> None:
    with pytest.raises(RequestError) as rejection:
        parse_json(b'{"event": "Purch', 1000)
    assert rejection.value.detail == "The body is not JSON: Unterminated string at line 1, column 11."
