"""The declared text types of the model, taken from its core schema: what a field's strict type accepts, and
the signs with which a text is not left as it is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class TextType:
    """One strict text type: its pattern and length, and the pattern of its signs ("" if it has none)."""

    pattern: str
    max_length: int | None
    signs: str

    def accepts(self, text: str) -> bool:
        """Whether `text` has the strict type, with or without a sign."""
        is_short = self.max_length is None or len(text) <= self.max_length
        return is_short and re.search(self.pattern, text) is not None


def find_text_types(of: type) -> dict[str, list[TextType]]:
    """Field of a section → its strict text types; none if it takes no text, or coerces any."""
    schema: Any = TypeAdapter(of).core_schema
    return {name: list(_find(field["schema"], "")) for name, field in schema["fields"].items()}


def _find(node: Any, signs: str) -> Iterator[TextType]:
    if node["type"] == "union":
        chains = [choice for choice in node["choices"] if choice["type"] == "chain"]
        for chain in chains:
            signs = chain["steps"][0]["pattern"]
        for choice in node["choices"]:
            if choice not in chains:
                yield from _find(choice, signs)
    elif node["type"] == "list":
        yield from _find(node["items_schema"], signs)
    elif node["type"] == "str":
        yield TextType(node.get("pattern", ""), node.get("max_length"), signs)


SECRETS: Final[tuple[tuple[str, str], ...]] = (
    ("+12133734253", "2133734253"),
    ("ada@example.com", "ada@example"),
    ("sk_live_abcdefgh1234", "abcdefgh1234"),
)
"""A phone number, an e-mail address and a credential, each with the part that identifies it."""

_PLACES: Final[tuple[str, ...]] = (
    "{}",
    "a {}",
    "a1 {} b",
    "Mozilla/5.0 {}",
    "https://shop.example/{}",
    "https://shop.example/p?q={}",
)
"""Values that are plain but for a secret: ids, texts, a User-Agent header, URLs."""


def values_with(secret: str) -> list[str]:
    """Plain values of every text type, each with `secret` in it."""
    return [place.format(secret) for place in _PLACES]
