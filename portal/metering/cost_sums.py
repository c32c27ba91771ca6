"""Days added up to a bill: lines, blocks, capacity, taxes, rounding. Pure.

Gives the same lines and the same total as `consumerapp.tariffs.bill.price_period` does of every interval;
a property test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext

from consumerapp.intervals import days_between, month_days, months_between
from consumerapp.readings import Commodity
from consumerapp.tariffs.bill import EXACT, BillUnit
from consumerapp.tariffs.capacity import PeakDemand
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    Component,
    Contract,
    Direction,
    EnergyPrice,
    Per,
    RegisterRate,
    RoundingOf,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from portal.metering.day_costs import DayCost

ZERO = Decimal(0)
PeaksOf = Callable[[CapacityCharge, date, date], PeakDemand | None]
"""The peaks of a run of days within one month; None: nothing was metered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One line as a bill prints it."""

    valid_from: date
    """First day of the version that it comes from."""
    component: str
    label: str
    """Name of the band, register or block; empty: the component has one price."""
    unit: BillUnit
    quantity: Decimal
    exact: Decimal
    amount: Decimal
    """Rounded as the contract rounds."""
    price: Decimal | None
    """None: it changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySum:
    """What one day adds to a period, tax included, capacity not: that belongs to the month."""

    day: date
    quantity: Decimal
    energy: Decimal
    """Exact; below zero for a credit."""
    standing: Decimal
    missing: int = 0
    unpriced: int = 0
    estimated: int = 0

    @property
    def total(self) -> Decimal:
        """Everything the day costs."""
        return self.energy + self.standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCost:
    """What a run of days costs by one contract."""

    contract: Contract
    first: date
    last: date
    lines: tuple[CostLine, ...]
    total: Decimal
    """Rounded as the contract rounds."""
    exact: Decimal
    quantity: Decimal
    """kWh or m³."""
    days: tuple[DaySum, ...]
    """Of those days on which the contract holds."""
    peaks: tuple[tuple[date, PeakDemand], ...]
    """By the first day of each month with a capacity charge."""

    @property
    def missing(self) -> int:
        """Quarter-hours without a reading."""
        return sum(day.missing for day in self.days)

    @property
    def unpriced(self) -> int:
        """Quarter-hours without a price."""
        return sum(day.unpriced for day in self.days)

    @property
    def estimated_days(self) -> int:
        """Days of which some quarter-hour is estimated."""
        return sum(1 for day in self.days if day.estimated)


def sum_up(
    contract: Contract,
    first: date,
    last: date,
    costs: Mapping[date, DayCost],
    peaks_of: PeaksOf,
    *,
    used_before: Decimal = ZERO,
) -> PeriodCost:
    """Add up the days from `first` to `last`; a day without a cost is one on which nothing is known yet."""
    with localcontext(EXACT):
        return _Sum(contract, first, last, peaks_of, used_before).of(costs)


@dataclass(slots=True)
class _Line:
    unit: BillUnit
    seen: bool = False
    quantity: Decimal = ZERO
    exact: Decimal = ZERO
    prices: set[Decimal | None] = field(default_factory=set)

    def add(self, quantity: Decimal, amount: Decimal, price: Decimal | None) -> None:
        self.seen = True
        self.quantity += quantity
        self.exact += amount
        if quantity or price is not None:
            self.prices.add(price)


