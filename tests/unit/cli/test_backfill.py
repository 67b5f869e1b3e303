"""`relay backfill`: recognises exports and dumps, sends each order once, and goes on after a kill."""

import csv
import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from relay.webhooks import stripe
from relay.webhooks.options import Options
from relay_cli.backfill import dumps, exports, plan, readers
from relay_cli.backfill import run as running
from relay_cli.backfill.exports import EXPORTS, MapOptions, UnusableRowError
from relay_cli.backfill.journal import Header, Journal, Progress, journal_path, open_journal, read_progress
from relay_cli.errors import CliError, PartlyDoneError, UsageError
from relay_cli.evaluation import Settings
from relay_cli.main import main
from relay_cli.web import Response
from tests.support.http_server import Answer, Posted, serving
from tests.unit.cli.test_main import loaded_by

EVENTS = Path(__file__).parents[3] / "events"
NOW = time.time()
DAY = 86_400


def stamp(days_ago: float, form: str = "%Y-%m-%d %H:%M:%S +0000") -> str:
    return datetime.fromtimestamp(NOW - days_ago * DAY, UTC).strftime(form)


# ── the exports, with the columns that each really has ─────────────────────────────────────────────────────

SHOPIFY = [
    "Name", "Email", "Financial Status", "Paid at", "Currency", "Total", "Created at", "Lineitem quantity",
    "Lineitem name", "Lineitem price", "Lineitem sku", "Billing Name", "Billing City", "Billing Zip",
    "Billing Province", "Billing Country", "Billing Phone", "Cancelled at", "Id", "Source", "Phone", "Tags",
]  # fmt: skip

STRIPE = [
    "id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Captured", "Fee", "Mode", "Status",
    "Description", "Customer ID", "Customer Email", "Card Name", "Card Address City", "PaymentIntent ID",
    "ttclid (metadata)",
]  # fmt: skip

ADVANCED = [
    "Order Number", "Order Status", "Order Date", "First Name (Billing)", "Last Name (Billing)",
    "City (Billing)", "Postcode (Billing)", "Country Code (Billing)", "Email (Billing)", "Phone (Billing)",
    "Order Total Amount", "SKU", "Item #", "Item Name", "Quantity (- Refund)", "Item Cost",
]  # fmt: skip

SUITE = [
    "order_id", "order_number", "order_date", "paid_date", "status", "order_total", "order_currency",
    "customer_ip_address", "customer_user_agent", "customer_id", "customer_email", "billing_first_name",
    "billing_city", "billing_country", "line_item_1", "line_item_2",
]  # fmt: skip


def shopify_row(**more: str) -> dict[str, str]:
    row = {
        "Name": "#1001", "Email": "ada@example.com", "Financial Status": "paid", "Paid at": stamp(2),
        "Currency": "EUR", "Total": "30.00", "Created at": stamp(3), "Lineitem quantity": "2",
        "Lineitem name": "Mug", "Lineitem price": "12.00", "Lineitem sku": "MUG",
        "Billing Name": "Ada Lovelace",
        "Billing City": "Berlin", "Billing Zip": "'10115", "Billing Country": "DE",
        "Billing Phone": "'+4930901820", "Id": "5778367414385", "Source": "web",
    }  # fmt: skip
    return row | more


def write_csv(path: Path, columns: list[str], rows: list[dict[str, str]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, columns, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def made(path: Path, **more: Any) -> plan.Plan:
    return plan.make_plan(
        path,
        more.get("kind"),
        Settings(NOW),
        MapOptions(more.get("currency", "")),
        more.get("before"),
        more.get("after"),
        more.get("test_code", ""),
    )


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (SHOPIFY, "shopify"),
        (list(reversed(SHOPIFY)), "shopify"),
        (STRIPE, "stripe"),
        (
            ["id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Status", "Fee"],
            "stripe-default",
        ),
        (ADVANCED, "woocommerce-advanced"),
        (SUITE, "woocommerce-suite"),
        (
            ["Date", "Order #", "N. Revenue (formatted)", "Status", "Items sold", "Net Sales"],
            "woocommerce-analytics",
        ),
        (["event_type", "event_time", "email", "phone"], "tiktok-offline"),
        (["a", "b"], None),
    ],
)
def test_export_is_recognised_by_its_columns_in_any_order(columns: list[str], expected: str | None) -> None:
    assert exports.recognise(columns) == expected


def test_rows_of_one_shopify_order_become_one_purchase(tmp_path: Path) -> None:
    second = {"Name": "#1001", "Lineitem quantity": "1", "Lineitem name": "Tea", "Lineitem price": "6.00"}
    file = write_csv(
        tmp_path / "orders.csv", SHOPIFY, [shopify_row(), second, shopify_row(Name="#1002", Id="2")]
    )
    first, other = made(file).units()
    (event,) = first.events
    assert (event["event_id"], event["value"], event["currency"]) == ("5778367414385", 30.0, "EUR")
    assert event["contents"] == [
        {"content_id": "MUG", "content_name": "Mug", "price": 12.0, "quantity": 2},
        {"content_name": "Tea", "price": 6.0, "quantity": 1},
    ]
    assert (event["phone"], event["zip_code"]) == ("+4930901820", "10115")
    assert event["event_time"] == pytest.approx(NOW - 2 * DAY, abs=1)
    assert other.events[0]["event_id"] == "2"


