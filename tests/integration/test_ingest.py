"""The ingest function: what it answers, and what lies on the queue afterwards."""

import gzip
import json
import time
from dataclasses import replace
from pathlib import Path
from string import ascii_letters
from types import SimpleNamespace

import boto3
import pytest

from ingest.dependencies import get_dependencies
from ingest.handler import lambda_handler
from ingest.routes import ROUTES, TIKTOK
from relay import __version__
from relay.event.model import SECTIONS, fields
from relay.identity.hashing import digest
from relay.message import decode
from relay.telemetry import id_digest
from tests.integration.conftest import Ingest, Output
from tests.support.events import PIXEL, event
from tests.support.lambda_events import SERVER_KEY, http_event

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


@pytest.mark.parametrize("name", ["events", "data"])
@pytest.mark.parametrize("consent", ["denied", " Denied ", False])
def test_consent_that_the_envelope_denies_is_denied_for_every_event(
    ingest_function: Ingest, name: str, consent: object
) -> None:
    events = [fresh(), fresh(consent="granted"), fresh(consent=None)]
    answer = ingest_function.request(body={"consent": consent, name: events})
    assert (answer["statusCode"], len(answer["json"]["dropped"])) == (200, 3)
    assert ingest_function.queued() == []


def test_consent_that_an_event_denies_is_denied_whatever_the_envelope_says(ingest_function: Ingest) -> None:
    body = {"consent": "granted", "events": [fresh(consent="denied"), fresh()]}
    answer = ingest_function.request(body=body)
    assert [entry["index"] for entry in answer["json"]["dropped"]] == [0]
    assert len(ingest_function.queued()) == 1


def test_page_that_denies_consent_beside_its_events_sends_none(ingest_function: Ingest) -> None:
    body = {"consent": "denied", "events": [fresh()]}
    answer = ingest_function.request(body=body, authorization=None, origin="https://shop.example")
    assert answer["json"]["dropped"] == [{"index": 0, "reason": "consent_denied"}]
    assert ingest_function.queued() == []


def test_limited_data_use_beside_events_is_that_of_each_event_without_its_own(
    ingest_function: Ingest,
) -> None:
    events = [fresh(), fresh(limited_data_use=None), fresh(limited_data_use=False)]
    answer = ingest_function.request(body={"limited_data_use": True, "events": events})
    assert [entry["warnings"] for entry in answer["json"]["accepted"]] == [[], [], []]
    sent = [json.loads(decode(body).item)["limited_data_use"] for body in ingest_function.queued()]
    assert sorted(sent) == [False, True, True]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("test_event_cod", "Did you mean `test_event_code`?"),
        ("pixel_id", "Did you mean `event_source_id`?"),
        ("email", "Send it in each event."),
        ("colour", ""),
    ],
)
def test_any_other_member_of_the_envelope_is_named_in_a_warning(
    ingest_function: Ingest, name: str, hint: str
) -> None:
    answer = ingest_function.request(body={name: "TEST1", "events": [fresh(), fresh(event_id="2")]})
    for entry in answer["json"]["accepted"]:
        (warning,) = entry["warnings"]
        assert (warning["code"], warning["field"]) == ("unknown_envelope_field", name)
        assert warning["message"] == f"`{name}` beside the list of events is ignored. {hint}".strip()


def test_members_that_tiktok_puts_into_its_envelope_are_no_finding(ingest_function: Ingest) -> None:
    envelope = {"event_source": "web", "event_source_id": PIXEL, "partner_name": "Shop", "colour": None}
    answer = ingest_function.request(body=envelope | {"data": [fresh(event_source_id=None)]})
    assert answer["json"]["accepted"][0]["warnings"] == []


@pytest.mark.parametrize("name", ["events", "data"])
def test_pixel_code_beside_events_is_events_1_0(ingest_function: Ingest, name: str) -> None:
    answer = ingest_function.request(body={"pixel_code": "OTHER", name: [fresh()]})
    assert (answer["statusCode"], answer["json"]["code"]) == (400, "events_1_0")
    assert ingest_function.queued() == []


def test_body_with_two_lists_of_events_is_rejected(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body={"data": [fresh()], "events": [fresh()]})
    assert (answer["statusCode"], answer["json"]["code"]) == (400, "events_given_twice")
    assert ingest_function.queued() == []


def test_null_beside_the_list_of_events_is_as_good_as_none(ingest_function: Ingest) -> None:
    for body in ({"data": [fresh()], "events": None}, {"events": [fresh()], "pixel_code": None}):
        assert ingest_function.request(body=body)["statusCode"] == 202


