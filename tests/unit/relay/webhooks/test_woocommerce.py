"""WooCommerce: paid or placed orders, once each, renewals, prices, bodies of a wrong set-up."""

from typing import Any

import pytest

from relay.visits.visit import VisitKeys
from relay.webhooks import registry, woocommerce
from relay.webhooks.options import Options
from relay.webhooks.provider import ProviderEvents
from tests.support.rows import every_row
from tests.support.visits import VISIT
from tests.support.webhooks import GONE, event_of, parse, reason_of, sample


def order(**changes: object) -> dict[str, Any]:
    return sample("woocommerce/order.created", **changes)


def purchase(options: Options | None = None, /, **changes: object) -> dict[str, Any]:
    return event_of("woocommerce", order(**changes), "order.created", options)


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
                {"content_id": "93", "content_name": "Enamel mug – blue", "price": 7.14, "quantity": 2},
                {"content_id": "23", "content_name": "Poster - A2", "price": 9.72, "quantity": 1},
            ],
            "num_items": 3,
            "order_id": "727",
        },
        "page": {"url": "https://woo.example/product/mug/?ttclid=E.C.P.wu00000000000000000000000000001"},
    }


def test_same_order_completed_soon_after_is_the_same_event() -> None:
    assert event_of("woocommerce", sample("woocommerce/order.updated"), "order.updated") == purchase()


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
        assert event_of("woocommerce", body, "order.updated")["event_id"] == "727"
    else:
        assert reason_of("woocommerce", body, "order.updated") == "update_after_payment"


@every_row(
    "status",
    [
        *("pending", "on-hold", "wc-on-hold", "cancelled", "canceled", "refunded", "failed", "Failed"),
        *("draft", "checkout-draft", "auto-draft", "trash", "", None),
    ],
)
def test_order_that_is_unpaid_or_taken_back_is_no_purchase_though_it_has_a_date_of_payment(
    status: str | None,
) -> None:
    assert reason_of("woocommerce", order(status=status), "order.created") == "not_paid"


def test_cash_on_delivery_counts_once_it_is_paid() -> None:
    processing = order(status="processing", date_paid_gmt=None, payment_method="cod")
    assert reason_of("woocommerce", processing, "order.created") == "not_paid"
    assert purchase(status="completed", payment_method="cod")["event_id"] == "727"


def test_time_without_a_zone_is_in_utc() -> None:
    assert purchase(date_paid_gmt="2026-11-18T10:06:10")["event_time"] == 1_794_996_370


SOURCE_TYPE = "_wc_order_attribution_source_type"


def note(key: str, value: object) -> list[dict[str, object]]:
    return [{"key": key, "value": value}]


@every_row(
    ("changes", "expected"),
    [
        ({"created_via": "admin"}, "draft"),
        ({"created_via": "rest-api", "meta_data": note(SOURCE_TYPE, "mobile_app")}, "draft"),
        ({"created_via": "checkout", "meta_data": note("_wpo_order_creator", "5")}, "draft"),
        ({"created_via": "checkout", "meta_data": note("_wpo_order_creator", 5)}, "draft"),
        ({"created_via": "pos-rest-api"}, "pos"),
        ({"created_via": "woocommerce-pos"}, "pos"),
        ({"created_via": "rest-api", "meta_data": note(SOURCE_TYPE, "pos")}, "pos"),
        ({"created_via": "rest-api", "meta_data": note("_pos", "1")}, "pos"),
        ({"created_via": "rest-api", "meta_data": note("_yith_pos_order", 1)}, "pos"),
        ({"created_via": "wepos"}, "pos"),
        ({"created_via": "rest-api", "meta_data": note("_wepos_is_pos_order", "1")}, "pos"),
        ({"created_via": "", "meta_data": note("_is_vitepos", "Y")}, "pos"),
        ({"created_via": "checkout", "meta_data": note("wc_pos_order_type", "POS")}, "pos"),
        ({"created_via": "", "meta_data": note("_op_order_source", "openpos")}, "pos"),
        ({"created_via": "", "meta_data": note("_foosales_order_source", "foosales_app")}, "pos"),
        ({"created_via": "", "meta_data": note("_fooeventspos_order_source", "fooeventspos_app")}, "pos"),
        ({"meta_data": note("_wcpay_mode", "test")}, "test"),
        ({"meta_data": note("_ppcp_paypal_payment_mode", "sandbox")}, "test"),
        ({"meta_data": note("_mollie_payment_mode", "test")}, "test"),
        ({"meta_data": note("_wc_stripe_mode", "test")}, "test"),
        ({"meta_data": note("_wc_braintree_environment", "sandbox")}, "test"),
        ({"meta_data": note("_ppcp_environment", "sandbox")}, "test"),
        ({"meta_data": note("_wc_klarna_environment", "test")}, "test"),
        ({"meta_data": note("is_production_mode", "no")}, "test"),
        ({"meta_data": note("_wc_authorize_net_cim_credit_card_environment", "test")}, "test"),
        ({"created_via": "amazon"}, "marketplace"),
        ({"created_via": "eBay"}, "marketplace"),
        ({"created_via": "rest-api", "billing__email": "v4bmadeup@scs2.tiktok.com"}, "marketplace"),
        ({"created_via": "", "billing__email": "madeup@marketplace.amazon.de"}, "marketplace"),
        ({"total": "0.00"}, "zero_value"),
    ],
)
def test_order_of_no_visitor_is_ignored_unless_forwarded(changes: dict[str, object], expected: Any) -> None:
    assert reason_of("woocommerce", order(**changes), "order.created") == expected
    assert purchase(Options(forwarded=frozenset({expected})), **changes)["event_id"] == "727"


