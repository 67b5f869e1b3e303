"""Standard Webhooks: events of the relay and the payload form; the message id where an event has none."""

import json
from typing import Any

import pytest

from relay.event.body import OversizedEvent
from relay.request_error import RequestError
from relay.webhooks.options import Options
from relay.webhooks.provider import Ignored, ProviderEvents
from tests.support.rows import every_row
from tests.support.webhooks import parse, reason_of, sample

AT = 1_794_996_251
"""The `timestamp` of `payload`, in Unix seconds."""


def events(body: object) -> list[Any]:
    result = parse("standard", body)
    assert isinstance(result, ProviderEvents)
    return list(result.events)


def test_event_is_not_changed() -> None:
    assert events(sample("standard/purchase")) == [sample("standard/purchase")]


def test_event_without_an_id_gets_the_messages_so_that_a_retry_is_the_same_event() -> None:
    nameless = {"event": "Lead"}
    assert events(nameless) == [{"event": "Lead", "event_id": "msg_1"}]
    assert [event["event_id"] for event in events({"events": [nameless, nameless]})] == ["msg_1", "msg_1-1"]


@pytest.mark.parametrize(
    "event", [{"order_id": "o-1"}, {"properties": {"order_id": "o-1"}}, {"event_id": "e"}]
)
def test_event_with_an_id_of_its_own_keeps_it(event: dict[str, object]) -> None:
    assert events(event) == [event]


def test_tiktoks_envelope_names_the_destination() -> None:
    result = parse(
        "standard", {"event_source": "web", "event_source_id": "P1", "data": [{"event_id": "1"}, 5]}
    )
    assert isinstance(result, ProviderEvents)
    assert result.envelope == {"event_source": "web", "event_source_id": "P1"}
    assert result.events == [{"event_id": "1"}, 5]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        (b"", "body_empty", 400),
        (b"{", "body_not_json", 400),
        (b"\xff", "body_not_utf8", 400),
        (json.dumps({"events": [{}] * 1001}).encode(), "events_too_many", 413),
    ],
)
def test_body_that_cannot_be_read_says_why(body: bytes, code: str, status: int) -> None:
    with pytest.raises(RequestError) as error:
        parse("standard", body)
    assert (error.value.code, error.value.status) == (code, status)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([], "not_an_event"),
        (5, "not_an_event"),
        ({"events": []}, "empty"),
        ({"events": {}}, "not_an_event"),
        ({"pixel_code": "P1", "batch": []}, "not_an_event"),
    ],
)
def test_json_that_holds_no_events_is_ignored_with_a_reason(body: object, expected: str) -> None:
    assert reason_of("standard", body) == expected


def warnings(body: object) -> dict[int, list[tuple[str, str]]]:
    """Code and field of the provider's own warnings, by event."""
    result = parse("standard", body)
    assert isinstance(result, ProviderEvents)
    return {
        index: [(warning.code, warning.field) for warning in found]
        for index, found in result.warnings.items()
    }


def test_placeholder_that_the_messages_id_replaces_is_warned_of() -> None:
    lead = {"event": "Lead"}
    assert warnings({"events": [lead, lead | {"event_id": "undefined"}]}) == {
        1: [("event_id_placeholder", "event_id")]
    }
    assert warnings(lead | {"event_id": ["null"]}) == {
        0: [("read_as_single", "event_id"), ("event_id_placeholder", "event_id")]
    }


@pytest.mark.parametrize(
    "ids", [{}, {"event_id": " "}, {"event_id": "e-1"}, {"order_id": "undefined"}, {"event_id": True}]
)
def test_nothing_is_warned_of_where_the_pipeline_says_it_or_nothing_was_replaced(
    ids: dict[str, object],
) -> None:
    assert warnings({"event": "Lead", **ids}) == {}


# ── purchases that come late ───────────────────────────────────────────────────────────────────────────

SALE = {"event": "Purchase", "order_id": "o-7", "event_time": AT}


