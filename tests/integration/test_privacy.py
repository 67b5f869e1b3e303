"""No personal data, key or token leaves by any other way than to TikTok: shown with values that stand out."""

import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from local.simulator import Simulator
from tests.integration.conftest import TOKEN, Ingest, Output
from tests.support.lambda_events import SERVER_KEY, sqs_event

pytestmark = pytest.mark.integration

HASHED = {
    "email": "canary.mail@example.com",
    "phone": "+12133734253",
    "external_id": "canary-customer-77",
}
PLAIN = {
    "ip": "9.9.9.10",
    "user_agent": "Canary-Browser/7",
    "ttclid": "canary-click-77",
    "ttp": "canary-ttp-77",
}
SECRETS = {"server key": SERVER_KEY, "token": TOKEN}


def purchase(**changes: object) -> dict[str, object]:
    return {
        "event": "Purchase",
        "event_id": "order-1",
        "event_time": int(time.time()),
        "value": 5,
        "currency": "EUR",
        "content_id": "SKU-1",
        "url": "https://shop.example/thanks",
        **HASHED,
        **PLAIN,
        **changes,
    }


def assert_silent(text: str, *canaries: str) -> None:
    assert [canary for canary in canaries if canary.lower() in text.lower()] == []


def test_hashed_identifiers_never_reach_the_queue_the_answer_or_the_log(
    ingest_function: Ingest, output: Output
) -> None:
    answer = ingest_function.request(body=purchase())
    queued = ingest_function.queued()
    assert len(queued) == 1
    assert_silent("".join(queued), *HASHED.values(), *SECRETS.values())
    assert_silent(json.dumps(answer), *HASHED.values(), *PLAIN.values(), *SECRETS.values())
    log = output.text()
    assert "events_received" in log
    assert_silent(log, *HASHED.values(), *PLAIN.values(), *SECRETS.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "canary name!"},
        {"value": "canary-value"},
        {"currency": "canary-money"},
        {"event_time": "canary-time"},
        {"canary-field": "x"},
        {
            "email": {"canary-mail": 1},
            "phone": "canary-phone",
            "ip": "canary-ip",
            "user": {"canary-key": "x"},
        },
        {"url": "canary-url", "event_source_id": "canary-pixel", "event_source": "canary-source"},
        {"contents": [{"content_id": {"canary": "x"}, "price": "canary-price", "canary-item": 1}]},
        {"phone_number": "canary-phone", "context": {"ip": "canary-ip"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_finding_never_quotes_what_it_found(
    ingest_function: Ingest, output: Output, changes: dict[str, object]
) -> None:
    answer = ingest_function.request(body=purchase(**changes))
    assert "message" in answer["body"]
    assert_silent(answer["body"], "canary")
    assert_silent(output.text(), "canary")


@pytest.mark.parametrize(
    "request_",
    [
        {"authorization": "Bearer canary-canary-canary"},
        {"authorization": None, "origin": "https://canary.example"},
        {"content_type": "canary/json"},
        {"path": "/v1/canary"},
        {"path": "/v1/webhooks/canary"},
        {"path": "/open_api/v1.3/canary/"},
        {"path": "/open_api/v1.3/event/track/", "access_token": "canary-canary-canary"},
        {"path": "/v1/webhooks/stripe", "stripe_signature": "t=1,v1=canary"},
        {"body": "canary"},
        {"body": {"data": "canary"}},
        {"body": {"events": ["canary"]}},
        {"user_agent": "canary", "x_forwarded_for": "canary", "cookie": "canary=1", "body": purchase()},
    ],
    ids=lambda request_: next(iter(request_)) + str(next(iter(request_.values())))[:20],
)
def test_rejected_request_is_quoted_neither_in_the_response_nor_in_the_log(
    ingest_function: Ingest, output: Output, request_: dict[str, object]
) -> None:
    answer = ingest_function.request(**{"body": {}} | request_)
    clean = {name: value for name, value in answer.items() if name != "json"}
    if "user_agent" not in request_:
        assert_silent(json.dumps(clean), "canary", *SECRETS.values())
    assert_silent(output.text(), "canary", *SECRETS.values())


@pytest.mark.parametrize(
    "secret",
    [
        "canary",
        '["canary"]',
        '{"server_key": "canary", "stripe": ["c", "a", "n"], "canary-canary-canary-canary-canary": "x"}',
        '{"server_key": {"canary": 1}}',
    ],
)
def test_faulty_secret_is_logged_without_its_content(
    ingest_function: Ingest, aws: boto3.Session, output: Output, secret: str
) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=secret)
    for path in ("/v1/events", "/open_api/v1.3/event/track/", "/v1/health"):
        method = "GET" if path == "/v1/health" else "POST"
        answer = ingest_function.request(method, path, purchase(), access_token=SERVER_KEY)
        assert_silent(answer["body"], "canary")
    log = output.text()
    assert "secret_" in log
    assert_silent(log, "canary")


def test_faulty_setting_is_logged_without_its_value(
    ingest_function: Ingest, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", "https://canary@shop.example")
    answer = ingest_function.request("GET", "/v1/health")
    assert answer["json"]["variable"] == "ALLOWED_ORIGINS"
    assert_silent(answer["body"] + output.text(), "canary")


def test_unforeseen_error_is_logged_without_its_text(
    ingest_function: Ingest, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("canary-mail@example.com")

    monkeypatch.setattr("relay.ingestion.ingest_events", fail)
    answer = ingest_function.request(body=purchase())
    assert answer["statusCode"] == 500
    assert_silent(answer["body"], "canary")
    log = output.text()
    assert "RuntimeError" in log
    assert_silent(log, "canary")


@pytest.mark.parametrize("code", [0, 40002, 40105, 50000])
def test_dispatch_logs_nothing_of_an_event_or_of_tiktoks_words_about_it(
    ingest_function: Ingest,
    dispatch_function: Callable[[dict[str, Any]], dict[str, Any]],
    simulator: Simulator,
    output: Output,
    code: int,
) -> None:
    if code:
        simulator.add_fault("error", code=code, message="Invalid value canary-words")
    ingest_function.request(body=purchase())
    queued = ingest_function.queued()
    output.text()
    dispatch_function(sqs_event(queued))
    log = output.text()
    assert "tiktok_responded" in log
    assert_silent(log, "canary", *HASHED.values(), *PLAIN.values(), *SECRETS.values())
