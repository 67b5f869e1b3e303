"""Standard Webhooks: our own events, signed; the message's id stands in where an event has none."""

import json
from typing import Any

import pytest

from relay.request_error import RequestError
from relay.webhooks.provider import Told
from tests.support.webhooks import read, sample


def events(body: object) -> list[Any]:
    result = read("standard", body)
    assert isinstance(result, Told)
    return list(result.events)


def test_event_goes_on_as_it_is() -> None:
    assert events(sample("standard/purchase")) == [sample("standard/purchase")]


def test_event_without_an_id_gets_the_messages_so_that_a_retry_is_the_same_event() -> None:
    nameless = {"event": "Lead"}
    assert events(nameless) == [{"event": "Lead", "event_id": "msg_1"}]
    assert [each["event_id"] for each in events({"events": [nameless, nameless]})] == ["msg_1", "msg_1-1"]


@pytest.mark.parametrize(
    "event", [{"order_id": "o-1"}, {"properties": {"order_id": "o-1"}}, {"event_id": "e"}]
)
def test_event_with_an_id_of_its_own_keeps_it(event: dict[str, object]) -> None:
    assert events(event) == [event]


def test_envelope_as_tiktok_has_it_says_where_the_events_go() -> None:
    result = read(
        "standard", {"event_source": "web", "event_source_id": "P1", "data": [{"event_id": "1"}, 5]}
    )
    assert isinstance(result, Told)
    assert result.address == {"event_source": "web", "event_source_id": "P1"}
    assert result.events == [{"event_id": "1"}, 5]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", "body_empty", 400),
        (b"{", "body_not_json", 400),
        (b"\xff", "body_not_utf8", 400),
        (b"[]", "body_not_an_object", 400),
        (b'{"events": []}', "events_empty", 400),
        (json.dumps({"events": [{}] * 1001}).encode(), "events_too_many", 413),
    ],
)
def test_body_that_cannot_be_read_says_why(body: bytes, code: str, status: int) -> None:
    with pytest.raises(RequestError) as error:
        read("standard", body)
    assert (error.value.code, error.value.status) == (code, status)
