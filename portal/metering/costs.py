"""What the household's energy costs, derived on reading from profiles, prices and contracts.

Nothing is stored: a day's cost is remembered in the process under the very bytes it follows from (the
profiles of its registers, the market prices around it, the version's terms), so a late reading or a late
price makes another key and re-prices exactly its day, and what is remembered can never be stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Lock

from consumerapp.intervals import QUARTER_HOUR, days_between, local_day, month_days, quarter_starts, year_days
from consumerapp.readings import THOUSAND, Quality, from_thousandths
from consumerapp.tariffs.bill import Bill, BillUnit, Interval, price_period
from consumerapp.tariffs.capacity import Peak, PeakDemand, month_peaks
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    Component,
    Contract,
    Direction,
    EnergyPrice,
    Per,
    RegisterRate,
    Tax,
    Version,
)
from consumerapp.tariffs.gas import gas_energy_wh
from portal.accounts.models import Household
from portal.metering.contracts import Held, HouseholdContract, series_of
from portal.metering.cost_sums import ZERO, PeriodCost, sum_up, unit_of
from portal.metering.day_costs import DayCost, DayEnergy, day_peaks, on_grid, price_day
from portal.metering.price_series import MarketBook, find_series
from portal.metering.profiles import combine, parts_by_day
from portal.metering.selection import RESET, Part, Selection, choose, quality_of

REMEMBERED_DAYS = 16_384
"""Two directions of a household over twenty years, or twenty households over one: about 25 MB."""


class _Memory[Remembered]:
    """The newest answers by what they follow from."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, Remembered] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Hashable) -> Remembered | None:
        return self._kept.get(key)

    def keep(self, key: Hashable, answer: Remembered) -> None:
        with self._lock:
            self._kept[key] = answer
            while len(self._kept) > REMEMBERED_DAYS:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_day_costs: _Memory[DayCost] = _Memory()
_peaks: _Memory[tuple[Peak, ...]] = _Memory()


def forget_all() -> None:
    """Reckon everything afresh; for tests and measurements."""
    _day_costs.clear()
    _peaks.clear()


