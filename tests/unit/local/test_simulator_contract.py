"""The simulator's statement of TikTok's contract: one good item a source, one violation a rule."""

from __future__ import annotations

import copy
import hashlib
from typing import Any

import pytest

from local.simulator import contract, fields, remarks
from local.simulator.json_types import UnreadableJsonError, read_json
from local.simulator.value_checks import PII_NOT_HASHED
from relay.event import currencies
from tests.support.rows import every_row


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# The vectors of TikTok API for Business, Doc 1771101303285761.
EMAIL = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
PHONE = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"
EXTERNAL_ID = "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"
IDFA = "EA7583CD-A667-48BC-B806-42ECB2B48606"
IDFA_DIGEST = "70574fa9c8f498a7b2e5c8712b1126de7b1406fd02fdc591821c5bd33092fd1c"
GAID = "aaaaaa-2222-1111-8787-809e92233ba0"
GAID_DIGEST = "0ebad966881e1eebffe69b3abf624631cf83ec9bf8cb3ce134c7c75c6d8ee7fc"

Body = dict[str, Any]

WEB: Body = {
    "event_source": "web",
    "event_source_id": "PIXEL",
    "test_event_code": "TEST123",
    "data": [
        {
            "event": "Purchase",
            "event_time": 1_764_000_000,
            "event_id": "1001",
            "user": {
                "email": EMAIL,
                "phone": [PHONE, sha256("12133734253")],
                "external_id": EXTERNAL_ID,
                "ttclid": "E.C.P.abc",
                "ttp": "2eKpW",
                "ip": "13.57.97.131",
                "user_agent": "Mozilla/5.0",
                "locale": "en-US",
                "first_name": sha256("ada"),
                "last_name": sha256("lovelace"),
                "zip_code": sha256("12345"),
                "city": "são paulo",
                "state": "sp",
                "country": "br",
            },
            "properties": {
                "value": 20.0,
                "currency": "USD",
                "content_type": "product",
                "content_ids": ["1077218"],
                "contents": [
                    {"content_id": "1077218", "price": 10, "quantity": 2, "content_name": "shirt"},
                    {"content_id": "1197218", "price": 0.0, "quantity": 0},
                ],
                "num_items": 2,
                "search_string": "logo@2x.png",
                "order_id": "1001",
                "customer_type": "new",
                "delivery_category": "in_store",
                "checkin_date": "20261124",
                "travel_start": "2026-11-24T10:15:00+01:00",
                "travel_class": "eco",
                "mileage": {"value": 12000, "unit": "KM"},
                "preferred_price_range": [1000, 2000.5],
                "vin": "1GCUYDED5KZ123456",
                "colour_of_the_ribbon": "red",
            },
            "page": {"url": "https://shop.example/thanks?order=1001", "referrer": ""},
            "ad": {"attribution_share": 0.5},
            "limited_data_use": False,
        }
    ],
}
APP: Body = {
    "event_source": "app",
    "event_source_id": "APP",
    "data": [
        {
            "event": "LaunchAPP",
            "event_time": 1_764_000_000,
            "user": {
                "idfa": IDFA,
                "gaid": GAID,
                "idfv": "ABC",
                "att_status": "AUTHORIZED",
                "ip": "2a00:1450::1",
            },
            "app": {"app_id": "com.example.app", "app_name": "Example", "app_version": "1.0"},
            "ad": {"campaign_id": "1", "is_retargeting": True},
        }
    ],
}
OFFLINE: Body = {
    "event_source": "offline",
    "event_source_id": "OFFLINE_SET",
    "data": [{"event": "CompletePayment", "event_time": 1_764_000_000, "user": {"email": [EMAIL]}}],
}
CRM: Body = {
    "event_source": "crm",
    "event_source_id": "CRM_SET",
    "data": [
        {
            "event": "qualified_lead",
            "event_time": 1_764_000_000,
            "user": {"external_id": [EXTERNAL_ID]},
            "lead": {"lead_id": "123", "lead_event_source": "HubSpot"},
        }
    ],
}
GOOD = {"web": WEB, "app": APP, "offline": OFFLINE, "crm": CRM}

GONE = object()


def with_value(body: Body, path: str, value: object) -> Body:
    """Give a copy of the body with the value at the path, or without the field there."""
    changed: Any = copy.deepcopy(body)
    *steps, last = (int(step) if step.isdecimal() else step for step in path.split("."))
    place = changed
    for step in steps:
        place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    result: Body = changed
    return result


