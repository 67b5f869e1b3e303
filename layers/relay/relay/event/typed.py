"""Typed: an event held against its model; what has a wrong type is said and left out, so that the rest is
judged."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, get_type_hints

from pydantic_core import ValidationError

from relay.event.clean import CLEAN
from relay.event.nesting import Shaped
from relay.findings import finding, kind


def checked(shaped: Shaped) -> tuple[dict[str, Any], bool]:
    """The event with fields of the right types only, and whether it may go out without mending.

    What has a wrong type is noted among the findings of `shaped`.
    """
    try:
        return CLEAN.validate_python(shaped.event), True
    except ValidationError:
        return _mendable(shaped), False


def _mendable(shaped: Shaped) -> dict[str, Any]:
    # Loaded late: it brings pydantic, which most events need nothing of.
    from relay.event import model

    event: Any = _without_none(shaped.event)
    try:
        event = model.wide().validate_python(event)
        if properties := event.get("properties"):
            event["properties"] = _industry(properties)
    except ValidationError as wrong:
        inner = () if wrong.title == model.Event.__name__ else ("properties",)
        places: dict[tuple[int | str, ...], str] = {}
        for error in wrong.errors():
            place = _place((*inner, *error["loc"]), event)
            # Of the types that a field may have, each says why it is not that one; a number says it best.
            if places.get(place) != "finite_number":
                places[place] = error["type"]
        for place, why in places.items():
            _note(event, place, why, shaped)
        return _mendable(replace(shaped, event=event))
    typed: dict[str, Any] = event
    return typed


def _industry(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties held against what travel and vehicles know, where one is not known otherwise."""
    from relay.event import model

    if properties.keys() <= model.Properties.__annotations__.keys():
        return properties
    from relay.event import industry

    return dict(industry.adapter().validate_python(properties))


def _note(event: Any, place: tuple[int | str, ...], why: str, shaped: Shaped) -> None:
    holder = event
    for step in place[:-1]:
        holder = holder[step]
    value = holder[place[-1]]
    holder[place[-1]] = None
    path = _path(place, shaped)
    if why == "finite_number":
        shaped.findings.append(finding("number_out_of_range", path))
    else:
        *before, name = ["", *(step for step in place if isinstance(step, str))]
        shaped.findings.append(
            finding("wrong_type", path, kind(value), _wanted(before[-1] if before else "", name))
        )


@lru_cache(maxsize=1024)
def _wanted(section: str, name: str) -> str:
    """What a field wants, in words, for the sentence that an error says."""
    from relay.event import model
    from relay.event.industry import Industry

    parts = {**model.SECTIONS, "": model.Event, "contents": model.Content}
    hints = get_type_hints(parts.get(section, model.Event), include_extras=True)
    hint = hints.get(name) or get_type_hints(Industry, include_extras=True).get(name)
    described = [part for part in getattr(hint, "__metadata__", ()) if hasattr(part, "description")]
    return str(described[-1].description) if described else "another type"


def _path(place: tuple[int | str, ...], shaped: Shaped) -> str:
    if len(place) == 1:
        return str(place[0])
    rest = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place[2:])
    return shaped.named(str(place[0]), str(place[1])) + rest


def _place(loc: tuple[int | str, ...], event: Any) -> tuple[int | str, ...]:
    """The part of pydantic's location that is a place in the event; the rest names the types that it
    tried."""
    place: list[int | str] = []
    for step in loc:
        if isinstance(event, list):
            if not isinstance(step, int) or step >= len(event):
                break
        elif not isinstance(event, dict) or step not in event:
            break
        event = event[step]
        place.append(step)
    return tuple(place)


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_none(each) for each in value if each is not None]
    return value
