"""Value, currency and items: TikTok API for Business, Doc 1771101303285761, `properties`; industry fields as
in Segment's TikTok Conversions destination."""

from typing import Final

from tests.conformance.suite import ABSENT, Case
from tests.support.events import event

_VALUES: Final[list[tuple[str, object, object, tuple[str, ...]]]] = [
    ("decimal", 129.9, 129.9, ()),
    ("zero-goes-out", 0.0, 0.0, ()),
    ("cents", 0.01, 0.01, ()),
    ("text", "129.90", 129.9, ("number_as_text",)),
    ("text-with-space", " 129.9 ", 129.9, ("number_as_text",)),
    ("negative", -5.5, -5.5, ("value_negative",)),
    ("negative-text", "-5.5", -5.5, ("number_as_text", "value_negative")),
    ("blank", " ", ABSENT, ("value_missing",)),
    ("none", None, ABSENT, ("value_missing",)),
]

_NO_VALUES: Final[list[tuple[str, object, str]]] = [
    ("symbol", "$129.90", "value_not_a_number"),
    ("currency-after", "129.90 EUR", "value_not_a_number"),
    ("comma", "129,90", "value_not_a_number"),
    ("thousands", "1,299.00", "value_not_a_number"),
    ("words", "abc", "value_not_a_number"),
    ("exponent", "1e3", "value_not_a_number"),
    ("hexadecimal", "0x10", "value_not_a_number"),
    ("arabic-digits", "١٢٩", "value_not_a_number"),
    ("underscore", "1_000", "value_not_a_number"),
    ("nan-text", "NaN", "value_not_a_number"),
    ("infinity-text", "Infinity", "value_not_a_number"),
    ("not-a-number", float("nan"), "number_out_of_range"),
    ("infinite", float("inf"), "number_out_of_range"),
    ("beyond-cents", 1e15, "number_out_of_range"),
    ("true", True, "wrong_type"),
    ("list", [1, 2], "wrong_type"),
    ("object", {"amount": 1}, "wrong_type"),
]

_TAKEN: Final[tuple[str, ...]] = ("USD", "EUR", "JPY", "KWD", "BRL", "ZAR")


def _about(**properties: object) -> dict[str, object]:
    return event(
        event="ViewContent", value=None, currency=None, content_id=None, content_name=None, content_type=None
    ) | {"properties": {"content_ids": ["A"], "content_type": "product", **properties}}