@every_row(
    "changes",
    [
        {"created_via": "rest-api"},
        {"created_via": "rest-api", "meta_data": note(SOURCE_TYPE, "utm")},
        # An app for the shop's customers, not WooCommerce's own for its staff.
        {"created_via": "store-api", "meta_data": note(SOURCE_TYPE, "mobile_app")},
        {"created_via": "checkout", "meta_data": note("_fooeventspos_order_source", "online")},
        {"created_via": "checkout", "meta_data": note("_yith_pos_order", "0")},
        {"created_via": "checkout", "meta_data": note("wc_pos_order_type", "online")},
        {"created_via": "checkout", "meta_data": note("_wpo_order_creator", "")},
        {"meta_data": note("_wcpay_mode", "prod")},
        {"meta_data": note("_ppcp_paypal_payment_mode", "live")},
        {"meta_data": note("_mollie_payment_mode", "live")},
        {"meta_data": note("_wc_stripe_mode", "live")},
        {"meta_data": note("_wc_braintree_environment", "production")},
        {"meta_data": note("_ppcp_environment", "production")},
        {"meta_data": note("_wc_klarna_environment", "live")},
        {"meta_data": note("is_production_mode", "yes")},
        {"created_via": "amazon_payments_advanced"},
    ],
)
def test_order_of_a_visitor_counts(changes: dict[str, object]) -> None:
    assert purchase(**changes)["event_id"] == "727"


def test_ip_of_an_order_of_the_rest_api_is_not_used() -> None:
    user = purchase(created_via="rest-api")["user"]
    assert not {"ip", "user_agent"} & user.keys()


@every_row(
    ("meta", "forwarded", "is_buyers"),
    [
        (("_wpo_order_creator", "5"), "draft", False),
        (("_yith_pos_order", "1"), "pos", False),
        (("_wcpay_mode", "test"), "test", True),
    ],
)
def test_ip_of_a_forwarded_order_is_the_buyers_or_none(
    meta: tuple[str, str], forwarded: Any, is_buyers: bool
) -> None:
    options = Options(forwarded=frozenset({forwarded}))
    user = purchase(options, created_via="checkout", meta_data=note(*meta))["user"]
    assert ({"ip", "user_agent"} <= user.keys()) == is_buyers