@pytest.mark.parametrize("source", GOOD)
def test_a_good_request_of_each_source_has_no_problem(source: str) -> None:
    assert contract.problems(GOOD[source]) == []


@every_row(
    ("source", "path", "value"),
    [
        ("web", "data.0.event", "Pageview"),
        ("web", "data.0.event", "PageView"),
        ("web", "data.0.event", "a" * 50),
        ("web", "data.0.event", "wish-list_2"),
        ("web", "data.0.event", "Registration"),
        ("web", "data.0.event_id", GONE),
        ("web", "data.0.page", GONE),
        ("web", "data.0.user", GONE),
        ("web", "data.0.user.ip", "::ffff:8.8.8.8"),
        ("web", "data.0.user.locale", "en_US"),
        ("web", "data.0.properties.value", 0),
        ("web", "data.0.properties.content_id", "1077218"),
        ("web", "data.0.properties.content_name", "shirt"),
        ("web", "data.0.properties.description", ""),
        ("web", "data.0.properties.contents.0.sku", 12),
        ("web", "data.0.device", {"mobile": False}),
        ("web", "data.0.event_time", 1),
        ("web", "partner_name", "WooCommerce"),
        ("web", "test_event_code", GONE),
        ("app", "data.0.user.idfa", IDFA_DIGEST),
        ("app", "data.0.user.gaid", GAID_DIGEST),
        ("offline", "data.0.event", "PlaceAnOrder"),
        ("offline", "data.0.event", "StartTrial"),
        ("crm", "data.0.event", "Login"),
        ("crm", "data.0.event", "1st call – «hot» #1!"),
    ],
)
def test_what_tiktok_takes_is_no_problem(source: str, path: str, value: object) -> None:
    assert contract.problems(with_value(GOOD[source], path, value)) == []


STRING = "Not a valid string"
OBJECT = "Invalid input type"
MISSING = "Missing data for required field"
BLANK = "Must not be blank"
SECONDS = "Not a valid Unix timestamp in seconds"
NUMBER = "Not a valid number"
INTEGER = "Not a valid integer"
HASHED = "Must be hashed with SHA-256"
ADDRESS = "Not a valid URL"
NAME = "Invalid event name"

