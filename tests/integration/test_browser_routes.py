"""What browsers ask of ingest: scripts, visits, who may send; and webhooks filled from what pages left."""

import base64
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

import ingest.dependencies
from ingest import rate_limits
from relay.message import decode
from relay_senders import signing
from tests.integration.conftest import WEBHOOK_SECRETS, Ingest, Output
from tests.support.events import PIXEL
from tests.support.lambda_events import SERVER_KEY
from tests.support.visits import OTHER_VISIT, VISIT

ORIGIN = "https://shop.example"
WRITE_KEY = "write-key-of-the-shop-1"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0"

EVENT = {
    "event": "Purchase",
    "event_id": "1001",
    "properties": {"value": 12.5, "currency": "EUR"},
    "page": {"url": "https://shop.example/thanks"},
}


@pytest.fixture
def relay(ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch) -> Ingest:
    """Ingest with a table of visits and a public write key."""
    boto3.client("dynamodb").create_table(
        TableName="visits",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
    )
    monkeypatch.setenv("VISITS_TABLE", "visits")
    add_to_secret(public_write_key=["an-older-write-key-1", WRITE_KEY])
    return ingest_function


def add_to_secret(**entries: object) -> None:
    client = boto3.client("secretsmanager")
    held = json.loads(client.get_secret_value(SecretId="ingest")["SecretString"])
    client.put_secret_value(SecretId="ingest", SecretString=json.dumps(held | entries))


def from_page(relay: Ingest, path: str, body: object, **headers: str | None) -> dict[str, Any]:
    sent: dict[str, str | None] = {
        "authorization": None,
        "origin": ORIGIN,
        "content_type": "text/plain;charset=UTF-8",
        "user_agent": BROWSER,
    }
    return relay.request("POST", path, json.dumps(body), **(sent | headers))


def leave(relay: Ingest, visit_id: str = VISIT, **fields: Any) -> dict[str, Any]:
    return from_page(
        relay, "/v1/visits", {"id": visit_id, "consent": "granted", "ttclid": "E.C.P.x", "ttp": "t", **fields}
    )


def stripe(relay: Ingest, *, age: int = 0, **session: Any) -> dict[str, Any]:
    """A signed webhook of a paid session that knows nothing of the visit but what is given."""
    defaults = {
        "id": "cs_live_1",
        "object": "checkout.session",
        "payment_status": "paid",
        "amount_total": 1250,
        "currency": "eur",
        "customer_details": {"email": "ada@example.com"},
        "success_url": "https://shop.example/thanks",
    }
    return stripe_event(relay, "checkout.session.completed", defaults | session, age=age)


def stripe_event(relay: Ingest, kind: str, payment: dict[str, Any], *, age: int = 0) -> dict[str, Any]:
    """A signed webhook of Stripe's, about a payment made `age` seconds ago, unless it says otherwise."""
    now = int(time.time())
    body = json.dumps(
        {
            "object": "event",
            "type": kind,
            "livemode": True,
            "created": now - age,
            "data": {"object": {"created": now - age, **payment}},
        }
    ).encode()
    secret = WEBHOOK_SECRETS["stripe"]
    assert isinstance(secret, str)
    signed = signing.headers("stripe", body, secret, topic="", now=now)
    headers = {name.replace("-", "_"): value for name, value in signed.items()} | {"authorization": None}
    return relay.request("POST", "/v1/webhooks/stripe", body, **headers)


def queued_user(relay: Ingest) -> dict[str, Any]:
    (body,) = relay.queued()
    user: dict[str, Any] = json.loads(decode(body).item)["user"]
    return user


