"""Fields of a JSON body that somebody else wrote: read by path, as what they should be, or not at all.

Nothing here raises for what is in a body: a null, a list or a word where an amount should be is a field that
is not there.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NoReturn

from relay.request_error import RequestError

Object = Mapping[str, object]

_MOST: Final[Decimal] = Decimal(10) ** 15
"""No amount in any currency."""

_AMOUNT: Final[re.Pattern[str]] = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def parse(body: bytes) -> Object:
    """The JSON object that a body holds, its numbers exact. Raises RequestError."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise RequestError(400, "body_not_utf8", "The body is not UTF-8.") from None
    # ValueError: no JSON, or Python's own limit on the digits of one number; ArithmeticError: Decimal's.
    except (ValueError, ArithmeticError):
        raise RequestError(400, "body_not_json", "The body is not JSON.") from None
    except RecursionError:
        raise RequestError(400, "body_too_deep", "The body is nested too deep.") from None
    if not isinstance(value, dict):
        raise RequestError(400, "body_not_an_object", "The body is not a JSON object.")
    return value


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def at(value: object, path: str) -> object:
    """What stands at a dotted path, where a number is a place in a list; None where nothing does.

    >>> at({"charges": {"data": [{"id": 7}]}}, "charges.data.0.id")
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


def text(value: object) -> str:
    """Text without space around it; a whole number as its digits, all of them; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def first(value: object, *paths: str) -> str:
    """The first text among these paths; "" where there is none."""
    return next(filter(None, (text(at(value, path)) for path in paths)), "")


def texts(value: object, names: Mapping[str, str]) -> dict[str, object]:
    """Our name → their text, for the fields that have one; `names` maps our names to their paths."""
    found = {ours: text(at(value, path)) for ours, path in names.items()}
    return {ours: each for ours, each in found.items() if each}


def objects(value: object) -> list[Object]:
    """The objects in a list; an empty list for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def holder(value: object, paths: Iterable[str], names: Iterable[str]) -> Object:
    """The first object among these paths that has a text under one of the names; an empty one where none has.

    What belongs together (a first name and a last name, a city and its country) comes from one place.
    """
    wanted = tuple(names)
    for path in paths:
        found = at(value, path)
        if isinstance(found, dict) and first(found, *wanted):
            return found
    return {}


def amount(value: object) -> Decimal | None:
    """An amount of money, from a number or from a number in text."""
    if isinstance(value, str) and _AMOUNT.fullmatch(value.strip()):
        return Decimal(value.strip())
    if isinstance(value, Decimal):
        return value if value.is_finite() and abs(value) < _MOST else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value) if abs(value) < _MOST else None
    return None


def pieces(value: object) -> int | None:
    """How many of an item: a whole number above none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def number(value: Decimal) -> int | float:
    """An amount as JSON has it: whole where it is whole.

    >>> number(Decimal("129.90")), number(Decimal("1000.00"))
    (129.9, 1000)
    """
    return int(value) if value == value.to_integral_value() else float(value)


def unix(value: object) -> int | None:
    """A moment in Unix seconds, from a date in ISO 8601; one without a zone is in UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None
