"""Webhooks through the ingest function: signed by other people's code, answered so that none is given up."""

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
import standardwebhooks
import stripe

from ingest import webhooks
from ingest.dependencies import get_dependencies
from ingest.http import Request
from local import samples
from local.samples import Sample
from relay import telemetry
from relay.message import decode
from relay.request_error import RequestError
from relay.webhooks import registry
from tests.integration.conftest import WEBHOOK_SECRETS, Ingest, Output
from tests.support.history import Remembered
from tests.support.lambda_events import SERVER_KEY, http_event
from tests.support.webhooks import EVENTS, headers_of

pytestmark = pytest.mark.integration

SECRET = {name: held if isinstance(held, str) else held[-1] for name, held in WEBHOOK_SECRETS.items()}
WEBHOOKS = [sample for sample in samples.load(time.time()) if sample.sender in SECRET]
PEOPLE = ("example.com", "lovelace", "pauling", "chien", "+44", "sw1y", "97201", "customer-1901")
CANARIES = (*PEOPLE, "9.9.9.", "2606:", "E.C.P.", "Mozilla", "not-a-key", *SECRET.values())


def signed(sender: str, raw: bytes, topic: str = "", secret: str | None = None) -> dict[str, str]:
    """The headers of a webhook, with a signature that is not made by our own code."""
    secret, headers = secret or SECRET[sender], headers_of(sender, topic)
    signature = registry.load_provider(sender).signature
    if signature.scheme == "timestamped":
        made = stripe.WebhookSignature.generate_signature_header(raw.decode(), secret, int(time.time()))
        return {**headers, signature.headers[-1]: made}
    if signature.scheme == "standard_webhooks":
        now = datetime.now(UTC)
        made = standardwebhooks.Webhook(secret).sign("msg_1", now, raw.decode())
        stamp = str(int(now.timestamp()))
        return {**headers, "webhook-timestamp": stamp, "webhook-signature": made}
    digest = base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode()
    return {**headers, signature.headers[-1]: digest}


def post(
    ingest: Ingest, sender: str, raw: bytes, headers: dict[str, str], *, base64_encoded: bool = False
) -> dict[str, Any]:
    return ingest.request(
        "POST",
        f"/v1/webhooks/{sender}",
        raw,
        base64_encoded=base64_encoded,
        authorization=None,
        **{name.replace("-", "_"): value for name, value in headers.items()},
    )


def send(ingest: Ingest, sample: Sample, **more: Any) -> dict[str, Any]:
    return post(ingest, sample.sender, sample.body, signed(sample.sender, sample.body, sample.topic), **more)


def items(ingest: Ingest) -> Iterator[tuple[str, dict[str, Any]]]:
    for message in map(decode, ingest.queued()):
        yield message.sender, json.loads(message.item)


def named(name: str) -> Sample:
    return next(sample for sample in WEBHOOKS if sample.name == name)


# ── valid signatures ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("sample", WEBHOOKS, ids=lambda sample: sample.name)
def test_sample_becomes_its_event_or_says_why_not(
    ingest_function: Ingest, sample: Sample, encoded: bool
) -> None:
    answer = send(ingest_function, sample, base64_encoded=encoded)
    assert answer["statusCode"] == 200
    queued = list(items(ingest_function))
    if sample.ignored is not None:
        assert (answer["json"]["status"], answer["json"]["reason"]) == ("ignored", sample.ignored)
        assert answer["json"]["detail"]
        assert queued == []
    else:
        assert answer["json"]["status"] == "accepted"
        ((source, item),) = queued
        assert source == sample.sender
        (accepted,) = answer["json"]["accepted"]
        assert (item["event"], item["event_id"]) == (accepted["event"], accepted["event_id"])


def test_signature_covers_the_raw_bytes_with_escapes_and_foreign_letters(ingest_function: Ingest) -> None:
    body = json.loads(named("shopify/orders_paid").body) | {"note": "Zoë & Łukasz " + "ß" * 200_000}
    as_shopify_writes = (
        json.dumps(body, ensure_ascii=False).replace("/", "\\/").replace("&", "\\u0026").encode()
    )
    answer = post(
        ingest_function, "shopify", as_shopify_writes, signed("shopify", as_shopify_writes, "orders/paid")
    )
    assert answer["json"]["status"] == "accepted"
    assert len(list(items(ingest_function))) == 1