# ── scripts ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/tag.js", "/adapters.js"])
def test_script_is_compressed_cacheable_and_not_sent_twice(relay: Ingest, path: str) -> None:
    answer = relay.request_raw("GET", path, accept_encoding="br, gzip;q=0.8")
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-encoding"] == "gzip"
    assert answer["headers"]["content-type"] == "text/javascript; charset=utf-8"
    assert answer["headers"]["cache-control"] == "public, max-age=3600"
    assert answer["isBase64Encoded"]
    script = gzip.decompress(base64.b64decode(answer["body"])).decode()
    assert relay.request_raw("GET", path, accept_encoding="gzip;q=0")["body"] == script
    assert relay.request_raw("GET", path)["body"] == script
    known = relay.request_raw("GET", path, if_none_match=answer["headers"]["etag"])
    assert (known["statusCode"], known["body"]) == (304, "")


def test_tag_holds_the_values_of_the_stack_and_stays_small(
    relay: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVENT_ID_PREFIX", "shop-1.")
    ingest.dependencies.get_dependencies.cache_clear()
    text = relay.request_raw("GET", "/tag.js")["body"]
    assert PIXEL in text
    assert "shop-1." in text
    assert "{{" not in text.replace(r"\{\{", "")
    assert len(gzip.compress(text.encode(), 9)) <= 4096


# ── who may send ───────────────────────────────────────────────────────────────────────────────────────


def test_sandboxed_frame_sends_with_the_public_write_key(relay: Ingest) -> None:
    answer = from_page(relay, "/v1/events", {"write_key": WRITE_KEY, "events": [EVENT]}, origin="null")
    assert answer["statusCode"] == 202, answer["body"]
    assert {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}.isdisjoint(
        {"unknown_field"}
    )
    assert answer["headers"]["access-control-allow-origin"] == "*"
    assert queued_user(relay)["ip"] == "9.9.9.9"


@pytest.mark.parametrize("key", ["wrong-write-key-0001", "short", "", None, 7, SERVER_KEY])
def test_wrong_write_key_is_rejected(relay: Ingest, key: object) -> None:
    answer = from_page(relay, "/v1/events", {"write_key": key, "events": [EVENT]}, origin="null")
    assert (answer["statusCode"], answer["json"]["code"]) == (401, "unauthenticated")
    assert relay.queued() == []


def test_frame_of_no_origin_without_a_key_is_rejected(relay: Ingest) -> None:
    assert from_page(relay, "/v1/events", EVENT, origin="null")["statusCode"] == 401
    assert leave_from(relay, "null")["statusCode"] == 403


def test_write_key_is_no_server_key(relay: Ingest) -> None:
    """It may not set address or browser, name a destination, or send as many bytes as a server."""
    event = {**EVENT, "user": {"ip": "1.1.1.1", "email": "ada@example.com"}}
    body = {"write_key": WRITE_KEY, "events": [event]}
    answer = from_page(relay, "/v1/events", body, origin="null")
    assert answer["statusCode"] == 202, answer["body"]
    assert {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]} >= {"browser_ip"}
    assert queued_user(relay)["ip"] == "9.9.9.9"
    bearer = relay.request(
        "POST", "/v1/events", EVENT, authorization=f"Bearer {WRITE_KEY}", user_agent=BROWSER
    )
    assert bearer["statusCode"] == 401


def test_server_key_counts_before_a_write_key(relay: Ingest) -> None:
    body = {"write_key": WRITE_KEY, "events": [EVENT]}
    answer = relay.request("POST", "/v1/events", body, authorization="Bearer a-wrong-server-key-1")
    assert answer["statusCode"] == 401
    assert relay.queued() == []


def test_write_key_that_was_put_in_later_is_found(relay: Ingest) -> None:
    body = {"write_key": "a-key-of-tomorrow-1", "events": [EVENT]}
    assert from_page(relay, "/v1/events", body, origin="null")["statusCode"] == 401
    add_to_secret(public_write_key="a-key-of-tomorrow-1")
    ingest.dependencies.get_dependencies.cache_clear()
    assert from_page(relay, "/v1/events", body, origin="null")["statusCode"] == 202


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://shop.example", "https://shop.example.evil", "null"]
)
def test_foreign_origin_leaves_no_visit_and_gets_no_preflight(relay: Ingest, origin: str) -> None:
    assert leave_from(relay, origin)["statusCode"] == 403
    answer = relay.request("OPTIONS", "/v1/visits", origin=origin)
    assert answer["statusCode"] == 403


