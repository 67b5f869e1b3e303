"""Routing: which of the destinations an event goes to."""

import pytest

from relay.event.pipeline import PipelineOptions
from relay.event.routing import Routes
from tests.support.events import accepted, codes, event, rejected

TWO = Routes({"web": ("P1", "P2"), "offline": ("123",)}, test_event_code="T1")


def places(raw: object, routes: Routes) -> list[tuple[str, str, str]]:
    return [tuple(destination) for destination in accepted(raw, options=PipelineOptions(routes)).destinations]  # type: ignore[misc]


def test_event_that_names_none_goes_to_the_pixel() -> None:
    assert places(event(), TWO) == [("web", "P1", "T1")]


@pytest.mark.parametrize("routes", [TWO, Routes(TWO.ids, fan_out=True)], ids=["the first", "fan-out"])
def test_event_that_names_nothing_goes_where_one_of_the_web_goes(routes: Routes) -> None:
    assert places(event(), routes) == places(event(event_source="web"), routes)


def test_event_goes_where_it_says() -> None:
    assert places(event(event_source_id="P2"), TWO) == [("web", "P2", "T1")]
    assert places(event(event_source="offline"), TWO) == [("offline", "123", "T1")]


def test_event_goes_to_several_where_it_says_so() -> None:
    assert places(event(event_source_id=["P2", "P1", "P2"]), TWO) == [
        ("web", "P2", "T1"),
        ("web", "P1", "T1"),
    ]


def test_fan_out_sends_to_all_of_the_source() -> None:
    both = Routes(TWO.ids, fan_out=True)
    assert places(event(), both) == [("web", "P1", ""), ("web", "P2", "")]
    assert places(event(event_source_id="P2"), both) == [("web", "P2", "")]


def test_own_test_code_counts_before_the_stacks() -> None:
    assert places(event(test_event_code="T2"), TWO) == [("web", "P1", "T2")]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"event_source_id": "P3"}, "destination_unknown"),
        ({"event_source_id": ["P1", "P3"]}, "destination_unknown"),
        ({"event_source_id": []}, "destination_unknown"),
        ({"event_source_id": "123"}, "destination_unknown"),
        ({"event_source": "crm", "event": "mine", "lead_id": "1"}, "destination_missing"),
        ({"event_source": "shop"}, "event_source_unknown"),
        ({"test_event_code": 5}, "test_code_invalid"),
    ],
    ids=lambda each: each if isinstance(each, str) else None,
)
def test_event_for_elsewhere_is_rejected(changes: dict[str, object], code: str) -> None:
    assert code in codes(rejected(event(**changes), options=PipelineOptions(TWO)))
