"""The Shopify custom pixel, in the sandboxed frame that Shopify runs it in, against a stand-in for Shopify's API."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.browser.test_tag import CLICK, CLICK_LATER, PURCHASE, cookies
from tests.support.shop import Shop, until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Frame, Page

pytestmark = pytest.mark.browser

HAPPENED_AT: Final[int] = int(time.time()) - 60
"""Unix seconds of all events. The pixel sends none that is older than 48 hours."""

HAPPENED: Final[str] = datetime.fromtimestamp(HAPPENED_AT, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

KEY: Final[str] = "replace-with-the-public-write-key"

# What Shopify gives a custom pixel: events, the top page's cookies by promise, and the visitor's answer.
API: Final[str] = """
<script>
window.jar = %(jar)s
window.handlers = {}
window.init = {customerPrivacy: {marketingAllowed: %(allowed)s, saleOfDataAllowed: true}}
window.analytics = {subscribe (name, handler) { handlers[name] = handler }}
window.browser = {cookie: {%(cookies)s}}
window.customerPrivacy = {subscribe (name, handler) { window.consent = answer => handler({customerPrivacy: answer}) }}
window.fire = (name, data) => handlers[name]({id: 'sh-' + name, name, timestamp: '%(happened)s', data,
  context: {document: {referrer: 'https://tiktok.example/', location: %(location)s}}})
</script>
<script src="/shopify-pixel.js"></script>
"""
LOCATION: Final[str] = (
    "{href: 'https://shop.example/products/shoe?ttclid=E.C.P.abc', search: '?ttclid=E.C.P.abc', "
    "hostname: 'shop.example'}"
)
COOKIES: Final[str] = """
  get: name => Promise.resolve(jar[name] || ''),
  set: text => { const [pair, ...rest] = text.split('; '), [name, value] = pair.split('=')
    if (rest.includes('max-age=0')) delete jar[name]; else jar[name] = value
    return Promise.resolve() }
"""
# Those of the page itself, where a test needs their domains. It has no TLS here.
REAL_COOKIES: Final[str] = """
  get: name => Promise.resolve((document.cookie.match('(?:^|; )' + name + '=([^;]*)') || [])[1] || ''),
  set: text => { document.cookie = text.replace('; secure', ''); return Promise.resolve() }
