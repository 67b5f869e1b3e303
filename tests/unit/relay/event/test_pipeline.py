"""Intake: what becomes of an event, policy by policy."""

import json
from typing import Any

import pytest

from relay.destination import Destination
from relay.event.pipeline import Accepted, Dropped, PipelineOptions, Rejected, RequestContext
from relay.event.routing import Routes
from tests.support.events import NOW, PIXEL, accepted, codes, event, process, rejected

DAY = 86_400
ADA = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"
"""SHA-256 of ada@example.com, from coreutils' sha256sum."""


def item_of(raw: object) -> dict[str, Any]:
    item: dict[str, Any] = json.loads(accepted(raw).item)
    return item


def time_of(result: Accepted) -> int:
    return int(json.loads(result.item)["event_time"])


def test_flat_event_becomes_tiktoks_item() -> None:
    item = item_of(event())
    assert item == {
        "event": "Purchase",
        "event_time": int(NOW) - 60,
        "event_id": "order-1",
        "user": {"email": ADA},
        "properties": {
            "value": 24.0,
            "currency": "EUR",
            "content_type": "product",
            "contents": [{"content_id": "SKU-1", "content_name": "Mug"}],
        },
        "page": {"url": "https://shop.example/thanks"},
    }


def test_item_without_fields_is_omitted() -> None:
    raw = event(content_id=None, content_name=None, contents=[{"content_id": "1"}, {}, {"price": None}])
    assert item_of(raw)["properties"]["contents"] == [{"content_id": "1"}]
    assert "contents" not in item_of(raw | {"contents": [{}]})["properties"]


def test_text_of_two_objects_is_no_item() -> None:
    two = '[{"content_id": "1"}, {"content_id": "2"}]'
    result = rejected(event(content_id=None, content_name=None, contents=[two, {"content_id": "3"}]))
    assert [(error.code, error.field) for error in result.errors] == [("wrong_type", "contents[0]")]


def test_nested_event_becomes_the_same_item_as_the_flat_one() -> None:
    nested = {
        "event": "Purchase",
        "event_id": "order-1",
        "event_time": int(NOW) - 60,
        "user": {"email": "ada@example.com"},
        "properties": {
            "value": 24.0,
            "currency": "EUR",
            "content_id": "SKU-1",
            "content_type": "product",
            "content_name": "Mug",
        },
        "page": {"url": "https://shop.example/thanks"},
    }
    assert item_of(nested) == item_of(event())


def test_event_without_fault_has_no_warning() -> None:
    assert accepted(event()).warnings == ()


@pytest.mark.parametrize("raw", [None, 1, "Purchase", [], [{}], True])
def test_what_is_no_object_is_rejected(raw: object) -> None:
    assert codes(rejected(raw)) == {"not_an_object"}


@pytest.mark.parametrize("name", [None, "", "  "])
def test_event_without_a_name_is_rejected(name: str | None) -> None:
    assert "event_missing" in codes(rejected(event(event=name)))


@pytest.mark.parametrize(
    ("given", "out", "code"),
    [
        ("CompletePayment", "Purchase", "event_renamed"),
        ("SubmitForm", "Lead", "event_renamed"),
        ("StartCheckout", "InitiateCheckout", "event_reserved"),
        ("add_to_cart", "AddToCart", "event_spelling"),
        ("purchase", "Purchase", "event_spelling"),
        ("complete payment", "Purchase", "event_spelling"),
        ("GiftWrapped", "GiftWrapped", "event_custom"),
    ],
)
def test_name_is_settled_and_said(given: str, out: str, code: str) -> None:
    result = accepted(event(event=given))
    assert result.event == out
    assert code in codes(result)


def test_place_an_order_stays() -> None:
    assert codes(accepted(event(event="PlaceAnOrder"))) == {"event_ending"}


@pytest.mark.parametrize("name", ["1st", "a b", "x" * 51, "ünder", "semi;colon"])
def test_name_that_tiktok_takes_for_none_is_rejected(name: str) -> None:
    assert "event_name_invalid" in codes(rejected(event(event=name)))


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (int(NOW) * 1000, "event_time_milliseconds"),
        (NOW * 1000, "event_time_milliseconds"),
        ("2026-11-18T11:06:40Z", "event_time_iso"),
        ("2026-11-18T12:06:40+01:00", "event_time_iso"),
        ("2026-11-18 11:06:40", "event_time_iso"),
        (str(int(NOW)), "event_time_text"),
        (NOW - 0.5, "event_time_fraction"),
    ],
)
def test_time_in_another_form_is_converted_and_said(given: object, code: str) -> None:
    result = accepted(event(event_time=given))
    assert abs(time_of(result) - NOW) <= 1
    assert code in codes(result)


