"""Read fields of a JSON body that another program wrote: by path, as the type they should have, or as absent.

No function here raises because of a value: a null, a list or a word where an amount should be counts as a
missing field.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NoReturn

from relay.request_error import RequestError

JsonObject = Mapping[str, object]

_MAX_DIGITS: Final[int] = 4_300
"""Of a whole number, as Python reads them; ids have twenty."""

_MAX_AMOUNT: Final[Decimal] = Decimal(10) ** 15
"""No order in any currency reaches this amount."""

_AMOUNT: Final[re.Pattern[str]] = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def parse_json(body: bytes) -> object:
    """Parse a body; numbers with a fraction become Decimal, and numbers beyond all fields None. Raises
    RequestError where it is not JSON."""
    try:
        text = body.decode("utf-8-sig")
        try:
            return _DECODER.decode(text)
        except json.JSONDecodeError:
            raise
        except ValueError:
            # A whole number of more digits than Python reads. An order has hundreds of usual ones, and a
            # function for each takes as long as the rest of the parser.
            return _SLOW_DECODER.decode(text)
    except UnicodeDecodeError:
        raise RequestError(400, "body_not_utf8", "The body is not UTF-8.") from None
    except ValueError:
        raise RequestError(400, "body_not_json", "The body is not JSON.") from None
    except RecursionError:
        raise RequestError(400, "body_too_deep", "The body is nested too deep.") from None


def _parse_decimal(text: str) -> Decimal | None:
    """A number with a fraction; None for one beyond Decimal's range, which no field has."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _parse_whole(text: str) -> int | None:
    """A whole number; None for one that Python does not read, which no field has."""
    return int(text) if len(text) <= _MAX_DIGITS else None


def _reject_constant(_constant: str) -> NoReturn:
    raise ValueError


_DECODER: Final = json.JSONDecoder(parse_float=_parse_decimal, parse_constant=_reject_constant)
_SLOW_DECODER: Final = json.JSONDecoder(
    parse_float=_parse_decimal, parse_int=_parse_whole, parse_constant=_reject_constant
)


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
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value) < _MAX_AMOUNT else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if abs(value) < _MAX_AMOUNT else None
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