ROW_VIOLATIONS = [
    # the item
    ("web", "event", GONE, MISSING),
    ("web", "event", 5, STRING),
    ("web", "event", "  ", BLANK),
    ("web", "event", "a" * 51, "Longer than maximum length 50"),
    ("web", "event", "1st_order", NAME),
    ("web", "event", "my event", NAME),
    ("web", "event", "event\n", NAME),
    ("web", "event", "événement", NAME),
    ("offline", "event", "qualified_lead", "offline events must be standard"),
    ("offline", "event", "PageView", "offline events must be standard"),
    ("crm", "event", "called\n", NAME),
    ("web", "event_time", GONE, MISSING),
    ("web", "event_time", "1764000000", INTEGER),
    ("web", "event_time", 1764000000.0, INTEGER),
    ("web", "event_time", True, INTEGER),
    ("web", "event_time", "2026-11-24T10:00:00Z", INTEGER),
    ("web", "event_time", 1_764_000_000_000, SECONDS),
    ("web", "event_time", 0, SECONDS),
    ("web", "event_time", -5, SECONDS),
    ("web", "event_id", "", BLANK),
    ("web", "user", [], OBJECT),
    ("web", "user", None, OBJECT),
    ("web", "properties", "value=1", OBJECT),
    ("web", "limited_data_use", "true", "Not a valid boolean"),
    ("web", "device", "phone", OBJECT),
    ("web", "colour", "red", "Unknown field"),
    # misplaced, and Events 1.0
    ("web", "event_source", "web", "event_source beside data"),
    ("web", "event_source_id", "PIXEL", "event_source_id beside data"),
    ("web", "test_event_code", "TEST123", "test_event_code beside data"),
    ("web", "pixel_code", "PIXEL", "event_source_id beside data"),
    ("web", "timestamp", "2026-11-24T10:00:00Z", "event_time in Unix seconds"),
    ("web", "context", {}, "user and page in the item"),
    ("web", "type", "track", "Unknown field"),
    ("web", "user.phone_number", PHONE, "user.phone"),
    # user
    ("web", "user.sha256_email_address", EMAIL, "Unknown field"),
    ("web", "user.email", 5, STRING),
    ("web", "user.email", "", BLANK),
    ("web", "user.email", [], "Shorter than minimum length 1"),
    ("web", "user.email", {"value": EMAIL}, STRING),
    ("web", "user.email", sha256(""), "SHA-256 of an empty value"),
    ("web", "user.phone", sha256(" "), "SHA-256 of an empty value"),
    ("web", "user.ttclid", "", BLANK),
    ("web", "user.ttp", 7, STRING),
    ("web", "user.user_agent", "", BLANK),
    ("web", "user.locale", "", BLANK),
    ("web", "user.city", "", BLANK),
    ("web", "user.state", 5, STRING),
    ("web", "user.country", ["br"], STRING),
    ("web", "user.first_name", sha256(""), "SHA-256 of an empty value"),
    ("web", "user.ip", "", "Not a valid IP address"),
    ("web", "user.ip", "123.456.789.1", "Not a valid IP address"),
    ("web", "user.ip", "8.8.8.8:443", "Not a valid IP address"),
    ("web", "user.ip", "fe80::1%eth0", "Not a valid IP address"),
    ("web", "user.ip", 134744072, STRING),
    ("web", "user.ip", "10.0.0.1", "Not a public IP address"),
    ("web", "user.ip", "127.0.0.1", "Not a public IP address"),
    ("web", "user.ip", "::1", "Not a public IP address"),
    ("web", "user.ip", "fd00::1", "Not a public IP address"),
    ("web", "user.ip", "100.64.0.1", "Not a public IP address"),
    ("web", "user.ip", "224.0.0.1", "Not a public IP address"),
    ("web", "user.ip", "203.0.113.7", "Not a public IP address"),
    ("web", "user.ip", "::ffff:192.168.0.1", "Not a public IP address"),
    ("app", "user.idfa", IDFA.lower(), "device id in upper case"),
    ("app", "user.idfa", IDFA_DIGEST.upper(), "device id in upper case"),
    ("app", "user.gaid", GAID.upper(), "device id in lower case"),
    ("app", "user.gaid", sha256(""), "SHA-256 of an empty value"),
    ("app", "user.gaid", 5, STRING),
    ("app", "user.idfv", "", BLANK),
    ("app", "user.att_status", "authorized", "Must be one of: AUTHORIZED"),
    # properties
    ("web", "properties.value", "20.00", NUMBER),
    ("web", "properties.value", True, NUMBER),
    ("web", "properties.value", None, NUMBER),
    ("web", "properties.value", float("inf"), NUMBER),
    ("web", "properties.currency", "usd", "Not a supported currency"),
    ("web", "properties.currency", "BGN", "Not a supported currency"),
    ("web", "properties.currency", 840, "Not a supported currency"),
    ("web", "properties.content_type", "shirt", "Must be one of: product, product_group"),
    ("web", "properties.content_ids", "1077218", "Not a valid list"),
    ("web", "properties.contents", {"content_id": "1"}, "Not a valid list"),
    ("web", "properties.num_items", 2.0, INTEGER),
    ("web", "properties.num_items", -1, "greater than or equal to 0"),
    ("web", "properties.search_string", 5, STRING),
    ("web", "properties.query", None, STRING),
    ("web", "properties.order_id", 1001, STRING),
    ("web", "properties.customer_type", "old", "Must be one of: new, returning"),
    ("web", "properties.delivery_category", "drone", "Must be one of: in_store"),
    ("web", "properties.predicted_ltv", "5", NUMBER),
    ("web", "properties.checkin_date", "24.11.2026", "Not a valid date"),
    ("web", "properties.checkin_date", "20261324", "Not a valid date"),
    ("web", "properties.travel_start", "2026-11-24T10:15", "Not a valid date"),
    ("web", "properties.travel_class", "economy", "Must be one of: eco"),
    ("web", "properties.num_adults", "2", NUMBER),
    ("web", "properties.suggested_hotels", "ABC", "Not a valid list"),
    ("web", "properties.state_of_vehicle", "new", "Must be one of: New"),
    ("web", "properties.drivetrain", "4WD", "Must be one of: AWD"),
    ("web", "properties.mileage", 5, OBJECT),
    ("web", "properties.vin", "1" * 18, "Longer than maximum length 17"),
    # page, app, ad, lead
    ("web", "page", "https://shop.example", OBJECT),
    ("web", "page.url", GONE, MISSING),
    ("web", "page.url", "shop.example/thanks", ADDRESS),
    ("web", "page.url", "/thanks", ADDRESS),
    ("web", "page.url", "ftp://shop.example/", ADDRESS),
    ("web", "page.url", "https://", ADDRESS),
    ("web", "page.url", "https://[shop", ADDRESS),
    ("web", "page.url", "https://shop.example/a b", ADDRESS),
    ("web", "page.referrer", 5, STRING),
    ("web", "ad.attribution_share", 1.5, "Must be between 0 and 1"),
    ("web", "ad.attribution_share", "1", NUMBER),
    ("app", "app", GONE, MISSING),
    ("app", "app.app_id", GONE, MISSING),
    ("app", "app.app_id", 1234567890, STRING),
    ("app", "ad.is_retargeting", 1, "Not a valid boolean"),
    ("crm", "lead", GONE, MISSING),
    ("crm", "lead.lead_id", GONE, MISSING),
    ("crm", "lead.lead_id", "", BLANK),
]