@pytest.mark.parametrize(
    "given", ["yesterday", -1, 1e17, "2026-13-45T00:00:00Z", True, [1, 2], "१७९५०००००००"]
)
def test_time_that_can_be_none_is_rejected(given: object) -> None:
    assert codes(rejected(event(event_time=given))) & {"event_time_wrong", "wrong_type"}


def test_no_time_means_the_time_of_receipt() -> None:
    result = accepted(event(event_time=None))
    assert time_of(result) == int(NOW)
    assert "event_time_missing" in codes(result)


@pytest.mark.parametrize(
    ("age", "code"),
    [(29 * DAY, "event_time_too_old"), (-601, "event_time_future"), (7 * 365 * DAY, "event_time_too_old")],
)
def test_time_that_could_spoil_a_batch_is_rejected(age: int, code: str) -> None:
    assert code in codes(rejected(event(event_time=int(NOW) - age)))


def test_time_older_than_a_week_is_warned_of() -> None:
    assert codes(accepted(event(event_time=int(NOW) - 8 * DAY))) == {"event_time_old"}


def test_browsers_wrong_clock_is_replaced() -> None:
    context = RequestContext(NOW, {}, {"ip": "8.8.8.8", "user_agent": "UA"})
    result = accepted(event(event_time=int(NOW) + 3600), context=context)
    assert time_of(result) == int(NOW)
    assert "event_time_browser" in codes(result)


def test_id_as_a_number_becomes_text_to_the_last_digit() -> None:
    result = accepted(event(event_id=820982911946154508))
    assert result.event_id == "820982911946154508"
    assert codes(result) == {"event_id_number"}


def test_missing_id_is_taken_from_the_order() -> None:
    result = accepted(event(event_id=None, order_id=1001))
    assert result.event_id == "1001"
    assert "event_id_from_order" in codes(result)


def test_made_id_is_the_same_for_the_same_event_and_another_for_another() -> None:
    first, again, other = (accepted(event(event_id=None, value=value)) for value in (1, 1, 2))
    assert first.event_id == again.event_id != other.event_id
    assert "event_id_made" in codes(first)


@pytest.mark.parametrize(
    ("given", "out"), [("12.50", 12.5), ("0", 0), (0, 0), (0.0, 0.0), ("7", 7), (129.9, 129.9)]
)
def test_value_is_a_number(given: object, out: float) -> None:
    assert item_of(event(value=given))["properties"]["value"] == out


@pytest.mark.parametrize("given", ["abc", "12,50", "€12", "1e3", "NaN", {}, True, float("inf"), 1e300])
def test_value_that_is_no_number_is_rejected(given: object) -> None:
    assert codes(rejected(event(value=given))) & {"value_not_a_number", "wrong_type", "number_out_of_range"}


def test_lower_case_currency_is_coerced() -> None:
    assert item_of(event(currency="eur"))["properties"]["currency"] == "EUR"


@pytest.mark.parametrize("given", ["ZZZZ", "EURO", "€", "XXX"])
def test_currency_that_there_is_none_of_is_rejected(given: str) -> None:
    assert "currency_unknown" in codes(rejected(event(currency=given)))


def test_currency_that_tiktok_does_not_take_costs_the_value_and_not_the_event() -> None:
    result = accepted(event(currency="XOF"))
    assert not {"value", "currency"} & json.loads(result.item)["properties"].keys()
    assert "currency_not_taken" in codes(result)


def test_purchase_without_value_is_warned_of() -> None:
    assert "value_missing" in codes(accepted(event(value=None, currency=None)))


def test_content_id_as_a_number_becomes_text() -> None:
    result = accepted(event(content_id=1001))
    assert json.loads(result.item)["properties"]["contents"][0]["content_id"] == "1001"
    assert "number_made_text" in codes(result)


def test_search_string_goes_out() -> None:
    item = item_of(event(event="Search", search_string="mug", value=None, currency=None))
    assert item["properties"]["search_string"] == "mug"


