"""URLs of pages: absolute, with a host; and the click id that TikTok appends to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event.page_url import Url, find_click_id, normalise_url
from tests.support.rows import every_row

SHOP = "https://shop.example"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (f"{SHOP}/p?a=b#c", f"{SHOP}/p?a=b#c"),
        (f" {SHOP}/p ", f"{SHOP}/p"),
        ("HTTPS://shop.example:8443/p", "https://shop.example:8443/p"),
        (f"{SHOP}/two words", f"{SHOP}/two%20words"),
        ("https://müller.example/", "https://müller.example/"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
    ],
)
def test_absolute_url_is_taken(text: str, url: str) -> None:
    assert normalise_url(text) == Url(url)


@pytest.mark.parametrize("text", ["shop.example/p", "//shop.example/p"])
def test_missing_scheme_is_added_with_a_warning(text: str) -> None:
    assert normalise_url(text) == Url(f"{SHOP}/p", "url_no_scheme")


@every_row(
    "text",
    [
        "",
        "/thanks",
        "about:blank",
        "javascript:alert(1)",
        "android-app://com.shop",
        "https://",
        "https:///p",
        "https://[::1/p",
        "https://ada%40b.example/x",
        "https://shop+ada.example/x",
        "two words.example/p",
    ],
)
def test_anything_else_is_omitted(text: str) -> None:
    assert normalise_url(text) == Url(None, "url_invalid")


@every_row("text", ["x" * 8_191, f"{SHOP}/{'x' * 9_000}", f"shop.example/{'x' * 9_000}"])
def test_url_that_is_too_long_is_omitted_for_its_length(text: str) -> None:
    assert normalise_url(text) == Url(None, "url_too_long")


def test_longest_url_stays() -> None:
    url = f"{SHOP}/".ljust(8_190, "x")
    assert normalise_url(f" {url} ") == Url(url)


@given(st.text(max_size=60))
def test_any_text_is_normalised_or_omitted(text: str) -> None:
    url, finding = normalise_url(text)
    assert (url is None) == (finding == "url_invalid")
    assert url is None or normalise_url(url) == Url(url)


@every_row(
    ("url", "referrer"),
    [
        (f"{SHOP}/p?ttclid=E.C.P.1", ""),
        (f"{SHOP}/p?a=b&ttclid=E.C.P.1&c=d", ""),
        (f"{SHOP}/p?TTCLID=E.C.P.1", ""),
        (f"{SHOP}/p?ttclid=E%2EC.P.1", ""),
        (f"{SHOP}/p#ttclid=E.C.P.1", ""),
        (f"{SHOP}/#/p?x=1&ttclid=E.C.P.1", ""),
        (f"{SHOP}/p?ttclid=&ttclid=E.C.P.1", ""),
        (f"{SHOP}/p?ttclid=__CLICKID__&ttclid=E.C.P.1", ""),
        (f"{SHOP}/p?ttclid=E.C.P.1", f"{SHOP}/?ttclid=other"),
        (f"{SHOP}/p", f"{SHOP}/landing?ttclid=E.C.P.1"),
        (f"{SHOP}/p?ttclid=null", f"{SHOP}/landing?ttclid=E.C.P.1"),
        (f"{SHOP}/p", "https://WWW.Shop.example:443/landing?ttclid=E.C.P.1"),
    ],
)
def test_click_id_is_found(url: str, referrer: str) -> None:
    assert find_click_id({"url": url, "referrer": referrer}) == "E.C.P.1"


@every_row(
    "page",
    [
        {},
        {"url": f"{SHOP}/p?xttclid=1&ttclid2=2"},
        {"url": f"{SHOP}/ttclid=1"},
        {"url": f"{SHOP}/p?ttclid="},
        *(
            {"url": f"{SHOP}/p?ttclid={macro}"}
            for macro in ("__CLICKID__", "%7B%7Bttclid%7D%7D", "{ttclid}", "null")
        ),
        {"url": f"{SHOP}/p", "referrer": "https://other.example/?ttclid=1"},
        {"url": f"{SHOP}/p", "referrer": "https://shop.example.evil.example/?ttclid=1"},
        {"referrer": f"{SHOP}/?ttclid=1"},
        {"url": "https://[", "referrer": "https://[/?ttclid=1"},
    ],
)
def test_no_click_id_is_found(page: dict[str, str]) -> None:
    assert find_click_id(page) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_page_is_searched(url: str, referrer: str) -> None:
    find_click_id({"url": f"{SHOP}/?ttclid={url}", "referrer": f"{SHOP}/?ttclid={referrer}"})
