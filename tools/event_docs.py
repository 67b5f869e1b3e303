"""The tables of `docs/events.md`, made from the models and the checks.

`make openapi` writes them between their markers, `<!-- made: name -->` and `<!-- end -->`; all the rest of
the page is written by hand.
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, get_type_hints

from relay.event import currencies, event_name, match_quality, model, nesting, requirements
from relay.event.industry import Industry
from relay.findings import CHECKS

PATH: Final[Path] = Path(__file__).resolve().parents[1] / "docs/events.md"

_BLOCK: Final[re.Pattern[str]] = re.compile(r"(<!-- made: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _fields(of: Any) -> str:
    rows = []
    for name, hint in get_type_hints(of, include_extras=True).items():
        (said,) = [part for part in hint.__metadata__ if getattr(part, "description", None)]
        rows.append((f"`{name}`", said.description, said.json_schema_extra["x-source"]))
    return _table(("field", "what becomes of it", "source"), rows)


def _code(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _names() -> str:
    return _table(
        ("name", "goes out as"),
        [
            (_code(sorted(event_name.STANDARD)), "itself: standard"),
            (_code(sorted(event_name.SOFT_DEPRECATED)), "itself: TikTok takes it until 2027"),
            *((f"`{old}`", f"`{new}` (renamed in May 2025)") for old, new in event_name.RENAMED.items()),
            *((f"`{old}`", f"`{new}` (reserved)") for old, new in event_name.RESERVED.items()),
            (
                _code(sorted(event_name.APP - event_name.STANDARD)),
                "itself from an app; on the web as the rows above say, or as a custom event",
            ),
        ],
    )


def _quality() -> str:
    rows = [
        (f"`{source}`", ", ".join(f"{key} {key.points:g}" for key in keys))
        for source, keys in match_quality.KEYS.items()
    ]
    return _table(("source", "points"), rows)


def _requirements() -> str:
    rows = []
    for source, wanted in requirements.FIELDS.items():
        found = [f"`{each.section}.{each.name}` ({CHECKS[each.check].severity})" for each in wanted]
        rows.append((f"`{source}`", ", ".join(found) or "–"))
    return _table(("source", "wants besides a name and somebody to match"), rows)


def _aliases() -> str:
    fields: dict[str, list[str]] = {}
    for alias, field in nesting.DIGESTS.items():
        fields.setdefault(field, []).append(alias)
    return _table(
        ("field", "hashed already, also as"), [(f"`{name}`", _code(also)) for name, also in fields.items()]
    )


def _checks() -> str:
    rows = [(f"`{code}`", check.severity, _sentence(check.says)) for code, check in CHECKS.items()]
    return _table(("code", "is", "says"), rows)


def _sentence(says: str) -> str:
    return re.sub(r"\{(\w+)\}", r"*\1*", says).replace("|", "\\|")


def _currencies() -> str:
    return ", ".join(sorted(currencies.TIKTOK)) + "\n"


TABLES: Final[dict[str, Callable[[], str]]] = {
    "event": partial(_fields, model.Event),
    **{section: partial(_fields, of) for section, of in model.SECTIONS.items()},
    "contents": partial(_fields, model.Content),
    "industry": partial(_fields, Industry),
    "names": _names,
    "requirements": _requirements,
    "quality": _quality,
    "aliases": _aliases,
    "currencies": _currencies,
    "checks": _checks,
}
"""Name of a marker → what stands there."""


def filled(page: str) -> str:
    """`page` with its tables made anew. Raises KeyError for a marker that names no table."""
    return _BLOCK.sub(lambda found: found[1] + TABLES[found[2]]() + found[3], page)


if __name__ == "__main__":
    PATH.write_text(filled(PATH.read_text(encoding="utf-8")), encoding="utf-8")