class CostBook:
    """One contract of one household over a stretch of days: read once, asked often."""

    def __init__(
        self,
        household: Household,
        contract: HouseholdContract,
        first: date,
        last: date,
        now: datetime,
        *,
        before_it_began: bool = False,
    ) -> None:
        """`before_it_began`: know the energy of days before the contract, too; they cost nothing by it."""
        self._household = household
        self._of = contract
        self._zone = household.zone
        self._now = now
        self._today = local_day(now, household.zone)
        self.first = first if before_it_began else max(first, contract.first_day)
        self.last = min(last, self._today, contract.contract.ends_on or last)
        """Nothing is counted after today."""
        self._selection = Selection(household.pk, contract.quantity)
        self._parts: dict[int, list[Part]] = {}
        self._books: dict[str, MarketBook] = {}
        if self.first <= self.last:
            begin, end = self.first.toordinal(), self.last.toordinal()
            self._parts = parts_by_day(
                household, self._selection, begin, end, profiles=True, running=self.last == self._today
            )
            self._books = {
                name: MarketBook(find_series(household, name), household, self.first, self.last)
                for name in contract.series
            }

    def days(self) -> tuple[date, ...]:
        """Every day that is known about and that the contract holds on."""
        return days_between(self.first, self.last) if self.first <= self.last else ()

    def cost(self, day: date) -> DayCost | None:
        """What one day costs, as far as a day can say; None: the contract does not hold on it."""
        held = self._of.held_on(day)
        if held is None:
            return None
        key = self._key(day, held)
        known = _day_costs.find(key)
        if known is None:
            known = self.priced(held, self.energy(day, held), day)
            _day_costs.keep(key, known)
        return known

    def costs(self) -> dict[date, DayCost]:
        """Of every day."""
        return {day: cost for day in self.days() if (cost := self.cost(day)) is not None}

    def priced(self, held: Held, energy: DayEnergy, prices_of: date) -> DayCost:
        """Price a day's energy with a version, and with the market prices of a day of the same length."""
        contract = self._of.contract
        return price_day(
            held.version,
            energy,
            {
                name: self._books[name].prices_of(prices_of)
                for name in series_of(held.version)
                if name in self._books
            },
            unit=unit_of(contract.commodity),
            step=step_of(unit_of(contract.commodity), held),
            sign=-1 if contract.direction is Direction.EXPORT else 1,
            holidays=contract.holidays_of,
        )

    def _key(self, day: date, held: Held) -> Hashable:
        parts = self._parts.get(day.toordinal(), [])
        return (
            held.fingerprint,
            self._of.contract.holidays_of,
            self._zone.key,
            day,
            self._elapsed(day),
            tuple(_content(part) for part in parts),
            tuple(self._books[name].content_of(day) for name in series_of(held.version)),
        )

    def _elapsed(self, day: date) -> int | None:
        if day != self._today:
            return None
        starts = quarter_starts(day, self._zone)
        return sum(1 for start in starts if self._now - start >= QUARTER_HOUR)

    def energy(self, day: date, held: Held | None = None) -> DayEnergy:
        """What was counted, by quarter-hours."""
        ordinal = day.toordinal()
        parts = self._parts.get(ordinal, [])
        energies, marks = combine(self._zone, ordinal, choose(parts))
        registers = None
        if held is None or _needs_registers(held.version):
            by_tariff: dict[int, list[Part]] = {}
            for part in parts:
                if part.tariff:
                    by_tariff.setdefault(part.tariff, []).append(part)
            registers = {
                tariff: tuple(combine(self._zone, ordinal, those)[0]) for tariff, those in by_tariff.items()
            } or None
        return DayEnergy(
            day=day,
            zone=self._zone,
            starts=quarter_starts(day, self._zone),
            energies=tuple(energies),
            estimated=tuple(bool(quality_of(mark) & Quality.ESTIMATED) for mark in marks),
            registers=registers,
            elapsed=self._elapsed(day),
        )

    def peaks(self, charge: CapacityCharge, first: date, last: date) -> PeakDemand | None:
        """The highest means of a month, as far as it has passed; None: of a part of one, which pays none."""
        if not self._is_whole(first, last):
            return None
        days = [day for day in days_between(first, last) if self.first <= day <= self.last]
        energies: dict[date, DayEnergy] = {}
        candidates: list[Peak] = []
        for day in days:
            parts = self._parts.get(day.toordinal(), [])
            key = (charge, self._zone.key, day, tuple(_content(part) for part in parts))
            found = _peaks.find(key)
            if found is None:
                energies[day] = self.energy(day)
                if not on_grid(energies[day], charge):
                    return self._peaks_across_days(charge, days)
                found = day_peaks(energies[day], charge)
                _peaks.keep(key, found)
            candidates += found
        # Of means that were chosen day by day the core chooses the month's.
        length = timedelta(minutes=charge.interval_min)
        return month_peaks(
            charge,
            [(peak.start, peak.kw * THOUSAND * charge.interval_min / 60, length) for peak in candidates],
            self._zone,
        )

    def _is_whole(self, first: date, last: date) -> bool:
        """Whether days of one month are all of it that the contract holds on and that have begun."""
        month_first, month_last = month_days(first.year, first.month)
        ends = self._of.contract.ends_on or month_last
        begins = max(month_first, min(self._of.first_day, first))
        return first <= max(begins, self._of.first_day) and last >= min(month_last, self._today, ends)

    def _peaks_across_days(self, charge: CapacityCharge, days: Iterable[date]) -> PeakDemand | None:
        """Where a day begins inside a counting interval."""
        intervals = [
            (start, None if energy is None else Decimal(energy) / THOUSAND, QUARTER_HOUR)
            for day in days
            for start, energy in _quarters(self.energy(day))
        ]
        return month_peaks(charge, intervals, self._zone)

    def intervals(self, day: date) -> tuple[Interval, ...]:
        """The same day as the core's intervals, gas by its energy."""
        energy = self.energy(day)
        held = self._of.held_on(day)
        over = len(energy.starts) if energy.elapsed is None else energy.elapsed
        return tuple(
            Interval(
                start,
                None if counted is None else self._converted(counted, day, held),
                None
                if energy.registers is None
                else {
                    tariff: self._converted(part, day, held)
                    for tariff, counts in energy.registers.items()
                    if (part := counts[index]) is not None
                },
                energy.estimated[index],
            )
            for index, (start, counted) in enumerate(_quarters(energy))
            if index < over
        )

    def _converted(self, thousandths: int, day: date, held: Held | None) -> Decimal:
        amount = Decimal(thousandths) / THOUSAND
        if held is None or held.factors is None:
            return amount
        return gas_energy_wh(amount, day, [held.factors]) or ZERO

    def market(self, name: str) -> MarketBook | None:
        """The prices of a series that the contract needs."""
        return self._books.get(name)


def _quarters(energy: DayEnergy) -> Iterable[tuple[datetime, int | None]]:
    return zip(energy.starts, energy.energies, strict=True)


def _content(part: Part) -> Hashable:
    """Everything of a part that a day's energies follow from."""
    running = part.open and (part.open.start_ms, part.open.energy, part.open.marks)
    return part.meter_id, part.tariff, part.obis, part.marks, part.profile and bytes(part.profile), running


def _needs_registers(version: Version) -> bool:
    return any(
        isinstance(component, EnergyPrice) and isinstance(component.rate, RegisterRate)
        for component in version.components
    )


def step_of(unit: BillUnit, held: Held) -> Decimal:
    """How many of the bill's unit a thousandth of the metered one is."""
    if held.factors is not None:
        return held.factors.calorific_value * held.factors.state_number / THOUSAND
    return Decimal("0.001") if unit is BillUnit.M3 else Decimal("0.000001")


