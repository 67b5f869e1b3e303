"""The tables of `docs/events.md`, generated from the model and the findings.

`make openapi` writes them between their markers, `<!-- made: name -->` and `<!-- end -->`; all the rest of
the page is written by hand.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from relay.destination import EVENT_SOURCES
from relay.event import currencies, event_name, match_quality, model, standard_names
from relay.findings import CHECKS
from tools import generated_blocks

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "docs/events.md"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _fields(of: type, *, without: type | None = None) -> str:
    """The fields of a section. The source that most of them have stands once, below or in the head."""
    omitted = model.fields(without) if without else {}
    found = {name: about for name, about in model.fields(of).items() if name not in omitted}
    sources = Counter(about.source for about in found.values())
    usual = max(sources, key=lambda source: sources[source])
    if len(sources) == 1:
        rows = [(f"`{name}`", about.description) for name, about in found.items()]
        return _table(("field", "meaning"), rows) + f"\nSource: {usual}.\n"
    return _table(
        ("field", "meaning", f"source, if not {usual}"),
        [
            (f"`{name}`", about.description, about.source if about.source != usual else "")
            for name, about in found.items()
        ],
    )


def _code(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _names() -> str:
    return _table(
        ("name", "goes out as"),
        [
            (_code(sorted(standard_names.STANDARD)), "itself: standard"),
            (_code(sorted(standard_names.SOFT_DEPRECATED)), "itself: TikTok supports it until 2027"),
            *((f"`{old}`", f"`{new}` (renamed in May 2025)") for old, new in event_name.RENAMED.items()),
            *((f"`{old}`", f"`{new}` (reserved)") for old, new in event_name.RESERVED.items()),
            (
                _code(sorted(event_name.APP - standard_names.STANDARD)),
                "itself from an app; on the web as the rows above say, or as a custom event",
            ),
        ],
    )


def _quality() -> str:
    rows = [
        (
            f"`{source}`",
            ", ".join(f"{match_quality.describe(key)} {worth:g}" for key, worth in points.items()),
        )
        for source, points in match_quality.POINTS.items()
    ]
    return _table(("source", "points"), rows)


def _requirements() -> str:
    required = {
        about.required_by: (f"{section}.{name}", CHECKS[f"{name}_missing"].severity)
        for section, of in model.SECTIONS.items()
        for name, about in model.fields(of).items()
        if about.required_by
    }
    rows = [
        (f"`{source}`", f"`{required[source][0]}` ({required[source][1]})" if source in required else "–")
        for source in EVENT_SOURCES
    ]
    return _table(("event source", "needs besides a name and a match key"), rows)


def _aliases() -> str:
    fields: dict[str, list[str]] = {}
    for alias, about in model.fields(model.HashedUser).items():
        fields.setdefault(about.hashed, []).append(alias)
    return _table(
        ("field", "already hashed, also as"), [(f"`{name}`", _code(also)) for name, also in fields.items()]
    )


def _checks() -> str:
    rows = [(f"`{code}`", check.severity, _sentence(check.message)) for code, check in CHECKS.items()]
    return _table(("code", "severity", "message"), rows)


def _sentence(message: str) -> str:
    return re.sub(r"\{(\w+)\}", r"*\1*", message).replace("|", "\\|")


def _currencies() -> str:
    return ", ".join(sorted(currencies.TIKTOK)) + "\n"


TABLES: Final[dict[str, Callable[[], str]]] = {
    "event": partial(_fields, model.EventFields),
    "user": partial(_fields, model.User, without=model.HashedUser),
    "properties": partial(_fields, model.Commerce),
    "page": partial(_fields, model.Page),
    "app": partial(_fields, model.App),
    "ad": partial(_fields, model.Ad),
    "lead": partial(_fields, model.Lead),
    "contents": partial(_fields, model.Content),
    "industry": partial(_fields, model.Industry),
    "names": _names,
    "requirements": _requirements,
    "quality": _quality,
    "aliases": _aliases,
    "currencies": _currencies,
    "checks": _checks,
}
"""Name of a marker → what stands there."""


def filled(page: str) -> str:
    """`page` with its tables generated. Raises KeyError for a marker that names no table."""
    if unknown := generated_blocks.block_names(page) - TABLES.keys():
        raise KeyError(f"no table is named {sorted(unknown)}")
    return generated_blocks.fill(page, TABLES)


if __name__ == "__main__":
    PATH.write_text(filled(PATH.read_text(encoding="utf-8")), encoding="utf-8")
