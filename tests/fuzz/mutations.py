"""Mutations: bodies that are wrong in every way that chance thinks of, made from bodies that are right."""

import json
from collections.abc import Callable
from hashlib import sha256
from random import Random
from typing import Any, Final

CANARIES: Final[tuple[str, ...]] = (
    "ada.lovelace@example.com",
    "+16502530000",
    "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln",
)
"""An e-mail address, a phone number and a web token. They go nowhere in clear, whatever is around them."""

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
    "https://shop.example/reset?token=hunter2-canary&x=1",
    "https://shop.example/order-received/1/?key=wc_order_canary",
    "https://ada:hunter2-canary@shop.example/#/done?password=hunter2-canary",
    "https://shop.example/cb?state=1&code=hunter2-canary",
    "https://shop.example/?next=%2Freset%3Ftoken%3Dhunter2-canary",
    "https://shop.example/eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln",
    "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2ln",
    "ada.lovelace&#64;example.com",
    "ada.lovelace\\u0040example.com",
    "ada.lovelace%252540example.com",
    "ada.lovelace\uff20example.com",
    "null",
    "undefined",
    "NaN",
    "(not set)",
    "[object Object]",
    "<null>",
    "{{ order.id }}",
    "${order.id}",
    "__CLICKID__",
    sha256(b"undefined").hexdigest(),
    sha256(b"").hexdigest(),
    "TEST12345",
    "[/red]",
    "\x1b[31mred\x1b[0m",
    "\x07\x9b\u2028",
    "9.9.9.9, 10.0.0.1",
    'for="[2001:4860:4860::8888]:1";proto=https',
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


UNITS: Final[tuple[str, ...]] = (
    "+16502",
    "ada@b.",
    "ada@example.com",
    "+16502530000 ",
    "(213) 373-4253",
    "%25",
    "%40",
    "&#64;",
    "\\u0040",
    "https://a/?u=",
    "?token=",
    "-eyJ",
    "1-",
    "(",
    "\uff20",
)
"""Parts that a text of thousands of them was slow to search with, once."""


def _nest(random: Random) -> Any:
    """A value that is nested deeper than an event may be, or just as deep."""
    value: Any = random.choice(_VALUES)
    for _ in range(random.choice((20, 31, 32, 33, 64, 260, 900))):
        value = {random.choice(("a", "user", "properties")): value} if random.random() < 0.5 else [value]
    return value


def _repeat(random: Random) -> str:
    """A text of one or two parts, thousands of times."""
    unit = "".join(random.choices(UNITS, k=random.randint(1, 2)))
    return unit * random.choice((10, 100, 2000))


_MAKERS: Final[tuple[Callable[[Random], Any], ...]] = (
    *[lambda random: random.choice(_VALUES)] * 8,
    _nest,
    _repeat,
)


def _make_value(random: Random) -> Any:
    return random.choice(_MAKERS)(random)


def mutate(body: bytes, random: Random) -> bytes:
    """Change a body in its structure, in its bytes, or both."""
    if random.random() < 0.7:
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            pass
        else:
            for _ in range(random.randint(1, 4)):
                value = _restructure(value, random)
            try:
                body = json.dumps(value, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")
            except RecursionError:
                # Nested inside what was nested already.
                body = b"[" * 5000
    if random.random() < 0.5:
        for _ in range(random.randint(1, 3)):
            body = _rewrite(body, random)
    return body


def _restructure(value: Any, random: Random) -> Any:
    """Change one thing in a value."""
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
                changed[random.choice(_NAMES)] = _make_value(random)
            case _:
                changed[name] = _restructure(value[name], random)
        return changed
    if isinstance(value, list) and value and random.random() < 0.85:
        place = random.randrange(len(value))
        match random.randrange(4):
            case 0:
                return value[:place] + value[place + 1 :]
            case 1:
                return value + [value[place]] * random.randint(1, 3)
            case _:
                return [*value[:place], _restructure(value[place], random), *value[place + 1 :]]
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
            return _make_value(random)


def _rewrite(body: bytes, random: Random) -> bytes:
    """Change, insert, omit or repeat a few bytes."""
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
    "note",
    "access_token",
    "phone_number",
    "search_string",
    "app_name",
    "app_version",
    "lead_event_source",
    "ttclid",
    "ttp",
    "first_name",
    "pixel_code",
    "ada.lovelace@example.com",
    "",
    "\ud800",
)
"""Names of fields that mean something somewhere; placed where they may not belong."""
