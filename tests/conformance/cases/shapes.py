"""Shapes: flat and nested, Events API 1.0 by name, and bodies that hold no event at all."""

import json
from typing import Final

from relay.destination import Destination
from tests.conformance.suite import ABSENT, Case, hashed
from tests.support.events import NOW, PIXEL, event

_PROPERTIES: Final[dict[str, object]] = {
    "value": 24.0,
    "currency": "EUR",
    "content_type": "product",
    "contents": [{"content_id": "SKU-1", "content_name": "Mug"}],
}

_NESTED: Final[dict[str, object]] = {
    "event": "Purchase",
    "event_id": "order-1",
    "event_time": int(NOW) - 60,
    "user": {"email": "ada@example.com"},
    "properties": _PROPERTIES,
    "page": {"url": "https://shop.example/thanks"},
}

_ITEM: Final[dict[str, object]] = {
    "user": {"email": hashed("ada@example.com")},
    "properties": _PROPERTIES,
    "page": _NESTED["page"],
    "event_id": "order-1",
}

_EVENTS_1_0: Final[list[tuple[str, object]]] = [
    ("pixel_code", PIXEL),
    ("timestamp", "2026-11-18T11:06:40Z"),
    ("context", {"user": {"email": "ada@example.com"}}),
    ("type", "track"),
    ("phone_number", "+12133734253"),
]

_UNREADABLE: Final[list[tuple[str, bytes, str]]] = [
    ("empty", b"", "body_empty"),
    ("spaces", b" \n\t ", "body_empty"),
    ("half", b'{"event":', "body_not_json"),
    ("words", b"Purchase", "body_not_json"),
    ("single-quotes", b"{'event': 'Purchase'}", "body_not_json"),
    ("trailing-comma", b'{"event": "Purchase",}', "body_not_json"),
    ("form", b"event=Purchase&value=1", "body_not_json"),
    ("not-a-number", b'{"event": "Purchase", "value": NaN}', "body_not_json"),
    ("infinity", b'{"event": "Purchase", "value": Infinity}', "body_not_json"),
    ("minus-infinity", b'{"event": "Purchase", "value": -Infinity}', "body_not_json"),
    ("latin-1", '{"event": "Größe"}'.encode("latin-1"), "body_not_utf8"),
    ("utf-16", '{"event": "Purchase"}'.encode("utf-16"), "body_not_utf8"),
    ("list", b'[{"event": "Purchase"}]', "body_not_an_object"),
    ("text", b'"Purchase"', "body_not_an_object"),
    ("null", b"null", "body_not_an_object"),
    ("nested-deep", b"[" * 100_000, "body_too_deep"),
    ("too-large", b" " * 4_194_305, "body_too_large"),
    ("no-events", b'{"events": []}', "events_empty"),
    ("no-data", b'{"data": []}', "events_empty"),
    ("events-an-object", b'{"events": {"event": "Purchase"}}', "events_not_a_list"),
    ("data-null", b'{"data": null}', "events_not_a_list"),
    ("a-thousand-and-one", b'{"events": [' + b",".join([b"{}"] * 1001) + b"]}", "events_too_many"),
    ("a-million", b'{"events": [' + b",".join([b"1"] * 1_000_000) + b"]}", "events_too_many"),
    ("data-and-events", b'{"data": [{"event": "Purchase"}], "events": []}', "events_given_twice"),
    ("events-1-0-data", b'{"pixel_code": "P", "data": [{"event": "Purchase"}]}', "events_1_0"),
    ("events-1-0-batch", b'{"pixel_code": "P", "events": [{"event": "Purchase"}]}', "events_1_0"),
]


def _deep(levels: int) -> object:
    """Objects in objects."""
    value: object = 1
    for _ in range(levels):
        value = {"a": value}
    return value


