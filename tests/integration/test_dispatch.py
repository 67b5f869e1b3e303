"""The dispatch function against the simulator: what TikTok gets, and what is on each queue."""

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

import dispatch.handler
from dispatch.dependencies import get_dependencies
from local.simulator import Simulator
from relay.destination import Destination
from relay.event.pipeline import RequestContext
from relay.message import Message, decode
from relay.telemetry import id_digest
from relay.tiktok.client import Client
from tests.integration.conftest import TOKEN, DeadLetterQueue, Output, RetryQueue
from tests.support.events import DESTINATION, PIXEL, accepted, event
from tests.support.lambda_events import Context, sqs_event

pytestmark = pytest.mark.integration

Dispatch = Callable[[dict[str, Any]], dict[str, Any]]


def messages(number: int, **fields: object) -> list[str]:
    now = time.time()
    made = []
    for entry in range(number):
        made_up = event(event_id=f"order-{entry}", event_time=int(now), **fields)
        taken = accepted(made_up, context=RequestContext(now))
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
        {"kind": "reset", "moment": "after_accept"},
        {"kind": "empty_object"},
        {"kind": "not_json"},
        {"kind": "error", "code": 50002},
        {"kind": "error", "code": 31337},
        {"kind": "partial", "listed": False},
        {"kind": "token_revoked"},
        {"kind": "timeout_after_accept", "seconds": 0},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_what_tiktok_did_not_confirm_is_delayed_on_the_retry_queue_and_delivered_later(
    dispatch_function: Dispatch,
    simulator: Simulator,
    retry_queue: RetryQueue,
    dead_letter_queue: DeadLetterQueue,
    fault: dict[str, Any],
) -> None:
    simulator.add_fault(**fault)
    assert dispatch_function(sqs_event(messages(3))) == {"batchItemFailures": []}
    assert retry_queue.delayed() == 3
    retries = retry_queue.messages()
    assert {message.attempts for message in retries} == {1}
    simulator.clear_faults()
    get_dependencies.cache_clear()  # another process, whose breakers are closed
    assert dispatch_function(sqs_event([message.encode() for message in retries])) == {
        "batchItemFailures": []
    }
    stats = simulator.stats()
    assert (stats["counted"], stats["counted_twice"]) == (3, 0)
    assert retry_queue.delayed() == 3
    assert dead_letter_queue.messages() == []


@pytest.mark.parametrize("named", [True, False])
def test_bad_event_is_dead_lettered_with_tiktoks_words_and_its_neighbours_are_delivered(
    dispatch_function: Dispatch, simulator: Simulator, dead_letter_queue: DeadLetterQueue, named: bool
) -> None:
    simulator.add_fault(
        "poison", match={"field": "event_id", "in": ["order-7"]}, named=named, message="Not for me"
    )
    assert dispatch_function(sqs_event(messages(40))) == {"batchItemFailures": []}
    assert simulator.stats()["counted"] == 39
    (letter,) = dead_letter_queue.messages()
    assert decode(letter["body"]).item.count("order-7") == 1
    assert letter["reason"] == "rejected"
    assert (letter["tiktok_code"], letter["attempts"]) == ("40002", "1")
    assert letter["tiktok_message"] == ("Batch.0.event_id: Not for me" if named else "Not for me")
    assert letter["tiktok_request_id"] == simulator.requests(code=40002)[-1]["request_id"]


def test_rows_of_a_partial_response_are_dead_lettered_and_the_rest_is_delivered(
    dispatch_function: Dispatch, simulator: Simulator, dead_letter_queue: DeadLetterQueue
) -> None:
    simulator.add_fault("partial", match={"field": "event_id", "in": ["order-2", "order-5"]})
    assert dispatch_function(sqs_event(messages(8))) == {"batchItemFailures": []}
    assert (simulator.stats()["counted"], simulator.stats()["counted_twice"]) == (6, 0)
    assert [message["tiktok_code"] for message in dead_letter_queue.messages()] == ["20001", "20001"]


def test_unreadable_record_is_dead_lettered_and_the_others_are_delivered(
    dispatch_function: Dispatch, simulator: Simulator, dead_letter_queue: DeadLetterQueue
) -> None:
    answer = dispatch_function(sqs_event([*messages(2), "rubbish"]))
    assert answer == {"batchItemFailures": []}
    assert simulator.stats()["counted"] == 2
    assert [(message["body"], message["reason"]) for message in dead_letter_queue.messages()] == [
        ("rubbish", "unreadable")
    ]


