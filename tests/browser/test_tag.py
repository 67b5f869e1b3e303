"""The tag on a shop's pages: what it keeps, what it sends to the relay, what it calls at TikTok's pixel."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.support.shop import PIXEL, PIXEL_STANDIN, STUB, Shop, until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

ROOT: Final[Path] = Path(__file__).parents[2]
CLICK: Final[str] = "E.C.P.CrMBAbcDEF_-0123456789"
CLICK_LATER: Final[str] = "E_C_P_CrMBAbcDEF_-later"
INSTALLED: Final[str] = f"{PIXEL_STANDIN}<script>installPixel('{PIXEL}')</script>"

PURCHASE: Final[str] = (
    "ttRelay('track', 'Purchase', {order_id: '1001', value: 12.5, currency: 'EUR', "
    "contents: [{content_id: 'SKU-1', quantity: 1, price: 12.5}]})"
)


# A clock that is five times as fast in all pages of a browser, `{base}` being the time at which it began.
FAST_CLOCK: Final[str] = """
{ const now = Date.now, timer = window.setTimeout
  Date.now = () => {base} + (now() - {base}) * 5
  window.setTimeout = (run, ms, ...rest) => timer(run, ms / 5, ...rest) }
"""


def pixel_calls(page: "Page", method: str = "track") -> list[list[Any]]:
    """What the page's pixel was called with."""
    calls: list[list[Any]] = page.evaluate("JSON.parse(JSON.stringify([...(window.ttq || [])]))")
    return [call[1:] for call in calls if call[0] == method]


def cookies(context: "BrowserContext") -> dict[str, str]:
    return {cooky["name"]: cooky["value"] for cooky in context.cookies()}


# ── whose tag it is ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("tag", ["async", "module"])
@pytest.mark.parametrize(
    "element",
    [
        '<img name="currentScript" {}>',
        '<form name="currentScript" {}><input name="tagName" value="SCRIPT"></form>',
        '<img src="{{other}}/tag.js" {}>',
    ],
)
def test_text_of_a_visitor_neither_redirects_the_tag_nor_grants_consent(
    page: "Page", shop: Shop, element: str, tag: str
) -> None:
    """A shop may let visitors write harmless elements, in a review: they are none of the tag's settings."""
    other = shop.url("", "other.example")
    written = element.format(f'data-relay="{other}" data-consent="not-required"').format(other=other)
    loads = shop.tag("").replace("async", 'type="module"' if tag == "module" else "async")
    page.goto(shop.add("/product", written, tag=loads))
    page.wait_for_function("ttRelay.loaded")
    page.evaluate(PURCHASE)
    shop.settle()
    assert shop.received == []

    page.evaluate("ttRelay('consent', 'granted')")
    shop.wait(1)
    assert {request.headers["host"] for request in shop.received} == {f"relay.shop.example:{shop.port}"}


# ── one event, two channels ────────────────────────────────────────────────────────────────────────────


