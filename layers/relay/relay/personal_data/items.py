"""Items: every string and every key of a finished event, at any depth."""

from functools import lru_cache
from typing import Any, Final

from relay.personal_data.detection import MIN_PHONE_DIGITS, holds_digits, is_harmless
from relay.personal_data.kinds import CREDENTIAL, ESCAPED, PHONE, Kind, Redacted
from relay.personal_data.names import is_contact_name, is_credential_name, is_id_name
from relay.personal_data.texts import find_personal_data, redact_text

_MIN_PHONE_NUMBER: Final[int] = 10 ** (MIN_PHONE_DIGITS - 1)
_MAX_CACHED: Final[int] = 64
"""Characters of a name that is worth remembering."""
_MAX_DEPTH: Final[int] = 64
"""Events are nested 32 levels at most; what is deeper is removed unseen."""


def redact_item(item: dict[str, Any]) -> list[Redacted]:
    """Redact an item for TikTok's `data[]` in place, and list where.

    Every string and every key is checked, at any depth, but for `user` at the top, whose values are hashed or
    checked one by one, and the name and id of the event, which its caller checks: they can't be shortened.
    """
    found: list[Redacted] = []
    for name, value in item.items():
        if name in ("user", "event", "event_id"):
            continue
        if isinstance(value, dict):
            _redact_object(value, (name,), found)
        elif isinstance(value, list):
            _redact_list(value, name, (name,), found)
        elif isinstance(value, str):
            item[name] = _redact_value(value, name, (name,), found)
    return found


def describe_path(path: tuple[str | int, ...]) -> str:
    """A path of keys and indexes as text: `properties.contents[0].brand`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _redact_object(fields: dict[str, Any], path: tuple[str | int, ...], found: list[Redacted]) -> None:
    changes: dict[str, Any] = {}
    for name, value in fields.items():
        kind = type(value)
        if not (name.isascii() and name.isidentifier()) and (in_name := find_personal_data(name)):
            # A table keyed by customer.
            found.append(Redacted((*path, name), in_name))
            changes[name] = None
        elif kind is str:
            if not is_harmless(value) or _classify(name) is not None:
                kept = _redact_value(value, name, (*path, name), found)
                if kept != value:
                    changes[name] = kept or None
        elif kind is dict or kind is list:
            if len(path) >= _MAX_DEPTH:
                found.append(Redacted((*path, name), ESCAPED))
                changes[name] = None
            elif kind is dict:
                _redact_object(value, (*path, name), found)
            elif value:
                _redact_list(value, name, (*path, name), found)
                if not value:
                    changes[name] = None
        elif kind is not bool and value is not None and (what := _find_in_number(name, value)):
            found.append(Redacted((*path, name), what))
            changes[name] = None
    for name, value in changes.items():
        if value is None:
            del fields[name]
        else:
            fields[name] = value


def _redact_list(values: list[Any], name: str, path: tuple[str | int, ...], found: list[Redacted]) -> None:
    removed = False
    for index, value in enumerate(values):
        if isinstance(value, str):
            kept = _redact_value(value, name, (*path, index), found)
            if kept != value:
                values[index] = kept or None
                removed = removed or not kept
        elif len(path) >= _MAX_DEPTH and isinstance(value, (dict, list)):
            found.append(Redacted((*path, index), ESCAPED))
            values[index] = None
            removed = True
        elif isinstance(value, dict):
            _redact_object(value, (*path, index), found)
        elif isinstance(value, list):
            _redact_list(value, name, (*path, index), found)
    if removed:
        values[:] = [value for value in values if value is not None]


def _redact_value(value: str, name: str, path: tuple[str | int, ...], found: list[Redacted]) -> str:
    what = _classify(name)
    if value and (what == CREDENTIAL or (what == PHONE and holds_digits(value))):
        found.append(Redacted(path, what))
        return ""
    redaction = redact_text(value, written_phones=not is_id_name(name))
    if redaction.found is None:
        return value
    found.append(Redacted(path, redaction.found))
    return redaction.text.strip()


def _find_in_number(name: str, value: float) -> Kind | None:
    """What a number is by the name of its property."""
    what = _classify(name)
    return what if what == CREDENTIAL or (what == PHONE and abs(value) >= _MIN_PHONE_NUMBER) else None


def _classify(name: str) -> Kind | None:
    """What the value of a property is by its name: a number under `phone`, anything under `password`."""
    return _classify_short(name) if len(name) <= _MAX_CACHED else _classify_short.__wrapped__(name)


@lru_cache(maxsize=512)
def _classify_short(name: str) -> Kind | None:
    if is_credential_name(name):
        return CREDENTIAL
    return PHONE if is_contact_name(name) else None
