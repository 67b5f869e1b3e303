"""Signs: a text that has none of them is never searched, so it must hold nothing that the search finds."""

import re
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema

from relay import personal_data
from relay.event.model import SECTIONS, Content, Mileage, fields
from relay.identity.placeholders import is_placeholder_id
from relay.personal_data import redact_item, redact_text, redact_user_agent, redaction
from tests.support.rows import every_row
from tests.support.text_types import find_text_types

SIGNS = {
    "id": personal_data.ID_SIGNS,
    "text": personal_data.TEXT_SIGNS,
    "url": personal_data.URL_SIGNS,
    "user agent": personal_data.USER_AGENT_SIGNS,
}
USUAL = {
    "usual id": personal_data.USUAL_ID,
    "usual text": personal_data.USUAL_TEXT,
    "usual url": personal_data.USUAL_URL,
    "firefox": personal_data.FIREFOX,
}
PATTERNS = {**SIGNS, **USUAL}
IN_RUST = {name: SchemaValidator(core_schema.str_schema(pattern=found)) for name, found in PATTERNS.items()}

FRAGMENTS = """
0 1 9 41 020 7946 213373 0018 , . ; ' ( ) ! ? / # - : = & @ + _ a B ada shoe Size tel phone token password key
bearer Bearer eyJ xo xoxb xoxp- AKIA AIza SKIA ---- BEGIN sk_live_ rk_test_ whsec_ shpat_ ghp_ github_pat_
sk live https http :// shop.example code state amp abcdefghijkl Mozilla/5.0 %20 %40 =40 account/ reset/1
order_id utm_source= ttclid= api_key email session_ to_ken= lt commat 2E
"""
PHONES = ["(213) 373-4253", "020 7946 0018", "06 12 34 56 78", "tel. 2133734253", "phone 213/373/4253"]
TEXTS = (
    st.lists(st.sampled_from([*FRAGMENTS.split(), *PHONES, " ", " "]), max_size=15).map("".join) | st.text()
)


def remove_signs(signs: str, text: str) -> str:
    """What is left of a text once each sign is without its last character, and so is none."""
    while sign := re.search(signs, text):
        text = text[: sign.end() - 1] + text[sign.end() :]
    return text


@given(TEXTS)
def test_text_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_text(remove_signs(SIGNS["text"], text)).found is None


@given(TEXTS)
def test_id_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_text(remove_signs(SIGNS["id"], text), written_phones=False).found is None


PARAMETERS = st.lists(TEXTS, min_size=1, max_size=4).map("&".join)


@given(st.sampled_from("/?#"), TEXTS | PARAMETERS)
def test_url_without_a_sign_holds_nothing(mark: str, text: str) -> None:
    url = remove_signs(SIGNS["url"], f"https://shop.example{mark}{text}")
    assert url.startswith("https://")
    assert redact_text(url[: personal_data.MAX_UNSEARCHED_URL]).found is None


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "/213/thanks#order",
        "?order=1001&utm_source=tiktok&ttclid=E.C.P.CrABCgYIARAB-x1_7",
        "?utm_medium=paid&utm_id=1790000000000123&utm_campaign=Summer+sale%20EU&utm_content=video-1",
        "/p?orderId=1001&lang=en-US&size=40&discount_code=SUMMER20&flag&empty=",
    ],
)
def test_usual_query_has_no_sign(rest: str) -> None:
    assert not re.search(SIGNS["url"], f"https://shop.example{rest}")


def test_url_without_a_sign_has_no_more_parameters_than_are_searched() -> None:
    url = f"https://shop.example/?{'a&' * personal_data.MAX_UNSEARCHED_URL}"
    assert not re.search(SIGNS["url"], url)
    assert redact_text(url).found == personal_data.UNSEARCHABLE
    assert redact_text(url[: personal_data.MAX_UNSEARCHED_URL]).found is None
    assert re.search(SIGNS["url"], "https://shop.example/?a&&b")


@given(TEXTS)
def test_user_agent_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_user_agent(remove_signs(SIGNS["user agent"], text)).found is None


@given(st.from_regex(USUAL["usual text"]) | TEXTS)
def test_usual_text_holds_nothing(text: str) -> None:
    assert not re.search(USUAL["usual text"], text) or redact_text(text).found is None


@given(st.from_regex(USUAL["usual url"]) | TEXTS.map("https://shop.example/".__add__))
def test_usual_url_holds_nothing(url: str) -> None:
    assert not re.search(USUAL["usual url"], url) or redact_text(url.strip()).found is None


