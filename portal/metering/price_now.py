"""What a kilowatt-hour costs now and next, and where this quarter-hour will end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from itertools import groupby

from consumerapp.intervals import ONE_DAY, QUARTER_HOUR, local_day, quarter_starts
from consumerapp.readings import Quantity, from_thousandths
from consumerapp.tariffs.bill import EXACT
from consumerapp.tariffs.contract import (
    BlockRate,
    CapacityCharge,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterRate,
    TimeOfUseRate,
    Version,
)
from portal.accounts.models import Household
from portal.metering.contracts import HouseholdContract
from portal.metering.cost_sums import ZERO, block_label, gross_factors
from portal.metering.costs import CostBook, begin_of_blocks
from portal.metering.day_costs import PRICE_STEP, DayEnergy, Prices, band_pattern
from portal.metering.facts import QUARTER_MS
from portal.metering.local_days import from_ms, to_ms
from portal.metering.power import power_points
from portal.metering.price_series import MarketBook, find_series
from portal.metering.selection import Selection

_JUST_NOW = timedelta(minutes=3)
"""Power this old still says where the quarter-hour is going."""
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A price that holds for a while, taxes and levies included."""

    start: datetime
    end: datetime
    price: Decimal | None
    """Per kWh or m³; None: a gap in the market's prices."""
    label: str = ""
    """Name of the band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockState:
    """How far a block is used up."""

    component: str
    label: str
    used: Decimal
    """kWh or m³ since the month or year began."""
    up_to: Decimal | None
    """None: the last block, which has no end."""
    price: Decimal
    """All in."""
    next_price: Decimal | None
    per: Per


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakGuard:
    """The running interval of a household that pays for its highest mean."""

    interval_min: int
    ends_at: datetime
    so_far_wh: Decimal
    will_be_kw: Decimal
    """Mean power at its end, if the power of the last minute goes on."""
    peak_kw: Decimal | None
    """The month's highest so far; None: none is known yet."""
    peak_at: datetime | None


def price_steps(household: Household, contract: HouseholdContract, now: datetime) -> tuple[PriceStep, ...]:
    """Prices from the start of this quarter-hour to the end of tomorrow; empty: not a matter of time."""
    today = local_day(now, household.zone)
    days = (today, today + ONE_DAY)
    books = {name: MarketBook(find_series(household, name), household, *days) for name in contract.series}
    priced: list[tuple[datetime, Decimal | None, str]] = []
    for day in days:
        held = contract.held_on(day)
        if held is None:
            break
        if not _goes_by_time(held.version):
            return ()
        starts = quarter_starts(day, household.zone)
        energy = DayEnergy(
            day=day,
            zone=household.zone,
            starts=starts,
            energies=(None,) * len(starts),
            estimated=(False,) * len(starts),
        )
        market = {name: book.prices_of(day) for name, book in books.items()}
        prices = quarter_prices(held.version, energy, market, contract.contract.holidays_of)
        priced += [(start, price, label) for start, (price, label) in zip(starts, prices, strict=True)]
    ahead = [step for step in priced if step[0] > now - QUARTER_HOUR]
    steps = []
    for (price, label), group in groupby(ahead, key=lambda step: (step[1], step[2])):
        quarters = list(group)
        steps.append(PriceStep(quarters[0][0], quarters[-1][0] + QUARTER_HOUR, price, label))
    return tuple(steps)


def _goes_by_time(version: Version) -> bool:
    rates = [component.rate for component in version.components if isinstance(component, EnergyPrice)]
    by_count = any(isinstance(rate, RegisterRate | BlockRate) for rate in rates)
    return not by_count and any(isinstance(rate, TimeOfUseRate | DynamicRate) for rate in rates)


def quarter_prices(
    version: Version, energy: DayEnergy, market: dict[str, Prices], holidays: str
) -> list[tuple[Decimal | None, str]]:
    """All that one unit costs in each quarter-hour of a day, and the name of the band."""
    gross = gross_factors(version)
    sums: list[Decimal | None] = [ZERO] * len(energy.starts)
    labels = [""] * len(energy.starts)
    with localcontext(EXACT):
        for component in version.components:
            if not isinstance(component, EnergyPrice):
                continue
            for index, (price, label) in enumerate(_prices(component, energy, market, holidays)):
                before = sums[index]
                sums[index] = (
                    None if before is None or price is None else before + price * gross[component.name]
                )
                labels[index] = labels[index] or label
    return list(zip(sums, labels, strict=True))


