"""What a contract says: versions with a first day, and in each the components of a bill.

Prices are per kWh of energy or per m³ of water, as contracts print them; amounts are exact decimals in the
contract's currency and are rounded only where a bill rounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Commodity
from consumerapp.tariffs.bands import Band


class ContractError(ConsumerAppError):
    """A contract that contradicts itself; the message says what to change."""


class Direction(StrEnum):
    """Seen from the grid connection."""

    IMPORT = "import"
    EXPORT = "export"
    """Fed in: amounts are credits, below zero."""


class Per(StrEnum):
    """The period that a standing charge is stated for."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class FlatRate:
    """One price for every unit."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class TimeOfUseRate:
    """A price for each band of the calendar; the first band that holds counts."""

    bands: tuple[Band, ...]
    otherwise: Decimal
    """Price of all other hours."""
    otherwise_name: str


@dataclass(frozen=True, slots=True)
class RegisterPrice:
    """The price of what one tariff register of the meter counted, under the contract's own name."""

    register: int
    """Group E of the OBIS code: 1 to 16."""
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class RegisterRate:
    """A price for each tariff register. Which number is day and which is night, only the contract knows."""

    prices: tuple[RegisterPrice, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A price up to a quantity."""

    up_to: Decimal | None
    """kWh or m³ since the period began; None: everything above."""
    price: Decimal


@dataclass(frozen=True, slots=True)
class BlockRate:
    """Prices that change with the quantity used since the month or year began: blocks and price caps."""

    blocks: tuple[Block, ...]
    period: Per = Per.YEAR

    def __post_init__(self) -> None:
        bounds = [block.up_to for block in self.blocks]
        if not bounds or bounds[-1] is not None or None in bounds[:-1]:
            raise ContractError("The last block, and only the last, goes on without a bound.")
        if any(low >= high for low, high in pairwise(bound for bound in bounds if bound is not None)):
            raise ContractError("Each block must end above the one before it.")


@dataclass(frozen=True, slots=True)
class DynamicRate:
    """A price series of the market: price × factor + markup."""

    series: str
    """Name of the series, e.g. of a bidding zone."""
    factor: Decimal = Decimal(1)
    markup: Decimal = Decimal(0)


Rate = FlatRate | TimeOfUseRate | RegisterRate | BlockRate | DynamicRate


@dataclass(frozen=True, slots=True)
class EnergyPrice:
    """A price for each unit of energy or volume; levies are of this kind too."""

    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class StandingCharge:
    """An amount for having the connection, shared by days."""

    name: str
    amount: Decimal
    per: Per


@dataclass(frozen=True, slots=True)
class CapacityCharge:
    """A price for the highest mean power of a month: of one interval, or the mean of the highest few."""

    name: str
    price_per_kw: Decimal
    """For one month."""
    interval_min: int = 15
    """Length of the interval whose mean counts: 15 or 60 minutes."""
    highest: int = 1
    """How many of the highest are averaged."""
    on_different_days: bool = True
    """Only the highest of each day takes part."""
    least_kw: Decimal = Decimal(0)
    """Charged at least for this much."""

    def __post_init__(self) -> None:
        if self.interval_min not in (15, 30, 60):
            raise ContractError("A capacity charge counts means of 15, 30 or 60 minutes.")
        if not 1 <= self.highest <= 31:
            raise ContractError("A capacity charge averages 1 to 31 peaks.")


@dataclass(frozen=True, slots=True)
class Tax:
    """A percentage on other components."""

    name: str
    percent: Decimal
    on: tuple[str, ...] = ()
    """Names of the components taxed; empty: all that stand before it."""


Component = EnergyPrice | StandingCharge | CapacityCharge | Tax


class RoundingOf(StrEnum):
    """What a bill rounds."""

    LINES = "lines"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Version:
    """What the contract says from a first day on, until the next version's."""

    valid_from: date
    components: tuple[Component, ...]

    def __post_init__(self) -> None:
        names = [component.name for component in self.components]
        if len(set(names)) < len(names):
            raise ContractError("Two components have the same name; a bill could not tell them apart.")
        for number, component in enumerate(self.components):
            if isinstance(component, Tax) and not set(component.on) <= set(names[:number]):
                raise ContractError(f"{component.name} taxes a component that does not stand before it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One commodity in one direction."""

    name: str
    commodity: Commodity
    direction: Direction
    currency: str
    """ISO 4217 code, e.g. EUR."""
    versions: tuple[Version, ...]
    """By first day, rising."""
    ends_on: date | None = None
    """Its last day; None: it runs on."""
    places: int = 2
    """Decimal places of a rounded amount."""
    rounding_of: RoundingOf = RoundingOf.LINES
    holidays_of: str = ""
    """ISO 3166 country, with a subdivision if it has holidays of its own (DE-BY); empty: none."""
    _days: tuple[date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.versions:
            raise ContractError("A contract needs at least one version.")
        days = tuple(version.valid_from for version in self.versions)
        if any(first >= second for first, second in pairwise(days)):
            raise ContractError("Versions must follow one another, each with a later first day.")
        if self.ends_on is not None and self.ends_on < days[0]:
            raise ContractError("The contract ends before it begins.")
        object.__setattr__(self, "_days", days)

    def find_version(self, day: date) -> Version | None:
        """What holds on a local day; None: the contract does not."""
        if day < self._days[0] or (self.ends_on is not None and day > self.ends_on):
            return None
        return next(version for version in reversed(self.versions) if version.valid_from <= day)
