"""Limits of a JSON value: levels of nesting, and members."""

from typing import Final, Literal

MAX_DEPTH: Final[int] = 32
"""Levels of objects and lists in one event; TikTok's own deepest field has five."""

MAX_MEMBERS: Final[int] = 10_000
"""Fields and entries of one event: a cart of a thousand items has eight thousand. Validating a million would
take a minute and a gigabyte."""

Excess = Literal["too_deep", "too_many_fields"]
"""Codes of findings."""


def find_excess(value: object) -> Excess | None:
    """The limit that a value exceeds, if any."""
    members, depth = 0, 0
    level: list[object] = [value]
    while level:
        containers = [entry for entry in level if isinstance(entry, (dict, list))]
        depth += 1 if containers else 0
        members += sum(map(len, containers))
        if depth > MAX_DEPTH:
            return "too_deep"
        if members > MAX_MEMBERS:
            return "too_many_fields"
        level = []
        for container in containers:
            level += container.values() if isinstance(container, dict) else container
    return None
