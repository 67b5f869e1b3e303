"""Match quality: how much an event gives TikTok to find the person by, from 0 to 10, before it is sent.

The formula is ours. TikTok's Event Match Quality weighs the same match keys (TikTok Business Help Center,
"How to set up matching events with Events API") by weights that it does not publish, and measures what
matched; this only counts what was given. So compare it with itself: over time, and between sources.
"""

from collections.abc import Collection
from typing import Final

from relay.findings import Findings

LOW: Final[float] = 3.0
"""Below this an answer warns: one weak key is all that TikTok has."""


POINTS: Final[dict[str, dict[str, float]]] = {
    "web": {"ttclid": 3.0, "email": 3.0, "phone": 1.5, "external_id": 1.0, "ip": 1.0, "ttp": 0.5},
    "app": {
        "idfa": 4.0,
        "gaid": 4.0,
        "email": 2.5,
        "phone": 1.5,
        "ip": 0.5,
        "external_id": 0.5,
        "ttclid": 0.5,
        "idfv": 0.25,
        "ttp": 0.25,
    },
    "offline": {"email": 4.0, "phone": 4.0, "external_id": 0.5, "ttclid": 0.5, "ip": 0.5, "ttp": 0.5},
    "crm": {
        "lead_id": 4.0,
        "email": 2.5,
        "phone": 1.5,
        "ttclid": 1.0,
        "external_id": 0.5,
        "ip": 0.25,
        "ttp": 0.25,
    },
}
"""Event source → match key → what it is worth, of ten. A phone has an idfa or a gaid, so app adds up to ten
as well."""


def fields_of(key: str) -> tuple[str, ...]:
    """The fields that a match key consists of: an ip address alone is shared by many people."""
    return ("ip", "user_agent") if key == "ip" else (key,)


def describe(key: str) -> str:
    """What a match key is called.

    >>> describe("email"), describe("ip")
    ('email', 'ip with user_agent')
    """
    return " with ".join(fields_of(key))


def score(source: str, fields: Collection[str]) -> float:
    """What `fields` (the outgoing user, with lead_id where there is one) come to, from 0 to 10; 0 is nothing
    at all."""
    points = POINTS[source]
    total = 0.0
    for field in fields:
        if field in points:
            total += points[field]
    if "ip" in fields and "user_agent" not in fields:
        total -= points["ip"]
    return min(10.0, total)


def check(source: str, fields: Collection[str], findings: Findings) -> float:
    """Return the score of `fields`, and add what is missing where it is low."""
    quality = score(source, fields)
    if quality < LOW:
        user = findings.path("user") or "user"
        if quality == 0:
            findings.add("no_match_key", user)
        elif source == "offline" and not ("email" in fields or "phone" in fields):
            findings.add("offline_match_key", user)
        else:
            best = ", ".join(missing(source, fields)[:2])
            findings.add("match_quality_low", user, f"{quality:g}", best)
    return quality


def missing(source: str, fields: Collection[str]) -> list[str]:
    """What would help, the best first."""
    points = POINTS[source]
    absent = [key for key in points if not all(field in fields for field in fields_of(key))]
    return [describe(key) for key in sorted(absent, key=lambda key: -points[key])]