@every_row(("forwarded", "reason"), [("draft", "test"), ("test", "draft")])
def test_test_order_of_the_staff_is_ignored_for_either_reason(forwarded: Any, reason: str) -> None:
    meta = note("_wpo_order_creator", "5") + note("_wcpay_mode", "test")
    options = Options(forwarded=frozenset({forwarded}))
    assert reason_of("woocommerce", order(meta_data=meta), "order.created", options) == reason
    user = purchase(Options(forwarded=frozenset({"draft", "test"})), meta_data=meta)["user"]
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
def test_item_ids_are_those_of_the_catalogue(item_id: Any, ids: list[str | None], content_type: str) -> None:
    properties = purchase(Options(item_id=item_id))["properties"]
    assert [content.get("content_id") for content in properties["contents"]] == ids
    assert properties["content_type"] == content_type


@pytest.mark.parametrize("sku", ["\ufeffMUG-1", "MUG\u200b-1", "MUG\t-1", "MUG-1\U000e0100"])
def test_invisible_characters_in_a_sku_do_not_cost_the_order(sku: str) -> None:
    event = purchase(Options(item_id="sku"), line_items__0__sku=sku)
    assert event["properties"]["contents"][0]["content_id"] == "MUG-1"


def test_customer_is_a_registration_under_the_customers_id() -> None:
    event = event_of("woocommerce", sample("woocommerce/customer.created"), "customer.created")
    assert (event["event"], event["event_id"], event["event_time"]) == (
        "CompleteRegistration",
        "41",
        1_794_996_358,
    )
    assert event["user"]["email"] == "wu@example.com"
    assert event["page"] == {"url": "https://woo.example/"}


def test_customer_of_a_marketplace_is_no_registration() -> None:
    body = sample("woocommerce/customer.created", email="madeup@marketplace.amazon.de", billing=None)
    assert reason_of("woocommerce", body, "customer.created") == "marketplace"
    forwarded = Options(forwarded=frozenset({"marketplace"}))
    assert event_of("woocommerce", body, "customer.created", forwarded)["event"] == "CompleteRegistration"


@pytest.mark.parametrize(
    ("topic", "expected"),
    [
        ("order.deleted", "no_revenue"),
        ("order.restored", "covered_by_another_topic"),
        ("customer.updated", "covered_by_another_topic"),
        ("product.updated", "topic_unknown"),
        ("action.woocommerce_add_to_cart", "topic_unknown"),
        ("", "topic_unknown"),
    ],
)
def test_other_topic_is_never_revenue(topic: str, expected: str) -> None:
    assert reason_of("woocommerce", order(), topic) == expected


def test_every_topic_of_the_table_is_parsed_without_an_error() -> None:
    assert all(isinstance(parse("woocommerce", {}, topic).topic, str) for topic in woocommerce.TOPICS)


@pytest.mark.parametrize("value", [None, 0, "0", "", [], GONE])
def test_order_without_an_id_is_ignored(value: object) -> None:
    assert reason_of("woocommerce", order(id=value), "order.created") == "id_missing"


@pytest.mark.parametrize("value", ["denied", False, 0])
def test_consent_denied_in_the_orders_notes_goes_with_the_event(value: object) -> None:
    notes = [{"key": "_tt_consent", "value": value}]
    assert purchase(meta_data=notes)["consent"] == "denied"


@pytest.mark.parametrize("entry", ["", "shop.example/?utm=1", "//?utm=1", "products/x", "https://", 5, None])
def test_session_entry_that_is_no_url_leaves_the_shops_front_page(entry: object) -> None:
    notes = [{"key": woocommerce.LANDING_PAGE, "value": entry}]
    assert purchase(meta_data=notes)["page"] == {"url": "https://woo.example/"}


@pytest.mark.parametrize(
    ("source", "page"),
    [
        ("https://example.com/shop/", {"url": "https://example.com/shop/"}),
        ("https://example.com", {"url": "https://example.com"}),
        ("/shop/", None),
    ],
)
def test_front_page_of_a_shop_in_a_folder_is_that_folder(source: str, page: object) -> None:
    body = order(meta_data=[])
    event = event_of("woocommerce", body, "order.created", None, x_wc_webhook_source=source)
    assert event.get("page") == page


def test_order_of_another_plugin_may_carry_the_buyers_ip() -> None:
    notes = [{"key": "_tt_client_ip", "value": "9.9.9.9"}, {"key": "tt_event_id", "value": "o-7"}]
    event = purchase(created_via="rest-api", meta_data=notes)
    assert (event["user"]["ip"], event["event_id"]) == ("9.9.9.9", "o-7")


