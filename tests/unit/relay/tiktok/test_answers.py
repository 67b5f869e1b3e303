"""TikTok's answers: only code 0 is delivery."""

import json

import pytest

from relay.tiktok.answers import read


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


def test_code_0_with_failed_events_is_no_full_delivery() -> None:
    assert read(200, said(0, data={"failed_events": [{"index": 1}]})).outcome == "partial"
