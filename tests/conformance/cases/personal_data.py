"""Personal data where TikTok forbids it: in properties and in addresses of pages (TikTok Business Products
(Data) Terms; Events Manager's notices of prohibited data in URLs)."""

from typing import Final

from tests.conformance.suite import ABSENT, Case
from tests.support.events import event

_SHOP: Final[str] = "https://shop.example"

# What follows the shop's address, and what is left of it.
_ADDRESSES: Final[list[tuple[str, str, str]]] = [
    ("e-mail-in-query", "/thanks?email=ada@example.com&color=red", "/thanks?color=red"),
    ("e-mail-escaped", "/thanks?email=ada%40example.com&color=red", "/thanks?color=red"),
    ("e-mail-under-another-name", "/thanks?u=ada%40example.com", "/thanks"),
    ("e-mail-escaped-twice", "/thanks?u=ada%2540example.com", "/thanks"),
    ("e-mail-in-upper-case", "/thanks?u=ADA%40EXAMPLE.COM", "/thanks"),
    ("phone-in-query", "/thanks?phone=%2B12133734253", "/thanks"),
    ("phone-with-plus-for-space", "/thanks?phone=+12133734253", "/thanks"),
    ("phone-without-plus", "/thanks?tel=2133734253", "/thanks"),
    ("phone-under-another-name", "/thanks?c=%2B12133734253", "/thanks"),
    ("phone-written", "/thanks?c=(213)%20373-4253", "/thanks"),
    ("e-mail-in-path", "/account/ada@example.com/orders", "/account//orders"),
    ("e-mail-in-path-escaped", "/account/ada%40example.com/orders", "/account//orders"),
    ("phone-in-path", "/account/+12133734253/orders", "/account//orders"),
    ("phone-in-path-escaped", "/account/%2B12133734253", "/account/"),
    ("e-mail-in-fragment", "/thanks#ada@example.com", "/thanks"),
    ("e-mail-in-fragment-query", "/thanks#/done?email=ada%40example.com", "/thanks#/done"),
    ("fragment-as-query", "/thanks#email=ada@example.com&x=1", "/thanks#x=1"),
    ("nested-address", "/login?next=https%3A%2F%2Fshop.example%2F%3Femail%3Dada%2540example.com", "/login"),
    ("customer-field", "/thanks?customer%5Bemail%5D=ada%40example.com&x=1", "/thanks?x=1"),
]

_CLEAN: Final[list[str]] = [
    "/p/1?color=red&size=41",
    "/thanks?order=2133734253",
    "/logo@2x.png",
    "/p/caf%C3%A9?q=gr%C3%BCn",
    "/p/1?utm_source=mail&utm_medium=email",
    "/p/1?ttclid=E.C.P.AbC_123-xyz",
    "/p/1?a=b=c&d",
    "/p/2026-11-18/1795000000",
]

_TEXTS: Final[list[tuple[str, str, object]]] = [
    ("e-mail", "ada@example.com", ABSENT),
    ("e-mail-among-words", "order of ada@example.com today", "order of  today"),
    ("e-mail-of-another-script", "заказ почта@пример.рф", "заказ"),
    ("e-mail-full-width", "ada＠example．com", ABSENT),
    ("phone-full-width", "＋１２１３３７３４２５３", ABSENT),
    ("e-mail-escaped", "ada%40example.com", ABSENT),
    ("phone", "+12133734253", ABSENT),
    ("phone-with-spaces", "call +1 213 373 4253", "call"),
    ("phone-written", "(213) 373-4253", ABSENT),
]

