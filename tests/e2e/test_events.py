"""Events end to end: posted to the real API, read back from TikTok."""

import json
import time
import uuid
from typing import Any

import pytest

from relay.identity.hashing import digest
from tests.e2e.conftest import ORIGIN, Stack

pytestmark = pytest.mark.e2e

NINE = (
    "ViewContent",
    "AddToWishlist",
    "Search",
    "AddPaymentInfo",
    "AddToCart",
    "InitiateCheckout",
    "PlaceAnOrder",
    "CompleteRegistration",
    "Purchase",
)


def flat(name: str, event_id: str) -> dict[str, Any]:
    """An event with every field that the shop sends."""
    return {
        "event": name,
        "event_id": event_id,
        "event_time": int(time.time()) - 5,
        "value": 129.9,
        "currency": "USD",
        "content_id": "SKU-1",
        "content_type": "product",
        "content_name": "Trail shoe",
        "url": "https://shop.example/p/1?color=red",
        "email": " Ada.Lovelace@Example.com",
        "phone": "(+1) 213-373-4253",
        "external_id": "Customer-1",
        "ip": "9.9.9.9",
        "user_agent": "Browser/1",
        "ttclid": "E.C.P.click",
        "ttp": "2ttp",
    } | ({"search_string": "trail shoe"} if name == "Search" else {})


def nested(name: str, event_id: str) -> dict[str, Any]:
    """The same event as TikTok's API has it."""
    given = flat(name, event_id)
    user = ("email", "phone", "external_id", "ip", "user_agent", "ttclid", "ttp")
    properties = ("value", "currency", "content_id", "content_type", "content_name", "search_string")
    return {
        "event": name,
        "event_id": event_id,
        "event_time": given["event_time"],
        "user": {entry: given[entry] for entry in user},
        "properties": {entry: given[entry] for entry in properties if entry in given},
        "page": {"url": given["url"]},
    }


@pytest.mark.parametrize("shape", [flat, nested])
@pytest.mark.parametrize("name", NINE)
def test_event_arrives_with_every_field(stack: Stack, name: str, shape: Any) -> None:
    event_id = uuid.uuid4().hex
    sent = shape(name, event_id)
    answer = stack.post(sent)
    assert answer.status_code == 202, answer.text
    (accepted,) = answer.json()["accepted"]
    # TikTok ends PlaceAnOrder in 2027, which is all that there is to warn of.
    codes = [warning["code"] for warning in accepted.pop("warnings")]
    assert codes == (["event_ending"] if name == "PlaceAnOrder" else [])
    assert accepted == {"index": 0, "event": name, "event_id": event_id, "match_quality": 10.0}
    event = stack.received([event_id])[event_id]
    assert event["event_source_id"] == "D179S7RC77UA68QT5U1G"
    assert event["item"] == {
        "event": name,
        "event_id": event_id,
        "event_time": sent["event_time"],
        "user": {
            "email": digest("ada.lovelace@example.com"),
            "phone": digest("+12133734253"),
            "external_id": digest("Customer-1"),
            "ip": "9.9.9.9",
            "user_agent": "Browser/1",
            "ttclid": "E.C.P.click",
            "ttp": "2ttp",
        },
        "properties": {
            "value": 129.9,
            "currency": "USD",
            "content_type": "product",
            "contents": [{"content_id": "SKU-1", "content_name": "Trail shoe"}],
        }
        | ({"search_string": "trail shoe"} if name == "Search" else {}),
        "page": {"url": "https://shop.example/p/1?color=red"},
    }


def test_a_thousand_events_in_one_request_arrive_once_each(stack: Stack) -> None:
    ids = [uuid.uuid4().hex for _ in range(1000)]
    answer = stack.post({"events": [flat("ViewContent", entry) for entry in ids]})
    assert answer.status_code == 202
    assert len(answer.json()["accepted"]) == 1000
    received = stack.received(ids)
    assert {entry["counted"] for entry in received.values()} == {1}


def test_same_event_sent_twice_counts_once(stack: Stack) -> None:
    event_id = uuid.uuid4().hex
    for _ in range(2):
        assert stack.post(flat("Purchase", event_id)).status_code == 202

    def twice() -> dict[str, Any] | None:
        found = stack.simulator("events", event_id=event_id)["events"]
        return found[0] if found and found[0]["received"] == 2 else None

    assert stack.until(twice, "both copies at TikTok")["counted"] == 1


def test_page_sends_with_its_own_address_and_browser(stack: Stack) -> None:
    event_id = uuid.uuid4().hex
    sent = {**flat("ViewContent", event_id), "ip": "1.1.1.1", "user_agent": "made up"}
    answer = stack.call(
        "POST",
        "/v1/events",
        key="",
        data=json.dumps(sent),
        headers={"origin": ORIGIN, "content-type": "text/plain;charset=UTF-8", "user-agent": "Page/1"},
    )
    assert answer.status_code == 202, answer.text
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    user = stack.received([event_id])[event_id]["item"]["user"]
    assert user["user_agent"] == "Page/1"
    # The address that the local stack gives to all requests, and not the one that the page says.
    assert user["ip"] == "9.9.9.9"


def test_health_needs_no_key(stack: Stack) -> None:
    answer = stack.call("GET", "/v1/health", key="")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("POST", "/v1/events", {"data": "{"}, 400, "body_not_json"),
        ("POST", "/v1/events", {"data": ""}, 400, "body_empty"),
        (
            "POST",
            "/v1/events",
            {"data": b"\x00\xff", "headers": {"content-type": "application/octet-stream"}},
            415,
            None,
        ),
        ("POST", "/v1/events", {"data": "a=b", "headers": {"content-type": "text/plain"}}, 415, None),
        ("POST", "/v1/events", {"data": " " * 4_194_305}, 413, "body_too_large"),
        ("POST", "/v1/events", {"json": {"events": [{}] * 1001}}, 413, "events_too_many"),
        ("POST", "/v1/events", {"json": {}, "key": ""}, 401, "unauthenticated"),
        ("POST", "/v1/events", {"json": {}, "key": "wrong"}, 401, "unauthenticated"),
        ("POST", "/v1/events", {"json": {"email": "a@b.example"}}, 422, "events_rejected"),
        ("POST", "/v1/nothing", {"json": {}}, 404, "route_unknown"),
        ("GET", "/", {}, 404, "route_unknown"),
        ("DELETE", "/v1/events", {}, 405, "method_not_allowed"),
    ],
)
def test_bad_request_is_answered_with_what_is_wrong_and_queues_nothing(
    stack: Stack, method: str, path: str, sent: dict[str, Any], status: int, code: str | None
) -> None:
    stack.until(lambda: True if stack.waiting(stack.info.queue_url) == 0 else None, "an empty queue")
    answer = stack.call(method, path, **sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == (code or "content_type_unsupported")
    assert "Traceback" not in answer.text
    assert stack.waiting(stack.info.queue_url) == 0


def test_nothing_ends_up_on_the_dead_letter_queue(stack: Stack) -> None:
    assert stack.waiting(stack.info.dead_letter_queue_url) == 0