def test_envelope_of_ten_thousand_members_costs_each_event_a_hundred_findings_at_most(
    ingest_function: Ingest,
) -> None:
    body: dict[str, object] = {"events": [fresh()], "\ud800": 1}
    answer = ingest_function.request(body=body | {f"member_{number}": 1 for number in range(10_000)})
    assert len(answer["json"]["accepted"][0]["warnings"]) == 100


def test_bad_event_keeps_no_good_one_back(ingest_function: Ingest) -> None:
    events = [fresh(event_id="1"), {"event": "Purchase"}, 5, fresh(event_id="4")]
    answer = ingest_function.request(body={"events": events})
    assert answer["statusCode"] == 202
    assert [entry["index"] for entry in answer["json"]["accepted"]] == [0, 3]
    assert [entry["index"] for entry in answer["json"]["rejected"]] == [1, 2]
    assert len(ingest_function.queued()) == 2


def test_many_events_go_at_once(ingest_function: Ingest) -> None:
    ids = list(map(str, range(105)))
    answer = ingest_function.request(body={"events": [fresh(event_id=entry) for entry in ids]})
    assert [entry["event_id"] for entry in answer["json"]["accepted"]] == ids
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
    for entry in sample.get("events", [sample]):
        entry["event_time"] = int(time.time())
    answer = ingest_function.request(body=sample)
    assert answer["json"]["rejected"] == []
    expected = ["event_ending"] if path.stem == "place_an_order" else []
    for entry in answer["json"]["accepted"]:
        assert [warning["code"] for warning in entry["warnings"]] == expected


def test_lambda_sample_is_accepted(ingest_function: Ingest) -> None:
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
        ({"body": {"events": []}}, 400, "events_empty"),
        ({"body": {"events": [{}] * 1001}}, 413, "events_too_many"),
        ({"body": " " * 4_194_305}, 413, "body_too_large"),
        ({"body": b" " * 4_194_400, "base64_encoded": True}, 413, "body_too_large"),
        ({"body": {}, "content_type": "application/x-www-form-urlencoded"}, 415, "content_type_unsupported"),
        ({"body": {}, "content_type": "text/plain"}, 415, "content_type_unsupported"),
        ({"body": {}, "content_type": None}, 415, "content_type_unsupported"),
        ({"body": {}, "content_encoding": "gzip"}, 415, "content_encoding_unsupported"),
        ({"body": {}, "authorization": None}, 401, "unauthenticated"),
        ({"body": {}, "authorization": "Bearer wrong"}, 401, "unauthenticated"),
        ({"body": " " * 70_000, "authorization": None}, 401, "unauthenticated"),
        ({"body": b" " * 70_000, "base64_encoded": True, "authorization": None}, 401, "unauthenticated"),
        ({"body": " " * 70_000, "authorization": None, "origin": "null"}, 413, "body_too_large"),
        ({"body": {}, "authorization": None, "origin": "https://evil.example"}, 401, "unauthenticated"),
        ({"body": {"email": "a@b.example"}}, 422, "events_rejected"),
        ({"path": "/v1/nothing", "body": {}}, 404, "route_unknown"),
        ({"path": "/", "method": "GET"}, 404, "route_unknown"),
        ({"method": "GET"}, 405, "method_not_allowed"),
        ({"method": "DELETE"}, 405, "method_not_allowed"),
        ({"method": "OPTIONS", "origin": "https://evil.example"}, 403, "origin_not_allowed"),
    ],
    ids=lambda entry: entry if isinstance(entry, str) else None,
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


@pytest.mark.parametrize("path", [path for path, methods in ROUTES.items() if "POST" in methods])
def test_compressed_body_is_rejected_with_its_encoding_and_what_is_taken(
    ingest_function: Ingest, path: str
) -> None:
    answer = ingest_function.request(
        path=path,
        body=gzip.compress(b"{}"),
        base64_encoded=True,
        access_token=SERVER_KEY,
        origin="https://shop.example",
        content_encoding="GZIP",
    )
    if path == TIKTOK:
        assert (answer["statusCode"], answer["json"]["code"]) == (200, 40002)
        assert "gzip" in answer["json"]["message"]
    else:
        assert (answer["statusCode"], answer["json"]["code"]) == (415, "content_encoding_unsupported")
        assert answer["headers"]["accept-encoding"] == "identity"
        assert "gzip" in answer["json"]["detail"]


