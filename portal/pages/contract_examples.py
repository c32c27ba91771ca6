"""Forms that are filled in partly: from a contract that is there, or as a country's contracts usually are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    Component,
    ContractError,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterRate,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from portal.accounts.models import Household
from portal.metering.contracts import Held, HouseholdContract
from portal.pages.contract_form import BANDS, BLOCKS, LEVIES, REGISTERS, WEEKDAYS, PriceKind, contract_of


def initial_of(of: HouseholdContract, held: Held) -> tuple[PriceKind, dict[str, Any]] | None:
    """The form that says what a version says; None: it says more than the form can."""
    contract = of.contract
    filled: dict[str, Any] = {
        "what": f"{contract.commodity}.{contract.direction}",
        "name": contract.name,
        "currency": contract.currency,
        "valid_from": held.row.valid_from,
        "calorific_value": held.row.calorific_value,
        "state_number": held.row.state_number,
        "holidays": contract.holidays_of,
    }
    components = list(held.version.components)
    if not components or not isinstance(components[0], EnergyPrice):
        return None
    kind = _fill_rate(components[0].rate, filled)
    levies = 0
    for component in components[1:]:
        match component:
            case EnergyPrice(name=name, rate=FlatRate(price)) if levies < LEVIES:
                levies += 1
                filled[f"levy{levies}_name"], filled[f"levy{levies}_price"] = name, price
            case StandingCharge() if "standing" not in filled:
                filled["standing"], filled["standing_per"] = component.amount, component.per
            case CapacityCharge() if "capacity" not in filled and component.on_different_days:
                filled["capacity"] = component.price_per_kw
                filled["capacity_minutes"] = component.interval_min
                filled["capacity_highest"] = component.highest
            case Tax(on=()) if "tax" not in filled and component is components[-1]:
                filled["tax"] = component.percent
            case _:
                return None
    # Only what the form would make of it again is the same contract.
    if kind is None or not _says_the_same(kind, filled, held.version):
        return None
    return kind, filled


def _says_the_same(kind: PriceKind, filled: Mapping[str, Any], version: Version) -> bool:
    def bare(component: Component) -> Any:
        # Names that the form gives are in the language of whoever entered them.
        return [getattr(component, name) for name in component.__slots__ if name != "name"]

    try:
        made = contract_of(kind, filled).versions[0]
    except (ContractError, KeyError):
        return False
    return list(map(bare, made.components)) == list(map(bare, version.components))


def _fill_rate(rate: Any, filled: dict[str, Any]) -> PriceKind | None:
    match rate:
        case FlatRate(price):
            filled["price"] = price
            return PriceKind.FLAT
        case TimeOfUseRate() if len(rate.bands) <= BANDS:
            names = {days: name for name, days in WEEKDAYS.items()}
            for number, band in enumerate(rate.bands, 1):
                filled[f"band{number}_name"], filled[f"band{number}_price"] = band.name, band.price
                filled[f"band{number}_start"], filled[f"band{number}_end"] = band.start, band.end
                filled[f"band{number}_days"] = names.get(band.weekdays)
            filled["otherwise_name"], filled["otherwise_price"] = rate.otherwise_name, rate.otherwise
            return PriceKind.TIMES
        case RegisterRate() if len(rate.prices) <= REGISTERS:
            for number, register in enumerate(rate.prices, 1):
                filled[f"register{number}_number"] = register.register
                filled[f"register{number}_name"] = register.name
                filled[f"register{number}_price"] = register.price
            return PriceKind.REGISTERS
        case DynamicRate():
            filled["series"], filled["factor"], filled["markup"] = rate.series, rate.factor, rate.markup
            return PriceKind.DYNAMIC
        case BlockRate() if len(rate.blocks) <= BLOCKS + 1:
            for number, block in enumerate(rate.blocks[:-1], 1):
                filled[f"block{number}_up_to"], filled[f"block{number}_price"] = block.up_to, block.price
            filled["beyond_price"], filled["block_per"] = rate.blocks[-1].price, rate.period
            return PriceKind.BLOCKS
        case _:
            return None


# -- examples


@dataclass(frozen=True, slots=True)
class Example:
    """A form that is filled in partly: how contracts of a country are usually built, without prices."""

    key: str
    words: str | Promise
    kind: PriceKind
    initial: dict[str, Any] = field(default_factory=dict)


EXAMPLES: tuple[Example, ...] = (
    Example(
        "nl-registers",
        _("Netherlands: high and low by the meter"),
        PriceKind.REGISTERS,
        {
            "register1_number": 1,
            "register1_name": "Laag",
            "register2_number": 2,
            "register2_name": "Hoog",
            "standing_per": Per.DAY,
        },
    ),
    Example(
        "be-capacity",
        _("Belgium (Flanders): one price and the monthly peak"),
        PriceKind.FLAT,
        {"capacity_minutes": 15, "capacity_highest": 1, "standing_per": Per.YEAR},
    ),
    Example(
        "de-night",
        _("Germany: day and night"),
        PriceKind.TIMES,
        {
            "band1_name": "NT",
            "band1_start": time(22),
            "band1_end": time(6),
            "band1_days": "all",
            "otherwise_name": "HT",
            "standing_per": Per.YEAR,
        },
    ),
    Example(
        "fr-hours",
        _("France: full and off-peak hours"),
        PriceKind.TIMES,
        {
            "band1_name": "Heures creuses",
            "band1_start": time(22),
            "band1_end": time(6),
            "band1_days": "all",
            "otherwise_name": "Heures pleines",
            "standing_per": Per.MONTH,
        },
    ),
    Example(
        "market",
        _("Hourly exchange price with a markup"),
        PriceKind.DYNAMIC,
        {"factor": Decimal(1), "standing_per": Per.MONTH},
    ),
    Example(
        "cap",
        _("Price cap: cheaper up to a yearly quantity"),
        PriceKind.BLOCKS,
        {"block_per": Per.YEAR, "standing_per": Per.MONTH},
    ),
)


def starting_with(household: Household, today: date) -> dict[str, Any]:
    """What a new contract begins with."""
    currencies = {
        "GB": "GBP", "CH": "CHF", "LI": "CHF", "SE": "SEK", "NO": "NOK", "DK": "DKK", "PL": "PLN",
        "CZ": "CZK", "HU": "HUF", "RO": "RON", "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD",
    }  # fmt: skip
    return {
        "what": "electricity.import",
        "currency": currencies.get(household.country, "EUR"),
        "valid_from": today.replace(day=1),
        "standing_per": Per.MONTH,
    }
