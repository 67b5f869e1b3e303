"""The samples in `events/`: which route each is for, and with the present in the place of its fixed time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final[Path] = Path(__file__).resolve().parents[1] / "events"

ROUTES: Final[dict[str, str]] = {"server": "/v1/events"}
"""Folder of `events/` → the route that its samples are bodies of."""

AGE_SECONDS: Final[int] = 30
"""How long ago a sample happened, once it is sent."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request as its sender would make it."""

    name: str
    route: str
    body: bytes


def load(now: float) -> list[Sample]:
    """All samples, in the order in which a visitor would cause them; `now` is in Unix seconds."""
    found = [
        Sample(
            f"{folder}/{path.stem}",
            route,
            json.dumps(_dated(json.loads(path.read_text()), int(now))).encode(),
        )
        for folder, route in ROUTES.items()
        for path in (FOLDER / folder).glob("*.json")
    ]
    return sorted(found, key=_place)


def _dated(body: Any, now: int) -> Any:
    if isinstance(body, dict):
        return {
            name: now - AGE_SECONDS if name == "event_time" else _dated(value, now)
            for name, value in body.items()
        }
    return [_dated(each, now) for each in body] if isinstance(body, list) else body


_ORDER: Final[tuple[str, ...]] = (
    "search",
    "view_content",
    "add_to_wishlist",
    "add_to_cart",
    "initiate_checkout",
    "add_payment_info",
    "place_an_order",
    "complete_registration",
    "purchase",
    "several_at_once",
)


def _place(sample: Sample) -> tuple[int, str]:
    stem = sample.name.rpartition("/")[2]
    return (_ORDER.index(stem) if stem in _ORDER else len(_ORDER), sample.name)


def events(body: bytes) -> Iterator[dict[str, Any]]:
    """The events in a sample's body."""
    parsed = json.loads(body)
    yield from parsed.get("events", [parsed])