@pytest.mark.parametrize(
    "encoding", ["", "identity", "Identity", "utf-8", "none", "aws-chunked", "8bit, utf-8"]
)
def test_body_is_read_whatever_encoding_but_a_compression_is_named(
    ingest_function: Ingest, encoding: str
) -> None:
    assert ingest_function.request(body=fresh(), content_encoding=encoding)["statusCode"] == 202


@pytest.mark.parametrize("encoding", ["aws-chunked, GZIP", "gzip,identity", "utf-8,\tx-gzip"])
def test_compression_among_several_encodings_is_rejected(ingest_function: Ingest, encoding: str) -> None:
    answer = ingest_function.request(
        body=gzip.compress(b"{}"), base64_encoded=True, content_encoding=encoding
    )
    assert (answer["statusCode"], answer["json"]["code"]) == (415, "content_encoding_unsupported")
    assert "gzip" in answer["json"]["detail"]


def test_unknown_encoding_is_not_quoted(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=b"\xff", base64_encoded=True, content_encoding="ada@example.com")
    assert (answer["statusCode"], answer["json"]["code"]) == (400, "body_not_utf8")
    assert "ada" not in answer["body"]


def test_event_without_a_name_is_rejected_with_a_reason(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body=fresh(event=None))
    assert answer["statusCode"] == 422
    assert [error["code"] for error in answer["json"]["rejected"][0]["errors"]] == ["event_missing"]


def test_unknown_method_is_answered_with_the_known_ones(ingest_function: Ingest) -> None:
    assert ingest_function.request(method="PUT")["headers"]["allow"] == "POST, OPTIONS"


def test_health_reports_the_version_where_settings_and_secret_can_be_used(ingest_function: Ingest) -> None:
    answer = ingest_function.request("GET", "/v1/health", authorization=None)
    assert (answer["statusCode"], answer["json"]) == (200, {"status": "ok", "version": __version__})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ALLOWED_ORIGINS", "https://*.shop.example"),
        ("DEFAULT_COUNTRY", "ZZ"),
        ("QUEUE_URL", ""),
        ("FAN_OUT", "yes"),
    ],
)
def test_setting_that_cannot_be_read_is_named_by_health_and_by_every_route(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, output: Output, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    for request in (
        {"method": "GET", "path": "/v1/health"},
        {"body": fresh()},
        {"body": fresh(), "authorization": None, "origin": "https://shop.example"},
        {"method": "OPTIONS", "origin": "https://shop.example"},
        {"path": "/v1/webhooks/shopify", "body": {}},
    ):
        answer = ingest_function.request(**request)
        assert (answer["statusCode"], answer["json"]["code"]) == (503, "settings_invalid")
        assert answer["json"]["variable"] == variable
        assert "access-control-allow-origin" not in answer["headers"]
    assert f'"variable":"{variable}"' in output.text()
    assert (
        ingest_function.request(path="/open_api/v1.3/event/track/", access_token=SERVER_KEY)["json"]["code"]
        == 50000
    )
    assert ingest_function.request("GET", "/v1/openapi.json")["statusCode"] == 200


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"server_key": "short"}'])
def test_health_shows_a_secret_that_cannot_be_used(
    ingest_function: Ingest, aws: boto3.Session, text: str
) -> None:
    aws.client("secretsmanager").put_secret_value(SecretId="ingest", SecretString=text)
    answer = ingest_function.request("GET", "/v1/health", authorization=None)
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "secret_unusable")


def play_queue(monkeypatch: pytest.MonkeyPatch, *, works: bool = True) -> None:
    """Put a queue in place that takes everything at once, or nothing; moto's takes seconds for a thousand
    messages."""
    run = replace(get_dependencies(), put=lambda bodies: [] if works else list(range(len(bodies))))
    monkeypatch.setattr("ingest.handler.get_dependencies", lambda: run)


def test_log_line_has_digests_of_ids_and_never_an_id(ingest_function: Ingest, output: Output) -> None:
    events = [fresh(event_id="canary-event", order_id="canary-order"), fresh(event_id="canary-event-2"), {}]
    ingest_function.request(body={"events": events})
    written = output.text()
    (line,) = (json.loads(entry) for entry in written.splitlines() if '"events_received"' in entry)
    assert line["event_id_digests"] == [id_digest("canary-event"), id_digest("canary-event-2")]
    assert line["order_id_digests"] == [id_digest("canary-order")]
    assert "canary" not in written


