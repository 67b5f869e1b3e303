"""The GA4 listener: what a shop already pushes for Google becomes TikTok's events, and GTM notices nothing."""

from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.browser.test_tag import INSTALLED, pixel_calls
from tests.support.shop import Shop

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

TAG: Final[str] = 'data-consent="not-required" data-ga4'
GTAG: Final[str] = "window.dataLayer = window.dataLayer || []; function gtag() { dataLayer.push(arguments) };"

ITEM: Final[str] = (
    "{item_id: 'SKU-1', item_name: 'Shoe', item_brand: 'Brand', item_category: 'Shoes', item_category2: 'Trail', "
    "price: '12.50', quantity: 2}"
)
CONTENT: Final[dict[str, Any]] = {
    "content_id": "SKU-1",
    "content_name": "Shoe",
    "content_category": "Shoes,Trail",
    "content_type": "product",
    "brand": "Brand",
    "price": 12.5,
    "quantity": 2,
}


def load(page: "Page", shop: Shop, head: str = "", attributes: str = TAG) -> None:
    page.goto(shop.add("/", f"{INSTALLED}<script>{GTAG}{head}</script>", tag=shop.tag(attributes)))
    page.wait_for_function("ttRelay.loaded")
    page.wait_for_timeout(50)


def sent(page: "Page", shop: Shop, script: str) -> dict[str, Any]:
    page.evaluate(script)
    (event,) = shop.wait(1)
    return event


def test_purchase_pushed_for_gtm(page: "Page", shop: Shop) -> None:
    load(page, shop)
    event = sent(
        page,
        shop,
        "dataLayer.push({ecommerce: null}); dataLayer.push({event: 'purchase', ecommerce: {transaction_id: 'T-1', "
        f"value: 30.03, tax: 4.9, shipping: 5.99, currency: 'EUR', coupon: 'SUMMER', items: [{ITEM}]}}}})",
    )
    assert (event["event"], event["event_id"]) == ("Purchase", "T-1")
    assert event["properties"] == {
        "contents": [CONTENT],
        "content_type": "product",
        "value": 30.03,
        "currency": "EUR",
        "order_id": "T-1",
    }
    (call,) = pixel_calls(page)
    assert (call[0], call[2]) == ("Purchase", {"event_id": "T-1"})


def test_purchase_by_gtag(page: "Page", shop: Shop) -> None:
    load(page, shop)
    event = sent(
        page,
        shop,
        "dataLayer.length; (function gtag() { dataLayer.push(arguments) })('event', 'purchase', "
        f"{{transaction_id: 77, value: 0, currency: 'EUR', items: [{ITEM}]}})",
    )
    assert (event["event_id"], event["properties"]["value"]) == ("77", 0)


def test_old_shape_of_universal_analytics(page: "Page", shop: Shop) -> None:
    load(page, shop)
    event = sent(
        page,
        shop,
        "dataLayer.push({event: 'gtm4wp.orderCompletedEEC', ecommerce: {currencyCode: 'EUR', purchase: {actionField: "
        "{id: 'T-2', revenue: '25.00'}, products: [{id: 'SKU-1', name: 'Shoe', brand: 'Brand', "
        "category: 'Shoes,Trail', price: '12.50', quantity: '2'}]}}})",
    )
    assert (event["event"], event["event_id"]) == ("Purchase", "T-2")
    assert event["properties"] == {
        "contents": [CONTENT],
        "content_type": "product",
        "value": 25,
        "currency": "EUR",
        "order_id": "T-2",
    }


@pytest.mark.parametrize(
    ("push", "name"),
    [
        (f"{{event: 'view_item', ecommerce: {{items: [{ITEM}]}}}}", "ViewContent"),
        (f"{{event: 'add_to_cart', ecommerce: {{items: [{ITEM}]}}}}", "AddToCart"),
        (f"{{event: 'add_to_wishlist', ecommerce: {{items: [{ITEM}]}}}}", "AddToWishlist"),
        (f"{{event: 'begin_checkout', ecommerce: {{items: [{ITEM}]}}}}", "InitiateCheckout"),
        (f"{{event: 'add_payment_info', ecommerce: {{items: [{ITEM}]}}}}", "AddPaymentInfo"),
        ("{event: 'search', search_term: 'shoe'}", "Search"),
        ("{event: 'view_search_results', search_term: 'shoe'}", "Search"),
        ("{event: 'sign_up', method: 'email'}", "CompleteRegistration"),
        ("{event: 'generate_lead'}", "Lead"),
        ("{event: 'x', ecommerce: {detail: {products: [{id: 'SKU-1'}]}}}", "ViewContent"),
        ("{event: 'x', ecommerce: {add: {products: [{id: 'SKU-1'}]}}}", "AddToCart"),
        (
            "{event: 'x', ecommerce: {checkout: {actionField: {step: 1}, products: [{id: 'SKU-1'}]}}}",
            "InitiateCheckout",
        ),
        (f"{{event: 'purchase', eventModel: {{transaction_id: 'T', items: [{ITEM}]}}}}", "Purchase"),
    ],
)
def test_name_becomes_tiktoks(page: "Page", shop: Shop, push: str, name: str) -> None:
    load(page, shop)
    event = sent(page, shop, f"dataLayer.push({push})")
    assert event["event"] == name
    if "ITEM" in push or "item_id" in push:
        assert event["properties"]["contents"] == [CONTENT]
        assert event["properties"]["value"] == 25
    if name == "Search":
        assert event["properties"] == {"search_string": "shoe"}