class _Sum:
    """One run. Lines are keyed by version, component and label, in the contract's order."""

    def __init__(
        self, contract: Contract, first: date, last: date, peaks_of: PeaksOf, used_before: Decimal
    ) -> None:
        self._contract = contract
        self._first, self._last = first, last
        self._peaks_of = peaks_of
        self._sign = -1 if contract.direction is Direction.EXPORT else 1
        self._used = used_before
        self._used_in: tuple[int, int] | None = None
        self._lines: dict[tuple[date, str, str], _Line] = {}
        self._days: list[DaySum] = []
        self._peaks: list[tuple[date, PeakDemand]] = []
        self._gross: dict[date, dict[str, Decimal]] = {}
        self._standing: dict[date, frozenset[str]] = {}
        self._blocks: dict[date, list[EnergyPrice]] = {}
        self._unit = unit_of(contract.commodity)

    def of(self, costs: Mapping[date, DayCost]) -> PeriodCost:
        for day in days_between(self._first, self._last):
            version = self._contract.find_version(day)
            if version is None:
                continue
            self._lay_out(version)
            cost = costs.get(day)
            if cost is not None:
                self._day(version, day, cost)
        self._capacity()
        for version in self._contract.versions:
            if version.valid_from in self._gross:
                self._taxes(version)
        return self._whole()

    def _lay_out(self, version: Version) -> None:
        if version.valid_from in self._gross:
            return
        self._gross[version.valid_from] = gross_factors(version)
        self._standing[version.valid_from] = frozenset(
            component.name for component in version.components if isinstance(component, StandingCharge)
        )
        self._blocks[version.valid_from] = [
            component
            for component in version.components
            if isinstance(component, EnergyPrice) and isinstance(component.rate, BlockRate)
        ]
        for component in version.components:
            for label, unit in labels_of(component, self._unit):
                self._lines[version.valid_from, component.name, label] = _Line(unit)

    def _day(self, version: Version, day: date, cost: DayCost) -> None:
        gross = self._gross[version.valid_from]
        standing_names = self._standing[version.valid_from]
        energy = standing = ZERO
        for line in cost.lines:
            self._lines[version.valid_from, line.component, line.label].add(
                line.quantity, line.amount, line.price
            )
            if line.component in standing_names:
                standing += line.amount * gross[line.component]
            else:
                energy += line.amount * gross[line.component]
        for component in self._blocks[version.valid_from]:
            rate = component.rate
            if isinstance(rate, BlockRate):
                for label, part, price in self._block_shares(rate, day, cost.quantity):
                    amount = self._sign * part * price
                    self._lines[version.valid_from, component.name, label].add(part, amount, price)
                    energy += amount * gross[component.name]
        self._used += cost.quantity
        self._days.append(
            DaySum(
                day=day,
                quantity=cost.quantity,
                energy=energy,
                standing=standing,
                missing=cost.missing,
                unpriced=cost.unpriced,
                estimated=cost.estimated,
            )
        )

    def _block_shares(
        self, rate: BlockRate, day: date, quantity: Decimal
    ) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Within a day the quantity only grows: where its quarter-hours lie does not matter."""
        period = (day.year, day.month if rate.period is Per.MONTH else 0)
        if self._used_in is not None and self._used_in != period:
            self._used = ZERO
        self._used_in = period
        used, left = self._used, quantity
        for number, block in enumerate(rate.blocks):
            room = left if block.up_to is None else min(left, max(block.up_to - used, ZERO))
            if room > 0:
                yield block_label(rate, number), room, block.price
                used += room
                left -= room

    def _capacity(self) -> None:
        for year, month in months_between(self._first, self._last):
            month_first, month_last = month_days(year, month)
            version = self._contract.find_version(min(month_last, self._last))
            for component in version.components if version else ():
                if version and isinstance(component, CapacityCharge):
                    demand = self._peaks_of(
                        component, max(month_first, self._first), min(month_last, self._last)
                    )
                    if demand is not None:
                        self._peaks.append((month_first, demand))
                        amount = self._sign * demand.charged_kw * component.price_per_kw
                        self._lines[version.valid_from, component.name, ""].add(
                            demand.charged_kw, amount, component.price_per_kw
                        )

    def _taxes(self, version: Version) -> None:
        names = [component.name for component in version.components]
        for number, component in enumerate(version.components):
            if isinstance(component, Tax):
                taxed = set(component.on or names[:number])
                base = sum(
                    (
                        line.exact
                        for (valid_from, name, _), line in self._lines.items()
                        if valid_from == version.valid_from and name in taxed
                    ),
                    ZERO,
                )
                self._lines[version.valid_from, component.name, ""].add(
                    component.percent, base * component.percent / 100, None
                )

    def _whole(self) -> PeriodCost:
        lines = []
        for (valid_from, component, label), line in self._lines.items():
            if line.seen:
                one = next(iter(line.prices)) if len(line.prices) == 1 else None
                lines.append(
                    CostLine(
                        valid_from=valid_from,
                        component=component,
                        label=label,
                        unit=line.unit,
                        quantity=line.quantity,
                        exact=line.exact,
                        amount=rounded(line.exact, self._contract.places),
                        price=one,
                    )
                )
        exact = sum((line.exact for line in lines), ZERO)
        total = (
            sum((line.amount for line in lines), ZERO)
            if self._contract.rounding_of is RoundingOf.LINES
            else rounded(exact, self._contract.places)
        )
        return PeriodCost(
            contract=self._contract,
            first=self._first,
            last=self._last,
            lines=tuple(lines),
            total=total,
            exact=exact,
            quantity=sum((day.quantity for day in self._days), ZERO),
            days=tuple(self._days),
            peaks=tuple(self._peaks),
        )


def gross_factors(version: Version) -> dict[str, Decimal]:
    """By how much each component's amount grows by the taxes of its version."""
    names = [component.name for component in version.components]
    weights: dict[str, dict[str, Decimal]] = {
        component.name: {component.name: Decimal(1)}
        for component in version.components
        if not isinstance(component, Tax)
    }
    for number, component in enumerate(version.components):
        if isinstance(component, Tax):
            weight: dict[str, Decimal] = {}
            for name in component.on or names[:number]:
                for base, share in weights[name].items():
                    weight[base] = weight.get(base, ZERO) + share * component.percent / 100
            weights[component.name] = weight
    factors: dict[str, Decimal] = {}
    for weight in weights.values():
        for base, share in weight.items():
            factors[base] = factors.get(base, ZERO) + share
    return factors


def labels_of(component: Component, unit: BillUnit) -> Iterator[tuple[str, BillUnit]]:
    """The lines that a component can have."""
    match component:
        case EnergyPrice(rate=TimeOfUseRate() as rate):
            names = [*(band.name for band in rate.bands), rate.otherwise_name]
            yield from ((name, unit) for name in dict.fromkeys(names))
        case EnergyPrice(rate=RegisterRate() as rate):
            yield from ((price.name, unit) for price in rate.prices)
        case EnergyPrice(rate=BlockRate() as rate):
            yield from ((block_label(rate, number), unit) for number in range(len(rate.blocks)))
        case EnergyPrice():
            yield "", unit
        case StandingCharge():
            yield "", BillUnit.DAY
        case CapacityCharge():
            yield "", BillUnit.KW
        case Tax():
            yield "", BillUnit.PERCENT


def block_label(rate: BlockRate, number: int) -> str:
    """The bounds of a block, as the core's bill prints them: "0–1200"."""
    low = rate.blocks[number - 1].up_to if number else ZERO
    high = rate.blocks[number].up_to
    return f"{low}–{'' if high is None else high}"


def unit_of(commodity: Commodity) -> BillUnit:
    """What a bill of this commodity counts."""
    if commodity in {Commodity.COLD_WATER, Commodity.HOT_WATER}:
        return BillUnit.M3
    return BillUnit.KWH


def rounded(amount: Decimal, places: int) -> Decimal:
    """As bills round: halves away from zero."""
    return amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
