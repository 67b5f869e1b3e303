"""Items: every string and every key of a finished event, at any depth."""

from typing import Any, Final, NamedTuple

from relay.personal_data.detection import MIN_PHONE_DIGITS, holds_digits, is_harmless
from relay.personal_data.kinds import CREDENTIAL, PHONE, UNSEARCHABLE, Kind, Redacted
from relay.personal_data.names import is_contact_name, is_credential_name, is_id_name
from relay.personal_data.texts import find_personal_data, redact_text

MAX_CHARACTERS: Final[int] = 200_000
"""Characters of all strings of an item. More than that does not fit into a queue message, so the work is
saved."""

_MIN_PHONE_NUMBER: Final[int] = 10 ** (MIN_PHONE_DIGITS - 1)
_MAX_REMEMBERED: Final[int] = 512
_MAX_REMEMBERED_CHARACTERS: Final[int] = 64
"""Names that are remembered with what they say: TikTok's own are a hundred."""
_MAX_DEPTH: Final[int] = 64
"""Events are nested 32 levels at most; what is deeper is removed unseen."""

Path = tuple[str | int, ...]


class _Name(NamedTuple):
    """Whether a name is an identifier, which holds nothing of a person, and what it says of its value."""

    plain: bool
    kind: Kind | None


_NAMES: Final[dict[str, _Name]] = {}


class TooMuchTextError(ValueError):
    """An item with more than `MAX_CHARACTERS` of text; a part of it is not redacted."""


def redact_item(item: dict[str, Any]) -> list[Redacted]:
    """Redact an item for TikTok's `data[]` in place, and list where. What is nested in it may be the sender's
    own objects, which several events can share: they are replaced, never changed.

    Every string and every key is checked, at any depth, but for `user` at the top, whose values are hashed or
    checked one by one, and the name and id of the event, which its caller checks: they can't be shortened.

    Raises TooMuchTextError.
    """
    walk = _Walk()
    for name, value in item.items():
        if name in ("user", "event", "event_id"):
            continue
        if isinstance(value, dict):
            item[name] = walk.redact_object(value, (name,))
        elif isinstance(value, list):
            item[name] = walk.redact_list(value, name, (name,))
        elif isinstance(value, str):
            item[name] = walk.redact_value(value, name, (name,))
    return walk.found


def describe_path(path: Path) -> str:
    """A path of keys and indexes as text: `properties.contents[0].brand`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


class _Walk:
    """One walk through an item: what was found so far, and how much text there was."""

    __slots__ = ("_characters", "found")

    def __init__(self) -> None:
        self.found: list[Redacted] = []
        self._characters = 0

    def redact_object(self, fields: dict[str, Any], path: Path) -> dict[str, Any]:
        """The object itself where nothing in it is redacted, else a new one."""
        changes: dict[str, Any] = {}
        for name, value in fields.items():
            kind = type(value)
            plain, says = _NAMES.get(name) or _classify_name(name)
            if not plain and (in_name := self._find_in_name(name)):
                # A table keyed by customer.
                self.found.append(Redacted((*path, name), in_name))
                changes[name] = None
            elif kind is str:
                self._count(value)
                if says is not None or not is_harmless(value):
                    kept = self.redact_value(value, name, (*path, name))
                    if kept != value:
                        changes[name] = kept or None
            elif kind is dict or kind is list:
                inner: Any
                if len(path) >= _MAX_DEPTH:
                    self.found.append(Redacted((*path, name), UNSEARCHABLE))
                    inner = None
                elif kind is dict:
                    inner = self.redact_object(value, (*path, name))
                else:
                    inner = self.redact_list(value, name, (*path, name))
                if inner is not value:
                    changes[name] = None if inner == [] else inner
            elif (
                says is not None and (kind is int or kind is float) and (what := _find_in_number(says, value))
            ):
                self.found.append(Redacted((*path, name), what))
                changes[name] = None
        if not changes:
            return fields
        kept_fields = {name: changes.get(name, value) for name, value in fields.items()}
        return {
            name: value for name, value in kept_fields.items() if value is not None or name not in changes
        }

    def redact_list(self, values: list[Any], name: str, path: Path) -> list[Any]:
        """The list itself where nothing in it is redacted, else a new one."""
        kept_values: list[Any] = []
        is_changed = False
        for index, value in enumerate(values):
            kept = value
            if isinstance(value, str):
                self._count(value)
                redacted = self.redact_value(value, name, (*path, index))
                kept = value if redacted == value else redacted
            elif len(path) >= _MAX_DEPTH and isinstance(value, (dict, list)):
                self.found.append(Redacted((*path, index), UNSEARCHABLE))
                kept = ""
            elif isinstance(value, dict):
                kept = self.redact_object(value, (*path, index))
            elif isinstance(value, list):
                kept = self.redact_list(value, name, (*path, index))
            if kept is not value:
                is_changed = True
            if kept is value or kept != "":
                kept_values.append(kept)
        return kept_values if is_changed else values

    def redact_value(self, value: str, name: str, path: Path) -> str:
        what = _classify_name(name).kind
        if value and (what == CREDENTIAL or (what == PHONE and holds_digits(value))):
            self.found.append(Redacted(path, what))
            return ""
        redaction = redact_text(value, written_phones=not is_id_name(name))
        if redaction.found is None:
            return value
        self.found.append(Redacted(path, redaction.found))
        return redaction.text.strip()

    def _find_in_name(self, name: str) -> Kind | None:
        self._count(name)
        return find_personal_data(name)

    def _count(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_CHARACTERS:
            raise TooMuchTextError


def _find_in_number(kind: Kind, value: float) -> Kind | None:
    """What a number is whose property has a name of this kind."""
    return kind if kind == CREDENTIAL or abs(value) >= _MIN_PHONE_NUMBER else None


def _classify_name(name: str) -> _Name:
    """What a name says of its value: a number under `phone`, anything under `password`."""
    known = _NAMES.get(name)
    if known is None:
        plain = name.isascii() and name.isidentifier()
        kind: Kind | None = None
        if is_credential_name(name):
            kind = CREDENTIAL
        elif is_contact_name(name):
            kind = PHONE
        known = _Name(plain, kind)
        if len(name) <= _MAX_REMEMBERED_CHARACTERS and len(_NAMES) < _MAX_REMEMBERED:
            _NAMES[name] = known
    return known