def test_page_of_another_origin_gets_in_by_no_key(relay: Ingest) -> None:
    body = {"write_key": WRITE_KEY, "events": [EVENT]}
    assert from_page(relay, "/v1/events", body, origin="https://evil.example")["statusCode"] == 401


def test_preflight_of_an_allowed_origin(relay: Ingest) -> None:
    answer = relay.request("OPTIONS", "/v1/visits", origin=ORIGIN)
    assert answer["statusCode"] == 204
    assert answer["headers"]["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-credentials" not in answer["headers"]


def leave_from(relay: Ingest, origin: str) -> dict[str, Any]:
    return from_page(relay, "/v1/visits", {"id": VISIT, "consent": "granted"}, origin=origin)


@pytest.mark.parametrize(
    ("user_agent", "page", "reason"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "https://shop.example/", "bot"),
        (BROWSER, "https://shop-example.translate.goog/", "preview"),
    ],
)
def test_bots_and_previews_are_ignored_and_counted(
    relay: Ingest, output: Output, user_agent: str, page: str, reason: str
) -> None:
    event = {**EVENT, "page": {"url": page}}
    answer = from_page(relay, "/v1/events", event, user_agent=user_agent)
    assert (answer["statusCode"], answer["json"]["dropped"]) == (200, [{"index": 0, "reason": reason}])
    visit = from_page(
        relay, "/v1/visits", {"id": VISIT, "consent": "granted", "url": page}, user_agent=user_agent
    )
    assert visit["statusCode"] == 204
    assert relay.queued() == []
    assert table_items() == []
    assert "BrowserRequestsIgnored" in output.text()


def test_flood_of_one_address_is_throttled(relay: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_REQUESTS_PER_ADDRESS", 3)
    assert [leave(relay)["statusCode"] for _ in range(3)] == [204] * 3
    throttled = leave(relay)
    assert (throttled["statusCode"], throttled["headers"]["retry-after"]) == (429, "10")


# ── visits ─────────────────────────────────────────────────────────────────────────────────────────────


def table_items() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.client("dynamodb").scan(TableName="visits")["Items"]
    return found


def test_visit_is_kept_without_plain_personal_data_and_nothing_is_read_back(
    relay: Ingest, output: Output
) -> None:
    answer = leave(
        relay, email="Ada@Example.com", order_id="1001", url="https://shop.example/?email=ada@example.com"
    )
    assert (answer["statusCode"], answer["body"]) == (204, "")
    kept = json.dumps(table_items())
    assert "ada" not in kept.lower()
    assert "1001" not in kept
    written = output.text()
    assert "E.C.P.x" not in written
    assert VISIT not in written
    assert "9.9.9.9" not in written


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "forged", "consent": "granted"}, 422),
        ({"id": VISIT}, 422),
        ([], 400),
        ({"id": VISIT, "consent": "granted", "url": "https://shop.example/" + "x" * 9000}, 413),
    ],
)
def test_bad_visit_is_rejected(relay: Ingest, body: object, status: int) -> None:
    assert from_page(relay, "/v1/visits", body)["statusCode"] == status
    assert table_items() == []


def test_visit_is_not_lost_in_silence_where_the_table_fails(
    relay: Ingest, monkeypatch: pytest.MonkeyPatch, output: Output
) -> None:
    monkeypatch.setenv("VISITS_TABLE", "no-such-table")
    ingest.dependencies.get_dependencies.cache_clear()
    answer = leave(relay)
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "visits_unavailable")
    assert "VisitTableFaults" in output.text()


