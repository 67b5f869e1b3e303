"""The events of a proof: good ones, and those that have to end up parked, each for a reason of its own."""

import hashlib
import json
import random
from dataclasses import dataclass, field
from typing import Any, Final

from relay.destination import Destination
from relay.message import Message

PLAIN: Final = Destination("web", "PLAINPIXEL")
TEST: Final = Destination("web", "PLAINPIXEL", "TEST1")
NAMED: Final = Destination("web", "NAMEDPIXEL")
UNNAMED: Final = Destination("web", "UNNAMEDPIXEL")
PARTIAL: Final = Destination("web", "PARTIALPIXEL")
TOKEN: Final = Destination("web", "TOKENPIXEL")
SLOW: Final = Destination("web", "SLOWPIXEL")
GONE: Final = Destination("web", "GONEPIXEL")

DESTINATIONS: Final = (PLAIN, TEST, NAMED, UNNAMED, PARTIAL, TOKEN, SLOW)
"""Where good events go: pixels with troubles of their own, and test events of one of them."""

POISON_MARK: Final[str] = "poison"
"""In the event_id of what the simulator is told to refuse."""


@dataclass(slots=True)
class Events:
    """Message bodies, and what has to become of them: `good` by event id, `poison` by body with reason."""

    bodies: list[str] = field(default_factory=list)
    good: dict[str, str] = field(default_factory=dict)
    poison: dict[str, str] = field(default_factory=dict)


def make(number: int, now: float, chance: random.Random, *, one_poison_in: int) -> Events:
    """So many events, one in so many of them poison; `now` is in Unix seconds."""
    events = Events()
    for place in range(number):
        if chance.randrange(one_poison_in):
            to = chance.choice(DESTINATIONS)
            event_id = f"order-{place}"
            body = _message(to, item(event_id, now, chance), now)
            events.good[event_id] = body
        else:
            body, reason = _poison(place, now, chance)
            events.poison[body] = reason
        events.bodies.append(body)
    return events


def item(event_id: str, now: float, chance: random.Random, **changes: Any) -> dict[str, Any]:
    """A Purchase that TikTok has nothing against, changed."""
    email = hashlib.sha256(f"{event_id}@example.com".encode()).hexdigest()
    return {
        "event": "Purchase",
        "event_time": int(now),
        "event_id": event_id,
        "user": {"email": email},
        "properties": {"value": chance.randrange(1, 10_000) / 100, "currency": "EUR"},
        "page": {"url": "https://shop.example/thanks"},
    } | changes


def _message(to: Destination, content: dict[str, Any], now: float) -> str:
    text = json.dumps(content, separators=(",", ":"))
    return Message(to, now, "server", "trace", text).encode()


def _poison(place: int, now: float, chance: random.Random) -> tuple[str, str]:
    event_id = f"{POISON_MARK}-{place}"
    good = _message(PLAIN, item(event_id, now, chance), now)
    match chance.randrange(9):
        case 0:
            return _message(NAMED, item(event_id, now, chance), now), "rejected"
        case 1:
            return _message(UNNAMED, item(event_id, now, chance), now), "rejected"
        case 2:
            return _message(PARTIAL, item(event_id, now, chance), now), "rejected"
        case 3:
            to = chance.choice(DESTINATIONS)
            return _message(to, item(event_id, now, chance, event_time=str(int(now))), now), "rejected"
        case 4:
            to = chance.choice(DESTINATIONS)
            plain = {"email": f"{event_id}@example.com"}
            return _message(to, item(event_id, now, chance, user=plain), now), "rejected"
        case 5:
            return good[: -chance.randrange(1, 60)], "unreadable"
        case 6:
            return good.replace("[1,", "[2,", 1), "unreadable"
        case 7:
            return good.replace('"event":', '"event";', 1), "unreadable"
        case _:
            return _message(GONE, item(event_id, now, chance), now), "unknown_destination"
