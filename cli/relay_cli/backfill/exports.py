"""Exports: the CSV files that shop owners can download, recognised by their columns, in any order.

Each export is a row of EXPORTS: the columns that only it has, how its rows belong together, and how a group
of rows becomes an event in the relay's flat form. Sources: the column lists of Shopify's, Stripe's and
WooCommerce's own exports and of WooCommerce's two usual plug-ins, as of November 2026.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from relay.webhooks.options import Options
from relay_cli import evaluation

Row = Mapping[str, Any]


class UnusableRowError(ValueError):
    """A row that becomes no event: `code` is stable, the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class SkippedRowError(UnusableRowError):
    """A row that is nothing to send, with nothing wrong about it: an order that is not paid."""


def _ignored(reason: str) -> SkippedRowError:
    """The error of an order whose webhook is ignored for this reason."""
    return SkippedRowError(reason, evaluation.ignored_because(reason))


def status_missing(name: str) -> UnusableRowError:
    """The error of an order that lacks the field by which it would be known to be paid."""
    return UnusableRowError("status_missing", f"it has no {name}, which says whether it is paid")


@dataclass(frozen=True, slots=True)
class MapOptions:
    """What an export does not say: the currency, where it has no such column, and what the stack counts."""

    currency: str = ""
    webhooks: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class Export:
    """One export.

    `needs` are columns that no other export has together; `group` is the column whose value all rows of an
    order share, "" where a row is an order. `reject` says why it can't be used, `warn` what to know of it.
    """

    title: str
    needs: tuple[str, ...]
    map_rows: Callable[[Sequence[Row], MapOptions], dict[str, Any]] | None
    group: str = ""
    reject: str = ""
    warn: str = ""
    mapping: Mapping[str, str] = ()  # type: ignore[assignment]  # shown before sending


def check_value(event: Mapping[str, Any], options: MapOptions) -> None:
    """Raises SkippedRowError for an order of nothing, which is ignored as a webhook."""
    if event.get("value") == 0 and "zero_value" not in options.webhooks.forwarded:
        raise _ignored("zero_value")


def _text(row: Row, *names: str) -> str:
    for name in names:
        value = row.get(name)
        if value is not None and str(value).strip():
            # Spreadsheets are kept from reading a number by an apostrophe in front.
            return str(value).strip().removeprefix("'")
    return ""


_MONEY: Final[re.Pattern[str]] = re.compile(r"-?\d+(\.\d+)?")


