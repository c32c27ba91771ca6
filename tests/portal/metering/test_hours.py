"""Local hours of many days: the same quarter-hours that `day` tells, added."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from consumerapp.readings import Quantity
from portal.ingest.services import accept
from portal.metering import store

BOUGHT = Quantity.ACTIVE_ENERGY_IMPORT


@pytest.fixture
def keep_growth(household, reading):
    """Quarter-hourly readings from an instant on, of one register."""

    def keep(start: datetime, quarters: int, **of) -> None:
        chance, value = Random(4417), 100_000
        made = []
        for number in range(quarters + 1):
            made.append(reading(start + timedelta(minutes=15 * number), value, **of))
            value += chance.randrange(900)
        accept(household, made, now=made[-1].received_at)

    return keep


def hours_of_day(household, day: date) -> list[Decimal | None]:
    """What `hours` should say, from the day's quarter-hours one by one."""
    found: list[list[Decimal]] = [[] for _ in range(24)]
    told = store.day(household, day, BOUGHT)
    for start, energy in zip(told.starts, told.energy, strict=True):
        if energy is not None:
            found[start.astimezone(household.zone).hour].append(energy)
    return [sum(wh, Decimal(0)) * 4 / max(4, len(wh)) if wh else None for wh in found]


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)])
def test_hours_are_the_sum_of_their_quarters_in_days_of_any_length(household, keep_growth, day):
    keep_growth(datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30), 4 * 70)
    first, last = day - timedelta(days=1), day + timedelta(days=1)
    rows = store.hours(household, BOUGHT, first, last)
    assert [list(row) for row in rows] == [
        hours_of_day(household, first + timedelta(days=number)) for number in range(3)
    ]
    assert any(hour is not None for hour in rows[1])


def test_an_hour_that_is_skipped_is_missing_and_one_that_comes_twice_is_the_mean(household, reading):
    for day, quarters in ((date(2026, 3, 29), 92), (date(2026, 10, 25), 100)):
        start = store.day(household, day, BOUGHT).starts[0]
        at_each = (reading(start + timedelta(minutes=15 * n), 1000 + 25 * n) for n in range(quarters + 1))
        accept(household, at_each, now=start + timedelta(days=2))
    ((*spring,),) = store.hours(household, BOUGHT, date(2026, 3, 29), date(2026, 3, 29))
    ((*autumn,),) = store.hours(household, BOUGHT, date(2026, 10, 25), date(2026, 10, 25))
    assert spring[2] is None
    assert set(spring[:2] + spring[3:]) == {Decimal(100)}
    assert set(autumn) == {Decimal(100)}


def test_tariffs_add_up_and_days_without_data_are_empty(household, keep_growth):
    start = datetime(2026, 5, 31, 22, tzinfo=UTC)
    keep_growth(start, 96, obis="1-0:1.8.1")
    keep_growth(start, 96, obis="1-0:1.8.2")
    empty, told = store.hours(household, BOUGHT, date(2026, 5, 31), date(2026, 6, 1))
    assert set(empty) == {None}
    assert list(told) == hours_of_day(household, date(2026, 6, 1))


def test_a_year_takes_three_statements(household, keep_growth, django_assert_num_queries):
    keep_growth(datetime(2026, 5, 31, 22, tzinfo=UTC), 96)
    with django_assert_num_queries(3):
        assert len(store.hours(household, BOUGHT, date(2026, 1, 1), date(2026, 12, 31))) == 365
