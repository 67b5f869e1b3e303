"""The browser side against the real stack: Chromium in the demo shop, the built functions, the simulator."""

import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.e2e.conftest import Stack
from tools.browser_scripts import SOURCES

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

CLICK: Final[str] = "E_C_P_CrMBAbcDEF_-e2e0123456789"
PIXEL_CALLS: Final[str] = "ttq.filter(call => call[0] === 'track').map(call => [call[1], call[3].event_id])"


def page_of(context: "BrowserContext") -> "Page":
    context.set_default_timeout(150_000)  # cold starts of the functions, on a busy machine
    return context.new_page()


def received(stack: Stack, event_id: str, event: str) -> dict[str, Any]:
    """The event as TikTok has it."""

    def look() -> dict[str, Any] | None:
        found = stack.simulator("events", event_id=event_id)["events"]
        return next((entry for entry in found if entry["event"] == event), None)

    return stack.until(look, f"{event} {event_id}")


def test_visit_with_a_click_id_and_a_stripe_webhook_without_one_become_one_purchase(
    stack: Stack, context: "BrowserContext"
) -> None:
    """Landing, view, search, cart, checkout, payment, thank-you page: each event under one id in both channels."""
    page = page_of(context)
    at_pixel: list[tuple[str, str]] = []

    def note(events: int) -> None:
        """Note what this page has reported to the pixel, once it is as many events."""
        page.wait_for_function(f"{PIXEL_CALLS}.length >= {events}")
        at_pixel.extend(tuple(call) for call in page.evaluate(PIXEL_CALLS))

    page.goto(f"{stack.info.shop_url}/?ttclid={CLICK}")
    page.click("#yes")
    page.fill("#query", "shoe")
    page.click("#search button")
    note(1)
    page.click("text=Trail shoe")
    page.click("#add")
    note(2)
    page.goto(f"{stack.info.shop_url}/checkout.html")
    page.wait_for_function("!!document.cookie.match('tt_visit')")
    # The visit has arrived, as it has in a shop long before its checkout.
    stack.until(lambda: "visit_left" in logs(stack) or None, "the visit")
    note(1)
    page.click("text=Pay at")
    page.wait_for_url("**/thanks.html*")
    session = page.inner_text("#order")
    note(1)

    names = [name for name, _ in at_pixel]
    assert names == ["Search", "ViewContent", "AddToCart", "InitiateCheckout", "Purchase"]
    for name, event_id in at_pixel:
        user = received(stack, event_id, name)["item"]["user"]
        assert (user["ttclid"], "user_agent" in user, "ip" in user) == (CLICK, True, True)
    assert dict(at_pixel)["Purchase"] == session

    # The webhook's copy alone, which knew none of it.
    line = next(found for found in lines(stack) if found.get("visit") and found.get("sender") == "stripe")
    assert (line["visit"], line["visit_via"]) == ("joined", "visit_id")
    assert set(line["visit_filled"]) >= {"ttclid", "ip", "user_agent"}
    purchase = stack.until(lambda: twice(stack, session), "both copies of the purchase")
    assert purchase["counted"] == 1


def test_second_purchase_of_a_visitor_is_another_one(stack: Stack, context: "BrowserContext") -> None:
    page = page_of(context)
    page.goto(stack.info.shop_url)
    page.click("#yes")
    sessions = []
    for sku in ("SKU-2002", "SKU-3003"):
        page.goto(f"{stack.info.shop_url}/product.html?sku={sku}")
        page.click("#add")
        page.goto(f"{stack.info.shop_url}/checkout.html")
        page.click("text=Pay at")
        page.wait_for_url("**/thanks.html*")
        sessions.append(page.inner_text("#order"))
        items = received(stack, sessions[-1], "InitiateCheckout")["item"]["properties"]["contents"]
        assert [item["content_id"] for item in items] == [sku]
        page.wait_for_function("ttq.some(call => call[1] === 'Purchase')")
    assert len(set(sessions)) == 2


def twice(stack: Stack, event_id: str) -> dict[str, Any] | None:
    purchase = received(stack, event_id, "Purchase")
    return purchase if purchase["received"] >= 2 else None


def logs(stack: Stack) -> str:
    found = (stack.home / "logs" / "ingest.log").read_text(encoding="utf-8")
    assert CLICK not in found
    return found


def lines(stack: Stack) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logs(stack).splitlines() if line.startswith("{")]


def test_rejected_consent_leaves_nothing_anywhere(stack: Stack, context: "BrowserContext") -> None:
    page = page_of(context)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{stack.info.shop_url}/product.html?sku=SKU-2002&ttclid={CLICK}")
    page.click("#no")
    page.click("#add")
    page.wait_for_timeout(1000)
    assert [url for url in asked if "/v1/" in url] == []
    assert context.cookies() == []


def test_shopify_pixel_in_its_sandbox_gets_in_by_the_public_write_key(
    stack: Stack, context: "BrowserContext"
) -> None:
    page = page_of(context)
    script = (SOURCES / "shopify-pixel.js").read_text(encoding="utf-8")
    script = script.replace("https://relay.example", stack.info.api_url)
    script = script.replace("replace-with-the-public-write-key", stack.info.public_write_key)
    shopify = """
        window.handlers = {}
        window.init = {customerPrivacy: {marketingAllowed: true, saleOfDataAllowed: true}}
        window.analytics = {subscribe (name, handler) { handlers[name] = handler }}
        window.browser = {cookie: {get: () => Promise.resolve(''), set: () => Promise.resolve('')}}
        window.customerPrivacy = {subscribe () {}}
    """
    page.goto(stack.info.shop_url)
    page.evaluate(
        "html => { const frame = document.createElement('iframe'); frame.sandbox = 'allow-scripts';"
        "frame.srcdoc = html; document.body.append(frame) }",
        f"<script>{shopify}</script><script>{script}</script>",
    )
    frame = stack.until(lambda: page.frames[1] if len(page.frames) > 1 else None, "the frame")
    frame.wait_for_function("!!(window.handlers && handlers.checkout_completed)")
    order = str(int(time.time() * 1000))
    frame.evaluate(
        "order => { handlers.checkout_completed({id: 'e1', timestamp: new Date().toISOString(), context: {document: "
        "{location: {href: 'https://shop.example/checkouts/x/thank_you', search: ''}}}, data: {checkout: {token: 'chk', "
        "order: {id: 'gid://shopify/OrderIdentity/' + order}, currencyCode: 'EUR', totalPrice: {amount: 9.5}, "
        "lineItems: []}}}) }",
        order,
    )
    purchase = received(stack, order, "Purchase")["item"]
    assert (purchase["properties"]["value"], purchase["page"]["url"]) == (
        9.5,
        "https://shop.example/checkouts/x/thank_you",
    )
