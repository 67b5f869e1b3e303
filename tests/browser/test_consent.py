"""Consent: nothing is stored, read or sent before a yes; a no forgets; a withdrawal deletes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.browser.test_tag import CLICK, INSTALLED, PURCHASE, cookies, pixel_calls
from tests.support.shop import Shop, until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

ROOT: Final[Path] = Path(__file__).resolve().parents[2]

REQUIRED: Final[str] = 'data-consent="required"'

# Counts every access to what a browser keeps, before any other script runs.
SPY: Final[str] = """
window.touched = []
for (const [owner, name] of [[Document.prototype, 'cookie']]) {
  const found = Object.getOwnPropertyDescriptor(owner, name)
  Object.defineProperty(document, name, {
    get () { touched.push('read ' + name); return found.get.call(document) },
    set (value) { touched.push('write ' + name); found.set.call(document, value) }
  })
}
for (const name of ['localStorage', 'sessionStorage', 'indexedDB', 'caches']) {
  const found = Object.getOwnPropertyDescriptor(window, name)
  if (found) Object.defineProperty(window, name, { get () { touched.push(name); return found.get.call(window) } })
}
"""


@pytest.mark.parametrize("attributes", ["", REQUIRED, 'data-consent="nonsense"'])
def test_nothing_is_stored_read_or_sent_before_a_yes(
    page: "Page", shop: Shop, context: "BrowserContext", attributes: str
) -> None:
    page.add_init_script(SPY)
    shop.add("/", INSTALLED, f"<script>{PURCHASE}</script>", tag=shop.tag(attributes))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.evaluate(
        "ttRelay('identify', {email: 'ada@example.com'}); ttRelay('visit', id => { window.carried = id })"
    )
    shop.settle(1)
    assert (shop.received, cookies(context), pixel_calls(page)) == ([], {}, [])
    assert page.evaluate("[touched, window.carried || null]") == [[], None]


def test_events_of_before_go_out_with_their_own_time_on_a_yes(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/", INSTALLED, tag=shop.tag(REQUIRED))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    tracked = page.evaluate("() => { " + PURCHASE + "; return Math.floor(Date.now() / 1000) }")
    page.evaluate("ttRelay('visit', id => { window.carried = id })")
    page.evaluate("history.pushState({}, '', '/?page=2')")  # the address has lost the click id
    page.wait_for_timeout(2000)
    page.evaluate("ttRelay('consent', 'granted')")
    (event,) = shop.wait(1)
    assert abs(event["event_time"] - tracked) <= 1
    assert (event["event_id"], event["user"]["ttclid"]) == ("1001", CLICK)
    assert [call[2] for call in pixel_calls(page)] == [{"event_id": "1001"}]
    assert cookies(context)["ttclid"] == CLICK
    assert page.evaluate("carried") == cookies(context)["tt_visit"]


def test_click_id_of_the_landing_is_kept_where_the_yes_comes_on_the_second_page(
    page: "Page", context: "BrowserContext", shop: Shop
) -> None:
    shop.add("/", body="<a href=/two>on</a>", tag=shop.tag(REQUIRED))
    shop.add("/two", tag=shop.tag(REQUIRED))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.click("a")
    page.evaluate("ttRelay('consent', 'granted')")
    (visit,) = until(lambda: shop.visits() or None, "the visit")
    assert visit["ttclid"] == CLICK
    assert {cookie["value"] for cookie in context.cookies() if cookie["name"] == "ttclid"} == {CLICK}


@pytest.mark.parametrize("kept", [CLICK, None])
def test_click_id_in_the_referrer_overrides_no_cookie_and_counts_on_the_same_host_only(
    page: "Page", context: "BrowserContext", shop: Shop, kept: str | None
) -> None:
    head = "<meta name=referrer content=unsafe-url>"
    shop.add("/", head, "<a href=/two>on</a>" if kept else f"<a href={shop.url('/two')}>on</a>", tag="")
    shop.add("/two", tag=shop.tag(REQUIRED))
    if kept:
        context.add_cookies([{"name": "ttclid", "value": kept, "url": shop.url("/")}])
    page.goto(shop.url("/?ttclid=E.C.P.of-the-referrer", "www.shop.example" if kept else "other.example"))
    page.click("a")
    page.evaluate("ttRelay('consent', 'granted')")
    (visit,) = until(lambda: shop.visits() or None, "the visit")
    assert visit.get("ttclid") == kept


def test_events_of_before_are_forgotten_on_a_no_and_later_ones_go_out_on_a_later_yes(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/", INSTALLED, tag=shop.tag(REQUIRED))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.evaluate(
        PURCHASE + "; ttRelay('consent', 'denied'); ttRelay('track', 'Search', {search_string: 'a'})"
    )
    shop.settle()
    assert (shop.received, cookies(context), pixel_calls(page)) == ([], {}, [])
    page.evaluate("ttRelay('consent', 'granted'); ttRelay('track', 'Search', {search_string: 'b'})")
    (event,) = shop.wait(1)
    assert event["properties"] == {"search_string": "b"}


def test_withdrawal_deletes_the_cookies_the_queue_and_the_visit(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/", tag=shop.tag(REQUIRED))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.evaluate("ttRelay('consent', 'granted')")
    visit = until(lambda: shop.visits() or None, "the visit")[0]["id"]
    context.set_offline(True)
    page.evaluate(PURCHASE)
    page.wait_for_timeout(200)
    context.set_offline(False)
    page.evaluate("ttRelay('consent', 'denied')")
    until(lambda: shop.visits()[-1] == {"id": visit, "consent": "denied"} or None, "the deletion")
    assert cookies(context) == {}
    assert page.evaluate("Object.keys(localStorage)") == []
    page.reload()
    page.evaluate("ttRelay('consent', 'granted')")
    page.wait_for_timeout(500)
    assert cookies(context)["tt_visit"] != visit


def test_withdrawal_on_a_later_page_deletes_what_an_earlier_page_kept(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    shop.add("/", tag=shop.tag(REQUIRED))
    page.goto(shop.url(f"/?ttclid={CLICK}"))
    page.evaluate("ttRelay('consent', 'granted')")
    visit = until(lambda: shop.visits() or None, "the visit")[0]["id"]
    page.goto(shop.url("/"))
    page.evaluate("ttRelay('consent', 'denied')")
    until(lambda: shop.visits()[-1] == {"id": visit, "consent": "denied"} or None, "the deletion")
    assert cookies(context) == {}


def withdraws_elsewhere(shop: Shop, page: "Page", context: "BrowserContext", between: str = "") -> str:
    """Say yes on one page and no on another, which the first one does not hear. Gives the withdrawn visit.

    `between` runs on the first page before the no.
    """
    shop.add("/", tag=shop.tag(REQUIRED))
    page.goto(shop.url("/"))
    page.evaluate("ttRelay('consent', 'granted')")
    visit = until(lambda: shop.visits() or None, "the visit")[0]["id"]
    page.evaluate(between)
    other = context.new_page()
    other.goto(shop.url("/", "blog.shop.example"))
    other.evaluate("ttRelay('consent', 'denied')")
    until(lambda: shop.visits()[-1] == {"id": visit, "consent": "denied"} or None, "the deletion")
    return str(visit)


@pytest.mark.parametrize(
    "action",
    [
        "ttRelay('track', 'Search', {search_string: 'a'})",
        "ttRelay('identify', {email: 'ada@example.com'})",
        "ttRelay('visit', id => { window.carried = id })",
        "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))",
    ],
)
def test_page_that_is_open_asks_again_after_a_withdrawal_on_another(
    page: "Page", shop: Shop, context: "BrowserContext", action: str
) -> None:
    visit = withdraws_elsewhere(shop, page, context)
    before = len(shop.received)
    page.evaluate(action)
    shop.settle()
    assert (len(shop.received), cookies(context), page.evaluate("window.carried || null")) == (
        before,
        {},
        None,
    )
    assert page.evaluate("Object.keys(localStorage)") == []
    page.evaluate("ttRelay('consent', 'granted')")
    until(lambda: shop.visits()[-1]["consent"] == "granted" or None, "a new visit")
    assert cookies(context)["tt_visit"] == shop.visits()[-1]["id"] != visit


@pytest.mark.parametrize("between", ["", "ttRelay('consent', 'pending')"])
def test_yes_after_a_withdrawal_on_another_page_begins_a_new_visit(
    page: "Page", shop: Shop, context: "BrowserContext", between: str
) -> None:
    withdrawn = withdraws_elsewhere(shop, page, context, between)
    page.evaluate("ttRelay('consent', 'granted');" + PURCHASE)
    shop.wait(1)
    assert cookies(context)["tt_visit"] == shop.visits()[-1]["id"] != withdrawn


@pytest.mark.parametrize(
    ("attributes", "hours"), [(REQUIRED, 21), ('data-consent="not-required"', 0)], ids=["expired", "cleared"]
)
def test_cookie_that_is_gone_without_a_no_costs_no_event(
    page: "Page", shop: Shop, context: "BrowserContext", attributes: str, hours: int
) -> None:
    page.goto(shop.add("/", tag=shop.tag(attributes)))
    if attributes == REQUIRED:
        page.evaluate("ttRelay('consent', 'granted')")
    before = until(lambda: shop.visits() or None, "the visit")[0]["id"]
    shop.status = 503
    page.evaluate(PURCHASE)
    shop.settle()
    page.evaluate("hours => { const now = Date.now; Date.now = () => now() + hours * 3600000 }", hours)
    context.clear_cookies(name="tt_visit")
    shop.status = 202
    page.evaluate("ttRelay('track', 'Search', {search_string: 'a'}); dispatchEvent(new Event('online'))")
    assert [event["event"] for event in shop.wait(2)] == ["Purchase", "Search"]
    assert cookies(context)["tt_visit"] == shop.visits()[-1]["id"] != before


def test_no_that_the_page_has_queued_comes_before_anything_is_done(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    page.goto(shop.add("/", INSTALLED, f"<script>{PURCHASE}; ttRelay('consent', 'denied')</script>"))
    page.wait_for_function("ttRelay.loaded")
    shop.settle()
    assert (shop.received, cookies(context), pixel_calls(page)) == ([], {}, [])


def test_page_restored_by_the_back_button_asks_again_after_a_withdrawal(
    shop: Shop, browser: "Browser"
) -> None:
    from tests.support.chromium import ARGUMENTS, find_chromium

    shop.add("/privacy", body="<script>ttRelay('consent', 'denied')</script>", tag=shop.tag(REQUIRED))
    spy = "<script>addEventListener('pageshow', event => { window.persisted = event.persisted })</script>"
    # Playwright switches the back/forward cache off.
    caching = browser.browser_type.launch(
        executable_path=find_chromium(),
        args=list(ARGUMENTS),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    try:
        context = caching.new_context()
        page = context.new_page()
        page.goto(
            shop.add("/", spy, "<script>ttRelay('consent', 'granted')</script>", tag=shop.tag(REQUIRED))
        )
        until(lambda: shop.visits() or None, "the visit")
        page.goto(shop.url("/privacy"))
        until(lambda: shop.visits()[-1]["consent"] == "denied" or None, "the deletion")
        page.go_back(wait_until="commit")
        page.wait_for_function("window.persisted")
        page.evaluate("ttRelay('track', 'AddToCart', {value: 1, currency: 'EUR'})")
        shop.settle()
        assert (shop.events(), cookies(context)) == ([], {})
    finally:
        caching.close()


def test_global_privacy_control_beats_the_default_and_not_a_later_yes(page: "Page", shop: Shop) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    page.goto(shop.add("/", body=f"<script>{PURCHASE}</script>"))
    shop.settle()
    assert shop.received == []
    page.evaluate("ttRelay('consent', 'granted');" + PURCHASE)
    shop.wait(1)


# ── adapters ───────────────────────────────────────────────────────────────────────────────────────────

GTAG: Final[str] = (
    "window.dataLayer = window.dataLayer || []; window.gtag = function () { dataLayer.push(arguments) };"
)
GRANTED: Final[str] = "{ad_storage: 'granted', ad_user_data: 'granted'}"
DENIED: Final[str] = "{ad_storage: 'denied', ad_user_data: 'denied'}"

REGIONAL: Final[str] = "{ad_storage: 'denied', ad_user_data: 'denied', region: ['DE', 'FR']}"

TCF: Final[str] = """
window.tcf = {eventStatus: 'cmpuishown', gdprApplies: true, purpose: {consents: {}}}
window.__tcfapi = function (command, version, callback) { window.answer = callback; callback(tcf, true) }
window.decide = (...purposes) => answer(Object.assign({}, tcf, {eventStatus: 'useractioncomplete',
  purpose: {consents: Object.fromEntries(purposes.map(p => [p, true]))}}), true)