@every_row(("source", "field", "value", "says"), ROW_VIOLATIONS)
def test_a_violation_is_rejected_with_its_row_and_its_field(
    source: str, field: str, value: object, says: str
) -> None:
    body = with_value(GOOD[source], f"data.0.{field}", value)

    found = contract.problems(body)

    assert [(problem.row, problem.code) for problem in found] == [(0, 40002)]
    assert found[0].message.startswith(f"Batch.0.{field}: ")
    assert says in found[0].message


FIELDS = [
    (source, f"{prefix}{name}")
    for source, prefix, table in [
        ("web", "", fields.ITEM),
        ("web", "user.", fields.USER),
        ("web", "properties.", fields.PROPERTIES),
        ("web", "properties.contents.0.", fields.CONTENT),
        ("web", "properties.mileage.", fields.MILEAGE),
        ("web", "page.", fields.PAGE),
        ("app", "app.", fields.APPLICATION),
        ("app", "ad.", fields.AD),
        ("crm", "lead.", fields.LEAD),
    ]
    for name in table
]


def is_rejected_by_name(source: str, field: str) -> bool:
    found = contract.problems(with_value(GOOD[source], f"data.0.{field}", [[]]))
    return bool(found) and all(f".{field}" in problem.message or "event_id" in field for problem in found)


def test_every_field_of_the_tables_rejects_what_no_field_takes() -> None:
    assert len(FIELDS) > 100
    assert [case for case in FIELDS if not is_rejected_by_name(*case)] == []


@every_row(
    ("field", "value", "named"),
    [
        ("user.email", "alice@example.com", "user.email"),
        ("user.email", EMAIL.upper(), "user.email"),
        ("user.email", EMAIL[:-1], "user.email"),
        ("user.email", EMAIL + "\n", "user.email"),
        ("user.phone", [PHONE, "+12133734253"], "user.phone.1"),
        ("user.external_id", "user_123", "user.external_id"),
        ("user.first_name", "ada", "user.first_name"),
        ("user.last_name", "lovelace", "user.last_name"),
        ("user.zip_code", "12345", "user.zip_code"),
        ("properties.description", "for alice@example.com, soon", "properties.description"),
        ("properties.search_string", "+12133734253", "properties.search_string"),
        ("properties.gift", {"to": ["Alice <alice@example.co.uk>"]}, "properties.gift.to.0"),
        ("page.url", "https://shop.example/?email=alice%40example.com", "page.url"),
        ("page.url", "https://shop.example/?tel=%2B12133734253", "page.url"),
        ("page.referrer", "https://alice@example.com/", "page.referrer"),
    ],
)
def test_plain_personal_data_is_rejected_as_not_hashed(field: str, value: object, named: str) -> None:
    found = contract.problems(with_value(WEB, f"data.0.{field}", value))

    assert [problem.code for problem in found] == [PII_NOT_HASHED]
    assert found[0].message.startswith(f"Batch.0.{named}: ")
    assert "alice" not in found[0].message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("properties.order_id", "12133734253"),
        ("properties.description", "https://cdn.example/logo@2x.png"),
        ("properties.search_string", "+100"),
        ("page.url", "https://maps.example/@40.7128,-74.0060,12z"),
        ("page.url", "https://shop.example/npm/react@18.2.0/index.js"),
        ("page.url", "https://shop.example/?since=%2B1764000000&x=1"[:35]),
    ],
)
def test_what_only_resembles_personal_data_is_taken(field: str, value: object) -> None:
    assert contract.problems(with_value(WEB, f"data.0.{field}", value)) == []