def test_large_order_is_a_purchase(ingest_function: Ingest) -> None:
    body = json.loads(named("shopify/orders_paid").body)
    (line, *_) = body["line_items"]
    body["line_items"] = [line | {"variant_id": 1000 + n, "name": "商品" * 57} for n in range(300)]
    raw = json.dumps(body).encode()
    answer = post(ingest_function, "shopify", raw, signed("shopify", raw, "orders/paid"))
    assert answer["json"]["status"] == "accepted"
    ((_, item),) = items(ingest_function)
    assert item["event"] == "Purchase"
    assert item["properties"]["value"]
    assert [entry["content_id"] for entry in item["properties"]["contents"]] == [
        str(1000 + n) for n in range(300)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "none"])
def test_webhook_whose_encoding_is_no_compression_is_accepted(ingest_function: Ingest, encoding: str) -> None:
    sample = named("standard/purchase")
    headers = signed(sample.sender, sample.body) | {"content-encoding": encoding}
    assert post(ingest_function, sample.sender, sample.body, headers)["statusCode"] == 200


@pytest.mark.parametrize("family", ["webhook", "svix"])
def test_message_id_is_the_signed_one_whatever_an_unsigned_header_says(
    ingest_function: Ingest, family: str
) -> None:
    raw = json.dumps({"event": "Lead", "email": "ada@example.com"}).encode()
    other = {"webhook": "svix", "svix": "webhook"}[family]
    headers = {
        name.replace("webhook-", f"{family}-"): value for name, value in signed("standard", raw).items()
    }
    for unsigned in ("1", "2"):
        more = {f"{other}-id": unsigned, f"{other}-timestamp": "1"}
        assert post(ingest_function, "standard", raw, headers | more)["statusCode"] == 200
    assert {item["event_id"] for _, item in items(ingest_function)} == {"msg_1"}


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize(
    ("name", "usual", "other"),
    [
        ("standard/purchase", "webhook-", "svix-"),
        ("shopify/orders_paid", "x-shopify-", "shopify-"),
    ],
)
def test_blank_signature_beside_a_valid_one_is_none(
    ingest_function: Ingest, name: str, usual: str, other: str, blank: str
) -> None:
    sample = named(name)
    headers = signed(sample.sender, sample.body, sample.topic)
    (signature,) = {*headers} & {*registry.load_provider(sample.sender).signature.headers}
    renamed = {header.replace(usual, other): value for header, value in headers.items()}
    for given, second in ((headers, signature.replace(usual, other)), (renamed, signature)):
        answer = post(ingest_function, sample.sender, sample.body, given | {second: blank})
        assert (answer["statusCode"], answer["json"]["status"]) == (200, "accepted")


def test_same_webhook_again_is_the_same_event(ingest_function: Ingest) -> None:
    for _ in range(2):
        send(ingest_function, named("woocommerce/order.created"))
    send(ingest_function, named("woocommerce/order.updated"))
    names = {(item["event"], item["event_id"]) for _, item in items(ingest_function)}
    assert names == {("Purchase", "727")}


def test_log_says_which_secret_is_still_in_use(ingest_function: Ingest, output: Output) -> None:
    sample = named("shopify/orders_paid")
    for secret in WEBHOOK_SECRETS["shopify"]:
        headers = signed("shopify", sample.body, sample.topic, secret)
        assert post(ingest_function, "shopify", sample.body, headers)["statusCode"] == 200
    lines = [json.loads(line) for line in output.text().splitlines() if "events_received" in line]
    assert [line["secret_number"] for line in lines] == [0, 1]
    assert {(line["sender"], line["topic"]) for line in lines} == {("shopify", "orders/paid")}


def test_secret_that_was_just_put_in_is_in_force(
    ingest_function: Ingest, aws: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = named("stripe/checkout.session.completed")
    assert send(ingest_function, sample)["statusCode"] == 200
    held = {"server_key": SERVER_KEY, "stripe": ["whsec_stripe-secret-new", "whsec_stripe-secret-number-1"]}
    rotated = json.dumps(held)
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=rotated)
    headers = signed("stripe", sample.body, secret="whsec_stripe-secret-new")
    # Within the first seconds nobody makes us read it again by guessing.
    assert post(ingest_function, "stripe", sample.body, headers)["statusCode"] == 401
    monkeypatch.setattr(get_dependencies().secret, "_clock", lambda: time.monotonic() + 60)
    assert post(ingest_function, "stripe", sample.body, headers)["statusCode"] == 200


