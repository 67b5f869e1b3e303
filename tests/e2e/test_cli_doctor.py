"""`relay doctor` finds each planted fault on the local stack, and nothing wrong before it was planted."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from relay_cli import diagnostics, doctor, event_sources, stacks
from relay_cli.main import main
from tests.e2e.conftest import HOME
from tests.support.events import PIXEL

pytestmark = pytest.mark.e2e

Plant = Callable[["Doctored"], contextlib.AbstractContextManager[None]]


class Doctored:
    """The stack, to plant faults in."""

    def __init__(self, stack: Any) -> None:
        self.api = stack
        self.aws = stacks.open_local(str(HOME))

    def secret(self, output: str) -> str:
        held = self.aws.client("secretsmanager").get_secret_value(SecretId=self.aws.output(output))
        return str(held["SecretString"])

    def write_secret(self, output: str, text: str) -> None:
        self.aws.client("secretsmanager").put_secret_value(
            SecretId=self.aws.output(output), SecretString=text
        )

    def environment(self, function: str) -> dict[str, str]:
        return self.aws.environment(function)

    def write_environment(self, function: str, variables: dict[str, str]) -> None:
        """Publish a version with it, as a deployment does."""
        client, name = self.aws.client("lambda"), self.aws.resource(function)
        client.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        version = client.publish_version(FunctionName=name)["Version"]
        client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)


@pytest.fixture
def doctored(stack: Any) -> Doctored:
    """The local stack."""
    return Doctored(stack)


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, dict[str, Any]]]:
    """Runs the command; gives the findings by code."""

    def run(*words: str) -> dict[str, dict[str, Any]]:
        capsys.readouterr()
        code = main(["doctor", "--local", "--local-folder", str(HOME), "--json", *words])
        printed = json.loads(capsys.readouterr().out)
        assert code == (0 if printed["ok"] else 1)
        assert not [finding for finding in printed["findings"] if finding["code"] == "not_checked"]
        return {finding["code"]: finding for finding in printed["findings"]}

    return run


@contextlib.contextmanager
def secret(stack: Doctored, output: str, change: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    before = stack.secret(output)
    changed = change(json.loads(before))
    stack.write_secret(output, changed if isinstance(changed, str) else json.dumps(changed))
    try:
        yield
    finally:
        stack.write_secret(output, before)


@contextlib.contextmanager
def variable(stack: Doctored, name: str, value: str) -> Iterator[None]:
    before = stack.environment("IngestFunction")
    stack.write_environment("IngestFunction", before | {name: value})
    try:
        yield
    finally:
        stack.write_environment("IngestFunction", before)


@contextlib.contextmanager
def paused(stack: Doctored) -> Iterator[None]:
    event_sources.switch(stack.aws, enabled=False)
    try:
        yield
    finally:
        event_sources.switch(stack.aws, enabled=True)


@contextlib.contextmanager
def dead_letter(stack: Doctored) -> Iterator[None]:
    queues = stack.aws.queues()
    attributes = {"reason": {"DataType": "String", "StringValue": "rejected"}}
    queues.sqs.send_message(
        QueueUrl=queues.dead_letter_queue_url,
        MessageBody="planted",
        MessageAttributes=attributes,  # type: ignore[arg-type]
    )
    try:
        yield
    finally:
        queues.sqs.purge_queue(QueueUrl=queues.dead_letter_queue_url)


@contextlib.contextmanager
def old_queue(stack: Doctored) -> Iterator[None]:
    name = stack.aws.output("QueueUrl").rpartition("/")[2]

    def put(seconds: float) -> None:
        stack.aws.client("cloudwatch").put_metric_data(
            Namespace="AWS/SQS",
            MetricData=[
                {
                    "MetricName": "ApproximateAgeOfOldestMessage",
                    "Dimensions": [{"Name": "QueueName", "Value": name}],
                    "Value": seconds,
                    "Unit": "Seconds",
                }
            ],
        )

    put(7200)
    yield


@contextlib.contextmanager
def no_retention(stack: Doctored) -> Iterator[None]:
    client, group = stack.aws.client("logs"), stack.aws.resource("DispatchLogs")
    client.delete_retention_policy(logGroupName=group)
    try:
        yield
    finally:
        client.put_retention_policy(logGroupName=group, retentionInDays=30)


@contextlib.contextmanager
def ringing(stack: Doctored) -> Iterator[None]:
    client, name = stack.aws.client("cloudwatch"), stack.aws.resource("QueueAgeAlarm")
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="planted")
    try:
        yield
    finally:
        client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="planted")


def short(sender: str) -> Plant:
    return lambda stack: secret(stack, "IngestSecretArn", lambda held: held | {sender: "short"})


SET_UP: dict[str, tuple[str, Plant]] = {
    "test_code_on": ("test-code", lambda stack: variable(stack, "TEST_EVENT_CODE", "TEST1")),
    "destination_looks_like_pixel": (
        "destinations",
        lambda stack: variable(stack, "DESTINATIONS", "offline:ABCDEFGHIJ0123456789"),
    ),
    "token_missing": ("tokens", lambda stack: secret(stack, "TikTokSecretArn", lambda _: {})),
    "token_rejected": (
        "tokens",
        lambda stack: secret(stack, "TikTokSecretArn", lambda _: {PIXEL: "a-wrong-token-0123456789"}),
    ),
    "broken_secret": ("tokens", lambda stack: secret(stack, "TikTokSecretArn", lambda _: "not JSON")),
    "token_without_destination": (
        "tokens",
        lambda stack: secret(stack, "TikTokSecretArn", lambda held: held | {"OTHER": "a-token-0123456789"}),
    ),
    "secret_not_in_force": ("ingest-secret", short("shopify")),
    "server_key_missing": (
        "ingest-secret",
        lambda stack: secret(stack, "IngestSecretArn", lambda held: held | {"server_key": ""}),
    ),
    "delivery_paused": ("paused", paused),
    "dead_letters": ("dead-letters", dead_letter),
    "log_retention_missing": ("logs", no_retention),
    "alarm_ringing": ("alarms", ringing),
    "queue_age": ("queue-age", old_queue),
}
"""Code → check, and how to plant the fault."""


@pytest.mark.parametrize("code", SET_UP)
def test_planted_fault_is_found_and_was_not_there_before(
    doctored: Doctored, examine: Callable[..., dict[str, dict[str, Any]]], code: str
) -> None:
    check, plant = SET_UP[code]
    words = ["--only", check, *(["--test-code", "TEST1"] if code == "token_rejected" else [])]
    assert code not in examine(*words)
    with plant(doctored):
        found = examine(*words)
    assert code in found
    assert found[code]["what"]
    assert found[code]["why"]
    assert found[code]["fix"]


def test_wrong_clock_is_found(
    doctored: Doctored,
    examine: Callable[..., dict[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert doctored.api
    assert "clock_skew" not in examine("--only", "clock")
    monkeypatch.setattr(doctor, "now", lambda: time.time() + 300)
    assert "clock_skew" in examine("--only", "clock")


# ── faults that only the logs show ─────────────────────────────────────────────────────────────────────────


def wrong_signature(stack: Doctored) -> None:
    headers = {"x-wc-webhook-signature": "bm90IHJpZ2h0", "x-wc-webhook-topic": "order.created"}
    stack.api.call("POST", "/v1/webhooks/woocommerce", key="", data=b'{"id": 1}', headers=headers)


def wrong_key(stack: Doctored) -> None:
    stack.api.call("POST", "/v1/events", key="a-wrong-key-0123456789", json={})


def purchases(stack: Doctored, number: int, **changes: object) -> None:
    events = [
        {
            "event": "Purchase",
            "event_id": f"doctor-{time.time_ns()}-{place}",
            "event_time": int(time.time()),
            "email": f"c{place}@example.com",
            "url": "https://shop.example/",
            **changes,
        }
        for place in range(number)
    ]
    stack.api.post({"events": events})


TRAFFIC: dict[str, Callable[[Doctored], None]] = {
    "signatures_failing": wrong_signature,
    "unauthenticated": wrong_key,
    "purchases_without_value": lambda stack: purchases(stack, 200),
    "event_id_missing": lambda stack: purchases(stack, 200, event_id=None),
    "events_rejected": lambda stack: purchases(stack, 900, value=1, currency="EURO"),
}
"""Code → what makes it show in the logs."""


@pytest.mark.parametrize("code", TRAFFIC)
def test_fault_in_the_traffic_is_found(
    doctored: Doctored, examine: Callable[..., dict[str, dict[str, Any]]], code: str
) -> None:
    TRAFFIC[code](doctored)
    words = ["--only", "traffic", "--since", "5m"]
    doctored.api.until(lambda: code in examine(*words) or None, code)


def test_rejected_token_is_found_in_the_logs(
    doctored: Doctored, examine: Callable[..., dict[str, dict[str, Any]]]
) -> None:
    words = ["--only", "traffic", "--since", "5m"]
    # A warm copy of dispatch keeps the token of the secret for minutes: so it is TikTok that revokes it.
    faults = f"{doctored.api.info.simulator_url}/_sim/faults"
    requests.post(faults, json={"kind": "token_revoked"}, timeout=10).raise_for_status()
    try:
        purchases(doctored, 1, value=1, currency="EUR")
        doctored.api.until(lambda: "token_rejected" in examine(*words) or None, "token_rejected")
    finally:
        requests.delete(faults, timeout=10).raise_for_status()


def test_accepted_events_that_are_not_delivered_are_found(
    doctored: Doctored,
    examine: Callable[..., dict[str, dict[str, Any]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(diagnostics, "DELIVERY_SECONDS", 0.5)
    with paused(doctored):
        purchases(doctored, 1, value=1, currency="EUR")
        words = ["--only", "traffic", "--since", "5m"]
        doctored.api.until(lambda: "no_deliveries" in examine(*words) or None, "no_deliveries")
