"""Read fields of a JSON body that another program wrote: by path, as the type they should have, or as absent.

No function here raises because of a value: a null, a list or a word where an amount should be counts as a
missing field.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

JsonObject = Mapping[str, object]

_MAX_AMOUNT: Final[Decimal] = Decimal(10) ** 15
"""No order in any currency reaches this amount."""

_AMOUNT: Final[re.Pattern[str]] = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def get_path(value: object, path: str) -> object:
    """Return the value at a dotted path, in which a number is an index into a list; None where it is absent.

    >>> get_path({"charges": {"data": [{"id": 7}]}}, "charges.data.0.id")
    7
    """
    for step in path.split("."):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def to_text(value: object) -> str:
    """Return text without surrounding space, and an integer as its digits; "" for any other value."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def get_text(value: object, *paths: str) -> str:
    """Return the first text among these paths; "" where there is none."""
    for path in paths:
        if text := to_text(get_path(value, path)):
            return text
    return ""


def get_texts(value: object, paths: Mapping[str, str]) -> dict[str, object]:
    """Return field → text for the fields that have one; `paths` maps each field to its path."""
    found = {field: to_text(get_path(value, path)) for field, path in paths.items()}
    return {field: text for field, text in found.items() if text}


def get_objects(value: object) -> list[JsonObject]:
    """Return the objects of a list; an empty list for any other value."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def find_object(value: object, paths: Iterable[str], names: Iterable[str]) -> JsonObject:
    """Return the first object among these paths that has a text under one of the names; else an empty one.

    Fields that belong together (first and last name, city and country) come from one object.
    """
    selected = tuple(names)
    for path in paths:
        found = get_path(value, path)
        if isinstance(found, dict) and get_text(found, *selected):
            return found
    return {}


def parse_amount(value: object) -> Decimal | None:
    """Return an amount of money, from a number or from a number written as text."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _MAX_AMOUNT:
        # As it is written: the binary number is not what was meant.
        return Decimal(str(value))
    return None


def parse_quantity(value: object) -> int | None:
    """Return the quantity of an item: an integer above zero."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def to_number(value: Decimal) -> int | float:
    """Return an amount as JSON writes it, without a fraction where it has none.

    >>> to_number(Decimal("129.90")), to_number(Decimal("1000.00"))
    (129.9, 1000)
    """
    return int(value) if value == value.to_integral_value() else float(value)


def parse_time(value: object) -> int | None:
    """Return Unix seconds from an ISO 8601 date; a date without a zone is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
