"""Whoever moves in sees nothing of those before; whoever moved out sees nothing of those after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumerapp.intervals import day_bounds
from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.accounts.day_range import DayRange
from portal.accounts.models import Household
from portal.ingest.services import accept
from portal.live.seeding import seed_of
from portal.metering import series, store
from portal.metering.models import DayRow, MonthRow
from portal.pages import data_files

pytestmark = pytest.mark.django_db

IMPORT = Quantity.ACTIVE_ENERGY_IMPORT
NOW = datetime(2026, 11, 24, 13, 7, 30, tzinfo=UTC)
FIRST, TODAY = date(2026, 10, 20), date(2026, 11, 24)
"""The change to winter time lies in between."""


def readings(
    home: Household, first: date, last: date, start_wh: int, uses: list[int], until: datetime = NOW
) -> Iterator[Reading]:
    """Quarter-hours of whole days; the use of a quarter-hour is drawn from `uses` in turn."""
    at, end = day_bounds(first, home.zone)[0], min(day_bounds(last, home.zone)[1], until)
    value, number = Decimal(start_wh), 0
    while at <= end:
        for obis, quantity, reads in (
            ("1-0:1.8.0", IMPORT, value),
            ("1-0:16.7.0", Quantity.ACTIVE_POWER_NET, Decimal(uses[number % len(uses)] * 4)),
        ):
            yield Reading(
                meter_id=MeterId("1MTS0000004417"), obis=Obis.parse(obis), quantity=quantity, value=reads,
                at=at, received_at=at,
            )  # fmt: skip
        value += uses[number % len(uses)]
        number += 1
        at += timedelta(minutes=15)


def home_of(before: list[int], after: list[int], last_day: date) -> Household:
    """A home whose people changed; its register stands at the same number on the day of the change."""
    home = Household.objects.create(name="Flat 3", timezone="Europe/Amsterdam", country="NL")
    old = list(readings(home, FIRST, last_day, 0, before))
    shift = 10_000_000 - next(r.value for r in reversed(old) if r.quantity is IMPORT)
    old = [replace(r, value=r.value + shift) if r.quantity is IMPORT else r for r in old]
    accept(home, old, now=old[-1].received_at)
    new = list(readings(home, last_day + timedelta(days=1), TODAY, 10_000_000, after))
    for start in range(0, len(new), 3000):
        batch = new[start : start + 3000]
        accept(home, batch, now=batch[-1].received_at)
    home.vacated_after = last_day
    home.save()
    return home


def everything_seen(home: Household, span: tuple[date, date]) -> dict[str, Any]:
    """The answers of every read path of the shelf, and the files made from it."""
    first, last = span
    middle = first + (last - first) // 2
    taken = data_files.Taken(home, first, last, residents=False)
    seed = seed_of(home.pk)
    return {
        "bounds": store.bounds(home),
        "latest": [(known.obis, known.value, known.at) for known in store.latest(home)],
        "power": store.power_points(home, NOW - timedelta(hours=30), NOW, 900),
        "days": store.days(home, IMPORT, first, last),
        "day": [store.day(home, day, IMPORT) for day in (first, middle, last)],
        "months": store.months(home, IMPORT, first.replace(day=1), last),
        "years": store.years(home, IMPORT, first.year, last.year),
        "hours": store.hours(home, IMPORT, first, last),
        "typical": [store.typical_day(home, day, IMPORT) for day in (middle, last)],
        "then": [store.as_known_at(home, day, IMPORT, NOW) for day in (first, middle)],
        "revisions": [len(store.revisions(home, day, IMPORT)) for day in (first, middle)],
        "files": ["".join(data_files.csv_file(taken, part)) for part in ("readings", "days", "months")],
        "corrections": len("".join(data_files.csv_file(taken, "corrections"))),
        "live": (seed.today, seed.hour),
    }


uses = st.lists(st.integers(0, 3000), min_size=1, max_size=9)


@settings(
    max_examples=12, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(one=uses, other=uses, after=uses, moved=st.integers(3, 35))
def test_what_charlie_sees_does_not_depend_on_those_who_lived_there_before(db, one, other, after, moved):
    last_day = FIRST + timedelta(days=moved - 1)
    with time_machine.travel(NOW, tick=False):
        seen = [everything_seen(home_of(before, after, last_day), (FIRST, TODAY)) for before in (one, other)]
    assert seen[0] == seen[1]
    if last_day < TODAY:
        assert seen[0]["bounds"] == (last_day + timedelta(days=1), TODAY)


@settings(
    max_examples=8, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(before=uses, one=uses, other=uses, moved=st.integers(3, 34))
def test_what_those_who_left_see_does_not_depend_on_those_who_came(db, before, one, other, moved):
    last_day = FIRST + timedelta(days=moved - 1)
    seen = []
    with time_machine.travel(NOW, tick=False):
        for after in (one, other):
            home = home_of(before, after, last_day)
            everything = everything_seen(home, (FIRST, TODAY))
            home.seen_by_person = DayRange.between(None, last_day)
            answers = everything_seen(home, (FIRST, TODAY))
            del answers["live"]  # Of the home, and they have no socket any more.
            assert answers["days"] != everything["days"]
            seen.append(answers)
    assert seen[0] == seen[1]
    assert seen[0]["bounds"] == (FIRST, last_day)
    assert seen[0]["latest"] == []


def test_both_together_are_the_whole(db):
    last_day = date(2026, 10, 27)
    with time_machine.travel(NOW, tick=False):
        home = home_of([300], [500], last_day)
        after = store.months(home, IMPORT, date(2026, 10, 1), date(2026, 10, 1))[0]
        home.vacated_after = None
        whole = store.months(home, IMPORT, date(2026, 10, 1), date(2026, 10, 1))[0]
    # The eight days to the 27th, one of them of 25 hours, and the four after them.
    assert after.total == 500 * 96 * 4
    assert whole.total == 300 * (96 * 8 + 4) + 500 * 96 * 4


def test_erasing_the_days_of_those_who_left_leaves_the_rest_as_it_was(db):
    last_day = date(2026, 10, 27)
    with time_machine.travel(NOW, tick=False):
        home = home_of([300], [500], last_day)
        before = everything_seen(home, (FIRST, TODAY))
        store.erase_days(home, DayRange.between(None, last_day))
        assert everything_seen(home, (FIRST, TODAY)) == before
        home.vacated_after = None
        assert store.bounds(home) == (date(2026, 10, 28), TODAY)
    assert not DayRow.objects.filter(household_id=home.pk, day__lte=last_day.toordinal()).exists()
    october = MonthRow.objects.get(household_id=home.pk, month=2026 * 12 + 9)
    assert october.total == 500 * 96 * 4 * 1000


def test_every_meter_is_a_series(db):
    with time_machine.travel(NOW, tick=False):
        home = home_of([300], [500], date(2026, 11, 20))
        found = series.series_of(home)
    assert [(one.meter.ident, one.quantity) for one in found] == [("1MTS0000004417", IMPORT)]
