"""Match quality: what the match keys of an event are worth together, and which one would help most."""

import pytest

from relay.destination import EVENT_SOURCES
from relay.event import match_quality


def test_every_event_source_has_match_keys() -> None:
    assert match_quality.POINTS.keys() == set(EVENT_SOURCES)


@pytest.mark.parametrize("source", EVENT_SOURCES)
def test_all_match_keys_together_are_worth_ten_and_never_more(source: str) -> None:
    fields = [field for key in match_quality.POINTS[source] for field in match_quality.fields_of(key)]
    assert match_quality.score(source, fields) == 10.0
    assert match_quality.missing(source, fields) == []


@pytest.mark.parametrize("source", EVENT_SOURCES)
def test_an_address_counts_with_its_browser_only(source: str) -> None:
    worth = match_quality.POINTS[source]["ip"]
    assert match_quality.score(source, ["ip"]) == match_quality.score(source, ["user_agent"]) == 0
    assert match_quality.score(source, ["ip", "user_agent"]) == worth
    for alone in ("ip", "user_agent"):
        assert "ip with user_agent" in match_quality.missing(source, [alone])
    assert "ip with user_agent" not in match_quality.missing(source, ["ip", "user_agent"])


def test_what_would_help_most_comes_first() -> None:
    assert match_quality.missing("web", ["email"])[:2] == ["ttclid", "phone"]
    assert match_quality.missing("crm", [])[0] == "lead_id"