def test_record_that_the_dead_letter_queue_does_not_take_is_reported(
    dispatch_function: Dispatch, simulator: Simulator, dead_letter_queue: DeadLetterQueue
) -> None:
    dead_letter_queue.sqs.delete_queue(QueueUrl=dead_letter_queue.queue_url)
    answer = dispatch_function(sqs_event([*messages(2), "rubbish"]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-2"}]}
    assert simulator.stats()["counted"] == 2


def test_record_that_the_retry_queue_does_not_take_is_reported(
    dispatch_function: Dispatch, simulator: Simulator, retry_queue: RetryQueue
) -> None:
    simulator.add_fault("throttle")
    retry_queue.sqs.delete_queue(QueueUrl=retry_queue.queue_url)
    failures = dispatch_function(sqs_event(messages(2)))["batchItemFailures"]
    assert [failure["itemIdentifier"] for failure in failures] == ["message-0", "message-1"]


def test_message_of_version_1_and_of_version_2_are_delivered_from_one_batch(
    dispatch_function: Dispatch, simulator: Simulator
) -> None:
    first, second = messages(2)
    retried = decode(second)._replace(attempts=3).encode()
    assert (first[:3], retried[:3]) == ("[1,", "[2,")
    assert dispatch_function(sqs_event([first, retried])) == {"batchItemFailures": []}
    assert [request["rows"] for request in simulator.requests()] == [2]


def test_exception_in_delivery_is_no_success(
    dispatch_function: Dispatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raises(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(dispatch.handler, "deliver", raises)
    # Lambda keeps the whole batch when the function raises, and deletes it when it returns.
    with pytest.raises(RuntimeError):
        dispatch_function(sqs_event(messages(2)))


def test_rotated_token_is_read_again_in_the_same_run(
    dispatch_function: Dispatch, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, ahead = time.monotonic(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: start + ahead)
    assert dispatch_function(sqs_event(messages(1))) == {"batchItemFailures": []}
    simulator.set_tokens({"new-token-of-the-pixel": [PIXEL]})
    secrets = boto3.client("secretsmanager")
    secrets.put_secret_value(SecretId="tiktok", SecretString=json.dumps({PIXEL: "new-token-of-the-pixel"}))
    ahead = 31.0  # a secret is read at most once in half a minute
    assert dispatch_function(sqs_event(messages(2))) == {"batchItemFailures": []}
    assert simulator.stats()["counted"] == 2


@pytest.mark.parametrize("secret", ["{}", "not JSON"])
def test_pixel_without_a_token_keeps_its_events(
    dispatch_function: Dispatch,
    simulator: Simulator,
    retry_queue: RetryQueue,
    dead_letter_queue: DeadLetterQueue,
    output: Output,
    secret: str,
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="tiktok", SecretString=secret)
    assert dispatch_function(sqs_event(messages(2))) == {"batchItemFailures": []}
    assert retry_queue.delayed() == 2
    assert simulator.requests() == []
    assert dead_letter_queue.messages() == []
    text = output.text()
    assert '"outcome":"unauthorised","EventsRetried":[2.0]' in text
    # No request is made, so this line alone says which destination has no token.
    (line,) = [json.loads(line) for line in text.splitlines() if '"events_retried"' in line]
    assert (line["event_source"], line["event_source_id"], line["messages"]) == ("web", PIXEL, 2)


def test_retries_of_two_destinations_are_a_line_for_each(dispatch_function: Dispatch, output: Output) -> None:
    boto3.client("secretsmanager").put_secret_value(
        SecretId="tiktok", SecretString=json.dumps({PIXEL: "", "OTHERPIXEL": ""})
    )
    other = decode(messages(1)[0])._replace(destination=Destination("web", "OTHERPIXEL", "TEST1"))
    dispatch_function(sqs_event([*messages(2), other.encode()]))
    text = output.text()
    lines = [json.loads(line) for line in text.splitlines() if '"events_retried"' in line]
    assert {line["event_source_id"]: line["messages"] for line in lines} == {PIXEL: 2, "OTHERPIXEL": 1}
    assert '"outcome":"unauthorised","EventsRetried":[3.0]' in text


@pytest.mark.usefixtures("dispatch_function")
def test_run_that_has_no_time_left_retries_all_of_it(simulator: Simulator, retry_queue: RetryQueue) -> None:
    context: Any = Context(15_000)
    report: Any = dispatch.handler.lambda_handler(sqs_event(messages(3)), context)  # type: ignore[arg-type]
    assert (report["batchItemFailures"], retry_queue.delayed()) == ([], 3)
    assert simulator.requests() == []


@pytest.mark.usefixtures("dispatch_function")
def test_run_that_has_no_time_for_sqs_reports_all_of_it(retry_queue: RetryQueue) -> None:
    context: Any = Context(9_000)
    report: Any = dispatch.handler.lambda_handler(sqs_event(messages(3)), context)  # type: ignore[arg-type]
    assert (len(report["batchItemFailures"]), retry_queue.delayed()) == (3, 0)


def test_read_time_out_is_no_response(simulator: Simulator) -> None:
    simulator.add_fault("timeout_after_accept", seconds=20)
    answer = Client(simulator.url, read_seconds=0.1).track(DESTINATION, ['{"event":"A"}'], TOKEN)
    assert answer.status is None
    assert answer.may_be_delivered()


def test_retry_after_is_read_from_the_answer(simulator: Simulator) -> None:
    simulator.add_fault("throttle", http_status=429, retry_after=17)
    assert Client(simulator.url).track(DESTINATION, ['{"event":"A"}'], TOKEN).retry_after == 17.0


def test_metrics_count_what_was_delivered_retried_and_dead_lettered(
    dispatch_function: Dispatch, simulator: Simulator, output: Output
) -> None:
    simulator.add_fault("poison", match={"field": "event_id", "in": ["order-1"]})
    dispatch_function(sqs_event([*messages(3), "rubbish"]))
    text = output.text()
    assert '"EventsDelivered"' in text
    assert '"EventsDeadLettered":[2.0]' in text
    assert '"OldestEventAge"' in text
    simulator.add_fault("error", code=31337)
    dispatch_function(sqs_event(messages(2)))
    text = output.text()
    assert '"outcome":"unknown","EventsRetried":[2.0]' in text
    assert '"UnknownResponses":[1.0]' in text


def test_log_lines_carry_digests_of_the_ids_and_never_the_ids(
    dispatch_function: Dispatch, simulator: Simulator, output: Output
) -> None:
    simulator.add_fault("poison", match={"field": "event_id", "in": ["order-1"]})
    dispatch_function(sqs_event(messages(3)))
    simulator.add_fault("throttle", times=1)
    dispatch_function(sqs_event(messages(1)))
    text = output.text()
    lines = [json.loads(line) for line in text.splitlines() if '"level"' in line]
    digests = {number: id_digest(f"order-{number}") for number in range(3)}
    retried = [line for line in lines if line["message"] == "events_retried"]
    dead = [line for line in lines if line["message"] == "events_dead_lettered"]
    delivered = [line for line in lines if line.get("outcome") == "delivered"]
    assert [line["event_id_digests"] for line in retried] == [[digests[0]]]
    assert [line["event_id_digests"] for line in dead] == [[digests[1]]]
    assert {digest for line in delivered for digest in line["event_id_digests"]} == {digests[0], digests[2]}
    assert "order-" not in text


def test_two_events_of_one_order_are_distinguished_by_name(
    dispatch_function: Dispatch, simulator: Simulator, output: Output
) -> None:
    (purchase,) = messages(1)
    (other,) = messages(1, event="PlaceAnOrder")
    (custom,) = messages(1, event="CanaryName")
    dispatch_function(sqs_event([purchase, other, custom]))
    assert simulator.stats()["counted"] == 3
    (line,) = [json.loads(text) for text in output.text().splitlines() if '"tiktok_responded"' in text]
    assert line["event_id_digests"] == [id_digest("order-0")] * 3
    assert line["event_names"] == ["Purchase", "PlaceAnOrder", "custom"]
    assert "Canary" not in output.text()


def test_lambda_sample_is_delivered(dispatch_function: Dispatch, simulator: Simulator) -> None:
    path = Path(__file__).parents[2] / "events" / "lambda" / "dispatch_purchase.json"
    assert dispatch_function(json.loads(path.read_text())) == {"batchItemFailures": []}
    assert [entry["event_id"] for entry in simulator.events()] == ["order-100043"]


def test_token_goes_to_tiktok_and_nowhere_else(
    dispatch_function: Dispatch, simulator: Simulator, output: Output
) -> None:
    simulator.add_fault("token_revoked")
    dispatch_function(sqs_event(messages(1)))
    written = output.text()
    assert "tiktok_responded" in written
    assert TOKEN not in written