CASES: Final[list[Case]] = [
    *(
        Case(f"url {name}", event(url=_SHOP + given), {"page.url": _SHOP + out}, ("personal_data",))
        for name, given, out in _ADDRESSES
    ),
    *(Case(f"url stays {path}", event(url=_SHOP + path), {"page.url": _SHOP + path}) for path in _CLEAN),
    Case(
        "user name in the address",
        event(url="https://ada@shop.example/p"),
        {"page.url": "https://shop.example/p"},
        ("personal_data",),
    ),
    Case(
        "referrer",
        event(referrer="https://mail.example/?to=ada%40example.com"),
        {"page.referrer": "https://mail.example/"},
        ("personal_data",),
    ),
    *(
        Case(
            f"search {name}",
            event(search_string=given),
            {"properties.search_string": out},
            ("personal_data",),
        )
        for name, given, out in _TEXTS
    ),
    *(
        Case(
            f"{field} with an e-mail",
            event(**{field: "ada@example.com"}),
            {f"properties.{field}": ABSENT},
            ("personal_data",),
        )
        for field in ("description", "query", "order_id", "shop_id", "status")
    ),
    *(
        Case(
            f"item's {field} with an e-mail",
            event(**{field: "for ada@example.com"}),
            {f"properties.contents.0.{field}": "for"},
            ("personal_data",),
        )
        for field in ("content_name", "content_category", "brand")
    ),
    Case(
        "an id may look like a written phone",
        event(order_id="213-373-4253"),
        {"properties.order_id": "213-373-4253"},
    ),
    Case("a retina image", event(description="logo@2x.png"), {"properties.description": "logo@2x.png"}),
    Case("a handle", event(description="by @mugs"), {"properties.description": "by @mugs"}),
    Case("a sum", event(description="2 + 2"), {"properties.description": "2 + 2"}),
    Case(
        "deep in an unknown property",
        event() | {"properties": {"gift": {"to": [{"mail": "ada@example.com"}]}}},
        {"properties.gift": {"to": [{}]}},
        ("personal_data", "unknown_property"),
    ),
    Case(
        "name of an unknown property",
        event() | {"properties": {"ada@example.com": "yes"}},
        {
            "properties": {
                "value": 24.0,
                "currency": "EUR",
                "content_type": "product",
                "contents": [{"content_id": "SKU-1", "content_name": "Mug"}],
            }
        },
        ("personal_data", "unknown_property"),
    ),
    Case(
        "app's name",
        event(event_source="app", app_id="1", url=None, app_name="ada@example.com", phone="+12133734253"),
        {"app": {"app_id": "1"}},
        ("personal_data",),
    ),
    Case(
        "no scheme", event(url="shop.example/p"), {"page.url": "https://shop.example/p"}, ("url_no_scheme",)
    ),
    Case(
        "two slashes only",
        event(url="//shop.example/p"),
        {"page.url": "https://shop.example/p"},
        ("url_no_scheme",),
    ),
    Case("upper-case scheme", event(url="HTTPS://shop.example/p"), {"page.url": "https://shop.example/p"}),
    Case("path only", event(url="/thanks"), {"page": ABSENT}, ("url_invalid", "url_missing")),
    Case(
        "android app", event(url="android-app://com.shop"), {"page": ABSENT}, ("url_invalid", "url_missing")
    ),
    Case("script", event(url="javascript:alert(1)"), {"page": ABSENT}, ("url_invalid", "url_missing")),
    Case("about blank", event(url="about:blank"), {"page": ABSENT}, ("url_invalid", "url_missing")),
    Case(
        "space inside",
        event(url="https://shop.example/two words"),
        {"page.url": "https://shop.example/two%20words"},
    ),
    Case(
        "e-mail as a host",
        event(url="https://ada%40example.com/x"),
        {"page": ABSENT},
        ("url_invalid", "url_missing"),
    ),
    Case(
        "e-mail as the host of an address in a text",
        event(content_name="https://ada%40example.com/x"),
        {"properties.contents.0.content_name": "https://example.com/x"},
        ("personal_data",),
    ),
    Case("umlaut host", event(url="https://müller.example/"), {"page.url": "https://müller.example/"}),
    Case(
        "item ids that are all addresses",
        event(content_ids=["ada@example.com"]),
        {"properties.content_ids": ABSENT},
        ("personal_data",),
    ),
    Case(
        "full-width text",
        event(content_name="マグカップ（大）"),
        {"properties.contents.0.content_name": "マグカップ（大）"},
    ),
    Case("no host", event(url="https:///p"), {"page": ABSENT}, ("url_invalid", "url_missing")),
    Case("broken host", event(url="https://[::1/p"), {"page": ABSENT}, ("url_invalid", "url_missing")),
    Case("none", event(url=None), {"page": ABSENT}, ("url_missing",)),
    Case("number", event(url=1), {}, ("wrong_type", "url_missing"), "rejected"),
]