def _prices(
    component: EnergyPrice, energy: DayEnergy, market: dict[str, Prices], holidays: str
) -> list[tuple[Decimal | None, str]]:
    count = len(energy.starts)
    match component.rate:
        case FlatRate(price):
            return [(price, "")] * count
        case TimeOfUseRate() as rate:
            named = [(band.price, band.name) for band in rate.bands]
            named.append((rate.otherwise, rate.otherwise_name))  # a pattern says -1 for it
            return [named[number] for number in band_pattern(rate, energy, holidays)]
        case DynamicRate() as rate:
            found: Prices = market.get(rate.series) or [None] * count
            return [
                (None if price is None else price * PRICE_STEP * rate.factor + rate.markup, "")
                for price in found
            ]
        case _:
            return [(None, "")] * count


def cheapest(steps: Sequence[PriceStep], now: datetime, *, hours: int = 24) -> PriceStep | None:
    """The lowest price that begins within so many hours; None: there is no choice."""
    known = [step for step in steps if step.price is not None and step.start < now + timedelta(hours=hours)]
    if len({step.price for step in known}) < 2:
        return None
    return min(known, key=lambda step: (step.price or ZERO, step.start))


def block_state(household: Household, contract: HouseholdContract, now: datetime) -> BlockState | None:
    """The first block rate of the contract; None: it has none."""
    today = local_day(now, household.zone)
    held = contract.held_on(today)
    if held is None:
        return None
    for component in held.version.components:
        if isinstance(component, EnergyPrice) and isinstance(component.rate, BlockRate):
            rate = component.rate
            begin = begin_of_blocks(contract, today)
            by_month = rate.period is Per.MONTH
            begin = max(begin, today.replace(day=1)) if by_month else begin
            costs = CostBook(household, contract, begin, today, now).costs()
            used = sum((cost.quantity for cost in costs.values()), ZERO)
            gross = gross_factors(held.version)[component.name]
            number = next(
                number
                for number, block in enumerate(rate.blocks)
                if block.up_to is None or used < block.up_to
            )
            block = rate.blocks[number]
            follows = rate.blocks[number + 1] if number + 1 < len(rate.blocks) else None
            return BlockState(
                component=component.name,
                label=block_label(rate, number),
                used=used,
                up_to=block.up_to,
                price=block.price * gross,
                next_price=None if follows is None else follows.price * gross,
                per=rate.period,
            )
    return None


def capacity_of(contract: HouseholdContract, now: datetime, household: Household) -> CapacityCharge | None:
    """The capacity charge that holds now; None: the contract has none."""
    held = contract.held_on(local_day(now, household.zone))
    return next(
        (part for part in held.version.components if isinstance(part, CapacityCharge)) if held else iter(()),
        None,
    )


def peak_guard(
    household: Household, contract: HouseholdContract, charge: CapacityCharge, now: datetime
) -> PeakGuard | None:
    """Where the running interval will end; None: the meter has not said enough lately."""
    quarter_ms = to_ms(now) // QUARTER_MS * QUARTER_MS
    length_ms = charge.interval_min * 60_000
    start = from_ms(to_ms(now) // length_ms * length_ms)
    end = start + timedelta(minutes=charge.interval_min)
    open_quarters = [
        quarter
        for _, quarter in Selection(household.pk, Quantity.ACTIVE_ENERGY_IMPORT).open_quarters()
        if quarter.start_ms == quarter_ms
    ]
    known = [quarter.energy for quarter in open_quarters if quarter.energy is not None]
    newest = max((from_ms(quarter.at_ms) for quarter in open_quarters), default=None)
    powers = power_points(household, now - _JUST_NOW, now, 60).power_w
    lately = [power for power in powers if power is not None]
    if not known or newest is None or now - newest > _JUST_NOW or not lately:
        return None
    today = local_day(now, household.zone)
    book = CostBook(household, contract, today.replace(day=1), today, now, before_it_began=True)
    energy = book.energy(today)
    over = [
        counted
        for at, counted in zip(energy.starts, energy.energies, strict=True)
        if start <= at < from_ms(quarter_ms)
    ]
    whole = [counted for counted in over if counted is not None]
    if len(whole) < len(over):
        return None
    so_far_wh = from_thousandths(sum(known) + sum(whole))
    left_s = Decimal((end - newest) / timedelta(seconds=1))
    will_be_wh = so_far_wh + max(lately[-1], ZERO) * left_s / _SECONDS_PER_HOUR
    demand = book.peaks(charge, today.replace(day=1), today)
    return PeakGuard(
        interval_min=charge.interval_min,
        ends_at=end,
        so_far_wh=so_far_wh,
        will_be_kw=will_be_wh * 60 / charge.interval_min / 1000,
        peak_kw=demand.peaks[0].kw if demand else None,
        peak_at=demand.peaks[0].start if demand else None,
    )
