"""Show an event without showing a person: each field as its value, or as its kind and a digest."""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from relay.identity.hashing import digest, is_digest

SHOWN_DIGITS: Final[int] = 8
MAX_SHOWN: Final[int] = 200
"""Characters of a value that is shown; the exact request is shown whole elsewhere."""

PERSONAL_SECTIONS: Final[frozenset[str]] = frozenset({"user", "page", "context"})
"""Sections whose values are shown by kind only, at any depth."""

SAFE: Final[frozenset[str]] = frozenset(
    {
        *("event", "event_time", "event_source", "event_source_id", "limited_data_use", "consent"),
        *("value", "currency", "content_type", "quantity", "price", "num_items", "predicted_ltv"),
        *("brand", "content_category", "delivery_category", "status"),
    }
)
"""Fields of properties, and of an event itself, that no shop puts a person into."""

_TOKEN: Final[re.Pattern[str]] = re.compile(r"[A-Za-z0-9._:-]{1,64}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field for display: its path, and its value or kind."""

    field: str
    value: str

    def as_json(self) -> dict[str, str]:
        """The field as the page takes it."""
        return {"field": self.field, "value": self.value}


def show_fields(event: object) -> list[dict[str, str]]:
    """All fields of an event or item, in its order, by dotted path."""
    return [shown.as_json() for shown in _walk(event, "", personal=False)]


def _walk(value: object, path: str, *, personal: bool) -> Iterator[Field]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            shown_name = name if _TOKEN.fullmatch(str(name)) else "(a field)"
            below = personal or shown_name in PERSONAL_SECTIONS
            yield from _walk(inner, f"{path}.{shown_name}" if path else shown_name, personal=below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{path}[{index}]", personal=personal)
    else:
        leaf = re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]
        yield Field(path, _plain(value) if leaf in SAFE and not personal else describe(value))


def _plain(value: Any) -> str:
    text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def describe(value: Any) -> str:
    """A value's kind, and the beginning of its SHA-256 to compare it by; a digest shows itself.

    >>> describe("ada@shop.example").partition(" SHA")[0]
    'e-mail address, 16 characters,'
    """
    if not isinstance(value, str):
        return _plain(value) if isinstance(value, bool) or value is None else f"number, {_hashed(str(value))}"
    if is_digest(value):
        return f"SHA-256 {value[:SHOWN_DIGITS].lower()}…"
    return f"{_kind(value)}, {len(value)} characters, {_hashed(value)}"


def _hashed(text: str) -> str:
    return f"SHA-256 {digest(text.encode('utf-8', 'replace').decode())[:SHOWN_DIGITS]}…"


def _kind(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        return "blank text"
    if "@" in stripped and " " not in stripped:
        return "e-mail address"
    if stripped.startswith(("http://", "https://")):
        return "URL"
    try:
        return f"IPv{ipaddress.ip_address(stripped).version} address"
    except ValueError:
        pass
    if re.fullmatch(r"\+?[\d\s()./-]{6,24}", stripped):
        return "number or phone number"
    return "text"