@every_row(
    ("path", "value", "message"),
    [
        ("event_source", GONE, "Invalid value for event_source: must be web, app or offline."),
        ("event_source", "Web", "Invalid value for event_source: must be web, app or offline."),
        ("event_source", ["web"], "Invalid value for event_source: must be web, app or offline."),
        ("event_source_id", GONE, "event_source_id: Missing data for required field"),
        ("event_source_id", 123, "event_source_id: Not a valid string"),
        ("event_source_id", "", "event_source_id: Must not be blank"),
        ("test_event_code", "", "test_event_code: Must not be blank"),
        ("test_event_code", 5, "test_event_code: Not a valid string"),
        ("data", GONE, "data: Missing data for required field"),
        ("data", {}, "data: Not a valid list"),
        ("data", [], "data: Length must be between 1 and 1000"),
        ("events", [], "events: Unknown field, Events API 2.0 has data"),
        ("pixel_code", "PIXEL", "pixel_code: Unknown field, Events API 2.0 has event_source_id"),
        ("colour", "red", "colour: Unknown field"),
    ],
)
def test_a_violation_above_the_rows_is_rejected_without_a_row(path: str, value: object, message: str) -> None:
    found = contract.problems(with_value(WEB, path, value))

    assert [(problem.row, problem.code, problem.message) for problem in found] == [(None, 40002, message)]


def test_an_event_source_inside_the_item_gets_the_answer_on_record() -> None:
    body = with_value(with_value(WEB, "event_source", GONE), "data.0.event_source", "web")

    assert (
        contract.problems(body)[0].message == "Invalid value for event_source: must be web, app or offline."
    )


def test_an_unknown_partner_has_a_code_of_its_own() -> None:
    assert contract.problems(with_value(WEB, "partner_name", "tiktok-events-relay"))[0].code == 40063


def test_a_thousand_rows_are_taken_and_one_more_rejects_them_all() -> None:
    thousand = with_value(WEB, "data", WEB["data"] * 1000)
    more = with_value(WEB, "data", WEB["data"] * 1001)

    assert contract.problems(thousand) == []
    assert [(problem.row, problem.code) for problem in contract.problems(more)] == [(None, 40061)]


@pytest.mark.parametrize("body", [None, [], "text", 5, True])
def test_a_body_that_is_no_object_is_rejected(body: Any) -> None:
    assert [problem.code for problem in contract.problems(body)] == [40002]


@pytest.mark.parametrize("item", [None, [], "text", 5])
def test_an_item_that_is_no_object_is_rejected_by_its_row(item: object) -> None:
    body = with_value(WEB, "data", [WEB["data"][0], item])

    assert [problem.message for problem in contract.problems(body)] == ["Batch.1: Invalid input type"]


def test_a_numeric_event_id_alone_gets_the_answer_on_record() -> None:
    body = with_value(WEB, "data.0.event_id", 273196)

    assert contract.problems(body)[0].message == "Invalid value for event_id: not a valid string."


def test_a_numeric_event_id_among_others_is_named_by_its_row() -> None:
    good = WEB["data"][0]
    body = with_value(WEB, "data", [good, {**good, "event_id": 273196}])

    message = contract.problems(body)[0].message
    assert message == "Batch.1.event_id: Invalid value for event_id: not a valid string."


@pytest.mark.parametrize("content_id", [1077218, None, ["1077218"]])
def test_a_content_id_that_is_no_string_gets_the_answer_on_record(content_id: object) -> None:
    body = with_value(WEB, "data.0.properties.contents.0.content_id", content_id)

    message = contract.problems(body)[0].message
    assert message == "Batch.0.properties.contents.0.content_id: Not a valid string"


@every_row(
    ("field", "value", "says"),
    [
        ("contents.1", "1197218", "Batch.0.properties.contents.1: Invalid input type"),
        ("contents.1.content_id", "", "Batch.0.properties.contents.1.content_id: Must not be blank"),
        ("contents.1.price", "10.00", "Batch.0.properties.contents.1.price: Not a valid number"),
        ("contents.1.quantity", 1.0, "Batch.0.properties.contents.1.quantity: Not a valid integer"),
        ("contents.1.quantity", True, "Batch.0.properties.contents.1.quantity: Not a valid integer"),
        ("contents.1.brand", 5, "Batch.0.properties.contents.1.brand: Not a valid string"),
        ("content_ids.0", 1077218, "Batch.0.properties.content_ids.0: Not a valid string"),
        ("content_ids.0", "", "Batch.0.properties.content_ids.0: Must not be blank"),
        ("mileage.unit", "miles", "Batch.0.properties.mileage.unit: Must be one of: MI, KM"),
        ("preferred_price_range.1", "2000", "Batch.0.properties.preferred_price_range.1: Not a valid number"),
    ],
)
def test_a_violation_deep_in_the_properties_is_named_to_the_last_step(
    field: str, value: object, says: str
) -> None:
    found = contract.problems(with_value(WEB, f"data.0.properties.{field}", value))

    assert [problem.message for problem in found] == [says]