def test_only_an_order_of_the_shops_own_checkout_is_looked_up_without_a_visit_id() -> None:
    def visit(**changes: object) -> VisitKeys | None:
        parsed = parse("woocommerce", order(meta_data=[], **changes), "order.created")
        assert isinstance(parsed, ProviderEvents)
        return parsed.visit

    assert visit() == VisitKeys(ordered_at=1_794_996_362)
    assert visit(created_via="rest-api") is None
    carried = order(created_via="rest-api", meta_data=[{"key": "_tt_visit", "value": VISIT}])
    parsed = parse("woocommerce", carried, "order.created")
    assert isinstance(parsed, ProviderEvents)
    assert parsed.visit == VisitKeys(VISIT, ordered_at=1_794_996_362)


@pytest.mark.parametrize("quantity", [True, 0, -1, 1.5, "2", None])
def test_quantity_that_is_none_is_omitted(quantity: object) -> None:
    line = order()["line_items"][0] | {"quantity": quantity}
    properties = purchase(line_items=[line])["properties"]
    assert "num_items" not in properties
    assert "quantity" not in properties["contents"][0]


def test_prefix_keeps_two_shops_apart() -> None:
    assert purchase(Options(event_id_prefix="de-"))["event_id"] == "de-727"


@every_row("gone", ["billing", "shipping", "meta_data", "line_items", "currency", "created_via"])
@every_row("value", [None, GONE, "text", 5, [None, 1]])
def test_missing_part_is_no_error(gone: str, value: object) -> None:
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
    assert registry.load_provider("woocommerce").is_ping(headers, body) is is_ping
    assert not registry.load_provider("shopify").is_ping(headers, body)


@pytest.mark.parametrize(
    "status", ["packing", "preparing", "partially-paid", "pre-ordered", "wc-shipped", "Ready"]
)
def test_paid_order_counts_in_any_status_of_a_plugins_own(status: str) -> None:
    assert purchase(status=status)["event_id"] == "727"
    unpaid = order(status=status, date_paid_gmt=None)
    assert reason_of("woocommerce", unpaid, "order.updated") == "not_paid"


# ── renewals ───────────────────────────────────────────────────────────────────────────────────────────

COPIED = [
    {"key": "_ttclid", "value": "E.C.P.first"},
    {"key": "_ttp", "value": "2first"},
    {"key": "_tt_event_id", "value": "order-5000"},
    {"key": "_wc_order_attribution_session_entry", "value": "https://woo.example/?ttclid=E.C.P.first"},
]

# Key of the plugin's renewals in their metadata. Its orders are created via "checkout", or anything else.
PLUGINS = [
    "wps_sfw_renewal_order",
    "mwb_sfw_renewal_order",
    "sumo_renewal_order_date",
    "_rp_sub:renewal_order",
    "_subscriptio_renewal",
    "_renewal_order",
    "_sublium_wcs_subscription_renewal",
    "_qpilot_scheduled_order_processing_id",
]


@every_row(
    "changes",
    [
        {"created_via": "subscription", "meta_data": COPIED},
        {"created_via": "Subscription", "meta_data": COPIED},
        {"meta_data": [*COPIED, {"key": "_subscription_renewal", "value": 5000}]},
        {"meta_data": [*COPIED, {"key": "_subscription_renewal", "value": "5000"}]},
        {"meta_data": [*COPIED, {"key": "is_a_renew", "value": "yes"}]},
        {"created_via": "sumo_subs", "meta_data": COPIED},
        {"parent_id": 5000, "meta_data": [*COPIED, {"key": "sumo_is_subscription_order", "value": "yes"}]},
        *({"meta_data": [*COPIED, {"key": key, "value": "yes"}]} for key in PLUGINS),
    ],
)
def test_renewal_is_ignored_and_never_has_the_first_orders_ids(changes: dict[str, object]) -> None:
    assert reason_of("woocommerce", order(**changes), "order.created") == "renewal"
    event = purchase(Options(forwarded=frozenset({"renewal"})), **changes)
    assert event["event_id"] == "727"
    assert not {"ttclid", "ttp", "ip", "user_agent"} & event["user"].keys()
    assert "E.C.P" not in str(event)