@pytest.mark.parametrize(
    "raw",
    [
        event(pixel_code="X"),
        event(timestamp="2026-11-18T11:06:40Z"),
        event(context={"user": {}}),
        event(phone_number="+1"),
        event(email=None, user={"phone_number": "+1", "email": "a@b.example"}),
    ],
    ids=["pixel_code", "timestamp", "context", "phone_number", "user.phone_number"],
)
def test_shape_of_events_1_0_is_rejected_with_what_2_0_wants(raw: dict[str, object]) -> None:
    result = rejected(raw)
    assert [error.code for error in result.errors] == ["events_1_0"]
    assert "2.0" in result.errors[0].message


def test_another_destination_is_rejected() -> None:
    assert "destination_unknown" in codes(rejected(event(event_source_id="OTHER")))


def test_test_event_code_of_the_stack_goes_with_the_event() -> None:
    options = PipelineOptions(Routes({"web": (PIXEL,)}, test_event_code="TEST1"))
    assert accepted(event(), options=options).destinations == (Destination("web", PIXEL, "TEST1"),)


def test_envelope_gives_an_event_what_it_lacks_and_no_more() -> None:
    context = RequestContext(NOW, {"test_event_code": "TEST1"})
    for own, code in (({}, "TEST1"), ({"test_event_code": None}, "TEST1"), ({"test_event_code": "T2"}, "T2")):
        result = accepted(event() | own, context=context)
        assert result.destinations == (Destination("web", PIXEL, code),)


@pytest.mark.parametrize("consent", [False, "denied", " DENIED "])
def test_denied_consent_drops_the_event(consent: object) -> None:
    assert process(event(consent=consent)) == Dropped("consent_denied")


def test_half_of_a_surrogate_pair_in_a_text_costs_itself() -> None:
    result = accepted(event(content_name="Mug 😀 \ud83d", description="\ud83d"))
    properties = json.loads(result.item)["properties"]
    assert (properties["contents"][0]["content_name"], "description" in properties) == ("Mug 😀", False)
    assert [warning.field for warning in result.warnings if warning.code == "text_cut"] == [
        "description",
        "content_name",
    ]


HALF = "\ud83d"


def cut_fields(result: Accepted) -> list[str]:
    return [warning.field for warning in result.warnings if warning.code == "text_cut"]


@pytest.mark.parametrize(
    ("changes", "section", "name"),
    [
        ({"order_id": f"A-1001{HALF}"}, "properties", "order_id"),
        ({"content_ids": [f"SKU-1 {HALF}", HALF]}, "properties", "content_ids"),
        ({"content_ids": '["SKU-1\\ud83d"]'}, "properties", "content_ids"),
        ({"content_type": f"product{HALF}"}, "properties", "content_type"),
        ({"currency": f"EUR{HALF}"}, "properties", "currency"),
        ({"url": f"https://shop.example/thanks{HALF}"}, "page", "url"),
        ({"referrer": f"https://search.example/?q=mugs {HALF}"}, "page", "referrer"),
    ],
)
def test_half_of_a_surrogate_pair_in_an_id_or_a_url_is_removed(
    changes: dict[str, Any], section: str, name: str
) -> None:
    result = accepted(event(**changes))
    [field] = set(cut_fields(result))
    assert field == name
    whole = {
        "order_id": "A-1001",
        "content_ids": ["SKU-1"],
        "content_type": "product",
        "currency": "EUR",
        "url": "https://shop.example/thanks",
        "referrer": "https://search.example/?q=mugs",
    }
    assert json.loads(result.item)[section][name] == whole[name]


def test_half_of_a_surrogate_pair_in_an_event_id_is_removed() -> None:
    result = accepted(event(event_id=f"order-7{HALF}"))
    assert (result.event_id, cut_fields(result)) == ("order-7", ["event_id"])
    nothing_else = accepted(event(event_id=HALF, order_id="A-1001"))
    assert (nothing_else.event_id, cut_fields(nothing_else)) == ("A-1001", ["event_id"])
    assert "event_id_placeholder" in codes(accepted(event(event_id=f"order_{HALF}")))


def test_half_of_a_surrogate_pair_in_the_name_of_an_event_is_removed() -> None:
    assert accepted(event(event=f"Purchase{HALF}")).event == "Purchase"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        *((name, HALF) for name in ("email", "phone", "external_id", "ttclid", "ttp", "locale", "city")),
        ("email", f"ada{HALF}@example.com"),
        ("phone", f"+12133734253{HALF}"),
        ("external_id", f"customer-7{HALF}"),
        ("ttclid", f"E.C.P.1{HALF}"),
        ("first_name", f"Ada {HALF}"),
        ("zip_code", "\udc00 90210"),
        ("country", f"US{HALF}"),
        ("user_agent", f"Mozilla/5.0{HALF}"),
    ],
)
def test_identifier_with_half_of_a_surrogate_pair_costs_itself(name: str, given: str) -> None:
    result = accepted(event(email=None, user={"email": "bo@example.com", "ttp": "ttp-1", name: given}))
    assert name not in json.loads(result.item)["user"]
    assert [warning.field for warning in result.warnings if warning.code == "value_invalid"] == [
        f"user.{name}"
    ]


