"""What the running month will have cost, from days like those that are left.

The band is no guess: it is the month finished by the same kind of day (workday or weekend) of the last
eight weeks at its lower quartile, its median and its upper quartile, priced by the terms that hold on the
days to come. Rests on fewer than `LEAST_DAYS` comparable days: no forecast.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from consumerapp.intervals import ONE_DAY, days_between, local_day, month_days, quarter_starts
from portal.accounts.models import Household
from portal.metering.contracts import HouseholdContract
from portal.metering.cost_sums import ZERO, PeriodCost, sum_up
from portal.metering.costs import CostBook, begin_of_blocks
from portal.metering.day_costs import DayCost, DayEnergy

WEEKS = 8
LEAST_DAYS = 3
MOST_UNKNOWN = 96
"""Quarter-hours of the month without reading or price, beyond which its end cannot be told."""
_SATURDAY = 5
_PLAIN_DAY = 96
_QUARTILES = ((1, 4), (2, 4), (3, 4))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The whole month in the contracts' currency, rounded as a bill."""

    low: Decimal
    middle: Decimal
    high: Decimal
    days_used: int
    """Comparable days it rests on."""
    days_left: int
    """Days that are not over yet."""


def forecast_month(
    household: Household, contracts: Sequence[HouseholdContract], now: datetime
) -> Forecast | None:
    """All contracts of one currency together; None: too little is known, or no contract holds."""
    today = local_day(now, household.zone)
    first, last = month_days(today.year, today.month)
    holding = [one for one in contracts if one.held_on(today) is not None]
    if not holding:
        return None
    weeks_ago = min(first, today - timedelta(weeks=WEEKS))
    books = [
        # Blocks may count since New Year.
        (
            one,
            CostBook(
                household,
                one,
                min(begin_of_blocks(one, first), weeks_ago),
                today,
                now,
                before_it_began=True,
            ),
        )
        for one in holding
    ]
    so_far = [book.cost(day) for _, book in books for day in days_between(first, today)]
    if sum(cost.unpriced + cost.missing for cost in so_far if cost is not None) > MOST_UNKNOWN:
        return None
    ranked = _rank(household, books, today)
    if ranked is None:
        return None
    totals = []
    for part, whole in _QUARTILES:
        typical = {
            weekend: days[min(len(days) - 1, (len(days) - 1) * part // whole)]
            for weekend, days in ranked.items()
        }
        totals.append(
            sum((_finished(household, one, book, typical, first, last).total for one, book in books), ZERO)
        )
    low, middle, high = sorted(totals)
    return Forecast(
        low=low,
        middle=middle,
        high=high,
        days_used=sum(len(days) for days in ranked.values()),
        days_left=(last - today).days + 1,
    )


def _rank(
    household: Household, books: Sequence[tuple[HouseholdContract, CostBook]], today: date
) -> dict[bool, list[date]] | None:
    """Whole days of the last weeks by what they cost, workdays and weekends apart."""
    ranked: dict[bool, list[date]] = {False: [], True: []}
    costs: dict[date, Decimal] = {}
    for day in days_between(today - timedelta(weeks=WEEKS), today - ONE_DAY):
        if len(quarter_starts(day, household.zone)) != _PLAIN_DAY:
            continue
        total = ZERO
        for one, book in books:
            # Days from before the contract by its terms, too: what counts is how they were used.
            cost = book.cost(day) or book.priced(one.held[-1], book.energy(day), day)
            if cost.unpriced or cost.missing:
                break
            total += sum((line.amount for line in cost.lines), ZERO)
        else:
            ranked[day.weekday() >= _SATURDAY].append(day)
            costs[day] = total
    if any(len(days) < LEAST_DAYS for days in ranked.values()):
        return None
    for days in ranked.values():
        days.sort(key=lambda day: (costs[day], day))
    return ranked


def _finished(
    household: Household,
    one: HouseholdContract,
    book: CostBook,
    typical: dict[bool, date],
    first: date,
    last: date,
) -> PeriodCost:
    """The month with its remaining days filled by typical ones."""
    costs: dict[date, DayCost] = book.costs()
    today = book.last
    for day in days_between(today, last):
        held = one.held_on(day)
        if held is None:
            continue
        like = typical[day.weekday() >= _SATURDAY]
        energy = book.energy(like)
        if day == today:
            energy = _rest_of(book.energy(today), energy)
        starts = quarter_starts(day, household.zone)
        if len(starts) == len(energy.starts):
            energy = replace(energy, day=day, starts=starts)
        costs[day] = book.priced(held, energy, like)
    begins = max(first, one.first_day)
    blocks_from = begin_of_blocks(one, begins)
    used = sum((cost.quantity for day, cost in costs.items() if blocks_from <= day < begins), ZERO)
    return sum_up(one.contract, begins, last, costs, book.peaks, used_before=used)


def _rest_of(so_far: DayEnergy, like: DayEnergy) -> DayEnergy:
    """Today until now, and from now on a day like it."""
    if len(so_far.energies) != len(like.energies):
        return like
    elapsed = so_far.elapsed or 0
    return replace(like, energies=(*so_far.energies[:elapsed], *like.energies[elapsed:]))
