"""Ingestion: what a receipt says, within its size, and what is accepted when the queue takes a part."""

import json
from collections.abc import Sequence

import pytest

from relay.destination import Destination
from relay.event.pipeline import Accepted, Dropped, Rejected
from relay.findings import Finding
from relay.ingestion import MAX_RESPONSE_BYTES, Receipt, enqueue
from relay.message import decode
from tests.support.events import DESTINATION, NOW
from tests.support.rows import every_row

OTHER = Destination("web", "OTHERPIXEL")
OFFLINE = Destination("offline", "7000000000000000002")
TEST = DESTINATION._replace(test_event_code="TEST12345")


def accepted(event_id: str = "order-1", warnings: Sequence[Finding] = (), *to: Destination) -> Accepted:
    item = json.dumps({"event": "Purchase", "event_id": event_id})
    return Accepted("Purchase", event_id, to or (DESTINATION,), item, 5.0, tuple(warnings))


def findings(number: int, code: str = "unknown_field", name: str = "field") -> tuple[Finding, ...]:
    return tuple(
        Finding(code, name, "A sentence of the usual length that says what to do.") for _ in range(number)
    )


def receipt(number: int, warnings: Sequence[Finding]) -> Receipt:
    return Receipt(accepted={index: accepted(f"order-{index}", warnings) for index in range(number)})


def test_small_receipt_lists_every_finding() -> None:
    answered = receipt(3, findings(2)).as_json()
    assert "findings_not_listed" not in answered
    for event in answered["accepted"]:  # type: ignore[attr-defined]
        assert len(event["warnings"]) == 2
        assert "not_listed" not in event


def test_large_receipt_counts_findings_and_lists_every_accepted_event() -> None:
    answered = receipt(1000, findings(100)).as_json()
    assert len(json.dumps(answered)) <= MAX_RESPONSE_BYTES
    events = answered["accepted"]
    assert isinstance(events, list)
    assert [event["event_id"] for event in events] == [f"order-{index}" for index in range(1000)]
    listed = sum(len(event["warnings"]) for event in events)
    assert 0 < listed < 100_000
    assert sum(event.get("not_listed", 0) for event in events) == 100_000 - listed
    assert answered["findings_not_listed"] == {"unknown_field": 100_000 - listed}


def test_rejected_event_keeps_its_first_error_however_large_the_receipt() -> None:
    held = Receipt(
        rejected={index: Rejected(findings(100, "wrong_type"), findings(100)) for index in range(1000)}
    )
    answered = held.as_json()
    assert len(json.dumps(answered)) <= MAX_RESPONSE_BYTES
    events = answered["rejected"]
    assert isinstance(events, list)
    assert len(events) == 1000
    assert all(event["errors"] for event in events)
    counted = answered["findings_not_listed"]
    assert isinstance(counted, dict)
    listed = sum(len(event["errors"]) + len(event["warnings"]) for event in events)
    assert sum(counted.values()) == 200_000 - listed


def test_size_is_that_of_the_json_and_not_of_the_characters() -> None:
    held = receipt(1000, findings(100, name="\U0001f600" * 40))
    assert len(json.dumps(held.as_json())) <= MAX_RESPONSE_BYTES


def test_dropped_and_not_queued_events_are_listed() -> None:
    held = Receipt([{}, {}], dropped={0: Dropped("consent_denied")}, not_queued={1: accepted()})
    answered = held.as_json()
    assert answered["dropped"] == [{"index": 0, "reason": "consent_denied"}]
    assert answered["not_queued"] == [{"index": 1, "event": "Purchase", "event_id": "order-1"}]


def test_each_destination_gets_a_message_of_its_own() -> None:
    bodies: list[str] = []

    def put(sent: Sequence[str]) -> list[int]:
        bodies.extend(sent)
        return []

    held = Receipt(accepted={0: accepted("a", (), DESTINATION, OTHER), 2: accepted("b")})
    enqueue(held, NOW, "server", "trace-1", put)
    messages = [decode(body) for body in bodies]
    assert [message.destination for message in messages] == [DESTINATION, OTHER, DESTINATION]
    assert {(message.received_at, message.sender, message.trace_id) for message in messages} == {
        (NOW, "server", "trace-1")
    }
    assert set(held.accepted) == {0, 2}


@pytest.mark.parametrize("rejected", [[0], [1], [0, 1]])
def test_event_that_one_of_its_destinations_lacks_is_not_accepted(rejected: list[int]) -> None:
    held = Receipt(accepted={0: accepted("a", (), DESTINATION, OTHER), 1: accepted("b")})
    enqueue(held, NOW, "server", "trace-1", lambda _bodies: rejected)
    assert (set(held.accepted), set(held.not_queued)) == ({1}, {0})


def test_back_ends_import_of_old_orders_is_not_remembered_one_by_one() -> None:
    assert receipt(5, ()).purchase_keys([DESTINATION]) == [f"Purchase:order-{number}" for number in range(5)]
    assert receipt(500, ()).purchase_keys([DESTINATION]) == []


@every_row(
    ("to", "default", "remembered"),
    [
        ([DESTINATION], [DESTINATION], True),
        ([OFFLINE, DESTINATION], [DESTINATION], True),
        ([OFFLINE], [DESTINATION], False),
        ([OTHER], [DESTINATION], False),
        ([DESTINATION, OTHER], [OTHER, DESTINATION], True),
        ([DESTINATION], [DESTINATION, OTHER], False),
        ([TEST], [DESTINATION], False),
        ([TEST], [TEST], False),
    ],
)
def test_purchase_is_remembered_where_tiktok_counted_what_a_webhook_would_send(
    to: list[Destination], default: list[Destination], *, remembered: bool
) -> None:
    held = Receipt(accepted={0: accepted("order-1", (), *to)})
    assert held.purchase_keys(default) == (["Purchase:order-1"] if remembered else [])


def test_nothing_to_enqueue_makes_no_call() -> None:
    def put(_sent: Sequence[str]) -> list[int]:
        raise AssertionError

    enqueue(Receipt(), NOW, "server", "trace-1", put)
