"""One local day priced by one version of a contract: whole numbers where they are many, exact throughout.

`price_period` of the core prices interval by interval and keeps each of them for the explanation. Sums of
many days need no intervals: here the quarter-hours of a day are added up before they meet a price, which
gives the same exact amounts and takes microseconds. Taxes, blocks and capacity depend on more than a day
and are reckoned in `cost_sums`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

from consumerapp.intervals import ONE_DAY, month_days
from consumerapp.tariffs.bill import EXACT, BillUnit
from consumerapp.tariffs.capacity import Peak
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    Component,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterRate,
    StandingCharge,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.public_holidays import holidays_of

PRICE_STEP = Decimal("0.000001")
"""Market prices at rest are whole numbers of this much currency per kWh."""
QUARTER_MIN = 15
_PLAIN_DAY = 96
_OTHERWISE = -1
Prices = Sequence[int | None]
"""Of each quarter-hour, in `PRICE_STEP`; None: a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """What was counted on one local day, by quarter-hours, in thousandths of the quantity's unit."""

    day: date
    zone: ZoneInfo
    starts: tuple[datetime, ...]
    energies: tuple[int | None, ...]
    """None: missing, or not over yet."""
    estimated: tuple[bool, ...]
    registers: Mapping[int, Sequence[int | None]] | None = None
    """The same by tariff register; None: the meter sends one register only."""
    elapsed: int | None = None
    """How many quarter-hours are over, of the running day; None: all."""

    @property
    def missing(self) -> int:
        """Quarter-hours that are over and of which nothing is known."""
        over = self.energies if self.elapsed is None else self.energies[: self.elapsed]
        return sum(1 for energy in over if energy is None)


@dataclass(frozen=True, slots=True)
class DayLine:
    """One component's share of a day."""

    component: str
    label: str
    unit: BillUnit
    quantity: Decimal
    amount: Decimal
    """Exact, without tax; below zero for a credit."""
    price: Decimal | None
    """None: it changed within the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCost:
    """What one day costs, as far as a day can say."""

    quantity: Decimal
    """kWh or m³ that were counted."""
    lines: tuple[DayLine, ...]
    missing: int
    """Quarter-hours without a reading."""
    unpriced: int
    """Quarter-hours without a price."""
    estimated: int
    """Quarter-hours whose place in time is estimated."""


def price_day(
    version: Version,
    energy: DayEnergy,
    prices: Mapping[str, Prices],
    *,
    unit: BillUnit,
    step: Decimal,
    sign: int,
    holidays: str,
) -> DayCost:
    """Price one day. `step`: how many of the bill's unit a thousandth is; `sign`: -1 for what is fed in."""
    with localcontext(EXACT):
        pricing = _DayPricing(energy, prices, unit, step, sign, holidays)
        lines = [line for component in version.components for line in pricing.lines_of(component)]
        known = [counted for counted in energy.energies if counted is not None]
        return DayCost(
            quantity=Decimal(sum(known)) * step,
            lines=tuple(lines),
            missing=energy.missing,
            unpriced=len(pricing.unpriced),
            estimated=sum(
                1
                for estimated, counted in zip(energy.estimated, energy.energies, strict=True)
                if estimated and counted is not None
            ),
        )


