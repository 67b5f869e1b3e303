"""WooCommerce: paid orders only, once though each change sends them again, with times that are in UTC."""

from typing import Any

import pytest

from relay.webhooks import registry, woocommerce
from relay.webhooks.options import Policy
from tests.support.webhooks import GONE, read, reason, sample, told


def order(**changes: object) -> dict[str, Any]:
    return sample("woocommerce/order.created", **changes)


def purchase(policy: Policy | None = None, /, **changes: object) -> dict[str, Any]:
    return told("woocommerce", order(**changes), "order.created", policy)


def test_paid_order_is_a_purchase_with_all_that_tiktok_takes() -> None:
    assert purchase() == {
        "event": "Purchase",
        "event_id": "727",
        "event_time": 1_794_996_370,
        "user": {
            "email": "wu@example.com",
            "phone": "+49891234567",
            "external_id": "41",
            "first_name": "Chien-Shiung",
            "last_name": "Wu",
            "city": "München",
            "state": "BY",
            "zip_code": "80331",
            "country": "DE",
            "ip": "9.9.9.11",
            "user_agent": order()["customer_user_agent"],
            "ttclid": "E.C.P.wu00000000000000000000000000001",
            "ttp": "2sampleWoo000000000000000000001",
        },
        "properties": {
            "value": 29.83,
            "currency": "EUR",
            "content_type": "product",
            "contents": [
                {"content_id": "93", "content_name": "Enamel mug – blue", "price": 6, "quantity": 2},
                {"content_id": "23", "content_name": "Poster - A2", "price": 8.17, "quantity": 1},
            ],
            "num_items": 3,
            "order_id": "727",
        },
        "page": {"url": "https://woo.example/product/mug/?ttclid=E.C.P.wu00000000000000000000000000001"},
    }


def test_same_order_completed_soon_after_is_the_same_event() -> None:
    assert told("woocommerce", sample("woocommerce/order.updated"), "order.updated") == purchase()


@pytest.mark.parametrize(
    ("modified", "sent"),
    [
        ("2026-11-19T10:06:10", True),
        ("2026-11-19T10:06:11", False),
        ("2026-12-24T00:00:00", False),
        (None, True),
    ],
)
def test_order_that_changes_after_tiktok_may_have_forgotten_its_id_is_not_sent_again(
    modified: str | None, sent: bool
) -> None:
    body = order(date_modified_gmt=modified)
    if sent:
        assert told("woocommerce", body, "order.updated")["event_id"] == "727"
    else:
        assert reason("woocommerce", body, "order.updated") == "update_after_payment"


@pytest.mark.parametrize(
    "status", ["pending", "on-hold", "cancelled", "refunded", "failed", "checkout-draft", "trash", None]
)
def test_order_in_any_other_state_is_no_purchase(status: str | None) -> None:
    assert reason("woocommerce", order(status=status), "order.created") == "not_paid"


def test_cash_on_delivery_counts_once_it_is_paid() -> None:
    processing = order(status="processing", date_paid_gmt=None, payment_method="cod")
    assert reason("woocommerce", processing, "order.created") == "not_paid"
    assert purchase(status="completed", payment_method="cod")["event_id"] == "727"


def test_time_without_a_zone_is_in_utc() -> None:
    assert purchase(date_paid_gmt="2026-11-18T10:06:10")["event_time"] == 1_794_996_370


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"created_via": "admin"}, "draft"),
        ({"created_via": "pos-rest-api"}, "pos"),
        ({"total": "0.00"}, "zero_value"),
    ],
)
def test_what_is_no_sale_to_a_visitor_stays_out_until_the_owner_wants_it_in(
    changes: dict[str, object], wanted: Any
) -> None:
    assert reason("woocommerce", order(**changes), "order.created") == wanted
    assert purchase(Policy(forwarded=frozenset({wanted})), **changes)["event_id"] == "727"


