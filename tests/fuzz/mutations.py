"""Mutations: from bodies that are right, bodies that are wrong in every way that chance thinks of."""

import json
from random import Random
from typing import Any, Final

_VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    2**53 + 1,
    10**40,
    -1e308,
    1e-320,
    1e15,
    "",
    " ",
    "\x00",
    "\ud83d",
    "\u202e",
    "e\u0301",
    "a" * 70,
    "a" * 64,
    "+16502530000",
    "6502530000",
    "ada.lovelace@example.com",
    "https://shop.example/?e=ada.lovelace%40example.com",
    "https://[",
    "//",
    "%ff%fe",
    "2026-11-18T11:06:40Z",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "1e999",
    "::1%x",
    "٣",
    "Infinity",
    [],
    {},
    [[]],
    [None],
    [""],
    {"": ""},
)
"""Values that have been trouble somewhere."""

_TOKENS: Final[tuple[bytes, ...]] = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\\udfff",
    b"\xff",
    b"\xed\xa0\x80",
    b"\x00",
    b"1e999",
    b"-0",
    b"NaN",
    b"Infinity",
    b"null",
    b'"event":',
    b"," * 3,
    b"9" * 400,
    b"9" * 5000,
    b"[" * 300,
    b'{"a":' * 300,
    b"\xef\xbb\xbf",
)


def mutated(body: bytes, random: Random) -> bytes:
    """A body like `body`, changed in its structure, in its bytes, or both."""
    if random.random() < 0.7:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            pass
        else:
            for _ in range(random.randint(1, 4)):
                value = _restructured(value, random)
            body = json.dumps(value, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
    if random.random() < 0.5:
        for _ in range(random.randint(1, 3)):
            body = _rewritten(body, random)
    return body


def _restructured(value: Any, random: Random) -> Any:
    """`value` with one thing in it changed."""
    if isinstance(value, dict) and value and random.random() < 0.85:
        name = random.choice(list(value))
        changed = dict(value)
        match random.randrange(6):
            case 0:
                del changed[name]
            case 1:
                changed[random.choice(list(value))] = value[name]
            case 2:
                changed[random.choice(_NAMES)] = value[name]
            case 3:
                changed[random.choice(_NAMES)] = random.choice(_VALUES)
            case _:
                changed[name] = _restructured(value[name], random)
        return changed
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        match random.randrange(4):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return value + [value[place]] * random.randint(1, 3)
            case _:
                return [*value[:place], _restructured(value[place], random), *value[place + 1 :]]
    match random.randrange(8):
        case 0:
            return [value]
        case 1:
            return {random.choice(_NAMES): value}
        case 2 if isinstance(value, str):
            place = random.randint(0, len(value))
            return (
                value[:place]
                + chr(random.choice((0, 10, 32, 37, 43, 64, 0x200B, 0xD800, 0x1F600)))
                + value[place:]
            )
        case 3 if isinstance(value, str):
            return value * random.randint(2, 40)
        case 4 if isinstance(value, (int, float)):
            return -value
        case _:
            return random.choice(_VALUES)


def _rewritten(body: bytes, random: Random) -> bytes:
    """`body` with a few bytes changed, put in, left out or repeated."""
    at = random.randint(0, len(body))
    end = min(len(body), at + random.randint(1, 16))
    match random.randrange(5):
        case 0:
            return body[:at] + random.randbytes(random.randint(1, 4)) + body[end:]
        case 1:
            return body[:at] + body[end:]
        case 2:
            return body[:at] + body[at:end] * random.randint(2, 5) + body[end:]
        case 3:
            return body[:at]
        case _:
            return body[:at] + random.choice(_TOKENS) + body[at:]


_NAMES: Final[tuple[str, ...]] = (
    "event",
    "events",
    "data",
    "event_id",
    "event_time",
    "event_source",
    "event_source_id",
    "test_event_code",
    "consent",
    "limited_data_use",
    "user",
    "properties",
    "page",
    "app",
    "ad",
    "lead",
    "email",
    "phone",
    "external_id",
    "sha256_email",
    "ip",
    "user_agent",
    "country",
    "zip_code",
    "city",
    "locale",
    "gaid",
    "contents",
    "content_ids",
    "content_id",
    "price",
    "quantity",
    "value",
    "currency",
    "url",
    "referrer",
    "mileage",
    "preferred_price_range",
    "checkin_date",
    "vin",
    "attribution_share",
    "order_id",
    "pixel_code",
    "ada.lovelace@example.com",
    "",
    "\ud800",
)
"""Names of fields that mean something somewhere; put where they may not belong."""