def test_denied_consent_is_answered_as_dropped(ingest_function: Ingest) -> None:
    body = json.loads(named("stripe/checkout.session.completed").body)
    body["data"]["object"]["metadata"] = {"tt_consent": "denied"}
    raw = json.dumps(body).encode()
    answer = post(ingest_function, "stripe", raw, signed("stripe", raw))
    assert (answer["statusCode"], answer["json"]["status"], answer["json"]["reason"]) == (
        200,
        "dropped",
        "consent_denied",
    )
    assert ingest_function.queued() == []


def test_event_that_cannot_be_sent_is_answered_200_with_its_errors_since_a_retry_would_not_help(
    ingest_function: Ingest, output: Output
) -> None:
    # As it stands in the folder the sample is of a fixed day, which grows older than TikTok attributes.
    long_ago = "2020-01-01T00:00:00Z"
    body = json.loads(named("shopify/orders_paid").body) | {"created_at": long_ago, "updated_at": long_ago}
    raw = json.dumps(body).encode()
    answer = post(ingest_function, "shopify", raw, signed("shopify", raw, "orders/paid"))
    assert (answer["statusCode"], answer["json"]["status"], answer["json"]["reason"]) == (
        200,
        "ignored",
        "rejected",
    )
    assert [error["code"] for error in answer["json"]["rejected"][0]["errors"]] == ["event_time_too_old"]
    assert "EventsRejected" in output.text()
    assert ingest_function.queued() == []


@pytest.mark.parametrize("sender", SECRET)
def test_unsigned_webhook_gets_no_large_body_decoded_and_no_secret_read(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise AssertionError

    monkeypatch.setattr("relay.aws.secrets.Secret.read", fail)
    monkeypatch.setattr("ingest.http.base64.b64decode", fail)
    body = b" " * 1_000_000
    headers = headers_of(sender, "orders/paid")
    assert post(ingest_function, sender, body, headers, base64_encoded=True)["statusCode"] == 401
    assert post(ingest_function, sender, b" ", headers)["statusCode"] == 401


def test_woocommerces_ping_is_answered_200_without_a_signature_or_a_secret(ingest_function: Ingest) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for encoded in (True, False):
        answer = post(ingest_function, "woocommerce", b"webhook_id=12", headers, base64_encoded=encoded)
        assert (answer["statusCode"], answer["json"]["reason"]) == (200, "ping")
    assert post(ingest_function, "shopify", b"webhook_id=12", headers)["statusCode"] == 401
    assert ingest_function.queued() == []


def test_missing_queue_is_answered_503(ingest_function: Ingest) -> None:
    ingest_function.sqs.delete_queue(QueueUrl=ingest_function.queue_url)
    answer = send(ingest_function, named("shopify/orders_paid"))
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "queue_unavailable")
    ignored = send(ingest_function, named("shopify/orders_updated"))
    assert ignored["statusCode"] == 200


def two_lines() -> tuple[bytes, dict[str, str]]:
    """A cart that becomes two events."""
    body = json.loads(named("shopify/carts_update").body)
    line = {**body["line_items"][0], "key": "second"}
    raw = json.dumps(
        body | {"line_items": [body["line_items"][0], line], "email": "ada@example.com"}
    ).encode()
    return raw, signed("shopify", raw, "carts/update")


@pytest.mark.usefixtures("ingest_function")
@pytest.mark.parametrize("not_taken", [[0], [1], [0, 1]])
def test_webhook_of_which_a_part_was_not_queued_is_answered_503_and_not_200(not_taken: list[int]) -> None:
    raw, headers = two_lines()
    request = Request.of(
        http_event("POST", "/v1/webhooks/shopify", raw, authorization=None) | {"headers": headers}
    )
    run = get_dependencies()
    forwards_carts = replace(run.settings.webhooks, forwarded=frozenset({"cart"}))
    settings = replace(run.settings, webhooks=forwards_carts)
    memory = Remembered()
    partly = replace(run, settings=settings, put=lambda _bodies: not_taken)
    with pytest.raises(RequestError) as error:
        webhooks.answer(request, partly, memory)
    assert (error.value.status, error.value.code) == (503, "queue_unavailable")
    assert len(error.value.extra["not_queued"]) == len(not_taken)  # type: ignore[arg-type]
    taken = replace(partly, put=lambda _bodies: [])
    assert webhooks.answer(request, taken, memory).status == 200


