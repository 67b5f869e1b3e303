"""URLs of a shop's pages: absolute ones stay, a path is put on the shop's site."""

from relay.webhooks.urls import get_origin, resolve_landing_page, resolve_url, strip_query
from tests.support.rows import every_row

SHOP = "https://shop.example"


@every_row(
    "url, origin",
    [
        (f"{SHOP}/a?b#c", SHOP),
        ("http://shop.example:8080/a", "http://shop.example:8080"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]"),
        ("https://", ""),
        ("https:///a", ""),
        ("https://[::1/a", ""),
        ("ftp://shop.example/a", ""),
        ("//shop.example/a", ""),
        ("shop.example", ""),
        ("/a", ""),
        ("", ""),
    ],
)
def test_origin_is_scheme_and_host_of_a_web_page(url: str, origin: str) -> None:
    assert get_origin(url) == origin
    assert resolve_url(url) == (url if origin else "")


@every_row(
    "bases, resolved",
    [
        ((), ""),
        ((SHOP,), f"{SHOP}/a?b"),
        (("", "shop.example", "http://shop.example/orders/key", SHOP), "http://shop.example/a?b"),
    ],
)
def test_path_is_put_on_the_first_base_with_a_host(bases: tuple[str, ...], resolved: str) -> None:
    assert resolve_url("/a?b", *bases) == resolved


@every_row("url", ["", "a", "//evil.example/a"])
def test_landing_page_that_is_unknown_is_the_front_page(url: str) -> None:
    assert resolve_url(url, SHOP) == ""
    assert resolve_landing_page(url, SHOP) == f"{SHOP}/"


@every_row(
    "url, stripped",
    [
        (f"{SHOP}/a?key=b#c", f"{SHOP}/a"),
        (f"{SHOP}/a#c?key=b", f"{SHOP}/a"),
        ("http://shop.example/a", "http://shop.example/a"),
        ("/a?key=b", ""),
    ],
)
def test_query_and_fragment_are_stripped(url: str, stripped: str) -> None:
    assert strip_query(url) == stripped
