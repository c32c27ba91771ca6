"""Local hours of many days at once: what a heat map shows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import batched
from zoneinfo import ZoneInfo

from consumerapp.intervals import quarter_starts
from consumerapp.readings import Quantity, from_thousandths
from portal.accounts.models import Household
from portal.metering.profiles import combine, parts_by_day
from portal.metering.selection import Selection, choose

HourRow = tuple[Decimal | None, ...]
_HOURS = 24
_QUARTERS = 4
_NOTHING: HourRow = (None,) * _HOURS


def hours(household: Household, quantity: Quantity, first: date, last: date) -> tuple[HourRow, ...]:
    """The 24 local hours of every day from first to last, in the quantity's unit.

    An hour that comes twice, when clocks go back, is the mean of both; one of which nothing is known, or
    that was skipped, is None.
    """
    begin, end = first.toordinal(), last.toordinal()
    parts = parts_by_day(household, Selection(household.pk, quantity), begin, end, profiles=True)
    rows: list[HourRow] = []
    for ordinal in range(begin, end + 1):
        those = choose(parts.get(ordinal, []))
        if those:
            energies, _ = combine(household.zone, ordinal, those)
            rows.append(_hours_of(energies, ordinal, household.zone))
        else:
            rows.append(_NOTHING)
    return tuple(rows)


def _hours_of(energies: list[int | None], ordinal: int, zone: ZoneInfo) -> HourRow:
    if len(energies) == _HOURS * _QUARTERS:
        if None not in energies:  # As almost all days are, and a year has 35,000 quarter-hours.
            return tuple(map(from_thousandths, map(sum, batched(energies, _QUARTERS))))  # type: ignore[arg-type]  # no None
        quarters = [list(those) for those in batched(energies, _QUARTERS)]
    else:
        quarters = [[] for _ in range(_HOURS)]
        starts = quarter_starts(date.fromordinal(ordinal), zone)
        for start, energy in zip(starts, energies, strict=True):
            quarters[start.astimezone(zone).hour].append(energy)
    return tuple(_hour(those) for those in quarters)


def _hour(quarters: list[int | None]) -> Decimal | None:
    known = [energy for energy in quarters if energy is not None]
    if not known:
        return None
    if len(known) <= _QUARTERS:
        return from_thousandths(sum(known))
    return from_thousandths(sum(known)) * _QUARTERS / len(known)
