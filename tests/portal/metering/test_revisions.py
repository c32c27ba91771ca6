"""Late and corrected readings change exactly what depends on them, and what was known stays answerable."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.readings import Quality, Quantity
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.models import DayRow
from portal.metering.recompute import recompute
from portal.metering.rollups import Reason

IMPORT = Quantity.ACTIVE_ENERGY_IMPORT
QUARTER = timedelta(minutes=15)
DAY = date(2026, 6, 2)
MIDNIGHT = datetime(2026, 6, 1, 22, tzinfo=UTC)
START = 100_000
"""The register at MIDNIGHT, Wh."""
WEEK_LATER = MIDNIGHT + timedelta(days=7)


def by_quarter(reading, numbers, *, each=100, start=MIDNIGHT, **fields):
    return [reading(start + QUARTER * number, START + each * number, **fields) for number in numbers]


def rows():
    return {row.day: (row.revision, bytes(row.profile or b"")) for row in DayRow.objects.all()}


@pytest.fixture
def three_days(household, reading):
    """Alice's register over three days, 100 Wh in each quarter-hour."""
    known = MIDNIGHT + timedelta(days=3)
    accept(household, by_quarter(reading, range(-96, 193)), now=known)
    return known


def test_a_correction_changes_its_two_quarter_hours_and_nothing_else(household, reading, three_days):
    before = rows()
    wrong_by_40 = reading(MIDNIGHT + QUARTER * 5, START + 540, quality=Quality.CORRECTED, source="operator")
    assert accept(household, [wrong_by_40], now=WEEK_LATER).accepted == 1
    profile = store.day(household, DAY, IMPORT)
    assert profile.energy[3:7] == (100, 140, 60, 100)
    assert [bool(quality & Quality.CORRECTED) for quality in profile.quality[3:7]] == [
        False,
        True,
        True,
        False,
    ]
    assert profile.total == 9600
    after = rows()
    assert {day for day in after if after[day] != before[day]} == {DAY.toordinal()}
    assert recompute(household, now=WEEK_LATER) == 0


def test_a_correction_at_midnight_changes_both_days(household, reading, three_days):
    accept(household, [reading(MIDNIGHT, START + 30, quality=Quality.CORRECTED)], now=WEEK_LATER)
    days = store.days(household, IMPORT, DAY - timedelta(days=1), DAY)
    assert [day.total for day in days] == [9630, 9570]
    assert recompute(household, now=WEEK_LATER) == 0


def test_what_was_known_before_a_correction_stays_known(household, reading, three_days):
    accept(
        household,
        [reading(MIDNIGHT + QUARTER * 96, START + 9600 - 60, quality=Quality.CORRECTED, source="operator")],
        now=WEEK_LATER,
    )
    assert store.day(household, DAY, IMPORT).total == 9540
    assert store.as_known_at(household, DAY, IMPORT, WEEK_LATER).total == 9540
    assert store.as_known_at(household, DAY, IMPORT, WEEK_LATER - timedelta(seconds=1)).total == 9600
    assert store.as_known_at(household, DAY, IMPORT, three_days - timedelta(seconds=1)).total is None
    first, second = store.revisions(household, DAY, IMPORT)
    assert (first.total, first.known_from, first.known_until) == (9600, three_days, WEEK_LATER)
    assert (first.reason, first.source) == (Reason.CORRECTED, "operator")
    assert (second.total, second.known_from, second.known_until) == (9540, WEEK_LATER, None)


def test_corrections_follow_one_another(household, reading, three_days):
    for hour, value in enumerate((START + 540, START + 520, START + 530)):
        one = reading(MIDNIGHT + QUARTER * 5, value, quality=Quality.CORRECTED)
        assert accept(household, [one], now=WEEK_LATER + timedelta(hours=hour)).accepted == 1
    assert store.day(household, DAY, IMPORT).energy[4] == 130
    assert [revision.number for revision in store.revisions(household, DAY, IMPORT)] == [1, 2, 3, 4]
    for hour, energy in ((-1, 100), (0, 140), (1, 120), (2, 130)):
        then = store.as_known_at(household, DAY, IMPORT, WEEK_LATER + timedelta(hours=hour, minutes=1))
        assert then.energy[4] == energy