def test_store_that_is_off_takes_visits_and_keeps_none(
    relay: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISITS_TABLE")
    ingest.dependencies.get_dependencies.cache_clear()
    assert leave(relay)["statusCode"] == 204
    assert "visit" not in stripe(relay, client_reference_id=VISIT)["json"]
    assert '"off"' in relay.request_raw("GET", "/tag.js")["body"]


# ── webhooks ───────────────────────────────────────────────────────────────────────────────────────────


def test_stripe_webhook_is_filled_from_the_visit_that_it_names(relay: Ingest, output: Output) -> None:
    leave(relay)
    answer = stripe(relay, client_reference_id=VISIT)
    assert answer["json"]["visit"] == {
        "status": "joined",
        "joined_by": "visit_id",
        "filled": ["ttclid", "ttp", "ip", "user_agent"],
    }
    user = queued_user(relay)
    assert (user["ttclid"], user["ttp"], user["ip"], user["user_agent"]) == (
        "E.C.P.x",
        "t",
        "9.9.9.9",
        BROWSER,
    )
    # The visit's id is nobody's customer number.
    assert "external_id" not in user
    written = output.text()
    assert "WebhooksJoined" in written
    assert '"visit_filled"' in written


def test_own_reference_of_the_shop_stays_the_customers_id(relay: Ingest) -> None:
    stripe(relay, client_reference_id="customer-7")
    assert "external_id" in queued_user(relay)


@pytest.mark.parametrize(
    "session", [{"metadata": {"tt_visit": VISIT}}, {}], ids=["metadata", "session id of the thank-you page"]
)
def test_stripe_webhook_finds_its_visit_by_other_ways(relay: Ingest, session: dict[str, Any]) -> None:
    leave(relay, session_id="cs_live_1")
    stripe(relay, **session)
    assert queued_user(relay)["ttclid"] == "E.C.P.x"


def test_withdrawal_reaches_later_webhooks(relay: Ingest) -> None:
    leave(relay)
    from_page(relay, "/v1/visits", {"id": VISIT, "consent": "denied"})
    answer = stripe(relay, client_reference_id=VISIT)
    assert answer["json"]["visit"] == {"status": "consent_denied"}
    assert "ttclid" not in queued_user(relay)


def test_visit_of_another_person_is_not_used(relay: Ingest) -> None:
    leave(relay, email="grace@example.com")
    assert stripe(relay, client_reference_id=VISIT)["json"]["visit"] == {"status": "another_person"}
    assert "ip" not in queued_user(relay)


def test_failing_table_loses_no_webhook(relay: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISITS_TABLE", "no-such-table")
    ingest.dependencies.get_dependencies.cache_clear()
    answer = stripe(relay, client_reference_id=VISIT)
    assert (answer["statusCode"], answer["json"]["status"]) == (200, "accepted")
    assert len(relay.queued()) == 1


TRIAL: dict[str, Any] = {
    "mode": "subscription",
    "subscription": "sub_1",
    "payment_status": "no_payment_required",
    "amount_total": 0,
    "amount_subtotal": 0,
}
FIRST_PAYMENT = {
    "id": "in_1",
    "status": "paid",
    "billing_reason": "subscription_cycle",
    "subscription": "sub_1",
    "amount_paid": 1500,
    "currency": "eur",
    "customer_email": "ada@example.com",
}


def test_first_payment_after_a_trial_waits_for_a_table_that_fails(
    relay: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def use_table(name: str) -> None:
        monkeypatch.setenv("VISITS_TABLE", name)
        ingest.dependencies.get_dependencies.cache_clear()

    def ask_again(answer: dict[str, Any]) -> bool:
        assert answer["statusCode"] == 200 or answer["headers"]["retry-after"] == "30"
        return (answer["statusCode"], answer["json"].get("code")) == (503, "history_unavailable")

    use_table("no-such-table")
    # The trial itself is enqueued: its event_id makes one of the two reports.
    assert ask_again(stripe(relay, **TRIAL))
    assert len(relay.queued()) == 1
    use_table("visits")
    assert stripe(relay, **TRIAL)["statusCode"] == 200
    assert len(relay.queued()) == 1
    use_table("no-such-table")
    assert ask_again(stripe_event(relay, "invoice.paid", FIRST_PAYMENT))
    assert relay.queued() == []
    use_table("visits")
    answer = stripe_event(relay, "invoice.paid", FIRST_PAYMENT)
    assert (answer["json"]["status"], answer["json"]["accepted"][0]["event_id"]) == ("accepted", "in_1")
    renewal = stripe_event(relay, "invoice.paid", {**FIRST_PAYMENT, "id": "in_2"})
    assert (renewal["json"]["status"], renewal["json"]["reason"]) == ("ignored", "renewal")


@pytest.mark.parametrize("session", [{}, TRIAL])
def test_webhook_that_arrives_days_after_the_payment_counts_once(
    relay: Ingest, session: dict[str, Any]
) -> None:
    two_days = 2 * 86_400
    assert stripe(relay, age=two_days, **session)["json"]["status"] == "accepted"
    again = stripe(relay, age=two_days, **session)
    assert (again["json"]["status"], again["json"]["reason"]) == ("ignored", "already_counted")


def test_purchase_that_a_page_reported_is_remembered(relay: Ingest) -> None:
    from_page(relay, "/v1/events", {**EVENT, "event_id": "cs_live_1"})
    relay.queued()
    visits = ingest.dependencies.get_dependencies().visits
    assert visits is not None
    assert visits.already_counted("Purchase:cs_live_1")
    long_ago = int(time.time()) - 5 * 86_400
    answer = stripe(relay, created=long_ago)
    assert (answer["json"]["status"], answer["json"]["reason"]) == ("ignored", "already_counted")


def from_server(relay: Ingest, events: list[dict[str, Any]]) -> dict[str, Any]:
    return relay.request("POST", "/v1/events", {"events": events})


def in_tiktoks_request(relay: Ingest, events: list[dict[str, Any]]) -> dict[str, Any]:
    body = {"event_source": "web", "event_source_id": PIXEL, "data": events}
    return relay.request("POST", "/open_api/v1.3/event/track/", body, access_token=SERVER_KEY)


def by_standard_webhook(relay: Ingest, events: list[dict[str, Any]]) -> dict[str, Any]:
    body = json.dumps({"events": events}).encode()
    secret = WEBHOOK_SECRETS["standard"][0]
    signed = signing.headers("standard", body, secret, topic="", now=time.time())
    headers = {name.replace("-", "_"): value for name, value in signed.items()} | {"authorization": None}
    return relay.request("POST", "/v1/webhooks/standard", body, **headers)


@pytest.mark.parametrize("send", [from_server, in_tiktoks_request, by_standard_webhook])
@pytest.mark.parametrize(("others", "remembered"), [(0, True), (19, True), (20, False)])
def test_purchase_is_remembered_whichever_route_it_takes_unless_many_are_imported(
    relay: Ingest,
    send: Callable[[Ingest, list[dict[str, Any]]], dict[str, Any]],
    others: int,
    remembered: bool,
) -> None:
    ids = ["cs_live_1", *(f"o-{number}" for number in range(others))]
    event = {**EVENT, "event": "CompletePayment", "event_time": int(time.time())}
    events = [{**event, "event_id": event_id, "user": {"email": "ada@example.com"}} for event_id in ids]
    assert send(relay, events)["statusCode"] in (200, 202)
    assert len(relay.queued()) == len(ids)
    answer = stripe(relay, created=int(time.time()) - 5 * 86_400)
    assert (answer["json"]["status"] == "ignored") is remembered
    assert answer["json"].get("reason") == ("already_counted" if remembered else None)


def test_second_visit_of_an_order_is_of_no_use(relay: Ingest) -> None:
    leave(relay, order_id="cs_live_1")
    leave(relay, OTHER_VISIT, order_id="cs_live_1", ttclid="E.C.P.forged")
    assert stripe(relay)["json"]["visit"]["status"] == "not_found"
