"""TikTok's own route: what a client that is written for TikTok gets back, and what lies on the queue."""

import json
import re
import time
from dataclasses import replace
from typing import Any

import boto3
import pytest

from ingest.dependencies import get_dependencies
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
    envelope: dict[str, Any] = answer["json"]
    assert re.fullmatch(r"\d{14}[0-9A-F]{20}", envelope["request_id"])
    return envelope


def test_tiktoks_request_is_taken_and_answered_as_tiktok_would(ingest_function: Ingest) -> None:
    envelope = call(ingest_function, item(), item(event_id="order-2"))
    assert (envelope["code"], envelope["message"], envelope["data"]) == (0, "OK", {})
    messages = [decode(body) for body in ingest_function.queued()]
    assert len(messages) == 2
    assert json.loads(messages[0].item)["user"] == {
        "email": digest("ada@example.com"),
        "phone": digest("+12133734253"),
    }


def test_consent_that_the_envelope_denies_is_denied(ingest_function: Ingest) -> None:
    assert call(ingest_function, item(), changes={"consent": "denied"})["code"] == 0
    assert ingest_function.queued() == []


def test_missing_token_names_the_header_that_it_belongs_in(ingest_function: Ingest) -> None:
    assert "header Access-Token" in call(ingest_function, item(), token=None)["message"]


def test_one_bad_row_rejects_the_request_and_is_named(ingest_function: Ingest) -> None:
    bad = item(properties={"contents": [{"content_id": "1"}, {"content_id": {}}]})
    envelope = call(ingest_function, item(), bad)
    assert envelope["code"] == 40002
    assert envelope["message"].startswith("Batch.1.properties.contents.1.content_id: ")
    assert "data" not in envelope
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
        ({"data": [{}] * 1001}, "data has 1001 events"),
        ({"event_source": "shop"}, "event_source: "),
        ({"event_source_id": "OTHER"}, "event_source_id: "),
        ({"pixel_code": PIXEL, "batch": []}, "pixel_code beside a list"),
        ({"pixel_code": PIXEL}, "pixel_code beside a list"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_invalid_request_is_answered_with_what_is_wrong(
    ingest_function: Ingest, changes: dict[str, object], message: str
) -> None:
    envelope = call(ingest_function, item(), changes=changes)
    assert envelope["code"] == 40002
    assert envelope["message"].startswith(message)
    assert ingest_function.queued() == []


@pytest.mark.parametrize("body", ["", "{", "[]", "null"])
def test_invalid_body_is_answered_with_a_reason(ingest_function: Ingest, body: str) -> None:
    answer = ingest_function.request("POST", PATH, body, access_token=SERVER_KEY)
    assert (answer["statusCode"], answer["json"]["code"]) == (200, 40002)


@pytest.mark.parametrize("path", ["/open_api/v1.3/event/track", PATH])
def test_path_is_taken_with_and_without_the_last_slash(ingest_function: Ingest, path: str) -> None:
    body = {"event_source": "web", "event_source_id": PIXEL, "data": [item()]}
    answer = ingest_function.request("POST", path, body, access_token=SERVER_KEY)
    assert answer["json"]["code"] == 0
    assert len(ingest_function.queued()) == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/open_api/v1.2/pixel/track/", "Events API 1.0"),
        ("/open_api/v1.3/pixel/batch/", "Events API 1.0"),
        ("/open_api/v1.3/pixel/batch", "Events API 1.0"),
        ("/open_api/v1.3/app/track/", "Events API 1.0"),
        ("/open_api/v1.3/offline/batch/", "Events API 1.0"),
        ("/open_api/v1.2/event/track/", "Version v1.2 is not supported"),
        ("/open_api/v2.0/event/track", "Version v2.0 is not supported"),
        ("/open_api/v1.3/event/track/x", "no such path"),
        ("/open_api/v1.3/campaign/get/", "no such path"),
        ("/open_api/", "no such path"),
        ("/open_api/v1.3/\ud800", "no such path"),
        ("/open_api/v" + "1" * 5000 + "/event/track/", "no such path"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_other_path_is_answered_in_the_envelope_with_the_right_one(
    ingest_function: Ingest, path: str, message: str, method: str
) -> None:
    answer = ingest_function.request(method, path, {"canary": 1}, authorization=None)
    assert (answer["statusCode"], answer["json"]["code"]) == (200, 40002)
    assert message in answer["json"]["message"]
    assert PATH in answer["json"]["message"]
    assert set(answer["json"]) == {"code", "message", "request_id"}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_other_method_is_answered_in_the_envelope(ingest_function: Ingest, method: str) -> None:
    answer = ingest_function.request(method, PATH, access_token=SERVER_KEY)
    assert (answer["statusCode"], answer["json"]["code"]) == (200, 40002)
    assert "POST" in answer["json"]["message"]


def test_failure_of_the_relay_is_a_system_error_in_the_envelope(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("relay.ingestion.validate_events", fail)
    answer = call(ingest_function, item())
    assert answer["code"] == 50000
    assert "canary" not in answer["message"]


@pytest.mark.parametrize("text", ["no JSON", "{}"])
def test_secret_that_cannot_be_used_is_a_system_error(
    ingest_function: Ingest, aws: boto3.Session, text: str
) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=text)
    assert call(ingest_function, item())["code"] == 50000


def test_part_that_was_not_queued_is_no_success(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = get_dependencies()
    monkeypatch.setattr(
        "ingest.handler.get_dependencies", lambda: replace(run, put=lambda bodies: [len(bodies) - 1])
    )
    answer = call(ingest_function, item(), item(event_id="order-2"))
    assert answer["code"] == 50000


def test_queue_that_takes_nothing_is_a_system_error(ingest_function: Ingest) -> None:
    ingest_function.sqs.delete_queue(QueueUrl=ingest_function.queue_url)
    assert call(ingest_function, item())["code"] == 50000


def test_page_may_not_call_it(ingest_function: Ingest) -> None:
    answer = ingest_function.request("POST", PATH, {}, authorization=None, origin="https://shop.example")
    assert answer["json"]["code"] == 40104
    assert "access-control-allow-origin" not in answer["headers"]
