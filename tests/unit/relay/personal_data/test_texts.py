"""Texts: e-mail addresses, phone numbers and credentials are removed, what stood around them stays."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.personal_data import (
    CREDENTIAL,
    EMAIL,
    PHONE,
    UNSEARCHABLE,
    Redaction,
    find_personal_data,
    redact_text,
)
from relay.personal_data.detection import is_harmless, redact_escaped
from tests.support.rows import every_row


@every_row(
    ("text", "left", "found"),
    [
        ("call +1 213 373 4253 now", "call  now", PHONE),
        ("call +49 (0)30 901820, please", "call , please", PHONE),
        ("call +0049 30 901820 now", "call  now", PHONE),
        ("(+00)12133734253", "", PHONE),
        ("+00 49·30·901820", "", PHONE),
        ("(213) 373-4253", "", PHONE),
        ("1-213-373-4253", "", PHONE),
        ("213.373.4253 or later", " or later", PHONE),
        ("020 7946 0018", "", PHONE),
        ("(030) 901820 123", "", PHONE),
        ("0171/2345678", "", PHONE),
        ("06 12 34 56 78", "", PHONE),
        ("0044 20 7946 0018", "", PHONE),
        ("tel. 2133734253", "", PHONE),
        ("WhatsApp: 4915123408905", "", PHONE),
        ("phone number 213 3734253", "", PHONE),
        ("order of ada@example.com today", "order of  today", EMAIL),
        ("<ada.lovelace+shop@mail.example.co.uk>", "< >", EMAIL),
        ("mailto:ada@example.com", "mailto:", EMAIL),
        ("ada@@example.com", "", EMAIL),
        ("заказ почта@пример.рф", "заказ ", EMAIL),
        ("my password: hunter2", "my ", CREDENTIAL),
        ('{"password":"hunter2","x":1}', '{" ,"x":1}', CREDENTIAL),
        ("api key = abc", "", CREDENTIAL),
        ("/reset?token=abc&x=1", "/reset? &x=1", CREDENTIAL),
        ("Bearer abcDEF123456ghi", "", CREDENTIAL),
        ("use eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "use ", CREDENTIAL),
        ("use whsec_abcdefgh12", "use ", CREDENTIAL),
        ("see https://shop.example/?token=abc&x=1 now", "see https://shop.example/?x=1 now", CREDENTIAL),
        ('{"phone":"2133734253"}', '{" "}', PHONE),
        ('{\\"phone\\":\\"2133734253\\"}', '{\\" \\"}', PHONE),
        ('phone="2133734253" x', '" x', PHONE),
        ('"phone": ["2133734253"]', '" "]', PHONE),
        ("my phone number is 2133734253", "my ", PHONE),
        ("of ada\u2024l@example.com", "of ", EMAIL),
        ("billing_phone=2133734253", "billing_", PHONE),
        ("телефон: 2133734253", "", PHONE),
        *(
            (f"call {written} now", "call  now", PHONE)
            for written in (
                "+1\u202f213\u202f373\u202f4253",
                "+1\u2009213\u2009373\u20094253",
                "+1\u2007213\u2007373\u20074253",
                "+1·213·373·4253",
                "+1_213_373_4253",
                "+1,213,373,4253",
                "+1~213~373~4253",
                "+1    213    373    4253",
                "+1\n213\n373\n4253",
                "+49·(0)30·901820",
            )
        ),
        ("phone 07134 5670712 0034 56707, size 41", ", size 41", PHONE),
        ("sizes 41, 42, call +1·213·373·4253", "sizes 41, 42, call ", PHONE),
        ('"ada lovelace"@example.com', "", EMAIL),
        ("ada(work)@example.com", "", EMAIL),
        ("ada@(work)example.com", "", EMAIL),
        ("of ada@[192.168.2.1] today", "of  today", EMAIL),
        ("ada @ example.com", "", EMAIL),
        ("of Ada <ada>@example.com today", "of Ada  today", EMAIL),
        ("rene\u0301@example.com", "", EMAIL),
        ("ada@exa\u0308mple.com", "", EMAIL),
        ("of ada@b.https://shop.example/", "of ://shop.example/", EMAIL),
        ("of ada&#64;b.https://shop.example/", "of ://shop.example/", EMAIL),
    ],
)
def test_text_is_redacted(text: str, left: str, found: str) -> None:
    assert redact_text(text) == Redaction(left, found)  # type: ignore[arg-type]


EMAIL_TEXT = "ada@example.com"


@every_row(
    "text",
    [
        quote(EMAIL_TEXT),
        quote(quote(EMAIL_TEXT)),
        quote(quote(quote(quote(quote(EMAIL_TEXT))))),
        "%61%64%61%40%65xample%2Ecom",
        "ada&#64;example.com",
        "ada&#x40;example&period;com",
        "ada&amp;#64;example.com",
        "ada&commat;example.com",
        "ada\\u0040example.com",
        "ada\\\\u0040example.com",
        "ada\\x40example.com",
        "ada\uff20example\uff0ecom",
        "ada@example\u3002com",
        "ada\u200b@\u2060example.com",
        "ada\u034f@example\u2024com",
        "ada&COMMAT;example&dot;com",
        "ada%u0040example.com",
        "ada\\u{40}example.com",
        "ada\\u{000040}example.com",
        "ada=40example.com",
        "ada=40example=2Ecom",
        "\u207a12133734253",
        "\u279512133734253",
        "\uff0b\uff11\uff12\uff11\uff13\uff13\uff17\uff13\uff14\uff12\uff15\uff13",
        "%2B12133734253",
        "&plus;12133734253",
        "+1\u00a0213\u2011373\u20114253",
        "+\u0661\u0662\u0661\u0663\u0663\u0667\u0663\u0664\u0662\u0665\u0663",
        "password%3A%20hunter2",
    ],
)
def test_escaped_text_is_redacted(text: str) -> None:
    redaction = redact_text(f"of {text} today")
    assert redaction.found is not None
    assert redaction.text.split() == ["of", "today"]


def test_text_that_is_escaped_too_often_goes_as_a_whole() -> None:
    text = EMAIL_TEXT.replace("@", "%40")
    for _ in range(20):
        text = quote(text)
    assert redact_text("a" + text) == Redaction("", EMAIL if len(text) < 20 else UNSEARCHABLE)


@every_row(
    "text",
    [
        "",
        "Mug",
        "Trail shoe, size 41",
        "2 + 2 = 4",
        "+1,299,000.00 EUR",
        "+12,345,678",
        "2 + 2, 3, 4, 5, 6, 7, 8",
        "sizes +20, 21, 22, 23, 24, 25",
        "+5\n2026-11-18\n41",
        "+100_000_000",
        "+00,12345678",
        "2026-11-18 10:30:00+00 2026-11-19 11:00:00+00",
        "Galaxy S24+ 49_30_901820",
        "see you @ shop.example",
        "Live @ Wembley, 3 pcs @ 3.50 EUR",
        '"by" "@mugs.shop", {"user":"@mugs.shop"}',
        "logo(1)@2x.png",
        "waist=40cm.Size L",
        "width=40mm.jpg",
        'phone_model="12345678"',
        "iPhone 2133734253",
        "xphone=2133734253",
        "Xphone=2133734253",
        "éphone=2133734253",
        "µphone=2133734253",
        "電phone=2133734253",
        "cafe\u0301 @mugs",
        "by @mugs",
        "by @mugs.shop",
        "logo@2x.png",
        "https://cdn.example/logo@2x.png",
        "100% cotton & more",
        "&copy; 2026",
        "2026-11-18T11:06:40+01:00",
        "18/11/2026 10:30",
        "01.02.2026 10:30",
        "2133734253",
        "4006381333931",
        "1,299.00 EUR",
        "12 x 34 x 56 cm",
        "ISBN 978-3-16-148410-0",
        "550e8400-e29b-41d4-a716-446655440000",
        "Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/115.0",
        "iPhone 15 Pro 256 GB",
        "The Secret: a novel",
        "code=SUMMER20",
        "key=colour",
        "cup bearer international",
        "\u30de\u30b0\uff08\u5927\uff09",
        "\ud83d",
        "%",
        "%zz",
        "C:\\users\\new",
    ],
)
def test_text_that_only_resembles_one_stays(text: str) -> None:
    assert redact_text(text) == Redaction(text, None)


@every_row("extension", ["png", "jpg", "JPG", "jpeg", "gif", "webp", "svg", "avif", "css", "js"])
@every_row("name", ["mug@2x", "mug(1)@2x", "https://cdn.example/mug@2x"])
def test_file_for_a_sharp_screen_is_no_address(name: str, extension: str) -> None:
    text = f"{name}.{extension}"
    assert redact_text(text) == Redaction(text, None)


@pytest.mark.parametrize("text", ["213-373-4253", "020 7946 0018"])
def test_id_that_is_written_like_a_phone_number_stays(text: str) -> None:
    assert find_personal_data(text, written_phones=False) is None


@pytest.mark.parametrize("text", ["+12133734253", "ada@example.com", "Bearer abcDEF123456ghi"])
def test_id_is_redacted_all_the_same(text: str) -> None:
    assert find_personal_data(text, written_phones=False) is not None


def nest(depth: int) -> str:
    text = "+16502530000"
    for _ in range(depth):
        text = f"+16502{text} 530000"
    return text


@pytest.mark.parametrize(
    "text",
    [
        nest(1),
        nest(5),
        nest(5000),
        "+16502530000+1650253[0000+16502530000000000+16502530000+16500065000650000+16502530000",
        "ada@b.ada@b.exampleexample",
        "+1650ada@example.com2530000",
        "ada@exa+16502530000mple.com",
    ],
    ids=["once", "deep", "very deep", "chain", "email in email", "email in phone", "phone in email"],
)
def test_what_is_left_holds_no_other_one(text: str) -> None:
    redaction = redact_text(text)
    assert redaction.found is not None
    assert redact_text(redaction.text) == Redaction(redaction.text, None)


PARTS = st.sampled_from(
    [
        "ada",
        "@",
        "example",
        ".",
        "com",
        "+1",
        "650",
        "253",
        "0000",
        "(",
        ")",
        "-",
        "%",
        "40",
        "25",
        "%40",
        "/",
        "&",
        "#64;",
        "\\u0040",
        "\u200b",
        "\uff20",
        "x",
        "1",
        ",",
        " ",
        "a@b.de",
        "+16502530000",
        "213-373-4253",
    ]
)


@given(st.lists(PARTS, max_size=14).map("".join), st.booleans())
def test_redacting_twice_changes_nothing(text: str, written_phones: bool) -> None:
    once = redact_text(text, written_phones=written_phones)
    assert redact_text(once.text, written_phones=written_phones) == Redaction(once.text, None)
    if once.found is None:
        assert once.text == text


@pytest.mark.parametrize(
    "text", ["a@\\.om,e%40b.co", 'ada@\\"shop.example, eve%40shop.example', "a@%5C.om e%40b.co"]
)
def test_removing_escape_signs_leaves_no_address_that_they_kept_apart(text: str) -> None:
    redaction = redact_text(text)
    assert redaction.found is not None
    assert redact_text(redaction.text).found is None


@given(
    st.lists(
        st.sampled_from(
            ["0", "20", "7946", "+", "(", ") ", " ", "-", "/", ".", "@", "ada", "b.de", "eyJ", "a1"]
        )
        | st.sampled_from(
            ["AKIA", "bearer ", "token=", "tel: ", "%40", "&#64;", "https://", "é", "_", "x" * 12]
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_what_is_harmless_at_a_glance_holds_nothing(parts: list[str], written_phones: bool) -> None:
    text = "".join(parts)
    if is_harmless(text, written_phones=written_phones):
        assert redact_escaped(text, written_phones=written_phones).found is None
