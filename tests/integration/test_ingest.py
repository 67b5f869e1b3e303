"""The ingest function: what it answers, and what lies on the queue afterwards."""

import json
import time
from pathlib import Path

import boto3
import pytest

from relay.identity.hashing import digest
from relay.message import decode
from tests.integration.conftest import Ingest, Output
from tests.support.events import PIXEL, event
from tests.support.lambda_events import SERVER_KEY

pytestmark = pytest.mark.integration

SAMPLES = sorted((Path(__file__).parents[2] / "events" / "server").glob("*.json"))


def fresh(**changes: object) -> dict[str, object]:
    return event(event_time=int(time.time()), **changes)


def test_event_is_accepted_and_queued(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=fresh())
    assert answer["statusCode"] == 202
    assert answer["json"] == {
        "accepted": [
            {
                "index": 0,
                "event": "Purchase",
                "event_id": "order-1",
                "match_quality": 3.0,
                "warnings": [],
            }
        ],
        "rejected": [],
    }
    (message,) = map(decode, ingest_function.queued())
    assert (message.destination.event_source, message.destination.event_source_id) == ("web", PIXEL)
    assert json.loads(message.item)["user"] == {"email": digest("ada@example.com")}


def test_bad_event_keeps_no_good_one_back(ingest_function: Ingest) -> None:
    events = [fresh(event_id="1"), {"event": "Purchase"}, 5, fresh(event_id="4")]
    answer = ingest_function.request(body={"events": events})
    assert answer["statusCode"] == 202
    assert [each["index"] for each in answer["json"]["accepted"]] == [0, 3]
    assert [each["index"] for each in answer["json"]["rejected"]] == [1, 2]
    assert len(ingest_function.queued()) == 2


def test_many_events_go_at_once(ingest_function: Ingest) -> None:
    ids = list(map(str, range(105)))
    answer = ingest_function.request(body={"events": [fresh(event_id=each) for each in ids]})
    assert [each["event_id"] for each in answer["json"]["accepted"]] == ids
    assert sorted(json.loads(decode(body).item)["event_id"] for body in ingest_function.queued()) == sorted(
        ids
    )


@pytest.mark.parametrize("encoded", [False, True])
def test_envelope_as_tiktok_has_it_is_read(ingest_function: Ingest, encoded: bool) -> None:
    nested = {"event": "Lead", "user": {"email": "a@b.example"}, "page": {"url": "https://shop.example/"}}
    body = {"event_source": "web", "event_source_id": PIXEL, "data": [nested]}
    answer = ingest_function.request(body=body, base64_encoded=encoded)
    assert answer["json"]["accepted"][0]["event"] == "Lead"


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_is_accepted_without_a_warning(ingest_function: Ingest, path: Path) -> None:
    sample = json.loads(path.read_text())
    for each in sample.get("events", [sample]):
        each["event_time"] = int(time.time())
    answer = ingest_function.request(body=sample)
    assert answer["json"]["rejected"] == []
    assert [each["warnings"] for each in answer["json"]["accepted"]] == [[]] * len(answer["json"]["accepted"])


