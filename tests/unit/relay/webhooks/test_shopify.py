"""Shopify: the event of each topic, its id, money, items and customer; ignored orders."""

import json
from typing import Any

import pytest

from relay.webhooks import shopify
from relay.webhooks.options import Options
from relay.webhooks.provider import ProviderEvents
from tests.support.rows import every_row
from tests.support.webhooks import GONE, event_of, events_of, parse, reason_of, sample

ORDER_ID = "5778367414385123456"
ON_CREATE = Options(purchase_topic="orders/create")


def paid(**changes: object) -> dict[str, Any]:
    return sample("shopify/orders_paid", **changes)


def purchase(options: Options | None = None, /, **changes: object) -> dict[str, Any]:
    return event_of("shopify", paid(**changes), "orders/paid", options)


def note(name: str, value: object) -> list[dict[str, object]]:
    return [{"name": name, "value": value}]


# ── what becomes what ──────────────────────────────────────────────────────────────────────────────────


def test_paid_order_is_a_purchase_with_all_that_tiktok_takes() -> None:
    assert purchase() == {
        "event": "Purchase",
        "event_id": ORDER_ID,
        "event_time": 1_794_996_271,
        "user": {
            "email": "ada.lovelace@example.com",
            "phone": "+442079460018",
            "external_id": "7302511984923",
            "locale": "en-GB",
            "first_name": "Ada",
            "last_name": "Lovelace",
            "city": "London",
            "state": "ENG",
            "zip_code": "SW1Y 4JH",
            "country": "GB",
            "ip": "2606:4700:4700::1111",
            "user_agent": paid()["client_details"]["user_agent"],
            "ttclid": "E.C.P.ada000000000000000000000000000001",
            "ttp": "2sampleShopify00000000000000001",
        },
        "properties": {
            "value": 128.4,
            "currency": "GBP",
            "content_type": "product",
            "contents": [
                {
                    "content_id": "45187330408731",
                    "content_name": "Trail shoe - 41 / red",
                    "brand": "Hillside",
                    "price": 112,
                    "quantity": 1,
                },
                {"content_id": "45187330441499", "content_name": "Enamel mug", "price": 10.4, "quantity": 2},
            ],
            "num_items": 3,
            "order_id": ORDER_ID,
        },
        "page": {
            "url": "https://shop.example/products/trail-shoe"
            "?utm_source=tiktok&ttclid=E.C.P.ada000000000000000000000000000001",
            "referrer": "https://www.tiktok.com/",
        },
    }


def test_placed_order_is_place_an_order_under_the_order_id() -> None:
    event = event_of("shopify", sample("shopify/orders_create"), "orders/create")
    assert (event["event"], event["event_id"]) == ("PlaceAnOrder", ORDER_ID)
    assert event["properties"] == purchase()["properties"]


def test_with_purchase_topic_create_an_order_counts_when_placed_and_not_when_paid() -> None:
    created = event_of("shopify", sample("shopify/orders_create"), "orders/create", ON_CREATE)
    assert (created["event"], created["event_id"]) == ("Purchase", ORDER_ID)
    assert reason_of("shopify", paid(), "orders/paid", ON_CREATE) == "covered_by_another_topic"


def test_checkout_has_its_token_as_event_id() -> None:
    event = event_of("shopify", sample("shopify/checkouts_create"), "checkouts/create")
    assert (event["event"], event["event_id"]) == ("InitiateCheckout", "9f2c1ab84ad0411d9f5e7c3b2a6d8e10")
    assert event["event_id"] == paid()["checkout_token"]
    assert event["user"] == {
        "email": "ada.lovelace@example.com",
        "locale": "en-GB",
        "ttclid": "E.C.P.ada000000000000000000000000000001",
        "ttp": "2sampleShopify00000000000000001",
    }
    assert (event["properties"]["value"], event["properties"]["currency"]) == (132.8, "GBP")
    assert "order_id" not in event["properties"]


def test_customer_is_a_registration_under_the_customers_id() -> None:
    event = event_of("shopify", sample("shopify/customers_create"), "customers/create")
    assert (event["event"], event["event_id"]) == ("CompleteRegistration", "7302511984923")
    assert event["user"]["external_id"] == "7302511984923"
    assert event["user"]["phone"] == "+442079460018"
    assert event["page"] == {"url": "https://example.myshopify.com/"}
    assert "properties" not in event


def test_cart_is_ignored_unless_forwarded() -> None:
    cart = sample("shopify/carts_update")
    assert reason_of("shopify", cart, "carts/update") == "cart"
    event = event_of("shopify", cart, "carts/update", Options(forwarded=frozenset({"cart"})))
    assert (event["event"], event["event_id"]) == (
        "AddToCart",
        "hWN2K7e1QxExampleCartToken0001-45187330408731:1a2b",
    )
    assert (event["properties"]["value"], event["properties"]["currency"]) == (112, "GBP")


