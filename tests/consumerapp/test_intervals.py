from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.intervals import (
    QUARTER_HOUR,
    day_bounds,
    days_between,
    local_day,
    month_bounds,
    month_days,
    months_between,
    quarter_hours,
    quarter_number,
    quarter_starts,
    week_bounds,
    week_days,
    year_bounds,
    year_days,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = st.sampled_from(
    [
        "Europe/Amsterdam",
        "Europe/Dublin",
        "Europe/Lisbon",
        "Atlantic/Azores",
        "Asia/Kolkata",
        "America/Sao_Paulo",
        "America/Havana",
        "Africa/Cairo",
        "Asia/Beirut",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/St_Johns",
        "UTC",
    ]
).map(ZoneInfo)
INSTANTS = st.datetimes(datetime(1995, 1, 1), datetime(2037, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
DAYS = st.dates(date(1995, 1, 1), date(2037, 12, 30))


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2026, 3, 29), 92), (date(2026, 6, 1), 96), (date(2026, 10, 25), 100), (date(2026, 10, 26), 96)],
)
def test_a_day_has_as_many_quarter_hours_as_the_clocks_give_it(day, quarters):
    assert quarter_hours(day, AMSTERDAM) == quarters
    assert len(quarter_starts(day, AMSTERDAM)) == quarters


def test_a_day_begins_at_local_midnight():
    start, end = day_bounds(date(2026, 10, 25), AMSTERDAM)
    assert start == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert end == datetime(2026, 10, 25, 23, tzinfo=UTC)
    assert start.tzinfo is UTC


def test_a_day_without_midnight_begins_when_clocks_change():
    start, _ = day_bounds(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))
    assert start.astimezone(ZoneInfo("America/Sao_Paulo")).hour == 1
    assert quarter_hours(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == 92


def test_a_day_that_was_skipped_is_empty():
    assert quarter_hours(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == 0
    assert quarter_starts(date(2011, 12, 30), ZoneInfo("Pacific/Apia")) == ()


def test_half_hour_changes_are_known():
    assert quarter_hours(date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe")) == 98


@given(INSTANTS, ZONES)
def test_every_instant_lies_in_its_local_day(instant, zone):
    start, end = day_bounds(local_day(instant, zone), zone)
    assert start <= instant < end


@given(INSTANTS, ZONES, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_local_days_never_go_back(instant, zone, later):
    assert local_day(instant, zone) <= local_day(instant + later, zone)


@given(DAYS, ZONES)
def test_days_follow_each_other_without_gap(day, zone):
    assert day_bounds(day, zone)[1] == day_bounds(day + timedelta(days=1), zone)[0]


@given(DAYS, ZONES)
def test_quarter_hours_fill_the_day(day, zone):
    starts = quarter_starts(day, zone)
    start, end = day_bounds(day, zone)
    assert start + len(starts) * QUARTER_HOUR == end
    for number, quarter in enumerate(starts):
        assert quarter_number(quarter, zone) == number
        assert local_day(quarter, zone) == day


def test_weeks_months_and_years_are_made_of_whole_days():
    assert week_days(date(2026, 11, 24)) == (date(2026, 11, 23), date(2026, 11, 29))
    assert month_days(2024, 2) == (date(2024, 2, 1), date(2024, 2, 29))
    assert month_days(2026, 12) == (date(2026, 12, 1), date(2026, 12, 31))
    assert year_days(2026) == (date(2026, 1, 1), date(2026, 12, 31))
    start, end = week_bounds(date(2026, 10, 25), AMSTERDAM)
    assert end - start == timedelta(days=7, hours=1)
    start, end = month_bounds(2026, 3, AMSTERDAM)
    assert end - start == timedelta(days=31) - timedelta(hours=1)
    start, end = year_bounds(2026, AMSTERDAM)
    assert end - start == timedelta(days=365)


def test_runs_of_days_and_months_hold_both_ends():
    assert days_between(date(2026, 2, 27), date(2026, 3, 1)) == (
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    )
    assert days_between(date(2026, 3, 1), date(2026, 2, 1)) == ()
    assert months_between(date(2025, 11, 30), date(2026, 2, 1)) == (
        (2025, 11),
        (2025, 12),
        (2026, 1),
        (2026, 2),
    )
