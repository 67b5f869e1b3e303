"""JSON of a message: in ASCII, or one error with the code of the finding."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.message import NoJsonFormError, to_ascii
from tests.support.rows import every_row
from tests.support.strategies import FINITE_JSON


def nest(depth: int, kind: type) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind is dict else [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (nest(5000, dict), "too_deep"),
        (nest(5000, list), "too_deep"),
        ({"a": float("nan")}, "number_out_of_range"),
        ([float("inf")], "number_out_of_range"),
        ([-float("inf")], "number_out_of_range"),
        ({"a": "\ud83d"}, "unreadable_text"),
        ({"\udfff": 1}, "unreadable_text"),
        (["x\ud83d\ud83dy"], "unreadable_text"),
    ],
    ids=[
        "deep objects",
        "deep lists",
        "nan",
        "inf",
        "-inf",
        "surrogate",
        "surrogate in a key",
        "two surrogates",
    ],
)
def test_value_without_a_json_form_raises_one_error(value: object, code: str) -> None:
    with pytest.raises(NoJsonFormError) as raised:
        to_ascii(value)
    assert raised.value.code == code


@every_row("finite", [True, False])
@every_row("text", ["plain", "null", "NaN", "Infinity", "\u2028", "\x00", "\U0001f600", "ü"])
def test_text_is_written_in_ascii(text: str, finite: bool) -> None:
    written = to_ascii({"a": text}, finite=finite)
    assert written.isascii()
    assert json.loads(written) == {"a": text}


@pytest.mark.parametrize("finite", [True, False])
def test_a_number_of_more_than_64_bits_keeps_its_digits(finite: bool) -> None:
    assert to_ascii({"a": 2**70, "b": [1.5]}, finite=finite) == '{"a":1180591620717411303424,"b":[1.5]}'


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=3), inner, max_size=3)
    ),
)


@given(VALUES)
def test_any_value_comes_back_or_raises_one_error(value: object) -> None:
    code: str | None = None
    try:
        text = to_ascii(value)
    except NoJsonFormError as error:
        text, code = "null", error.code
    assert code in {None, "number_out_of_range", "unreadable_text"}
    assert text.isascii()
    assert code is not None or json.loads(text) == value


@given(FINITE_JSON)
def test_what_is_known_to_be_finite_comes_back_all_the_same(value: object) -> None:
    text = to_ascii(value, finite=True)
    assert text.isascii()
    assert json.loads(text) == value