"""
SHOPIFY: Final[str] = """
window.allowed = false
window.Shopify = {loadFeatures (features, done) {
  Shopify.customerPrivacy = {marketingAllowed: () => allowed, saleOfDataAllowed: () => true,
    currentVisitorConsent: () => ({marketing: ''})}
  done()
}}
window.decide = yes => document.dispatchEvent(new CustomEvent('visitorConsentCollected',
  {detail: {marketingAllowed: yes, saleOfDataAllowed: true}}))
"""
COOKIEBOT: Final[str] = """
window.Cookiebot = {consent: {marketing: false}, hasResponse: false}
window.decide = yes => { Cookiebot.consent.marketing = yes; Cookiebot.hasResponse = true
  window.dispatchEvent(new Event(yes ? 'CookiebotOnAccept' : 'CookiebotOnDecline')) }
"""
ONETRUST: Final[str] = """
window.OnetrustActiveGroups = ',C0001,'
window.OneTrust = {closed: false, IsAlertBoxClosed: () => OneTrust.closed}
window.decide = yes => { OneTrust.closed = true; OnetrustActiveGroups = yes ? ',C0001,C0004,' : ',C0001,'
  window.dispatchEvent(new Event('OneTrustGroupsUpdated')) }
"""
USERCENTRICS_2: Final[str] = """
window.services = [{name: 'TikTok Pixel', consent: {status: false}}]
window.UC_UI = {isInitialized: () => true, isConsentRequired: () => !window.decided,
  getServicesBaseInfo: () => services, areAllConsentsAccepted: () => false}
