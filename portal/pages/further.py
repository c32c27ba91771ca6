"""Gas, water and heat of the day so far, in one line below the electricity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from consumerapp.intervals import local_day
from consumerapp.readings import Quantity, Unit
from portal.accounts.models import Household
from portal.metering import store
from portal.metering.answers import Latest
from portal.pages import figures, words
from portal.pages.figures import Figure

QUANTITIES: Final = (
    Quantity.GAS_VOLUME,
    Quantity.COLD_WATER_VOLUME,
    Quantity.HOT_WATER_VOLUME,
    Quantity.HEAT_ENERGY,
    Quantity.COOLING_ENERGY,
)
_IN_LITRES: Final = (Quantity.COLD_WATER_VOLUME, Quantity.HOT_WATER_VOLUME)


@dataclass(frozen=True, slots=True)
class FurtherView:
    """What one commodity came to today."""

    name: str
    figure: Figure | None
    """None: the meter spoke, but nothing can be said of today yet."""


def further_today(household: Household, latest: Iterable[Latest], now: datetime) -> tuple[FurtherView, ...]:
    """A word for every commodity that a meter of this home counts."""
    known = {one.quantity for one in latest}
    today = local_day(now, household.zone)
    return tuple(
        FurtherView(
            str(words.COMMODITIES[quantity.commodity.value]),
            _figure(quantity, store.day(household, today, quantity).total),
        )
        for quantity in QUANTITIES
        if quantity in known
    )


def _figure(quantity: Quantity, total: Decimal | None) -> Figure | None:
    if total is None:
        return None
    if quantity in _IN_LITRES:
        return Figure(f"{total.normalize():f}", figures.number(total * 1000, 0), "l")
    if quantity.unit is Unit.M3:
        return Figure(f"{total.normalize():f}", figures.number(total, 1), Unit.M3.value)
    return figures.energy(total)