def test_renewal_has_the_consent_that_was_copied() -> None:
    notes = [*COPIED, {"key": "_tt_consent", "value": "denied"}]
    forwarded = Options(forwarded=frozenset({"renewal"}))
    assert purchase(forwarded, created_via="subscription", meta_data=notes)["consent"] == "denied"


@pytest.mark.parametrize("value", ["", "0", "no", 0, None, [], False])
def test_first_order_of_a_subscription_counts(value: object) -> None:
    notes = [{"key": "_subscription_renewal", "value": value}, {"key": "_subscription_switch", "value": "9"}]
    assert purchase(meta_data=notes)["event_id"] == "727"


def test_first_order_of_a_sumo_subscription_has_no_parent() -> None:
    notes = [{"key": "sumo_is_subscription_order", "value": "yes"}]
    assert purchase(parent_id=0, meta_data=notes)["event_id"] == "727"
    assert purchase(parent_id=5000)["event_id"] == "727"


def test_paid_order_that_is_held_for_review_counts_if_it_is_approved_within_a_day_or_when_placed() -> None:
    approved: dict[str, object] = {"status": "processing", "date_paid_gmt": "2026-11-18T10:06:10"}
    held = order(status="on-hold", date_paid_gmt="2026-11-18T10:06:10")
    soon = order(**approved, date_modified_gmt="2026-11-19T10:06:10")
    late = order(**approved, date_modified_gmt="2026-11-19T10:06:11")
    assert reason_of("woocommerce", held, "order.updated") == "not_paid"
    assert event_of("woocommerce", soon, "order.updated")["event_id"] == "727"
    assert reason_of("woocommerce", late, "order.updated") == "update_after_payment"
    placed = Options(woocommerce="placed")
    assert event_of("woocommerce", held, "order.created", placed)["event_id"] == "727"


# ── marketplaces ───────────────────────────────────────────────────────────────────────────────────────


@every_row(
    "created_via",
    [
        "dokan",
        "yith_wcmv_vendor_suborder",
        "mvx_vendor_order",
        "wcmp_vendor_order",
        "multivendorx_store_order",
        "marketking-multivendor-marketplace-for-woocommerce",
    ],
)
@every_row("options", [Options(), Options(woocommerce="placed")])
def test_vendors_part_of_an_order_is_not_counted_beside_the_order(created_via: str, options: Options) -> None:
    part = order(parent_id=700, created_via=created_via)
    assert reason_of("woocommerce", part, "order.created", options) == "covered_by_another_topic"


@pytest.mark.parametrize(
    "changes",
    [
        {"parent_id": 700, "created_via": "wc_deposits"},
        {"parent_id": 700, "created_via": "checkout"},
        {"parent_id": 0, "created_via": "dokan"},
    ],
)
def test_order_that_is_no_part_of_another_counts(changes: dict[str, object]) -> None:
    assert purchase(**changes)["event_id"] == "727"


# ── counting at placement ──────────────────────────────────────────────────────────────────────────────

PLACED = Options(woocommerce="placed")


@pytest.mark.parametrize("status", ["processing", "on-hold", "completed", "packing", "wc-on-hold"])
def test_shop_may_count_orders_when_they_are_placed(status: str) -> None:
    event = purchase(PLACED, status=status, date_paid_gmt=None)
    assert (event["event_id"], event["event_time"]) == ("727", 1_794_996_362)


@pytest.mark.parametrize("status", ["pending", "failed", "cancelled", "refunded", "checkout-draft", None])
def test_order_that_was_not_placed_is_ignored(status: str | None) -> None:
    assert reason_of("woocommerce", order(status=status), "order.created", PLACED) == "not_paid"


def test_order_counted_when_placed_does_not_count_again_when_it_is_paid_days_later() -> None:
    days_later: dict[str, object] = {
        "status": "completed",
        "date_paid_gmt": "2026-11-23T10:00:00",
        "date_modified_gmt": "2026-11-23T10:00:00",
    }
    assert reason_of("woocommerce", order(**days_later), "order.updated", PLACED) == "late_update"
    assert purchase(**days_later)["event_time"] == 1_795_428_000


