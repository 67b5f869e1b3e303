"""TikTok's answers: only code 0 is delivery."""

import itertools
import json

import pytest

from relay.tiktok.responses import MEANINGS, UNANSWERED, Answer, outcome, read, seconds_asked


def said(code: object, **more: object) -> bytes:
    return json.dumps({"code": code, "message": "m", "request_id": "r", **more}).encode()


def test_code_0_is_delivery() -> None:
    answer = read(200, said(0, data={}))
    assert (answer.outcome, answer.code, answer.request_id) == ("delivered", 0, "r")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (20001, "partial"),
        (40000, "payload"),
        (40002, "payload"),
        (40062, "payload"),
        (53102, "payload"),
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
        (40001, "credentials"),
        (40101, "credentials"),
        (40105, "credentials"),
        (40118, "credentials"),
        (40130, "credentials"),
        (40119, "unknown"),
        (12345, "unknown"),
        (-1, "unknown"),
    ],
)
@pytest.mark.parametrize("status", [200, 400, 401, 500])
def test_code_counts_before_the_http_status(code: int, outcome: str, status: int) -> None:
    assert read(status, said(code)).outcome == outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "transient"),
        (429, "throttled"),
        (401, "credentials"),
        (403, "credentials"),
        (502, "transient"),
        (408, "transient"),
        (413, "payload"),
        (302, "transient"),
    ],
)
@pytest.mark.parametrize(
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
    assert read(status, body).outcome == outcome


@pytest.mark.parametrize("code", [0, 20001])
def test_failed_events_are_no_delivery_and_a_hint_at_the_rows(code: int) -> None:
    failed = [
        {"index": 1, "event_id": "a", "code": 40002, "message": "Batch.1: Not stored"},
        {"message": "Batch.4.event_id: no"},
        "x",
    ]
    answer = read(200, said(code, data={"failed_events": failed}))
    assert (answer.outcome, answer.listed, answer.rows) == ("partial", True, (1, 4))
    assert answer.refuses()
    assert answer.message == "m: Batch.1: Not stored"


def test_partial_answer_without_a_list_refuses_nothing() -> None:
    cases: list[object] = [{}, {"failed_events": []}, None, []]
    for data in cases:
        answer = read(200, said(20001, data=data))
        assert (answer.outcome, answer.listed, answer.refuses()) == ("partial", False, False)


def test_failed_events_of_a_refusal_do_not_make_it_a_partial_success() -> None:
    assert read(200, said(40105, data={"failed_events": [{"index": 0}]})).outcome == "credentials"


def test_no_code_stands_in_two_rows_of_the_table() -> None:
    ordered = sorted(MEANINGS)
    assert all(one.last < other.first for one, other in itertools.pairwise(ordered))
    assert all(meaning.first <= meaning.last and meaning.source for meaning in MEANINGS)
    assert all(outcome(code) == row.outcome for row in MEANINGS for code in (row.first, row.last))


@pytest.mark.parametrize(
    ("answer", "may"),
    [
        (UNANSWERED, True),
        (read(502, b"<html>"), True),
        (read(200, b"{}"), True),
        (read(200, said(31337)), True),
        (read(200, said(20001)), True),
        (read(200, said(40100)), False),
        (read(200, said(40002)), False),
        (read(401, b""), False),
    ],
)
def test_whether_tiktok_may_have_the_events_all_the_same(answer: Answer, may: bool) -> None:
    assert answer.leaves_open() is may


NOW = 1_795_000_000.0


@pytest.mark.parametrize(
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
    assert seconds_asked(header, NOW) == seconds
    assert read(429, b"", header, NOW).retry_after == seconds
    assert read(200, said(40100), header, NOW).retry_after == seconds
