"""From quarter-hours and a contract to a bill, each line of which opens down to its intervals.

    bill = price_period(contract, intervals, first, last, zone, prices)
    for line in bill.lines: line.name, line.quantity, line.unit_price, line.amount
        for item in line.items: item.start, item.quantity, item.unit_price, item.amount

Amounts are exact until a line is rounded. What has no reading or no price is listed, never taken for zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from enum import StrEnum
from zoneinfo import ZoneInfo

from consumerapp.intervals import days_between, local_day, month_days, months_between
from consumerapp.readings import Commodity
from consumerapp.tariffs.capacity import PeakDemand, month_peaks
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    Contract,
    Direction,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterRate,
    RoundingOf,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.prices import AllPrices
from consumerapp.tariffs.public_holidays import holidays_of

EXACT = Context(prec=50, rounding=ROUND_HALF_UP)
"""Products of a quantity and a price keep every digit; only shares of a month or year are cut, at 50."""


class BillUnit(StrEnum):
    """What a line counts."""

    KWH = "kWh"
    M3 = "m³"
    DAY = "d"
    KW = "kW"
    PERCENT = "%"


@dataclass(frozen=True, slots=True)
class Interval:
    """One metered interval."""

    start: datetime
    """Aware UTC."""
    energy: Decimal | None
    """Wh, or m³ for water; None: missing."""
    registers: Mapping[int, Decimal] | None = None
    """The same, by tariff register (group E); None: the meter has one register."""
    estimated: bool = False
    length: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a line's explanation."""

    start: datetime | date
    """An interval's start, or a day."""
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    """Exact: quantity × unit price, below zero for a credit."""
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill."""

    component: str
    label: str
    """Name of the band, register or block; empty: the component has one price."""
    unit: BillUnit
    items: tuple[Item, ...]
    amount: Decimal
    """Rounded as the contract rounds."""

    @property
    def quantity(self) -> Decimal:
        """What was counted."""
        return sum((item.quantity for item in self.items), Decimal(0))

    @property
    def exact_amount(self) -> Decimal:
        """Before rounding."""
        with localcontext(EXACT):
            return sum((item.amount for item in self.items), Decimal(0))

    @property
    def unit_price(self) -> Decimal | None:
        """The one price of all its items; None: they differ."""
        found = {item.unit_price for item in self.items}
        return found.pop() if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a period costs."""

    contract: str
    currency: str
    first: date
    last: date
    lines: tuple[Line, ...]
    total: Decimal
    missing: tuple[datetime, ...]
    """Starts of intervals without a reading."""
    unpriced: tuple[datetime, ...]
    """Starts of intervals without a price."""
    uncovered: tuple[date, ...]
    """Days on which the contract does not hold."""
    estimated: bool
    """Some reading was estimated."""
    peaks: tuple[PeakDemand, ...] = ()
    """The peaks a capacity charge was reckoned from."""


def price_period(
    contract: Contract,
    intervals: Iterable[Interval],
    first: date,
    last: date,
    zone: ZoneInfo,
    prices: AllPrices,
    *,
    used_before: Decimal = Decimal(0),
) -> Bill:
    """Price the local days from `first` to `last`.

    `used_before` is what was used (kWh or m³) before `first` since the month or year of a block rate began.
    """
    with localcontext(EXACT):
        return _Pricing(contract, first, last, zone, prices, used_before).bill(intervals)