def test_log_line_describes_each_event_without_its_content(ingest_function: Ingest, output: Output) -> None:
    accepted = fresh(event_id="canary-event", order_id="canary-order", email="canary@example.com")
    custom = fresh(event="CanaryName", event_id="canary-2", email="canary@example.com")
    rejected = fresh(event_id="canary-3", currency="EURO")
    ingest_function.request(body={"events": [accepted, custom, rejected]})
    (text,) = [line for line in output.text().splitlines() if '"events_received"' in line]
    third, first, second = json.loads(text)["events"]
    assert first["event_id_digest"] == id_digest("canary-event")
    assert first["order_id_digest"] == id_digest("canary-order")
    assert (first["status"], first["event"]) == ("accepted", "Purchase")
    assert "email" in first["match_keys"]
    assert second["event"] == "custom"
    assert third["status"] == "rejected"
    assert third["codes"] == ["currency_unknown"]
    assert third["fields"] == ["currency"]
    assert first["came_in"].startswith("event event_id")
    assert "email" in first["came_in"]
    assert "canary" not in text.lower()


def test_log_line_names_no_field_that_the_sender_made_up(ingest_function: Ingest, output: Output) -> None:
    made_up = fresh(event_id="canary-4", canary_field="x", currency=7, **{"canary@example.com": 1})
    ingest_function.request(body=made_up)
    (text,) = [line for line in output.text().splitlines() if '"events_received"' in line]
    (entry,) = json.loads(text)["events"]
    assert entry["came_in"].endswith("+2")
    assert "canary" not in text


def test_two_events_of_one_order_are_distinguished_by_name(ingest_function: Ingest, output: Output) -> None:
    events = [fresh(event=name, event_id="order-7") for name in ("PlaceAnOrder", "Purchase", "Purchase")]
    ingest_function.request(body={"events": events})
    (line,) = (json.loads(text) for text in output.text().splitlines() if '"events_received"' in text)
    assert line["event_id_digests"] == [id_digest("order-7")] * 2
    assert line["event_names"] == ["PlaceAnOrder", "Purchase"]


