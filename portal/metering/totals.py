"""Months and years, and the days a household has a history of."""

from __future__ import annotations

from datetime import date
from itertools import groupby

from consumerapp.intervals import month_days
from consumerapp.readings import Quantity
from portal.accounts.models import Household
from portal.metering.answers import MonthTotal, YearTotal
from portal.metering.local_days import day_of, month_of, month_ordinals
from portal.metering.profiles import days, exact, sum_known
from portal.metering.selection import Part, Selection, add_open, all_complete, choose, quality_of, rows

_MONTHS = "SELECT register_id, month, total, quality, complete FROM metering_month"
_REGISTER_BOUNDS = (
    "SELECT "
    "(SELECT MIN(day) FROM metering_day d WHERE d.household_id = r.household_id AND d.register_id = r.id), "
    "(SELECT MAX(day) FROM metering_day d WHERE d.household_id = r.household_id AND d.register_id = r.id), "
    "(SELECT at FROM metering_latest l WHERE l.household_id = r.household_id AND l.register_id = r.id "
    "AND l.open_facts IS NOT NULL) FROM metering_register r WHERE r.household_id = %s"
)


def months(
    household: Household, quantity: Quantity, first_month: date, last_month: date
) -> tuple[MonthTotal, ...]:
    """Every local month from that of the first date to that of the last."""
    begin, end = month_of(first_month.toordinal()), month_of(last_month.toordinal())
    hidden = _months_hidden_in_part(household, begin, end)
    parts: dict[int, list[Part]] = {}
    selection = Selection(household.pk, quantity)
    for register_id, month, total, marks, complete in selection.rows(
        _MONTHS, "AND month BETWEEN %s AND %s", begin, end
    ):
        part = selection.registers[register_id].part(total=total, marks=marks, complete=bool(complete))
        if month not in hidden:
            parts.setdefault(month, []).append(part)
    for register, quarter in selection.open_quarters():
        month = month_of(day_of(quarter.start_ms, household.zone))
        if begin <= month <= end and month not in hidden:
            add_open(parts, month, register, quarter)
    return tuple(
        _month_of_days(household, quantity, month)
        if month in hidden
        else _month(household, quantity, month, parts.get(month, []))
        for month in range(begin, end + 1)
    )


def _months_hidden_in_part(household: Household, begin: int, end: int) -> set[int]:
    """The months of which not every day may be seen: their rows say too much, their days are added up."""
    seen = household.days_seen
    if seen.is_everything:
        return set()
    return {
        month
        for month in range(begin, end + 1)
        if any(ordinal not in seen for ordinal in month_ordinals(month))
    }


def years(household: Household, quantity: Quantity, first_year: int, last_year: int) -> tuple[YearTotal, ...]:
    """Every local year from first to last."""
    all_months = months(household, quantity, date(first_year, 1, 1), date(last_year, 12, 1))
    totals: list[YearTotal] = []
    for year, group in groupby(all_months, key=lambda month: month.year):
        those = list(group)
        known = [month.total for month in those if month.total is not None]
        quality = those[0].quality
        for month in those:
            quality |= month.quality
        totals.append(
            YearTotal(
                year=year,
                total=sum(known[1:], known[0]) if known else None,
                quality=quality,
                complete=all(month.complete for month in those),
            )
        )
    return tuple(totals)


def bounds(household: Household) -> tuple[date, date] | None:
    """The first and the last local day that anything is known of; None: there is no history yet."""
    ordinals: list[int] = []
    for first, last, at in rows(_REGISTER_BOUNDS, (household.pk,)):
        ordinals += [ordinal for ordinal in (first, last) if ordinal is not None]
        if at is not None:
            ordinals.append(day_of(at, household.zone))
    if not ordinals:
        return None
    first, last = household.days_seen.clamped(min(ordinals), max(ordinals))
    return None if first > last else (date.fromordinal(first), date.fromordinal(last))


def _month(household: Household, quantity: Quantity, month: int, parts: list[Part]) -> MonthTotal:
    year, number = month // 12, month % 12 + 1
    if _total_began_within(parts):
        return _month_of_days(household, quantity, month)
    chosen = choose(parts)
    marks = 0
    for part in chosen:
        marks |= part.marks
    return MonthTotal(
        year=year,
        month=number,
        total=exact(sum_known(part.total_so_far for part in chosen)),
        quality=quality_of(marks),
        complete=all_complete(chosen),
    )


def _month_of_days(household: Household, quantity: Quantity, month: int) -> MonthTotal:
    year, number = month // 12, month % 12 + 1
    first, last = month_days(year, number)
    those = days(household, quantity, first, last)
    known = [day.total for day in those if day.total is not None]
    quality = those[0].quality
    for day in those:
        quality |= day.quality
    return MonthTotal(
        year=year,
        month=number,
        total=sum(known[1:], known[0]) if known else None,
        quality=quality,
        complete=all(day.complete for day in those),
    )


def _total_began_within(parts: list[Part]) -> bool:
    """Whether a meter sent its tariffs on days on which it did not send their total yet."""
    totals = {part.meter_id for part in parts if part.tariff == 0 and not part.complete}
    return any(part.tariff and part.meter_id in totals for part in parts)
