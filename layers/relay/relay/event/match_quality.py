"""Match quality: how much an event gives TikTok to find the person by, from 0 to 10, before it is sent.

The formula is ours. TikTok's Event Match Quality weighs the same match keys (TikTok Business Help Center,
"How to set up matching events with Events API") by weights that it does not publish, and measures what
matched; this only counts what was given. So compare it with itself: over time, and between sources.
"""

from collections.abc import Container
from typing import Final, NamedTuple

from relay.findings import Findings

LOW: Final[float] = 3.0
"""Below this an answer warns: one weak key is all that TikTok has."""


class Key(NamedTuple):
    """Something to match on: a field, worth `points` of ten; with `beside`, only together with that one."""

    field: str
    points: float
    beside: str | None = None

    def given(self, fields: Container[str]) -> bool:
        """Whether it is there."""
        return self.field in fields and (self.beside is None or self.beside in fields)

    def __str__(self) -> str:
        return f"{self.field} with {self.beside}" if self.beside else self.field


def _keys(**points: float) -> tuple[Key, ...]:
    # An ip address is shared by many people.
    return tuple(Key(name, worth, "user_agent" if name == "ip" else None) for name, worth in points.items())


KEYS: Final[dict[str, tuple[Key, ...]]] = {
    "web": _keys(ttclid=3.0, email=3.0, phone=1.5, external_id=1.0, ip=1.0, ttp=0.5),
    "app": _keys(
        idfa=4.0, gaid=4.0, email=2.5, phone=1.5, ip=0.5, external_id=0.5, ttclid=0.5, idfv=0.25, ttp=0.25
    ),
    "offline": _keys(email=4.0, phone=4.0, external_id=0.5, ttclid=0.5, ip=0.5, ttp=0.5),
    "crm": _keys(lead_id=4.0, email=2.5, phone=1.5, ttclid=1.0, external_id=0.5, ip=0.25, ttp=0.25),
}
"""All that TikTok can match on, by event source. A phone has an idfa or a gaid, so app adds up to ten as
well."""

_ROWS: Final = {
    source: [(key.field, key.points, key.beside) for key in keys] for source, keys in KEYS.items()
}
"""The same as plain tuples: every event is scored, and they unpack in half the time."""


def score(source: str, fields: Container[str]) -> float:
    """What `fields` (the outgoing user, with lead_id where there is one) come to, from 0 to 10; 0 is nothing
    at all."""
    total = 0.0
    for field, points, beside in _ROWS[source]:
        if field in fields and (beside is None or beside in fields):
            total += points
    return min(10.0, total)


def check(source: str, fields: Container[str], findings: Findings) -> float:
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


def missing(source: str, fields: Container[str]) -> list[str]:
    """What would help, the best first."""
    absent = [key for key in KEYS[source] if not key.given(fields)]
    return [str(key) for key in sorted(absent, key=lambda key: -key.points)]