def test_purchase_is_remembered_once_the_queue_has_it_and_a_late_copy_is_ignored(
    ingest_function: Ingest,
) -> None:
    body = json.loads(named("shopify/orders_paid").body)
    body["created_at"] = body["processed_at"] = "2026-01-01T00:00:00Z"
    raw = json.dumps(body).encode()
    headers = signed("shopify", raw, "orders/paid")
    request = Request.of(
        http_event("POST", "/v1/webhooks/shopify", raw, authorization=None) | {"headers": headers}
    )
    run, memory = get_dependencies(), Remembered()
    with pytest.raises(RequestError):
        webhooks.answer(request, replace(run, put=lambda _bodies: [0]), memory)
    assert memory.keys == set()
    assert json.loads(webhooks.answer(request, run, memory).body)["status"] == "accepted"
    assert memory.keys == {f"Purchase:{body['id']}"}
    again = json.loads(webhooks.answer(request, run, memory).body)
    assert (again["status"], again["reason"]) == ("ignored", "already_counted")
    assert len(ingest_function.queued()) == 1


@pytest.mark.parametrize("sender", SECRET)
@pytest.mark.parametrize("raw", [b"[1, 2]", b"5", b"null"])
def test_json_that_is_no_webhook_is_answered_200_with_a_reason(
    ingest_function: Ingest, sender: str, raw: bytes
) -> None:
    topic = next(iter(registry.load_provider(sender).topics), "")
    answer = post(ingest_function, sender, raw, signed(sender, raw, topic))
    assert (answer["statusCode"], answer["json"]["reason"]) == (200, "not_an_event")


def test_order_that_woocommerce_may_not_read_is_counted_as_lost_and_says_what_to_do(
    ingest_function: Ingest, output: Output
) -> None:
    raw = json.dumps(
        {"code": "woocommerce_rest_cannot_view", "message": "x", "data": {"status": 401}}
    ).encode()
    answer = post(ingest_function, "woocommerce", raw, signed("woocommerce", raw, "order.created"))
    assert (answer["statusCode"], answer["json"]["reason"]) == (200, "owner_cannot_read")
    assert "owner" in answer["json"]["detail"]
    assert '"WebhooksLost"' in output.text()


def test_platforms_own_total_is_not_compared_with_its_items(ingest_function: Ingest) -> None:
    body = json.loads(named("woocommerce/order.created").body) | {"total": "99.00"}
    raw = json.dumps(body).encode()
    answer = post(ingest_function, "woocommerce", raw, signed("woocommerce", raw, "order.created"))
    codes = {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}
    assert "contents_sum" not in codes
    event = {
        "event": "Purchase",
        "order_id": "o-7",
        "value": 99,
        "currency": "EUR",
        "email": "ada@example.com",
        "contents": [{"content_id": "1", "price": 10, "quantity": 1}],
    }
    raw = json.dumps(event).encode()
    answer = post(ingest_function, "standard", raw, signed("standard", raw))
    assert "contents_sum" in {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}


def test_warnings_of_a_rejected_event_are_those_of_an_accepted_one(ingest_function: Ingest) -> None:
    future = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 3600))
    order = json.loads(named("woocommerce/order.created").body)
    raw = json.dumps(order | {"total": "99.00", "date_paid_gmt": future}).encode()
    answer = post(ingest_function, "woocommerce", raw, signed("woocommerce", raw, "order.created"))
    (rejected,) = answer["json"]["rejected"]
    assert [error["code"] for error in rejected["errors"]] == ["event_time_future"]
    assert rejected["warnings"] == []
    event = SALE | {"event_id": "undefined", "order_id": None, "currency": "XXX"}
    (rejected,) = standard(ingest_function, event)["json"]["rejected"]
    assert "event_id_placeholder" in {warning["code"] for warning in rejected["warnings"]}


def test_order_in_a_currency_of_the_platforms_own_counts_without_a_value(ingest_function: Ingest) -> None:
    raw = json.dumps(json.loads(named("woocommerce/order.created").body) | {"currency": "IRT"}).encode()
    answer = post(ingest_function, "woocommerce", raw, signed("woocommerce", raw, "order.created"))
    (accepted,) = answer["json"]["accepted"]
    assert [warning["code"] for warning in accepted["warnings"]] == ["value_missing"]


