"""TikTok's responses: only code 0 is delivery, and nothing else in them is trusted."""

import itertools
import json
from typing import Any

import pytest

from relay.tiktok.responses import (
    CODES,
    MAX_MESSAGE_CHARACTERS,
    NO_RESPONSE,
    Response,
    outcome_of_code,
    parse_response,
    parse_retry_after,
)
from tests.support.rows import every_row

REQUEST_ID = "202303141300390EF6F5D96D1798201C51"


def body(code: object, **more: object) -> bytes:
    return json.dumps({"code": code, "message": "m", "request_id": REQUEST_ID, **more}).encode()


def test_code_0_is_delivery() -> None:
    answer = parse_response(200, body(0, data={}))
    assert (answer.outcome, answer.code, answer.request_id) == ("delivered", 0, REQUEST_ID)


@every_row(
    ("code", "outcome"),
    [
        (20001, "partial"),
        (40000, "rejected"),
        (40002, "rejected"),
        (40062, "rejected"),
        (53102, "rejected"),
        (40100, "throttled"),
        (40132, "throttled"),
        (61000, "throttled"),
        (40202, "transient"),
        (50000, "transient"),
        (50002, "transient"),
        (51010, "transient"),
        (51999, "transient"),
        (52204, "transient"),
        (60001, "transient"),
        (40001, "unauthorised"),
        (40101, "unauthorised"),
        (40105, "unauthorised"),
        (40118, "unauthorised"),
        (40130, "unauthorised"),
        (40119, "unknown"),
        (12345, "unknown"),
        (-1, "unknown"),
    ],
)
@every_row("status", [200, 400, 401, 500])
def test_code_counts_before_the_http_status(code: int, outcome: str, status: int) -> None:
    assert parse_response(status, body(code)).outcome == outcome


@every_row(
    ("status", "outcome"),
    [
        (200, "transient"),
        (429, "throttled"),
        (401, "unauthorised"),
        (403, "unauthorised"),
        (502, "transient"),
        (408, "transient"),
        (413, "rejected"),
        (302, "transient"),
    ],
)
@every_row(
    "body",
    [
        b"",
        b"{}",
        b"<html>502</html>",
        b"null",
        b"[]",
        b'{"code":"0"}',
        b'{"code":true}',
        b'{"code":0.0}',
        b"\xff\xfe",
    ],
)
def test_answer_without_a_code_is_no_delivery(status: int, outcome: str, body: bytes) -> None:
    assert parse_response(status, body).outcome == outcome


@pytest.mark.parametrize("code", [0, 20001])
def test_failed_events_are_no_delivery_and_a_hint_at_the_rows(code: int) -> None:
    failed = [
        {"index": 1, "event_id": "a", "code": 40002, "message": "Batch.1: Not stored"},
        {"message": "Batch.4.event_id: no"},
        "x",
    ]
    answer = parse_response(200, body(code, data={"failed_events": failed}))
    assert (answer.outcome, answer.has_failed_rows, answer.rows) == ("partial", True, (1, 4))
    assert answer.rejects_rows()
    assert answer.message == "m: Batch.1: Not stored"


def test_partial_answer_without_a_list_rejects_nothing() -> None:
    cases: list[object] = [{}, {"failed_events": []}, None, []]
    for data in cases:
        answer = parse_response(200, body(20001, data=data))
        assert (answer.outcome, answer.has_failed_rows, answer.rejects_rows()) == ("partial", False, False)


@every_row(
    "members",
    [
        {"data": [{"failed_events": [{"index": 0}]}]},
        {"data": {"partial_failure": [{"index": 0}]}},
        {"data": [{}, {"failed_events": [{"index": 0}]}]},
        {"failed_events": [{"index": 0}]},
        {"data": {}, "failed_events": [{"index": 0}]},
        {"data": "x", "failed_events": {"index": 0}},
    ],
)
@every_row("code", [0, 20001])
def test_failed_events_elsewhere_are_no_delivery_either(code: int, members: dict[str, Any]) -> None:
    response = parse_response(200, json.dumps({"code": code, "message": "OK", **members}).encode())
    assert (response.outcome, response.rows) == ("partial", (0,))


