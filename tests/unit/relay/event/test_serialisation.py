"""Serialisation: JSON in ASCII, or one error with the code of the finding."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event.pipeline import SerialisationError, serialise


def nest(depth: int, kind: type) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value} if kind is dict else [value]
    return value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (nest(260, dict), "too_deep"),
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
    with pytest.raises(SerialisationError) as raised:
        serialise(value)
    assert raised.value.code == code


@pytest.mark.parametrize("text", ["NaN", "Infinity", "\u2028", "\x00", "\U0001f600", "ü"])
def test_text_is_serialised_in_ascii(text: str) -> None:
    assert serialise({"a": text}).isascii()
    assert json.loads(serialise({"a": text})) == {"a": text}


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
        text = serialise(value)
    except SerialisationError as error:
        text, code = "null", error.code
    assert code in {None, "number_out_of_range", "unreadable_text"}
    assert text.isascii()
    assert code is not None or json.loads(text) == value
