"""Personal data where TikTok forbids it: in properties and in addresses of pages (TikTok Business Products
(Data) Terms; Events Manager's notices of prohibited data in URLs)."""

from typing import Final

from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import event

_SHOP: Final[str] = "https://shop.example"
_KEY: Final[str] = "b1d04e7c9a6f4385aab2f80d31c7e956"

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
    "/p/2024/05/12345",
    "/p/1?passenger=2&tokenless=1",
    "/p/1?keyword=mug&monkey=1",
    "/p/1?state=open",
    "/p/1?code=SUMMER20",
    f"/checkouts/cn/{_KEY}/thank-you",
    "/account/orders/820982911946154508",
    "/68901234/orders/latest",
    "/account/login",
]

_TEXTS: Final[list[tuple[str, str, object]]] = [
    ("e-mail", "ada@example.com", ABSENT),
    ("e-mail-among-words", "order of ada@example.com today", "order of  today"),
    ("e-mail-of-another-script", "заказ почта@пример.рф", "заказ"),
    ("e-mail-full-width", "ada＠example．com", ABSENT),
    ("phone-full-width", "＋１２１３３７３４２５３", ABSENT),
    ("e-mail-escaped", "ada%40example.com", ABSENT),
    ("phone", "+12133734253", ABSENT),
    ("credential-behind-a-phone", "+12133734253password:hunter2", ABSENT),
    ("key-behind-a-phone", "+12133734253AKIAABCDEFGHIJKL", ABSENT),
    ("key-behind-more-digits", "tel.06 12 34 56 781234567 0AKIAABCDEFGHIJKL/", ABSENT),
    ("phone-with-spaces", "call +1 213 373 4253", "call"),
    ("phone-written", "(213) 373-4253", ABSENT),
    ("phone-with-narrow-spaces", "call +1\u202f213\u202f373\u202f4253", "call"),
    ("phone-with-dots", "call +1·213·373·4253", "call"),
    ("phone-with-a-superscript-plus", "\u207a12133734253", ABSENT),
    ("phone-in-JSON", '{"phone":"2133734253"}', '{" "}'),
    ("e-mail-quoted", '"ada lovelace"@example.com', ABSENT),
    ("e-mail-with-a-comment", "ada(work)@example.com", ABSENT),
    ("e-mail-at-an-ip-address", "ada@[192.168.2.1]", ABSENT),
    ("e-mail-with-spaces", "ada @ example.com", ABSENT),
    ("e-mail-decomposed", "rene\u0301@example.com", ABSENT),
    ("e-mail-with-a-one-dot-leader", "ada@example\u2024com", ABSENT),
]

# Credentials: what follows the shop's address, and what is left of it.
_CREDENTIALS: Final[list[tuple[str, str, str]]] = [
    ("order-key", "/order-received/1001/?key=wc_order_AbC123xyz", "/order-received/1001/"),
    ("token-and-password", "/reset?token=abcdef123456&password=hunter2", "/reset"),
    ("among-others", "/reset?lang=en&reset_token=abc&step=2", "/reset?lang=en&step=2"),
    ("id-token-in-fragment", "/cb#id_token=eyJhbGciOi.J9.x", "/cb"),
    ("access-token-in-fragment", "/cb#access_token=abc&token_type=bearer", "/cb#token_type=bearer"),
    ("in-fragment-route", "/app#/reset?token=abc&x=1", "/app#/reset?x=1"),
    ("code-beside-state", "/cb?code=4/P7q7W91&state=xyz", "/cb?state=xyz"),
    ("api-key", "/feed?api_key=abc&page=2", "/feed?page=2"),
    ("camel-case", "/feed?accessToken=abc&page=2", "/feed?page=2"),
    ("hyphen-and-upper-case", "/feed?API-KEY=abc&page=2", "/feed?page=2"),
    ("escaped-name", "/reset?pass%77ord=hunter2&x=1", "/reset?x=1"),
    ("signature", "/file?X-Amz-Signature=abc&X-Amz-Credential=def&v=1", "/file?v=1"),
    ("sig", "/file?sv=1&sig=abc%2F", "/file?sv=1"),
    ("session", "/cart?session=abc&PHPSESSID=def&x=1", "/cart?x=1"),
    ("session-in-path", "/cart;jsessionid=ABC123?x=1", "/cart?x=1"),
    ("one-time-password", "/login?otp=123456&x=1", "/login?x=1"),
    ("in-nested-url", "/login?next=%2Freset%3Ftoken%3Dabc&x=1", "/login?x=1"),
    ("web-token-under-another-name", "/a?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig&y=1", "/a?y=1"),
    ("link-to-an-order", f"/68901234/orders/{_KEY}?x=1", "/68901234/orders/?x=1"),
    ("link-to-set-a-password", f"/en/account/reset/73025/{_KEY}-1764000000", "/en/account/reset/73025/"),
    ("link-to-activate-an-account", f"/account/activate/73025/{_KEY}", "/account/activate/73025/"),
    ("link-that-logs-in", f"/account/login/multipass/{_KEY}==", "/account/login/multipass/"),
    ("web-token-in-path", "/a/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig/b", "/a//b"),
    ("order-key-after-an-escaped-separator", "/thanks?order=1&amp;key=wc_order_abcd1234", "/thanks?order=1"),
    ("code-after-a-semicolon", "/cb?state=1;code=abcd1234", "/cb?state=1"),
    ("key-in-brackets", "/thanks?key%5B0%5D=abcd1234&x=1", "/thanks?x=1"),
    ("id-token-hint", "/logout?id_token_hint=abcd1234&x=1", "/logout?x=1"),
    ("key-in-path", "/thanks/key=abcd1234", "/thanks/"),
    ("secret-key", "/a?x=sk_live_51HabcdefghIJ&y=1", "/a?y=1"),
]

