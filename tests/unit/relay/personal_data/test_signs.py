"""Signs: a text that has none of them is never searched, so it must hold nothing that the search finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import SchemaValidator, core_schema

from relay import personal_data
from relay.event.model import SECTIONS, Content, Mileage, fields
from relay.personal_data import redact_item, redact_text, redact_user_agent
from tests.support.text_types import find_text_types

SIGNS = {
    "id": personal_data.ID_SIGNS,
    "text": personal_data.TEXT_SIGNS,
    "url": personal_data.URL_SIGNS,
    "user agent": personal_data.USER_AGENT_SIGNS,
}
IN_RUST = {name: SchemaValidator(core_schema.str_schema(pattern=signs)) for name, signs in SIGNS.items()}

FRAGMENTS = """
0 1 9 41 020 7946 213373 0018 , . ; ' ( ) ! ? / # - : = & @ + _ a B ada shoe Size tel phone token password key
bearer Bearer eyJ xo xoxb xoxp- AKIA AIza SKIA ---- BEGIN sk_live_ rk_test_ whsec_ shpat_ ghp_ github_pat_
sk live https http :// shop.example code state amp abcdefghijkl Mozilla/5.0
"""
PHONES = ["(213) 373-4253", "020 7946 0018", "06 12 34 56 78", "tel. 2133734253", "phone 213/373/4253"]
TEXTS = (
    st.lists(st.sampled_from([*FRAGMENTS.split(), *PHONES, " ", " "]), max_size=15).map("".join) | st.text()
)


def remove_signs(signs: str, text: str) -> str:
    """What is left of a text once it has no sign."""
    while re.search(signs, text):
        text = re.sub(signs, "", text, count=1)
    return text


@given(TEXTS)
def test_text_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_text(remove_signs(SIGNS["text"], text)).found is None


@given(TEXTS)
def test_id_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_text(remove_signs(SIGNS["id"], text), written_phones=False).found is None


@given(TEXTS)
def test_url_without_a_sign_holds_nothing(text: str) -> None:
    url = remove_signs(SIGNS["url"], f"https://shop.example/{text}")
    assert url.startswith("https://")
    assert redact_text(url).found is None


@given(TEXTS)
def test_user_agent_without_a_sign_holds_nothing(text: str) -> None:
    assert redact_user_agent(remove_signs(SIGNS["user agent"], text)).found is None


@given(st.sampled_from(list(SIGNS)), TEXTS)
def test_rust_reads_signs_as_python_does(name: str, text: str) -> None:
    assert IN_RUST[name].isinstance_python(text) == (re.search(SIGNS[name], text) is not None)


@pytest.mark.parametrize("of", [*(SECTIONS[name] for name in SECTIONS if name != "user"), Content, Mileage])
def test_name_of_a_declared_field_says_nothing_of_a_value(of: type) -> None:
    for name in fields(of):
        for says in ("phone", "password"):
            item = {"properties": {**dict.fromkeys(fields(of), 1234567890), name: says}}
            assert redact_item(item) == []


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