def standard(ingest_function: Ingest, body: object) -> dict[str, Any]:
    raw = json.dumps(body).encode()
    return post(ingest_function, "standard", raw, signed("standard", raw))


SALE = {"event": "Purchase", "order_id": "o-7", "value": 9, "currency": "EUR", "email": "ada@example.com"}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({"order_id": "o-8"}, "event_missing"),
        (None, "not_an_object"),
        (5, "not_an_object"),
        (json.loads('{"event":' + "[" * 40 + "]" * 40 + "}"), "too_deep"),
    ],
    ids=["no event", "null", "number", "deep"],
)
def test_bad_entry_of_a_payload_is_rejected_alone(ingest_function: Ingest, bad: object, code: str) -> None:
    answer = standard(ingest_function, {"type": "batch", "data": [bad, SALE]})
    assert answer["json"]["rejected"][0]["errors"][0]["code"] == code
    assert [item["event_id"] for _, item in items(ingest_function)] == ["o-7"]


@pytest.mark.parametrize(
    "ids",
    [
        {"event_id": "undefined"},
        {"event_id": " null "},
        {"event_id": " "},
        {"event_id": ["order_undefined"]},
        {"order_id": "undefined"},
        {"properties": {"order_id": "{{ order.id }}"}},
        {"event_id": "null", "order_id": "None"},
    ],
)
def test_placeholder_is_no_id_so_the_messages_id_keeps_two_events_apart(
    ingest_function: Ingest, ids: dict[str, object]
) -> None:
    lead = {"event": "Lead", "event_time": int(time.time()), "email": "ada@example.com", **ids}
    answer = standard(ingest_function, {"events": [lead, lead]})
    assert [item["event_id"] for _, item in items(ingest_function)] == ["msg_1", "msg_1-1"]
    codes = [warning["code"] for warning in answer["json"]["accepted"][1]["warnings"]]
    assert any(code.endswith("_placeholder") for code in codes) is (ids != {"event_id": " "})


@pytest.mark.parametrize(
    "own", [{"consent": {"marketing": True}}, {"consent": "pending"}, {"event_source_id": "evt_source_1"}]
)
def test_senders_own_members_beside_the_data_reject_no_event(
    ingest_function: Ingest, own: dict[str, object]
) -> None:
    answer = standard(ingest_function, {"type": "Purchase", **own, "data": SALE})
    assert answer["json"]["status"] == "accepted"
    assert [item["event_id"] for _, item in items(ingest_function)] == ["o-7"]


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ({"event_id": True}, "wrong_type"),
        ({"event_id": False}, "wrong_type"),
        ({"event_id": ["a", "b"]}, "wrong_type"),
        ({"event_id": "a\x00b"}, "control_characters"),
        ({"order_id": {"id": "o-7"}}, "wrong_type"),
    ],
)
def test_id_of_a_wrong_type_is_rejected_and_not_replaced_by_the_messages(
    ingest_function: Ingest, ids: dict[str, object], code: str
) -> None:
    answer = standard(ingest_function, {"event": "Lead", "email": "ada@example.com", **ids})
    assert answer["json"]["reason"] == "rejected"
    assert code in {error["code"] for error in answer["json"]["rejected"][0]["errors"]}


def test_id_that_is_zero_is_the_events_own(ingest_function: Ingest) -> None:
    standard(ingest_function, {"event": "Lead", "email": "ada@example.com", "event_id": 0})
    assert [item["event_id"] for _, item in items(ingest_function)] == ["0"]


def test_order_id_beside_a_placeholder_is_the_events_id(ingest_function: Ingest) -> None:
    standard(ingest_function, SALE | {"event_id": "undefined"})
    assert [item["event_id"] for _, item in items(ingest_function)] == ["o-7"]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda at: at + 0.25, "event_time_fraction"),
        (str, "event_time_text"),
        (lambda at: at * 1000, "event_time_milliseconds"),
        (lambda at: datetime.fromtimestamp(at, UTC).isoformat()[:19], "event_time_iso"),
    ],
    ids=["fraction", "text", "milliseconds", "ISO 8601 without a zone"],
)
def test_payloads_timestamp_is_read_as_any_event_time(
    ingest_function: Ingest, make: Callable[[int], object], code: str
) -> None:
    at = int(time.time()) - 3600
    answer = standard(ingest_function, {"type": "Purchase", "timestamp": make(at), "data": SALE})
    assert [item["event_time"] for _, item in items(ingest_function)] == [at]
    assert code in {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}