@pytest.mark.parametrize(
    ("changes", "code", "skipped"),
    [
        ({"Financial Status": "pending"}, "not_paid", True),
        ({"Financial Status": "refunded"}, "not_paid", True),
        ({"Cancelled at": stamp(1)}, "cancelled", True),
        ({"Source": "pos"}, "pos", True),
        ({"Source": "shopify_draft_order"}, "draft", True),
        ({"Source": "subscription_contract"}, "renewal", True),
        ({"Source": "294517", "Tags": "vip, Subscription Recurring Order"}, "renewal", True),
        ({"Source": "5566", "Email": "madeup@marketplace.amazon.com"}, "marketplace", True),
        ({"Total": "0.00"}, "zero_value", True),
        ({"Id": ""}, "id_missing", False),
        ({"Financial Status": ""}, "status_missing", False),
        ({"Total": "free"}, "value_not_a_number", False),
        ({"Paid at": "soon", "Created at": ""}, "event_time_wrong", False),
        ({"Paid at": stamp(29)}, "event_time_too_old", True),
    ],
)
def test_shopify_order_that_is_no_sale_is_skipped_and_a_broken_one_is_not(
    tmp_path: Path, changes: dict[str, str], code: str, skipped: bool
) -> None:
    file = write_csv(tmp_path / "orders.csv", SHOPIFY, [shopify_row(**changes)])
    (unit,) = made(file).units()
    assert (unit.events, unit.code, unit.skipped) == ([], code, skipped)


def test_export_forwards_what_the_stack_forwards(tmp_path: Path) -> None:
    rows = [shopify_row(Source="pos"), shopify_row(Name="#1002", Id="2", Total="0.00")]
    file = write_csv(tmp_path / "orders.csv", SHOPIFY, rows)
    options = Options(forwarded=frozenset({"pos", "zero_value"}))
    found = plan.make_plan(file, None, Settings(NOW, None, options), MapOptions(), None, None, "")
    assert [len(unit.events) for unit in found.units()] == [1, 1]


def test_stripe_payment_has_the_payment_intents_id_and_major_units(tmp_path: Path) -> None:
    row = {
        "id": "ch_1", "Created date (UTC)": stamp(1, "%Y-%m-%d %H:%M:%S"), "Amount": "1,234.56",
        "Currency": "usd",
        "Mode": "Live", "Status": "Paid", "Customer Email": "a@example.com", "PaymentIntent ID": "pi_1",
    }  # fmt: skip
    (unit,) = made(write_csv(tmp_path / "p.csv", STRIPE, [row])).units()
    (event,) = unit.events
    assert (event["event_id"], event["value"], event["currency"]) == ("pi_1", 1234.56, "USD")
    for changes, code, skipped in (
        ({"Mode": "Test"}, "test", True),
        ({"Description": "Subscription update"}, "renewal", True),
        ({"Status": "Failed"}, "not_paid", True),
        ({"Status": ""}, "status_missing", False),
    ):
        (unit,) = made(write_csv(tmp_path / "p.csv", STRIPE, [row | changes])).units()
        assert (unit.code, unit.skipped) == (code, skipped)


def test_exports_that_can_match_nobody_are_rejected_with_what_to_do(tmp_path: Path) -> None:
    for name, export in EXPORTS.items():
        if export.map_rows is None:
            file = write_csv(tmp_path / f"{name}.csv", [*export.needs, "x"], [])
            assert main(["backfill", str(file), "--dry-run"]) == 1


def test_advanced_export_needs_a_currency_and_groups_repeated_rows(tmp_path: Path) -> None:
    row = {
        "Order Number": "7", "Order Status": "Completed", "Order Date": stamp(1, "%Y-%m-%d %H:%M"),
        "Email (Billing)": "a@example.com", "Order Total Amount": "18", "Item Name": "Mug", "Item Cost": "12",
        "Quantity (- Refund)": "1",
    }  # fmt: skip
    file = write_csv(tmp_path / "o.csv", ADVANCED, [row, row | {"Item Name": "Tea", "Item Cost": "6"}], ";")
    (unit,) = made(file, currency="eur").units()
    assert [item["content_name"] for item in unit.events[0]["contents"]] == ["Mug", "Tea"]
    assert (unit.events[0]["currency"], unit.events[0]["value"]) == ("EUR", 18.0)
    (without,) = made(file).units()
    assert without.code == "currency_missing"


def test_suite_export_has_items_address_and_browser(tmp_path: Path) -> None:
    row = {
        "order_id": "9", "order_date": stamp(1, "%Y-%m-%d %H:%M:%S"), "status": "processing",
        "order_total": "24",
        "order_currency": "EUR", "customer_ip_address": "9.9.9.9", "customer_user_agent": "M",
        "customer_id": "0",
        "customer_email": "a@example.com",
        "line_item_1": "name:Mug|product_id:93|sku:|quantity:2|total:24.00",
    }  # fmt: skip
    (unit,) = made(write_csv(tmp_path / "o.csv", SUITE, [row])).units()
    (event,) = unit.events
    assert event["contents"] == [{"content_id": "93", "content_name": "Mug", "price": 12.0, "quantity": 2}]
    assert (event["ip"], event["user_agent"]) == ("9.9.9.9", "M")
    assert "external_id" not in event


@pytest.mark.parametrize("status", ["pending", "wc-pending", "On hold", "wc-on-hold", "Cancelled"])
def test_unpaid_order_of_a_suite_export_is_skipped(tmp_path: Path, status: str) -> None:
    row = {"order_id": "9", "order_date": stamp(1), "status": status, "order_total": "24",
        "order_currency": "EUR"}  # fmt: skip
    (unit,) = made(write_csv(tmp_path / "o.csv", SUITE, [row])).units()
    assert (unit.events, unit.code) == ([], "not_paid")


def test_order_of_woocommerce_without_a_status_is_not_taken_for_paid(tmp_path: Path) -> None:
    suite = {"order_id": "9", "order_date": stamp(1), "order_total": "24", "order_currency": "EUR"}
    advanced = {"Order Number": "7", "Order Date": stamp(1), "Order Total Amount": "18"}
    for columns, row in ((SUITE, suite), (ADVANCED, advanced)):
        (unit,) = made(write_csv(tmp_path / "o.csv", columns, [row]), currency="EUR").units()
        assert (unit.events, unit.code, unit.skipped) == ([], "status_missing", False)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,234.56", 1234.56),
        ("1.234,56", 1234.56),
        ("12,50", 12.5),
        ("1,234", 1234.0),
        ("€ 9.90", 9.9),
        ("-3", -3.0),
    ],
)
def test_amounts_are_read_as_spreadsheets_write_them(text: str, amount: float) -> None:
    assert exports.parse_money(text) == amount