def test_what_had_not_happened_yet_was_not_known(household, reading):
    for number in range(97):
        at = MIDNIGHT + QUARTER * number
        accept(household, [reading(at, START + 100 * number)], now=at)
    noon = store.as_known_at(household, DAY, IMPORT, MIDNIGHT + timedelta(hours=12))
    assert noon.energy[47:49] == (100, None)
    assert noon.total == 4800
    assert not noon.complete
    assert len(store.revisions(household, DAY, IMPORT)) == 1


def test_a_gap_is_estimated_until_late_readings_fill_it(household, reading):
    known = MIDNIGHT + timedelta(days=2)
    accept(household, by_quarter(reading, [*range(-4, 9), *range(17, 100)]), now=known)
    gap = slice(8, 17)
    profile = store.day(household, DAY, IMPORT)
    assert all(quality & Quality.ESTIMATED for quality in profile.quality[gap])
    late = [reading(MIDNIGHT + QUARTER * number, START + 100 * number + number) for number in range(9, 17)]
    assert accept(household, late, now=WEEK_LATER).accepted == 8
    profile = store.day(household, DAY, IMPORT)
    assert profile.energy[gap] == (109, *(101,) * 7, 84)
    assert not any(quality & Quality.ESTIMATED for quality in profile.quality)
    assert all(quality & Quality.LATE for quality in profile.quality[gap])
    assert profile.total == 9600
    assert store.revisions(household, DAY, IMPORT)[0].reason == Reason.LATE
    assert store.as_known_at(household, DAY, IMPORT, known).energy[9] == 100


def test_history_before_the_first_reading_is_filled_in(household, reading, three_days):
    older = [reading(MIDNIGHT + QUARTER * number, START + 100 * number) for number in range(-192, -96)]
    accept(household, older, now=WEEK_LATER)
    days = store.days(household, IMPORT, DAY - timedelta(days=2), DAY)
    assert [(day.total, day.complete) for day in days] == [(9600, True)] * 3
    assert recompute(household, now=WEEK_LATER) == 0


def test_another_time_zone_cuts_other_days_of_the_same_energy(household, reading, three_days):
    household.timezone = "America/New_York"
    household.save()
    assert recompute(household, now=WEEK_LATER) > 0
    profile = store.day(household, date(2026, 6, 1), IMPORT)
    assert profile.starts[0] == datetime(2026, 6, 1, 4, tzinfo=UTC)
    assert (profile.total, profile.complete) == (9600, True)
    bounds = store.bounds(household)
    assert bounds is not None
    totals = [day.total for day in store.days(household, IMPORT, *bounds) if day.total is not None]
    assert sum(totals) == 288 * 100
    assert recompute(household, now=WEEK_LATER + timedelta(days=1)) == 0


def test_coarse_registers_say_so(household, reading):
    coarse = by_quarter(reading, range(97), each=1000, resolution=Decimal(1000))
    accept(household, coarse, now=MIDNIGHT + timedelta(days=2))
    assert all(quality & Quality.COARSE for quality in store.day(household, DAY, IMPORT).quality)


def test_marks_of_readings_stay_with_their_quarter_hours(household, reading):
    readings = by_quarter(reading, range(97))
    at = MIDNIGHT + QUARTER * 40 + timedelta(minutes=5)
    readings.insert(41, reading(at, START + 4030, quality=Quality.CLOCK_DOUBTFUL | Quality.ESTIMATED))
    accept(household, readings, now=MIDNIGHT + timedelta(days=2))
    quality = store.day(household, DAY, IMPORT).quality
    assert quality[40] == Quality.CLOCK_DOUBTFUL | Quality.ESTIMATED
    assert quality[39] == quality[41] == Quality.MEASURED
