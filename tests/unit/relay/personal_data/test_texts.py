"""Personal data in the wrong place: whatever is taken out, nothing of it is left to be put together again."""

import pytest

from relay.personal_data import PHONE, redact_text


def nested(depth: int) -> str:
    text = "+16502530000"
    for _ in range(depth):
        text = f"+16502{text} 530000"
    return text


@pytest.mark.parametrize(
    "text",
    [
        nested(1),
        nested(5),
        nested(5000),
        "+16502530000+1650253[0000+16502530000000000+16502530000+16500065000650000+16502530000",
        "ada@b.ada@b.exampleexample",
    ],
    ids=["once", "deep", "very deep", "chain", "address"],
)
def test_what_is_left_holds_no_other_one(text: str) -> None:
    left, found = redact_text(text, written_phones=True)
    assert found is not None
    assert redact_text(left, written_phones=True) == (left, None)


def test_text_around_a_number_stays() -> None:
    assert redact_text("call +1 213 373 4253 now", written_phones=False) == ("call  now", PHONE)
