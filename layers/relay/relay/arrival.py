"""What came in of an event: the names of its known fields, each with its kind where that is not the declared
one. For log lines: it holds no value, and no name that the sender chose.

    event event_id value=text currency email=digest phone contents(content_id price) +2

`contents(…)` are the fields of its first item, `+2` is the number of fields that the model does not have.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from relay.event.compiled import KINDS, Declared, load_model
from relay.identity.hashing import DIGEST_LENGTH, is_digest

MAX_CHARACTERS: Final[int] = 600
"""Of one description. An event with every field that a shop sends has some 300."""

CUT: Final[str] = "…"
"""The last word of a description that was cut."""


def describe_arrival(raw: object) -> str:
    """Describe an event as it came in; "" for what is not an object.

    >>> describe_arrival({"event": "Purchase", "value": "12", "user": {"email": "ada@shop.example"}, "x": 1})
    'event value=text user(email) +1'
    """
    if not isinstance(raw, dict):
        return ""
    words: list[str] = []
    unknown = _describe(raw, declared_fields(), words)
    if unknown:
        words.append(f"+{unknown}")
    text = " ".join(words)
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 2].rpartition(' ')[0]} {CUT}"


def _describe(given: Mapping[str, Any], declared: Mapping[str, Declared], words: list[str]) -> int:
    """Add a word for each known field; return the number of the unknown ones."""
    unknown = 0
    for name, value in given.items():
        field = declared.get(name)
        if field is None:
            unknown += 1
            continue
        kind, hashed, inside = field
        found = KINDS.get(type(value))
        if hashed and value:
            entry = value[0] if found == "list" else value
            if type(entry) is str and len(entry) == DIGEST_LENGTH and is_digest(entry):
                found = "digests" if found == "list" else "digest"
        word = name if found == kind else f"{name}={found}"
        if inside is not None and value:
            first = value[0] if found == "list" else value
            if type(first) is dict:
                below: list[str] = []
                unknown += _describe(first, inside, below)
                word = f"{word}({' '.join(below)})"
        words.append(word)
    return unknown


def declared_fields() -> Mapping[str, Declared]:
    """Every field of the model that an event may have at its top, with the fields inside."""
    return load_model().declared


@cache
def _known_names() -> frozenset[str]:
    known = set(declared_fields())
    for _, _, inside in declared_fields().values():
        known.update(inside or ())
    return frozenset(known)


def loggable_path(path: str) -> str:
    """A finding's path if it consists of names of the model, without indices; "" otherwise.

    >>> loggable_path("contents[3].price"), loggable_path("emial")
    ('contents.price', '')
    """
    names = [step.partition("[")[0] for step in path.split(".")]
    return ".".join(names) if names and _known_names().issuperset(names) else ""