def test_identifier_with_half_of_a_surrogate_pair_costs_no_other_in_its_list() -> None:
    result = accepted(event(email=[f"bo{HALF}@example.com", "ada@example.com"]))
    assert json.loads(result.item)["user"]["email"] == ADA
    assert ("value_invalid", "email[0]") in {(warning.code, warning.field) for warning in result.warnings}


def test_undeclared_property_with_half_of_a_surrogate_pair_loses_it() -> None:
    given = {"note": f"Great {HALF}", "gift": {"to": [f"{HALF}you", HALF]}, "value": 24.0, "currency": "EUR"}
    result = accepted(event(value=None, currency=None, properties=given))
    properties = json.loads(result.item)["properties"]
    assert (properties["note"], properties["gift"]) == ("Great", {"to": ["you", ""]})
    assert cut_fields(result) == ["properties.note", "properties.gift.to[0]", "properties.gift.to[1]"]


def test_half_of_a_surrogate_pair_in_the_name_of_a_field_rejects_the_event() -> None:
    for raw in (
        event(**{"colour\udfff": "red"}),
        event(email=None, user={"email": "ada@example.com", "eye\ud800": "green"}),
        event(properties={"eye": {"colour\ud800": "green"}}),
    ):
        assert codes(rejected(raw)) == {"unreadable_text"}


def test_emoji_goes_through() -> None:
    assert item_of(event(content_name="Mug 😀"))["properties"]["contents"][0]["content_name"] == "Mug 😀"


def test_error_names_the_field_as_its_sender_wrote_it() -> None:
    flat = rejected(event(value={}))
    nested = rejected(event(value=None, properties={"value": {}}))
    assert [error.field for error in flat.errors] == ["value"]
    assert [error.field for error in nested.errors] == ["properties.value"]


def test_error_in_an_item_names_its_place() -> None:
    result = rejected(
        event(content_id=None, content_name=None, contents=[{"content_id": "1"}, {"price": "x"}])
    )
    assert [error.field for error in result.errors] == ["contents[1].price"]


@pytest.mark.parametrize(
    "contents",
    [
        [None, {}, {"content_id": "1", "price": "x", "content_name": "ada@example.com"}],
        '[null, {}, {"content_id": "1", "price": "x", "content_name": "ada@example.com"}]',
        ["null", {}, '{"content_id": "1", "price": "x", "content_name": "ada@example.com"}'],
        {
            "0": None,
            "1": {"price": None},
            "2": {"content_id": "1", "price": "x", "content_name": "ada@example.com"},
        },
    ],
)
def test_place_of_an_item_counts_those_that_are_omitted(contents: object) -> None:
    given = {"value": 24.0, "currency": "EUR", "contents": contents}
    flat = process(event(content_id=None, content_name=None, **given))
    nested = process(event(content_id=None, content_name=None, value=None, currency=None, properties=given))
    for result, path in ((flat, "contents[2]"), (nested, "properties.contents[2]")):
        assert isinstance(result, Rejected)
        found = {finding.field for finding in (*result.errors, *result.warnings) if "[2]" in finding.field}
        assert found == {f"{path}.price", f"{path}.content_name"}


def test_place_of_an_id_counts_those_that_are_omitted() -> None:
    for ids in ([None, "undefined", "ada@example.com"], '[null, "undefined", "ada@example.com"]'):
        result = accepted(event(content_ids=ids))
        assert "content_ids[2]" in {warning.field for warning in result.warnings}


def test_flat_field_beside_its_section_keeps_its_own_path() -> None:
    ada = "ada@example.com"
    flat = event(content_id=None, content_name=None, url=f"https://shop.example/?e={ada}", city="Paris")
    flat |= {"content_ids": ["1", ada], "contents": [None, {"content_id": "1", "content_name": ada}]}
    # The lists of the section hold nothing that is kept.
    sections = {
        "properties": {"content_ids": [None], "contents": [{}], "city": ada},
        "page": {"referrer": "https://search.example/"},
    }
    result = accepted(flat | sections)
    assert {warning.field for warning in result.warnings if warning.code == "personal_data"} == {
        "contents[1].content_name",
        "content_ids[1]",
        "properties.city",
        "url",
    }