def test_line_of_a_cart_without_a_key_has_its_id_and_then_its_variants() -> None:
    line = sample("shopify/carts_update")["line_items"][0] | {"key": None}
    lines = [line | {"id": 7, "variant_id": 8}, line | {"id": None, "variant_id": 8}]
    cart = sample("shopify/carts_update", line_items=lines)
    events = events_of("shopify", cart, "carts/update", Options(forwarded=frozenset({"cart"})))
    assert [event["event_id"].rpartition("-")[2] for event in events] == ["7", "8"]


def test_each_line_of_a_cart_is_one_event_and_stays_the_same_one() -> None:
    chosen = Options(forwarded=frozenset({"cart"}))
    line = sample("shopify/carts_update")["line_items"][0]
    two = sample(
        "shopify/carts_update", line_items=[line, line | {"key": "2:b", "quantity": 5}, {"key": None}]
    )
    first, again = (
        parse("shopify", two, "carts/create", chosen),
        parse("shopify", two, "carts/update", chosen),
    )
    assert isinstance(first, ProviderEvents)
    assert isinstance(again, ProviderEvents)
    assert len(first.events) == 2
    assert first.events == again.events
    assert (
        reason_of("shopify", sample("shopify/carts_update", line_items=[]), "carts/update", chosen) == "empty"
    )


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("orders/updated", "covered_by_another_topic"),
        ("orders/edited", "covered_by_another_topic"),
        ("orders/fulfilled", "covered_by_another_topic"),
        ("orders/cancelled", "no_revenue"),
        ("refunds/create", "no_revenue"),
        ("draft_orders/create", "no_revenue"),
        ("products/update", "topic_unknown"),
        ("Product", "topic_unknown"),
        ("", "topic_unknown"),
    ],
)
def test_other_topic_is_never_revenue(topic: str, expected: str) -> None:
    assert reason_of("shopify", paid(), topic) == expected


def test_every_topic_of_the_table_is_parsed_without_an_error() -> None:
    assert all(isinstance(parse("shopify", {}, topic).topic, str) for topic in shopify.TOPICS)


def test_newer_family_of_headers_goes_before_the_older() -> None:
    result = parse(
        "shopify",
        paid(),
        "orders/updated",
        shopify_hmac_sha256="x",
        shopify_topic="orders/paid",
        shopify_shop_domain="example.myshopify.com",
    )
    assert isinstance(result, ProviderEvents)
    assert reason_of("shopify", paid(), "orders/paid", shopify_hmac_sha256="x", shopify_topic="Order") == (
        "topic_unknown"
    )


# ── what is no sale ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"test": True}, "test"),
        ({"source_name": "pos"}, "pos"),
        ({"source_name": "shopify_draft_order"}, "draft"),
        (
            {"current_total_price_set__presentment_money__amount": "0.00"},
            "zero_value",
        ),
    ],
)
def test_order_of_no_visitor_is_ignored_unless_forwarded(changes: dict[str, object], expected: Any) -> None:
    assert reason_of("shopify", paid(**changes), "orders/paid") == expected
    assert purchase(Options(forwarded=frozenset({expected})), **changes)["event"] == "Purchase"


def test_test_notification_is_a_test() -> None:
    assert reason_of("shopify", paid(), "orders/paid", x_shopify_test="true") == "test"
    assert (
        reason_of("shopify", sample("shopify/customers_create"), "customers/create", x_shopify_test="true")
        == "test"
    )


@pytest.mark.parametrize(
    "channel", ["web", "iphone", "580111", "shop", "amazonia-app", "wishlist", "wish-list", "bolt", None, 5]
)
def test_any_other_channel_passes(channel: object) -> None:
    assert purchase(source_name=channel)["event"] == "Purchase"


@pytest.mark.parametrize("status", ["pending", "voided", "expired", "PENDING"])
def test_unpaid_order_is_no_purchase_whatever_topic_its_header_names(status: str) -> None:
    assert reason_of("shopify", paid(financial_status=status), "orders/paid") == "not_paid"


@pytest.mark.parametrize("status", ["paid", "authorized", "partially_refunded", None])
def test_paid_order_is_a_purchase(status: str | None) -> None:
    assert purchase(financial_status=status)["event"] == "Purchase"


def test_order_counted_when_placed_may_be_paid_later_but_not_be_void() -> None:
    create = sample("shopify/orders_create")
    assert event_of("shopify", create, "orders/create", ON_CREATE)["event"] == "Purchase"
    assert (
        reason_of("shopify", create | {"financial_status": "voided"}, "orders/create", ON_CREATE)
        == "not_paid"
    )


@pytest.mark.parametrize("topic", ["orders/paid", "orders/create"])
def test_cancelled_order_is_ignored(topic: str) -> None:
    assert reason_of("shopify", paid(cancelled_at="2026-11-18T11:40:00+01:00"), topic) == "cancelled"


