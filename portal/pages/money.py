"""Amounts of money and prices as people read them; the exact amount stays beside the text, for machines."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import get_currency_precision, get_currency_symbol
from django.utils.translation import get_language, to_locale

from consumerapp.tariffs.bill import BillUnit
from portal.pages import figures
from portal.pages.figures import Figure

PRICE_DECIMALS = 4
_MOST_DECIMALS = 6


def symbol(currency: str) -> str:
    """€, £, kr: as the page's language writes it."""
    return get_currency_symbol(currency, locale=to_locale(get_language() or "en"))


def amount(value: Decimal, currency: str, decimals: int | None = None) -> Figure:
    """An amount with as many decimals as its currency has, or as asked for."""
    places = get_currency_precision(currency) if decimals is None else decimals
    return Figure(plain(value), figures.number(value, places), symbol(currency))


def exact_amount(value: Decimal, currency: str) -> Figure:
    """With the digits behind the cents that a bill would round."""
    return amount(value, currency, max(PRICE_DECIMALS, get_currency_precision(currency)))


def price(value: Decimal, currency: str, unit: BillUnit | str) -> Figure:
    """A price per unit: four decimals, more where it has more."""
    exponent = value.normalize().as_tuple().exponent
    own = -exponent if isinstance(exponent, int) else PRICE_DECIMALS
    decimals = own if PRICE_DECIMALS < own <= _MOST_DECIMALS else PRICE_DECIMALS
    return Figure(plain(value), figures.number(value, decimals), f"{symbol(currency)}/{unit}")


def quantity(value: Decimal, unit: BillUnit) -> Figure:
    """What a line counts; energy in kWh, which is what bills count."""
    return Figure(plain(value), figures.number(value, _decimals(value, unit)), str(unit))


def _decimals(value: Decimal, unit: BillUnit) -> int:
    match unit:
        case BillUnit.KWH | BillUnit.M3:
            return 3 if abs(value) < 100 else 1
        case BillUnit.KW:
            return 3
        case BillUnit.DAY:
            return 0
        case BillUnit.PERCENT:
            exponent = value.normalize().as_tuple().exponent
            return max(0, -exponent) if isinstance(exponent, int) else 0


def plain(value: Decimal) -> str:
    """Without exponent and trailing zeros, for machines; at most ten decimals."""
    rounded = round(value, 10)
    return f"{rounded.normalize():f}" if rounded else "0"
