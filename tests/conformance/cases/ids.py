"""Event ids: TikTok API for Business, Docs 1771101303285761 (`event_id`, a JSON string) and 1771100965992450
(deduplication by pixel, event and id)."""

from typing import Final

from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import PLACEHOLDERS, event

_RANDOM: Final[list[tuple[str, str]]] = [
    ("uuid", "0b2c1a4e-6b0e-4a55-9c39-1f9d1a2b3c4d"),
    ("milliseconds", "purchase_1795000000000"),
    ("seconds", "1795000000"),
    ("math-random", "0.8437219471"),
]

_PLACEHOLDERS: Final[list[str]] = [
    *PLACEHOLDERS,
    "{{ order.id }}",
    "${orderId}",
    "%%ORDER%%",
    "__ORDER__",
    "order_undefined",
    "order_None",
    "None-None",
    "N/A-N/A",
    "nullnull",
    "(not set)-(not set)",
    "order_",
]

CASES: Final[list[Case]] = [
    *(
        Case(
            f"placeholder {word}",
            event(event_id=word, order_id="1001"),
            {"event_id": "1001"},
            ("event_id_from_order", "event_id_placeholder"),
        )
        for word in _PLACEHOLDERS
    ),
    *(
        Case(
            f"placeholder {word} without an order",
            event(event_id=word),
            {},
            ("event_id_made", "event_id_placeholder"),
        )
        for word in _PLACEHOLDERS
    ),
    *(
        Case(
            f"placeholder {word} as the order",
            event(event_id=None, order_id=word),
            {"properties.order_id": ABSENT},
            ("event_id_made", "identifier_placeholder"),
        )
        for word in _PLACEHOLDERS
    ),
    *(
        Case(
            f"placeholder {word} as content id",
            event(content_id=None, content_ids=[word, "SKU-1"]),
            {"properties.content_ids": ["SKU-1"]},
            ("identifier_placeholder",),
        )
        for word in _PLACEHOLDERS
    ),
    Case(
        "words with digits beside a placeholder",
        event(event_id="undefined-1001"),
        {"event_id": "undefined-1001"},
    ),
    *(
        Case(f"a real part beside a word for nothing: {text}", event(event_id=text), {"event_id": text})
        for text in ("order_nil5", "None-Such-Shop-1001")
    ),
    Case("text", event(event_id="order-1"), {"event_id": "order-1"}),
    Case("trimmed", event(event_id=" order-1 "), {"event_id": "order-1"}),
    Case("hashed id is fine", event(event_id="a" * 64), {"event_id": "a" * 64}),
    Case("number", event(event_id=273196), {"event_id": "273196"}, ("event_id_number",)),
    Case("zero", event(event_id=0), {"event_id": "0"}, ("event_id_number",)),
    Case(
        "past 2 to the 53",
        event(event_id=9007199254740993),
        {"event_id": "9007199254740993"},
        ("event_id_number",),
    ),
    Case(
        "past 2 to the 53, from the body's bytes",
        b'{"event":"Purchase","event_id":9007199254740993,"email":"ada@example.com","event_time":1795000000,'
        b'"value":1,"currency":"EUR","content_id":18446744073709551617,"content_type":"product",'
        b'"order_id":5678901234567890123,"url":"https://shop.example/"}',
        {
            "event_id": "9007199254740993",
            "properties.contents.0.content_id": "18446744073709551617",
            "properties.order_id": "5678901234567890123",
        },
        ("event_id_number", "number_made_text"),
    ),
    Case(
        "from the order",
        event(event_id=None, order_id="1001"),
        {"event_id": "1001"},
        ("event_id_from_order",),
    ),
    Case(
        "blank, from the order",
        event(event_id=" ", order_id="1001"),
        {"event_id": "1001"},
        ("event_id_from_order",),
    ),
    Case(
        "from an order's number",
        event(event_id=None, order_id=1001),
        {"event_id": "1001"},
        ("event_id_from_order", "number_made_text"),
    ),
    Case(
        "an e-mail address goes out hashed",
        event(event_id="Ada@example.com"),
        {"event_id": hashed("Ada@example.com")},
        ("event_id_personal",),
    ),
    Case(
        "a phone number goes out hashed",
        event(event_id="+12133734253"),
        {"event_id": hashed("+12133734253")},
        ("event_id_personal",),
    ),
    Case(
        "an order's id that is an e-mail address",
        event(event_id=None, order_id="ada@example.com"),
        {"event_id": hashed("ada@example.com"), "properties.order_id": ABSENT},
        ("event_id_from_order", "event_id_personal", "personal_data"),
    ),
    Case("made", event(event_id=None), {}, ("event_id_made",)),
    *(
        Case(
            f"looks random beside an order: {name}",
            event(event_id=given, order_id="1001"),
            {"event_id": given},
            ("event_id_looks_random",),
        )
        for name, given in _RANDOM
    ),
    Case(
        "holds the order's id",
        event(event_id="purchase-1001", order_id="1001"),
        {"event_id": "purchase-1001"},
    ),
    Case(
        "the order's id is a uuid itself",
        event(event_id=_RANDOM[0][1], order_id=_RANDOM[0][1]),
        {"event_id": _RANDOM[0][1]},
    ),
    Case("random without an order", event(event_id=_RANDOM[0][1]), {"event_id": _RANDOM[0][1]}),
    Case("true", event(event_id=True), {}, ("wrong_type",), "rejected"),
    Case("object", event(event_id={"id": 1}), {"event_id": ABSENT}, ("wrong_type",), "rejected"),
]