@pytest.mark.parametrize("text", ["", "n/a", "1.2.3"])
def test_what_is_no_amount_is_said(text: str) -> None:
    with pytest.raises(UnusableRowError):
        exports.parse_money(text)


# ── API dumps, and the forms of a file ─────────────────────────────────────────────────────────────────────


def fresh(sample: str) -> dict[str, Any]:
    from relay_senders import samples

    held: dict[str, Any] = json.loads(samples.fresh((EVENTS / sample).read_bytes(), NOW))
    return held


@pytest.mark.parametrize(
    ("sample", "kind"),
    [("shopify/orders_paid.json", "shopify-api"), ("woocommerce/order.created.json", "woocommerce-api")],
)
def test_dump_of_orders_gets_the_webhooks_ids(tmp_path: Path, sample: str, kind: str) -> None:
    order = fresh(sample)
    file = tmp_path / "dump.jsonl"
    file.write_text("".join(json.dumps(order | {"id": number}) + "\n" for number in (1, 2)))
    found = made(file)
    assert found.kind == kind
    events = [event for unit in found.units() for event in unit.events]
    assert [(event["event"], event["event_id"]) for event in events] == [("Purchase", "1"), ("Purchase", "2")]


def test_dump_of_stripe_sessions_is_read_as_their_webhooks(tmp_path: Path) -> None:
    session = fresh("stripe/checkout.session.completed.json")["data"]["object"]
    file = tmp_path / "sessions.jsonl"
    file.write_text(json.dumps(session) + "\n")
    (unit,) = made(file).units()
    assert unit.events[0]["event_id"] == session["id"]


def test_payment_of_test_mode_in_a_dump_is_skipped(tmp_path: Path) -> None:
    session = fresh("stripe/checkout.session.completed.json")["data"]["object"] | {"livemode": False}
    file = tmp_path / "sessions.jsonl"
    file.write_text(json.dumps(session) + "\n")
    (unit,) = made(file).units()
    assert (unit.events, unit.code) == ([], "test")


@pytest.mark.parametrize("reason", ["subscription_cycle", "subscription_update"])
def test_renewal_in_a_dump_of_stripes_is_skipped(tmp_path: Path, reason: str) -> None:
    event = fresh("stripe/invoice.paid.json")
    event["data"]["object"]["billing_reason"] = reason
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(event) + "\n" + json.dumps(event["data"]["object"]) + "\n")
    assert [(unit.events, unit.code, unit.skipped) for unit in made(file).units()] == [
        ([], "renewal", True)
    ] * 2


def test_first_payment_after_a_trial_in_a_dump_counts_where_its_metadata_says_so(tmp_path: Path) -> None:
    invoice = fresh("stripe/invoice.paid.json")["data"]["object"]
    ended = {"tt_trial_end": str(invoice["created"])}
    file = tmp_path / "invoices.jsonl"
    file.write_text(json.dumps(invoice | {"billing_reason": "subscription_cycle", "metadata": ended}) + "\n")
    (unit,) = made(file).units()
    assert [event["event"] for event in unit.events] == ["Purchase"]


def test_unpaid_orders_of_a_dump_are_skipped(tmp_path: Path) -> None:
    order = fresh("shopify/orders_paid.json") | {"financial_status": "pending"}
    pending = fresh("woocommerce/order.created.pending.json")
    for name, body in (("s", order), ("w", pending)):
        file = tmp_path / f"{name}.jsonl"
        file.write_text(json.dumps(body) + "\n")
        (unit,) = made(file).units()
        assert (unit.events, unit.skipped) == ([], True)
        assert unit.reason


def test_order_of_woocommerce_that_was_shipped_days_after_its_payment_is_sent(tmp_path: Path) -> None:
    # Its webhook of that day is an update of what was counted; a dump has the order once, as it is now.
    form = "%Y-%m-%dT%H:%M:%S"
    order = woocommerce_order() | {
        "status": "completed",
        "date_paid_gmt": stamp(5, form),
        "date_modified_gmt": stamp(2, form),
    }
    file = tmp_path / "w.jsonl"
    file.write_text(json.dumps(order) + "\n")
    (unit,) = made(file).units()
    assert [event["event_id"] for event in unit.events] == [str(order["id"])]
    assert unit.events[0]["event_time"] == pytest.approx(NOW - 5 * DAY, abs=1)


def test_order_of_a_dump_that_its_sender_could_not_read_is_not_skipped(tmp_path: Path) -> None:
    file = tmp_path / "w.jsonl"
    file.write_text(json.dumps(fresh("woocommerce/order.created.cannot_view.json")) + "\n")
    (unit,) = made(file, kind="woocommerce-api").units()
    assert (unit.events, unit.code, unit.skipped) == ([], "owner_cannot_read", False)


CHARGE = {"id": "ch_1", "object": "charge", "amount": 100, "currency": "eur", "paid": True, "livemode": True}


def shopify_order() -> dict[str, Any]:
    return fresh("shopify/orders_paid.json")


def woocommerce_order() -> dict[str, Any]:
    return fresh("woocommerce/order.created.json")


def stripe_event(kind: str, **changes: Any) -> dict[str, Any]:
    held = fresh("stripe/checkout.session.completed.json") | {"type": kind}
    return held | {"data": {"object": held["data"]["object"] | changes}}


