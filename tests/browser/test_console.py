"""The console in a real browser: list, detail, helper, keyboard, dark mode, empty and error states."""

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from relay_cli.console.feed import Feed
from relay_cli.console.server import ConsoleServer
from relay_cli.logs import LogLine
from relay_cli.tracing import digest
from tests.support.console import START, Arrived, Lines, console, receipt, response

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture
def lines() -> Lines:
    return Lines(
        receipt("order-1001"),
        response("order-1001", START + 2),
        receipt("order-1002", START + 3, "Search", status="rejected", entry={"codes": ["currency_unknown"]}),
        receipt("order-1003", START + 4, EVIL, sender="server"),
        response("order-1003", START + 5, "unauthorised", 40105, EVIL),
    )


@pytest.fixture
def feed(lines: Lines) -> Feed:
    feed = Feed(
        lines, Arrived({"event": "Purchase", "event_id": "order-1001", "item": {"event": "Purchase"}})
    )
    feed.poll()
    return feed


@pytest.fixture
def server(feed: Feed) -> Iterator[ConsoleServer]:
    running = console(feed)
    running.start()
    yield running
    running.close()


@pytest.fixture
def page(browser: "Browser", server: ConsoleServer) -> "Iterator[Page]":
    """The console's page; whatever its console or an exception says fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.goto(server.url)
    yield opened
    context.close()
    assert complaints == []


def test_newest_event_comes_first_with_its_state_and_hops(page: "Page") -> None:
    page.wait_for_selector(".row")
    rows = page.locator(".row")
    assert rows.count() == 3
    assert "waiting" in rows.nth(0).inner_text()
    assert "queued → TikTok" in rows.nth(2).inner_text()
    assert page.locator("#event-count").inner_text() == "3 events"


def test_a_click_shows_the_event_beside_the_list(page: "Page") -> None:
    page.locator(".row", has_text="Search").click()
    page.wait_for_selector("#detail h3")
    text = page.locator("#detail").inner_text()
    assert "rejected" in text
    assert "currency_unknown" in text
    assert "came in" in text.lower()


def test_keys_move_through_the_list(page: "Page") -> None:
    page.wait_for_selector(".row")
    page.focus("#list")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector('.row[aria-selected="true"]')
    assert "Search" in page.locator('.row[aria-selected="true"]').inner_text()
    page.keyboard.press("End")
    assert "Purchase" in page.locator('.row[aria-selected="true"]').inner_text()


def test_an_event_is_found_by_its_id_although_log_lines_hold_digests(page: "Page") -> None:
    page.fill("#search", "order-1002")
    expect(page.locator(".row")).to_have_count(1)
    assert "Search" in page.locator(".row").inner_text()


def test_an_event_that_comes_after_the_search_for_its_id_is_found(
    page: "Page", feed: Feed, lines: Lines
) -> None:
    page.fill("#search", "order-1004")
    expect(page.locator("#event-count")).to_have_text("0 of 3 events")
    for line in (receipt("order-1004", START + 9), response("order-1004", START + 11)):
        lines.waiting.append(line)
        feed.poll()
        expect(page.locator(".row")).to_have_count(1)
        page.wait_for_timeout(1200)  # the next poll of the page
    expect(page.locator(".row")).to_contain_text("delivered")


def test_filters_say_when_nothing_fits(page: "Page") -> None:
    page.wait_for_selector(".row")
    page.select_option("#state-filter", "dropped")
    assert "No event fits" in page.locator("#list").inner_text()


def test_a_new_event_appears_by_itself(page: "Page", feed: Feed, lines: Lines) -> None:
    page.wait_for_selector(".row")
    lines.waiting.append(receipt("order-1004", START + 9, "AddToCart"))
    feed.poll()
    page.wait_for_selector(".row:has-text('AddToCart')")


def test_what_a_stranger_wrote_is_shown_as_text(page: "Page") -> None:
    page.locator(".row", has_text="onerror").click()
    page.wait_for_selector("#detail h3")
    assert page.locator("img").count() == 0
    assert EVIL in page.locator("#detail h2").first.inner_text()


def test_characters_that_turn_text_around_are_shown_escaped(page: "Page", feed: Feed, lines: Lines) -> None:
    lines.waiting.append(receipt("order-1005", START + 9, "a\u202eb\x9bc"))
    feed.poll()
    page.locator(".row", has_text="a\\u202eb\\u009bc").click()
    page.wait_for_selector("#detail h3")
    assert "a\\u202eb\\u009bc" in page.locator("#detail h2").first.inner_text()
    page.click("nav a[href='#payload']")
    hostile = {"event": "Purchase", "brand": "x\u202ey", "content_name": "z\u2066", "email": "a@shop.example"}
    page.fill("#payload", json.dumps(hostile, ensure_ascii=False))
    page.click("#payload-form button[type=submit]")
    page.wait_for_selector("#payload-result pre")
    shown = page.locator("#payload-result").inner_text()
    assert "x\\u202ey" in shown
    assert not {"\u202e", "\u2066", "\x9b"} & set(shown + page.locator("#list").inner_text())
    assert "\n" in page.locator("#payload-result pre").first.inner_text()


def test_what_came_in_stands_beside_what_went_out(page: "Page") -> None:
    page.locator(".row", has_text="Purchase").last.click()
    page.wait_for_selector("#detail .fields")
    fields = page.locator("#detail .fields").inner_text()
    assert "text, not a number" in fields
    assert "omitted" in fields
    page.locator(".row", has_text="Search").click()
    expect(page.locator("#detail h2")).to_contain_text("Search")
    assert "currency" in page.locator("#detail").inner_text()


def test_a_request_without_an_event_says_why_it_was_rejected(page: "Page", feed: Feed, lines: Lines) -> None:
    fields = {"trace_id": "trace-9", "route": "/v1/events", "status": 401, "problem": "unauthenticated"}
    lines.waiting.append(LogLine(START + 9, "ingest", "request_rejected", fields))
    feed.poll()
    page.locator(".row", has_text="HTTP 401").click()
    page.wait_for_selector("#detail h3")
    assert "relay key show" in page.locator("#detail").inner_text()


def test_a_test_code_that_was_left_on_is_on_every_page(browser: "Browser", feed: Feed) -> None:
    for test_code in ("TEST1", ""):
        running = console(feed, test_code=test_code)
        running.start()
        opened = browser.new_page()
        opened.goto(running.url)
        opened.wait_for_selector(".row")
        assert opened.locator("#banner").is_visible() == bool(test_code)
        opened.close()
        running.close()


def test_helper_finds_what_is_wrong_and_then_that_it_is_fixed(page: "Page") -> None:
    page.click("nav a[href='#payload']")
    page.fill("#payload", '{"event": "Purchase", "value": 5, "currency": "EURO", "email": "ada@example.com"}')
    page.click("#payload-form button[type=submit]")
    page.wait_for_selector("#payload-result .rejected")
    assert "currency_unknown" in page.locator("#payload-result").inner_text()
    page.fill("#payload", '{"event": "Purchase", "value": 5, "currency": "EUR", "email": "ada@example.com"}')
    page.click("#payload-form button[type=submit]")
    expect(page.locator("#payload-result h2").first).to_contain_text("accepted")
    text = page.locator("#payload-result").inner_text()
    assert "/open_api/v1.3/event/track/" in text


def test_helper_reads_samples_and_says_what_is_no_json(page: "Page") -> None:
    page.click("nav a[href='#payload']")
    page.select_option("#payload-sample", "shopify/orders_paid")
    expect(page.locator("#payload")).to_have_value(re.compile("line_items"))
    page.click("#payload-form button[type=submit]")
    page.wait_for_selector("#payload-result h2")
    assert "Purchase" in page.locator("#payload-result").inner_text()


@pytest.mark.parametrize("view", ["quality", "diagnostics", "timings"])
def test_each_view_is_there_and_also_as_json(page: "Page", view: str) -> None:
    page.click(f'nav a[href="#{view}"]')
    page.wait_for_selector(f"#{view if view != 'timings' else 'timings-table'} table")
    assert page.locator(f'nav a[href="#{view}"]').get_attribute("aria-current") == "page"
    address = page.locator(f"#view-{view} a.json").get_attribute("href")
    answer = page.request.get(f"{page.url.partition('/?')[0]}{address}")
    assert answer.status == 200
    assert answer.json()["rows"]


@pytest.mark.parametrize("view", ["events", "payload", "quality", "diagnostics", "timings"])
def test_each_view_fits_a_narrow_screen(page: "Page", view: str) -> None:
    page.set_viewport_size({"width": 380, "height": 780})
    page.locator(".row", has_text="Search").click()
    page.wait_for_selector("#detail h3")
    page.click(f'nav a[href="#{view}"]')
    if view == "payload":
        page.select_option("#payload-sample", "shopify/orders_paid")
        expect(page.locator("#payload")).to_have_value(re.compile("line_items"))
        page.click("#payload-form button[type=submit]")
        page.wait_for_selector("#payload-result h2")
    elif view != "events":
        page.wait_for_selector(f"#view-{view} table")
    # What scrolls by itself is code.
    wider = page.evaluate(
        """(id) => [document.getElementById(id), ...document.querySelectorAll(`#${id} :not(pre)`)]
             .filter((element) => element.scrollWidth > element.clientWidth && element.clientWidth
               && getComputedStyle(element).overflowX === 'auto' || element.getBoundingClientRect().right > innerWidth)
             .map((element) => element.outerHTML.slice(0, 80))""",
        f"view-{view}",
    )
    assert wider == []


def test_a_tap_on_a_narrow_screen_brings_the_event_into_sight(page: "Page") -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    page.locator(".row", has_text="Search").click()
    expect(page.locator("#detail h3", has_text="Hops")).to_be_in_viewport()


def test_match_quality_of_many_keys_fits_the_screen(page: "Page", feed: Feed, lines: Lines) -> None:
    keys = ["email", "phone", "external_id", "ttclid", "ttp", "ip", "user_agent", "first_name", "last_name"]
    keys += ["city", "state", "country", "zip_code"]
    lines.waiting.append(receipt("order-1006", START + 9, sender="woocommerce", entry={"match_keys": keys}))
    feed.poll()
    page.set_viewport_size({"width": 1400, "height": 800})
    page.click('nav a[href="#quality"]')
    page.wait_for_selector("#quality table")
    assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.getElementById('view-quality'))")
    heights = page.evaluate("[...document.querySelectorAll('#quality tbody tr')].map(e => e.clientHeight)")
    assert max(heights) < 80


def test_dark_mode_has_another_paper_and_readable_ink(browser: "Browser", server: ConsoleServer) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(server.url)
        page.wait_for_selector(".row")
        brightness[scheme] = page.evaluate(
            """() => ['backgroundColor', 'color'].map((name) => getComputedStyle(document.body)[name]
                 .match(/\\d+/g).slice(0, 3).reduce((sum, each) => sum + Number(each), 0) / 3)"""
        )
        context.close()
    paper, ink = brightness["light"]
    dark_paper, light_ink = brightness["dark"]
    assert paper - ink > 120
    assert light_ink - dark_paper > 120


def test_an_empty_stack_says_how_to_begin(browser: "Browser") -> None:
    running = console(Feed(Lines()))
    running.start()
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(running.url)
        page.wait_for_selector("#list .empty")
        assert "No event yet" in page.locator("#list").inner_text()
    finally:
        context.close()
        running.close()


def test_a_stack_that_cannot_be_asked_is_named_at_the_top(page: "Page", feed: Feed) -> None:
    feed.problem = "AWS can't be reached"
    expect(page.locator("#connection")).to_contain_text("reached")
    feed.problem = ""


def test_ten_thousand_events_draw_only_what_is_in_sight(browser: "Browser") -> None:
    many = Lines(*(receipt(f"order-{number}", START + number / 100) for number in range(10_000)))
    feed = Feed(many)
    feed.poll()
    running = console(feed)
    running.start()
    context = browser.new_context(viewport={"width": 1300, "height": 800})
    context.set_default_timeout(60_000)
    try:
        page = context.new_page()
        page.goto(running.url)
        expect(page.locator("#event-count")).to_have_text("10000 events", timeout=60_000)
        assert page.locator(".row").count() < 60
        page.evaluate("document.getElementById('list').scrollTop = 1e9")
        page.wait_for_selector(f"#row-{digest('order-0')}-Purchase")
        assert page.locator(".row").count() < 60
    finally:
        context.close()
        running.close()


def test_a_console_that_was_stopped_says_so(page: "Page") -> None:
    page.wait_for_selector(".row")
    # As a browser does. A server that is gone would put a line of its own into the console, which fails the test.
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('Failed to fetch')) }")
    expect(page.locator("#connection")).to_contain_text("The console was stopped")
    page.click("nav a[href='#payload']")
    page.select_option("#payload-sample", index=1)
    expect(page.locator("#payload-result")).to_contain_text("The console was stopped")
