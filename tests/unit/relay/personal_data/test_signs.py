"""Signs: a text that has none of them is never searched, so it must hold nothing that the search finds."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema

from relay.event.model import SECTIONS, Content, Mileage, fields
from relay.personal_data import ID_SIGNS, TEXT_SIGNS, URL_SIGNS, redact_item, redact_text

FRAGMENTS = st.sampled_from(
    [
        *"019 ,.;'()!?/#-:=&@+_",
        *(
            "41",
            "020",
            "7946",
            "213373",
            "0018",
            "a",
            "B",
            "shoe",
            "Size",
            "tel",
            "phone",
            "token",
            "password",
        ),
        *(
            "bearer",
            "Bearer ",
            "eyJ",
            "xoxb",
            "xo",
            "AKIA",
            "AIza",
            "SKIA",
            "----",
            "BEGIN PRIVATE KEY",
            "key",
        ),
        *(
            "https",
            "http",
            "://",
            "shop.example",
            "code",
            "state",
            "ada",
            "sk",
            "live",
            "amp",
            "abcdefghijkl",
        ),
    ]
)
TEXTS = st.lists(FRAGMENTS, max_size=12).map("".join)
SIGNS = {"id": ID_SIGNS, "text": TEXT_SIGNS, "url": URL_SIGNS}
IN_RUST = {name: SchemaValidator(core_schema.str_schema(pattern=signs)) for name, signs in SIGNS.items()}


@given(TEXTS | st.text(max_size=30))
def test_text_without_a_sign_holds_nothing(text: str) -> None:
    assume(not re.search(TEXT_SIGNS, text))
    assert redact_text(text).found is None


@given(TEXTS | st.text(max_size=30))
def test_id_without_a_sign_holds_nothing(text: str) -> None:
    assume(not re.search(ID_SIGNS, text))
    assert redact_text(text, written_phones=False).found is None


@given(TEXTS)
def test_url_without_a_sign_holds_nothing(rest: str) -> None:
    url = f"https://shop.example/{rest}"
    assume(not re.search(URL_SIGNS, url))
    assert redact_text(url).found is None


@given(st.sampled_from(list(SIGNS)), TEXTS | st.text(max_size=30))
def test_rust_reads_signs_as_python_does(name: str, text: str) -> None:
    assert IN_RUST[name].isinstance_python(text) == (re.search(SIGNS[name], text) is not None)


@pytest.mark.parametrize("of", [*(SECTIONS[name] for name in SECTIONS if name != "user"), Content, Mileage])
def test_name_of_a_declared_field_says_nothing_of_a_value(of: type) -> None:
    for name in fields(of):
        for says in ("phone", "password"):
            item = {"properties": {**dict.fromkeys(fields(of), 1234567890), name: says}}
            assert redact_item(item) == []
