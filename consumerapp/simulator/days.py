"""What kind of day it is for the people who live there: work, home office, free, away.

Public holidays are those that most of Europe keeps; school holidays are when the family may go away.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from consumerapp.simulator.chance import draws

_FIXED_HOLIDAYS = frozenset({(1, 1), (1, 6), (5, 1), (11, 1), (12, 24), (12, 25), (12, 26), (12, 31)})
_FROM_EASTER = (-2, 1, 39, 50)
"""Good Friday, Easter Monday, Ascension, Whit Monday: days after Easter Sunday."""


class DayKind(StrEnum):
    """How the household spends a day."""

    WORK = "work"
    HOME_OFFICE = "home_office"
    FREE = "free"
    AWAY = "away"
    """Nobody is there: only what runs by itself runs."""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher's rule)."""
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, leap_rest = divmod(century, 4)
    moon = (19 * golden + century - leap - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    quarter, quarter_rest = divmod(rest, 4)
    weekday = (32 + 2 * leap_rest + 2 * quarter - moon - quarter_rest) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=16)
def public_holidays(year: int) -> frozenset[date]:
    """The days of a year on which nobody goes to work."""
    moving = (easter(year) + timedelta(days=days) for days in _FROM_EASTER)
    return frozenset({date(year, month, day) for month, day in _FIXED_HOLIDAYS} | set(moving))


@lru_cache(maxsize=64)
def absences(seed: int, year: int) -> frozenset[date]:
    """The days of a year on which the household is away: summer, perhaps winter, a few weekends."""
    chance = draws(seed, "absences", year)
    away: set[date] = set()

    def leave(first: date, nights: int) -> None:
        away.update(first + timedelta(days=night) for night in range(nights))

    leave(date(year, 7, 1) + timedelta(days=chance.whole(5, 45)), chance.whole(10, 16))
    if chance.happens(0.6):
        leave(easter(year) + timedelta(days=chance.whole(-9, 2)), chance.whole(4, 7))
    if chance.happens(0.4):
        leave(date(year, 2, 1) + timedelta(days=chance.whole(0, 20)), chance.whole(5, 7))
    if chance.happens(0.35):
        leave(date(year, 12, 23), chance.whole(3, 5))
    for _ in range(chance.whole(2, 5)):
        saturday = date(year, 1, 1) + timedelta(weeks=chance.whole(0, 50))
        leave(saturday + timedelta(days=(5 - saturday.weekday()) % 7), 2)
    return frozenset(away)


def kind_of(seed: int, day: date) -> DayKind:
    """How the household that `seed` makes spends a day."""
    if day in absences(seed, day.year):
        return DayKind.AWAY
    if day.weekday() >= 5 or day in public_holidays(day.year):
        return DayKind.FREE
    # Some weekdays are home-office days by habit, any day may become one.
    habit = draws(seed, "home office", day.weekday()).happens(0.4)
    chance = draws(seed, "home office", day.toordinal())
    return DayKind.HOME_OFFICE if chance.happens(0.8 if habit else 0.12) else DayKind.WORK
