"""Placeholders: words for nothing are blank in ids and identifiers; real values are not."""

from hashlib import sha256

import pytest

from relay.identity.placeholders import is_placeholder, is_placeholder_digest, is_placeholder_id
from tests.support.rows import every_row

WORDS = [
    *("", "#REF!", "#VALUE!", "<NA>", "N.A.", "no value", "no_value", "NoneType", "System.DBNull"),
    *("not applicable", "Not available", "not provided", "not_provided", "not_set"),
    *("object Object", "object Undefined", "object Null"),
    "null",
    "NULL",
    " Null ",
    "undefined",
    "None",
    "NaN",
    "nan",
    "nil",
    "<nil>",
    "<null>",
    "(null)",
    '"null"',
    "'undefined'",
    "(not set)",
    "not set",
    "(not provided)",
    "(none)",
    "[object Object]",
    "[object Undefined]",
    "N/A",
    "n/a",
    "#N/A",
    "\\N",
    "NaT",
    "DBNull",
    "unknown",
    "{}",
    "[]",
    "()",
]

TEMPLATES = [
    "{{ customer.id }}",
    "{{email}}",
    "{{}}",
    "{{ttclid}}",
    "id-{{ order.name | escape }}",
    "{% if customer %}",
    "${orderId}",
    "order-${order.id}",
    "#{user.id}",
    "<%= order.id %>",
    "<?= $id ?>",
    "*|EMAIL|*",
    "%%EMAILADDR%%",
    "@@email@@",
    "__CLICKID__",
    "__CALLBACK_PARAM__",
    "__email__",
    "{ttclid}",
    "{gclid}",
    "%ttclid%",
    "[CLICK_ID]",
    "<order_id>",
    "$(orderId)",
    "$ttclid",
]

VALUES = [
    "1001",
    "order-1",
    "Customer-77",
    "0",
    "nullarbor",
    "undefined-brand-7",
    "E.C.P.AbC_123-xyz",
    "user_12345678",
    "_ttp_value",
    "2Xq9__ab",
    "gid://shopify/Order/1001",
    "{1001}",
    "100%",
    "none of these 7",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "Nullam",
    "[1001]",
    "x" * 5000,
    "{{" + "x" * 5000,
]


@every_row("text", WORDS + TEMPLATES)
def test_placeholder_is_recognised(text: str) -> None:
    assert is_placeholder(text)
    assert is_placeholder_id(text)


@every_row("text", VALUES)
def test_value_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)
    assert not is_placeholder_id(text)


@every_row(
    "text",
    [
        *(
            "order_undefined",
            "purchase-null",
            "undefined_undefined",
            "NaN/NaN",
            "shop.null.order",
            "-",
            "--",
            "?",
        ),
        *("order_None", "None-None", "order_nil", "N/A-N/A", "(not set)-(not set)", "nullnull", "null+null"),
        *("undefinedundefined", "null;null", "nil_None", "orderundefined", "order-unknown", "None:event"),
        *(
            "acme-n/a",
            "acme (not set)",
            "object Object_object Object",
            "order_",
            "event-",
            "ORDER_ID:",
            "sku_",
        ),
        *("no value/no value", "#REF!-#REF!", "NaT_NaT", "purchase_not-set", "user.nil.order"),
    ],
)
def test_id_of_placeholders_and_constant_words_is_one(text: str) -> None:
    assert is_placeholder_id(text)
    assert not is_placeholder(text)


@every_row(
    "text",
    [
        *("undefined_1795000000", "order_nil5", "None-Such-Shop-1001", "order_1", "N/A_1"),
        *(
            "none-such-mug",
            "nat-king-cole",
            "unknown-pleasures-tee",
            "color-none",
            "annulled",
            "banana",
            "order",
        ),
        *("nonesuch", "product", "natural", "Order-abc", "null" * 100),
    ],
)
def test_id_with_a_real_part_is_not(text: str) -> None:
    assert not is_placeholder_id(text)


@every_row(
    "word",
    [
        *("null", "NULL", "Null", "undefined", "UNDEFINED", "None", "NaN", "nil", "N/A", "(not set)"),
        *(
            "[object Object]",
            "<null>",
            " null",
            "null ",
            "undefined\n",
            '"null"',
            "__CLICKID__",
            "{{ttclid}}",
            "+",
        ),
        *("{{email}}", "{{ customer.email }}", "__EMAIL__", "__email__", "${email}", "%email%", "{{phone}}"),
        *("{{customer_id}}", "{{ user.id }}", "*|EMAIL|*", "*|email|*", "%%emailaddr%%", "{email}", "$email"),
        *("{{phoneNumber}}", "{{userId}}", "<%= email %>", "[EMAIL]", "{{ external_id }}", "#{user.email}"),
    ],
)
def test_digest_of_a_placeholder_is_recognised(word: str) -> None:
    assert is_placeholder_digest(sha256(word.encode()).hexdigest())


@pytest.mark.parametrize("value", ["ada@example.com", "+12133734253", "Customer-77", "a"])
def test_digest_of_a_value_is_not(value: str) -> None:
    assert not is_placeholder_digest(sha256(value.encode()).hexdigest())