def test_order_is_looked_up_by_the_time_at_which_it_was_placed() -> None:
    placed = parse("woocommerce", order(date_created_gmt="2026-11-13T10:00:00"), "order.updated")
    assert isinstance(placed, ProviderEvents)
    assert (placed.history.excluded, placed.history.ordered_at) == ("Purchase:727", 1_794_564_000)


# ── bodies that are no orders ──────────────────────────────────────────────────────────────────────────


@every_row(
    ("body", "expected"),
    [
        (
            {"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 401}},
            "owner_cannot_read",
        ),
        ({"code": "woocommerce_rest_cannot_view", "message": "Sorry"}, "owner_cannot_read"),
        ({"code": "rest_forbidden", "message": "Sorry", "data": {"status": 403}}, "owner_cannot_read"),
        ({"code": "rest_no_route", "message": "No route", "data": {"status": []}}, "sender_error"),
        (
            {"code": "woocommerce_rest_shop_order_invalid_id", "message": "No", "data": {"status": 404}},
            "sender_error",
        ),
        ({"code": "rest_no_route", "message": "No route", "data": None}, "sender_error"),
        ({"errors": [{"code": "woocommerce_api_user_cannot_read_order", "message": "No"}]}, "sender_error"),
        ({"order": {"id": 727, "created_at": "2026-11-18T10:06:02Z"}}, "api_version_old"),
        ({"customer": {"id": 41}}, "api_version_old"),
    ],
)
@every_row("topic", ["order.created", "order.updated", "customer.created"])
def test_body_of_a_wrong_set_up_says_what_is_wrong(body: object, expected: str, topic: str) -> None:
    assert reason_of("woocommerce", body, topic) == expected


@pytest.mark.parametrize(("name", "topic"), [("order.created", "order.created"), ("customer.created",) * 2])
def test_body_of_api_version_1_is_named(name: str, topic: str) -> None:
    body = {key: value for key, value in sample(f"woocommerce/{name}").items() if not key.endswith("_gmt")}
    assert reason_of("woocommerce", body, topic) == "api_version_old"


# ── prices ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"total": "12.00", "total_tax": "2.28", "quantity": 2, "price": 6}, 7.14),
        ({"total": "10.00", "total_tax": "0.00", "quantity": 3, "price": 3.3333}, 3.33),
        ({"total": "12.00", "quantity": 2, "price": 6}, 6),
        ({"total": "12.00", "total_tax": "x", "quantity": 2, "price": 6}, 6),
        ({"total": "12.00", "total_tax": "2.28", "quantity": 0, "price": 6}, 6),
        # Sold by weight: a plugin lets quantities have a fraction.
        ({"total": "25.00", "total_tax": "4.75", "quantity": 2.5, "price": 10}, 11.9),
    ],
)
def test_price_of_an_item_is_what_the_buyer_paid_for_it(line: dict[str, object], expected: float) -> None:
    properties = purchase(line_items=[{"product_id": 93, "name": "Mug", **line}])["properties"]
    assert properties["contents"][0]["price"] == expected


@pytest.mark.parametrize(
    ("currency", "total", "expected"),
    [
        ("EUR", 1e-25, 0),
        ("KWD", "2.550", 1.275),
        ("IQD", "2.550", 1.275),
        ("EUR", "2.55", 1.28),
        ("EUR", 2.55, 1.28),
        ("JPY", "3", 1.5),
    ],
)
def test_price_has_the_decimals_of_the_order(currency: str, total: str | float, expected: float) -> None:
    line = {"product_id": 93, "name": "Mug", "total": total, "total_tax": "0", "quantity": 2}
    properties = purchase(currency=currency, total=total, line_items=[line])["properties"]
    assert properties["contents"][0]["price"] == expected


@pytest.mark.parametrize("currency", ["JEP", "IRT", "BTC", "PTS"])
def test_currency_that_is_not_in_iso_4217_leaves_an_order_without_amounts(currency: str) -> None:
    properties = purchase(currency=currency)["properties"]
    assert not {"value", "currency"} & properties.keys()
    assert all("price" not in item for item in properties["contents"])
    assert reason_of("woocommerce", order(currency=currency, total="0"), "order.created") == "zero_value"
