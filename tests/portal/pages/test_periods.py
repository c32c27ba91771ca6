"""Periods: what the URL says, moving along, zooming, what stands beside."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qsl

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from portal.pages.periods import Beside, Period, Range

TODAY = date(2026, 11, 24)
PERIODS = st.builds(
    Period,
    st.sampled_from(Range),
    st.dates(date(2001, 1, 1), date(2190, 12, 31)),
    st.sampled_from(Beside),
)


def read(query: str) -> Period:
    return Period.from_query(dict(parse_qsl(query.removeprefix("?"))), TODAY)


@given(PERIODS)
def test_the_url_holds_the_whole_state(period):
    again = read(period.query)
    assert (again.range, again.beside, again.bounds) == (period.range, period.beside, period.bounds)


@given(PERIODS.filter(lambda period: period.range is not Range.ALL))
def test_going_on_and_back_leads_home_and_leaves_no_day_out(period):
    assert period.shifted(1).shifted(-1).bounds == period.bounds
    assert period.shifted(1).first == period.last + timedelta(days=1)


@pytest.mark.parametrize(
    "query", ["", "?range=fortnight", "?on=yesterday", "?on=0001-01-01", "?on=9999-12-31", "?beside=me"]
)
def test_nonsense_becomes_the_running_month(query):
    assert read(query) == Period(Range.MONTH, TODAY)


def test_a_period_has_its_natural_bounds():
    assert Period(Range.WEEK, TODAY).bounds == (date(2026, 11, 23), date(2026, 11, 29))
    assert Period(Range.MONTH, TODAY).bounds == (date(2026, 11, 1), date(2026, 11, 30))
    assert Period(Range.YEAR, TODAY).bounds == (date(2026, 1, 1), date(2026, 12, 31))


def test_a_weekday_stays_beside_the_same_weekday():
    beside = Period(Range.DAY, TODAY, Beside.YEAR).compared()
    assert beside is not None
    assert beside.on.weekday() == TODAY.weekday()
    assert beside.on == date(2025, 11, 25)


def test_a_month_stays_beside_the_same_month():
    beside = Period(Range.MONTH, TODAY, Beside.YEAR).compared()
    assert beside is not None
    assert beside.first == date(2025, 11, 1)
    assert Period(Range.MONTH, TODAY, Beside.NOTHING).compared() is None


def test_zooming_in_stays_with_today_and_never_goes_beyond_it():
    assert Period(Range.YEAR, TODAY).nearer(TODAY) == Period(Range.MONTH, TODAY)
    earlier = Period(Range.MONTH, date(2026, 10, 1)).nearer(TODAY)
    assert earlier is not None
    assert earlier.on == date(2026, 10, 31)
    assert Period(Range.DAY, TODAY).nearer(TODAY) is None
    assert Period(Range.ALL, TODAY).farther() is None


def test_titles_are_whole_and_localised():
    assert Period(Range.DAY, TODAY).title() == "Tuesday, 24 November 2026"
    assert Period(Range.WEEK, TODAY).title() == "Week 48, 23 Nov to 29 Nov 2026"
    with translation.override("de"):
        assert Period(Range.DAY, TODAY).title() == "Dienstag, 24. November 2026"


def test_a_running_period_says_that_only_a_part_is_compared():
    period = Period(Range.MONTH, TODAY)
    assert period.compared_words() == "the month before"
    assert period.compared_words(so_far=True) == "the month before up to the same day"
