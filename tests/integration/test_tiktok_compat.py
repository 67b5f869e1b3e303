"""TikTok's own route: what a client that is written for TikTok gets back, and what lies on the queue."""

import json
import re
import time
from typing import Any

import pytest

from relay.identity.hashing import digest
from relay.message import decode
from tests.integration.conftest import Ingest
from tests.support.events import PIXEL
from tests.support.lambda_events import SERVER_KEY

pytestmark = pytest.mark.integration

PATH = "/open_api/v1.3/event/track/"


def item(**changes: object) -> dict[str, Any]:
    return {
        "event": "Purchase",
        "event_time": int(time.time()),
        "event_id": "order-1",
        "user": {"email": digest("ada@example.com"), "phone": "+12133734253"},
        "properties": {"value": 5.0, "currency": "USD", "contents": [{"content_id": "1"}]},
        "page": {"url": "https://shop.example/thanks"},
        **changes,
    }


def call(
    ingest_function: Ingest,
    *items: object,
    token: str | None = SERVER_KEY,
    changes: dict[str, object] | None = None,
) -> dict[str, Any]:
    body = {"event_source": "web", "event_source_id": PIXEL, "data": list(items)} | (changes or {})
    sent = {name: value for name, value in body.items() if value is not None}
    answer = ingest_function.request("POST", PATH, sent, authorization=None, access_token=token)
    assert answer["statusCode"] == 200
    said: dict[str, Any] = answer["json"]
    assert re.fullmatch(r"\d{14}[0-9A-F]{20}", said["request_id"])
    return said


def test_tiktoks_request_is_taken_and_answered_as_tiktok_would(ingest_function: Ingest) -> None:
    said = call(ingest_function, item(), item(event_id="order-2"))
    assert (said["code"], said["message"], said["data"]) == (0, "OK", {})
    messages = [decode(body) for body in ingest_function.queued()]
    assert len(messages) == 2
    assert json.loads(messages[0].item)["user"] == {
        "email": digest("ada@example.com"),
        "phone": digest("+12133734253"),
    }


def test_one_bad_row_refuses_the_request_and_is_named(ingest_function: Ingest) -> None:
    bad = item(properties={"contents": [{"content_id": "1"}, {"content_id": {}}]})
    said = call(ingest_function, item(), bad)
    assert said["code"] == 40002
    assert said["message"].startswith("Batch.1.properties.contents.1.content_id: ")
    assert "data" not in said
    assert ingest_function.queued() == []


@pytest.mark.parametrize(("token", "code"), [(None, 40104), ("", 40104), ("wrong", 40105)])
def test_key_is_asked_for_under_tiktoks_own_name(
    ingest_function: Ingest, token: str | None, code: int
) -> None:
    assert call(ingest_function, item(), token=token)["code"] == code
    assert ingest_function.queued() == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"event_source": None}, "event_source: Missing"),
        ({"event_source_id": None}, "event_source_id: Missing"),
        ({"data": None}, "data: Missing"),
        ({"data": {}}, "data is an object"),
        ({"data": []}, "data is an empty list"),
        ({"data": [{}] * 1001}, "data holds 1001 events"),
        ({"event_source": "shop"}, "event_source: "),
        ({"event_source_id": "OTHER"}, "event_source_id: "),
        ({"pixel_code": PIXEL, "batch": []}, "pixel_code beside a list"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_request_that_is_none_is_told_what_is_wrong(
    ingest_function: Ingest, changes: dict[str, object], message: str
) -> None:
    said = call(ingest_function, item(), changes=changes)
    assert said["code"] == 40002
    assert said["message"].startswith(message)
    assert ingest_function.queued() == []


@pytest.mark.parametrize("body", ["", "{", "[]", "null"])
def test_body_that_is_none_is_told_so(ingest_function: Ingest, body: str) -> None:
    answer = ingest_function.request("POST", PATH, body, access_token=SERVER_KEY)
    assert (answer["statusCode"], answer["json"]["code"]) == (200, 40002)


def test_queue_that_takes_nothing_is_a_system_error(ingest_function: Ingest) -> None:
    ingest_function.sqs.delete_queue(QueueUrl=ingest_function.queue_url)
    assert call(ingest_function, item())["code"] == 50000


def test_page_may_not_call_it(ingest_function: Ingest) -> None:
    answer = ingest_function.request("POST", PATH, {}, authorization=None, origin="https://shop.example")
    assert answer["json"]["code"] == 40104
    assert "access-control-allow-origin" not in answer["headers"]
