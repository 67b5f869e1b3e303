"""The events of a fault run: good ones, and bad ones that have to be dead-lettered, each with its reason."""

import hashlib
import json
import random
import re
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

DESTINATIONS: Final = (PLAIN, PLAIN, PLAIN, PLAIN, TEST, NAMED, UNNAMED, PARTIAL, TOKEN, SLOW)
"""Where good events go: pixels with faults of their own, test events of one of them, and one that has
most."""

PIXELS: Final = tuple(dict.fromkeys(to.event_source_id for to in DESTINATIONS))

BAD: Final[str] = "bad"
"""In the event_id of what the simulator is set up to reject."""

_EVENT_ID: Final[re.Pattern[str]] = re.compile(r"\b(?:order|bad)-[a-z]*-?[0-9]+")


@dataclass(slots=True)
class Events:
    """Message bodies by event id, and the reason for which each bad one has to be dead-lettered."""

    bodies: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> set[str]:
        """The event ids that TikTok has to have at the end."""
        return self.bodies.keys() - self.reasons.keys()


def event_id_of(body: str) -> str:
    """The event_id in a message, whatever else is wrong with it."""
    found = _EVENT_ID.search(body)
    return found[0] if found else ""


def make_events(number: int, now: float, chance: random.Random, *, one_bad_in: int, start: int = 0) -> Events:
    """So many events, one in so many of them bad; `now` is in Unix seconds."""
    events = Events()
    for place in range(start, start + number):
        if chance.randrange(one_bad_in):
            event_id = f"order-{place}"
            events.bodies[event_id] = message(chance.choice(DESTINATIONS), make_item(event_id, now), now)
        else:
            event_id = f"{BAD}-{place}"
            events.bodies[event_id], events.reasons[event_id] = _bad(event_id, now, chance)
    return events


def make_item(event_id: str, now: float, **changes: Any) -> dict[str, Any]:
    """A Purchase that TikTok accepts, changed."""
    email = hashlib.sha256(f"{event_id}@example.com".encode()).hexdigest()
    return {
        "event": "Purchase",
        "event_time": int(now),
        "event_id": event_id,
        "user": {"email": email},
        "properties": {"value": 24.5, "currency": "EUR"},
        "page": {"url": "https://shop.example/thanks"},
    } | changes


def message(to: Destination, item: dict[str, Any], now: float, attempts: int = 0) -> str:
    """The body of a message, as ingest and dispatch write it."""
    text = json.dumps(item, separators=(",", ":"))
    return Message(to, now, "server", "trace", text, attempts).encode()


def _bad(event_id: str, now: float, chance: random.Random) -> tuple[str, str]:
    good = message(PLAIN, make_item(event_id, now), now)
    to = chance.choice(DESTINATIONS)
    match chance.randrange(11):
        case 0:
            return message(NAMED, make_item(event_id, now), now), "rejected"
        case 1:
            return message(UNNAMED, make_item(event_id, now), now), "rejected"
        case 2:
            return message(PARTIAL, make_item(event_id, now), now), "rejected"
        case 3:
            return message(to, make_item(event_id, now, event_time=str(int(now))), now), "rejected"
        case 4:
            plain = {"email": f"{event_id}@example.com"}
            return message(to, make_item(event_id, now, user=plain), now), "rejected"
        case 5:
            return good[: -chance.randrange(1, 60)], "unreadable"
        case 6:
            return good.replace("[1,", "[3,", 1), "unreadable"
        case 7:
            return good.replace('"event":', '"event";', 1), "unreadable"
        case 8:
            retried = message(PLAIN, make_item(event_id, now), now, attempts=7)
            return retried.replace(",7,0.0,", ',"7",0.0,', 1), "unreadable"
        case 9:
            return good.replace('"server"', "5", 1), "unreadable"
        case _:
            return message(GONE, make_item(event_id, now), now), "unknown_destination"
