"""Every number of a contract's version under its name, as it was entered."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext

from consumerapp.tariffs.bill import BillUnit
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterRate,
    StandingCharge,
    Tax,
    TimeOfUseRate,
)
from portal.metering.contracts import Held, HouseholdContract
from portal.metering.cost_sums import unit_of
from portal.pages import money
from portal.pages.figures import Figure, number

Named = tuple[str, Figure]


def prices_of(of: HouseholdContract, held: Held) -> tuple[Named, ...]:
    """In the order of the bill; at the end what a cubic metre of gas holds."""
    currency, unit = of.contract.currency, unit_of(of.contract.commodity)
    shown: list[Named] = []
    for component in held.version.components:
        match component:
            case EnergyPrice():
                shown += _rate(component, currency, unit)
            case StandingCharge():
                words = {
                    Per.DAY: gettext("%(name)s per day"),
                    Per.MONTH: gettext("%(name)s per month"),
                    Per.YEAR: gettext("%(name)s per year"),
                }[component.per]
                shown.append((words % {"name": component.name}, money.amount(component.amount, currency)))
            case CapacityCharge():
                shown.append((component.name, money.price(component.price_per_kw, currency, BillUnit.KW)))
            case Tax():
                shown.append((component.name, money.quantity(component.percent, BillUnit.PERCENT)))
    if held.factors is not None:
        energy = held.factors.calorific_value * held.factors.state_number
        shown.append((gettext("Energy of a m³"), Figure(money.plain(energy), number(energy, 3), "kWh")))
    return tuple(shown)


def _rate(component: EnergyPrice, currency: str, unit: BillUnit) -> Iterator[Named]:
    name = component.name
    match component.rate:
        case FlatRate(price):
            yield name, money.price(price, currency, unit)
        case TimeOfUseRate() as rate:
            for band in rate.bands:
                hours = f"{band.start:%H:%M}–{band.end:%H:%M}"
                yield f"{name}: {band.name} ({hours})", money.price(band.price, currency, unit)
            yield f"{name}: {rate.otherwise_name}", money.price(rate.otherwise, currency, unit)
        case RegisterRate() as rate:
            for register in rate.prices:
                words = gettext("%(name)s (register %(number)d)") % {
                    "name": f"{name}: {register.name}",
                    "number": register.register,
                }
                yield words, money.price(register.price, currency, unit)
        case BlockRate() as rate:
            low = "0"
            for block in rate.blocks:
                high = "" if block.up_to is None else number(block.up_to, 0)
                yield f"{name}: {low}–{high} {unit}", money.price(block.price, currency, unit)
                low = high
        case DynamicRate() as rate:
            yield (
                gettext("%(name)s: %(series)s plus") % {"name": name, "series": rate.series},
                money.price(rate.markup, currency, unit),
            )