def test_every_bad_row_is_found_and_the_first_comes_first() -> None:
    good = WEB["data"][0]
    body = with_value(
        WEB, "data", [good, {**good, "event_time": "x"}, good, {**good, "user": {"email": "x"}}]
    )

    assert [(problem.row, problem.code) for problem in contract.problems(body)] == [(1, 40002), (3, 40062)]


def test_a_long_unknown_name_is_cut_in_the_message() -> None:
    found = contract.problems(with_value(WEB, "data.0.user." + "k" * 5000, "x"))

    assert len(found[0].message) < 120


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}x", b"\xff{}", b'{"value": NaN}', b'{"value": -Infinity}', b'"\\ud800"', b"[" * 200_000],
    ids=["empty", "cut", "tail", "not utf-8", "nan", "infinity", "lone surrogate", "deep"],
)
def test_bytes_that_are_no_json_are_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableJsonError, match="not valid JSON"):
        read_json(body)


def test_an_escaped_pair_of_surrogates_is_read_as_its_character() -> None:
    assert read_json(b'"\\ud83d\\ude00"') == "\U0001f600"


@every_row(
    ("source", "user", "can_match"),
    [
        ("web", {"email": EMAIL}, True),
        ("web", {"ttp": "abc"}, True),
        ("web", {"ip": "8.8.8.8", "user_agent": "x"}, True),
        ("web", {"ip": "8.8.8.8"}, False),
        ("web", {"city": "berlin"}, False),
        ("web", {"idfa": IDFA}, False),
        ("app", {"idfa": IDFA}, True),
        ("app", {"idfa": "00000000-0000-0000-0000-000000000000"}, False),
        ("offline", {}, False),
        ("crm", {}, True),
    ],
)
def test_an_event_is_matchable_by_its_keys(source: str, user: Body, can_match: bool) -> None:
    item = {**GOOD[source]["data"][0], "user": user}

    assert remarks.matchable(item, source) is can_match


@every_row(
    ("source", "path", "value", "beginning"),
    [
        ("web", "page", GONE, "page.url: missing"),
        ("web", "event_id", GONE, "event_id: missing"),
        ("web", "event", "CompletePayment", "event: renamed by TikTok, now Purchase"),
        ("web", "event", "PlaceAnOrder", "event: supported by TikTok until 2027 only"),
        ("web", "event", "purchase", "event: a custom event that differs from Purchase"),
        ("web", "properties.currency", GONE, "properties.currency: missing beside value"),
        ("web", "properties.value", GONE, "properties.value: missing"),
        ("web", "properties.contents", [], "properties.contents: empty"),
        ("web", "properties.content_id", "1", "properties.content_id: not in TikTok's table"),
        ("web", "user.city", "Berlin", "user.city: not in lower case"),
        ("web", "user.ttclid", sha256("x"), "user.ttclid: looks hashed"),
        ("web", "user.idfa", IDFA, "user.idfa: not documented for web"),
        ("offline", "user.ttclid", "E.C.P", "user.ttclid: not documented for offline"),
        ("offline", "page", {"url": "https://a.example"}, "page: not documented for offline"),
    ],
)
def test_what_weakens_an_accepted_event_is_remarked(
    source: str, path: str, value: object, beginning: str
) -> None:
    body = with_value(GOOD[source], f"data.0.{path}", value)

    assert contract.problems(body) == []
    assert any(remark.startswith(beginning) for remark in remarks.remarks(body["data"][0], source))


def test_a_complete_event_has_no_remark() -> None:
    body = with_value(WEB, "data.0.properties.colour_of_the_ribbon", GONE)

    assert remarks.remarks(body["data"][0], "web") == ()


def test_relay_and_simulator_state_the_same_currencies_each_by_itself() -> None:
    assert currencies.TIKTOK == fields.CURRENCIES