def test_no_finding_holds_what_was_found() -> None:
    secret = "canary-93b1"
    result = rejected(
        event(email=f"{secret} at home", phone=secret, value=secret, currency=secret, event_time=secret)
    )
    assert secret not in json.dumps([finding.as_json() for finding in (*result.errors, *result.warnings)])


def test_url_without_scheme_gets_one() -> None:
    result = accepted(event(url="shop.example/thanks"))
    assert json.loads(result.item)["page"]["url"] == "https://shop.example/thanks"
    assert "url_no_scheme" in codes(result)


def test_huge_event_is_rejected() -> None:
    for length in (199_900, 300_000):
        assert codes(rejected(event(description="x" * length))) == {"too_large"}
        assert codes(rejected(event(description="x y@z " * (length // 6)))) == {"too_large"}


def order(items: int, name: str, **changes: object) -> dict[str, Any]:
    """A Purchase of so many different items."""
    contents = [
        {
            "content_id": f"SKU-{number}",
            "content_name": f"{name} {number}",
            "content_category": "Home",
            "brand": "Ada's",
            "price": 2.5,
            "quantity": 4,
        }
        for number in range(items)
    ]
    return event(contents=contents, content_id=None, content_name=None, value=items * 10.0, **changes)


@pytest.mark.parametrize(
    ("items", "name"),
    [(300, "日本語の商品名" * 16), (2_000, "A thing of some length"), (900, "A long name " * 30)],
    ids=["three hundred Japanese items", "two thousand items", "more text than is searched"],
)
def test_large_order_goes_out_without_the_names_of_its_items(items: int, name: str) -> None:
    result = accepted(order(items, name))
    properties = json.loads(result.item)["properties"]
    assert (properties["value"], properties["currency"]) == (items * 10.0, "EUR")
    assert properties["contents"] == [
        {"content_id": f"SKU-{number}", "price": 2.5, "quantity": 4} for number in range(items)
    ]
    (warning,) = result.warnings
    assert (warning.code, warning.field) == ("item_texts_omitted", "contents")
    assert "at most 200000 bytes" in warning.message


def test_order_that_fits_keeps_the_names_of_its_items() -> None:
    result = accepted(order(1_000, "A thing"))
    assert json.loads(result.item)["properties"]["contents"][-1]["content_name"] == "A thing 999"
    assert result.warnings == ()


def test_names_that_were_omitted_are_reported_however_many_findings_there_are() -> None:
    raw = order(300, "日本語の商品名" * 16)
    for item in raw["contents"]:
        item["price"] = "2.5"
    warnings = accepted(raw).warnings
    assert len(warnings) == 100
    assert warnings[0].code == "item_texts_omitted"


def test_items_that_have_a_name_alone_are_omitted_with_it() -> None:
    result = accepted(
        event(contents=[{"content_name": "x" * 100_000}] * 3, content_id=None, content_name=None)
    )
    assert "contents" not in json.loads(result.item)["properties"]


@pytest.mark.parametrize("name", ["日本語の商品名" * 16, "A long name " * 80])
def test_large_order_has_one_made_id_whenever_it_comes(name: str) -> None:
    raw = order(300, name, event_id=None)
    again = accepted(raw, context=RequestContext(NOW + 3600))
    assert accepted(raw).event_id == again.event_id
    other = accepted(order(300, name, event_id=None, email="grace@example.com"))
    assert other.event_id != again.event_id


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (event(content_id=1), "content_id"),
        (event(content_name="for ada@example.com"), "content_name"),
        (event(price="x"), "price"),
        (event(price=[1]), "price"),
        (event(contents=[{"content_id": 1}], content_id=None, content_name=None), "contents[0].content_id"),
        (
            {"event": "ViewContent", "email": "a@b.example", "properties": {"content_id": 1}},
            "properties.content_id",
        ),
    ],
)
def test_finding_names_an_items_field_as_it_was_written(raw: dict[str, Any], field: str) -> None:
    result = process(raw)
    assert isinstance(result, Accepted | Rejected)
    found = (*result.warnings, *(result.errors if isinstance(result, Rejected) else ()))
    assert field in {finding.field for finding in found}
    assert all(
        "contents[0]" in finding.message or "contents[0]" not in field
        for finding in found
        if finding.field == field
    )