CASES: Final[list[Case]] = [
    *(
        Case(f"credential {name}", event(url=_SHOP + given), {"page.url": _SHOP + out}, ("credential",))
        for name, given, out in _CREDENTIALS
    ),
    Case(
        "user name and password in the URL",
        event(url="https://ada:hunter2@shop.example/p"),
        {"page.url": "https://shop.example/p"},
        ("credential",),
    ),
    *(
        Case(
            f"credential in {field}: {out}",
            event(**{field: given}),
            {f"properties.{field}": out},
            ("credential",),
        )
        for field, given, out in (
            ("search_string", "my password: hunter2", "my"),
            (
                "description",
                "see https://shop.example/reset?token=abc now",
                "see https://shop.example/reset now",
            ),
            ("description", "Authorization: Bearer abcDEF123456ghi", "Authorization:"),
            ("description", "key sk_live_51HabcdefghIJ", "key"),
        )
    ),
    Case(
        "named like a credential",
        event() | {"properties": {"accessToken": "abc", "login": {"password": "hunter2", "pin": 1}}},
        {"properties.accessToken": ABSENT, "properties.login": {"pin": 1}},
        ("credential", "unknown_property"),
    ),
    Case(
        "numbers named like a phone",
        event()
        | {"properties": {"customer": {"phone": 2133734253, "mobile": "2133734253", "phone_model": 12}}},
        {"properties.customer": {"phone_model": 12}},
        ("identifier_misplaced", "personal_data", "unknown_property"),
    ),
    Case(
        "identifiers of a person among the properties",
        event(content_id=None, content_name=None)
        | {
            "properties": {
                "first_name": "Ada",
                "Last-Name": "Lovelace",
                "externalId": "customer-77",
                "external_id": "customer-77",
                "zip_code": None,
                "colour": "blue",
                "customer": {"last_name": "Lovelace", "id": 7, "orders": [{"gaid": "3840", "total": 2}]},
                "contents": [{"content_id": "1", "zip_code": "94107", "size": "M"}],
            }
        },
        {
            "properties.first_name": ABSENT,
            "properties.external_id": ABSENT,
            "properties.externalId": ABSENT,
            "properties.Last-Name": ABSENT,
            "properties.colour": "blue",
            "properties.customer": {"id": 7, "orders": [{"total": 2}]},
            "properties.contents": [{"content_id": "1", "size": "M"}],
        },
        ("identifier_misplaced", "unknown_property"),
    ),
    *(
        Case(
            f"{what} in {section}.{field}",
            {**event(**fields, url=None, phone="+12133734253"), section: {**ids, field: given}},
            {f"{section}": ids},
            (code,),
        )
        for section, fields, ids in (
            ("app", {"event_source": "app"}, {"app_id": "1"}),
            ("lead", {"event_source": "crm", "event": "Hot_lead"}, {"lead_id": "1"}),
        )
        for field in (("app_name", "app_version") if section == "app" else ("lead_event_source",))
        for what, given, code in (
            ("phone", "+12133734253", "personal_data"),
            ("written phone", "(213) 373-4253", "personal_data"),
            ("e-mail", "ada@example.com", "personal_data"),
            ("credential", "password=hunter2", "credential"),
        )
    ),
    Case(
        "values one level below their name",
        event()
        | {
            "properties": {
                "customer": {"phone": {"value": "2133734253"}, "password": {"value": "hunter2x"}},
                "attributes": [{"name": "phone", "value": "2133734253"}, {"name": "size", "value": "41"}],
            }
        },
        {
            "properties.customer": {"password": {}},
            "properties.attributes": [{"name": "phone"}, {"name": "size", "value": "41"}],
        },
        ("credential", "identifier_misplaced", "personal_data", "unknown_property"),
    ),
    Case(
        "a phone in a user agent",
        event(user_agent="Mozilla/5.0 ada@example.com tel 213-373-4253"),
        {"user.user_agent": "Mozilla/5.0"},
        ("personal_data",),
    ),
    # Shaped like the usual value of their fields: a letter or digit first, and a digit.
    *(
        Case(f"{what} in {field}", event(**{field: given}), {f"user.{field}": out}, ("personal_data",))
        for what, field, given, out in (
            ("a phone", "ttclid", "E+12133734253", "E"),
            ("a bearer token", "ttclid", "a bearer abc1def2ghi3j", "a"),
            ("a secret key", "ttclid", "sk_live_abcdefgh1234", ABSENT),
            ("a phone", "ttp", "E+12133734253", "E"),
            ("a bearer token", "ttp", "a bearer abc1def2ghi3j", "a"),
            ("a secret key", "ttp", "sk_live_abcdefgh1234", ABSENT),
        )
    ),
    *(
        Case(
            f"{what} in event_id",
            event(event_id=given),
            {"event_id": hashed(given)},
            ("event_id_personal",),
        )
        for what, given in (
            ("a phone", "a+12133734253"),
            ("a bearer token", "a bearer abc1def2ghi3j"),
            ("a secret key", "sk_live_abcdefgh1234"),
        )
    ),
    *(
        Case(
            f"{what} in {field}",
            event() | {"properties": {field: given}},
            {f"properties.{field}": out},
            ("personal_data",),
        )
        for what, field, given, out in (
            ("a phone", "vin", "+12133734253", ABSENT),
            ("a written phone", "suggested_hotels", ["213-373-4253"], ABSENT),
            ("a written phone", "suggested_destinations", ["Inn 7", "213-373-4253"], ["Inn 7"]),
        )
    ),
    Case(
        "a property named user",
        event() | {"properties": {"note": {"user": "ada@example.com"}}},
        {"properties.note": {}},
        ("personal_data", "unknown_property"),
    ),
    Case(
        "a property named user, in a CRM event",
        event(event_source="crm", event="Hot_lead", lead_id="1", url=None)
        | {"properties": {"note": {"user": {"user": "+12133734253"}}}},
        {"properties.note": {"user": {}}},
        ("personal_data", "unknown_property"),
    ),
    *(
        Case(
            f"search {name}",
            event(search_string=given),
            {"properties.search_string": ABSENT},
            ("personal_data",),
        )
        for name, given in (
            ("british", "020 7946 0018"),
            ("german", "0171/2345678"),
            ("french", "06 12 34 56 78"),
            ("e-mail in HTML", "ada&#64;example.com"),
            ("e-mail in JSON", "ada\\u0040example.com"),
            ("e-mail escaped five times", "ada%2525252540example.com"),
            ("e-mail with an invisible character", "ada\u200b@example.com"),
        )
    ),
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
    Case("path only", event(url="/thanks"), {"page": ABSENT}, ("url_invalid",)),
    Case("android app", event(url="android-app://com.shop"), {"page": ABSENT}, ("url_invalid",)),
    Case(
        "too long",
        event(url="https://shop.example/?q=".ljust(9_000, "x")),
        {"page": ABSENT},
        ("url_too_long",),
    ),
    Case("script", event(url="javascript:alert(1)"), {"page": ABSENT}, ("url_invalid",)),
    Case("about blank", event(url="about:blank"), {"page": ABSENT}, ("url_invalid",)),
    Case(
        "space inside",
        event(url="https://shop.example/two words"),
        {"page.url": "https://shop.example/two%20words"},
    ),
    Case(
        "e-mail as a host",
        event(url="https://ada%40example.com/x"),
        {"page": ABSENT},
        ("url_invalid",),
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
    Case("no host", event(url="https:///p"), {"page": ABSENT}, ("url_invalid",)),
    Case("broken host", event(url="https://[::1/p"), {"page": ABSENT}, ("url_invalid",)),
    Case("none", event(url=None), {"page": ABSENT}, ("url_missing",)),
    Case("number", event(url=1), {}, ("wrong_type",), "rejected"),
]
