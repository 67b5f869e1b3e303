"""Items: every string and key is checked, wherever it stands; the person's own section is left alone."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.personal_data import (
    CREDENTIAL,
    EMAIL,
    MAX_CHARACTERS,
    PHONE,
    UNSEARCHABLE,
    Redacted,
    TooMuchTextError,
    redact_item,
)
from tests.support.rows import every_row

CLEAN: dict[str, Any] = {
    "event": "Purchase",
    "event_time": 1795000000,
    "event_id": "order-1",
    "properties": {
        "value": 24.0,
        "currency": "EUR",
        "content_type": "product",
        "contents": [{"content_id": "213-373-4253", "content_name": "Trail shoe, size 41", "price": 12}],
        "content_ids": ["SKU-1", "2133734253"],
        "search_string": "mugs & cups, 100% cotton: 2 + 2 = 4",
        "order_id": "0151-2345-6789",
        "note": {"key": "colour", "value": "red", "phone_model": "SM-G9910000", "token_count": 7},
    },
    "page": {"url": "https://shop.example/p/1?color=red&code=SUMMER20", "referrer": "https://www.example/"},
    "app": {"app_id": "1", "app_name": "Shop", "app_version": "1.2.3"},
    "lead": {"lead_id": "1", "lead_event_source": "HubSpot"},
    "user": {"email": "a" * 64, "ip": "9.9.9.9", "city": "bonn"},
}

SECRETS = [
    ("ada@example.com", EMAIL),
    ("+12133734253", PHONE),
    ("(213) 373-4253", PHONE),
    ("Bearer abcDEF123456ghi", CREDENTIAL),
]


def place(path: tuple[str | int, ...], value: object) -> Any:
    """A value at a place in an otherwise empty structure."""
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def test_clean_item_stays_as_it_is() -> None:
    item = copy.deepcopy(CLEAN)
    assert redact_item(item, [item]) == []
    assert item == CLEAN


@every_row(("secret", "kind"), SECRETS)
@every_row(
    "path",
    [
        ("properties", "description"),
        ("properties", "note", "user"),
        ("properties", "user", "user", "user"),
        ("properties", "gift", 0, "to", 0),
        ("properties", "contents", 0, "content_name"),
        ("app", "app_name"),
        ("app", "app_version"),
        ("lead", "lead_event_source"),
        ("ad", "campaign"),
        ("page", "referrer"),
        ("whatever",),
        ("whatever", 0),
        ("whatever", "user"),
    ],
)
def test_every_place_of_an_item_is_redacted(path: tuple[str | int, ...], secret: str, kind: str) -> None:
    item = place(path, f"of {secret}")
    assert redact_item(item, [item]) == [Redacted(path, kind)]  # type: ignore[arg-type]
    assert secret not in json.dumps(item)
    # What was beside it stays.
    assert "of" in json.dumps(item)


@pytest.mark.parametrize(("secret", "kind"), SECRETS)
def test_key_is_removed_with_its_value(secret: str, kind: str) -> None:
    item = {"properties": {"table": {secret: "yes", "other": "no"}}}
    assert redact_item(item, [item]) == [Redacted(("properties", "table", secret), kind)]  # type: ignore[arg-type]
    assert item == {"properties": {"table": {"other": "no"}}}


@every_row(
    ("name", "value", "kind"),
    [
        ("phone", "2133734253", PHONE),
        ("phone", 2133734253, PHONE),
        ("customerPhone", 2133734253.0, PHONE),
        ("billing_phone_number", "0213 373 425", PHONE),
        ("tel", "373-4253", PHONE),
        ("phones", "2133734253", PHONE),
        ("mobiles", "2133734253", PHONE),
        ("phone_e164", "12133734253", PHONE),
        ("phone_raw", "2133734253", PHONE),
        ("phone_numbers", "2133734253", PHONE),
        ("celular", "2133734253", PHONE),
        ("\uff50\uff48\uff4f\uff4e\uff45", "2133734253", PHONE),
        ("телефон", "2133734253", PHONE),
        ("\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "hunter2", CREDENTIAL),
        ("password", "hunter2", CREDENTIAL),
        ("access_token", "abc", CREDENTIAL),
        ("apiKey", "abc", CREDENTIAL),
        ("otp", 123456, CREDENTIAL),
        ("note", "AKIAABCDEFGHIJKLMNOP", CREDENTIAL),
    ],
)
def test_value_is_recognised_by_its_name(name: str, value: object, kind: str) -> None:
    item = {"properties": {"more": {name: value}}}
    assert redact_item(item, [item]) == [Redacted(("properties", "more", name), kind)]  # type: ignore[arg-type]
    assert item == {"properties": {"more": {}}}


# A second time on purpose: a name that the relay's own table loses must fail a test.
VALUE_NAMES = (
    *(
        "value",
        "values",
        "val",
        "number",
        "num",
        "raw",
        "e164",
        "text",
        "string",
        "content",
        "data",
        "answer",
    ),
    *("formatted", "national", "international", "full", "plain", "current", "new", "old"),
)
PAIR_NAMES = ("name", "key", "field", "label", "type", "property", "attribute", "question", "kind")


@every_row(
    ("given", "left"),
    [
        ({"phone": {"value": "2133734253"}}, {"phone": {}}),
        ({"phone": {"number": 2133734253, "type": "home"}}, {"phone": {"type": "home"}}),
        ({"phone": {"value": {"raw": "2133734253"}}}, {"phone": {"value": {}}}),
        ({"phone": [{"value": ["2133734253", "none"]}]}, {"phone": [{"value": ["none"]}]}),
        ({"password": {"value": "hunter2x"}}, {"password": {}}),
        ([{"name": "phone", "value": "2133734253"}], [{"name": "phone"}]),
        ([{"name": "phone", "value": 2133734253}], [{"name": "phone"}]),
        ([{"key": "password", "value": "hunter2x"}], [{"key": "password"}]),
        ([{"field": "phone", "value": ["2133734253"]}], [{"field": "phone"}]),
        ([{"type": "phone", "number": "213 373 4253"}], [{"type": "phone"}]),
        *(({"phone": {name: "2133734253"}}, {"phone": {}}) for name in VALUE_NAMES),
        *(([{name: "phone", "value": "2133734253"}], [{name: "phone"}]) for name in PAIR_NAMES),
    ],
)
def test_name_speaks_for_the_value_one_level_down(given: object, left: object) -> None:
    item = {"properties": {"more": given}}
    assert len(redact_item(item, [item])) == 1
    assert item == {"properties": {"more": left}}


@pytest.mark.parametrize(
    "given",
    [
        {"phone": {"model": "SM-G9910000", "sku": "12345678", "price": 2500000}},
        {"name": "Mobile phone", "value": 2500000, "number": "12345678"},
        {"key": "colour", "value": "2133734253"},
        {"name": "Trail shoe", "content": "new", "type": "token holder"},
        {"token": {"count": 7}},
    ],
)
def test_name_does_not_speak_for_other_fields(given: object) -> None:
    item = {"properties": {"more": copy.deepcopy(given)}}
    assert redact_item(item, [item]) == []
    assert item == {"properties": {"more": given}}


def test_number_in_a_list_is_recognised_by_the_name_of_the_list() -> None:
    item: dict[str, Any] = {"properties": {"phones": [1], "phone": [2133734253, 12, "373-4253"]}}
    places = [Redacted(("properties", "phone", 0), PHONE), Redacted(("properties", "phone", 2), PHONE)]
    assert redact_item(item, [item]) == places
    assert item == {"properties": {"phones": [1], "phone": [12]}}


@pytest.mark.parametrize(
    "fields",
    [
        {"phone_model": "SM-G9910000", "mobile": True, "hotel": 12345678, "telephone": None},
        {"token": True, "passwords": 3, "key": "colour", "session": "evening", "signature": "yes"},
        {"phone": 12, "tel": "none", "cell": "A7"},
        {"order_id": "213-373-4253", "orderId": "020 7946 0018", "vin": "213-373-4253"},
    ],
)
def test_value_that_only_resembles_one_stays(fields: dict[str, object]) -> None:
    item = {"properties": dict(fields)}
    assert redact_item(item, [item]) == []
    assert item == {"properties": fields}


def test_list_without_elements_left_goes_as_well() -> None:
    item: dict[str, Any] = {
        "properties": {"content_ids": ["ada@example.com"], "tags": ["bob@b.example", "new"]}
    }
    redact_item(item, [item])
    assert item == {"properties": {"tags": ["new"]}}


def test_user_at_the_top_is_left_alone() -> None:
    item = {"user": {"email": "ada@example.com"}}
    assert redact_item(item, [item]) == []
    assert item == {"user": {"email": "ada@example.com"}}


def test_what_is_nested_too_deep_is_removed_unseen() -> None:
    item = place(("properties", *["a"] * 200), "ada@example.com")
    (redacted,) = redact_item(item, [item])
    assert redacted.found == UNSEARCHABLE
    assert "ada" not in json.dumps(item)
    item = place(("properties", *[0] * 200), "ada@example.com")
    assert len(redact_item(item, [item])) == 1
    assert "ada" not in json.dumps(item)


@pytest.mark.parametrize(
    "properties",
    [
        {"note": "x" * (MAX_CHARACTERS + 1)},
        {"note": "a@" * MAX_CHARACTERS},
        {"notes": ["x y" * 10] * (MAX_CHARACTERS // 10)},
        {"x y" * MAX_CHARACTERS: 1},
        {"a": {"b": [{"c": "x" * 1000} for _ in range(MAX_CHARACTERS // 900)]}},
    ],
    ids=["one text", "one suspicious text", "a list", "a name", "many objects"],
)
def test_more_text_than_an_event_holds_is_not_searched(properties: dict[str, Any]) -> None:
    with pytest.raises(TooMuchTextError):
        redact_item({"properties": properties}, [{"properties": properties}])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["a@b.example"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=3))
def test_any_structure_is_redacted(item: dict[str, Any]) -> None:
    item.pop("user", None)
    for name in ("event", "event_id"):
        item.pop(name, None)
    redact_item(item, [item])
    assert "a@b.example" not in json.dumps(
        {name: value for name, value in item.items() if name != "a@b.example"}
    )
