"""URLs: each part is cleaned by its own rules, and what stays is written as it was."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from relay.personal_data import (
    CREDENTIAL,
    EMAIL,
    PHONE,
    UNSEARCHABLE,
    URL_SIGNS,
    USER_NAME,
    Redaction,
    find_personal_data,
    redact_url,
)
from tests.support.rows import every_row

SHOP = "https://shop.example"


@every_row(
    ("given", "left"),
    [
        ("/order-received/1001/?key=wc_order_AbC123xyz", "/order-received/1001/"),
        ("/reset?token=abc&password=hunter2", "/reset"),
        ("/reset?resetToken=abc&lang=en", "/reset?lang=en"),
        ("/reset?reset%5Ftoken=abc&lang=en", "/reset?lang=en"),
        ("/reset?user[password]=abc&lang=en", "/reset?lang=en"),
        ("/cb?code=abc&state=def", "/cb?state=def"),
        ("/cb#code=abc&state=def", "/cb#state=def"),
        ("/cb#id_token=abc", "/cb"),
        ("/cb#/done?access_token=abc&x=1", "/cb#/done?x=1"),
        ("/a?api-key=abc", "/a"),
        ("/a?APIKEY=abc", "/a"),
        ("/a?client_secret=abc", "/a"),
        ("/a?refresh_token=abc", "/a"),
        ("/a?sig=abc&signature=def&X-Amz-Signature=ghi", "/a"),
        ("/a?session=abc&session_id=def&sid=ghi&PHPSESSID=jkl", "/a"),
        ("/a?SAMLResponse=abc&ticket=ST-1", "/a"),
        ("/a?hmac=abc&shop=x", "/a?shop=x"),
        ("/a?u=https://b.example/?token=abc", "/a"),
        ("/a?u=https%3A%2F%2Fb.example%2F%3Ftoken%3Dabc", "/a"),
        ("/a?x=sk_live_51HabcdefghIJ", "/a"),
        ("/a;jsessionid=abc?x=1", "/a?x=1"),
        ("/a?order=1&amp;key=wc_order_abcd1234", "/a?order=1"),
        ("/a?order=1&amp;sig=abcd1234&amp;x=1", "/a?order=1&amp;x=1"),
        ("/a?order=1&amp%3Bkey=abcd1234", "/a?order=1"),
        ("/a?state=1;code=abcd1234", "/a?state=1"),
        ("/a?x=1;token=abcd1234;y=2", "/a?x=1;y=2"),
        ("/a?token=abcd;1234;&y=2", "/a?y=2"),
        ("/a?key%5B0%5D=abcd1234&x=1", "/a?x=1"),
        ("/a?key[]=abcd1234&x=1", "/a?x=1"),
        ("/a?access_token2=abcd1234&x=1", "/a?x=1"),
        ("/a?to-ken=abcd1234&x=1", "/a?x=1"),
        ("/a?token_=abcd1234&x=1", "/a?x=1"),
        ("/a?token?=abcd1234&x=1", "/a?x=1"),
        ("/a?id_token_hint=abcd1234&x=1", "/a?x=1"),
        ("/a?tokenid=abcd1234&x=1", "/a?x=1"),
        ("/12345/orders/0123456789abcdef0123", "/12345/orders/"),
        ("/62134829220/orders/0123456789abcdef0123", "/62134829220/orders/"),
        ("/a/account/reset/1/0123456789abcdef-0123?lang=en", "/a/account/reset/1/?lang=en"),
        ("/account/activate/62134829220/0123456789abcdef", "/account/activate/62134829220/"),
        ("/account/login/multipass/0123456789abcdef_", "/account/login/multipass/"),
        ("#account/login/multipass/abcdefghijklmnop", "#account/login/multipass/"),
        ("/thanks/key=abcd1234", "/thanks/"),
        ("/thanks/order=1&key=abcd1234/x", "/thanks//x"),
        ("/thanks/pass%77ord=abcd1234", "/thanks/"),
        ("/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc/a", "//a"),
    ],
)
def test_credential_is_removed(given: str, left: str) -> None:
    assert redact_url(SHOP + given) == Redaction(SHOP + left, CREDENTIAL)
    assert re.search(URL_SIGNS, SHOP + given)


@every_row(
    ("url", "left", "found"),
    [
        ("https://ada:hunter2@shop.example/p", "https://shop.example/p", CREDENTIAL),
        ("https://ada@shop.example/p", "https://shop.example/p", USER_NAME),
        ("https://ada%40shop.example/p", "https://shop.example/p", USER_NAME),
        ("https://[broken/?e=ada@example.com", "https://[broken/", EMAIL),
        ("android-app://com.shop/?e=ada@example.com", "android-app://com.shop/", EMAIL),
        (f"{SHOP}/ada@example.com/orders", f"{SHOP}//orders", EMAIL),
        (f"{SHOP}/call%20(213)%20373-4253/x", f"{SHOP}/call/x", PHONE),
        (f"{SHOP}/+12133734253", f"{SHOP}/", PHONE),
        (f"{SHOP}/?tel=2133734253&b=%20c", f"{SHOP}/?b=%20c", PHONE),
        (f"{SHOP}/?q=(213)+373-4253", f"{SHOP}/", PHONE),
        (f"{SHOP}/?q=+12133734253", f"{SHOP}/", PHONE),
        (f"{SHOP}/?q=213%20373%204253", f"{SHOP}/", PHONE),
        (f"{SHOP}/?q=phone-2133734253", f"{SHOP}/", PHONE),
        (f"{SHOP}/?phone_number=213x373x4253", f"{SHOP}/", PHONE),
        (f"{SHOP}/06--12--34--56--78", f"{SHOP}/", PHONE),
        (f"{SHOP}/(030)--(901820)", f"{SHOP}/", PHONE),
        (f"{SHOP}/?q=ada=40example.com", f"{SHOP}/", EMAIL),
        (f"{SHOP}/?ada@example.com", f"{SHOP}/", EMAIL),
        (f"{SHOP}/#ada%40example.com", f"{SHOP}/", EMAIL),
        (f"{SHOP}/#/a?mail=ada@example.com", f"{SHOP}/#/a", EMAIL),
        (f"{SHOP}/#!/ada@example.com/b", f"{SHOP}/#!//b", EMAIL),
    ],
)
def test_url_is_redacted(url: str, left: str, found: str) -> None:
    assert redact_url(url) == Redaction(left, found)  # type: ignore[arg-type]
    assert re.search(URL_SIGNS, url)


@every_row(
    "rest",
    [
        "",
        "/",
        "/p/1?color=red&size=41",
        "/p/1?code=SUMMER20",
        "/p/1?state=open",
        "/p/1?keyword=mug&monkey=1&passenger=2",
        "/p/1?token=",
        "/p/1?token_type=bearer&token_count=2&key1=red",
        "/p/1?a=1;b=2&amp;c=3",
        "/p/color=red/size=41",
        "/p/1?size=40mm.jpg&w=40",
        "/p/1?ttclid=E.C.P.AbC_123-xyz&gclid=Cj0KCQiA",
        "/p/1?utm_source=mail&utm_medium=email",
        "/p/caf%C3%A9?q=gr%C3%BCn&a=b=c&d",
        "/p/2026-11-18/1795000000",
        "/p/2024/05/12345",
        "/p?order=2133734253",
        "/logo@2x.png",
        "/a;b=c/d?x=%zz#y",
        "/#/a/b?c=d",
        "/#!",
    ],
)
def test_url_without_any_stays_to_the_letter(rest: str) -> None:
    assert redact_url(SHOP + rest) == Redaction(SHOP + rest, None)


def test_query_with_more_parameters_than_any_url_has_is_removed_unseen() -> None:
    query = "&".join(f"a{number}=1" for number in range(501))
    assert redact_url(f"{SHOP}/p?{query}#x") == Redaction(f"{SHOP}/p#x", UNSEARCHABLE)
    assert redact_url(f"{SHOP}/p?{query[:-7]}").found is None


SIGNS = st.sampled_from(
    [
        "/",
        "?",
        "#",
        "&",
        "=",
        ";",
        "@",
        "%",
        "+",
        ".",
        "token",
        "key",
        "a",
        "ada@b.example",
        "%40",
        "+16502530000",
        "x",
    ]
)


@given(st.lists(SIGNS, max_size=12).map("".join))
@example("#token=/?token=/")
@example("?a=b#password=/;token=x/&token=y")
@example("key+16502530000==")
def test_any_url_is_redacted_once_and_for_all(rest: str) -> None:
    once = redact_url(f"{SHOP}/{rest}")
    assert find_personal_data(once.text) is None
    if once.found is None:
        assert once.text == f"{SHOP}/{rest}"