def test_payloads_timestamp_with_a_zone_is_converted_without_a_warning(ingest_function: Ingest) -> None:
    at = int(time.time()) - 3600
    timestamp = datetime.fromtimestamp(at, UTC).isoformat()
    answer = standard(ingest_function, {"type": "Purchase", "timestamp": timestamp, "data": SALE})
    assert [item["event_time"] for _, item in items(ingest_function)] == [at]
    codes = {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}
    assert not {code for code in codes if code.startswith("event_time")}


@pytest.mark.parametrize("timestamp", [None, "soon", "Thu, 26 Nov 2026 20:03:31 GMT", [], True, -5])
def test_payload_whose_timestamp_is_no_time_is_of_now_and_says_so(
    ingest_function: Ingest, timestamp: object
) -> None:
    answer = standard(ingest_function, {"type": "Purchase", "timestamp": timestamp, "data": SALE})
    assert [item["event_time"] for _, item in items(ingest_function)] == [pytest.approx(time.time(), abs=60)]
    assert "event_time_missing" in {warning["code"] for warning in answer["json"]["accepted"][0]["warnings"]}


@pytest.mark.parametrize("kind", ["Purchase2", "2 purchase", "購入purchase", "Purchasé"])
def test_type_with_digits_or_another_script_names_no_standard_event(
    ingest_function: Ingest, kind: str
) -> None:
    answer = standard(
        ingest_function, {"type": kind, "data": {"order_id": "o-7", "email": "ada@example.com"}}
    )
    assert (answer["json"]["status"], answer["json"]["reason"]) == ("ignored", "topic_unknown")


@pytest.fixture
def metric_of_an_earlier_test() -> None:
    telemetry.configure("shop-stack", "ingest-12")
    telemetry.count("WebhookSignatureValid", dimensions={"sender": "shopify"})


@pytest.mark.usefixtures("metric_of_an_earlier_test")
def test_output_has_nothing_of_an_earlier_test(ingest_function: Ingest, output: Output) -> None:
    post(ingest_function, "shopify", b"", {})
    assert '"RequestsRejected"' in (written := output.text())
    assert '"WebhookSignatureValid"' not in written


# ── invalid signatures ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sender", SECRET)
@pytest.mark.parametrize(
    "wrong", ["missing", "another secret", "another body", "nonsense", "not ascii", "empty"]
)
def test_invalid_signature_is_rejected_without_a_reason(
    ingest_function: Ingest, output: Output, sender: str, wrong: str
) -> None:
    sample = next(sample for sample in WEBHOOKS if sample.sender == sender and sample.ignored is None)
    body = sample.body
    other = "whsec_" + base64.b64encode(b"another").decode()
    headers = signed(sender, body, sample.topic, other if wrong == "another secret" else None)
    name = registry.load_provider(sender).signature.headers[-1]
    if wrong == "missing":
        del headers[name]
    elif wrong == "another body":
        body += b" "
    elif wrong in ("nonsense", "not ascii", "empty"):
        headers[name] = {"nonsense": "v1,nonsense t=1,v1=zz", "not ascii": "v1,é", "empty": ""}[wrong]
    answer = post(ingest_function, sender, body, headers)
    assert (answer["statusCode"], answer["json"]["code"]) == (401, "signature_invalid")
    assert answer["json"]["detail"] == "The signature is not valid."
    assert ingest_function.queued() == []
    log = output.text()
    assert "webhook_signature_invalid" in log
    # Scanners sign nothing, and ring no bell.
    assert ('"WebhookSignatureValid"' in log) == (wrong not in ("missing", "empty"))
    assert "error_type" not in log


@pytest.mark.parametrize("sender", SECRET)
def test_sender_without_a_secret_gets_401_and_the_log_has_the_reason(
    ingest_function: Ingest, aws: boto3.Session, output: Output, sender: str
) -> None:
    aws.client("secretsmanager").put_secret_value(
        SecretId="ingest", SecretString=json.dumps({"server_key": SERVER_KEY})
    )
    sample = next(sample for sample in WEBHOOKS if sample.sender == sender)
    answer = send(ingest_function, sample)
    assert (answer["statusCode"], answer["json"]["code"]) == (401, "signature_invalid")
    assert "secret" not in answer["body"]
    (line,) = (json.loads(text) for text in output.text().splitlines() if "webhook_signature_invalid" in text)
    assert (line["sender"], line["reason"]) == (sender, "secret_missing")


