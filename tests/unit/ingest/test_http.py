"""The HTTP exchange: how much of a body is read, and what a response's body holds."""

import json
from contextlib import nullcontext
from http import HTTPStatus

import pytest

from ingest.http import Response
from relay.request_error import RequestError
from tests.support.ingest import request
from tests.support.rows import every_row


@every_row("base64_encoded", [False, True])
@every_row("size", [0, 1, 2, 3, 999, 1000])
def test_body_within_the_limit_is_read(size: int, base64_encoded: bool) -> None:
    sent = request(body=b"x" * size, base64_encoded=base64_encoded)
    assert sent.body(1000) == b"x" * size


@pytest.mark.parametrize("base64_encoded", [False, True])
def test_body_over_the_limit_is_rejected_and_not_decoded(
    base64_encoded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = request(body=b"x" * 1003, base64_encoded=base64_encoded)
    monkeypatch.delattr("base64.b64decode")
    with pytest.raises(RequestError) as error:
        sent.body(1000)
    assert (error.value.status, error.value.code) == (413, "body_too_large")


@pytest.mark.parametrize(
    ("content_type", "of_server", "of_beacon"),
    [
        ("application/json", True, True),
        ("Application/JSON; charset=utf-8", True, True),
        ("text/json", True, True),
        ("application/cloudevents+json", True, True),
        ("text/plain;charset=UTF-8", False, True),
        ("application/x-www-form-urlencoded", False, False),
        ("application/jsonp", False, False),
        (None, False, False),
    ],
)
def test_content_type_is_json_or_a_beacons(
    content_type: str | None, of_server: bool, of_beacon: bool
) -> None:
    sent = request(content_type=content_type)
    for beacon, taken in ((False, of_server), (True, of_beacon)):
        with nullcontext() if taken else pytest.raises(RequestError, match="expected application/json"):
            sent.require_json(beacon=beacon)


@pytest.mark.parametrize(
    "value",
    [
        {"accepted": [{"index": 0, "match_quality": 8.5, "warnings": ()}], "rejected": []},
        {"detail": 'Größe 😀 \u2028 \x00 \\ "'},
        {"number": 10**30},
        # A sender's field name, in a finding: it has no UTF-8 form.
        {"rejected": [{"errors": [{"field": "cup\ud83d"}]}]},
    ],
)
def test_body_holds_any_value_in_one_line_of_utf_8(value: dict[str, object]) -> None:
    body = Response.json(HTTPStatus.OK, value).body
    assert json.loads(body) == json.loads(json.dumps(value))
    assert body.encode().splitlines() == [body.encode()]
