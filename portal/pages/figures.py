"""Numbers as people read them: kW and kWh, with the decimal sign of their language.

Base units go in (W, Wh, m³); nothing above the template knows kilowatts. Every figure keeps its
exact base value beside the text, for machines: `<data value="1420">1.42 kW</data>`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from consumerapp.readings import Unit

_MINUS = "\N{MINUS SIGN}"
_KILO = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number for people and machines."""

    value: str
    """Exact, in the base unit, with a point: for `<data value>`."""
    text: str
    """Rounded and localised, without unit."""
    unit: str

    def __str__(self) -> str:
        """For sentences: number and unit never part at a line's end."""
        return f"{self.text}\N{NO-BREAK SPACE}{self.unit}"


def number(value: Decimal, decimals: int) -> str:
    """Localised, with a fixed number of decimals, digit groups and a real minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
    if rounded.is_zero():
        rounded = abs(rounded)
    text = number_format(rounded, decimals, use_l10n=True, force_grouping=True)
    return text.replace("-", _MINUS, 1) if rounded < 0 else text


def power(power_w: Decimal) -> Figure:
    """W as kW with two decimals: the same width from fridge to oven."""
    return Figure(_plain(power_w), number(power_w / _KILO, 2), "kW")


def energy(energy_wh: Decimal, decimals: int | None = None) -> Figure:
    """Wh as kWh: two decimals below 1 kWh, one below 1000, none above (or as many as asked for)."""
    if decimals is None:
        size = abs(energy_wh)
        decimals = 2 if size < 1000 else 1 if size < 1_000_000 else 0
    return Figure(_plain(energy_wh), number(energy_wh / _KILO, decimals), "kWh")


def register(value: Decimal, unit: Unit, decimals: int | None = None) -> Figure:
    """A reading in `unit` as the meter counts it; watt-hours and their kin are shown in thousands.

    `decimals`: as many as the finest register beside it has (`register_decimals`); None: as many as it
    has itself. Never fewer: a reading is not rounded.
    """
    kilo = unit in _SHOWN_IN_THOUSANDS
    shown = value / _KILO if kilo else value
    own = register_decimals(value, unit)
    return Figure(_plain(value), number(shown, max(own, decimals or 0)), f"k{unit}" if kilo else str(unit))


def register_decimals(value: Decimal, unit: Unit) -> int:
    """How many decimals a reading has as it is shown."""
    return max(0, -_exponent(value) + (3 if unit in _SHOWN_IN_THOUSANDS else 0))


_SHOWN_IN_THOUSANDS = frozenset({Unit.WH, Unit.VARH, Unit.VAH, Unit.W, Unit.VAR, Unit.VA})


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _plain(value: Decimal) -> str:
    """Without exponent and trailing zeros: 1420, not 1.42E+3."""
    return f"{value.normalize():f}" if value else "0"


def count(value: int) -> str:
    """A whole number with digit groups."""
    return number(Decimal(value), 0)


def tenths(value: int) -> str:
    """Tenths with one decimal: 998 is 99.8; whole ones without."""
    return number(Decimal(value) / 10, 0 if value % 10 == 0 else 1)


def percent_change(now: Decimal | None, before: Decimal | None) -> int | None:
    """By how many whole per cent `now` differs from `before`; None where that says nothing."""
    if now is None or before is None or before <= 0:
        return None
    return int(((now - before) * 100 / before).to_integral_value(ROUND_HALF_EVEN))


def age(at: datetime, now: datetime) -> str:
    """How old a value is, in the shortest words that are true: "2 s ago", "3 min ago"."""
    seconds = max(0, int((now - at) / timedelta(seconds=1)))
    if seconds < 60:
        return gettext("%(count)d s ago") % {"count": seconds}
    if seconds < 3600:
        return gettext("%(count)d min ago") % {"count": seconds // 60}
    if seconds < 86400:
        return gettext("%(count)d h ago") % {"count": seconds // 3600}
    days = seconds // 86400
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}
