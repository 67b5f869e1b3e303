"""Text fields: none of the model lets personal data or a credential out, wherever it stands in a value.

The fields come from the model, so that a new one is tested as well. The values are near to what the strict
types accept: without its signs, a type would leave one of them as it is.
"""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.event import model, pipeline
from relay.event.pipeline import Accepted, Dropped, Rejected
from tests.support.events import NOW, AlwaysSearched, accepted, codes, event, process
from tests.support.rows import every_row
from tests.support.text_types import SECRETS, TextType, find_text_types, values_with

CLASSES = {"": model.EventFields, **model.SECTIONS, "contents": model.Content, "mileage": model.Mileage}
FIELDS = [(place, name) for place, of in CLASSES.items() for name in model.fields(of)]
TYPES = {(place, name): types for place, of in CLASSES.items() for name, types in find_text_types(of).items()}
WITHOUT_SIGNS = {
    "event": "every name that is not standard is searched by relay.event.pipeline",
    "event_source_id": "one of the relay's destinations, or the event is rejected",
    "test_event_code": "not in the item; its pattern has no room for an e-mail address or a phone number",
}
"""Text at the top of an event that has no signs, and why it needs none."""


def nested(place: str, name: str, value: object) -> dict[str, Any]:
    """A nested Purchase without a sign, but for `value` in a field at `place`."""
    raw: dict[str, Any] = {
        "event": "Purchase",
        "event_id": "order-1",
        "event_time": int(NOW) - 60,
        "user": {"email": "carl@shop.example"},
        "properties": {"value": 24.0, "currency": "EUR"},
        "page": {"url": "https://shop.example/thanks"},
    }
    section = raw if place == "" else raw.setdefault(place, {}) if place in model.SECTIONS else {}
    section[name] = value
    if place == "contents":
        raw["properties"]["contents"] = [{"content_id": "SKU-1", **section}]
    elif place == "mileage":
        raw["properties"]["mileage"] = section
    required = {"app": "app_id", "lead": "lead_id"}.get(place)
    if required is not None:
        section.setdefault(required, "1")
    return raw


def shapes(place: str, name: str, value: object) -> Iterator[dict[str, Any]]:
    yield nested(place, name, value)
    if model.FLAT_FIELDS.get(name) == place:
        yield event(email="carl@shop.example", app_id="1", lead_id="1") | {name: value}


@pytest.mark.parametrize(("place", "name"), FIELDS)
def test_no_field_lets_a_secret_out(place: str, name: str) -> None:
    for secret, shown in SECRETS:
        for text in values_with(secret):
            for value in (text, [text], [text, text]):
                for raw in shapes(place, name, value):
                    result = process(raw)
                    assert not isinstance(result, Dropped)
                    out = result.item if isinstance(result, Accepted) else repr(result.errors)
                    assert shown not in out, text
                    assert shown not in repr(result.warnings), text


@pytest.mark.parametrize(("place", "name"), FIELDS)
def test_search_that_is_saved_would_find_no_written_phone(place: str, name: str) -> None:
    """An id may look like a written phone; whether a field is an id, the search says."""
    for text in values_with("213-373-4253"):
        for value in (text, [text]):
            for raw in shapes(place, name, value):
                result = process(raw)
                with mock.patch.object(pipeline, "Findings", AlwaysSearched):
                    searched = process(raw)
                # Nothing of a rejected event goes out.
                assert isinstance(result, Rejected) or searched == result, text


def test_url_with_more_parameters_than_are_searched_loses_them() -> None:
    result = accepted(event(url=f"https://shop.example/thanks?{'a&' * 501}"))
    assert json.loads(result.item)["page"] == {"url": "https://shop.example/thanks"}
    assert codes(result) == {"personal_data"}


@pytest.mark.parametrize(("secret", "shown"), SECRETS)
def test_click_id_in_a_url_lets_no_secret_out(secret: str, shown: str) -> None:
    assert shown not in accepted(event(url=f"https://shop.example/?ttclid=E.C.P.-{secret}")).item


IN_CLICK_IDS = """
E.C.P. E_C_P_ a 1 - _ + %20 %2B %40 = & # ? / https:// null undefined __ AKIA xoxb- 123456789012 tel key
token= 2133734253 ada@example.com
"""


@given(st.lists(st.sampled_from(IN_CLICK_IDS.split()), max_size=8).map("".join))
def test_click_id_in_a_url_is_searched_as_one_that_is_sent(click_id: str) -> None:
    raw = event(url=f"https://shop.example/?ttclid={click_id}")
    result = process(raw)
    with mock.patch.object(pipeline, "Findings", AlwaysSearched):
        assert process(raw) == result


def fits(types: list[TextType]) -> bool:
    return any(one.accepts(text) for one in types for secret, _ in SECRETS for text in values_with(secret))


@every_row(("place", "name"), [key for key, types in TYPES.items() if types])
def test_text_type_has_signs_or_no_room_for_a_secret(place: str, name: str) -> None:
    """A type that none of the values fits would pass the test above whatever its signs are."""
    types = TYPES[place, name]
    normaliser = model.normalisers(CLASSES[place]).get(name)
    if all(one.signs for one in types):
        assert fits(types)
    elif not (normaliser and normaliser.hashed) and (place or name not in WITHOUT_SIGNS):
        assert not fits(types)


def test_text_types_of_the_model_are_found() -> None:
    assert TYPES["user", "ttclid"][0].signs
    assert TYPES["", "event_id"][0].signs
    assert TYPES["properties", "suggested_hotels"][0].signs
    assert sum(map(bool, TYPES.values())) > 60