def test_failed_events_of_a_rejection_do_not_make_it_a_partial_success() -> None:
    assert parse_response(200, body(40105, data={"failed_events": [{"index": 0}]})).outcome == "unauthorised"


def test_no_code_stands_in_two_rows_of_the_table() -> None:
    ordered = sorted(CODES)
    assert all(one.last < other.first for one, other in itertools.pairwise(ordered))
    assert all(row.first <= row.last and row.source for row in CODES)
    assert all(outcome_of_code(code) == row.outcome for row in CODES for code in (row.first, row.last))


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        (NO_RESPONSE, True),
        (parse_response(502, b"<html>"), True),
        (parse_response(200, b"{}"), True),
        (parse_response(200, body(31337)), True),
        (parse_response(200, body(20001)), True),
        (parse_response(200, body(40100)), False),
        (parse_response(200, body(40002)), False),
        (parse_response(401, b""), False),
    ],
)
def test_whether_tiktok_may_have_the_events_all_the_same(answer: Response, may: bool) -> None:
    assert answer.may_be_delivered() is may


NOW = 1_795_000_000.0


@every_row(
    ("header", "seconds"),
    [
        ("", 0.0),
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Wed, 18 Nov 2026 11:07:40 GMT", 60.0),
        ("Wed, 18 Nov 2020 11:07:40 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("1.5", 0.0),
        ("\u0663", 0.0),
        ("9" * 400, 999_999_999.0),
        ("Wed, 99 Nov 2026 11:07:40 GMT", 0.0),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(header: str, seconds: float) -> None:
    assert parse_retry_after(header, NOW) == seconds
    assert parse_response(429, b"", header, NOW).retry_after == seconds
    assert parse_response(200, body(40100), header, NOW).retry_after == seconds


# ── what TikTok sends back is not trusted ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("request_id", [REQUEST_ID, REQUEST_ID.lower()])
def test_request_id_of_tiktoks_shape_is_kept(request_id: str) -> None:
    assert parse_response(200, body(0, request_id=request_id)).request_id == request_id


@every_row(
    "request_id",
    [
        "ada@example.com",
        "r",
        "",
        REQUEST_ID + "\n",
        REQUEST_ID * 2,
        "\x1b[31m" + REQUEST_ID,
        "x" * 1_000_000,
        5,
        None,
        {"email": "ada@example.com"},
        ["202303141300390EF6F5D96D1798201C51"],
    ],
)
def test_request_id_of_another_shape_is_dropped(request_id: object) -> None:
    for code in (0, 40002, 20001):
        assert parse_response(200, body(code, request_id=request_id)).request_id == ""


@pytest.mark.parametrize("message", [{"email": "ada@example.com"}, ["a"], 5, None, True])
def test_message_that_is_not_text_is_dropped(message: object) -> None:
    assert parse_response(200, body(40002, message=message)).message == ""


def test_long_message_is_cut() -> None:
    failed = [{"index": 0, "message": "y" * 100_000}]
    response = parse_response(200, body(0, message="x" * 100_000, data={"failed_events": failed}))
    assert len(response.message) <= 2 * MAX_MESSAGE_CHARACTERS + 2


@pytest.mark.parametrize("code", [10**9, -(10**9), 10**400])
def test_code_that_no_code_can_be_is_none(code: int) -> None:
    response = parse_response(200, body(code))
    assert (response.outcome, response.code) == ("transient", None)


@pytest.mark.parametrize("index", [-1, -1000, 10**30])
def test_row_number_that_no_request_has_is_dropped(index: int) -> None:
    response = parse_response(200, body(0, data={"failed_events": [{"index": index}]}))
    assert (response.outcome, response.rows, response.rejects_rows()) == ("partial", (), True)


@pytest.mark.parametrize(
    "raw", [b"[" * 100_000, b'{"code":' + b"1" * 5000 + b"}", b'{"code":0' + b" " * 100, b'{"code":NaN}']
)
def test_response_that_no_parser_likes_is_no_delivery(raw: bytes) -> None:
    assert parse_response(200, raw).outcome == "transient"