class _Pricing:
    """One run over a period. Lines are keyed by version, component and label, in the order they appear."""

    def __init__(
        self,
        contract: Contract,
        first: date,
        last: date,
        zone: ZoneInfo,
        prices: AllPrices,
        used_before: Decimal,
    ) -> None:
        self._contract = contract
        self._days = days_between(first, last)
        self._first, self._last = first, last
        self._zone = zone
        self._prices = prices
        self._is_holiday = holidays_of(contract.holidays_of)
        self._sign = -1 if contract.direction is Direction.EXPORT else 1
        self._per_unit = Decimal(1) if _is_volume(contract.commodity) else Decimal(1000)
        self._unit = BillUnit.M3 if _is_volume(contract.commodity) else BillUnit.KWH
        self._used = used_before
        self._used_in: tuple[int, int] | None = None
        self._items: dict[tuple[date, str, str], list[Item]] = {}
        self._units: dict[tuple[date, str, str], BillUnit] = {}
        self._missing: list[datetime] = []
        self._unpriced: dict[datetime, None] = {}
        self._peaks: list[PeakDemand] = []
        self._estimated = False

    def bill(self, intervals: Iterable[Interval]) -> Bill:
        self._lay_out_lines()
        wanted = sorted(intervals, key=lambda interval: interval.start)
        within = [
            (day, interval)
            for interval in wanted
            if self._first <= (day := local_day(interval.start, self._zone)) <= self._last
        ]
        for day, interval in within:
            version = self._contract.find_version(day)
            if version is not None:
                self._price_interval(version, day, interval)
        self._standing_charges()
        self._capacity_charges([interval for _, interval in within])
        self._taxes()
        return self._sum_up()

    def _lay_out_lines(self) -> None:
        """Give lines the contract's order, whichever is met first."""
        for version in self._versions():
            for component in version.components:
                for label, unit in self._labels(component):
                    key = (version.valid_from, component.name, label)
                    self._items[key] = []
                    self._units[key] = unit

    def _versions(self) -> list[Version]:
        found = {
            version.valid_from: version
            for day in self._days
            if (version := self._contract.find_version(day)) is not None
        }
        return list(found.values())

    def _labels(self, component: object) -> Iterator[tuple[str, BillUnit]]:
        match component:
            case EnergyPrice(rate=TimeOfUseRate() as rate):
                names = [*(band.name for band in rate.bands), rate.otherwise_name]
                yield from ((name, self._unit) for name in dict.fromkeys(names))
            case EnergyPrice(rate=RegisterRate() as rate):
                yield from ((price.name, self._unit) for price in rate.prices)
            case EnergyPrice(rate=BlockRate() as rate):
                yield from ((_block_label(rate, number), self._unit) for number in range(len(rate.blocks)))
            case EnergyPrice():
                yield "", self._unit
            case StandingCharge():
                yield "", BillUnit.DAY
            case CapacityCharge():
                yield "", BillUnit.KW
            case _:
                yield "", BillUnit.PERCENT

    # -- energy

    def _price_interval(self, version: Version, day: date, interval: Interval) -> None:
        if interval.energy is None:
            self._missing.append(interval.start)
            return
        self._estimated = self._estimated or interval.estimated
        quantity = interval.energy / self._per_unit
        for component in version.components:
            if isinstance(component, EnergyPrice):
                for label, part, price in self._shares(component, day, interval, quantity):
                    self._add(version, component.name, label, interval.start, part, price, interval.estimated)
        self._used += quantity

    def _shares(
        self, component: EnergyPrice, day: date, interval: Interval, quantity: Decimal
    ) -> Iterator[tuple[str, Decimal, Decimal]]:
        """Label, quantity and price of each part of one interval."""
        match component.rate:
            case FlatRate(price):
                yield "", quantity, price
            case TimeOfUseRate() as rate:
                for band in rate.bands:
                    if band.holds(interval.start, self._zone, self._is_holiday):
                        yield band.name, quantity, band.price
                        return
                yield rate.otherwise_name, quantity, rate.otherwise
            case RegisterRate() as rate:
                yield from self._register_shares(rate, interval)
            case BlockRate() as rate:
                yield from self._block_shares(rate, day, quantity)
            case DynamicRate() as rate:
                series = self._prices.get(rate.series)
                found = series.find(interval.start) if series else None
                if found is None:
                    self._unpriced[interval.start] = None
                else:
                    yield "", quantity, found * rate.factor + rate.markup

    def _register_shares(
        self, rate: RegisterRate, interval: Interval
    ) -> Iterator[tuple[str, Decimal, Decimal]]:
        counted = interval.registers or {}
        by_register = {price.register: price for price in rate.prices}
        if not counted or not set(counted) <= set(by_register):
            # A register without a price in the contract: say so instead of guessing one.
            self._unpriced[interval.start] = None
            return
        for register, energy in sorted(counted.items()):
            if energy:
                price = by_register[register]
                yield price.name, energy / self._per_unit, price.price

    def _block_shares(
        self, rate: BlockRate, day: date, quantity: Decimal
    ) -> Iterator[tuple[str, Decimal, Decimal]]:
        period = (day.year, day.month if rate.period is Per.MONTH else 0)
        if self._used_in is not None and self._used_in != period:
            self._used = Decimal(0)
        self._used_in = period
        used, left = self._used, quantity
        for number, block in enumerate(rate.blocks):
            room = left if block.up_to is None else min(left, max(block.up_to - used, Decimal(0)))
            if room > 0:
                yield _block_label(rate, number), room, block.price
                used += room
                left -= room

    def _add(
        self,
        version: Version,
        component: str,
        label: str,
        start: datetime | date,
        quantity: Decimal,
        price: Decimal,
        estimated: bool = False,
    ) -> None:
        item = Item(start, quantity, price, self._sign * quantity * price, estimated)
        self._items[version.valid_from, component, label].append(item)

    # -- charges

    def _standing_charges(self) -> None:
        for day in self._days:
            version = self._contract.find_version(day)
            for component in version.components if version else ():
                if version and isinstance(component, StandingCharge):
                    # A fixed charge is owed in both directions: never a credit.
                    price = component.amount / _days_in(component.per, day)
                    self._items[version.valid_from, component.name, ""].append(
                        Item(day, Decimal(1), price, price)
                    )

    def _capacity_charges(self, intervals: Sequence[Interval]) -> None:
        for year, month in months_between(self._first, self._last):
            month_first, month_last = month_days(year, month)
            version = self._contract.find_version(min(month_last, self._last))
            for component in version.components if version else ():
                if version and isinstance(component, CapacityCharge):
                    inside = [
                        (interval.start, interval.energy, interval.length)
                        for interval in intervals
                        if month_first <= local_day(interval.start, self._zone) <= month_last
                    ]
                    peak = month_peaks(component, inside, self._zone)
                    if peak is not None:
                        self._peaks.append(peak)
                        self._add(
                            version, component.name, "", month_first, peak.charged_kw, component.price_per_kw
                        )

    def _taxes(self) -> None:
        for version in self._versions():
            names = [component.name for component in version.components]
            for number, component in enumerate(version.components):
                if isinstance(component, Tax):
                    taxed = set(component.on or names[:number])
                    base = sum(
                        (
                            item.amount
                            for (valid_from, name, _), items in self._items.items()
                            if valid_from == version.valid_from and name in taxed
                            for item in items
                        ),
                        Decimal(0),
                    )
                    item = Item(self._first, component.percent, base / 100, base * component.percent / 100)
                    self._items[version.valid_from, component.name, ""].append(item)

    # -- the sum

    def _sum_up(self) -> Bill:
        lines = []
        for key, items in self._items.items():
            if items:
                exact = sum((item.amount for item in items), Decimal(0))
                lines.append(Line(key[1], key[2], self._units[key], tuple(items), self._rounded(exact)))
        if self._contract.rounding_of is RoundingOf.LINES:
            total = sum((line.amount for line in lines), Decimal(0))
        else:
            total = self._rounded(sum((line.exact_amount for line in lines), Decimal(0)))
        return Bill(
            contract=self._contract.name,
            currency=self._contract.currency,
            first=self._first,
            last=self._last,
            lines=tuple(lines),
            total=total,
            missing=tuple(self._missing),
            unpriced=tuple(self._unpriced),
            uncovered=tuple(day for day in self._days if self._contract.find_version(day) is None),
            estimated=self._estimated,
            peaks=tuple(self._peaks),
        )

    def _rounded(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self._contract.places), ROUND_HALF_UP)


def _is_volume(commodity: Commodity) -> bool:
    return commodity in {Commodity.COLD_WATER, Commodity.HOT_WATER}


def _block_label(rate: BlockRate, number: int) -> str:
    """ "0–1200", "1200–": the bounds of a block, as a bill prints them."""
    low = rate.blocks[number - 1].up_to if number else Decimal(0)
    high = rate.blocks[number].up_to
    return f"{low}–{'' if high is None else high}"


def _days_in(per: Per, day: date) -> int:
    match per:
        case Per.DAY:
            return 1
        case Per.MONTH:
            return month_days(day.year, day.month)[1].day
        case Per.YEAR:
            return (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days