def history(body: object) -> tuple[str, int | None]:
    result = parse("standard", body)
    assert isinstance(result, ProviderEvents)
    return result.history.excluded, result.history.ordered_at


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "Purchase:o-7"),
        ({"event": "CompletePayment"}, "Purchase:o-7"),
        ({"event": "Subscribe"}, "Subscribe:o-7"),
        ({"event_id": "e-1"}, "Purchase:e-1"),
        ({"event_id": "undefined"}, "Purchase:o-7"),
        ({"order_id": None, "properties": {"order_id": 7}}, "Purchase:7"),
        ({"order_id": None}, "Purchase:msg_1"),
        ({"event_time": "2026-11-18T10:04:11Z"}, "Purchase:o-7"),
        ({"event_time": AT * 1000}, "Purchase:o-7"),
    ],
)
def test_purchase_with_a_time_is_looked_up_under_the_id_that_goes_out(
    changes: dict[str, object], key: str
) -> None:
    assert history(SALE | changes) == (key, AT)


@every_row(
    "body",
    [
        SALE | {"event_time": None},
        SALE | {"event_time": "soon"},
        SALE | {"event": "Lead"},
        SALE | {"event": None},
        SALE | {"event_id": True},
        SALE | {"event_source": "offline"},
        SALE | {"event_source_id": "P2"},
        {"event_source": "web", "event_source_id": "P1", "data": [SALE]},
        {"events": [SALE, SALE]},
        {"events": [5]},
    ],
)
def test_event_without_a_time_or_of_another_kind_is_not_looked_up(body: object) -> None:
    assert history(body) == ("", None)


def test_time_of_a_payload_is_the_time_of_its_purchase() -> None:
    assert history(payload("Purchase", EVENT)) == ("Purchase:o-7", AT)


# ── the payload form of the specification ──────────────────────────────────────────────────────────────

EVENT = {"order_id": "o-7", "value": 60, "currency": "EUR", "email": "ada@example.com"}


def payload(kind: str, data: object, **more: object) -> dict[str, object]:
    return {"type": kind, "timestamp": "2026-11-18T10:04:11.344522Z", "data": data, **more}


def test_type_and_timestamp_are_the_events_name_and_time() -> None:
    assert events(payload("Purchase", EVENT)) == [EVENT | {"event": "Purchase", "event_time": AT}]


@pytest.mark.parametrize("timestamp", ["2026-11-18T10:04:11Z", "2026-11-18T11:04:11.5+01:00"])
def test_timestamp_with_a_zone_is_in_unix_seconds_so_that_nothing_is_warned_of(timestamp: str) -> None:
    (event,) = events(payload("Purchase", EVENT) | {"timestamp": timestamp})
    assert event["event_time"] == AT


@pytest.mark.parametrize(
    "timestamp", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "5139-01-01T00:00:00Z"]
)
def test_timestamp_whose_seconds_would_be_another_time_is_left_to_the_pipeline(timestamp: str) -> None:
    (event,) = events(payload("Purchase", EVENT) | {"timestamp": timestamp})
    assert event["event_time"] == timestamp


@pytest.mark.parametrize("timestamp", ["2026-11-18T10:04:11", AT * 1000, str(AT)])
def test_timestamp_in_another_form_is_left_to_the_pipeline_with_its_warning(timestamp: object) -> None:
    (event,) = events(payload("Purchase", EVENT) | {"timestamp": timestamp})
    assert event["event_time"] == timestamp


def test_date_in_event_time_is_left_to_the_pipeline_like_anyones() -> None:
    own = EVENT | {"event_time": "2026-11-18T10:04:11Z"}
    assert events(payload("Purchase", own)) == [own | {"event": "Purchase"}]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("purchase", "Purchase"), ("add_to_cart", "AddToCart"), ("complete.payment", "CompletePayment")],
)
def test_type_may_be_spelled_in_another_way(kind: str, name: str) -> None:
    assert [event["event"] for event in events(payload(kind, EVENT))] == [name]


def test_what_the_data_say_goes_before_what_stands_beside_them() -> None:
    named = EVENT | {"event": "Lead", "event_time": 1_794_996_000}
    assert events(payload("order.paid", named)) == [named]
    assert events(payload("Purchase", named)) == [named]


