"""The HTTP exchange: what a response's body holds."""

import json
from http import HTTPStatus

import pytest

from ingest.http import Response


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