def parse_money(text: str) -> float:
    """An amount in major units: "1,234.56" and "1234.56". Raises UnusableRowError."""
    plain = re.sub(r"[^\d.,-]", "", text)
    if "," in plain and "." in plain:
        plain = plain.replace(",", "") if plain.rfind(".") > plain.rfind(",") else _comma(plain)
    elif re.fullmatch(r"-?\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    elif "," in plain:
        plain = _comma(plain)
    if not _MONEY.fullmatch(plain):
        raise UnusableRowError("value_not_a_number", f"{text!r} is not an amount")
    return float(plain)


def _comma(text: str) -> str:
    return text.replace(".", "").replace(",", ".")


_FORMATS: Final[tuple[str, ...]] = (
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%m/%d/%Y %H:%M",
    "%m/%d/%y %H:%M",
)


def parse_time(text: str) -> int:
    """A time as exports write it, Unix seconds; without a zone it is UTC. Raises UnusableRowError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
        for form in _FORMATS:
            try:
                moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone is set below
            except ValueError:
                continue
            break
    if moment is None:
        raise UnusableRowError("event_time_wrong", f"{text!r} is not a date and time")
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def _without_empty(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if value not in ("", None, [])}


def _status(row: Row, column: str) -> str:
    status = _text(row, column).lower()
    if not status:
        raise status_missing(column)
    return status


def _currency(text: str, options: MapOptions) -> str:
    currency = (text or options.currency).upper()
    if not currency:
        raise UnusableRowError("currency_missing", "the export has no currency; say it with --currency")
    return currency


# ── Shopify ────────────────────────────────────────────────────────────────────────────────────────────────


def _shopify(rows: Sequence[Row], options: MapOptions) -> dict[str, Any]:
    # Only the first row of an order has the order's columns; each row is a line item.
    first = rows[0]
    status = _status(first, "Financial Status")
    if status not in ("paid", "partially_refunded"):
        raise SkippedRowError("not_paid", f"its financial status is {status}")
    if _text(first, "Cancelled at"):
        raise SkippedRowError("cancelled", "it is cancelled")
    columns = {"source_name": "Source", "tags": "Tags", "email": "Email"}
    order = {name: _text(first, column) for name, column in columns.items()}
    if (reason := evaluation.shopify_source_reason(order, options.webhooks)) is not None:
        raise _ignored(reason)
    order_id = _text(first, "Id")
    if not order_id:
        raise UnusableRowError("id_missing", "it has no Id, which is the event_id of the webhook")
    items = [
        _without_empty(
            {
                "content_id": _text(row, "Lineitem sku"),
                "content_name": _text(row, "Lineitem name"),
                "price": parse_money(_text(row, "Lineitem price") or "0"),
                "quantity": int(parse_money(_text(row, "Lineitem quantity") or "1")),
            }
        )
        for row in rows
        if _text(row, "Lineitem name")
    ]
    return _without_empty(
        {
            "event": "Purchase",
            "event_id": order_id,
            "order_id": order_id,
            "event_time": parse_time(_text(first, "Paid at", "Created at")),
            "value": parse_money(_text(first, "Total")),
            "currency": _currency(_text(first, "Currency"), options),
            "content_type": "product",
            "contents": items,
            "email": _text(first, "Email"),
            "phone": _text(first, "Phone", "Billing Phone", "Shipping Phone"),
            **_split_name(_text(first, "Billing Name", "Shipping Name")),
            "city": _text(first, "Billing City", "Shipping City"),
            "state": _text(first, "Billing Province", "Shipping Province"),
            "zip_code": _text(first, "Billing Zip", "Shipping Zip"),
            "country": _text(first, "Billing Country", "Shipping Country"),
        }
    )


def _split_name(name: str) -> dict[str, str]:
    first, _, last = name.partition(" ")
    return {"first_name": first, "last_name": last.strip()}


# ── Stripe ─────────────────────────────────────────────────────────────────────────────────────────────────


_STRIPES_RENEWAL: Final[str] = "Subscription update"
"""What Stripe itself writes into the description of each payment of a subscription but the first."""


def _stripe(rows: Sequence[Row], options: MapOptions) -> dict[str, Any]:
    row = rows[0]
    status = _status(row, "Status")
    if status not in ("paid", "succeeded"):
        raise SkippedRowError("not_paid", f"its status is {status}")
    if _text(row, "Mode").lower() == "test":
        raise SkippedRowError("test", "it was made in test mode")
    if _text(row, "Description") == _STRIPES_RENEWAL and "renewal" not in options.webhooks.forwarded:
        raise _ignored("renewal")
    intent = _text(row, "PaymentIntent ID")
    if not intent:
        raise UnusableRowError(
            "id_missing", "it has no PaymentIntent ID, which is the event_id of the webhook"
        )
    return _without_empty(
        {
            "event": "Purchase",
            "event_id": intent,
            "order_id": intent,
            "event_time": parse_time(_text(row, "Created date (UTC)", "Created (UTC)", "Created")),
            "value": parse_money(_text(row, "Amount")),
            "currency": _currency(_text(row, "Currency"), options),
            "email": _text(row, "Customer Email"),
            "external_id": _text(row, "Customer ID"),
            **_split_name(_text(row, "Card Name")),
            "city": _text(row, "Card Address City"),
            "state": _text(row, "Card Address State"),
            "zip_code": _text(row, "Card Address Zip"),
            "country": _text(row, "Card Address Country"),
            "ttclid": _text(row, "ttclid (metadata)"),
            "ttp": _text(row, "ttp (metadata)"),
        }
    )


# ── WooCommerce ────────────────────────────────────────────────────────────────────────────────────────────

_UNPAID: Final[frozenset[str]] = frozenset(
    {
        "pending",
        "pending payment",
        "on-hold",
        "on hold",
        "failed",
        "cancelled",
        "refunded",
        "draft",
        "checkout-draft",
    }
)


def _woo_paid(row: Row, column: str) -> None:
    status = _status(row, column).removeprefix("wc-")
    if status in _UNPAID:
        raise SkippedRowError("not_paid", f"its status is {status}")


def _advanced_export(rows: Sequence[Row], options: MapOptions) -> dict[str, Any]:
    # The order's columns are repeated on each row; each row is an item.
    first = rows[0]
    _woo_paid(first, "Order Status")
    number = _text(first, "Order Number")
    items = [
        _without_empty(
            {
                "content_id": _text(row, "SKU"),
                "content_name": _text(row, "Item Name"),
                "price": parse_money(_text(row, "Item Cost") or "0"),
                "quantity": int(parse_money(_text(row, "Quantity (- Refund)", "Quantity") or "1")),
            }
        )
        for row in rows
        if _text(row, "Item Name")
    ]
    return _without_empty(
        {
            "event": "Purchase",
            "event_id": number,
            "order_id": number,
            "event_time": parse_time(_text(first, "Order Date")),
            "value": parse_money(_text(first, "Order Total Amount")),
            "currency": _currency(_text(first, "Order Currency"), options),
            "content_type": "product",
            "contents": items,
            "email": _text(first, "Email (Billing)"),
            "phone": _text(first, "Phone (Billing)"),
            "first_name": _text(first, "First Name (Billing)"),
            "last_name": _text(first, "Last Name (Billing)"),
            "city": _text(first, "City (Billing)"),
            "state": _text(first, "State Code (Billing)"),
            "zip_code": _text(first, "Postcode (Billing)"),
            "country": _text(first, "Country Code (Billing)"),
        }
    )


_ITEM: Final[re.Pattern[str]] = re.compile(r"line_item_\d+")


def _suite_item(text: str) -> dict[str, Any]:
    """`name:Mug|product_id:93|sku:MUG|quantity:2|total:12.00`."""
    fields = dict(part.partition(":")[::2] for part in text.split("|"))
    quantity = int(parse_money(fields.get("quantity", "") or "1")) or 1
    return _without_empty(
        {
            "content_id": fields.get("sku", "").strip() or fields.get("product_id", "").strip(),
            "content_name": fields.get("name", "").strip(),
            "price": round(parse_money(fields.get("total", "") or "0") / quantity, 4),
            "quantity": quantity,
        }
    )


def _suite(rows: Sequence[Row], options: MapOptions) -> dict[str, Any]:
    row = rows[0]
    _woo_paid(row, "status")
    order_id = _text(row, "order_id")
    items = [_suite_item(_text(row, name)) for name in row if _ITEM.fullmatch(name) and _text(row, name)]
    return _without_empty(
        {
            "event": "Purchase",
            "event_id": order_id,
            "order_id": order_id,
            "event_time": parse_time(_text(row, "paid_date", "order_date")),
            "value": parse_money(_text(row, "order_total")),
            "currency": _currency(_text(row, "order_currency"), options),
            "content_type": "product",
            "contents": items,
            "email": _text(row, "customer_email", "billing_email"),
            "phone": _text(row, "billing_phone"),
            "external_id": "" if _text(row, "customer_id") == "0" else _text(row, "customer_id"),
            "ip": _text(row, "customer_ip_address"),
            "user_agent": _text(row, "customer_user_agent"),
            "first_name": _text(row, "billing_first_name"),
            "last_name": _text(row, "billing_last_name"),
            "city": _text(row, "billing_city"),
            "state": _text(row, "billing_state"),
            "zip_code": _text(row, "billing_postcode"),
            "country": _text(row, "billing_country"),
        }
    )


EXPORTS: Final[dict[str, Export]] = {
    "shopify": Export(
        "Shopify orders export",
        ("Name", "Financial Status", "Lineitem name", "Lineitem quantity", "Id"),
        _shopify,
        group="Name",
        warn="It has no variant or product ids: content_id is the SKU, which has to be the id in your TikTok "
        "catalogue.",
        mapping={
            "event_id": "Id",
            "event_time": "Paid at, else Created at",
            "value, currency": "Total, Currency",
            "contents": "Lineitem sku, name, price, quantity",
            "customer": "Email, Phone, Billing …, else Shipping …",
        },
    ),
    "stripe": Export(
        "Stripe payments export (all columns)",
        ("Amount", "Currency", "Status", "Customer Email", "PaymentIntent ID"),
        _stripe,
        warn="event_id is the payment intent's: webhooks match where StripePurchase is payment_intent.",
        mapping={
            "event_id": "PaymentIntent ID",
            "event_time": "Created date (UTC)",
            "value, currency": "Amount (major units), Currency",
            "customer": "Customer Email, Customer ID, Card …, ttclid and ttp (metadata)",
        },
    ),
    "stripe-default": Export(
        "Stripe payments export (default columns)",
        ("id", "Amount", "Currency", "Status"),
        None,
        reject="It has neither Customer Email nor PaymentIntent ID: TikTok could match nobody, and every "
        "payment would count beside its webhook. Export again with all columns.",
    ),
    "woocommerce-advanced": Export(
        "WooCommerce, Advanced Order Export",
        ("Order Number", "Order Status", "Order Total Amount", "Email (Billing)"),
        _advanced_export,
        group="Order Number",
        warn="It has no currency column unless you add one: say it with --currency.",
        mapping={
            "event_id": "Order Number",
            "event_time": "Order Date",
            "value, currency": "Order Total Amount, --currency",
            "contents": "SKU, Item Name, Item Cost, Quantity",
            "customer": "… (Billing)",
        },
    ),
    "woocommerce-suite": Export(
        "WooCommerce, Order Import Export Suite",
        ("order_id", "order_total", "order_currency", "status"),
        _suite,
        mapping={
            "event_id": "order_id",
            "event_time": "paid_date, else order_date",
            "value, currency": "order_total, order_currency",
            "contents": "line_item_1 …",
            "customer": "customer_…, billing_…",
        },
    ),
    "woocommerce-analytics": Export(
        "WooCommerce Analytics → Orders",
        ("Order #", "Net Sales", "Items sold"),
        None,
        reject="It has no e-mail, phone or currency, so TikTok could match nobody. Export with the Order "
        "Import Export Suite, or dump the orders with the REST API (wc/v3/orders), one a line.",
    ),
    "tiktok-offline": Export(
        "TikTok's own offline events file",
        ("event_type",),
        None,
        reject="It is made for TikTok's upload in Events Manager. Upload it there.",
    ),
}
"""Name (for `--kind`) → export; the first whose columns are all there is meant."""


def recognise(columns: Sequence[str]) -> str | None:
    """The export that has these columns, whatever their order; None where none does."""
    held = set(columns)
    for name, export in EXPORTS.items():
        if held.issuperset(export.needs):
            return name
    return None
