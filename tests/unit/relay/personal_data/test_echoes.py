"""Echoes: nothing of the event's person stays in TikTok's words, however they repeat it."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.personal_data import redact_echoes
from tests.support.rows import every_row

DIGEST = "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"
CLICK_ID = "E.C.P.CjkKEwiAq7Xx_123"
USER = {
    "email": [DIGEST],
    "ttclid": CLICK_ID,
    "ip": "9.9.9.10",
    "user_agent": 'Canary/7 ("Zürich")',
    "city": "bonn",
}
ITEM = json.dumps({"event": "Purchase", "user": USER, "page": {"url": "https://shop.example/canary?a=b c"}})


@every_row(
    "echo",
    [
        DIGEST,
        DIGEST.upper(),
        DIGEST[:12],
        DIGEST[20:] + "...",
        CLICK_ID,
        CLICK_ID.lower(),
        CLICK_ID[:16],
        quote(CLICK_ID, safe=""),
        "9.9.9.10",
        "9\\u002e9\\u002e9\\u002e10",
        "9%2E9%2E9%2E10",
        "9%252E9%252E9%252E10",
        "9&#46;9&#46;9&#46;10",
        'Canary/7 (\\"Zürich\\")',
        'Canary\\/7 (\\\\"Z\\u00fcrich\\\\")',
        "CANARY/7 (&#34;ZÜRICH&#34;)",
        quote(str(USER["user_agent"])),
        "https:\\/\\/shop.example\\/canary?a=b c",
        quote("https://shop.example/canary?a=b c", safe=""),
        "BONN",
    ],
)
def test_echo_is_replaced(echo: str) -> None:
    assert redact_echoes(f"Batch.0.user: '{echo}' is wrong", ITEM).startswith("Batch.0.user: '…")
    assert redact_echoes(f"Batch.0.user: '{echo}' is wrong", ITEM).endswith("' is wrong")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Batch.0.properties.contents.0.content_id: Not a valid string.",
        "Invalid value for event_source: must be web, app or offline.",
        "Too many requests. Please retry in some time.",
        "No permission to operate pixel code: D179S7RC77UA68QT5U1G.",
        "event_time: 1795000000 is not in range 2026-11-18",
    ],
)
def test_words_that_repeat_nothing_stay(words: str) -> None:
    assert redact_echoes(words, ITEM) == words


@pytest.mark.parametrize(
    "other", ["ada@example.com", "ADA%40EXAMPLE.COM", "+12133734253", "a***a@example.com"]
)
def test_personal_data_that_is_not_the_events_is_removed_too(other: str) -> None:
    assert other.casefold() not in redact_echoes(f"found {other} there", ITEM).casefold()


def test_short_value_inside_a_word_stays() -> None:
    assert redact_echoes("carbonnade is no city", ITEM) == "carbonnade is no city"


@pytest.mark.parametrize("item", ["", "rubbish", "[1]", "{}", '{"user": 1}', "[" * 100_000])
def test_item_that_holds_nobody_is_no_obstacle(item: str) -> None:
    assert redact_echoes("event is wrong", item) == "event is wrong"


@given(
    st.text(max_size=200), st.sampled_from([DIGEST, CLICK_ID, str(USER["user_agent"])]), st.text(max_size=200)
)
def test_whole_value_never_stays(before: str, value: str, after: str) -> None:
    assert value not in redact_echoes(before + value + after, ITEM)


@given(st.text(max_size=500))
def test_any_words_are_read(words: str) -> None:
    assert len(redact_echoes(words, ITEM)) <= len(words) * 2 + 1


@every_row("city", ["york", "paris", "berlin", "chicago"])
@every_row("after", ["", ".", " x"])
def test_short_value_at_the_end_is_removed(city: str, after: str) -> None:
    item = json.dumps({"user": {"city": city}})
    assert redact_echoes(f"Invalid city: {city}{after}", item) == f"Invalid city: …{after}"


@given(st.lists(st.text("abcé%2", min_size=4, max_size=9), min_size=1, max_size=4), st.data())
def test_any_value_among_any_words_is_removed_or_stands_in_a_word(
    values: list[str], data: st.DataObject
) -> None:
    words = " ".join(data.draw(st.lists(st.sampled_from([*values, "bad", ":"]), max_size=6)))
    item = json.dumps({"user": dict(enumerate(values))})
    kept = redact_echoes(words, item).split(" ")
    assert not set(kept) & {value for value in values if value.isalnum()}
