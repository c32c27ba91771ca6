"""Local days and what they are made of.

The local day is the unit of billing, charts, retention and correction. It has 92, 96 or 100
quarter-hours where clocks change by an hour. Everything goes in and comes out as aware UTC; the zone
is an argument and never a setting.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

QUARTER_HOUR = timedelta(minutes=15)
ONE_DAY = timedelta(days=1)

Bounds = tuple[datetime, datetime]
"""Start and end of a period, aware UTC; the end is not part of it."""


@lru_cache(maxsize=16384)
def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # Where clocks skip midnight, fold 0 gives the instant of the change, which is when the day begins.
    # Where midnight comes twice, fold 0 is the first one.
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def day_bounds(day: date, zone: ZoneInfo) -> Bounds:
    """When a local day begins and ends, in UTC."""
    return _midnight(day, zone), _midnight(day + ONE_DAY, zone)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The local day an instant belongs to: the one whose bounds hold it."""
    day = instant.astimezone(zone).date()
    # Clocks that go back across midnight show the old date once more, after the new day has begun.
    return day if instant < _midnight(day + ONE_DAY, zone) else day + ONE_DAY


def quarter_hours(day: date, zone: ZoneInfo) -> int:
    """How many quarter-hours a local day has: 96, or 92 and 100 where clocks change by an hour."""
    start, end = day_bounds(day, zone)
    return (end - start) // QUARTER_HOUR


def quarter_starts(day: date, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When each quarter-hour of a local day begins, in UTC."""
    start, _ = day_bounds(day, zone)
    return tuple(start + QUARTER_HOUR * number for number in range(quarter_hours(day, zone)))


def quarter_number(instant: datetime, zone: ZoneInfo) -> int:
    """Which quarter-hour of its local day an instant lies in, from 0."""
    start, _ = day_bounds(local_day(instant, zone), zone)
    return (instant - start) // QUARTER_HOUR


def week_days(day: date) -> tuple[date, date]:
    """First and last day (Monday, Sunday) of the week a day lies in (ISO 8601 - §?)."""
    first = day - ONE_DAY * day.weekday()
    return first, first + ONE_DAY * 6


def month_days(year: int, month: int) -> tuple[date, date]:
    """First and last day of a calendar month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - ONE_DAY


def year_days(year: int) -> tuple[date, date]:
    """First and last day of a calendar year."""
    return date(year, 1, 1), date(year, 12, 31)


def days_bounds(first: date, last: date, zone: ZoneInfo) -> Bounds:
    """When a run of local days begins and ends, in UTC; `last` is part of it."""
    return _midnight(first, zone), _midnight(last + ONE_DAY, zone)


def week_bounds(day: date, zone: ZoneInfo) -> Bounds:
    """When the local week that holds a day begins and ends, in UTC."""
    return days_bounds(*week_days(day), zone)


def month_bounds(year: int, month: int, zone: ZoneInfo) -> Bounds:
    """When a local month begins and ends, in UTC."""
    return days_bounds(*month_days(year, month), zone)


def year_bounds(year: int, zone: ZoneInfo) -> Bounds:
    """When a local year begins and ends, in UTC."""
    return days_bounds(*year_days(year), zone)


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from first to last, both included; none when last is before first."""
    return tuple(first + ONE_DAY * number for number in range((last - first).days + 1))


def months_between(first: date, last: date) -> tuple[tuple[int, int], ...]:
    """Every (year, month) from the month of `first` to the month of `last`, both included."""
    start = first.year * 12 + first.month - 1
    end = last.year * 12 + last.month - 1
    return tuple((number // 12, number % 12 + 1) for number in range(start, end + 1))