CASES: Final[list[Case]] = [
    Case("flat", event(), _ITEM),
    Case("nested", _NESTED, _ITEM),
    Case(
        "nested with a loose item",
        _NESTED
        | {
            "properties": {
                "value": 24.0,
                "currency": "EUR",
                "content_type": "product",
                "content_id": "SKU-1",
                "content_name": "Mug",
            }
        },
        _ITEM,
    ),
    Case("nested and flat mixed", {**_NESTED, "user": None, "email": "ada@example.com"}, _ITEM),
    Case("nulls are nothing", event() | {"phone": None, "properties": None, "lead": None}, _ITEM),
    Case("nulls inside are nothing", _NESTED | {"user": {"email": "ada@example.com", "phone": None}}, _ITEM),
    Case(
        "given flat and nested: the nested", _NESTED | {"email": "bob@example.com"}, _ITEM, ("given_twice",)
    ),
    Case(
        "item beside contents",
        _NESTED | {"properties": {"content_id": "X", **_PROPERTIES}},
        _ITEM,
        ("given_twice",),
    ),
    Case("unknown field", event(colour="red"), _ITEM | {"colour": ABSENT}, ("unknown_field",)),
    Case(
        "unknown field beside the events",
        event(),
        _ITEM | {"colour": ABSENT},
        ("unknown_envelope_field",),
        envelope={"colour": "red"},
    ),
    Case(
        "limited data use beside the events",
        event(),
        _ITEM | {"limited_data_use": True},
        envelope={"limited_data_use": True},
    ),
    *(
        Case(f"consent: {name}", event(consent=own), {}, ("consent_denied",), "dropped", envelope=envelope)
        for name, own, envelope in (
            ("denied beside the events", None, {"consent": "denied"}),
            ("denied beside an event that grants it", "granted", {"consent": False}),
            ("denied in an event whose envelope grants it", "denied", {"consent": "granted"}),
        )
    ),
    Case(
        "consent beside the events is unclear",
        event(),
        {},
        ("consent_unclear",),
        "rejected",
        envelope={"consent": "yes"},
    ),
    Case(
        "unknown field of page",
        _NESTED | {"page": {"url": "https://shop.example/thanks", "title": "Thanks"}},
        _ITEM,
        ("unknown_field",),
    ),
    Case(
        "properties a text",
        _NESTED | {"properties": "all"},
        {},
        ("wrong_type", "value_missing", "content_missing"),
        "rejected",
    ),
    Case(
        "page a text",
        _NESTED | {"page": "https://shop.example/"},
        {},
        ("wrong_type", "url_missing"),
        "rejected",
    ),
    *(
        Case(f"no object: {name}", given, {}, ("not_an_object",), "rejected")
        for name, given in (
            ("text", "Purchase"),
            ("list", [event()]),
            ("number", 1),
            ("null", None),
            ("true", True),
        )
    ),
    *(
        Case(f"events 1.0 {name}", event(**{name: given}), {}, ("events_1_0",), "rejected")
        for name, given in _EVENTS_1_0
    ),
    Case(
        "events 1.0 phone in user",
        _NESTED | {"user": {"email": "ada@example.com", "phone_number": "+12133734253"}},
        {},
        ("events_1_0",),
        "rejected",
    ),
    Case(
        "half a surrogate pair in an identifier",
        event(external_id="customer-7\ud83d"),
        {"user.external_id": ABSENT},
        ("value_invalid",),
    ),
    Case(
        "half a surrogate pair in the only identifier",
        event(email=None, external_id="\ud83d"),
        {},
        ("no_match_key", "value_invalid"),
        "rejected",
    ),
    Case(
        "half a surrogate pair in an id",
        event(event_id="A-1001\ud83d", order_id="A-1001\ud83d"),
        {"event_id": "A-1001", "properties.order_id": "A-1001"},
        ("text_cut",),
    ),
    Case(
        "half a surrogate pair in the name of a field",
        event(**{"colour\ud83d": "red"}),
        {},
        ("unreadable_text",),
        "rejected",
    ),
    Case(
        "half a surrogate pair in a name of an item",
        event(content_name="\udc00 Mug"),
        {"properties.contents.0.content_name": "Mug"},
        ("text_cut",),
    ),
    Case(
        "half a surrogate pair, from the body's bytes",
        json.dumps(event(content_name="Mug \ud83d")).encode(),
        {"properties.contents.0.content_name": "Mug"},
        ("text_cut",),
    ),
    Case(
        "number beyond all numbers",
        json.dumps(event()).replace("24.0", "1e999").encode(),
        {},
        ("number_out_of_range",),
        "rejected",
    ),
    *(
        Case(f"the last of two equal keys: {name}", body, {"event": "Subscribe"}, codes)
        for name, body, codes in (
            (
                "plain",
                json.dumps(event())
                .replace('{"event"', '{"event": "Refund", "event"', 1)
                .replace('"Purchase"', '"Subscribe"')
                .encode(),
                (),
            ),
            (
                "escaped",
                json.dumps(event(event="Subscribe"))
                .replace('{"event"', '{"ev\\u0065nt": "Refund", "event"', 1)
                .encode(),
                (),
            ),
        )
    ),
    *(
        Case(f"nested too deep: {name}", body, {}, ("too_deep",), "rejected")
        for name, body in (
            ("33 levels", json.dumps(event() | {"x": _deep(32)}).encode()),
            ("260 levels", json.dumps(event() | {"properties": _deep(260)}).encode()),
            ("50,000 levels", b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
            ("lists", b'{"a":' + b"[" * 1000 + b"]" * 1000 + b"}"),
        )
    ),
    Case("32 levels", json.dumps(event() | {"x": _deep(31)}).encode(), {}, ("unknown_field",)),
    *(
        Case(f"meant {meant}: {name}", event() | {name: "x"}, {}, ("unknown_field",))
        for name, meant in (("emial", "email"), ("Email", "email"), ("eventTime", "event_time"))
    ),
    Case(
        "section in a list of one",
        _NESTED | {"user": [{"email": "ada@example.com"}]},
        _ITEM,
        ("read_as_single",),
    ),
    *(
        Case(
            f"control character in {name}",
            event(**{name: "a\u001b[31mb"}),
            {},
            ("control_characters",),
            "rejected",
        )
        for name in ("event_id", "order_id", "content_id", "shop_id", "lead_id", "app_id")
    ),
    *(
        Case(f"{name} in an id", event(event_id=f"a{character}b"), {}, ("control_characters",), "rejected")
        for name, character in (
            ("C1", "\u009b"),
            ("DEL", "\u007f"),
            ("override", "\u202e"),
            ("line", "\u2028"),
            ("Arabic letter mark", "\u061c"),
            ("left-to-right mark", "\u200e"),
            ("right-to-left mark", "\u200f"),
            ("soft hyphen", "\u00ad"),
            ("zero-width space", "\u200b"),
            ("byte order mark", "\ufeff"),
            ("Mongolian vowel separator", "\u180e"),
            ("word joiner", "\u2060"),
            ("invisible plus", "\u2064"),
            ("combining grapheme joiner", "\u034f"),
            ("Hangul filler", "\u3164"),
            ("tag", "\U000e0061"),
            ("language tag", "\U000e0001"),
        )
    ),
    Case(
        "number beyond all numbers in an unknown property",
        b'{"event":"Purchase","email":"ada@example.com","properties":{"x":-1e999}}',
        {},
        ("number_out_of_range",),
        "rejected",
    ),
    Case(
        "a million list entries",
        json.dumps(event()).replace('"ada@example.com"', "[" + ",".join(['""'] * 1_000_000) + "]").encode(),
        {},
        ("too_many_fields",),
        "rejected",
    ),
    Case(
        "a hundred thousand fields",
        json.dumps(event() | {f"field{number}": 1 for number in range(100_000)}).encode(),
        {},
        ("too_many_fields",),
        "rejected",
    ),
    Case("too large", event(description="x" * 200_001), {}, ("too_large",), "rejected"),
    Case(
        "order of 300 items with long names",
        event(contents=[{"content_id": f"SKU-{n}", "content_name": "日本語" * 40} for n in range(300)])
        | {"content_id": None, "content_name": None},
        {"properties.contents": [{"content_id": f"SKU-{n}"} for n in range(300)]},
        ("item_texts_omitted",),
    ),
    *(Case(f"unreadable {name}", body, {}, (code,), "unreadable") for name, body, code in _UNREADABLE),
    Case("body with a byte order mark", b"\xef\xbb\xbf" + json.dumps(event()).encode(), _ITEM),
    Case("body with one event", json.dumps(event()).encode(), _ITEM),
    Case(
        "body with events",
        json.dumps({"events": [event()]}).encode(),
        _ITEM,
        goes_to=Destination("web", PIXEL),
    ),
    Case(
        "body of TikTok's own",
        json.dumps({"event_source": "web", "event_source_id": PIXEL, "data": [_NESTED]}).encode(),
        _ITEM,
        goes_to=Destination("web", PIXEL),
    ),
    Case(
        "source inside an item of TikTok's envelope",
        json.dumps({"data": [_NESTED | {"event_source": "web"}]}).encode(),
        _ITEM,
        ("event_source_in_item",),
    ),
    Case(
        "emoji and other planes",
        event(content_name="Mug ☕ 😀"),
        {"properties.contents.0.content_name": "Mug ☕ 😀"},
    ),
    Case(
        "controls in text",
        event(content_name="Mug\u0000\u0007"),
        {"properties.contents.0.content_name": "Mug\u0000\u0007"},
    ),
]