def without(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


UNUSABLE: dict[str, tuple[str, Callable[[], dict[str, Any]], str]] = {
    "a charge": ("stripe-api", lambda: CHARGE, "not_an_event"),
    "an event without a type": ("stripe-api", lambda: stripe_event(""), "not_an_event"),
    "an event without an object": (
        "stripe-api",
        lambda: stripe_event("checkout.session.completed") | {"data": {}},
        "not_an_event",
    ),
    "a session without an id": (
        "stripe-api",
        lambda: without(stripe_event("")["data"]["object"], "id"),
        "id_missing",
    ),
    "a session without a status": (
        "stripe-api",
        lambda: without(stripe_event("")["data"]["object"], "payment_status"),
        "status_missing",
    ),
    "an event of a session without a status": (
        "stripe-api",
        lambda: stripe_event("checkout.session.completed", payment_status=None),
        "status_missing",
    ),
    "an order of Shopify without a status": (
        "shopify-api",
        lambda: without(shopify_order(), "financial_status"),
        "status_missing",
    ),
    "a status of null": (
        "shopify-api",
        lambda: shopify_order() | {"financial_status": None},
        "status_missing",
    ),
    "an order of Shopify without an id": (
        "shopify-api",
        lambda: without(without(shopify_order(), "id"), "admin_graphql_api_id"),
        "id_missing",
    ),
    "an order of WooCommerce without a status": (
        "woocommerce-api",
        lambda: without(woocommerce_order(), "status") | {"date_paid_gmt": None},
        "status_missing",
    ),
    "an order of WooCommerce without its date of payment": (
        "woocommerce-api",
        lambda: without(woocommerce_order(), "date_paid_gmt"),
        "status_missing",
    ),
    "a customer of WooCommerce": (
        "woocommerce-api",
        lambda: {
            "id": 7,
            "email": "ada@example.com",
            "date_created_gmt": "2026-01-01T00:00:00",
            "billing": {},
        },
        "status_missing",
    ),
    "an order of another platform": ("woocommerce-api", shopify_order, "status_missing"),
}
"""Records of a dump that are of the wrong shape → kind of the dump, record, code."""


@pytest.mark.parametrize(("kind", "record", "code"), UNUSABLE.values(), ids=UNUSABLE)
def test_record_of_the_wrong_shape_is_not_skipped(
    tmp_path: Path, kind: str, record: Callable[[], dict[str, Any]], code: str
) -> None:
    file = tmp_path / "dump.jsonl"
    file.write_text(json.dumps(record()) + "\n")
    (unit,) = made(file, kind=kind).units()
    assert (unit.events, unit.code, unit.skipped) == ([], code, False)


@pytest.mark.parametrize("kind", ["charge.succeeded", "checkout.session.expired", "product.updated"])
def test_event_of_stripe_that_is_no_payment_is_skipped(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(json.dumps(stripe_event(kind)) + "\n")
    (unit,) = made(file).units()
    assert (unit.events, unit.skipped) == ([], True)


def test_status_field_of_each_object_of_stripe_is_the_providers() -> None:
    for name, kind in dumps.STRIPE_OBJECTS.items():
        (field,) = {types[kind].paid[0] for types in stripe.FAMILIES.values() if kind in types}
        assert dumps.STATUS_FIELDS[name] == field


def event(number: int) -> dict[str, Any]:
    return {
        "event": "Purchase", "event_id": f"order-{number}", "event_time": int(NOW) - 60, "value": 1,
        "currency": "EUR", "email": f"c{number}@example.com",
    }  # fmt: skip


FORMS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "a.jsonl": lambda events: "".join(json.dumps(entry) + "\n" for entry in events).encode(),
    "a.json": lambda events: json.dumps(events, indent=1).encode(),
    "b.json": lambda events: json.dumps(events, ensure_ascii=False, separators=(" ,\n", ":")).encode(),
    "a.jsonl.gz": lambda events: gzip.compress(FORMS["a.jsonl"](events)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_every_form_can_be_resumed_at_every_record(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(FORMS[name]([event(number) | {"note": "Zoë \u2603 ]}"} for number in range(7)]))
    source = readers.open_source(file)
    records = list(readers.records(source))
    assert [record.value["event_id"] for record in records] == [f"order-{number}" for number in range(7)]
    for done in records:
        rest = list(readers.records(source, done.position, done.number))
        assert [record.value["event_id"] for record in rest] == [
            f"order-{number}" for number in range(done.number, 7)
        ]


def test_csv_with_quoted_line_breaks_can_be_resumed_at_every_order(tmp_path: Path) -> None:
    rows = [
        shopify_row(Name=f"#{n}", Id=str(n), **{"Lineitem name": 'Mug\nwith "lid"; big'}) for n in range(5)
    ]
    for delimiter in ",;\t":
        found = made(write_csv(tmp_path / "o.csv", SHOPIFY, rows, delimiter))
        units = list(found.units())
        assert [unit.events[0]["event_id"] for unit in units] == list("01234")
        for unit in units:
            rest = found.units(unit.last.position, unit.last.number)
            assert [entry.events[0]["event_id"] for entry in rest] == list("01234")[unit.last.number :]


def test_byte_order_mark_and_western_encoding_are_read(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "o.csv", SHOPIFY, [shopify_row()])
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert made(file).kind == "shopify"
    write_csv(file, SHOPIFY, [shopify_row(**{"Billing City": "Köln"})])
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))
    (unit,) = made(file).units()
    assert unit.events[0]["city"] == "Köln"


def test_wrapped_response_of_an_api_is_unwrapped(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    file.write_text(json.dumps({"events": [event(1), event(2)]}, indent=2))
    assert [unit.events[0]["event_id"] for unit in made(file).units()] == ["order-1", "order-2"]


def test_record_with_a_list_of_an_apis_name_is_no_response_of_an_api(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    listed = [event(number) | {"data": [{"sku": "MUG"}], "orders": []} for number in (1, 2)]
    file.write_text("".join(json.dumps(entry) + "\n" for entry in listed))
    assert [unit.events for unit in made(file).units()] == [[entry] for entry in listed]


def test_blank_lines_of_a_spreadsheet_are_no_orders(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "o.csv", SHOPIFY, [shopify_row(), shopify_row(Name="#2", Id="2")])
    head, first, second = file.read_text().splitlines()
    commas = "," * (len(SHOPIFY) - 1)
    file.write_text(f"{head}\n\n{first}\n{commas}\n{second}\n{commas}\n\n")
    assert [unit.events[0]["event_id"] for unit in made(file).units()] == ["5778367414385", "2"]


def test_rows_of_one_value_without_end_are_not_read_as_one_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_GROUP", 3)
    file = write_csv(tmp_path / "o.csv", SHOPIFY, [shopify_row() for _ in range(7)])
    assert [len(unit.rows) for unit in made(file).units()] == [3, 3, 1]


def test_parquet_is_read_by_rows_and_resumed(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="the extra `parquet` is not installed")
    write_csv(tmp_path / "o.csv", SUITE, [{"order_id": str(n), "order_date": stamp(1, "%Y-%m-%d %H:%M:%S"),
        "status": "completed", "order_total": "5", "order_currency": "EUR", "customer_email": "a@example.com"}
        for n in range(5)])  # fmt: skip
    file = tmp_path / "orders.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{tmp_path / 'o.csv'}', all_varchar = true)) TO '{file}'")  # noqa: S608
    found = made(file)
    assert [unit.events[0]["event_id"] for unit in found.units()] == list("01234")
    assert [unit.events[0]["event_id"] for unit in found.units(3, 3)] == ["3", "4"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.json", b""), ("a.csv", b"hello"), ("a.json", b"[1, 2"), ("a.parquet", b"no"), ("a.gz", b"no")],
)
def test_file_of_no_use_is_one_error_and_nothing_is_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    code = main(["backfill", str(file), "--dry-run", "--json"])
    printed = capsys.readouterr()
    assert code == 1
    assert printed.out or json.loads(printed.err)["error"]


def test_unknown_columns_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backfill", str(write_csv(tmp_path / "x.csv", ["a", "b"], [])), "--dry-run"]) == 2
    assert "of no known export: a, b" in capsys.readouterr().err


def test_dry_run_assesses_every_order_without_network_or_aws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [shopify_row(Name=f"#{n}", Id=str(n)) for n in range(3)] + [
        shopify_row(Name="#9", Id="9", **{"Financial Status": "pending"}),
        shopify_row(Name="#10", Id="10", **{"Paid at": stamp(10)}),
    ]
    file = write_csv(tmp_path / "o.csv", SHOPIFY, rows)
    code = main(["backfill", str(file), "--dry-run", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (printed["orders"], printed["events"], printed["skipped"], printed["unusable"]) == (
        5,
        4,
        {"not_paid": 1},
        {},
    )
    assert printed["older_than_7_days"] == 1
    assert printed["assessed"]["mean_match_quality"] == 4.5
    assert not list(tmp_path.glob("*journal*"))
    assert "ada@example.com" not in json.dumps(printed)
    script = f"from relay_cli.main import main; main(['backfill', {str(file)!r}, '--dry-run', '--json'])"
    assert not loaded_by(script) & {"boto3", "botocore", "requests"}


@pytest.mark.parametrize(
    ("kind", "beginning"), [("events", "as they are"), ("shopify-api", "as the webhook")]
)
def test_mapping_of_a_dump_is_named(tmp_path: Path, kind: str, beginning: str) -> None:
    (text,) = made(lines(tmp_path / "a.jsonl", 1), kind=kind).mapping.values()
    assert text.startswith(beginning)


def test_time_limits_skip_what_the_stack_has_sent_already(tmp_path: Path) -> None:
    rows = [shopify_row(Name=f"#{n}", Id=str(n), **{"Paid at": stamp(n)}) for n in range(1, 6)]
    found = made(write_csv(tmp_path / "o.csv", SHOPIFY, rows), before=NOW - 1.5 * DAY, after=NOW - 4.5 * DAY)
    units = list(found.units())
    assert [unit.events[0]["event_id"] for unit in units if unit.events] == ["2", "3", "4"]
    assert sum(unit.skipped for unit in units) == 2


def test_order_of_the_very_second_belongs_to_the_later_span(tmp_path: Path) -> None:
    edge = int(NOW) - DAY
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(event(1) | {"event_time": edge}) + "\n")
    assert [unit.skipped for unit in made(file, before=edge).units()] == [True]
    assert [unit.skipped for unit in made(file, after=edge).units()] == [False]


FORMS_OF_A_TIME: dict[str, Callable[[int], object]] = {
    "ISO 8601": lambda at: datetime.fromtimestamp(at, UTC).isoformat(),
    "ISO 8601 without a zone": lambda at: datetime.fromtimestamp(at, UTC).isoformat()[:19],
    "milliseconds": lambda at: at * 1000,
    "seconds in text": str,
}


@pytest.mark.parametrize("form", FORMS_OF_A_TIME)
def test_time_limits_hold_for_every_form_of_a_time(tmp_path: Path, form: str) -> None:
    at = int(NOW) - DAY
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(event(1) | {"event_time": FORMS_OF_A_TIME[form](at)}) + "\n")
    assert [unit.skipped for unit in made(file, before=at).units()] == [True]
    assert [unit.skipped for unit in made(file, before=at + 1, after=at).units()] == [False]
    assert [unit.skipped for unit in made(file, after=at + 1).units()] == [True]


@pytest.mark.parametrize("form", FORMS_OF_A_TIME)
def test_age_of_an_event_is_known_in_every_form_of_its_time(tmp_path: Path, form: str) -> None:
    times = [FORMS_OF_A_TIME[form](int(NOW) - days * DAY) for days in (1, 8, 30)]
    file = tmp_path / "a.jsonl"
    file.write_text("".join(json.dumps(event(1) | {"event_time": at}) + "\n" for at in times))
    scan = plan.Scan()
    units = list(made(file).units())
    for unit in units:
        scan.add(unit, NOW)
    assert (scan.old, scan.skipped) == (1, {"event_time_too_old": 1})
    assert [row["event_time"] for row in plan.preview(units)] == [int(NOW) - DAY, int(NOW) - 8 * DAY, None]


# ── sending ────────────────────────────────────────────────────────────────────────────────────────────────


class Relay:
    """The relay's API: accepts events, rejects those without e-mail, and fails on request."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.failures: list[Response] = []
        self.requests = 0

    def post(self, body: bytes) -> Response:
        self.requests += 1
        if self.failures:
            return self.failures.pop(0)
        receipt: dict[str, list[Any]] = {"accepted": [], "rejected": [], "dropped": []}
        for index, each in enumerate(json.loads(body)["events"]):
            if each.get("consent") == "denied":
                receipt["dropped"].append({"index": index, "reason": "consent_denied"})
            elif "email" not in each:
                errors = [{"code": "no_match_key", "message": "Nothing to match on."}]
                receipt["rejected"].append({"index": index, "errors": errors})
            else:
                self.received.append(each["event_id"])
                receipt["accepted"].append({"index": index, "event_id": each["event_id"]})
        return Response(202, json.dumps(receipt).encode(), {})


def problem(status: int) -> Response:
    return Response(status, json.dumps({"detail": "no"}).encode(), {})


class KilledError(Exception):
    """The process is gone."""


def lines(path: Path, number: int) -> Path:
    path.write_text("".join(json.dumps(event(entry)) + "\n" for entry in range(number)))
    return path


def go(
    file: Path, relay: Relay, *, kill_at: int = 0, rate: float = 1e9, limit: int | None = None
) -> running.Result:
    """Runs as the command does; `kill_at` ends it after so many requests, before the journal is written."""
    found = made(file)
    header = Header("sha", 1, found.kind, "here", {})
    path = journal_path(file)
    progress = read_progress(path, header)
    journal = open_journal(path, header, progress)
    try:
        rejected = running.RejectedFile(found, running.rejected_path(found), journal.progress.rejected_bytes)
    except CliError:
        journal.close()
        raise

    def post(body: bytes) -> Response:
        response = relay.post(body)
        if kill_at and relay.requests == kill_at:
            raise KilledError
        return response

    try:
        return running.run(found, journal, rejected, post, rate=rate, limit=limit, sleep=lambda _: None)
    finally:
        journal.close()
        rejected.close()


def test_every_order_is_sent_once_and_counted_once(tmp_path: Path) -> None:
    relay = Relay()
    result = go(lines(tmp_path / "a.jsonl", 1234), relay)
    assert relay.received == [f"order-{number}" for number in range(1234)]
    assert (result.progress.accepted, result.progress.batches, relay.requests) == (1234, 3, 3)
    again = go(tmp_path / "a.jsonl", relay)
    assert (relay.requests, again.progress.accepted) == (3, 1234)


@pytest.mark.parametrize("kill_at", [1, 2, 3])
def test_killed_run_goes_on_loses_nothing_and_counts_nothing_twice(tmp_path: Path, kill_at: int) -> None:
    relay, file = Relay(), lines(tmp_path / "a.jsonl", 1234)
    with pytest.raises(KilledError):
        go(file, relay, kill_at=kill_at)
    result = go(file, relay)
    assert set(relay.received) == {f"order-{number}" for number in range(1234)}
    assert result.progress.accepted == 1234
    # Only the batch that was under way went twice, with the same event_ids.
    assert len(relay.received) - 1234 <= running.BATCH_EVENTS


def test_journal_that_a_crash_cut_off_is_repaired(tmp_path: Path) -> None:
    relay, file = Relay(), lines(tmp_path / "a.jsonl", 1234)
    with pytest.raises(KilledError):
        go(file, relay, kill_at=2)
    path = journal_path(file)
    path.write_bytes(path.read_bytes() + b'{"record": 10')
    result = go(file, relay)
    assert (result.progress.accepted, set(relay.received)) == (1234, {f"order-{n}" for n in range(1234)})
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_journal_is_on_disk_before_the_next_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    monkeypatch.setattr("os.fsync", lambda _descriptor: order.append("fsync"))
    relay = Relay()
    post = relay.post

    def noted(body: bytes) -> Response:
        order.append("post")
        return post(body)

    monkeypatch.setattr(relay, "post", noted)
    go(lines(tmp_path / "a.jsonl", 1001), relay)
    sent = [place for place, what in enumerate(order) if what == "post"]
    for first, second in pairwise(sent):
        # The file of rejected records, then the journal.
        assert order[first + 1 : second] == ["fsync", "fsync"]


def test_rejected_rows_are_written_once_with_the_reason_also_after_a_kill(tmp_path: Path) -> None:
    relay, file = Relay(), tmp_path / "a.jsonl"
    events = [event(number) for number in range(1200)]
    for number in (3, 600, 1100):
        del events[number]["email"]
    file.write_text("".join(json.dumps(entry) + "\n" for entry in events) + "rubbish\n")
    with pytest.raises(KilledError):
        go(file, relay, kill_at=2)
    result = go(file, relay)
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl.rejected.jsonl").read_text().splitlines()]
    assert [row.get("event_id") for row in rows] == ["order-3", "order-600", "order-1100", None]
    assert {row["relay_error_code"] for row in rows} == {"no_match_key", "unreadable"}
    assert (result.progress.rejected, result.progress.unusable, result.progress.accepted) == (3, 1, 1197)


def test_kill_between_rejected_rows_and_journal_writes_no_row_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, file = Relay(), tmp_path / "a.jsonl"
    events = [event(number) for number in range(1200)]
    for number in (3, 600):
        del events[number]["email"]
    file.write_text("".join(json.dumps(held) + "\n" for held in events))
    confirm = Journal.confirm

    def killed(journal: Journal, progress: Progress, ids: list[str]) -> None:
        if progress.batches == 2:
            raise KilledError
        confirm(journal, progress, ids)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "confirm", killed)
        with pytest.raises(KilledError):
            go(file, relay)
    result = go(file, relay)
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl.rejected.jsonl").read_text().splitlines()]
    assert [row["event_id"] for row in rows] == ["order-3", "order-600"]
    assert (result.progress.rejected, result.progress.accepted) == (2, 1198)


def test_rejected_rows_of_an_export_keep_its_columns_and_can_be_sent_again(tmp_path: Path) -> None:
    rows = [shopify_row(Name="#1", Id="1", Email=""), shopify_row(Name="#2", Id="2", Total="x")]
    go(write_csv(tmp_path / "o.csv", SHOPIFY, rows), Relay())
    rejected = tmp_path / "o.csv.rejected.csv"
    with rejected.open(newline="", encoding="utf-8") as opened:
        found = list(csv.DictReader(opened))
    assert [row["relay_error_code"] for row in found] == ["no_match_key", "value_not_a_number"]
    assert [row["Id"] for row in found] == ["1", "2"]
    assert made(rejected).kind == "shopify"


def test_rejected_row_holds_no_formula_that_a_spreadsheet_would_compute(tmp_path: Path) -> None:
    customer = {
        "Billing Name": '=HYPERLINK("https://a.example")',
        "Billing City": "@SUM(1)",
        "Lineitem name": "-2+3",
    }
    row = shopify_row(**customer, Email="", Total="-5.00")
    file = write_csv(tmp_path / "o.csv", SHOPIFY, [row])
    go(file, Relay())
    rejected = tmp_path / "o.csv.rejected.csv"
    (found,) = csv.DictReader(rejected.read_text().splitlines())
    assert {name: found[name] for name in customer} == {name: f"'{text}" for name, text in customer.items()}
    assert (found["Total"], found["Billing Phone"]) == ("-5.00", "'+4930901820")
    (was,), (sent,) = (unit.events for path in (file, rejected) for unit in made(path).units())
    assert sent == was


def test_rejected_events_are_sent_again_without_the_reason_that_was_added(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps({name: value for name, value in event(1).items() if name != "email"}) + "\n")
    go(file, Relay())
    (unit,) = made(tmp_path / "a.jsonl.rejected.jsonl").units()
    assert unit.events == [json.loads(file.read_text())]


def test_files_beside_the_orders_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(event(1)) + "\nrubbish\n")
    go(file, Relay())
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir() if path != file}
    assert modes == {"a.jsonl.relay-journal": 0o600, "a.jsonl.rejected.jsonl": 0o600}


def test_link_that_lies_in_wait_beside_the_orders_is_not_followed(tmp_path: Path) -> None:
    file, others = tmp_path / "a.jsonl", tmp_path / "others"
    file.write_text(json.dumps(event(1)) + "\nrubbish\n")
    others.write_text("another user's")
    for path in (journal_path(file), tmp_path / "a.jsonl.rejected.jsonl"):
        path.symlink_to(others)

    open_journal(journal_path(file), Header("sha", 1, "events", "here"), None).close()  # as with --restart
    go(file, Relay())

    assert others.read_text() == "another user's"
    assert not any(path.is_symlink() for path in tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.jsonl.relay-journal", "a.jsonl.rejected.jsonl"])
def test_backfill_does_not_go_on_behind_a_link(tmp_path: Path, name: str) -> None:
    file, moved = tmp_path / "a.jsonl", tmp_path / "moved"
    file.write_text(f"{json.dumps(event(1))}\nrubbish\n{json.dumps(event(2))}\n{json.dumps(event(3))}\n")
    go(file, Relay(), limit=2)
    (tmp_path / name).rename(moved)
    (tmp_path / name).symlink_to(moved)
    before = moved.read_text()
    with pytest.raises(CliError, match="can't be written"):
        go(file, Relay())
    assert moved.read_text() == before


def test_request_never_has_more_bytes_than_the_relay_reads(tmp_path: Path) -> None:
    sizes: list[int] = []
    relay, file = Relay(), tmp_path / "a.jsonl"
    post = relay.post

    def noted(body: bytes) -> Response:
        sizes.append(len(body))
        return post(body)

    relay.post = noted  # type: ignore[method-assign]
    long = [event(number) | {"description": "x" * 150_000} for number in range(40)]
    file.write_text("".join(json.dumps(entry) + "\n" for entry in long))
    assert go(file, relay).progress.accepted == 40
    assert max(sizes) <= 4_194_304


def test_orders_that_become_no_event_are_in_the_journal_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "BATCH_UNITS", 3)
    file = tmp_path / "a.jsonl"
    file.write_text(json.dumps(event(1)) + "\n" + "rubbish\n" * 9)
    progress = go(file, Relay()).progress
    assert (progress.batches, progress.unusable) == (4, 9)


def test_answer_about_an_event_that_was_not_sent_counts_for_none(tmp_path: Path) -> None:
    relay = Relay()
    odd = {"accepted": [{"index": 0}, {"index": 7}], "rejected": [{"index": 10**9, "errors": []}]}
    relay.failures = [Response(202, json.dumps(odd).encode(), {})]
    result = go(lines(tmp_path / "a.jsonl", 3), relay)
    assert (relay.received, result.progress.accepted) == (["order-1", "order-2"], 3)


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_relay_in_trouble_is_asked_again(tmp_path: Path, status: int) -> None:
    relay = Relay()
    relay.failures = [problem(status), problem(status)]
    assert go(lines(tmp_path / "a.jsonl", 10), relay).progress.accepted == 10
    assert relay.received == [f"order-{number}" for number in range(10)]


def test_relay_that_stays_down_ends_it_partly_done_and_the_next_run_goes_on(tmp_path: Path) -> None:
    relay, file = Relay(), lines(tmp_path / "a.jsonl", 900)
    go(file, relay, limit=500)
    relay.failures = [problem(503)] * running.MAX_ATTEMPTS
    with pytest.raises(PartlyDoneError, match="run the same command again"):
        go(file, relay)
    assert go(file, relay).progress.accepted == 900
    assert len(relay.received) == 900


def test_wrong_key_ends_it_at_once(tmp_path: Path) -> None:
    relay = Relay()
    relay.failures = [problem(401)]
    with pytest.raises(Exception, match="rejects the server key"):
        go(lines(tmp_path / "a.jsonl", 10), relay)
    assert relay.requests == 1


def test_what_the_queue_did_not_take_is_sent_again_alone(tmp_path: Path) -> None:
    relay = Relay()
    partly = {"accepted": [{"index": 0}, {"index": 2}], "rejected": [], "not_queued": [{"index": 1}]}
    relay.failures = [Response(503, json.dumps(partly).encode(), {})]
    result = go(lines(tmp_path / "a.jsonl", 3), relay)
    assert (relay.received, result.progress.accepted) == (["order-1"], 3)


def test_no_request_holds_more_than_the_events_of_a_second(tmp_path: Path) -> None:
    relay = Relay()
    result = go(lines(tmp_path / "a.jsonl", 100), relay, rate=40)
    assert (relay.requests, result.progress.accepted) == (3, 100)
    relay = Relay()
    go(lines(tmp_path / "b.jsonl", 3), relay, rate=0.5)
    assert relay.requests == 3


def test_rate_is_kept(tmp_path: Path) -> None:
    slept: list[float] = []
    found = made(lines(tmp_path / "a.jsonl", 1000))
    journal = open_journal(tmp_path / "j", Header("s", 1, "events", "here"), None)
    rejected = running.RejectedFile(found, tmp_path / "r", 0)
    running.run(
        found, journal, rejected, Relay().post, rate=100, clock=lambda: sum(slept), sleep=slept.append
    )
    journal.close()
    rejected.close()
    assert sum(slept) == pytest.approx(10.0)


@pytest.mark.parametrize("name", ["sha256", "size", "kind", "target", "options"])
def test_journal_of_another_backfill_is_rejected(tmp_path: Path, name: str) -> None:
    header = Header("sha", 1, "events", "here", {})
    changed: dict[str, Any] = {name: "x"}
    other = replace(header, **changed)
    journal = open_journal(tmp_path / "j", header, None)
    # Nothing is done yet: a wrong address can be corrected.
    assert (read_progress(tmp_path / "j", header), read_progress(tmp_path / "j", other)) == (None, None)
    journal.confirm(Progress(batches=1), [])
    journal.close()
    assert read_progress(tmp_path / "j", header) == Progress(batches=1)
    with pytest.raises(UsageError, match=name):
        read_progress(tmp_path / "j", other)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Relay]]:
    """The relay's API over HTTP, with the key of the command."""
    relay = Relay()

    def answer_to(posted: Posted) -> Answer:
        is_right = posted.headers["authorization"] == "Bearer key-1"
        response = relay.post(posted.body) if is_right else problem(401)
        return Answer(response.status, response.body)

    monkeypatch.setenv("RELAY_SERVER_KEY", "key-1")
    with serving(answer_to) as url:
        yield url, relay


def test_command_sends_reports_and_goes_on(
    tmp_path: Path, api: tuple[str, Relay], capsys: pytest.CaptureFixture[str]
) -> None:
    url, relay = api
    file = lines(tmp_path / "a.jsonl", 20)
    words = ["backfill", str(file), "--url", url, "--yes", "--json", "--rate", "100000"]
    assert main([*words, "--limit", "8"]) == 0
    assert json.loads(capsys.readouterr().out)["accepted"] == 8
    assert main(words) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["accepted"], printed["resumed"], printed["rejected_file"]) == (20, True, None)
    assert relay.received == [f"order-{number}" for number in range(20)]
    file.write_text(file.read_text() + json.dumps(event(21)) + "\n")
    assert main(words) == 2
    assert "sha256, size differ" in json.loads(capsys.readouterr().err)["error"]
    assert main([*words, "--restart"]) == 0


def test_ordinary_export_is_no_failure(
    tmp_path: Path, api: tuple[str, Relay], capsys: pytest.CaptureFixture[str]
) -> None:
    url, relay = api
    changes = [{}, *[{"Financial Status": "pending"}] * 6, {"Paid at": stamp(40)}]
    rows = [shopify_row(Name=f"#{n}", Id=str(n), **more) for n, more in enumerate(changes)]
    file = write_csv(tmp_path / "o.csv", SHOPIFY, rows)
    assert main(["backfill", str(file), "--url", url, "--yes"]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("skipped: its financial status is pending") == 6
    assert "1 event accepted" in printed.out
    assert "0 records can't be used, 7 skipped" in printed.out
    assert (relay.received, list(tmp_path.glob("*.rejected*"))) == (["0"], [])
    assert main(["backfill", str(file), "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "8 orders, 1 event, 7 skipped, 0 can't be used" in shown
    assert "6 skipped: not_paid" in shown


@pytest.mark.parametrize("name", ["a charge", "an order of Shopify without a status"])
def test_record_that_cannot_be_used_is_a_failure_and_in_the_rejected_file(
    tmp_path: Path, api: tuple[str, Relay], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    url, relay = api
    kind, record, code = UNUSABLE[name]
    file = tmp_path / "dump.jsonl"
    file.write_text(json.dumps(record()) + "\n")
    words = ["backfill", str(file), "--kind", kind, "--json"]
    assert main([*words, "--dry-run"]) == 1
    assert json.loads(capsys.readouterr().out)["unusable"] == {code: 1}
    assert main([*words, "--url", url, "--yes"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert (printed["unusable"], printed["skipped"], relay.received) == (1, 0, [])
    row = json.loads(Path(printed["rejected_file"]).read_text())
    assert row["id"] == record()["id"]
    assert row["relay_error_code"] == code


def test_address_can_be_corrected_after_a_wrong_key(
    tmp_path: Path, api: tuple[str, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, relay = api
    file = lines(tmp_path / "a.jsonl", 3)
    monkeypatch.setenv("RELAY_SERVER_KEY", "key-2")
    assert main(["backfill", str(file), "--url", f"{url}/wrong", "--yes"]) == 1
    monkeypatch.setenv("RELAY_SERVER_KEY", "key-1")
    assert main(["backfill", str(file), "--url", url, "--yes"]) == 0
    assert len(relay.received) == 3


def test_nothing_is_sent_without_a_yes(
    tmp_path: Path, api: tuple[str, Relay], capsys: pytest.CaptureFixture[str]
) -> None:
    url, relay = api
    file = lines(tmp_path / "a.jsonl", 3)
    assert main(["backfill", str(file), "--url", url]) == 2
    shown = capsys.readouterr().err
    assert "order-0" in shown
    assert "Say --yes" in shown
    assert "example.com" not in shown
    assert (relay.requests, list(tmp_path.glob("*journal*"))) == (0, [])
