"""Bands of a calendar: which hours of which days, weekdays, months and holidays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

IsHoliday = Callable[[date], bool]

EVERY_DAY = frozenset(range(7))
EVERY_MONTH = frozenset(range(1, 13))


class OnHolidays(StrEnum):
    """What a public holiday is to a band."""

    AS_WEEKDAY = "as_weekday"
    """Nothing special."""
    AS_SUNDAY = "as_sunday"
    NEVER = "never"
    """The band does not hold on holidays."""
    ALSO = "also"
    """The band holds on holidays, whatever the weekday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Hours with a price of their own."""

    name: str
    price: Decimal
    start: time = time(0)
    """First local time of day that belongs to it."""
    end: time = time(0)
    """First that does not; equal to `start`: the whole day. An end before the start runs past midnight."""
    weekdays: frozenset[int] = EVERY_DAY
    """0 is Monday. A band past midnight belongs to the day it begins on."""
    months: frozenset[int] = EVERY_MONTH
    on_holidays: OnHolidays = OnHolidays.AS_WEEKDAY

    def holds(self, instant: datetime, zone: ZoneInfo, is_holiday: IsHoliday) -> bool:
        """Whether an instant (aware) lies in this band."""
        local = instant.astimezone(zone)
        clock, day = local.time(), local.date()
        if self.start < self.end:
            return self.start <= clock < self.end and self._on(day, is_holiday)
        if clock >= self.start:
            return self._on(day, is_holiday)
        return clock < self.end and self._on(day - timedelta(days=1), is_holiday)

    def _on(self, day: date, is_holiday: IsHoliday) -> bool:
        if day.month not in self.months:
            return False
        weekday = day.weekday()
        if self.on_holidays is not OnHolidays.AS_WEEKDAY and is_holiday(day):
            match self.on_holidays:
                case OnHolidays.NEVER:
                    return False
                case OnHolidays.ALSO:
                    return True
                case OnHolidays.AS_SUNDAY:
                    weekday = 6
        return weekday in self.weekdays