CASES: Final[list[Case]] = [
    *(
        Case(f"value {name}", event(value=given), {"properties.value": out}, codes)
        for name, given, out, codes in _VALUES
    ),
    *(
        Case(f"no-value {name}", event(value=given), {}, (code,), "rejected")
        for name, given, code in _NO_VALUES
    ),
    *(Case(f"currency {code}", event(currency=code), {"properties.currency": code}) for code in _TAKEN),
    Case("currency in lower case", event(currency="eur"), {"properties.currency": "EUR"}),
    Case("currency with space", event(currency=" usd "), {"properties.currency": "USD"}),
    *(
        Case(
            f"currency {code}, real but not taken",
            event(currency=code),
            {"properties.currency": ABSENT, "properties.value": ABSENT},
            ("currency_not_taken",),
        )
        for code in ("UYU", "GEL", "XOF", "TND", "LKR")
    ),
    *(
        Case(f"currency {name}", event(currency=given), {}, ("currency_unknown",), "rejected")
        for name, given in (
            ("ended", "HRK"),
            ("symbol", "€"),
            ("word", "Euro"),
            ("gold", "XAU"),
            ("none", "XXX"),
            ("number", 978),
        )
    ),
    Case("currency blank", event(currency=" "), {"properties.currency": ABSENT}, ("currency_missing",)),
    Case("value without currency", event(currency=None), {"properties.value": 24.0}, ("currency_missing",)),
    Case("neither value nor currency", event(value=None, currency=None), {}, ("value_missing",)),
    Case(
        "neither, in an event that needs none",
        event(event="ViewContent", value=None, currency=None),
        {"properties.value": ABSENT},
    ),
    Case(
        "items add up",
        event(
            value=24.0,
            contents=[{"content_id": "A", "price": 10.0, "quantity": 2}, {"content_id": "B", "price": 4.0}],
        )
        | {"content_id": None, "content_name": None},
        {"properties.contents.0.quantity": 2, "properties.contents.1.price": 4.0},
    ),
    Case(
        "items don't add up",
        event(value=24.0, contents=[{"content_id": "A", "price": 24.0, "quantity": 2}])
        | {"content_id": None, "content_name": None},
        {"properties.value": 24.0},
        ("contents_sum",),
    ),
    Case(
        "shipping and tax beyond a tenth",
        event(value=115.0, contents=[{"content_id": "A", "price": 100.0}])
        | {"content_id": None, "content_name": None},
        {"properties.value": 115.0},
        ("contents_sum",),
    ),
    Case(
        "shipping and tax within a tenth",
        event(value=104.9, contents=[{"content_id": "A", "price": 100.0}])
        | {"content_id": None, "content_name": None},
        {"properties.value": 104.9},
    ),
    Case(
        "item id a number",
        event(content_id=1001),
        {"properties.contents.0.content_id": "1001"},
        ("number_made_text",),
    ),
    Case(
        "item id past 2 to the 53",
        event(content_id=9007199254740993),
        {"properties.contents.0.content_id": "9007199254740993"},
        ("number_made_text",),
    ),
    Case(
        "item ids numbers",
        event(content_ids=[1, "B"], content_id=None, content_name=None),
        {"properties.content_ids": ["1", "B"]},
        ("number_made_text",),
    ),
    Case(
        "item ids one text",
        event(content_ids="A", content_id=None, content_name=None),
        {"properties.content_ids": ["A"]},
        ("read_as_list",),
    ),
    Case(
        "order id a number",
        event(order_id=9007199254740993),
        {"properties.order_id": "9007199254740993"},
        ("number_made_text",),
    ),
    *(
        Case(
            f"item ids as {name}",
            event(content_ids=given, content_id=None, content_name=None),
            {"properties.content_ids": out},
            codes,
        )
        for name, given, out, codes in (
            ("JSON text", '["SKU-1","SKU-2"]', ["SKU-1", "SKU-2"], ("read_as_list",)),
            ("JSON text of numbers", "[1, 2]", ["1", "2"], ("read_as_list", "number_made_text")),
            ("text with commas", "SKU-1, SKU-2", ["SKU-1", "SKU-2"], ("read_as_list",)),
            ("a number", 45187330408731.0, ["45187330408731"], ("read_as_list", "number_made_text")),
            ("floats", [1001.0, 1e16], ["1001", "10000000000000000"], ("number_made_text",)),
            ("a list with nothing", ["A", None, " "], ["A"], ()),
            # PHP's json_encode of a list with gaps.
            ("PHP's list", {"0": "A", "2": "B"}, ["A", "B"], ("read_as_list",)),
            ("JSON text of PHP's list", '{"0":"A","2":7}', ["A", "7"], ("read_as_list", "number_made_text")),
            (
                "objects with an id",
                [{"id": 1}, {"content_id": "B"}],
                ["1", "B"],
                ("read_as_list", "number_made_text"),
            ),
            ("one object with an id", {"id": "A"}, ["A"], ("read_as_list",)),
            ("JSON text of objects", '[{"id":1}]', ["1"], ("read_as_list", "number_made_text")),
            # Python's repr.
            ("Python's list", "['A','B']", ["A", "B"], ("read_as_list",)),
            ("Python's list in a list", ["['A', 'B']"], ["A", "B"], ("read_as_list",)),
            ("Python's lists in a list", ["['A', 'B']", "C"], ["A", "B", "C"], ("read_as_list",)),
            ("Python's tuple", "('A', 'B')", ["A", "B"], ("read_as_list",)),
            ("Python's set", "{'B', 'A'}", ["A", "B"], ("read_as_list",)),
            ("Python's numbers", "[1, 2.0, None]", ["1", "2"], ("read_as_list", "number_made_text")),
            ("Python's quotes", """["A's", 'B"\\x41']""", ["A's", 'B"A'], ("read_as_list",)),
            ("Python's dict of indexes", "{0: 'A', 1: 'B'}", ["A", "B"], ("read_as_list",)),
            ("Python's objects", "[{'id': 'A', 'new': True}]", ["A"], ("read_as_list",)),
            # What is no id costs itself only.
            ("a list with an object", [{"name": "x"}, "B"], ["B"], ("read_as_list", "value_invalid")),
            ("a list with a list", [["A"], "B"], ["B"], ("value_invalid",)),
            ("brackets of an id", ["[promo] 1", "B"], ["[promo] 1", "B"], ()),
            ("brackets of one id", "(promo) 1", ["(promo) 1"], ("read_as_list",)),
        )
    ),
    *(
        Case(
            f"item ids that can't be read: {name}",
            event(content_ids=given),
            {
                "event": "Purchase",
                "properties.content_ids": ABSENT,
                "properties.contents.0.content_id": "SKU-1",
            },
            ("value_invalid",),
        )
        for name, given in (
            ("cut JSON", '["A","B'),
            ("Python's objects", "[Decimal('1'), Product('A')]"),
            ("NumPy's array", "['A' 'B']"),
            ("NumPy's numbers", "[1 2]"),
            ("a call", "['A', print(1)]"),
            ("a sum", "[1+1]"),
            ("signs", "[" + "-" * 10_000 + "1]"),
            ("brackets", "[1," * 5_000),
            ("bytes", "[b'A']"),
            ("too long", "['" + "A" * 20_000 + "']"),
            ("PHP's serialize", 'a:2:{i:0;s:1:"A";i:1;s:1:"B";}'),
            ("PHP's print_r", "Array\n(\n    [0] => A\n)"),
            ("PHP's word for a list", "Array"),
            ("an object", {"name": "x"}),
            ("true", True),
            ("lists", [["A", "B"]]),
        )
    ),
    *(
        Case(
            f"items as {name}",
            event(contents=given, content_id=None, content_name=None, value=20.0),
            {"properties.contents": out},
            codes,
        )
        for name, given, out, codes in (
            (
                "one object",
                {"content_id": "A1", "price": 10.0, "quantity": 2},
                [{"content_id": "A1", "price": 10.0, "quantity": 2}],
                ("read_as_list",),
            ),
            (
                "JSON text",
                '[{"content_id": "A1", "price": 10, "quantity": 2}]',
                [{"content_id": "A1", "price": 10.0, "quantity": 2}],
                ("read_as_list",),
            ),
            (
                "JSON text of one object",
                '{"content_id": 7}',
                [{"content_id": "7"}],
                ("number_made_text", "read_as_list"),
            ),
            ("a list with null", [None, {"content_id": "A"}], [{"content_id": "A"}], ()),
            (
                "PHP's list",
                {"0": {"content_id": "A"}, "2": {"content_id": "B"}},
                [{"content_id": "A"}, {"content_id": "B"}],
                ("read_as_list",),
            ),
            (
                "JSON text of PHP's list",
                '{"0":{"content_id":"A"},"1":{"content_id":"B"}}',
                [{"content_id": "A"}, {"content_id": "B"}],
                ("read_as_list",),
            ),
            (
                "Python's list",
                "[{'content_id': 'A', 'price': 20.0, 'brand': None}]",
                [{"content_id": "A", "price": 20.0}],
                ("read_as_list",),
            ),
            ("Python's object", "{'content_id': 'A'}", [{"content_id": "A"}], ("read_as_list",)),
            (
                "a list of JSON texts",
                ['{"content_id": "A"}', "{'content_id': 'B'}"],
                [{"content_id": "A"}, {"content_id": "B"}],
                ("read_as_list",),
            ),
        )
    ),
    *(
        Case(
            f"items that can't be read: {name}",
            event(contents=given, content_id=None, content_name=None, content_ids=["SKU-1"]),
            {"event": "Purchase", "properties.contents": ABSENT},
            ("value_invalid",),
        )
        for name, given in (
            ("cut JSON", '[{"content_id":"A"'),
            ("Python's objects", "[{'price': Decimal('1')}]"),
            ("PHP's word for a list", "Array"),
        )
    ),
    *(
        Case(f"float id {name}", event(**{name: 1e16}), {path: "10000000000000000"}, (code,))
        for name, path, code in (
            ("event_id", "event_id", "event_id_number"),
            ("order_id", "properties.order_id", "number_made_text"),
            ("content_id", "properties.contents.0.content_id", "number_made_text"),
            ("shop_id", "properties.shop_id", "number_made_text"),
        )
    ),
    Case("float id with .0", event(event_id=1001.0), {"event_id": "1001"}, ("event_id_number",)),
    Case(
        "order id a list of one",
        event(order_id=["1001"]),
        {"properties.order_id": "1001"},
        ("read_as_single",),
    ),
    *(
        Case(
            f"{name} {text}",
            event(**{name: given}),
            {f"properties.{name}": ABSENT},
        )
        for name in ("description", "shop_id")
        for text, given in (("a list of nothing", []), ("a list of nulls", [None, None]))
    ),
    Case(
        "item's category a list",
        event(content_category=["Shoes", "Trail"]),
        {"properties.contents.0.content_category": "Shoes, Trail"},
        ("read_as_single",),
    ),
    Case(
        "value and currency from the items",
        event(
            value=None,
            currency=None,
            content_id=None,
            content_name=None,
            contents=[
                {"content_id": "A", "price": 0.1, "quantity": 3, "currency": "EUR"},
                {"content_id": "B", "price": 2, "currency": "eur"},
            ],
        ),
        {"properties.value": 2.3, "properties.currency": "EUR"},
        ("unknown_property", "value_derived"),
    ),
    Case(
        "value from the items in the decimals of their prices",
        event(value=None, currency=None, price=0.1, quantity=3),
        {"properties.value": 0.3},
        ("currency_missing", "value_derived"),
    ),
    Case(
        "value from the items, which name two currencies",
        event(
            value=None,
            currency=None,
            content_id=None,
            content_name=None,
            contents=[
                {"content_id": "A", "price": 1.5, "currency": "EUR"},
                {"content_id": "B", "price": 2, "currency": "USD"},
            ],
        ),
        {"properties.value": 3.5, "properties.currency": ABSENT},
        ("currency_missing", "unknown_property", "value_derived"),
    ),
    Case(
        "value from the items, of which none names a currency",
        event(value=None, currency=None, price=12.5, quantity=2),
        {"properties.value": 25.0, "properties.currency": ABSENT},
        ("currency_missing", "value_derived"),
    ),
    Case(
        "no value if an item has no price",
        event(
            value=None,
            currency=None,
            content_id=None,
            content_name=None,
            contents=[{"content_id": "A", "price": 1}, {"content_id": "B"}],
        ),
        {"properties.value": ABSENT},
        ("value_missing",),
    ),
    Case(
        "no value if there is a currency",
        event(value=None, price=12.5),
        {"properties.value": ABSENT, "properties.currency": "EUR"},
        ("value_missing",),
    ),
    Case(
        "content type in every item only",
        event(
            event="ViewContent",
            content_type=None,
            content_id=None,
            content_name=None,
            contents=[{"content_id": "1", "content_type": "product", "price": 24}],
        ),
        {"properties.contents.0.content_type": "product"},
    ),
    Case("quantity in text", event(quantity="2"), {"properties.contents.0.quantity": 2}, ("number_as_text",)),
    Case("quantity a whole float", event(quantity=2.0), {"properties.contents.0.quantity": 2}),
    Case(
        "quantity with a fraction",
        event(quantity=2.5),
        {"properties.contents.0.quantity": ABSENT},
        ("value_invalid",),
    ),
    Case("number of items", event(num_items=3), {"properties.num_items": 3}),
    Case("price in text", event(price="24.0"), {"properties.contents.0.price": 24.0}, ("number_as_text",)),
    Case("content type", event(content_type="Product_Group"), {"properties.content_type": "product_group"}),
    Case(
        "content type unknown",
        event(content_type="sku"),
        {"properties.content_type": ABSENT},
        ("enum_unknown",),
    ),
    Case("content type missing", event(content_type=None), {}, ("content_type_missing",)),
    Case(
        "no item at all",
        event(content_id=None, content_name=None),
        {"properties.contents": ABSENT},
        ("content_missing",),
    ),
    Case(
        "contents an object",
        event(content_id=None, content_name=None, contents={"content_id": "A"}),
        {"properties.contents": [{"content_id": "A"}]},
        ("read_as_list",),
    ),
    Case(
        "contents of texts",
        event(content_id=None, content_name=None, contents=["A"]),
        {},
        ("wrong_type",),
        "rejected",
    ),
    Case("search without words", event(event="Search"), {}, ("search_missing",)),
    Case("search by the older name", event(event="Search", query="mug"), {"properties.query": "mug"}),
    Case("customer type", event(customer_type="NEW"), {"properties.customer_type": "new"}),
    Case(
        "customer type unknown",
        event(customer_type="vip"),
        {"properties.customer_type": ABSENT},
        ("enum_unknown",),
    ),
    Case(
        "delivery category",
        event(delivery_category="home_delivery"),
        {"properties.delivery_category": "home_delivery"},
    ),
    Case("predicted lifetime value", event(predicted_ltv=99.5), {"properties.predicted_ltv": 99.5}),
    Case("status", event(status="paid"), {"properties.status": "paid"}),
    Case("shop id", event(shop_id="S1"), {"properties.shop_id": "S1"}),
    Case("description", event(description="Two mugs"), {"properties.description": "Two mugs"}),
    Case(
        "unknown property goes out",
        event()
        | {
            "properties": {
                "value": 24.0,
                "currency": "EUR",
                "content_id": "A",
                "content_type": "product",
                "colour": "red",
            }
        }
        | dict.fromkeys(("value", "currency", "content_id", "content_type", "content_name")),
        {"properties.colour": "red"},
        ("unknown_property",),
    ),
    Case(
        "unknown flat field does not", event(colour="red"), {"properties.colour": ABSENT}, ("unknown_field",)
    ),
    Case(
        "travel",
        _about(
            city="Rome",
            checkin_date="2026-12-24",
            checkout_date="20261227",
            num_adults=2,
            num_children="1",
            travel_class="Eco",
            origin_airport="BER",
            destination_ids=["FCO"],
            departing_departure_date="2026-12-24T08:30Z",
        ),
        {
            "properties.city": "Rome",
            "properties.checkout_date": "20261227",
            "properties.num_children": 1,
            "properties.travel_class": "eco",
            "properties.departing_departure_date": "2026-12-24T08:30Z",
        },
        ("number_as_text",),
    ),
    Case(
        "travel date wrong",
        _about(checkin_date="24.12.2026"),
        {"properties.checkin_date": ABSENT},
        ("date_invalid",),
    ),
    Case(
        "travel date with an impossible month",
        _about(checkin_date="2026-13-24"),
        {"properties.checkin_date": ABSENT},
        ("date_invalid",),
    ),
    Case(
        "vehicle",
        _about(
            make="Volvo",
            model="V60",
            year="2024",
            state_of_vehicle="used",
            mileage={"value": 12000, "unit": "KM"},
            drivetrain="awd",
            preferred_price_range=[10000, 20000.5],
            vin="YV1ZW25V1K2000000",
        ),
        {
            "properties.year": 2024,
            "properties.state_of_vehicle": "Used",
            "properties.mileage": {"value": 12000, "unit": "KM"},
            "properties.drivetrain": "AWD",
            "properties.preferred_price_range": [10000, 20000.5],
            "properties.vin": "YV1ZW25V1K2000000",
        },
        ("number_as_text",),
    ),
    *(
        Case(
            f"price range that is none: {value!r}",
            _about(preferred_price_range=value),
            {"properties.preferred_price_range": ABSENT},
            ("wrong_type",),
            "rejected",
        )
        for value in (False, [True], [], [1], [1, 2, 3], [1, "2"], "1-2", {"minimum": 1})
    ),
    Case(
        "vehicle class unknown",
        _about(drivetrain="hover"),
        {"properties.drivetrain": ABSENT},
        ("enum_unknown",),
    ),
]