@pytest.mark.parametrize("value", ["denied", "Declined", "rejected", "false", "NO", "0", False, 0, 0.0])
def test_denied_consent_is_on_every_event(value: object) -> None:
    notes = note("_tt_consent", value)
    assert purchase(note_attributes=notes)["consent"] == "denied"
    checkout = sample("shopify/checkouts_create", note_attributes=notes)
    assert event_of("shopify", checkout, "checkouts/create")["consent"] == "denied"


@pytest.mark.parametrize("value", ["granted", "yes", "", None, True, 1, [], {}])
def test_given_or_unknown_consent_drops_nothing(value: object) -> None:
    assert "consent" not in purchase(note_attributes=note("_tt_consent", value))


@pytest.mark.parametrize("topic", ["orders/paid", "orders/create"])
def test_webhook_of_something_else_is_no_order_whatever_topic_its_header_names(topic: str) -> None:
    for name in ("customers_create", "refunds_create"):
        body = sample(f"shopify/{name}")
        body.pop("line_items", None)
        assert reason_of("shopify", body, topic) == "not_an_event"
    assert reason_of("shopify", {"id": 5, "email": "ada@example.com"}, topic) == "not_an_event"
    assert event_of("shopify", {"id": 5, "total_price": "6.00", "email": "ada@example.com"}, topic)


# ── ids ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (820982911946154508, "820982911946154508"),
        ("gid://shopify/Order/820982911946154508", "820982911946154508"),
        ("gid://shopify/OrderIdentity/5210499102", "5210499102"),
    ],
)
def test_id_is_the_text_after_the_last_slash(given: object, expected: str) -> None:
    event = purchase(id=given)
    assert (event["event_id"], event["properties"]["order_id"]) == (expected, expected)


def test_order_without_an_id_has_its_global_id_or_is_ignored() -> None:
    assert purchase(id=None)["event_id"] == ORDER_ID
    assert reason_of("shopify", paid(id=None, admin_graphql_api_id=None), "orders/paid") == "id_missing"
    assert reason_of("shopify", {"cancel_reason": None}, "orders/paid") == "id_missing"


def test_prefix_keeps_two_shops_apart() -> None:
    options = Options(event_id_prefix="uk-")
    assert purchase(options)["event_id"] == f"uk-{ORDER_ID}"
    assert purchase(options)["properties"]["order_id"] == ORDER_ID


def test_page_may_name_the_purchase_itself() -> None:
    notes = note("__tt_event_id", "order-of-our-own:7")
    assert purchase(Options(event_id_prefix="uk-"), note_attributes=notes)["event_id"] == "order-of-our-own:7"


def test_id_in_an_attribute_of_another_name_is_not_used() -> None:
    assert purchase(note_attributes=note("event_id", "concert-9"))["event_id"] == ORDER_ID


# ── money ──────────────────────────────────────────────────────────────────────────────────────────────


def money(event: dict[str, Any]) -> tuple[object, ...]:
    properties = event["properties"]
    return properties.get("value"), properties.get("currency"), properties["contents"][0].get("price")


def test_value_currency_and_prices_come_from_one_money_set() -> None:
    assert money(purchase()) == (128.4, "GBP", 112)
    assert money(purchase(Options(money="shop"))) == (148.91, "EUR", 129.9)


def test_without_money_sets_the_amount_is_in_the_shops_currency() -> None:
    event = purchase(total_price_set=None, current_total_price_set=None, presentment_currency=None)
    assert money(event) == (148.91, "EUR", 129.9)


def test_incomplete_money_set_is_not_used() -> None:
    event = purchase(
        total_price_set__presentment_money__currency_code=None,
        current_total_price_set__presentment_money__currency_code=None,
    )
    assert money(event) == (148.91, "EUR", 129.9)
    assert money(purchase(line_items__0__price_set=None)) == (128.4, "GBP", None)
    dollars = purchase(line_items__0__price_set__presentment_money__currency_code="USD")
    assert money(dollars) == (128.4, "GBP", None)


def in_pesos(body: Any) -> Any:
    """Return a body whose buyer pays in Dominican pesos, which TikTok does not take."""
    if isinstance(body, list):
        return [in_pesos(entry) for entry in body]
    if not isinstance(body, dict):
        return body
    pesos = {"presentment_money": {"amount": "9000.00", "currency_code": "DOP"}}
    return {name: in_pesos(value) for name, value in body.items()} | (
        pesos if "presentment_money" in body else {}
    )


@pytest.mark.parametrize("topic", ["orders/create", "orders/paid"])
def test_buyers_currency_that_tiktok_does_not_take_gives_way_to_the_shops(topic: str) -> None:
    body = in_pesos(sample(f"shopify/{topic.replace('/', '_')}", presentment_currency="DOP"))
    assert money(event_of("shopify", body, topic)) == (148.91, "EUR", 129.9)
    neither = json.loads(json.dumps(body).replace('"EUR"', '"RSD"'))
    assert money(event_of("shopify", neither, topic)) == (9000, "DOP", 9000)


