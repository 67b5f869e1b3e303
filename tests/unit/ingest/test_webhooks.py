"""Webhooks: what is remembered, which is only what the queue has."""

import json
import time

import pytest

from ingest import webhooks
from ingest.http import MAX_SERVER_BYTES, Request
from relay.request_error import RequestError
from relay.webhooks import standard
from relay_senders import samples, signing
from tests.support.history import Remembered
from tests.support.ingest import MemoryQueue, make_dependencies, request
from tests.support.webhooks import EVENTS

SECRET = "shopify-secret-of-the-tests"


def test_standard_webhook_may_be_as_long_as_any_other_body() -> None:
    assert standard.MAX_BYTES == MAX_SERVER_BYTES


def order_paid_when_created() -> tuple[Request, str]:
    """A webhook that becomes PlaceAnOrder and Purchase, and its order's id."""
    order = json.loads(samples.fresh((EVENTS / "shopify/orders_create.json").read_bytes(), time.time()))
    raw = json.dumps(order | {"financial_status": "paid"}).encode()
    headers = signing.headers("shopify", raw, SECRET, topic="orders/create", now=int(time.time()))
    sent = {name.replace("-", "_"): value for name, value in headers.items()}
    return request("POST", "/v1/webhooks/shopify", raw, authorization=None, **sent), str(order["id"])


@pytest.mark.parametrize("not_taken", [[0], [1], [0, 1]])
def test_purchase_is_remembered_once_the_queue_has_all_of_its_webhook(not_taken: list[int]) -> None:
    webhook, order_id = order_paid_when_created()
    queue, history = MemoryQueue(not_taken=not_taken), Remembered()
    dependencies = make_dependencies(queue, shopify=SECRET)
    with pytest.raises(RequestError) as error:
        webhooks.answer(webhook, dependencies, history)
    assert (error.value.status, error.value.code) == (503, "queue_unavailable")
    assert not history.keys
    queue.not_taken = ()
    assert webhooks.answer(webhook, dependencies, history).status == 200
    assert history.keys == {f"Purchase:{order_id}"}