@pytest.mark.parametrize(
    ("url", "is_usual"),
    [
        ("https://shop.example", True),
        ("https://www.shop.example/checkout/thanks/", True),
        ("http://shop.example/orders/1001/thanks", True),
        ("https://shop.example/orders/0123456789abcdef0123456789abcdef/authenticate", False),
        ("https://shop.example/213/373/4253", False),
        ("https://xoxb-abcdefgh.example/", False),
        ("https://shop.example/thanks?email=ada", False),
        ("https://shop.example/thanks#order", False),
        ("https://ada@shop.example/", False),
    ],
)
def test_usual_urls_have_short_words_and_one_number(url: str, is_usual: bool) -> None:
    assert bool(re.search(USUAL["usual url"], url)) == is_usual


@given(st.from_regex(USUAL["firefox"]))
def test_user_agent_of_firefox_holds_nothing(text: str) -> None:
    assert redact_user_agent(text).found is None


# https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/User-Agent/Firefox
@pytest.mark.parametrize(
    ("text", "is_usual"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", True),
        ("Mozilla/5.0 (Windows NT 6.1; WOW64; rv:115.0) Gecko/20100101 Firefox/115.0", True),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:99.0) Gecko/20100101 Firefox/99.0", True),
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", True),
        ("Mozilla/5.0 (X11; Linux aarch64; rv:140.0) Gecko/20100101 Firefox/140.0", True),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", True),
        ("Mozilla/5.0 (Android 9; Tablet; rv:68.0) Gecko/68.0 Firefox/68.0", True),
        ("Mozilla/5.0 (X11; 2133734253; rv:140.0) Gecko/20100101 Firefox/140.0", False),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0 +1 213 373 4253", False),
    ],
)
def test_user_agents_of_firefox_are_usual(text: str, is_usual: bool) -> None:
    assert bool(re.search(USUAL["firefox"], text)) == is_usual


@given(st.from_regex(USUAL["usual id"]) | TEXTS)
def test_usual_id_holds_nothing_and_is_no_placeholder(text: str) -> None:
    if re.search(USUAL["usual id"], text):
        assert redact_text(text, written_phones=False).found is None
        assert not is_placeholder_id(text.strip())


MIN_CREDENTIALS = (
    "eyJhbGciOiJI.a1",
    "xoxb-12345678",
    "sk_live_12345678",
    "rk_test_abcdefg1",
    "whsec_12345678",
    "shpat_12345678",
    "gho_1234567890123456",
    "github_pat_1234567890123456",
    "AKIA123456789012",
    "AKIAABCDEFGHIJK1",
    "AIza1234567890123456",
    "bearer abcdefghijk1",
    "Bearer abcdefghijkl 1",
    "-----BEGIN PRIVATE KEY",
)


@every_row("credential", MIN_CREDENTIALS)
@every_row("usual", USUAL)
def test_shortest_credential_is_not_usual(usual: str, credential: str) -> None:
    assert redact_text(credential).found == personal_data.CREDENTIAL
    for around in ("{}", "a {}", "{} a", "a{}", "{} 1", "1 {}"):
        assert not re.search(USUAL[usual], around.format(credential))


def test_usual_forms_are_recognised() -> None:
    for text in ("Enamel mug", "Trail shoe, size 41", "T-Shirt (Navy) / M", "3 pieces"):
        assert re.search(USUAL["usual text"], text), text
    for text in ("order-1001", "SKU 7", "5123456789012", "1b4e28ba-2fa1-11d2-883f-b9a761bde3fb"):
        assert re.search(USUAL["usual id"], text), text


@given(st.lists(TEXTS, max_size=4), TEXTS.map(lambda text: f"https://shop.example/p?q={text}"), TEXTS)
def test_short_item_is_redacted_as_a_long_one_is(names: list[str], url: str, order: str) -> None:
    def redact() -> tuple[object, object]:
        contents = [{"content_id": order, "content_name": name} for name in names]
        item: dict[str, Any] = {"properties": {"contents": contents, "order_id": order}, "page": {"url": url}}
        return redact_item(item, [item]), item

    redact()
    short = redact()
    with mock.patch.object(redaction, "_MAX_SHORT", 0):
        assert redact() == short


@given(st.sampled_from(list(PATTERNS)), TEXTS)
def test_rust_reads_patterns_as_python_does(name: str, text: str) -> None:
    assert IN_RUST[name].isinstance_python(text) == (re.search(PATTERNS[name], text) is not None)


@pytest.mark.parametrize("of", [*(SECTIONS[name] for name in SECTIONS if name != "user"), Content, Mileage])
def test_name_of_a_declared_field_says_nothing_of_a_value(of: type) -> None:
    for name in fields(of):
        for says in ("phone", "password"):
            item = {"properties": {**dict.fromkeys(fields(of), 1234567890), name: says}}
            assert redact_item(item, [item]) == []


UNSEARCHED = sorted(
    {
        one.pattern
        for section, of in SECTIONS.items()
        if section != "user"
        for types in find_text_types(of).values()
        for one in types
        if not one.signs
    }
)


@given(st.sampled_from(UNSEARCHED).flatmap(st.from_regex))
def test_text_that_is_never_searched_holds_nothing(text: str) -> None:
    assert redact_text(text).found is None