def test_line_of_a_cart_in_a_currency_that_tiktok_does_not_take_has_the_shops() -> None:
    cart = sample("shopify/carts_update")
    for line in cart["line_items"]:
        line["line_price_set"] = {
            "presentment_money": {"amount": "9000", "currency_code": "DOP"},
            "shop_money": {"amount": "129.90", "currency_code": "EUR"},
        }
    event, *_ = events_of("shopify", cart, "carts/update", Options(forwarded=frozenset({"cart"})))
    assert (event["properties"]["value"], event["properties"]["currency"]) == (129.9, "EUR")


def test_currency_that_is_no_currency_leaves_an_order_without_amounts() -> None:
    nothing = dict.fromkeys(("total_price_set", "current_total_price_set", "presentment_currency"))
    event = purchase(currency="points", **nothing)
    assert money(event) == (None, None, None)
    assert event["properties"]["num_items"] == 3


def test_whole_currencies_have_whole_values() -> None:
    event = purchase(
        current_total_price_set__presentment_money={"amount": "1000", "currency_code": "jpy"}, line_items=[]
    )
    assert (event["properties"]["value"], event["properties"]["currency"]) == (1000, "JPY")
    assert isinstance(event["properties"]["value"], int)


def test_checkout_in_two_currencies_has_no_value_because_nothing_says_which_it_is_in() -> None:
    body = sample("shopify/checkouts_create", currency="EUR")
    assert "value" not in event_of("shopify", body, "checkouts/create")["properties"]


@every_row("amount", [None, "", "free", "12,50", "NaN", "1e3", [], {}, True, "1_000", "9" * 40])
def test_invalid_amount_leaves_no_value(amount: object) -> None:
    nothing = dict.fromkeys(("total_price_set", "current_total_price_set"))
    properties = purchase(total_price=amount, current_total_price=amount, **nothing)["properties"]
    assert "value" not in properties
    assert "currency" not in properties


@pytest.mark.parametrize("amount", [148.91, "148.91", " 148.91 "])
def test_amount_may_be_number_or_text(amount: object) -> None:
    nothing = dict.fromkeys(("total_price_set", "current_total_price_set"))
    assert purchase(total_price="1", current_total_price=amount, **nothing)["properties"]["value"] == 148.91


# ── items ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("item_id", "content_id", "content_type"),
    [
        ("variant", "45187330408731", "product"),
        ("product", "8400158122267", "product_group"),
        ("sku", "SKU-1001-41", "product"),
    ],
)
def test_item_ids_are_those_of_the_catalogue(item_id: Any, content_id: str, content_type: str) -> None:
    properties = purchase(Options(item_id=item_id))["properties"]
    assert (properties["contents"][0]["content_id"], properties["content_type"]) == (content_id, content_type)


def test_custom_item_has_no_id_and_stays() -> None:
    properties = purchase(line_items__0__variant_id=None, line_items__0__product_id=None)["properties"]
    assert "content_id" not in properties["contents"][0]
    assert properties["num_items"] == 3


@pytest.mark.parametrize("sku", ["\ufeffSKU-1", "SKU\u200b-1", "SKU\t-1", " SKU-1\u2028", "SKU\u3164-1"])
def test_invisible_characters_in_a_sku_do_not_cost_the_order(sku: str) -> None:
    event = purchase(Options(item_id="sku"), line_items__0__sku=sku)
    assert event["properties"]["contents"][0]["content_id"] == "SKU-1"


def test_sku_keeps_its_slashes() -> None:
    properties = purchase(Options(item_id="sku"), line_items__0__sku="A/B")["properties"]
    assert properties["contents"][0]["content_id"] == "A/B"


# ── people ─────────────────────────────────────────────────────────────────────────────────────────────


