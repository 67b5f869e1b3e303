"""Bots and preview hosts: known ones are ignored, browsers and phones never."""

import pytest

from relay.visits import bots
from tests.support.rows import every_row

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)


@every_row(
    "user_agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "facebookexternalhit/1.1",
        "WhatsApp/2.23.20.0",
        "Mozilla/5.0 (Linux; Android) Chrome-Lighthouse",
        "Mozilla/5.0 (compatible; Bytespider; spider-feedback@example.com)",
        "Mozilla/5.0 (compatible; YandexBot/3.0)",
        "CCBot/2.0 crawl-data",
        "Mozilla/5.0 (compatible; Yahoo! Slurp)",
        "Mediapartners-Google",
        "Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)",
        "GoogleOther",
        "Mozilla/5.0 AppleWebKit/537.36 BingPreview/1.0b",
        "meta-externalagent/1.1",
        "Mozilla/5.0 Chrome/142.0.0.0 Google Page Speed Insights (PageSpeed)",
        "Mozilla/5.0 Chrome/142.0.0.0 PingdomTMS/0.8.5",
        "Mozilla/5.0+(compatible; UptimeRobot/2.0)",
        "Mozilla/5.0 Chrome/142.0.0.0 StatusCake",
        "Mozilla/5.0 Chrome/142.0.0.0 Safari/537.36 GTmetrix",
        "Mozilla/5.0 Chrome/142.0.0.0 DatadogSynthetics",
        "Screaming Frog SEO Spider/20.0",
        "ia_archiver (+http://www.alexa.com/site/help/webmasters)",
        "Mozilla/5.0 HeadlessChrome/142.0.0.0 Prerender (+https://github.com/prerender/prerender)",
    ],
)
def test_known_bots_are_ignored(user_agent: str) -> None:
    assert bots.find_reason(user_agent, []) == "bot"


@pytest.mark.parametrize(
    "user_agent",
    [
        None,
        "",
        CHROME,
        CHROME.replace("Chrome", "HeadlessChrome"),
        "Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG) AppleWebKit/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) musical_ly_30 BytedanceWebview",
        "python-requests/2.34",
    ],
)
def test_browsers_are_not(user_agent: str | None) -> None:
    assert bots.find_reason(user_agent, ["https://shop.example/robots"]) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://shop-example.translate.goog/p",
        "https://web.archive.org/web/2026/https://shop.example/",
        "https://webcache.googleusercontent.com/search?q=cache:shop.example",
        "https://abc-123.shopifypreview.com/",
        "https://gtm-msr.appspot.com/render2?id=GTM-1",
        "https://cc.bingj.com/cache.aspx",
    ],
)
def test_pages_on_preview_hosts_are_ignored(url: str) -> None:
    assert bots.find_reason(CHROME, [url]) == "preview"


@pytest.mark.parametrize(
    "url", [None, 7, "", "https://[", "https://nottranslate.goog/", "https://shop.example/"]
)
def test_other_pages_are_not(url: object) -> None:
    assert bots.find_reason(CHROME, [url]) is None