class _DayPricing:
    """One run over the components of a version."""

    def __init__(
        self,
        energy: DayEnergy,
        prices: Mapping[str, Prices],
        unit: BillUnit,
        step: Decimal,
        sign: int,
        holidays: str,
    ) -> None:
        self._energy = energy
        self._prices = prices
        self._unit = unit
        self._step = step
        self._sign = sign
        self._holidays = holidays
        self.unpriced: set[int] = set()

    def lines_of(self, component: Component) -> Iterator[DayLine]:
        if isinstance(component, StandingCharge):
            # A fixed charge is owed in both directions: never a credit.
            price = component.amount / days_in(component.per, self._energy.day)
            yield DayLine(component.name, "", BillUnit.DAY, Decimal(1), price, price)
        elif isinstance(component, EnergyPrice):
            match component.rate:
                case FlatRate(price):
                    yield self._line(component.name, "", self._all(), price)
                case TimeOfUseRate() as rate:
                    yield from self._bands(component.name, rate)
                case RegisterRate() as rate:
                    yield from self._registers(component.name, rate)
                case DynamicRate() as rate:
                    yield self._dynamic(component.name, rate)
                case BlockRate():
                    pass  # How much is in which block, the days before decide.

    def _all(self) -> int:
        return sum(counted for counted in self._energy.energies if counted is not None)

    def _line(self, component: str, label: str, counted: int, price: Decimal) -> DayLine:
        quantity = counted * self._step
        return DayLine(component, label, self._unit, quantity, self._sign * quantity * price, price)

    def _bands(self, component: str, rate: TimeOfUseRate) -> Iterator[DayLine]:
        sums: dict[int, int] = {}
        for band, counted in zip(
            band_pattern(rate, self._energy, self._holidays), self._energy.energies, strict=True
        ):
            if counted is not None:
                sums[band] = sums.get(band, 0) + counted
        for number, band_of in enumerate(rate.bands):
            if number in sums:
                yield self._line(component, band_of.name, sums[number], band_of.price)
        if _OTHERWISE in sums:
            yield self._line(component, rate.otherwise_name, sums[_OTHERWISE], rate.otherwise)

    def _registers(self, component: str, rate: RegisterRate) -> Iterator[DayLine]:
        by_register = {price.register: price for price in rate.prices}
        registers = self._energy.registers or {}
        sums: dict[int, int] = {}
        for index, counted in enumerate(self._energy.energies):
            if counted is None:
                continue
            parts = {
                tariff: part
                for tariff, energies in registers.items()
                if (part := energies[index]) is not None
            }
            if not parts or not set(parts) <= set(by_register):
                self.unpriced.add(index)
                continue
            for tariff, part in parts.items():
                sums[tariff] = sums.get(tariff, 0) + part
        for tariff in sorted(sums):
            if sums[tariff]:
                yield self._line(component, by_register[tariff].name, sums[tariff], by_register[tariff].price)

    def _dynamic(self, component: str, rate: DynamicRate) -> DayLine:
        counted_in_all = weighted = 0
        found: set[int] = set()
        prices = self._prices.get(rate.series) or [None] * len(self._energy.energies)
        for index, (counted, price) in enumerate(zip(self._energy.energies, prices, strict=True)):
            if counted is None:
                continue
            if price is None:
                self.unpriced.add(index)
            else:
                counted_in_all += counted
                weighted += counted * price
                found.add(price)
        quantity = counted_in_all * self._step
        amount = weighted * PRICE_STEP * self._step * rate.factor + quantity * rate.markup
        one = found.pop() * PRICE_STEP * rate.factor + rate.markup if len(found) == 1 else None
        return DayLine(component, "", self._unit, quantity, self._sign * amount, one)


def band_pattern(rate: TimeOfUseRate, energy: DayEnergy, holidays: str) -> tuple[int, ...]:
    """Which band each quarter-hour of a day lies in; -1: none of them."""
    starts, zone, day = energy.starts, energy.zone, energy.day
    plain = len(starts) == _PLAIN_DAY and (
        starts[0].astimezone(zone).utcoffset() == starts[-1].astimezone(zone).utcoffset()
    )
    is_holiday = holidays_of(holidays)
    if not plain:
        return _pattern_of(rate, starts, zone, holidays)
    # Equal for all days that agree in what a band can ask about: a year has a few dozen patterns.
    before = day - ONE_DAY
    kind = (day.month, day.weekday(), is_holiday(day), before.month, is_holiday(before))
    return _plain_pattern(rate, kind, zone.key, holidays, _Starts(starts))


class _Starts(tuple[datetime, ...]):
    """An example of a kind of day: all of a kind are equal to the cache."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Starts)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=2048)
def _plain_pattern(
    rate: TimeOfUseRate, kind: tuple[int, int, bool, int, bool], zone: str, holidays: str, example: _Starts
) -> tuple[int, ...]:
    return _pattern_of(rate, example, ZoneInfo(zone), holidays)


def _pattern_of(
    rate: TimeOfUseRate, starts: Sequence[datetime], zone: ZoneInfo, holidays: str
) -> tuple[int, ...]:
    is_holiday = holidays_of(holidays)
    return tuple(
        next(
            (number for number, band in enumerate(rate.bands) if band.holds(start, zone, is_holiday)),
            _OTHERWISE,
        )
        for start in starts
    )


def day_peaks(energy: DayEnergy, charge: CapacityCharge) -> tuple[Peak, ...]:
    """The means of one day that can be among a month's highest. The day's start lies on the charge's grid."""
    width = charge.interval_min // QUARTER_MIN
    means: list[tuple[int, int]] = []
    for first in range(0, len(energy.energies), width):
        parts = energy.energies[first : first + width]
        known = [part for part in parts if part is not None]
        if len(known) == width:
            means.append((-sum(known), first))
    means.sort()
    count = 1 if charge.on_different_days else charge.highest
    with localcontext(EXACT):
        return tuple(
            Peak(energy.starts[first], Decimal(-negative) / 1000 * 60 / charge.interval_min / 1000)
            for negative, first in means[:count]
        )


def on_grid(energy: DayEnergy, charge: CapacityCharge) -> bool:
    """Whether the day's intervals of a charge begin and end with the day."""
    length_s = timedelta(minutes=charge.interval_min).total_seconds()
    begins = energy.starts[0].timestamp() if energy.starts else 0
    return begins % length_s == 0 and len(energy.starts) * QUARTER_MIN % charge.interval_min == 0


def days_in(per: Per, day: date) -> int:
    """Over how many days the period that a standing charge is stated for spreads."""
    match per:
        case Per.DAY:
            return 1
        case Per.MONTH:
            return month_days(day.year, day.month)[1].day
        case Per.YEAR:
            return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