def user(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = purchase(**changes)["user"]
    return found


def test_email_of_the_order_goes_before_the_customers() -> None:
    assert user(customer__email="other@example.com")["email"] == "ada.lovelace@example.com"
    assert user(email=None, contact_email=None, customer__email="other@example.com")["email"] == (
        "other@example.com"
    )


def test_phone_in_an_address_is_parsed_with_its_country() -> None:
    assert user(billing_address__phone="030 901820", billing_address__country_code="DE")["phone"] == (
        "+4930901820"
    )
    assert user(phone="+4930901820")["phone"] == "+4930901820"


def test_invalid_phone_gives_way_to_the_next() -> None:
    found = user(
        billing_address__phone="123-123-1234",
        billing_address__country_code="CA",
        shipping_address__phone="020 7946 0019",
    )
    assert found["phone"] == "+442079460019"


def test_first_of_several_invalid_phones_is_the_one_to_warn_of() -> None:
    found = user(billing_address__phone="123", shipping_address__phone="456", customer=None)
    assert found["phone"] == "123"


def test_chinese_phone_is_in_e164_alone_since_the_event_adds_its_other_form() -> None:
    found = user(billing_address__phone="138 1234 5678", billing_address__country_code="CN")
    assert found["phone"] == "+8613812345678"


def test_phone_of_an_address_without_a_country_is_parsed_with_the_default() -> None:
    nowhere: dict[str, object] = {"billing_address": {"phone": "030 901820"}, "shipping_address": None}
    assert purchase(Options(country="DE"), **nowhere, customer=None)["user"]["phone"] == "+4930901820"


def test_staffs_ip_is_never_used_as_the_buyers() -> None:
    chosen = Options(forwarded=frozenset({"draft", "pos"}))
    event = event_of("shopify", sample("shopify/orders_paid.draft"), "orders/paid", chosen)
    assert not {"ip", "user_agent"} & event["user"].keys()
    assert "ip" not in user(user_id=90011223344)
    assert "ip" not in purchase(chosen, source_name="pos")["user"]
    assert "ip" not in user(source_name="1234567", checkout_token=None)


def test_page_may_carry_the_buyers_ip_where_the_order_has_none() -> None:
    found = user(
        source_name="1234567",
        checkout_token=None,
        note_attributes=[*note("_tt_client_ip", "9.9.9.9"), *note("_tt_user_agent", "Browser/1")],
    )
    assert (found["ip"], found["user_agent"]) == ("9.9.9.9", "Browser/1")


@every_row(
    "gone",
    ["customer", "billing_address", "shipping_address", "client_details", "note_attributes", "line_items"],
)
@every_row("value", [None, GONE, "text", 5, []])
def test_missing_part_is_no_error(gone: str, value: object) -> None:
    event = purchase(**{gone: value})
    assert event["event_id"] == ORDER_ID
    assert event["user"]["email"] == "ada.lovelace@example.com"


# ── carried attribution ──────────────────────────────────────────────────────────────────────────────


def test_click_id_comes_from_the_landing_page_where_it_was_not_carried() -> None:
    found = user(note_attributes=[], landing_site="/?ttclid=E.C.P.landing")
    assert found["ttclid"] == "E.C.P.landing"
    assert user(landing_site="/?ttclid=E.C.P.landing")["ttclid"] == "E.C.P.ada000000000000000000000000000001"


@pytest.mark.parametrize(
    "landing",
    [None, "/", "/wallets/checkouts.json", "/?ttclid=", "/?ttclid=a%20b", "//[", "/?ttclid=" + "a" * 2000],
)
def test_landing_page_without_a_valid_click_id_gives_none(landing: str | None) -> None:
    assert "ttclid" not in user(note_attributes=[], landing_site=landing)


def page(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = purchase(**changes).get("page", {})
    return found


def test_page_is_the_first_of_the_visit_on_the_shops_own_host() -> None:
    assert page(landing_site="/a?b=c")["url"] == "https://shop.example/a?b=c"
    assert page(landing_site="https://other.example/a")["url"] == "https://other.example/a"
    assert page(landing_site=None)["url"] == "https://shop.example/"
    assert page(landing_site="/a", order_status_url=None)["url"] == "https://example.myshopify.com/a"
    assert (
        page(note_attributes=note("_tt_url", "https://shop.example/cart"))["url"]
        == "https://shop.example/cart"
    )


@pytest.mark.parametrize(
    "landing", ["//?utm=1", "//other.example/a", "products/x", "shop.example/x", "https://", "https://[", "x"]
)
def test_landing_page_that_is_no_url_leaves_the_shops_front_page(landing: str) -> None:
    assert page(landing_site=landing)["url"] == "https://shop.example/"
    assert page(landing_site=landing, order_status_url=None)["url"] == "https://example.myshopify.com/"


@pytest.mark.parametrize("referrer", ["https://", "https://[", "google", "/search", None])
def test_referring_site_that_is_no_url_is_omitted(referrer: str | None) -> None:
    assert "referrer" not in page(referring_site=referrer)


def test_keys_in_the_orders_own_links_are_not_sent() -> None:
    assert "not-a-key" not in str(purchase())
    assert "not-a-key" not in str(event_of("shopify", sample("shopify/checkouts_create"), "checkouts/create"))


@pytest.mark.parametrize("shop", ["evil.example/?a=.myshopify.com", "a b.myshopify.com", ""])
def test_invalid_shop_domain_is_no_page(shop: str) -> None:
    result = parse("shopify", paid(order_status_url=None), "orders/paid", x_shopify_shop_domain=shop)
    assert isinstance(result, ProviderEvents)
    assert "url" not in result.events[0].get("page", {})  # type: ignore[attr-defined]


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("created", "processed", "expected"),
    [
        ("2026-11-18T11:04:11+01:00", "2026-11-18T11:04:09+01:00", 1_794_996_249),
        ("2026-11-18T11:04:11+01:00", "2026-11-18T10:34:11+01:00", 1_794_994_451),
        # Imported: the day on which another system took the order.
        ("2026-11-18T11:04:11+01:00", "2026-11-18T09:04:11+01:00", 1_794_996_251),
        ("2026-11-18T11:04:11+01:00", None, 1_794_996_251),
        ("2026-11-18T10:04:11.000000000Z", None, 1_794_996_251),
        ("2026-11-18", "x", 1_794_960_000),
        ("yesterday", None, None),
        (None, None, None),
    ],
)
def test_order_was_placed_when_it_was_created(
    created: object, processed: object, expected: int | None
) -> None:
    order = sample("shopify/orders_create", created_at=created, processed_at=processed)
    assert event_of("shopify", order, "orders/create").get("event_time") == expected


@pytest.mark.parametrize(
    ("triggered", "updated", "expected"),
    [
        ("2026-12-18T10:00:05.123456789Z", "2026-12-18T11:00:00+01:00", 1_797_588_005),
        (None, "2026-12-18T11:00:00+01:00", 1_797_588_000),
        ("soon", "2026-12-18T11:00:00+01:00", 1_797_588_000),
        ("2026-12-18T10:00:05Z", None, 1_797_588_005),
        ("2026-12-18T10:00:05Z", "2026-11-18T11:04:12+01:00", 1_797_588_005),
        # No payment is before its order.
        ("2020-01-01T00:00:00Z", "2026-12-18T11:00:00+01:00", 1_797_588_000),
        ("2020-01-01T00:00:00Z", None, 1_794_996_249),
        (None, "2020-01-01T00:00:00Z", 1_794_996_249),
        (None, None, 1_794_996_249),
    ],
)
def test_purchase_happened_when_it_was_paid_however_long_after_the_order(
    triggered: str | None, updated: str | None, expected: int
) -> None:
    headers = {} if triggered is None else {"x_shopify_triggered_at": triggered}
    event = event_of("shopify", paid(updated_at=updated), "orders/paid", None, **headers)
    assert event["event_time"] == expected


def test_newer_family_of_headers_says_when_an_order_was_paid() -> None:
    event = event_of(
        "shopify",
        paid(updated_at=None),
        shopify_hmac_sha256="x",
        shopify_topic="orders/paid",
        shopify_triggered_at="2026-11-18T12:00:00Z",
        x_shopify_triggered_at="2026-11-18T13:00:00Z",
    )
    assert event["event_time"] == 1_795_003_200


def test_purchase_counted_when_placed_has_the_time_of_the_order() -> None:
    create = sample("shopify/orders_create", updated_at="2026-12-18T11:00:00+01:00")
    assert event_of("shopify", create, "orders/create", ON_CREATE)["event_time"] == 1_794_996_249


# ── what is paid ───────────────────────────────────────────────────────────────────────────────────────


def test_purchase_is_worth_what_is_left_of_the_order_when_it_is_paid() -> None:
    edited = purchase(
        current_total_price_set__presentment_money__amount="16.40",
        line_items__0__current_quantity=0,
        line_items__1__current_quantity=1,
    )["properties"]
    assert (edited["value"], edited["currency"], edited["num_items"]) == (16.4, "GBP", 1)
    assert [(item["content_name"], item["quantity"]) for item in edited["contents"]] == [("Enamel mug", 1)]
    below = purchase(line_items__0__current_quantity=-1, line_items__1__current_quantity=1)["properties"]
    assert below["contents"] == edited["contents"]


def test_amount_without_money_sets_is_what_is_left_where_shop_and_buyer_have_one_currency() -> None:
    edited = paid(current_total_price="16.40", current_total_price_set=None, presentment_currency="EUR")
    assert event_of("shopify", edited, "orders/paid")["properties"]["value"] == 16.4
    edited["presentment_currency"] = "GBP"
    assert event_of("shopify", edited, "orders/paid")["properties"]["value"] == 128.4
    shops = Options(money="shop")
    assert event_of("shopify", edited, "orders/paid", shops)["properties"]["value"] == 16.4


def test_order_placed_is_worth_what_was_ordered() -> None:
    order = sample("shopify/orders_create", line_items__0__current_quantity=0)
    order["current_total_price_set"]["presentment_money"]["amount"] = "16.40"
    properties = event_of("shopify", order, "orders/create")["properties"]
    assert (properties["value"], properties["num_items"]) == (128.4, 3)


@pytest.mark.parametrize("quantity", [None, GONE, "1", 1.5, True])
def test_invalid_current_quantity_leaves_the_quantity(quantity: object) -> None:
    line = paid()["line_items"][0] | {"current_quantity": quantity}
    if quantity is GONE:
        del line["current_quantity"]
    assert purchase(line_items=[line])["properties"]["num_items"] == 1


def test_order_of_which_everything_was_removed_is_worth_nothing() -> None:
    order = paid(current_total_price_set__presentment_money__amount="0.00")
    assert reason_of("shopify", order, "orders/paid") == "zero_value"


@pytest.mark.parametrize("status", ["paid", "PAID"])
def test_order_that_is_paid_when_it_is_created_is_a_purchase_as_well(status: str) -> None:
    order = sample("shopify/orders_create", financial_status=status)
    events = events_of("shopify", order, "orders/create")
    assert [(event["event"], event["event_id"]) for event in events] == [
        ("PlaceAnOrder", ORDER_ID),
        ("Purchase", ORDER_ID),
    ]
    assert len(events_of("shopify", order, "orders/create", ON_CREATE)) == 1


@pytest.mark.parametrize("status", ["pending", "authorized", "partially_paid", None])
def test_order_that_is_not_paid_when_it_is_created_is_only_placed(status: str | None) -> None:
    order = sample("shopify/orders_create", financial_status=status)
    assert event_of("shopify", order, "orders/create")["event"] == "PlaceAnOrder"


# ── whose orders ───────────────────────────────────────────────────────────────────────────────────────


@every_row(
    "changes",
    [
        {"source_name": "subscription_contract"},
        {"source_name": "subscription_contract_checkout_one"},
        {"tags": "Subscription, Subscription Recurring Order"},
        {"tags": "appstle_subscription_recurring_order"},
        {"tags": ["vip", "Subscription-Recurring-Order"]},
        {"source_name": "294517", "tags": "Recurring Order"},
        {"source_name": "294517", "tags": "Recurring Subscription Order"},
        {"source_name": "294517", "tags": "subscription_recurring"},
    ],
)
@every_row("topic", ["orders/paid", "orders/create"])
def test_renewal_of_a_subscription_is_ignored_unless_forwarded(
    changes: dict[str, object], topic: str
) -> None:
    assert reason_of("shopify", paid(**changes), topic) == "renewal"
    forwarded = Options(forwarded=frozenset({"renewal"}))
    assert purchase(forwarded, **changes)["event_id"] == ORDER_ID


@pytest.mark.parametrize("renewal", [{"source_name": "subscription_contract"}, {"tags": "Recurring Order"}])
@pytest.mark.parametrize(
    "options",
    [
        Options(forwarded=frozenset({"renewal"})),
        Options(shopify_include=frozenset({"web", "subscription_contract"})),
    ],
)
def test_renewal_has_nothing_of_the_first_order_but_its_consent(
    renewal: dict[str, object], options: Options
) -> None:
    visit = "ttv_" + "a" * 22
    copied = {
        "ttclid": "E.C.P.first",
        "_ttp": "2first",
        "tt_visit": visit,
        "tt_event_id": "first-order",
        "tt_url": "https://shop.example/first",
        "tt_client_ip": "9.9.9.9",
        "tt_user_agent": "First/1",
    }
    notes = [entry for name, value in copied.items() for entry in note(name, value)]
    order = paid(**renewal, note_attributes=notes)
    parsed = parse("shopify", order, "orders/paid", options)
    assert isinstance(parsed, ProviderEvents)
    assert parsed.visit is None
    event = purchase(options, **renewal, note_attributes=notes)
    assert event["event_id"] == ORDER_ID
    assert not {"ttclid", "ttp", "ip", "user_agent"} & event["user"].keys()
    assert event["page"] == {"url": "https://shop.example/"}
    denied = purchase(options, **renewal, note_attributes=note("tt_consent", "denied"))
    assert denied["consent"] == "denied"


@pytest.mark.parametrize(
    "tags", ["", None, 5, "Subscription First Order", "subscription", ["recurring"], [None]]
)
def test_first_order_of_a_subscription_counts(tags: object) -> None:
    assert purchase(tags=tags)["event_id"] == ORDER_ID


@every_row(
    "changes",
    [
        *({"source_name": name} for name in ("tiktok", "4383523", "Amazon", "ebay", "2329312")),
        *({"source_name": name} for name in ("amazon-us", "tiktok_shop", "eBay UK", "Walmart", "bol.com")),
        {"source_name": 4383523},
        {"source_name": "5566", "tags": "vip,TikTokOrderID:577000000000000001"},
        {"source_name": "5566", "email": "madeup01@marketplace.amazon.com"},
        {"source_name": "5566", "email": "madeup02@marketplace.amazon.co.uk"},
        {"source_name": "5566", "email": "0a1b2c@members.ebay.com"},
        {"source_name": "5566", "email": "v4bmadeup@scs.tiktokw.us"},
        {"source_name": "5566", "email": "v4bmadeup@scs2.tiktok.com"},
        {"source_name": "5566", "email": "0123456789ABCDEF@relay.walmart.com"},
        {"source_name": "5566", "email": "made+up@allegromail.pl"},
        {"source_name": "5566", "email": "made+up@user.allegromail.pl"},
        {"source_name": "5566", "email": "madeup@verkopen.bol.com"},
        {"source_name": "5566", "email": "made.up@mail.mercadolibre.com"},
        {"source_name": "5566", "email": "made.up@us.notification.mirakl.net"},
    ],
)
def test_order_of_another_marketplace_is_ignored_unless_forwarded(changes: dict[str, object]) -> None:
    assert reason_of("shopify", paid(**changes), "orders/paid") == "marketplace"
    forwarded = Options(forwarded=frozenset({"marketplace"}))
    event = purchase(forwarded, **changes)
    assert event["event_id"] == ORDER_ID
    assert "ip" not in event["user"]


@pytest.mark.parametrize(
    "email",
    ["ann@amazon.com", "ann@tiktok.com", "ann@bol.com", "a@x.notscs.tiktok.com", "a@allegromail.pl.example"],
)
def test_email_address_of_a_marketplaces_own_domain_counts(email: str) -> None:
    assert purchase(email=email)["event_id"] == ORDER_ID


def test_parameters_include_and_exclude_sources() -> None:
    options = Options(
        shopify_include=frozenset({"amazon", "294517", "pos"}), shopify_exclude=frozenset({"6687809", "web"})
    )
    assert purchase(options, source_name="Amazon")["event_id"] == ORDER_ID
    assert purchase(options, source_name="294517", tags="Recurring Order")["event_id"] == ORDER_ID
    assert purchase(options, source_name="pos")["event_id"] == ORDER_ID
    assert purchase(options, source_name="other")["event_id"] == ORDER_ID
    for name in ("web", 6687809):
        assert reason_of("shopify", paid(source_name=name), "orders/paid", options) == "source_excluded"
    checkout = sample("shopify/checkouts_create")
    assert reason_of("shopify", checkout, "checkouts/create", options) == "source_excluded"


@pytest.mark.parametrize("source", ["web", "www", "checkout_next", "12875497473", 12875497473])
def test_ip_and_browser_of_a_storefront_are_the_buyers(source: object) -> None:
    assert user(source_name=source, checkout_token=None)["ip"] == "2606:4700:4700::1111"


def test_ip_and_browser_of_any_checkout_without_staff_are_the_buyers() -> None:
    assert user(source_name="7788")["ip"] == "2606:4700:4700::1111"
    assert "ip" not in user(source_name="7788", user_id=90011223344)
    assert "ip" not in user(source_name="7788", checkout_token=None)


@pytest.mark.parametrize("source", ["web", "3890849", None])
def test_visit_is_looked_up_for_any_checkout_without_staff(source: object) -> None:
    for name, topic in (("checkouts_create", "checkouts/create"), ("orders_paid", "orders/paid")):
        body = sample(f"shopify/{name}", source_name=source)
        parsed = parse("shopify", body, topic)
        assert isinstance(parsed, ProviderEvents)
        assert parsed.visit is not None
        assert parsed.visit.checkout_token == "9f2c1ab84ad0411d9f5e7c3b2a6d8e10"
        by_staff = parse("shopify", body | {"user_id": 90011223344}, topic)
        assert isinstance(by_staff, ProviderEvents)
        assert by_staff.visit is None


# ── checkouts ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("topic", ["checkouts/create", "checkouts/update"])
def test_checkout_counts_from_the_first_webhook_that_identifies_the_buyer(topic: str) -> None:
    anonymous: dict[str, object] = {"email": None, "note_attributes": [], "landing_site": "/"}
    for unknown in ({}, {"note_attributes": note("tt_client_ip", "9.9.9.9")}):
        body = sample("shopify/checkouts_create") | anonymous | unknown
        assert reason_of("shopify", body, topic) == "no_buyer_yet"
    for known in (
        {"email": "ada@example.com"},
        {"phone": "+442079460018"},
        {"customer": {"id": 7}},
        {"landing_site": "/?ttclid=E.C.P.landing"},
        {"note_attributes": note("_ttp", "2sample")},
        {"note_attributes": [*note("tt_client_ip", "9.9.9.9"), *note("tt_user_agent", "Browser/1")]},
    ):
        event = event_of("shopify", sample("shopify/checkouts_create") | anonymous | known, topic)
        assert (event["event"], event["event_id"]) == (
            "InitiateCheckout",
            "9f2c1ab84ad0411d9f5e7c3b2a6d8e10",
        )
        assert event["event_time"] == 1_794_996_099


def test_checkout_that_changes_after_tiktok_may_have_forgotten_its_id_is_looked_up() -> None:
    key = "InitiateCheckout:9f2c1ab84ad0411d9f5e7c3b2a6d8e10"
    body = sample("shopify/checkouts_create", updated_at="2026-11-19T11:01:39+01:00")
    soon = parse("shopify", body, "checkouts/update")
    assert isinstance(soon, ProviderEvents)
    assert (soon.history.excluded, soon.history.remembered) == ("", key)
    body["updated_at"] = "2026-11-20T01:01:39+01:00"
    next_day = parse("shopify", body, "checkouts/update")
    assert isinstance(next_day, ProviderEvents)
    assert next_day.history.excluded == key
    body["updated_at"] = "2026-12-19T11:01:39+01:00"
    late = parse("shopify", body, "checkouts/update")
    assert isinstance(late, ProviderEvents)
    assert (late.history.excluded, late.history.remembered) == (key, key)
    assert event_of("shopify", body, "checkouts/update")["event_time"] == 1_797_674_499