def test_address_of_who_typed_the_order_in_is_not_the_buyers() -> None:
    user = purchase(created_via="rest-api")["user"]
    assert not {"ip", "user_agent"} & user.keys()


def test_guest_has_no_customer_id() -> None:
    assert "external_id" not in purchase(customer_id=0)["user"]


@pytest.mark.parametrize(
    ("item_id", "ids", "content_type"),
    [
        ("variant", ["93", "23"], "product"),
        ("product", ["93", "22"], "product_group"),
        ("sku", [None, "POSTER-A2"], "product"),
    ],
)
def test_items_are_called_as_the_catalogue_calls_them(
    item_id: Any, ids: list[str | None], content_type: str
) -> None:
    properties = purchase(Policy(item_id=item_id))["properties"]
    assert [each.get("content_id") for each in properties["contents"]] == ids
    assert properties["content_type"] == content_type


def test_customer_is_a_registration_under_the_customers_id() -> None:
    event = told("woocommerce", sample("woocommerce/customer.created"), "customer.created")
    assert (event["event"], event["event_id"], event["event_time"]) == (
        "CompleteRegistration",
        "41",
        1_794_996_358,
    )
    assert event["user"]["email"] == "wu@example.com"
    assert event["page"] == {"url": "https://woo.example/"}


@pytest.mark.parametrize(
    ("topic", "wanted"),
    [
        ("order.deleted", "no_revenue"),
        ("order.restored", "covered_by_another_topic"),
        ("customer.updated", "covered_by_another_topic"),
        ("product.updated", "topic_unknown"),
        ("action.woocommerce_add_to_cart", "topic_unknown"),
        ("", "topic_unknown"),
    ],
)
def test_other_topic_is_never_revenue(topic: str, wanted: str) -> None:
    assert reason("woocommerce", order(), topic) == wanted


def test_every_topic_of_the_table_is_read_without_a_fault() -> None:
    assert all(isinstance(read("woocommerce", {}, topic).topic, str) for topic in woocommerce.TOPICS)


@pytest.mark.parametrize("value", [None, 0, "0", "", [], GONE])
def test_order_without_an_id_is_left_out(value: object) -> None:
    assert reason("woocommerce", order(id=value), "order.created") == "id_missing"


def test_consent_denied_in_the_orders_notes_goes_with_the_event() -> None:
    notes = [{"key": "_tt_consent", "value": "denied"}]
    assert purchase(meta_data=notes)["consent"] == "denied"


def test_order_of_another_plugin_may_carry_the_buyers_address() -> None:
    notes = [{"key": "_tt_client_ip", "value": "9.9.9.9"}, {"key": "tt_event_id", "value": "o-7"}]
    event = purchase(created_via="rest-api", meta_data=notes)
    assert (event["user"]["ip"], event["event_id"]) == ("9.9.9.9", "o-7")


def test_prefix_keeps_two_shops_apart() -> None:
    assert purchase(Policy(event_id_prefix="de-"))["event_id"] == "de-727"


@pytest.mark.parametrize(
    "gone", ["billing", "shipping", "meta_data", "line_items", "currency", "created_via"]
)
@pytest.mark.parametrize("value", [None, GONE, "text", 5, [None, 1]])
def test_missing_part_is_no_fault(gone: str, value: object) -> None:
    assert purchase(**{gone: value})["event_id"] == "727"


@pytest.mark.parametrize(
    ("body", "headers", "is_ping"),
    [
        (b"webhook_id=12", {}, True),
        (b"webhook_id=12", {"x-wc-webhook-signature": "x"}, False),
        (b"webhook_id=12&a=b", {}, False),
        (b"webhook_id=", {}, False),
        (b"{}", {}, False),
        (b"", {}, False),
    ],
)
def test_ping_is_a_form_without_a_signature(body: bytes, headers: dict[str, str], is_ping: bool) -> None:
    assert registry.find("woocommerce").is_ping(headers, body) is is_ping
    assert not registry.find("shopify").is_ping(headers, body)