@pytest.mark.parametrize(
    "push",
    [
        "{event: 'page_view'}",
        f"{{event: 'view_item_list', ecommerce: {{items: [{ITEM}]}}}}",
        f"{{event: 'remove_from_cart', ecommerce: {{items: [{ITEM}]}}}}",
        f"{{event: 'refund', ecommerce: {{transaction_id: 'T', items: [{ITEM}]}}}}",
        "{event: 'gtm.js'}",
        "{ecommerce: null}",
        "{event: 'x', ecommerce: {impressions: [{id: 'SKU-1'}]}}",
        "{event: 'x', ecommerce: {checkout: {actionField: {step: 2}, products: [{id: 'SKU-1'}]}}}",
        "{event: 'toString'}",
        "['cart.push', 'x']",
        "function () { window.ran = true }",
        "null",
        "7",
        # The webhook has the order's id: under another one the purchase would count twice.
        "{event: 'purchase', ecommerce: 7}",
        f"{{event: 'purchase', ecommerce: {{value: 25, currency: 'EUR', items: [{ITEM}]}}}}",
        f"{{event: 'purchase', ecommerce: {{transaction_id: 'undefined', items: [{ITEM}]}}}}",
    ],
)
def test_what_has_no_event_at_tiktok_or_no_order_becomes_none(page: "Page", shop: Shop, push: str) -> None:
    load(page, shop)
    page.evaluate(f"dataLayer.push({push})")
    shop.settle(0.4)
    assert shop.events() == []


@pytest.mark.parametrize("items", [f"[null, {ITEM}, undefined]", f"[{ITEM}, 0]"])
def test_item_that_is_none_costs_no_event(page: "Page", shop: Shop, items: str) -> None:
    load(page, shop)
    event = sent(page, shop, f"dataLayer.push({{event: 'add_to_cart', ecommerce: {{items: {items}}}}})")
    assert event["properties"]["contents"] == [CONTENT]


@pytest.mark.parametrize("items", ["'[{}]'", "{length: 2}", "7", "[]", "[null]"])
def test_items_that_are_no_list_become_no_contents(page: "Page", shop: Shop, items: str) -> None:
    load(page, shop)
    event = sent(
        page,
        shop,
        f"dataLayer.push({{event: 'add_to_cart', ecommerce: {{value: 5, currency: 'EUR', items: {items}}}}})",
    )
    assert event["properties"] == {"value": 5, "currency": "EUR"}


@pytest.mark.parametrize(
    "where", ["checkout_token: 'chk_77', ecommerce: {", "ecommerce: {checkout_token: 'chk_77', "]
)
def test_token_of_the_checkout_is_its_id(page: "Page", shop: Shop, where: str) -> None:
    load(page, shop)
    event = sent(page, shop, f"dataLayer.push({{event: 'begin_checkout', {where}items: [{ITEM}]}}}})")
    assert event["event_id"] == "chk_77"
    assert "checkout_token" not in event["properties"]


def test_past_pushes_count_once_and_the_same_purchase_by_push_and_gtag_too(page: "Page", shop: Shop) -> None:
    purchase = f"{{transaction_id: 'T-3', value: 25, currency: 'EUR', items: [{ITEM}]}}"
    load(
        page,
        shop,
        f"dataLayer.push({{event: 'purchase', ecommerce: {purchase}}}); gtag('event', 'purchase', {purchase})",
    )
    shop.wait(1)
    page.reload()
    shop.settle()
    shop.wait(1)


def test_google_tag_manager_sees_what_it_saw_before(page: "Page", shop: Shop) -> None:
    gtm = (
        "window.seen = window.seen || []; (() => { const old = dataLayer.push; dataLayer.push = function () { "
        "const r = old.apply(dataLayer, arguments); seen.push(...arguments); return r } })();"
    )
    load(page, shop, gtm)
    # Once wrapped by Google's helper before us, and once after us.
    page.evaluate(gtm)
    pushed = f"var given = {{event: 'purchase', ecommerce: {{transaction_id: 'T-4', items: [{ITEM}]}}}}; "
    result = page.evaluate(
        f"(() => {{ {pushed} var before = JSON.stringify(given); var r = dataLayer.push(given); "
        "return [r === dataLayer.length, JSON.stringify(given) === before, seen.filter(x => x === given).length] })()"
    )
    assert result == [True, True, 2]
    shop.wait(1)


def test_layer_that_is_replaced_is_heard_again(page: "Page", shop: Shop) -> None:
    load(page, shop)
    page.evaluate("window.dataLayer = []")
    page.wait_for_timeout(3300)
    sent(
        page,
        shop,
        f"dataLayer.push({{event: 'purchase', ecommerce: {{transaction_id: 'T-5', items: [{ITEM}]}}}})",
    )


def test_person_and_another_layer_and_an_event_id(page: "Page", shop: Shop) -> None:
    load(page, shop, attributes='data-consent="not-required" data-ga4="shopLayer"')
    event = sent(
        page,
        shop,
        "shopLayer.push({event: 'purchase', event_id: 'shop.9', user_data: {email_address: 'ada@example.com', "
        "phone_number: '+4930901820'}, ecommerce: {transaction_id: '#9', items: []}})",
    )
    assert event["event_id"] == "shop.9"
    assert (event["user"]["email"], event["user"]["phone"]) == ("ada@example.com", "+4930901820")


def test_listener_is_off_unless_asked_for(page: "Page", shop: Shop) -> None:
    load(page, shop, attributes='data-consent="not-required"')
    page.evaluate(
        f"dataLayer.push({{event: 'purchase', ecommerce: {{transaction_id: 'T-6', items: [{ITEM}]}}}})"
    )
    shop.settle()
    assert shop.events() == []