def test_log_line_of_a_full_request_is_bounded(
    ingest_function: Ingest, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_queue(monkeypatch)
    events = [fresh(event_id=f"{index:<100}", order_id=f"order-{index:<100}") for index in range(1000)]
    answer = ingest_function.request(body={"events": events})
    assert len(answer["json"]["accepted"]) == 1000
    lines = [line for line in output.text().splitlines() if '"events_received"' in line]
    assert max(map(len, lines)) < 130_000


def test_log_line_of_a_full_request_full_of_mistakes_fits_into_cloudwatch(
    ingest_function: Ingest, output: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_queue(monkeypatch)
    wrong: dict[str, object] = {key: [[]] for key in fields(SECTIONS["properties"])}
    people = {key: ["x" * 64] for key in fields(SECTIONS["user"])}
    events = [
        {
            **fresh(event_id=f"e{index}", order_id=f"o{index}", email="a@b.example"),
            "user": people,
            "properties": wrong,
        }
        for index in range(1000)
    ]
    for sent in (events, [{**sample, "properties": {}} for sample in events]):
        ingest_function.request(body={"events": sent})
    lines = [line for line in output.text().splitlines() if '"events_received"' in line]
    assert len(lines) == 2
    assert 100_000 < max(map(len, lines)) < 256 * 1024


def test_response_is_bounded_and_lists_every_accepted_event(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    play_queue(monkeypatch)
    many = {f"unknown{letter}": 1 for letter in ascii_letters}
    events = [fresh(event_id=str(index), **many) for index in range(1000)]
    answer = ingest_function.request(body={"events": events})
    assert len(answer["body"]) <= 1_048_576
    assert [entry["event_id"] for entry in answer["json"]["accepted"]] == list(map(str, range(1000)))
    assert answer["json"]["findings_not_listed"]["unknown_field"] > 0


@pytest.mark.parametrize("event_id", ["id-1" + '"' * 1500, "é" * 1500, "\U0001f600" * 64, '"' * 256])
@pytest.mark.parametrize("queue_works", [True, False])
def test_response_is_bounded_whatever_the_ids(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, event_id: str, queue_works: bool
) -> None:
    play_queue(monkeypatch, works=queue_works)
    many = {f"unknown{letter}": 1 for letter in ascii_letters[:12]}
    events = [fresh(event_id=event_id, **many) for _ in range(1000)]
    answer = ingest_function.request(body=json.dumps({"events": events}, ensure_ascii=False))
    assert answer["statusCode"] == (202 if queue_works else 503)
    assert len(answer["body"].encode()) <= 1_048_576
    listed = answer["json"]["accepted" if queue_works else "not_queued"]
    assert [entry["index"] for entry in listed] == list(range(1000))


@pytest.mark.parametrize(("event_id", "listed"), [("1" * 256, True), ("1" * 257, False), ("é" * 129, False)])
def test_long_id_is_accepted_and_omitted_from_the_receipt(
    ingest_function: Ingest, event_id: str, listed: bool
) -> None:
    (entry,) = ingest_function.request(body=fresh(event_id=event_id))["json"]["accepted"]
    assert entry.get("event_id") == (event_id if listed else None)
    (message,) = map(decode, ingest_function.queued())
    assert json.loads(message.item)["event_id"] == event_id


# ── paths ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/events/", "POST /v1/events"),
        ("/v1/event", "POST /v1/events"),
        ("/V1/Events", "POST /v1/events"),
        ("//v1/events", "POST /v1/events"),
        ("/v1/webhooks/shopify/", "POST /v1/webhooks/shopify"),
        ("/v1/webhooks/Shopify", "POST /v1/webhooks/shopify"),
        ("/v1/webhook/stripe", "POST /v1/webhooks/stripe"),
        ("/v1/webhooks/woo-commerce", "POST /v1/webhooks/woocommerce"),
        ("/v1/webhooks/paypal", "/v1/webhooks/standard"),
        ("/v1/webhooks", "/v1/webhooks/shopify, /v1/webhooks/stripe"),
        ("/v1/healthz", "GET /v1/health"),
        ("/wp-login.php", "POST /v1/events"),
        ("/v1/" + "x" * 5000, "POST /v1/events"),
        ("/\ud800", "POST /v1/events"),
    ],
)
def test_near_miss_is_answered_with_the_path_that_was_meant(
    ingest_function: Ingest, path: str, meant: str
) -> None:
    answer = ingest_function.request(path=path, body={})
    assert (answer["statusCode"], answer["json"]["code"]) == (404, "route_unknown")
    assert meant in answer["json"]["detail"]
    assert path not in answer["json"]["detail"] or path in meant


# ── odd requests ───────────────────────────────────────────────────────────────────────────────────────

ODD = [
    "\ud800",
    "\udfff" * 40,
    "é",
    "\x00",
    "\r\nx: y",
    "a" * 10_000,
    "",
    " ",
    ",",
    "Bearer",
    "Bearer \ud800" * 9,
]


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize(
    "path", ["/v1/events", "/open_api/v1.3/event/track/", "/v1/webhooks/stripe", "/v1/health"]
)
def test_no_header_makes_the_relay_fail(ingest_function: Ingest, path: str, value: str) -> None:
    headers = (
        "authorization", "origin", "content_type", "user_agent", "access_token", "stripe_signature", "cookie",
        "x_forwarded_for",
    )  # fmt: skip
    for name in headers:
        answer = ingest_function.request(
            "GET" if path.endswith("health") else "POST", path, fresh(), **{name: value}
        )
        assert answer["statusCode"] < 500, name
        json.dumps(answer, ensure_ascii=False).encode()
    page = {"authorization": None, "origin": "https://shop.example"}
    assert (
        ingest_function.request(path=path, body=fresh(), **page | {"user_agent": value})["statusCode"] < 500
    )


def test_odd_user_agent_of_a_browser_does_not_cost_the_event(ingest_function: Ingest) -> None:
    page = {"authorization": None, "origin": "https://shop.example", "user_agent": "Browser/1 \ud800"}
    assert ingest_function.request(body=fresh(), **page)["statusCode"] == 202


@pytest.mark.parametrize(
    ("size", "headers"),
    [
        (4_194_400, {}),
        (65_600, {"authorization": None, "origin": "https://shop.example", "user_agent": "Browser/1"}),
    ],
)
def test_large_body_is_rejected_before_it_is_decoded(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, size: int, headers: dict[str, str | None]
) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr("ingest.http.base64", SimpleNamespace(b64decode=fail))
    answer = ingest_function.request(body=b" " * size, base64_encoded=True, **headers)
    assert (answer["statusCode"], answer["json"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize("missing", ["headers", "body"])
@pytest.mark.usefixtures("ingest_function")
def test_request_without_headers_or_body_is_answered(missing: str) -> None:
    event_ = http_event("POST", "/v1/events", fresh())
    for value in (None, "absent"):
        sent = {name: entry for name, entry in event_.items() if name != missing}
        if value is None:
            sent[missing] = None
        answer = lambda_handler(sent, None)  # type: ignore[arg-type]
        assert 400 <= answer["statusCode"] < 500


def test_content_type_of_any_text_is_not_quoted(ingest_function: Ingest) -> None:
    answer = ingest_function.request(body={}, content_type="canary/ada@example.com")
    assert answer["statusCode"] == 415
    assert "canary" not in answer["body"]


# ── behind a proxy ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("header", "sent", "ip"),
    [
        ("CloudFront-Viewer-Address", "198.41.30.1:46532", "198.41.30.1"),
        ("CloudFront-Viewer-Address", "2606:4700:4700::1111:443", "2606:4700:4700::1111"),
        ("CloudFront-Viewer-Address", "[2606:4700:4700::1111]:443", "2606:4700:4700::1111"),
        ("True-Client-IP", "198.41.30.1", "198.41.30.1"),
        # The visitor sent the first one, the proxy added the second, API Gateway the proxy's own.
        ("X-Forwarded-For", "8.8.8.8, 198.41.30.1, 9.9.9.9", "198.41.30.1"),
        ("X-Forwarded-For", "8.8.8.8, 198.41.30.1", "198.41.30.1"),
        ("X-Forwarded-For", "198.41.30.1", "198.41.30.1"),
        ("True-Client-IP", None, None),
        ("True-Client-IP", "unknown", None),
        ("CloudFront-Viewer-Address", "", None),
    ],
)
def test_address_of_the_visitor_comes_from_the_header_that_the_owner_names(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch, header: str, sent: str | None, ip: str | None
) -> None:
    monkeypatch.setenv("VISITOR_ADDRESS_HEADER", header)
    page = {"authorization": None, "origin": "https://shop.example", "user_agent": "Browser/1"}
    name = header.lower().replace("-", "_")
    answer = ingest_function.request(body=fresh(email=None, ttp="2abc"), **page | {name: sent})
    assert answer["statusCode"] == 202
    (message,) = map(decode, ingest_function.queued())
    assert json.loads(message.item)["user"].get("ip") == ip


def test_page_can_not_say_an_address_or_browser_that_the_request_lacks(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISITOR_ADDRESS_HEADER", "True-Client-IP")
    page = {"authorization": None, "origin": "https://shop.example"}
    sent = fresh(ttp="2abc", ip="1.1.1.1", user_agent="made up")
    assert ingest_function.request(body=sent, **page)["statusCode"] == 202
    (message,) = map(decode, ingest_function.queued())
    assert {"ip", "user_agent"}.isdisjoint(json.loads(message.item)["user"])


@pytest.mark.parametrize("header", ["x_forwarded_for", "cloudfront_viewer_address", "true_client_ip"])
def test_header_that_the_owner_does_not_name_is_not_trusted(ingest_function: Ingest, header: str) -> None:
    page = {"authorization": None, "origin": "https://shop.example", "user_agent": "Browser/1"}
    ingest_function.request(body=fresh(email=None, ttp="2abc"), **page | {header: "198.41.30.1:1"})
    (message,) = map(decode, ingest_function.queued())
    assert json.loads(message.item)["user"]["ip"] == "9.9.9.9"


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


def test_page_may_read_why_it_was_rejected(ingest_function: Ingest) -> None:
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


def put_all_but_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    run = get_dependencies()
    monkeypatch.setattr(
        "ingest.handler.get_dependencies", lambda: replace(run, put=lambda bodies: [len(bodies) - 1])
    )


def test_answer_to_a_server_lists_what_was_not_queued(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_all_but_the_last(monkeypatch)
    answer = ingest_function.request(body={"events": [fresh(), fresh(event_id="order-2")]})
    assert answer["statusCode"] == 202
    assert [event["event_id"] for event in answer["json"]["not_queued"]] == ["order-2"]


def test_page_gets_503_for_what_was_queued_in_part(
    ingest_function: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page looks at the status alone. TikTok counts the copies once: they have the same ids."""
    put_all_but_the_last(monkeypatch)
    answer = ingest_function.request(
        body={"events": [fresh(), fresh(event_id="order-2")]},
        authorization=None,
        origin="https://shop.example",
    )
    assert (answer["statusCode"], answer["json"]["code"]) == (503, "queue_unavailable")
    assert len(answer["json"]["accepted"]) == 1
    assert answer["headers"]["retry-after"] == "5"


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
