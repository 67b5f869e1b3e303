"""Webhooks end to end: signed and posted to the real API, read back from TikTok, each thing once."""

import json
import time
from typing import Any

import pytest
import requests

from local import samples
from local.samples import Sample
from relay.webhooks import registry
from relay_senders import signing
from tests.e2e.conftest import DEADLINE_SECONDS, Stack

pytestmark = pytest.mark.e2e

WEBHOOKS = [sample for sample in samples.load(time.time()) if sample.sender != "server"]


def post(stack: Stack, sender: str, body: bytes, topic: str = "", **headers: str) -> requests.Response:
    secret = stack.info.webhook_secrets[sender]
    signed = signing.headers(sender, body, secret, topic=topic, now=time.time()) | headers
    return stack.call("POST", f"/v1/webhooks/{sender}", key="", data=body, headers=signed)


def renamed(sample: Sample, event_id: str) -> bytes:
    """The sample's body as another order."""
    body: dict[str, Any] = json.loads(sample.body)
    (body["data"]["object"] if sample.sender == "stripe" else body)["id"] = event_id
    return json.dumps(body).encode()


def named(name: str) -> Sample:
    return next(sample for sample in WEBHOOKS if sample.name == name)


def counted(stack: Stack, event_id: str, times: int) -> list[tuple[str, int]]:
    """Waits until TikTok has received an id so often; gives what it counted of it."""

    def look() -> list[tuple[str, int]] | None:
        found = stack.simulator("events", event_id=event_id)["events"]
        enough = sum(event["received"] for event in found) >= times
        return sorted((event["event"], event["counted"]) for event in found) if enough else None

    return stack.until(look, f"{event_id} received {times} times")


@pytest.mark.parametrize("sample", WEBHOOKS, ids=lambda sample: sample.name)
def test_sample_arrives_or_is_ignored_for_its_reason(stack: Stack, sample: Sample) -> None:
    answer = post(stack, sample.sender, sample.body, sample.topic)
    assert answer.status_code == 200, answer.text
    result = answer.json()
    if sample.ignored is not None:
        assert (result["status"], result["reason"]) == ("ignored", sample.ignored)
        return
    assert result["status"] == "accepted"
    (accepted,) = result["accepted"]
    arrived = (accepted["event"], accepted["event_id"])

    def look() -> dict[str, Any] | None:
        found = stack.simulator("events", event_id=accepted["event_id"])["events"]
        return next((event for event in found if (event["event"], event["event_id"]) == arrived), None)

    assert stack.until(look, " ".join(arrived))["counted"] == 1


def test_twin_topics_retries_and_replays_of_an_order_count_once(stack: Stack) -> None:
    order = renamed(named("shopify/orders_paid"), "5778367414385900001")
    for topic in ("orders/create", "orders/paid", "orders/paid", "orders/updated", "orders/paid"):
        assert post(stack, "shopify", order, topic).status_code == 200
    assert counted(stack, "5778367414385900001", 4) == [("PlaceAnOrder", 1), ("Purchase", 1)]


def test_delayed_payment_counts_once(stack: Stack) -> None:
    session = "cs_live_e2eExample"
    for name in ("completed.unpaid", "async_payment_succeeded", "async_payment_succeeded"):
        body = renamed(named(f"stripe/checkout.session.{name}"), session)
        assert post(stack, "stripe", body).status_code == 200
    assert counted(stack, session, 2) == [("Purchase", 1)]


def test_webhook_and_page_under_one_id_count_once(stack: Stack) -> None:
    order = renamed(named("woocommerce/order.created"), "990001")
    assert post(stack, "woocommerce", order, "order.created").status_code == 200
    page = {
        "event": "Purchase",
        "event_id": "990001",
        "event_time": int(time.time()),
        "email": "wu@example.com",
    }
    assert stack.post(page | {"value": 29.83, "currency": "EUR"}).status_code == 202
    assert counted(stack, "990001", 2) == [("Purchase", 1)]


def test_signature_covers_the_raw_bytes(stack: Stack) -> None:
    body = json.loads(renamed(named("shopify/orders_paid"), "5778367414385900002"))
    body["note"] = "Zoë & Łukasz " + "ß" * 100_000
    raw = json.dumps(body, ensure_ascii=False).replace("/", "\\/").replace("&", "\\u0026").encode()
    for content_type in ("application/json", "application/octet-stream"):
        answer = post(stack, "shopify", raw, "orders/paid", **{"content-type": content_type})
        assert answer.json()["status"] == "accepted"


def test_woocommerces_ping_is_answered_as_it_wants(stack: Stack) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = stack.call("POST", "/v1/webhooks/woocommerce", key="", data="webhook_id=12", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (200, "ping")


@pytest.mark.parametrize("sender", registry.PROVIDERS)
@pytest.mark.parametrize("change", ["body", "signature", "none"])
def test_invalid_signature_is_rejected_and_queues_nothing(stack: Stack, sender: str, change: str) -> None:
    stack.until(lambda: True if stack.waiting(stack.info.queue_url) == 0 else None, "an empty queue")
    sample = next(sample for sample in WEBHOOKS if sample.sender == sender and sample.ignored is None)
    signed = signing.headers(
        sender, sample.body, stack.info.webhook_secrets[sender], topic=sample.topic, now=time.time()
    )
    name = registry.load_provider(sender).signature.headers[-1]
    if change == "signature":
        signed[name] = signed[name][:-4] + "AAA="
    elif change == "none":
        # The server key opens no webhook.
        signed = {"authorization": f"Bearer {stack.info.server_key}"}
    body = sample.body + b" " if change == "body" else sample.body
    answer = stack.call("POST", f"/v1/webhooks/{sender}", key="", data=body, headers=signed)
    assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    assert stack.waiting(stack.info.queue_url) == 0


def test_answer_is_in_time_for_shopify(stack: Stack) -> None:
    sample = named("shopify/orders_paid")
    started = time.monotonic()
    post(stack, "shopify", sample.body, sample.topic)
    assert time.monotonic() - started < 5 < DEADLINE_SECONDS  # what Shopify waits