def period_cost(
    household: Household, contract: HouseholdContract, first: date, last: date, now: datetime
) -> PeriodCost:
    """What the days from first to last cost, as far as they have passed."""
    begin = begin_of_blocks(contract, first)
    book = CostBook(household, contract, begin, last, now)
    return cost_of_book(book, contract, max(first, book.first), book.last)


def cost_of_book(book: CostBook, contract: HouseholdContract, first: date, last: date) -> PeriodCost:
    """The same out of a book that reaches back to where blocks begin."""
    costs = book.costs()
    blocks_from = begin_of_blocks(contract, first)
    used = sum((cost.quantity for day, cost in costs.items() if blocks_from <= day < first), ZERO)
    return sum_up(contract.contract, first, last, costs, book.peaks, used_before=used)


def explain_day(household: Household, contract: HouseholdContract, day: date, now: datetime) -> Bill:
    """One day as the core's bill, each line of which opens down to its quarter-hours."""
    book = CostBook(household, contract, begin_of_blocks(contract, day), day, now)
    costs = book.costs()
    used = sum((cost.quantity for before, cost in costs.items() if before < day), ZERO)
    series = {
        name: market.points_of(day) for name in contract.series if (market := book.market(name)) is not None
    }
    # What the month's peak costs belongs to no single day.
    return price_period(
        without_capacity(contract.contract),
        book.intervals(day),
        day,
        day,
        household.zone,
        series,
        used_before=used,
    )


def without_capacity(contract: Contract) -> Contract:
    """The contract without what is charged by the month's peak."""
    versions = []
    for version in contract.versions:
        peaks = {part.name for part in version.components if isinstance(part, CapacityCharge)}
        kept: list[Component] = []
        for part in version.components:
            if isinstance(part, Tax) and part.on:
                taxed = tuple(name for name in part.on if name not in peaks)
                if not taxed:
                    peaks.add(part.name)
                    continue
                part = replace(part, on=taxed)
            if part.name not in peaks:
                kept.append(part)
        versions.append(replace(version, components=tuple(kept)))
    return replace(contract, versions=tuple(versions))


def begin_of_blocks(contract: HouseholdContract, first: date) -> date:
    """The day from which on the quantity has to be known to price `first`."""
    begins = [first]
    for held in contract.held:
        for component in held.version.components:
            if isinstance(component, EnergyPrice) and isinstance(component.rate, BlockRate):
                by_year = component.rate.period is Per.YEAR
                begins.append(year_days(first.year)[0] if by_year else first.replace(day=1))
    return min(begins)


def together(costs: Iterable[PeriodCost]) -> Mapping[str, Decimal]:
    """Totals by currency: amounts of different currencies are never added."""
    sums: dict[str, Decimal] = {}
    for cost in costs:
        sums[cost.contract.currency] = sums.get(cost.contract.currency, ZERO) + cost.total
    return sums


def line_by_days(
    household: Household,
    contract: HouseholdContract,
    stretches: Sequence[tuple[date, date]],
    now: datetime,
) -> tuple[PeriodCost, ...]:
    """The cost of each of several days or months in a row, blocks going on from one to the next."""
    if not stretches:
        return ()
    begin = begin_of_blocks(contract, stretches[0][0])
    book = CostBook(household, contract, begin, stretches[-1][1], now)
    costs = book.costs()
    found = []
    for first, last in stretches:
        first, last = max(first, book.first), min(last, book.last)
        if first <= last:
            blocks_from = begin_of_blocks(contract, first)
            used = sum((cost.quantity for day, cost in costs.items() if blocks_from <= day < first), ZERO)
            found.append(sum_up(contract.contract, first, last, costs, book.peaks, used_before=used))
    return tuple(found)


def readings_of_day(household: Household, contract: HouseholdContract, day: date) -> dict[datetime, Decimal]:
    """What the register showed when each quarter-hour began, where one register counts without a break."""
    ordinal = day.toordinal()
    if ordinal not in household.days_seen:
        return {}
    selection = Selection(household.pk, contract.quantity)
    chosen = choose(parts_by_day(household, selection, ordinal, ordinal, profiles=True).get(ordinal, []))
    if len(chosen) != 1:
        return {}
    values = {
        (selection.registers[register_id].meter_id, selection.registers[register_id].obis): start
        for register_id, start in selection.rows(
            "SELECT register_id, start_value FROM metering_day", "AND day = %s", ordinal
        )
    }
    value = values.get((chosen[0].meter_id, chosen[0].obis))
    if value is None:
        return {}
    energies, marks = combine(household.zone, ordinal, chosen)
    readings: dict[datetime, Decimal] = {}
    for start, energy, mark in zip(quarter_starts(day, household.zone), energies, marks, strict=True):
        readings[start] = from_thousandths(value)
        if energy is None or mark & RESET:
            break
        value += energy
    return readings
