"""Dead letters: the message as it was, with the reason in words that SQS takes and that show no person."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.aws.sqs import MAX_BYTES, attributes_bytes
from relay.delivery.dead_letters import Reason, make_dead_letter
from relay.delivery.outcomes import Status, Undelivered
from relay.destination import Destination
from relay.event import finished_item
from relay.message import decode
from relay.tiktok.responses import Response
from tests.support.delivery import BROKEN, REQUEST_ID, REVOKED, item, record
from tests.support.events import DESTINATION, NOW, PIXEL

LEGAL = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]+")
# SendMessage, API reference: names of attributes.
NAME = re.compile("[A-Za-z0-9_.-]{1,256}")


def undelivered(
    response: Response | None = None, *, status: Status = "rejected", detail: str = "", **more: object
) -> Undelivered:
    made = record(1, **more)  # type: ignore[arg-type]
    message = decode(made["body"]) if made["body"].startswith("[") else None
    return Undelivered(made, status, response, message, detail)


def rejected(words: str, **more: Any) -> dict[str, str]:
    response = Response("rejected", 200, 40002, words, REQUEST_ID)
    return make_dead_letter(undelivered(response, **more), "rejected", NOW).attributes


def test_rejected_event_says_what_tiktok_said_and_when() -> None:
    message = make_dead_letter(
        undelivered(Response("rejected", 200, 40002, "Batch.0.event_id: Not a valid string", REQUEST_ID)),
        "rejected",
        NOW,
    )
    assert message.body == record(1)["body"]
    assert message.attributes == {
        "reason": "rejected",
        "destination": f"web/{PIXEL}",
        "tiktok_code": "40002",
        "tiktok_message": "Batch.0.event_id: Not a valid string",
        "tiktok_request_id": REQUEST_ID,
        "attempts": "1",
        "received_at": "2026-11-18T11:06:35+00:00",
        "dead_lettered_at": "2026-11-18T11:06:40+00:00",
        "possibly_delivered": "no",
    }


def test_test_event_names_its_code() -> None:
    assert (
        rejected("no", destination=Destination("web", PIXEL, "TEST1"))["destination"] == f"web/{PIXEL}/TEST1"
    )


def test_expired_event_says_what_the_last_response_was() -> None:
    attributes = make_dead_letter(
        undelivered(BROKEN, status="retry", attempts=699), "expired", NOW
    ).attributes
    assert attributes["detail"] == "last attempt: transient (HTTP 502)"
    assert attributes["attempts"] == "700"


@pytest.mark.parametrize(
    ("response", "attempts", "reason", "possibly"),
    [
        (Response("rejected", 200, 40002), 5, "rejected", "no"),
        (REVOKED, 0, "expired", "no"),
        (REVOKED, 1, "expired", "yes"),
        (BROKEN, 0, "expired", "yes"),
        (None, 5, "unknown_destination", "no"),
        (None, 5, "unreadable", "no"),
    ],
)
def test_whether_an_earlier_attempt_possibly_delivered_is_said(
    response: Response | None, attempts: int, reason: Reason, possibly: str
) -> None:
    attributes = make_dead_letter(undelivered(response, attempts=attempts), reason, NOW).attributes
    assert attributes["possibly_delivered"] == possibly


def test_unreadable_message_says_why_and_since_when() -> None:
    made = make_dead_letter(
        undelivered(status="unreadable", detail="the header is not JSON", body="rubbish"), "unreadable", NOW
    )
    assert made.body == "rubbish"
    assert made.attributes["detail"] == "the header is not JSON"
    assert made.attributes["received_at"] == "2026-11-18T11:06:35+00:00"
    assert "destination" not in made.attributes


PERSON = {
    "user": {"ip": "9.9.9.10", "email": ["a" * 64, "b" * 64], "user_agent": "Canary-Browser/7"},
    "page": {"url": "https://shop.example/canary"},
}


@pytest.mark.parametrize("value", ["9.9.9.10", "a" * 64, "Canary-Browser/7", "https://shop.example/canary"])
def test_what_tiktoks_words_repeat_of_a_person_is_redacted(value: str) -> None:
    attributes = rejected(f"Batch.0.user.ip: '{value}' is no good", text=item("1", **PERSON))
    assert attributes["tiktok_message"] == "Batch.0.user.ip: '…' is no good"


def test_longer_value_is_redacted_whole() -> None:
    text = item("1", user={"ttp": "9.9.9.10", "user_agent": "9.9.9.10 and more"})
    assert rejected("found 9.9.9.10 and more here", text=text)["tiktok_message"] == "found … here"


@pytest.mark.parametrize(
    "echo",
    ["CANARY-BROWSER/7", "Canary-Browser\\/7", "Canary%2DBrowser%2F7", "Canary-Brow", "ada@example.com"],
)
def test_echo_that_is_escaped_partial_in_another_case_or_not_the_events_is_redacted(echo: str) -> None:
    words = rejected(f"found {echo} here", text=item("1", **PERSON))["tiktok_message"]
    assert words.startswith("found ")
    assert words.endswith(" here")
    assert not set(re.split(r"\W+", echo.lower())) & set(re.split(r"\W+", words.lower())) - {""}


@given(st.text(max_size=2000), st.text(max_size=2000))
def test_whatever_tiktok_says_sqs_takes_it(words: str, request_id: str) -> None:
    response = Response("rejected", 200, 40002, words, request_id)
    attributes = make_dead_letter(
        undelivered(response, detail=words, attempts=999), "rejected", NOW
    ).attributes
    assert len(attributes) <= 10
    for name, value in attributes.items():
        assert NAME.fullmatch(name)
        assert LEGAL.fullmatch(value)


def test_largest_message_has_room_for_its_attributes() -> None:
    wide = "\U0001f600" * 10_000
    text = item("1", x="x" * (finished_item.MAX_BYTES - 100))
    message = make_dead_letter(
        undelivered(Response("rejected", 200, 40002, wide, wide), detail=wide, text=text), "rejected", NOW
    )
    assert len(message.body) + attributes_bytes(message.attributes) < MAX_BYTES


def test_lone_surrogate_is_no_obstacle() -> None:
    attributes = rejected("bad \ud800 \x00 words")
    assert attributes["tiktok_message"] == "bad \ufffd \ufffd words"
    assert attributes["tiktok_message"].encode()


def test_destination_of_the_message_is_as_ingest_wrote_it() -> None:
    assert decode(record(1)["body"]).destination == DESTINATION
