"""Dead letters that can't be read are shown with their body, and never stop the command."""

import json

import pytest

from relay.destination import Destination
from relay.message import Message
from relay_cli import output
from relay_cli.dead_letters import REASONS, DeadLetter


def dead_letter(item: str) -> DeadLetter:
    message = Message(Destination("web", "D179S7RC77UA68QT5U1G", ""), 1.0, "events", "trace-1", item)
    return DeadLetter("id-1", "handle", message.encode(), {}, 1.0)


@pytest.mark.parametrize("levels", [100, 400, 900, 990, 1_000, 3_000, 100_000])
def test_item_that_is_nested_too_deep_is_unreadable(levels: int) -> None:
    item = '{"event": "Purchase", "event_id": "1", "properties": ' + "[" * levels + "]" * levels + "}"
    found = dead_letter(item)
    assert found.item is None
    assert found.event() == ""
    shown = json.loads(output.as_json(found.as_json()))
    assert shown["body"] == found.body


@pytest.mark.parametrize("item", ["[1]", "{", "", "{nothing}"])
def test_item_that_is_no_object_is_unreadable(item: str) -> None:
    found = dead_letter(item)
    assert (found.item, found.event(), found.as_json()["body"]) == (None, "", found.body)


def test_item_is_shown_as_tiktok_would_get_it() -> None:
    found = dead_letter('{"event": "Purchase", "event_id": "1"}')
    assert found.event() == "Purchase 1"
    assert found.as_json()["item"] == {"event": "Purchase", "event_id": "1"}
    assert "body" not in found.as_json()


def test_message_that_has_no_reason_was_not_processed() -> None:
    assert dead_letter("{}").reason == "not_processed"
    assert "not_processed" in REASONS
