"""The simulator's ledger: what it stores and what TikTok would have counted."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from local.simulator.json_types import Json
from local.simulator.ledger import Batch, EventFilter, EventView, Ledger

HOUR = 3600.0


def accept(
    ledger: Ledger,
    *items: Json,
    at: float = 0.0,
    pixel: str = "PIXEL",
    test: str | None = None,
    omitted: Sequence[int] = (),
    generation: int | None = None,
) -> int:
    body = json.dumps({"data": list(items)}).encode()
    batch = Batch(body, items, "web", pixel, test, f"request-at-{at:g}")
    return ledger.accept(batch, omitted, at, ledger.generation if generation is None else generation)


def purchase(event_id: str | None = "1", event: str = "Purchase", **more: Json) -> dict[str, Json]:
    item: dict[str, Json] = {"event": event, "event_time": 1, "user": {"ttp": "x"}, **more}
    return item if event_id is None else {**item, "event_id": event_id}


def events(ledger: Ledger, which: EventFilter | None = None) -> list[EventView]:
    return ledger.events(which or EventFilter())[1]


def test_a_copy_within_48_hours_is_a_duplicate() -> None:
    ledger = Ledger()
    accept(ledger, purchase(), at=0)
    accept(ledger, purchase(), at=48 * HOUR - 1)

    (event,) = events(ledger)
    assert (event["received"], event["counted"], event["duplicates"]) == (2, 1, 1)
    assert ledger.stats()["counted_twice"] == 0


def test_a_copy_from_48_hours_on_counts_again() -> None:
    ledger = Ledger()
    accept(ledger, purchase(), at=0)
    accept(ledger, purchase(), at=48 * HOUR)

    (event,) = events(ledger)
    assert (event["received"], event["counted"], event["duplicates"]) == (2, 2, 0)
    assert ledger.stats()["counted_twice"] == 1


def test_the_48_hours_run_from_the_first_not_from_the_last_copy() -> None:
    ledger = Ledger()
    for hours in (0, 40, 80):
        accept(ledger, purchase(), at=hours * HOUR)

    (event,) = events(ledger)
    assert (event["counted"], event["duplicates"]) == (2, 1)


def test_an_event_that_counted_again_begins_another_48_hours() -> None:
    ledger = Ledger()
    for hours in (0, 72, 100):
        accept(ledger, purchase(), at=hours * HOUR)

    (event,) = events(ledger)
    assert (event["counted"], event["duplicates"]) == (2, 1)


def test_an_event_that_counts_three_times_is_one_event_counted_twice() -> None:
    ledger = Ledger()
    for days in (0, 3, 6):
        accept(ledger, purchase(), at=days * 24 * HOUR)

    stats = ledger.stats()
    assert (stats["counted"], stats["counted_twice"]) == (3, 1)


def test_copies_in_one_batch_are_duplicates() -> None:
    ledger = Ledger()
    accept(ledger, purchase(), purchase(), purchase())

    assert ledger.stats()["counted"] == 1
    assert ledger.stats()["duplicates"] == 2


@pytest.mark.parametrize(
    ("event", "pixel"), [("AddToCart", "PIXEL"), ("Purchase", "PIXEL_2")], ids=["event", "pixel"]
)
def test_the_same_id_under_another_event_or_pixel_is_another_event(event: str, pixel: str) -> None:
    ledger = Ledger()
    accept(ledger, purchase())
    accept(ledger, purchase(event=event), pixel=pixel)

    assert ledger.stats()["counted"] == 2
    assert ledger.stats()["duplicates"] == 0


def test_events_without_an_id_all_count() -> None:
    ledger = Ledger()
    accept(ledger, purchase(None), purchase(None))

    assert ledger.stats()["counted"] == 2
    assert ledger.stats()["without_event_id"] == 2


def test_test_events_are_kept_apart_and_count_for_nothing() -> None:
    ledger = Ledger()
    accept(ledger, purchase(), test="TEST1")
    accept(ledger, purchase(), test="TEST1")
    accept(ledger, purchase())

    stats = ledger.stats()
    assert (stats["accepted"], stats["test_rows"], stats["counted"], stats["duplicates"]) == (3, 2, 1, 0)
    (tested,) = events(ledger, EventFilter(test=True))
    assert tested["test_event_code"] == "TEST1"
    (live,) = events(ledger, EventFilter(test=False))
    assert live["test_event_code"] is None


def test_accepted_rows_are_the_counted_the_duplicate_and_the_test_rows() -> None:
    ledger = Ledger()
    accept(ledger, purchase("1"), purchase("1"), purchase("2"), purchase(None))
    accept(ledger, purchase("1"), at=72 * HOUR)
    accept(ledger, purchase("1"), test="T")

    stats = ledger.stats()
    assert stats["accepted"] == 6
    assert stats["accepted"] == stats["counted"] + stats["duplicates"] + stats["test_rows"]


def test_an_event_is_given_back_as_it_was_first_sent() -> None:
    ledger = Ledger()
    accept(ledger, purchase("0"), purchase("1", properties={"value": 1.5}), at=5)
    accept(ledger, purchase("1", properties={"value": 99}), at=9)

    (event,) = events(ledger, EventFilter(event_id="1"))
    assert event["item"] == purchase("1", properties={"value": 1.5})
    assert (event["first_received_at"], event["last_received_at"]) == (5, 9)
    assert event["request_id"] == "request-at-5"


def test_rows_omitted_are_not_stored() -> None:
    ledger = Ledger()
    stored = accept(ledger, purchase("0"), purchase("1"), purchase("2"), omitted=[1])

    assert stored == 2
    assert [event["event_id"] for event in events(ledger)] == ["0", "2"]


def test_what_began_before_a_reset_leaves_no_trace_after_it() -> None:
    ledger = Ledger()
    begun = ledger.generation
    ledger.reset()

    assert accept(ledger, purchase(), generation=begun) == 0
    assert events(ledger) == []
    assert ledger.stats()["accepted"] == 0


def test_a_reset_forgets_what_it_deduplicates_by() -> None:
    ledger = Ledger()
    accept(ledger, purchase())
    ledger.reset()
    accept(ledger, purchase())

    assert ledger.stats()["counted"] == 1
    assert ledger.stats()["duplicates"] == 0


def test_pages_are_cut_from_the_events_that_fit() -> None:
    ledger = Ledger()
    accept(ledger, *(purchase(str(number)) for number in range(5)), purchase("x", event="Search"))

    total, page = ledger.events(EventFilter(event="Purchase"), offset=3, limit=10, with_items=False)
    assert total == 5
    assert [(event["event_id"], event["item"]) for event in page] == [("3", None), ("4", None)]


def test_unmatchable_events_are_counted_and_marked() -> None:
    ledger = Ledger()
    accept(ledger, purchase("1", user={}), purchase("2"))

    assert [event["matchable"] for event in events(ledger)] == [False, True]
    assert ledger.stats()["unmatchable"] == 1
