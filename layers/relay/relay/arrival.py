"""What came in of an event: the names of its known fields, each with its kind where that is not the declared
one. For log lines: it holds no value, and no name that the sender chose.

    event event_id value=text currency email=digest phone contents(content_id price) +2

`contents(…)` are the fields of its first item, `+2` is the number of fields that the model does not have.
"""

from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from relay.event.model import SECTIONS, About, AnyEvent, Content
from relay.identity.hashing import DIGEST_LENGTH, is_digest

Kind = Literal["text", "number", "flag", "list", "object", "null", "digest", "digests"]
"""The type of a JSON value; `digest` is SHA-256 in hex in a field that is hashed, `digests` a list of it."""

MAX_CHARACTERS: Final[int] = 600
"""Of one description. An event with every field that a shop sends has some 300."""

CUT: Final[str] = "…"
"""The last word of a description that was cut."""

_KINDS: Final[Mapping[type, Kind]] = {
    str: "text",
    int: "number",
    float: "number",
    bool: "flag",
    list: "list",
    dict: "object",
    type(None): "null",
}


Declared = tuple[Kind, bool, Mapping[str, Any] | None]
"""A field of the model: its kind, whether it is hashed, and the fields inside it."""


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
        found = _KINDS.get(type(value))
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


@cache
def declared_fields() -> Mapping[str, Declared]:
    """Every field of the model that an event may have at its top, with the fields inside."""
    items = _declare(Content, {})
    sections: dict[str, Declared] = {
        name: ("object", False, _declare(of, {"contents": items})) for name, of in SECTIONS.items()
    }
    return {**_declare(AnyEvent, {"contents": items}), **sections}


def _declare(of: type, inside: Mapping[str, Mapping[str, Declared]]) -> dict[str, Declared]:
    # Its own annotations and the inherited ones, as they stand: `get_type_hints` takes milliseconds for all.
    return {
        name: (_kind_of(hint.__origin__), _is_hashed(hint.__metadata__), inside.get(name))
        for name, hint in of.__annotations__.items()
    }


def _is_hashed(metadata: tuple[object, ...]) -> bool:
    about = next(part for part in metadata if isinstance(part, About))
    return bool(about.hashed or (about.normalise and about.normalise.hashed))


def _kind_of(hint: Any) -> Kind:
    origin = get_origin(hint)
    if origin is Annotated or origin in _UNIONS:
        return _kind_of(get_args(hint)[0])
    if origin is Literal:
        return "text"
    # A section is a class of its own.
    return _KINDS.get(origin or hint, "object")


_UNIONS: Final = (Union, UnionType)


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