"""

VARIANT: Final[dict[str, Any]] = {
    "id": "gid://shopify/ProductVariant/41",
    "sku": "SKU-1",
    "title": "41",
    "price": {"amount": 12.5, "currencyCode": "EUR"},
    "product": {"id": "7", "title": "Shoe", "vendor": "Brand", "type": "Shoes"},
}
CONTENT: Final[dict[str, Any]] = {
    "content_id": "41",
    "content_name": "Shoe",
    "content_category": "Shoes",
    "content_type": "product",
    "brand": "Brand",
    "price": 12.5,
}
CHECKOUT: Final[dict[str, Any]] = {
    "token": "chk_77",
    "order": {"id": "gid://shopify/OrderIdentity/5001", "customer": {"id": "gid://shopify/Customer/9"}},
    "email": "ada@example.com",
    "phone": "+4930901820",
    "currencyCode": "EUR",
    "totalPrice": {"amount": 29.99, "currencyCode": "EUR"},
    "lineItems": [
        {"id": "1", "quantity": 2, "variant": VARIANT},
        {"id": "2", "quantity": 1, "variant": None},
    ],
}


def open_pixel(page: "Page", shop: Shop, *, allowed: bool = True, jar: str = "{}") -> "Frame":
    """The frame in which the pixel runs."""
    shop.pages["/pixel"] = API % {
        "jar": jar,
        "allowed": "true" if allowed else "false",
        "cookies": COOKIES,
        "location": LOCATION,
        "happened": HAPPENED,
    }
    shop.pages["/"] = '<iframe sandbox="allow-scripts allow-forms" src="/pixel"></iframe>'
    page.goto(shop.url("/"))
    frame = page.frames[1]
    frame.wait_for_function("!!(window.handlers && handlers.checkout_completed)")
    return frame


def fire(frame: "Frame", name: str, data: dict[str, Any]) -> None:
    frame.evaluate("([name, data]) => { fire(name, data) }", [name, data])


def test_events_have_the_ids_of_the_webhooks_and_come_from_no_origin(page: "Page", shop: Shop) -> None:
    frame = open_pixel(page, shop, jar="{_ttp: '01K_.tt.1'}")
    fire(frame, "product_viewed", {"productVariant": VARIANT})
    fire(frame, "product_added_to_cart", {"cartLine": {"merchandise": VARIANT, "quantity": 2, "cost": None}})
    fire(frame, "search_submitted", {"searchResult": {"query": "shoe", "productVariants": [VARIANT]}})
    fire(frame, "checkout_started", {"checkout": {**CHECKOUT, "order": None}})
    fire(frame, "payment_info_submitted", {"checkout": {**CHECKOUT, "order": None}})
    fire(frame, "checkout_completed", {"checkout": CHECKOUT})
    events = {event["event"]: event for event in shop.wait(6)}
    assert {name: event["event_id"] for name, event in events.items()} == {
        "ViewContent": "sh-product_viewed",
        "AddToCart": "sh-product_added_to_cart",
        "Search": "sh-search_submitted",
        "InitiateCheckout": "chk_77",
        "AddPaymentInfo": "chk_77",
        "Purchase": "5001",
    }
    assert events["Purchase"]["properties"] == {
        "contents": [{**CONTENT, "quantity": 2}],
        "content_type": "product",
        "value": 29.99,
        "currency": "EUR",
        "order_id": "5001",
    }
    assert events["Purchase"]["user"] == {
        "ttclid": "E.C.P.abc",
        "ttp": "01K_.tt.1",
        "email": "ada@example.com",
        "phone": "+4930901820",
        "external_id": "9",
    }
    assert events["Purchase"]["page"]["url"] == "https://shop.example/products/shoe?ttclid=E.C.P.abc"
    assert events["Purchase"]["event_time"] == HAPPENED_AT
    for request in shop.received:
        assert request.method == "POST"
        assert request.headers["origin"] == "null"
        assert request.headers["content-type"].startswith("text/plain")
        assert request.body["write_key"] == KEY


def test_checkout_is_joined_to_the_visit_of_the_theme(page: "Page", shop: Shop) -> None:
    visit = "ttv_" + "a" * 22
    frame = open_pixel(page, shop, jar=f"{{tt_visit: '{visit}', ttclid: 'E_C_P_kept'}}")
    fire(frame, "product_viewed", {"productVariant": VARIANT})
    fire(frame, "checkout_completed", {"checkout": CHECKOUT})
    shop.wait(2)
    (left,) = shop.visits()
    assert (left["id"], left["checkout_token"], left["order_id"]) == (visit, "chk_77", "5001")


@pytest.mark.parametrize("order", [None, {"id": None, "customer": None}, {"id": ""}])
def test_purchase_without_the_orders_id_is_left_to_the_webhook(
    page: "Page", shop: Shop, order: dict[str, Any] | None
) -> None:
    frame = open_pixel(page, shop)
    fire(frame, "checkout_completed", {"checkout": {**CHECKOUT, "order": order}})
    (left,) = until(lambda: shop.visits() or None, "the visit")
    assert (left["checkout_token"], left["email"]) == ("chk_77", "ada@example.com")
    assert "order_id" not in left
    shop.settle(0.4)
    assert shop.events() == []


@pytest.mark.parametrize("name", ["checkout_started", "payment_info_submitted"])
def test_checkout_without_a_token_is_no_event(page: "Page", shop: Shop, name: str) -> None:
    frame = open_pixel(page, shop)
    fire(frame, name, {"checkout": {**CHECKOUT, "token": None, "order": None}})
    shop.settle(0.4)
    assert shop.events() == []


def test_nothing_is_stored_or_sent_before_the_visitors_answer(page: "Page", shop: Shop) -> None:
    frame = open_pixel(page, shop, allowed=False)
    fire(frame, "product_viewed", {"productVariant": VARIANT})
    shop.settle()
    assert (shop.received, frame.evaluate("jar")) == ([], {})
    frame.evaluate("consent({marketingAllowed: true, saleOfDataAllowed: true})")
    (event,) = shop.wait(1)
    assert event["event_time"] == HAPPENED_AT
    frame.evaluate("consent({marketingAllowed: false, saleOfDataAllowed: true})")
    until(lambda: shop.visits()[-1]["consent"] == "denied" or None, "the withdrawal")
    assert frame.evaluate("jar") == {}
    fire(frame, "checkout_completed", {"checkout": CHECKOUT})
    shop.wait(1)


def test_events_after_a_no_are_forgotten(page: "Page", shop: Shop) -> None:
    frame = open_pixel(page, shop)
    frame.evaluate("consent({marketingAllowed: false, saleOfDataAllowed: true})")
    fire(frame, "product_viewed", {"productVariant": VARIANT})
    shop.settle(0.3)
    frame.evaluate("consent({marketingAllowed: true, saleOfDataAllowed: true})")
    fire(frame, "checkout_completed", {"checkout": CHECKOUT})
    assert [event["event"] for event in shop.wait(1)] == ["Purchase"]


def open_checkout(page: "Page", shop: Shop, query: str = "") -> None:
    """A page of the shop with the pixel and without the tag."""
    values = {
        "jar": "{}",
        "allowed": "true",
        "cookies": REAL_COOKIES,
        "location": "location",
        "happened": HAPPENED,
    }
    shop.pages["/checkout"] = API % values
    page.goto(shop.url("/checkout" + query))
    page.wait_for_function("!!(window.handlers && handlers.checkout_completed)")


def test_withdrawal_at_checkout_deletes_the_cookies_of_the_tag_and_ends_its_visit(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    visit = until(lambda: cookies(context).get("tt_visit"), "the visit of the tag")
    open_checkout(page, shop)
    fire(page.main_frame, "product_viewed", {"productVariant": VARIANT})
    shop.wait(1)
    page.evaluate("consent({marketingAllowed: false})")
    until(lambda: shop.visits()[-1] == {"id": visit, "consent": "denied", "write_key": KEY} or None, "the no")
    assert cookies(context) == {}
    page.evaluate("consent({marketingAllowed: true})")
    fire(page.main_frame, "checkout_completed", {"checkout": CHECKOUT})
    shop.wait(2)
    until(lambda: cookies(context).get("tt_visit"), "another visit")
    assert cookies(context)["tt_visit"] == shop.visits()[-1]["id"] != visit


def test_pixel_and_tag_keep_one_click_id(page: "Page", shop: Shop, context: "BrowserContext") -> None:
    open_checkout(page, shop, f"?ttclid={CLICK}")
    fire(page.main_frame, "product_viewed", {"productVariant": VARIANT})
    until(lambda: cookies(context).get("ttclid"), "the cookie of the pixel")
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK_LATER}"))
    page.goto(shop.url("/"))
    page.evaluate(PURCHASE)
    (purchase,) = shop.wait(1, "Purchase")
    assert purchase["user"]["ttclid"] == CLICK_LATER
    assert {(c["name"], c["domain"]) for c in context.cookies()} == {
        ("ttclid", ".shop.example"),
        ("tt_visit", ".shop.example"),
    }


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("product_added_to_cart", {"cartLine": None}),
        ("checkout_started", {"checkout": None}),
        ("product_viewed", {}),
        ("search_submitted", {"searchResult": None}),
        ("page_that_is_no_event", {}),
    ],
)
def test_what_shopify_leaves_empty_becomes_no_event(
    page: "Page", shop: Shop, name: str, data: dict[str, Any]
) -> None:
    frame = open_pixel(page, shop)
    if name in frame.evaluate("Object.keys(handlers)"):
        fire(frame, name, data)
    shop.settle(0.4)
    assert shop.events() == []


def test_failing_relay_is_asked_again(page: "Page", shop: Shop) -> None:
    frame = open_pixel(page, shop)
    shop.status = 503
    fire(frame, "product_viewed", {"productVariant": VARIANT})
    page.wait_for_timeout(300)
    shop.status = 202
    shop.wait(1)