window.decide = yes => { window.decided = true; services[0].consent.status = yes
  window.dispatchEvent(new CustomEvent('UC_UI_CMP_EVENT', {detail: {type: 'SAVE'}})) }
"""
USERCENTRICS_3: Final[str] = """
window.details = {consent: {status: 'ALL_DENIED', type: 'IMPLICIT'},
  services: {a: {name: 'TikTok', consent: {given: false}}}}
window.__ucCmp = {getConsentDetails: () => Promise.resolve(details)}
window.decide = yes => { details.consent.type = 'EXPLICIT'; details.services.a.consent.given = yes
  window.dispatchEvent(new Event('UC_UI_CMP_EVENT')) }
"""
WORDPRESS: Final[str] = """
window.wp_has_consent = () => false
window.decide = yes => document.dispatchEvent(new CustomEvent('wp_listen_for_consent_change',
  {detail: {marketing: yes ? 'allow' : 'deny'}}))
"""
GOOGLE: Final[str] = GTAG + (
    f"gtag('consent', 'default', {DENIED}); window.decide = yes => gtag('consent', 'update', yes ? {GRANTED} : {DENIED})"
)

PLATFORMS: Final[list[Any]] = [
    pytest.param(GOOGLE, "decide(true)", "decide(false)", id="google"),
    pytest.param(TCF, "decide(1, 3, 4, 7)", "decide(1, 3, 7)", id="tcf"),
    pytest.param(SHOPIFY, "decide(true)", "decide(false)", id="shopify"),
    pytest.param(COOKIEBOT, "decide(true)", "decide(false)", id="cookiebot"),
    pytest.param(ONETRUST, "decide(true)", "decide(false)", id="onetrust"),
    pytest.param(USERCENTRICS_2, "decide(true)", "decide(false)", id="usercentrics-2"),
    pytest.param(USERCENTRICS_3, "decide(true)", "decide(false)", id="usercentrics-3"),
    pytest.param(WORDPRESS, "decide(true)", "decide(false)", id="wordpress"),
]


def with_adapters(shop: Shop, script: str, attributes: str = "") -> str:
    adapters = f'<script async src="{shop.relay}/adapters.js" {attributes}></script>'
    return shop.add("/", f"<script>{script}</script>", tag=shop.tag(REQUIRED) + adapters)


@pytest.mark.parametrize(("platform", "yes", "no"), PLATFORMS)
def test_platform_holds_then_lets_go_then_withdraws(
    page: "Page", shop: Shop, context: "BrowserContext", platform: str, yes: str, no: str
) -> None:
    page.goto(with_adapters(shop, platform))
    page.evaluate(PURCHASE)
    shop.settle(0.8)
    assert (shop.received, cookies(context)) == ([], {})
    page.evaluate(yes)
    shop.wait(1)
    page.evaluate(no)
    until(lambda: cookies(context) == {} or None, "the withdrawal")


@pytest.mark.parametrize(("platform", "yes", "no"), PLATFORMS)
def test_platform_that_says_no_forgets(page: "Page", shop: Shop, platform: str, yes: str, no: str) -> None:
    page.goto(with_adapters(shop, platform))
    page.evaluate(PURCHASE)
    page.wait_for_timeout(500)
    page.evaluate(no)
    page.wait_for_timeout(300)
    page.evaluate(yes)
    shop.settle(0.8)
    assert shop.events() == []


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        (f"{GTAG} gtag('consent', 'default', {GRANTED})", True),
        (f"{GTAG} gtag('consent', 'default', {{ad_storage: 'granted', ad_user_data: 'denied'}})", False),
        (f"{GTAG} gtag('consent', 'default', {{ad_storage: 'granted'}})", False),
        (
            f"{GTAG} gtag('consent', 'default', {{ad_storage: 'granted', ad_user_data: 'granted', region: ['US']}})",
            False,
        ),
        (
            f"{GTAG} Object.defineProperty(navigator, 'globalPrivacyControl', {{value: true}}); gtag('consent', 'default', {GRANTED})",
            False,
        ),
        (f"{GTAG} gtag('config', 'G-1')", False),
        (f"{GTAG} gtag('consent', 'default', {DENIED}); gtag('consent', 'update', {GRANTED})", True),
        (f"{GTAG} gtag('consent', 'default', {GRANTED}); gtag('consent', 'update', {DENIED})", False),
        # As with Google's own tags, no default overrides an update.
        (f"{GTAG} gtag('consent', 'update', {GRANTED}); gtag('consent', 'default', {DENIED})", True),
        # Which region's default holds is not known here: the strictest counts, in any order.
        (f"{GTAG} gtag('consent', 'default', {REGIONAL}); gtag('consent', 'default', {GRANTED})", False),
        (f"{GTAG} gtag('consent', 'default', {GRANTED}); gtag('consent', 'default', {REGIONAL})", False),
        (
            f"{GTAG} gtag('consent', 'default', {REGIONAL}); gtag('consent', 'update', {GRANTED})",
            True,
        ),
        (TCF + "; tcf.gdprApplies = false", True),
        (
            TCF
            + "; tcf.eventStatus = 'tcloaded'; tcf.purpose.consents = {1: true, 3: true, 4: true, 7: true}",
            True,
        ),
        (
            TCF
            + "; tcf.eventStatus = 'cmpuishown'; tcf.purpose.consents = {1: true, 3: true, 4: true, 7: true}",
            False,
        ),
        (SHOPIFY + "; allowed = true", True),
        (ONETRUST + "; OnetrustActiveGroups = ',C0001,C0004,'", True),
        (WORDPRESS + "; wp_has_consent = () => true", True),
    ],
)
def test_state_of_a_platform_at_load(page: "Page", shop: Shop, script: str, sent: bool) -> None:
    page.goto(with_adapters(shop, script))
    page.evaluate(PURCHASE)
    if sent:
        shop.wait(1)
    else:
        shop.settle(0.8)
        assert shop.received == []


GLOBAL_PRIVACY_CONTROL: Final[str] = (
    "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true});"
)


@pytest.mark.parametrize(
    "default",
    [
        pytest.param(f"{GTAG} gtag('consent', 'default', {GRANTED})", id="google"),
        pytest.param(TCF + "; tcf.gdprApplies = false", id="tcf"),
        pytest.param(SHOPIFY + "; allowed = true", id="shopify"),
        pytest.param(COOKIEBOT + "; Cookiebot.consent.marketing = true", id="cookiebot"),
        pytest.param(ONETRUST + "; OnetrustActiveGroups = ',C0001,C0004,'", id="onetrust"),
        pytest.param(
            USERCENTRICS_2 + "; UC_UI.isConsentRequired = () => true; services[0].consent.status = true",
            id="usercentrics-2",
        ),
        pytest.param(USERCENTRICS_3 + "; details.services.a.consent.given = true", id="usercentrics-3"),
        pytest.param(WORDPRESS + "; wp_has_consent = () => true; wp_consent_type = 'optout'", id="wordpress"),
    ],
)
def test_global_privacy_control_beats_the_default_of_a_platform(
    page: "Page", shop: Shop, default: str
) -> None:
    page.goto(with_adapters(shop, GLOBAL_PRIVACY_CONTROL + default))
    page.evaluate(PURCHASE)
    shop.settle(0.8)
    assert shop.received == []


@pytest.mark.parametrize(
    "yes",
    [
        pytest.param(GOOGLE + "; decide(true)", id="google"),
        pytest.param(
            TCF
            + "; tcf.eventStatus = 'tcloaded'; tcf.purpose.consents = {1: true, 3: true, 4: true, 7: true}",
            id="tcf",
        ),
        pytest.param(
            SHOPIFY.replace("{marketing: ''}", "{marketing: 'yes'}") + "; allowed = true", id="shopify"
        ),
        pytest.param(COOKIEBOT + "; decide(true)", id="cookiebot"),
        pytest.param(ONETRUST + "; decide(true)", id="onetrust"),
        pytest.param(USERCENTRICS_2 + "; decide(true)", id="usercentrics-2"),
        pytest.param(USERCENTRICS_3 + "; decide(true)", id="usercentrics-3"),
        pytest.param(WORDPRESS + "; wp_has_consent = () => true; wp_consent_type = 'optin'", id="wordpress"),
    ],
)
def test_global_privacy_control_does_not_beat_a_yes_that_the_platform_has_kept(
    page: "Page", shop: Shop, yes: str
) -> None:
    page.goto(with_adapters(shop, GLOBAL_PRIVACY_CONTROL + yes))
    page.evaluate(PURCHASE)
    shop.wait(1)


def test_past_entries_of_the_layer_are_one_answer(
    page: "Page", shop: Shop, context: "BrowserContext"
) -> None:
    """A no that stands in the layer already is no withdrawal of a yes: nothing goes out before it is read."""
    script = f"{GTAG} gtag('consent', 'default', {GRANTED}); gtag('consent', 'update', {DENIED})"
    adapters = f'<script async src="{shop.relay}/adapters.js"></script>'
    page.goto(
        shop.add(
            "/",
            f"{INSTALLED}<script>{script}</script>",
            f"<script>{PURCHASE}</script>",
            tag=shop.tag(REQUIRED) + adapters,
        )
    )
    shop.settle(0.8)
    assert (shop.received, pixel_calls(page), cookies(context)) == ([], [], {})


@pytest.mark.parametrize(
    ("script", "written"),
    [
        # C0001 are the cookies that everyone is taken to allow.
        (ONETRUST, '<img name="currentScript" data-onetrust="C0001">'),
        ("", '<a id="OnetrustActiveGroups" href="x:,C0004,"></a>'),
        (
            "",
            '<form id="Cookiebot"></form><form id="Cookiebot" name="consent"><input name="marketing"></form>',
        ),
    ],
)
def test_text_of_a_visitor_is_neither_a_setting_nor_a_yes(
    page: "Page", shop: Shop, script: str, written: str
) -> None:
    adapters = f'<script async src="{shop.relay}/adapters.js"></script>'
    page.goto(shop.add("/", f"<script>{script}</script>{written}", tag=shop.tag(REQUIRED) + adapters))
    page.evaluate(PURCHASE)
    shop.settle(1)
    assert shop.received == []


def test_strictest_of_several_platforms_wins_and_the_page_overrides(page: "Page", shop: Shop) -> None:
    page.goto(with_adapters(shop, f"{GTAG} gtag('consent', 'default', {GRANTED}); {TCF}"))
    page.evaluate(PURCHASE)
    shop.settle(0.8)
    assert shop.received == []
    page.evaluate("ttRelay('consent', 'granted')")
    shop.wait(1)


def test_platform_that_comes_late_is_found(page: "Page", shop: Shop) -> None:
    page.goto(with_adapters(shop, ""))
    page.evaluate(PURCHASE)
    page.wait_for_timeout(600)
    page.evaluate(TCF + "; 0")
    page.wait_for_timeout(600)
    page.evaluate("decide(1, 3, 4, 7)")
    shop.wait(1)


def test_vendor_that_the_shop_names_needs_its_yes(page: "Page", shop: Shop) -> None:
    page.goto(with_adapters(shop, TCF, 'data-vendor="99"'))
    page.evaluate(PURCHASE)
    page.wait_for_timeout(500)
    page.evaluate("tcf.vendor = {consents: {}}; decide(1, 3, 4, 7)")
    shop.settle()
    assert shop.events() == []


# ── the snippet for Shopify themes ─────────────────────────────────────────────────────────────────────────

BROWSER_PAGE: Final[str] = (ROOT / "docs/browser.md").read_text(encoding="utf-8")
THEME: Final[str] = BROWSER_PAGE.partition("### Shopify theme")[2].partition("```html")[2].partition("```")[0]

CART: Final[str] = """
window.cart = {}
window.written = 0
const send = window.fetch
window.fetch = (url, options) => {
  if (url !== '/cart/update.js') return send(url, options)
  written++
  Object.assign(cart, JSON.parse(options.body).attributes)
  if (!document.cookie.includes('cart=')) document.cookie = 'cart=token-1'
  return Promise.resolve({ok: true})
}
Shopify.routes = {root: '/'}
document.cookie = '_ttp=ttp-of-the-pixel'
"""


def with_theme(shop: Shop) -> str:
    adapters = f'<script async src="{shop.relay}/adapters.js"></script>'
    shop.add("/", f"<script>{SHOPIFY}{CART}</script>", THEME, tag=shop.tag(REQUIRED) + adapters)
    return shop.url(f"/?ttclid={CLICK}")


def test_theme_writes_the_cart_after_a_yes_and_clears_it_on_a_no(page: "Page", shop: Shop) -> None:
    page.goto(with_theme(shop))
    page.wait_for_timeout(800)
    assert page.evaluate("cart") == {}
    page.evaluate("decide(true)")
    written = until(lambda: page.evaluate("cart._tt_visit && cart"), "the cart")
    assert (written["_ttclid"], written["_ttp"]) == (CLICK, "ttp-of-the-pixel")
    page.evaluate("decide(false)")
    cleared = {"_tt_visit": "", "_ttclid": "", "_ttp": "", "_tt_consent": "denied"}
    until(lambda: page.evaluate("cart") == cleared or None, "the empty cart")


def test_theme_writes_again_on_a_later_yes_and_into_a_later_cart(page: "Page", shop: Shop) -> None:
    page.goto(with_theme(shop))
    page.wait_for_timeout(800)
    page.evaluate("decide(true)")
    first = until(lambda: page.evaluate("cart._tt_visit || null"), "the cart")
    page.evaluate("decide(false)")
    until(lambda: page.evaluate("cart._tt_consent === 'denied' || null"), "the no")
    page.evaluate("decide(true)")
    second = until(lambda: page.evaluate("cart._tt_visit || null"), "the cart again")
    assert second != first
    assert page.evaluate("cart._tt_consent") == ""
    page.reload()
    page.evaluate("decide(true)")
    page.wait_for_timeout(800)
    assert page.evaluate("written") == 0
    page.evaluate("document.cookie = 'cart=token-2'")  # the first one was ordered
    page.reload()
    page.evaluate("decide(true)")
    assert until(lambda: page.evaluate("cart._tt_visit || null"), "the later cart") == second


def test_forbidden_sale_of_data_is_a_no_to_the_theme(page: "Page", shop: Shop) -> None:
    page.goto(with_theme(shop))
    page.evaluate(
        "document.dispatchEvent(new CustomEvent('visitorConsentCollected',"
        " {detail: {marketingAllowed: true, saleOfDataAllowed: false}}))"
    )
    until(lambda: page.evaluate("cart._tt_consent") == "denied" or None, "the no")
    assert not page.evaluate("cart._tt_visit")