def test_purchase_reaches_pixel_and_relay_under_the_id_of_the_order(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/thanks", INSTALLED))
    page.evaluate(PURCHASE)
    (event,) = shop.wait(1)
    assert (event["event"], event["event_id"]) == ("Purchase", "1001")
    assert event["properties"] == {
        "order_id": "1001",
        "value": 12.5,
        "currency": "EUR",
        "contents": [{"content_id": "SKU-1", "quantity": 1, "price": 12.5}],
    }
    assert event["page"]["url"] == shop.url("/thanks")
    (call,) = pixel_calls(page)
    assert call == ["Purchase", event["properties"], {"event_id": "1001"}]


def test_journey_has_the_same_ids_at_pixel_and_relay(page: "Page", shop: Shop) -> None:
    """Landing with a click id, view, search, cart, checkout, purchase: a page each."""
    steps = [
        ("ViewContent", {"contents": [{"content_id": "SKU-1"}]}),
        ("Search", {"search_string": "shoe"}),
        ("AddToCart", {"contents": [{"content_id": "SKU-1", "quantity": 2}], "value": 25}),
        ("InitiateCheckout", {"checkout_token": "chk_77", "value": 25}),
        ("AddPaymentInfo", {"checkout_token": "chk_77", "value": 25}),
        ("Purchase", {"order_id": 1001, "value": 25, "currency": "EUR"}),
    ]
    at_pixel: list[tuple[str, str]] = []
    for number, (name, properties) in enumerate(steps):
        shop.add(f"/{number}", INSTALLED)
        page.goto(shop.url(f"/{number}" + (f"?ttclid={CLICK}" if number == 0 else "")))
        page.evaluate("([name, properties]) => ttRelay('track', name, properties)", [name, properties])
        at_pixel += [(call[0], call[2]["event_id"]) for call in pixel_calls(page)]
    events = shop.wait(len(steps))
    assert [(event["event"], event["event_id"]) for event in events] == at_pixel
    ids = dict(at_pixel)
    assert (ids["InitiateCheckout"], ids["AddPaymentInfo"], ids["Purchase"]) == ("chk_77", "chk_77", "1001")
    assert len(set(ids.values())) == len(steps) - 1
    assert {event["user"]["ttclid"] for event in events} == {CLICK}
    assert all("checkout_token" not in event["properties"] for event in events)


def test_calls_before_the_tag_loads_are_kept_by_the_stub(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/thanks", body=f"<script>{PURCHASE}</script>"))
    assert [event["event_id"] for event in shop.wait(1)] == ["1001"]


def test_stub_that_a_page_holds_still_works(page: "Page", shop: Shop) -> None:
    shop.pages["/"] = f"{STUB}<script>window.held = window.ttRelay</script>{shop.tag()}"
    page.goto(shop.url("/"))
    page.wait_for_function("ttRelay.loaded")
    page.evaluate(PURCHASE.replace("ttRelay(", "held("))
    assert [event["event_id"] for event in shop.wait(1)] == ["1001"]


@pytest.mark.parametrize(("name", "renamed"), [("CompletePayment", "Purchase"), ("SubmitForm", "Lead")])
def test_name_that_tiktok_has_changed_is_the_same_at_pixel_and_relay(
    page: "Page", shop: Shop, name: str, renamed: str
) -> None:
    page.goto(shop.add("/", INSTALLED))
    page.evaluate("name => ttRelay('track', name, {order_id: '1001'})", name)
    (event,) = shop.wait(1)
    assert (event["event"], event["event_id"]) == (renamed, "1001")
    assert [call[0] for call in pixel_calls(page)] == [renamed]


def test_what_is_for_the_tag_goes_to_no_channel(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", INSTALLED))
    hints = "{checkout_token: 'chk_77', session_id: 'cs_1', payment_intent: 'pi_1', customer_id: 7, content_id: 'SKU-1'}"
    page.evaluate(f"ttRelay('track', 'ViewContent', {hints})")
    (event,) = shop.wait(1)
    assert event["properties"] == {"content_id": "SKU-1"}
    assert pixel_calls(page)[0][1] == event["properties"]


@pytest.mark.parametrize(
    ("name", "properties", "expected"),
    [
        ("Purchase", {"order_id": "gid://shopify/OrderIdentity/5001"}, "5001"),
        ("Purchase", {"order_id": 5002}, "5002"),
        ("Purchase", {"session_id": "cs_test_a1"}, "cs_test_a1"),
        ("Purchase", {"payment_intent": "pi_3A"}, "pi_3A"),
        ("PlaceAnOrder", {"order_id": "5003"}, "5003"),
        ("AddPaymentInfo", {"order_id": "5004"}, "5004"),
        ("CompleteRegistration", {"customer_id": 88}, "88"),
    ],
)
def test_event_id_is_the_id_of_the_thing_that_happened(
    page: "Page", shop: Shop, name: str, properties: dict[str, object], expected: str
) -> None:
    page.goto(shop.add("/"))
    page.evaluate("([name, properties]) => ttRelay('track', name, properties)", [name, properties])
    (event,) = shop.wait(1)
    assert event["event_id"] == expected
    assert set(event["properties"]) <= {"order_id"}


@pytest.mark.parametrize("blank", ["undefined", "null", "", "  ", "{{order_id}}", "[object Object]", None])
def test_words_for_nothing_are_no_order_id(page: "Page", shop: Shop, blank: str | None) -> None:
    page.goto(shop.add("/"))
    page.evaluate("blank => ttRelay('track', 'Purchase', {order_id: blank, value: 1})", blank)
    (event,) = shop.wait(1)
    assert len(event["event_id"]) == 22
    assert event["properties"] == {"value": 1}


@pytest.mark.parametrize("external_id", ["customer-7", "7301234567890"])
def test_registration_takes_the_external_id(page: "Page", shop: Shop, external_id: str) -> None:
    page.goto(shop.add("/"))
    page.evaluate(
        "id => { ttRelay('identify', {external_id: id}); ttRelay('track', 'CompleteRegistration', {}) }",
        external_id,
    )
    assert shop.wait(1)[0]["event_id"] == external_id


@pytest.mark.parametrize(
    "external_id", ["ada@example.com", "+4930901820", "(030) 901820", "030 901820", "a" * 64]
)
def test_registration_takes_no_external_id_that_is_personal_data(
    page: "Page", shop: Shop, external_id: str
) -> None:
    page.goto(shop.add("/"))
    page.evaluate(
        "id => { ttRelay('identify', {external_id: id}); ttRelay('track', 'CompleteRegistration', {}) }",
        external_id,
    )
    assert len(shop.wait(1)[0]["event_id"]) == 22


def test_event_id_of_the_page_comes_first(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", INSTALLED))
    page.evaluate("ttRelay('track', 'Purchase', {order_id: '1001'}, {event_id: 'shop-1.1001'})")
    (event,) = shop.wait(1)
    assert event["event_id"] == "shop-1.1001"
    assert pixel_calls(page)[0][2] == {"event_id": "shop-1.1001"}


def test_person_goes_with_later_events_and_to_the_pixel_but_not_into_storage(
    page: "Page", shop: Shop
) -> None:
    page.goto(shop.add("/", INSTALLED))
    shop.status = 503
    page.evaluate(
        "ttRelay('identify', {email: 'ada@example.com', phone: '+4930901820', external_id: 'c-7'});"
        + PURCHASE
    )
    assert pixel_calls(page, "identify") == [
        [{"email": "ada@example.com", "phone_number": "+4930901820", "external_id": "c-7"}]
    ]
    until(lambda: page.evaluate("(localStorage.tt_relay || '').includes('1001') || null"), "kept")
    page.wait_for_timeout(300)
    assert "ada" not in page.evaluate("JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    shop.status = 202
    (event,) = shop.wait(1)
    assert event["user"]["email"] == "ada@example.com"


# ── TikTok's pixel ─────────────────────────────────────────────────────────────────────────────────────


def test_phone_may_have_the_name_that_tiktoks_pixel_gives_it(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", INSTALLED))
    page.evaluate("ttRelay('identify', {house_number: '5', phone_number: '+4930901820'});" + PURCHASE)
    (event,) = shop.wait(1)
    assert event["user"] == {"house_number": "5", "phone": "+4930901820"}
    assert pixel_calls(page, "identify") == [[{"phone_number": "+4930901820"}]]


def test_pixel_that_comes_late_is_called_and_none_is_ever_created(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", PIXEL_STANDIN))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert page.evaluate("'ttq' in window") is False
    page.evaluate(f"installPixel('{PIXEL}')")
    page.wait_for_timeout(600)
    assert [call[2] for call in pixel_calls(page)] == [{"event_id": "1001"}]


def test_pixel_is_named_where_there_are_several(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", f"{PIXEL_STANDIN}<script>installPixel('OTHER', '{PIXEL}')</script>"))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert [call[2] for call in pixel_calls(page)] == [{"event_id": "1001", "pixel_code": PIXEL}]


def test_foreign_pixel_that_loads_first_gets_nothing(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", f"{PIXEL_STANDIN}<script>installPixel('OTHER')</script>"))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert pixel_calls(page) == []
    page.evaluate(f"() => {{ ttq._i['{PIXEL}'] = [] }}")
    page.wait_for_timeout(600)
    assert [call[2] for call in pixel_calls(page)] == [{"event_id": "1001", "pixel_code": PIXEL}]


def test_pixel_that_throws_costs_no_event(page: "Page", shop: Shop) -> None:
    pixel = f"{{_i: {{'{PIXEL}': []}}, calls: [], track (name) {{ ttq.calls.push(name) }}, "
    pixel += "identify () { throw new Error('pixel') }}"
    page.goto(shop.add("/", f"<script>window.ttq = {pixel}</script>"))
    page.evaluate("ttRelay('identify', {email: 'ada@example.com'});" + PURCHASE)
    shop.wait(1)
    assert page.evaluate("ttq.calls") == ["Purchase"]


def test_pixel_that_the_page_names_replaces_the_stacks_own(page: "Page", shop: Shop) -> None:
    tag = shop.tag('data-consent="not-required" data-pixel="OTHER"')
    page.goto(shop.add("/", f"{PIXEL_STANDIN}<script>installPixel('OTHER', '{PIXEL}')</script>", tag=tag))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert pixel_calls(page)[0][2]["pixel_code"] == "OTHER"


# ── click id, _ttp and the visit ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("click", [CLICK, CLICK_LATER])
def test_click_id_is_kept_for_the_whole_domain(
    page: "Page", shop: Shop, context: "BrowserContext", click: str
) -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={click}", "www.shop.co.uk"))
    until(lambda: cookies(context).get("ttclid"), "the cookie")
    kept = {cooky["name"]: cooky for cooky in context.cookies()}
    assert kept["ttclid"]["value"] == click
    assert kept["ttclid"]["domain"] == ".shop.co.uk"
    assert set(kept) == {"ttclid", "tt_visit"}
    page.goto(shop.url("/", "checkout.shop.co.uk"))
    page.evaluate(PURCHASE)
    assert shop.wait(1)[0]["user"]["ttclid"] == click


@pytest.mark.parametrize("useless", ["__CLICKID__", "", "a b", "<script>", "x" * 1025, "undefined"])
def test_macros_and_garbage_are_no_click_id(
    page: "Page", shop: Shop, context: "BrowserContext", useless: str
) -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.goto(shop.url(f"/?ttclid={useless}"))
    page.evaluate(PURCHASE)
    assert shop.wait(1)[0]["user"]["ttclid"] == CLICK
    assert cookies(context)["ttclid"] == CLICK


def test_later_click_id_overrides(page: "Page", shop: Shop, context: "BrowserContext") -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.goto(shop.url(f"/?ttclid={CLICK_LATER}"))
    until(lambda: cookies(context)["ttclid"] == CLICK_LATER or None, "the later click id")


def test_cookie_of_the_pixel_is_read(page: "Page", shop: Shop, context: "BrowserContext") -> None:
    context.add_cookies([{"name": "_ttp", "value": "01K11R7N_.tt.1", "domain": ".shop.example", "path": "/"}])
    page.goto(shop.add("/"))
    page.evaluate(PURCHASE)
    assert shop.wait(1)[0]["user"]["ttp"] == "01K11R7N_.tt.1"
    assert shop.visits()[-1]["ttp"] == "01K11R7N_.tt.1"


def test_visit_is_left_once_and_again_when_it_learns_more(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    until(lambda: page.evaluate("JSON.parse(localStorage.tt_relay || '{}').visit"), "the answer")
    page.goto(shop.url("/"))
    page.goto(shop.url("/"))
    shop.settle()
    (visit,) = shop.visits()
    assert visit["id"] == cookies(context)["tt_visit"]
    assert (visit["ttclid"], visit["consent"]) == (CLICK, "granted")
    page.evaluate(PURCHASE)
    until(lambda: len(shop.visits()) == 2 or None, "the order")
    assert (shop.visits()[1]["id"], shop.visits()[1]["order_id"]) == (visit["id"], "1001")


def test_visit_learns_a_corrected_address_once(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    for email in ("ada@exampl.com", "ada@example.com"):
        page.evaluate("email => ttRelay('identify', {email})", email)
        until(lambda: shop.visits()[-1].get("email") == email or None, "the address")  # noqa: B023 - at once
        shop.settle(0.2)
    shop.add("/account", body="<script>ttRelay('identify', {email: 'ada@example.com'})</script>")
    for path in ("/account", "/", "/account"):
        page.goto(shop.url(path))
        shop.settle(0.3)
    assert [visit.get("email") for visit in shop.visits()] == [None, "ada@exampl.com", "ada@example.com"]
    assert "ada" not in page.evaluate("JSON.stringify(localStorage)")


def test_visit_has_no_query_which_the_relay_does_not_keep_and_may_be_long(page: "Page", shop: Shop) -> None:
    shop.add("/")
    page.goto(shop.url("/?filter=" + "x" * 9000))
    (visit,) = until(lambda: shop.visits() or None, "the visit")
    assert visit["url"] == shop.url("/")


def test_visit_that_a_failing_relay_did_not_take_is_left_by_the_next_page(page: "Page", shop: Shop) -> None:
    shop.status, shop.delay = 503, 0.7
    shop.add("/next")
    page.goto(shop.add("/"))
    page.wait_for_function("ttRelay.loaded")
    page.goto(shop.url("/next"))
    shop.settle(1)
    shop.status, shop.delay = 202, 0
    page.goto(shop.url("/"))
    until(lambda: shop.visits() or None, "the visit")


def test_click_id_of_the_domain_is_not_hidden_by_one_of_the_host(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    context.add_cookies([{"name": "ttclid", "value": CLICK, "url": shop.url("/")}])
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK_LATER}"))
    page.goto(shop.url("/"))
    page.evaluate(PURCHASE)
    assert shop.wait(1)[0]["user"]["ttclid"] == CLICK_LATER
    assert [cooky["domain"] for cooky in context.cookies() if cooky["name"] == "ttclid"] == [".shop.example"]


def test_page_that_cannot_keep_the_visits_cookie_still_sends(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    """A page without TLS neither sees the cookie of one with TLS nor may replace it."""
    value = "ttv_" + "a" * 22
    context.add_cookies(
        [{"name": "tt_visit", "value": value, "domain": ".shop.example", "path": "/", "secure": True}]
    )
    page.goto(shop.add("/"))
    page.evaluate(PURCHASE)
    shop.wait(1)


def test_page_gets_the_visit_id_to_carry(page: "Page", shop: Shop, context: "BrowserContext") -> None:
    body = "<script>ttRelay('visit', function (id) { window.carried = id })</script>"
    page.goto(shop.add("/", body=body))
    carried = until(lambda: page.evaluate("window.carried || null"), "the visit id")
    assert carried == cookies(context)["tt_visit"]
    # What Stripe's client_reference_id takes.
    assert len(carried) <= 200
    assert carried.replace("-", "").replace("_", "").isalnum()
    assert carried.startswith("ttv_")


# ── once ───────────────────────────────────────────────────────────────────────────────────────────────


def test_reload_of_the_thank_you_page_counts_once(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/thanks", INSTALLED, f"<script>{PURCHASE}</script>"))
    shop.wait(1)
    page.reload()
    shop.settle()
    assert pixel_calls(page) == []
    shop.wait(1)


def test_double_click_counts_once_and_two_clicks_twice(page: "Page", shop: Shop) -> None:
    button = "<button onclick=\"ttRelay('track', 'AddToCart', {value: 5, currency: 'EUR'})\">Add</button>"
    page.goto(shop.add("/", INSTALLED, button))
    page.dblclick("button")
    shop.wait(1)
    page.wait_for_timeout(1100)
    page.click("button")
    shop.wait(2)
    assert len(pixel_calls(page)) == 2


def test_two_tags_count_once(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", INSTALLED, f"<script>{PURCHASE}</script>", tag=shop.tag() * 2))
    shop.wait(1)
    assert len(pixel_calls(page)) == 1


def test_leaving_sends_what_is_waiting_once(page: "Page", shop: Shop) -> None:
    shop.add("/next")
    page.goto(shop.add("/", body='<a href="/next" onclick="' + PURCHASE.replace('"', "'") + '">Next</a>'))
    page.click("a")
    page.wait_for_url("**/next")
    shop.wait(1)


def test_event_whose_page_was_left_while_the_relay_failed_is_sent_by_a_later_page(
    page: "Page", shop: Shop
) -> None:
    shop.add("/next")
    page.goto(shop.add("/", body='<a href="/next" onclick="' + PURCHASE.replace('"', "'") + '">Next</a>'))
    page.wait_for_function("ttRelay.loaded")
    shop.settle(0.3)
    shop.status = 503
    page.click("a")
    page.wait_for_url("**/next")
    shop.settle()
    shop.status = 202
    page.goto(shop.url("/next"))
    (event,) = shop.wait(1)
    assert event["event_id"] == "1001"
    assert "sent" not in event
    page.wait_for_function("JSON.parse(localStorage.tt_relay).queue.length === 0")


def test_page_restored_by_the_back_button_sends_nothing_again(page: "Page", shop: Shop) -> None:
    shop.add("/next")
    page.goto(shop.add("/", INSTALLED, f"<script>{PURCHASE}</script>"))
    shop.wait(1)
    page.goto(shop.url("/next"))
    page.go_back()
    shop.settle()
    shop.wait(1)


def test_prerendered_page_waits_until_it_is_shown(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'prerendering', {get: () => !window.shown, configurable: true})"
    )
    page.goto(shop.add("/", INSTALLED, f"<script>{PURCHASE}</script>"))
    page.evaluate("ttRelay('track', 'Search', {search_string: 'shoe'})")
    shop.settle()
    assert (shop.received, cookies(context)) == ([], {})
    page.evaluate("window.shown = true; document.dispatchEvent(new Event('prerenderingchange'))")
    assert [event["event"] for event in shop.wait(2)] == ["Purchase", "Search"]


def test_single_page_application_keeps_the_click_id_and_names_each_address(page: "Page", shop: Shop) -> None:
    shop.add("/", INSTALLED)
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    for number in (1, 2):
        page.evaluate(
            "n => { history.pushState({}, '', '/product/' + n); ttRelay('track', 'ViewContent', {content_id: n}) }",
            number,
        )
    first, second = shop.wait(2)
    assert first["event_id"] != second["event_id"]
    assert [event["page"]["url"] for event in (first, second)] == [
        shop.url("/product/1"),
        shop.url("/product/2"),
    ]
    assert {event["user"]["ttclid"] for event in (first, second)} == {CLICK}


# ── the network ────────────────────────────────────────────────────────────────────────────────────────


def test_request_needs_no_preflight_and_carries_no_cookies(page: "Page", shop: Shop) -> None:
    shop.add("/")
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert {request.method for request in shop.received} == {"POST"}
    for request in shop.received:
        assert request.headers["content-type"].startswith("text/plain")
        assert "cookie" not in request.headers
        assert request.headers["origin"] == shop.url("")
        assert "?" not in request.path


def test_offline_events_go_out_later_with_their_own_time(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    page.goto(shop.add("/"))
    page.wait_for_function("ttRelay.loaded")
    context.set_offline(True)
    page.evaluate(PURCHASE)
    tracked = page.evaluate("Math.floor(Date.now() / 1000)")
    page.wait_for_timeout(1200)
    assert shop.events() == []
    context.set_offline(False)
    (event,) = shop.wait(1)
    assert abs(event["event_time"] - tracked) <= 1


def test_events_that_a_failing_relay_did_not_take_wait_for_the_next_page(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    shop.status = 503
    page.evaluate(PURCHASE)
    page.wait_for_timeout(500)
    shop.status = 202
    page.goto(shop.url("/"))
    assert [event["event_id"] for event in shop.wait(1)] == ["1001"]


def test_queue_is_bounded_and_forgets_after_48_hours(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    shop.status = 503
    page.evaluate("for (let n = 0; n < 80; n++) ttRelay('track', 'Purchase', {order_id: 'o' + n})")
    # The events that the failing relay did not take are kept again once it has answered.
    page.wait_for_function("localStorage.tt_relay && JSON.parse(localStorage.tt_relay).queue.length === 50")
    page.wait_for_timeout(500)
    # A page without the tag, so that none sends while the queue is changed.
    shop.pages["/without"] = ""
    page.goto(shop.url("/without"))
    kept = json.loads(page.evaluate("localStorage.tt_relay"))
    assert len(kept["queue"]) == 50
    kept["queue"] = kept["queue"][:2]
    kept["queue"][0]["event_time"] -= 48 * 3600 + 60
    page.evaluate("kept => { localStorage.tt_relay = kept }", json.dumps(kept))
    shop.status = 202
    page.goto(shop.url("/"))
    assert [event["event_id"] for event in shop.wait(1)] == [kept["queue"][1]["event_id"]]


@pytest.mark.parametrize("event", ["pagehide", "visibilitychange"])
def test_event_that_is_answered_late_is_sent_at_most_twice(
    page: "Page", shop: Shop, context: "BrowserContext", event: str
) -> None:
    """After five seconds a page that is left, or another page, sends it again: either answer is one for both."""
    context.add_init_script(FAST_CLOCK.replace("{base}", str(int(time.time() * 1000))))
    page.goto(shop.add("/"))
    until(lambda: shop.visits() or None, "the visit")
    second = page if event == "pagehide" else context.new_page()
    second.goto(shop.url("/"))
    second.wait_for_function("ttRelay.loaded")
    shop.delay = 6.5 / 5
    page.evaluate(PURCHASE)
    shop.settle(5.6 / 5)
    second.evaluate("name => (name === 'pagehide' ? window : document).dispatchEvent(new Event(name))", event)
    shop.settle(12 / 5)
    assert [event["event_id"] for event in shop.events()] == ["1001"] * 2
    assert page.evaluate("JSON.parse(localStorage.tt_relay).queue") == []


def test_rejected_events_are_not_sent_again(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    shop.status = 422
    page.evaluate(PURCHASE)
    page.wait_for_timeout(500)
    shop.status = 202
    page.goto(shop.url("/"))
    shop.settle()
    assert shop.events() == []


def test_large_events_go_out_in_requests_that_a_browser_allows(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    page.evaluate(
        "for (let n = 0; n < 8; n++) ttRelay('track', 'Purchase', {order_id: 'o' + n, description: 'é'.repeat(9000)})"
    )
    shop.wait(8)


def test_event_that_is_almost_as_large_as_a_request_may_be_goes_alone_and_a_larger_one_not(
    page: "Page", shop: Shop
) -> None:
    page.goto(shop.add("/"))
    page.evaluate(
        "for (const size of [70000, 60000, 10]) ttRelay('track', 'Purchase', {order_id: 'o' + size, description: 'x'.repeat(size)})"
    )
    assert [event["event_id"] for event in shop.wait(2)] == ["o60000", "o10"]
    sizes = [len(request.body["events"]) for request in shop.received if "events" in request.body]
    assert sizes == [1, 1]
    page.wait_for_function("JSON.parse(localStorage.tt_relay).queue.length === 0")


def test_no_beacon_is_sent_also_where_keepalive_is_missing(page: "Page", shop: Shop) -> None:
    """A beacon that a block list stops does not say so; an event that was not answered stays in storage."""
    spy = "window.beacons = 0; navigator.sendBeacon = () => { beacons++; return true }"
    page.goto(shop.add("/", f"<script>delete Request.prototype.keepalive; {spy}</script>"))
    page.evaluate(PURCHASE)
    shop.wait(1)
    assert page.evaluate("beacons") == 0


def test_fetch_that_throws_stops_nothing(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/"))
    page.wait_for_function("ttRelay.loaded")
    shop.settle(0.3)
    page.evaluate("() => { window.real = fetch; window.fetch = () => { throw new Error('wrapped') } }")
    page.evaluate("ttRelay('track', 'AddToCart', {value: 12.5, currency: 'EUR'})")
    shop.settle(0.4)
    page.evaluate("() => { window.fetch = real }")
    page.evaluate(PURCHASE)
    assert [event["event"] for event in shop.wait(2)] == ["AddToCart", "Purchase"]


# ── hostile pages ──────────────────────────────────────────────────────────────────────────────────────


def test_strict_csp_and_trusted_types_are_kept(page: "Page", shop: Shop) -> None:
    shop.page_headers["content-security-policy"] = (
        f"default-src 'none'; script-src {shop.relay} 'nonce-1'; connect-src {shop.relay}; "
        "require-trusted-types-for 'script'; report-uri /csp"
    )
    violations = (
        "document.addEventListener('securitypolicyviolation', e => (window.bad = e.violatedDirective))"
    )
    shop.pages["/"] = (
        f"<!doctype html><script nonce=1>{violations}</script>{shop.tag()}"
        "<script nonce=1>window.ttRelay = function () { (ttRelay.q = ttRelay.q || []).push(arguments) };"
        f"{PURCHASE}</script>"
    )
    page.goto(shop.url("/"))
    shop.wait(1)
    assert page.evaluate("window.bad || null") is None


def test_request_that_the_page_forbids_waits(page: "Page", shop: Shop) -> None:
    shop.add("/")
    shop.page_headers["content-security-policy"] = "connect-src 'self'"
    page.goto(shop.url("/"))
    page.evaluate(PURCHASE)
    page.wait_for_timeout(400)
    shop.page_headers.clear()
    page.goto(shop.url("/"))
    shop.wait(1)


def test_sandboxed_frame_without_storage_still_sends(page: "Page", shop: Shop) -> None:
    shop.add("/frame", body=f"<script>{PURCHASE}</script>")
    shop.pages["/"] = '<iframe sandbox="allow-scripts" src="/frame"></iframe>'
    page.goto(shop.url("/"))
    shop.wait(1)
    assert {request.headers["origin"] for request in shop.received} == {"null"}


@pytest.mark.parametrize(
    "call",
    [
        "ttRelay()",
        "ttRelay('nothing')",
        "ttRelay('track')",
        "ttRelay('track', {}, {})",
        "ttRelay('track', 'Purchase', 'text', 7)",
        "const o = {}; o.self = o; ttRelay('track', 'Purchase', o)",
        "ttRelay('track', 'Purchase', {get order_id () { throw new Error('page') }})",
        "ttRelay('identify', null)",
        "ttRelay('consent', 'maybe')",
        "ttRelay('visit', () => { throw new Error('page') })",
        "ttRelay('visit')",
        "ttRelay('constructor')",
        "localStorage.tt_relay = '{'; ttRelay('track', 'Search', {})",
        "localStorage.tt_relay = '7'; ttRelay('track', 'Search', {})",
        "Storage.prototype.setItem = () => { throw new Error('full') }; ttRelay('track', 'Search', {})",
        "window.ttq = {track () { throw new Error('pixel') }}; ttRelay('track', 'Search', {})",
        "window.ttq = 7; ttRelay('track', 'Search', {})",
        "window.fetch = () => Promise.reject(new Error('no')); ttRelay('track', 'Search', {})",
    ],
)
def test_no_error_reaches_the_page_and_the_next_event_is_sent(page: "Page", shop: Shop, call: str) -> None:
    page.goto(shop.add("/"))
    page.wait_for_function("ttRelay.loaded")
    rejections = (
        "window.rejected = []; addEventListener('unhandledrejection', e => rejected.push(String(e.reason)));"
    )
    page.evaluate(f"{{ {rejections} {call} }}")
    page.evaluate(PURCHASE)
    if "window.fetch" not in call:
        until(lambda: [e for e in shop.events() if e["event_id"] == "1001"] or None, "the next event")
    page.wait_for_timeout(200)
    assert page.evaluate("rejected") == []


def test_full_storage_keeps_events_in_memory(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", "<script>Storage.prototype.setItem = () => { throw new Error('full') }</script>"))
    shop.status = 503
    page.evaluate(PURCHASE)
    page.wait_for_timeout(300)
    shop.status = 202
    shop.wait(1)


def docs_snippet(heading: str, number: int, relay: str) -> str:
    """One of the HTML blocks below a heading of docs/browser.md, counted from 0."""
    section = (ROOT / "docs/browser.md").read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    return section.split("```html")[number + 1].partition("```")[0].replace("https://API", relay)


def test_element_that_a_tag_manager_makes_by_script_keeps_its_attributes(page: "Page", shop: Shop) -> None:
    page.goto(shop.add("/", docs_snippet("Install", 1, shop.relay), tag=""))
    page.wait_for_function("ttRelay.loaded")
    page.evaluate("dataLayer.push({event: 'purchase', ecommerce: {transaction_id: '1001', value: 1}})")
    shop.settle()
    assert shop.events() == []
    page.evaluate("ttRelay('consent', 'granted')")
    assert [event["event_id"] for event in shop.wait(1)] == ["1001"]


def test_fifteen_lines_of_the_docs_report_a_purchase_without_the_tag(page: "Page", shop: Shop) -> None:
    lines = docs_snippet("Without the tag: fifteen lines", 0, shop.relay)
    page.goto(shop.add("/thanks", INSTALLED + lines, tag=""))
    page.evaluate("document.cookie = '_ttp=ttp-of-the-pixel'")
    page.evaluate("reportPurchase({id: '1001', value: 12.5, currency: 'EUR', contents: []})")
    request = until(lambda: next(iter(shop.received), None), "the purchase")
    assert (request.method, request.path, "cookie" in request.headers) == ("POST", "/v1/events", False)
    event = request.body
    assert (event["event"], event["event_id"]) == ("Purchase", "1001")
    assert event["user"] == {"ttp": "ttp-of-the-pixel"}
    assert event["page"]["url"] == shop.url("/thanks")
    assert pixel_calls(page) == [["Purchase", event["properties"], {"event_id": "1001"}]]
