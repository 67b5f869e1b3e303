"""Digests for log lines: of the event's own ids, however its properties are named."""

import json
from typing import Any

import pytest

from relay.delivery.id_digests import Digests, digests
from relay.telemetry import id_digest


def digests_of(*events: dict[str, Any]) -> Digests:
    return digests(json.dumps(event, separators=(",", ":")) for event in events)


def test_line_has_the_digests_of_each_event_with_its_name() -> None:
    found = digests_of(
        {"event": "Purchase", "properties": {"order_id": "7"}, "event_id": "order-7"},
        {"event": "ViewContent", "event_id": "view-1"},
    )
    assert found["event_id_digests"] == [id_digest("order-7"), id_digest("view-1")]
    assert found["event_names"] == ["Purchase", "ViewContent"]
    assert found["order_id_digests"] == [id_digest("7")]


def test_order_id_that_is_the_event_id_has_one_digest() -> None:
    found = digests_of({"event": "Purchase", "properties": {"order_id": "7"}, "event_id": "7"})
    assert (found["event_id_digests"], found["order_id_digests"]) == ([id_digest("7")], [])


@pytest.mark.parametrize(
    "properties",
    [
        {"event_id": "of-a-calendar", "event": "Concert", "order_id": "7"},
        {"ticket": {"order_id": "of-another-shop"}, "order_id": "7"},
        {"tickets": [{"event_id": "1", "order_id": "2", "event": "Concert"}], "order_id": "7"},
    ],
)
def test_property_of_the_same_name_is_not_the_events_own(properties: dict[str, Any]) -> None:
    found = digests_of({"event": "Purchase", "properties": properties, "event_id": "order-7"})
    assert found == Digests(
        event_id_digests=[id_digest("order-7")], event_names=["Purchase"], order_id_digests=[id_digest("7")]
    )


@pytest.mark.parametrize("event_id", ['say "event_id":"x"', "back\\slash", "größe", "line\nend"])
def test_id_that_json_escapes_has_the_digest_of_the_id_itself(event_id: str) -> None:
    assert digests_of({"event": "Purchase", "event_id": event_id})["event_id_digests"] == [
        id_digest(event_id)
    ]


@pytest.mark.parametrize(
    "item", ["", "{", "[]", '{"event_id":7}', '{"event":"x","event_id":"', '{"event_id":"abc']
)
def test_item_without_readable_ids_has_no_digest(item: str) -> None:
    assert digests([item]) == Digests(event_id_digests=[], event_names=[], order_id_digests=[])


def test_name_that_the_sender_made_up_is_not_logged() -> None:
    assert digests_of({"event": "Ada bought", "event_id": "1"})["event_names"] == ["custom"]
