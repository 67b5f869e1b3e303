"""Times and ages: as the command line reads and writes them."""

import re
import time
from datetime import UTC, datetime
from typing import Any, Final

import click

_UNITS: Final[dict[str, int]] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def now() -> float:
    """The present, Unix seconds."""
    return time.time()


def seconds(text: str) -> int:
    """The seconds of an age such as 90m, 12h or 3d. Raises ValueError."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not an age; write 90m, 12h or 3d")
    return int(match[1]) * _UNITS[match[2]]


def age(seconds_ago: float) -> str:
    """An age for people: 3 d, 12 h, 7 min."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds_ago >= size:
            return f"{seconds_ago / size:.0f} {unit}"
    return f"{max(seconds_ago, 0):.0f} s"


def duration(length: float) -> str:
    """A delay for people, exact enough to compare hops: 0.25 s, 3.1 s, 4 min 10 s."""
    if length < 60:
        return f"{length:.2f} s" if length < 1 else f"{length:.1f} s"
    minutes, rest = divmod(round(length), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def iso(at: float) -> str:
    """A Unix time as ISO 8601, in UTC, to the second."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def iso_milliseconds(at: float) -> str:
    """A Unix time as ISO 8601, in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


class _Age(click.ParamType[float]):
    name = "age"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, (int, float)):
            return float(value)
        try:
            return float(seconds(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


AGE: Final[click.ParamType[float]] = _Age()
"""The type of an option that takes an age: 90m, 12h, 3d."""
