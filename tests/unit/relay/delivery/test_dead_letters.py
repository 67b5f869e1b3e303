"""Parking: the message as it was, and on it why, in words that SQS takes and that tell of nobody."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.aws.sqs import MOST_BYTES, attributes_bytes
from relay.delivery.dead_letters import Reason, parked
from relay.delivery.outcomes import Fate, Verdict
from relay.destination import Destination
from relay.event.pipeline import MOST_ITEM_BYTES
from relay.message import decode
from relay.tiktok.responses import Answer
from tests.support.delivery import BROKEN, REVOKED, item, record
from tests.support.events import DESTINATION, NOW, PIXEL

LEGAL = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
# SendMessage, API reference: names of attributes.
NAME = re.compile("[A-Za-z0-9_.-]{1,256}")


def verdict(
    answer: Answer | None = None, *, fate: Fate = "rejected", why: str = "", **more: object
) -> Verdict:
    made = record(1, **more)  # type: ignore[arg-type]
    message = decode(made.body) if made.body.startswith("[") else None
    return Verdict(made, fate, answer, message, why)


def refused(words: str, **more: Any) -> dict[str, str]:
    answer = Answer("payload", 200, 40002, words, "20261101000000ABC")
    return parked(verdict(answer, **more), "rejected", NOW).attributes


def test_refused_event_says_what_tiktok_said_and_when() -> None:
    message = parked(
        verdict(Answer("payload", 200, 40002, "Batch.0.event_id: Not a valid string", "20261101000000ABC")),
        "rejected",
        NOW,
    )
    assert message.body == record(1).body
    assert message.attributes == {
        "reason": "rejected",
        "destination": f"web/{PIXEL}",
        "tiktok_code": "40002",
        "tiktok_message": "Batch.0.event_id: Not a valid string",
        "tiktok_request_id": "20261101000000ABC",
        "tries": "1",
        "received_at": "2026-11-18T11:06:35+00:00",
        "parked_at": "2026-11-18T11:06:40+00:00",
        "possibly_delivered": "no",
    }


def test_test_event_names_its_code() -> None:
    assert (
        refused("no", destination=Destination("web", PIXEL, "TEST1"))["destination"] == f"web/{PIXEL}/TEST1"
    )


def test_expiring_event_says_what_the_last_answer_was() -> None:
    attributes = parked(verdict(BROKEN, fate="again", receives=700), "expiring", NOW).attributes
    assert attributes["why"] == "transient to the last (HTTP 502)"
    assert attributes["tries"] == "700"


@pytest.mark.parametrize(
    ("answer", "receives", "reason", "may"),
    [
        (Answer("payload", 200, 40002), 5, "rejected", "no"),
        (REVOKED, 1, "expiring", "no"),
        (REVOKED, 2, "expiring", "yes"),
        (BROKEN, 1, "expiring", "yes"),
        (None, 5, "unknown_destination", "no"),
        (None, 5, "unreadable", "no"),
    ],
)
def test_whether_an_earlier_try_possibly_delivered_is_said(
    answer: Answer | None, receives: int, reason: Reason, may: str
) -> None:
    attributes = parked(verdict(answer, receives=receives), reason, NOW).attributes
    assert attributes["possibly_delivered"] == may


def test_unreadable_message_says_why_and_since_when() -> None:
    made = parked(verdict(fate="unreadable", why="the header is not JSON", body="rubbish"), "unreadable", NOW)
    assert made.body == "rubbish"
    assert made.attributes["why"] == "the header is not JSON"
    assert made.attributes["received_at"] == "2026-11-18T11:06:35+00:00"
    assert "destination" not in made.attributes


PERSON = {
    "user": {"ip": "9.9.9.10", "email": ["a" * 64, "b" * 64], "user_agent": "Canary-Browser/7"},
    "page": {"url": "https://shop.example/canary"},
}


@pytest.mark.parametrize("value", ["9.9.9.10", "a" * 64, "Canary-Browser/7", "https://shop.example/canary"])
def test_what_tiktoks_words_repeat_of_a_person_is_taken_out(value: str) -> None:
    attributes = refused(f"Batch.0.user.ip: '{value}' is no good", text=item("1", **PERSON))
    assert attributes["tiktok_message"] == "Batch.0.user.ip: '…' is no good"


def test_longer_value_is_taken_out_whole() -> None:
    text = item("1", user={"ttp": "9.9.9.10", "user_agent": "9.9.9.10 and more"})
    assert refused("found 9.9.9.10 and more here", text=text)["tiktok_message"] == "found … here"


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_whatever_tiktok_says_sqs_takes_it(words: str, request_id: str) -> None:
    answer = Answer("payload", 200, 40002, words, request_id)
    attributes = parked(verdict(answer, why=words, receives=999), "rejected", NOW).attributes
    assert len(attributes) <= 10
    for name, value in attributes.items():
        assert NAME.fullmatch(name)
        assert LEGAL.fullmatch(value)


def test_largest_message_has_room_for_its_attributes() -> None:
    wide = "\U0001f600" * 10_000
    text = item("1", x="x" * (MOST_ITEM_BYTES - 100))
    message = parked(verdict(Answer("payload", 200, 40002, wide, wide), why=wide, text=text), "rejected", NOW)
    assert len(message.body) + attributes_bytes(message.attributes) < MOST_BYTES


def test_lone_surrogate_is_no_obstacle() -> None:
    attributes = refused("bad \ud800 \x00 words")
    assert attributes["tiktok_message"] == "bad \ufffd \ufffd words"
    assert attributes["tiktok_message"].encode()


def test_destination_of_the_message_is_as_ingest_wrote_it() -> None:
    assert decode(record(1).body).destination == DESTINATION
