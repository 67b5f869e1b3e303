"""Money: an amount and its currency, which always come from the same place."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from relay.sources.fields import amount, first, number
from relay.sources.fields import at as at_path


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount in major units, its currency's code, and the name of the bag that both came from ("" for
    none)."""

    amount: Decimal
    currency: str
    bag: str = ""

    def properties(self) -> dict[str, object]:
        """The sum as TikTok's `properties` have it."""
        return {"value": number(self.amount), "currency": self.currency}


def plain(value: object, amount_path: str, currency_path: str) -> Sum | None:
    """The sum of two fields that stand beside each other."""
    found, currency = amount(at_path(value, amount_path)), first(value, currency_path).upper()
    return Sum(found, currency) if found is not None and currency else None


def from_bags(value: object, bags: Iterable[str]) -> Sum | None:
    """The first whole sum among bags as Shopify has them: `{"amount": "9.90", "currency_code": "EUR"}`."""
    for bag in bags:
        found = plain(value, f"{bag}.amount", f"{bag}.currency_code")
        if found is not None:
            return Sum(found.amount, found.currency, bag)
    return None


_NO_DECIMALS: Final[str] = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE_DECIMALS: Final[str] = "BHD JOD KWD OMR TND"
_MINOR: Final[dict[str, int]] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 1),
    **dict.fromkeys(_THREE_DECIMALS.split(), 1000),
}
"""Units of an amount in one unit of the currency, where they are not 100.

Stripe's own table (docs.stripe.com/currencies), which is neither ISO 4217's nor CLDR's: ISK and UGX are given
in hundredths though they have none, and MGA is given whole."""


def of_minor_units(value: object, currency: str) -> Sum | None:
    """The sum of an amount in a currency's smallest unit, as Stripe counts it.

    >>> of_minor_units(500, "jpy"), of_minor_units(500, "ugx")
    (Sum(amount=Decimal('500'), currency='JPY', bag=''), Sum(amount=Decimal('5'), currency='UGX', bag=''))
    """
    code = currency.strip().upper()
    if not code or not isinstance(value, int) or isinstance(value, bool):
        return None
    units = amount(value)
    return None if units is None else Sum(units / _MINOR.get(code, 100), code)
