"""The dispatch function against the simulator: what TikTok gets, and which records are given back."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.simulator import Simulator
from relay.event.intake import Arrival
from relay.queue import Message
from tests.integration.conftest import TOKEN, Output
from tests.support.events import DESTINATION, PIXEL, accepted, event
from tests.support.lambda_events import sqs_event

pytestmark = pytest.mark.integration

Dispatch = Callable[[dict[str, Any]], dict[str, Any]]


def messages(number: int) -> list[str]:
    now = time.time()
    made = []
    for each in range(number):
        taken = accepted(event(event_id=f"order-{each}", event_time=int(now)), arrival=Arrival(now))
        made.append(Message(DESTINATION, now, "server", "trace", taken.item).encode())
    return made


def test_thousands_of_records_are_as_few_requests_as_tiktok_allows(
    dispatch_function: Dispatch, simulator: Simulator
) -> None:
    answer = dispatch_function(sqs_event(messages(2500)))
    assert answer == {"batchItemFailures": []}
    assert [request["rows"] for request in simulator.requests()] == [1000, 1000, 500]
    assert simulator.stats()["counted"] == 2500


def test_connection_is_kept(
    dispatch_function: Dispatch, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    for _ in range(3):
        dispatch_function(sqs_event(messages(1)))
    assert simulator.stats()["requests"] == 3
    assert (
        caplog.text.count(f"Starting new HTTP connection (1): {simulator.url.removeprefix('http://')}") == 1
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "throttle"},
        {"kind": "throttle", "http_status": 429},
        {"kind": "server_error"},
        {"kind": "html_502"},
        {"kind": "reset", "moment": "before_body"},
        {"kind": "reset", "moment": "after_body"},
        {"kind": "empty_object"},
        {"kind": "not_json"},
        {"kind": "error", "code": 40002},
        {"kind": "error", "code": 50002},
        {"kind": "error", "code": 31337},
        {"kind": "partial"},
        {"kind": "token_revoked"},
        {"kind": "timeout_after_accept", "seconds": 0},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_what_tiktok_did_not_confirm_goes_back_and_is_delivered_later(
    dispatch_function: Dispatch, simulator: Simulator, fault: dict[str, Any]
) -> None:
    simulator.add_fault(**fault)
    batch = sqs_event(messages(3))
    assert len(dispatch_function(batch)["batchItemFailures"]) == 3
    simulator.clear_faults()
    assert dispatch_function(batch) == {"batchItemFailures": []}
    assert simulator.stats()["counted"] == 3


def test_only_the_unreadable_record_is_given_back(dispatch_function: Dispatch, simulator: Simulator) -> None:
    answer = dispatch_function(sqs_event([*messages(2), "rubbish"]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert simulator.stats()["counted"] == 2


def test_rotated_token_is_read_again_at_once(dispatch_function: Dispatch, simulator: Simulator) -> None:
    assert dispatch_function(sqs_event(messages(1))) == {"batchItemFailures": []}
    simulator.set_tokens({"new-token": [PIXEL]})
    secrets = boto3.client("secretsmanager")
    secrets.put_secret_value(SecretId="tiktok", SecretString=json.dumps({PIXEL: "new-token"}))
    assert dispatch_function(sqs_event(messages(2))) == {"batchItemFailures": []}
    assert simulator.stats()["counted"] == 2


def test_pixel_without_a_token_keeps_its_events(dispatch_function: Dispatch, simulator: Simulator) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="tiktok", SecretString="{}")
    assert len(dispatch_function(sqs_event(messages(2)))["batchItemFailures"]) == 2
    assert simulator.requests() == []


def test_lambda_sample_is_delivered(dispatch_function: Dispatch, simulator: Simulator) -> None:
    path = Path(__file__).parents[2] / "events" / "lambda" / "dispatch_purchase.json"
    assert dispatch_function(json.loads(path.read_text())) == {"batchItemFailures": []}
    assert [each["event_id"] for each in simulator.events()] == ["order-100043"]


def test_token_goes_to_tiktok_and_nowhere_else(
    dispatch_function: Dispatch, simulator: Simulator, output: Output
) -> None:
    simulator.add_fault("token_revoked")
    dispatch_function(sqs_event(messages(1)))
    written = output.text()
    assert "tiktok_answered" in written
    assert TOKEN not in written
