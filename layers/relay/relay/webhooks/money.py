"""Money: an amount together with its currency, both read from the same place."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from relay.event import currencies
from relay.webhooks.json_fields import get_path, get_text, parse_amount, to_number


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in major units, its currency code, and Shopify's money set that both came from ("" for
    none)."""

    amount: Decimal
    currency: str
    money_set: str = ""

    def properties(self) -> dict[str, object]:
        """Return `value` and `currency` for TikTok's `properties`."""
        return {"value": to_number(self.amount), "currency": self.currency}


def choose_money(candidates: Iterable[Money | None]) -> Money | None:
    """Return the first money in a currency that TikTok takes; else the first one. The same amount in the
    shop's currency is worth more to the shop than none."""
    first = None
    for candidate in candidates:
        if candidate is not None and candidate.currency in currencies.TIKTOK:
            return candidate
        first = first or candidate
    return first


def in_iso_4217(amount: Money | None) -> Money | None:
    """Return the money, if its currency is one of ISO 4217.

    A platform may have others (WooCommerce: JEP, IRT, BTC, and what plugins add), for which the pipeline
    would reject the event. An order without amounts still counts.
    """
    return amount if amount is not None and amount.currency in currencies.ISO_4217 else None


def parse_money(value: object, amount_path: str, currency_path: str) -> Money | None:
    """Return the money in two fields; None where one of them is missing."""
    amount, currency = parse_amount(get_path(value, amount_path)), get_text(value, currency_path).upper()
    return Money(amount, currency) if amount is not None and currency else None


def parse_money_set(value: object, path: str, money_set: str) -> Money | None:
    """Return the money in one entry of Shopify's money bag at `path`.

    An entry is `{"amount": "9.90", "currency_code": "EUR"}`; `money_set` is `shop_money` or
    `presentment_money`.
    """
    found = parse_money(get_path(value, f"{path}.{money_set}"), "amount", "currency_code")
    return found and Money(found.amount, found.currency, money_set)


_NO_DECIMALS: Final[str] = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final[str] = "BHD JOD KWD OMR TND"
_MINOR_UNITS: Final[dict[str, int]] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 1),
    **dict.fromkeys(_THREE_DECIMALS.split(), 1000),
}
"""Minor units in one unit of the currency, where they are not 100.

Stripe's own table (docs.stripe.com/currencies), which is neither ISO 4217's nor CLDR's: ISK and UGX are given
in hundredths though they have none, and MGA is given whole."""


def from_minor_units(value: object, currency: str) -> Money | None:
    """Return the money of an amount in a currency's smallest unit, as Stripe counts it.

    >>> from_minor_units(500, "jpy").amount, from_minor_units(500, "ugx").amount
    (Decimal('500'), Decimal('5'))
    """
    code = currency.strip().upper()
    if not code or not isinstance(value, int) or isinstance(value, bool):
        return None
    units = parse_amount(value)
    return None if units is None else Money(units / _MINOR_UNITS.get(code, 100), code)