def test_lambda_sample_is_accepted(ingest_function: Ingest) -> None:
    from ingest.handler import lambda_handler

    path = SAMPLES[0].parents[1] / "lambda" / "ingest_view_content.json"
    sample = json.loads(path.read_text().replace("replace-with-the-server-key", SERVER_KEY))
    assert lambda_handler(sample, None)["statusCode"] == 202  # type: ignore[arg-type]
    assert len(ingest_function.queued()) == 1


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"body": "{"}, 400, "body_not_json"),
        ({"body": ""}, 400, "body_empty"),
        ({"body": "[]"}, 400, "body_not_an_object"),
        ({"body": b"\xff", "base64_encoded": True}, 400, "body_not_utf8"),
        ({"body": '{"event":"a","event":"b"}'}, 400, "body_duplicate_key"),
        ({"body": {"events": []}}, 400, "events_empty"),
        ({"body": {"events": [{}] * 1001}}, 413, "events_too_many"),
        ({"body": " " * 4_194_305}, 413, "body_too_large"),
        ({"body": b" " * 4_194_400, "base64_encoded": True}, 413, "body_too_large"),
        ({"body": {}, "content_type": "application/x-www-form-urlencoded"}, 415, "content_type_unsupported"),
        ({"body": {}, "content_type": "text/plain"}, 415, "content_type_unsupported"),
        ({"body": {}, "content_type": None}, 415, "content_type_unsupported"),
        ({"body": {}, "authorization": None}, 401, "unauthenticated"),
        ({"body": {}, "authorization": "Bearer wrong"}, 401, "unauthenticated"),
        ({"body": {}, "authorization": None, "origin": "https://evil.example"}, 401, "unauthenticated"),
        ({"body": {"email": "a@b.example"}}, 422, "events_rejected"),
        ({"path": "/v1/nothing", "body": {}}, 404, "route_unknown"),
        ({"path": "/", "method": "GET"}, 404, "route_unknown"),
        ({"method": "GET"}, 405, "method_not_allowed"),
        ({"method": "DELETE"}, 405, "method_not_allowed"),
        ({"method": "OPTIONS", "origin": "https://evil.example"}, 403, "origin_not_allowed"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_bad_request_is_answered_with_a_problem_and_queues_nothing(
    ingest_function: Ingest, request_: dict[str, object], status: int, code: str
) -> None:
    answer = ingest_function.request(**request_)
    assert (answer["statusCode"], answer["json"]["status"], answer["json"]["code"]) == (status, status, code)
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert answer["json"]["detail"]
    assert "Traceback" not in answer["body"]
    assert ".py" not in answer["body"]
    assert ingest_function.queued() == []


def test_event_without_a_name_is_told_so(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=fresh(event=None))
    assert answer["statusCode"] == 422
    assert [each["code"] for each in answer["json"]["rejected"][0]["errors"]] == ["event_missing"]


def test_unknown_method_is_told_which_there_are(ingest_function: Ingest) -> None:
    assert ingest_function.request(method="PUT")["headers"]["allow"] == "POST, OPTIONS"


def test_health_answers_without_settings_or_secrets() -> None:
    from ingest.handler import lambda_handler
    from tests.support.lambda_events import http_event

    answer = lambda_handler(http_event("GET", "/v1/health"), None)  # type: ignore[arg-type]
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "ok"


def test_page_of_an_allowed_origin_needs_no_key(ingest_function: Ingest) -> None:
    answer = ingest_function.request(
        body=fresh(email=None, ip="1.2.3.4", user_agent="made up", ttp="2abc"),
        authorization=None,
        content_type="text/plain;charset=UTF-8",
        origin="https://shop.example",
        user_agent="Browser/1",
    )
    assert answer["statusCode"] == 202
    assert answer["headers"]["access-control-allow-origin"] == "https://shop.example"
    (message,) = map(decode, ingest_function.queued())
    assert json.loads(message.item)["user"] == {"ttp": "2abc", "ip": "9.9.9.9", "user_agent": "Browser/1"}
    assert message.sender == "browser"


def test_page_may_read_why_it_was_refused(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body="{", authorization=None, origin="https://shop.example")
    assert answer["statusCode"] == 400
    assert answer["headers"]["access-control-allow-origin"] == "https://shop.example"


def test_page_of_another_origin_may_read_nothing(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=fresh(), authorization=None, origin="https://evil.example")
    assert "access-control-allow-origin" not in answer["headers"]


def test_preflight_of_an_allowed_page_is_answered(ingest_function: Ingest) -> None:
    answer = ingest_function.request("OPTIONS", authorization=None, origin="https://shop.example")
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-methods"] == "POST"
    assert answer["headers"]["access-control-allow-origin"] == "https://shop.example"


def test_browser_may_send_less_than_a_server(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=" " * 70_000, authorization=None, origin="https://shop.example")
    assert answer["json"]["code"] == "body_too_large"


def test_queue_that_is_gone_makes_nothing_accepted(ingest_function: Ingest) -> None:
    ingest_function.sqs.delete_queue(QueueUrl=ingest_function.queue_url)
    answer = ingest_function.request(body=fresh())
    assert answer["statusCode"] == 503
    assert answer["json"]["code"] == "queue_unavailable"
    assert answer["json"]["accepted"] == []


def test_secret_that_is_gone_is_said_to_servers_in_the_log_and_in_a_metric(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setenv(
        "INGEST_SECRET_ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:gone-AAAAAA"
    )
    answer = ingest_function.request(body=fresh())
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "secret_unusable")
    assert answer["headers"]["retry-after"] == "30"
    assert "not_found" in answer["json"]["detail"]
    written = output.text()
    assert '"secret_unreadable"' in written
    assert '"SecretFaults"' in written
    assert "gone" not in answer["body"] + written


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"server_key": ""}', '{"server_key": "short"}'])
def test_broken_secret_stops_servers_only_and_says_so(
    ingest_function: Ingest, aws: boto3.Session, text: str
) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=text)
    answer = ingest_function.request(body=fresh())
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "secret_unusable")
    page = {"authorization": None, "origin": "https://shop.example", "user_agent": "Browser/1"}
    assert ingest_function.request(body=fresh(), **page)["statusCode"] == 202
    assert ingest_function.request(body="{", authorization=None)["statusCode"] == 401
    assert ingest_function.request("OPTIONS", **page)["statusCode"] == 204


def test_what_the_template_sets_is_what_happens(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DESTINATIONS": "web:OTHERPIXEL",
        "FAN_OUT": "true",
        "TEST_EVENT_CODE": "TEST1",
        "DEFAULT_COUNTRY": "GB",
    }.items():
        monkeypatch.setenv(name, value)
    assert ingest_function.request(body=fresh(phone="020 7946 0018"))["statusCode"] == 202
    messages = [decode(body) for body in ingest_function.queued()]
    assert {tuple(message.destination) for message in messages} == {
        ("web", PIXEL, "TEST1"),
        ("web", "OTHERPIXEL", "TEST1"),
    }
    assert {json.loads(message.item)["user"]["phone"] for message in messages} == {digest("+442079460018")}