def test_replayed_signature_is_too_old(ingest_function: Ingest) -> None:
    raw = named("stripe/checkout.session.completed").body
    old = stripe.WebhookSignature.generate_signature_header(
        raw.decode(), SECRET["stripe"], int(time.time()) - 400
    )
    assert post(ingest_function, "stripe", raw, {"stripe-signature": old})["statusCode"] == 401


@pytest.mark.parametrize("sender", SECRET)
@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"nonsense", "body_not_json"),
        (named("shopify/orders_paid").body[:-200].decode("utf-8", "ignore").encode(), "body_not_json"),
        (b"[" * 100_000, "body_too_deep"),
    ],
    ids=["nonsense", "truncated", "deep"],
)
def test_body_that_is_not_json_is_400(
    ingest_function: Ingest, output: Output, sender: str, raw: bytes, code: str
) -> None:
    answer = post(ingest_function, sender, raw, signed(sender, raw, "orders/paid"))
    assert (answer["statusCode"], answer["json"]["code"]) == (400, code)
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert ingest_function.queued() == []
    assert "error_type" not in output.text()


@pytest.mark.parametrize("sender", SECRET)
def test_body_over_the_limit_is_not_hashed(ingest_function: Ingest, sender: str) -> None:
    raw = b" " * 4_194_305
    answer = post(ingest_function, sender, raw, signed(sender, b"", "orders/paid"))
    assert (answer["statusCode"], answer["json"]["code"]) == (413, "body_too_large")
    answer = post(ingest_function, sender, raw, {})
    assert (answer["statusCode"], answer["json"]["code"]) == (401, "signature_invalid")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_webhooks_are_posted(ingest_function: Ingest, method: str) -> None:
    answer = ingest_function.request(method, "/v1/webhooks/shopify", authorization=None)
    assert answer["statusCode"] == 405


def test_unknown_sender_has_no_route(ingest_function: Ingest) -> None:
    assert ingest_function.request("POST", "/v1/webhooks/bigcommerce", {})["statusCode"] == 404


# ── logs and responses ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sample", WEBHOOKS, ids=lambda sample: sample.name)
def test_nothing_of_a_webhook_is_in_the_log_or_the_answer(
    ingest_function: Ingest, output: Output, sample: Sample
) -> None:
    answer = send(ingest_function, sample)
    wrong = post(
        ingest_function, sample.sender, sample.body + b" ", signed(sample.sender, sample.body, sample.topic)
    )
    log = output.text()
    assert "WebhookSignatureValid" in log
    for text in (log, answer["body"], wrong["body"]):
        assert [canary for canary in CANARIES if canary.lower() in text.lower()] == []


@pytest.mark.parametrize("sample", WEBHOOKS, ids=lambda sample: sample.name)
def test_hashed_identifiers_of_a_webhook_never_reach_the_queue(
    ingest_function: Ingest, sample: Sample
) -> None:
    send(ingest_function, sample)
    queued = "".join(ingest_function.queued()).lower()
    assert [text for text in (*PEOPLE, "not-a-key") if text in queued] == []


def test_unknown_topic_is_logged_as_other(ingest_function: Ingest, output: Output) -> None:
    raw = b"{}"
    post(ingest_function, "shopify", raw, signed("shopify", raw, "canary/topic"))
    log = output.text()
    assert '"topic":"other"' in log.replace(" ", "")
    assert "canary" not in log


@pytest.mark.usefixtures("ingest_function")
def test_lambda_sample_of_a_webhook_has_a_valid_signature_of_the_secret_in_its_readme(
    aws: boto3.Session,
) -> None:
    from ingest.handler import lambda_handler

    secret = json.dumps({"server_key": SERVER_KEY, "shopify": "secret-of-the-samples"})
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=secret)
    path: Path = EVENTS / "lambda" / "ingest_shopify_order.json"
    answer = lambda_handler(json.loads(path.read_text()), None)  # type: ignore[arg-type]
    assert answer["statusCode"] == 200