def test_payload_without_a_time_is_of_now() -> None:
    given: object
    for given in (None, "soon", []):
        (event,) = events(payload("Purchase", EVENT) | {"timestamp": given})
        assert "event_time" not in event


def test_payload_without_an_id_gets_the_messages() -> None:
    (event,) = events(payload("Lead", {"email": "ada@example.com"}))
    assert event["event_id"] == "msg_1"


def test_payload_may_hold_several_events() -> None:
    found = events(payload("Purchase", [EVENT, EVENT | {"order_id": "o-8"}]))
    assert [event["order_id"] for event in found] == ["o-7", "o-8"]


def test_entry_that_is_too_deep_is_an_event_that_is_rejected() -> None:
    deep = json.loads("[" * 40 + "]" * 40)
    assert events(payload("Purchase", [{"contents": deep}])) == [OversizedEvent("too_deep")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (payload("user.created", {"id": 1}), "topic_unknown"),
        (payload("", {"id": 1}), "topic_unknown"),
        (payload("Purchase", None), "empty"),
        (payload("Purchase", []), "empty"),
        (payload("Purchase", "text"), "not_an_event"),
        (payload("Purchase", [1]), "not_an_event"),
        (payload("user.created", [1, {"id": 1}]), "topic_unknown"),
    ],
)
def test_payload_of_another_type_is_ignored_with_a_reason(body: object, expected: str) -> None:
    assert reason_of("standard", body) == expected


def test_payload_of_an_unknown_type_says_what_to_send() -> None:
    result = parse("standard", payload("user.created", {"id": 1}))
    assert isinstance(result, Ignored)
    assert "data.event" in result.detail


def test_consent_beside_the_data_of_a_payload_counts_and_its_other_members_are_no_finding() -> None:
    body = {"type": "Lead", "api_version": 2, "consent": "denied", "data": {"email": "ada@example.com"}}
    result = parse("standard", body)
    assert isinstance(result, ProviderEvents)
    assert result.envelope == {"consent": "denied"}


def beside(options: Options | None = None, **members: object) -> dict[str, object]:
    """Return what counts of the members beside the data of a payload."""
    result = parse("standard", payload("Purchase", EVENT, **members), options=options)
    assert isinstance(result, ProviderEvents)
    return dict(result.envelope)


@pytest.mark.parametrize("consent", [{"marketing": True}, "pending", "", [], True, 1, 5.5, None])
def test_consent_of_the_senders_own_beside_the_data_is_ignored(consent: object) -> None:
    assert beside(consent=consent) == {}


@pytest.mark.parametrize("consent", ["granted", "denied", " Denied ", False, 0])
def test_consent_in_the_relays_words_beside_the_data_counts(consent: object) -> None:
    assert beside(consent=consent) == {"consent": consent}


@pytest.mark.parametrize("given", ["evt_source_1", ["P1", "source1"], [], {"id": "P1"}, 5])
def test_source_id_of_the_senders_own_beside_the_data_is_ignored(given: object) -> None:
    assert beside(Options(destinations=frozenset({"P1", "700"})), event_source_id=given) == {}


@pytest.mark.parametrize("given", ["P1", " P1 ", ["P1", "700"], 700])
def test_destination_of_the_relay_beside_the_data_counts(given: object) -> None:
    options = Options(destinations=frozenset({"P1", "700"}))
    assert beside(options, event_source_id=given) == {"event_source_id": given}


def test_payload_may_have_nulls_where_an_event_or_an_envelope_has_its_own() -> None:
    (event,) = events(payload("Purchase", EVENT, event=None, event_source=None))
    assert event["event"] == "Purchase"


def test_envelope_of_tiktoks_is_no_payload() -> None:
    envelope = {
        "event_source": "web",
        "event_source_id": "P1",
        "type": "x",
        "data": [EVENT | {"event": "Lead"}],
    }
    assert [event["event"] for event in events(envelope)] == ["Lead"]
