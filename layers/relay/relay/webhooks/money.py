"""Money: an amount and its currency, which always come from the same place."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from relay.webhooks.json_fields import amount, at, first, number


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
    found, currency = amount(at(value, amount_path)), first(value, currency_path).upper()
    return Sum(found, currency) if found is not None and currency else None


def in_bag(value: object, path: str, bag: str) -> Sum | None:
    """The sum in one of the bags that Shopify has at a path: `{"amount": "9.90", "currency_code": "EUR"}`."""
    found = plain(value, f"{path}.{bag}.amount", f"{path}.{bag}.currency_code")
    return found and Sum(found.amount, found.currency, bag)


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
