"""What is over goes; what lasts is unharmed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from consumerapp.readings import Quantity
from portal.ingest.services import accept
from portal.metering import retention, store
from portal.metering.models import DayRow, LatestRow, Meter, MonthRow, Register, SampleChunk, Shelf

IMPORT = Quantity.ACTIVE_ENERGY_IMPORT
NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)


@pytest.fixture
def pushing(reading):
    """A telegram of two values every so many seconds until NOW."""

    def make(hours, every_s=60, until=NOW, **fields):
        readings = []
        count = hours * 3600 // every_s
        for number in range(count + 1):
            at = until - timedelta(seconds=every_s * (count - number))
            readings.append(reading(at, 1000 + number, **fields))
            readings.append(reading(at, 60, obis="1-0:16.7.0", quantity=Quantity.ACTIVE_POWER_NET, **fields))
        return readings

    return make


def oldest_sample():
    return SampleChunk.objects.order_by("first_at").values_list("first_at", flat=True).first()


def test_raw_readings_are_kept_a_day_and_no_longer_without_any_command(household, pushing):
    accept(household, pushing(60), now=NOW)
    day_ago = NOW - timedelta(hours=24)
    assert oldest_sample() == day_ago.timestamp() * 1000
    curve = store.power_points(household, NOW - timedelta(hours=30), NOW, 3600)
    assert curve.power_w == (None,) * 6 + (Decimal(60),) * 24
    # Two quarter-hours later the two oldest are gone.
    for minutes in (10, 20, 31):
        at = NOW + timedelta(minutes=minutes)
        accept(household, pushing(0, until=at), now=at)
    assert oldest_sample() == (day_ago + timedelta(minutes=30)).timestamp() * 1000
    assert store.days(household, IMPORT, date(2026, 6, 9), date(2026, 6, 9))[0].complete


def test_prune_deletes_what_a_silent_meter_leaves_behind(household, pushing):
    accept(household, pushing(24), now=NOW)
    before = store.days(household, IMPORT, date(2026, 6, 9), date(2026, 6, 10))
    assert retention.prune(household, now=NOW + timedelta(hours=12)).sample_chunks == 48
    assert retention.prune(household, now=NOW + timedelta(hours=48)).sample_chunks > 0
    assert not SampleChunk.objects.exists()
    assert store.days(household, IMPORT, date(2026, 6, 9), date(2026, 6, 10)) == before
    assert len(store.latest(household.pk)) == 2


def test_residents_choose_how_long(household, pushing):
    retention.keep_raw(household, 2)
    accept(household, pushing(6), now=NOW)
    assert oldest_sample() == (NOW - timedelta(hours=2)).timestamp() * 1000
    retention.keep_raw(household, 72)
    later = NOW + timedelta(hours=30)
    accept(household, pushing(1, until=later), now=later)
    assert oldest_sample() == (NOW - timedelta(hours=2)).timestamp() * 1000
    with pytest.raises(ValidationError):
        retention.keep_raw(household, 0)
    with transaction.atomic(), pytest.raises(IntegrityError):
        Shelf.objects.update(raw_hours=10**6)


def test_settled_days_lose_their_facts_and_nothing_else(household, pushing):
    accept(household, pushing(72, every_s=10), now=NOW)
    days = [date(2026, 6, 7) + timedelta(days=number) for number in range(4)]
    before = [store.day(household, day, IMPORT) for day in days]
    facts = sum(len(row.facts or b"") for row in DayRow.objects.all())
    assert retention.prune(household, now=NOW + timedelta(days=10)).settled_days == 4
    assert sum(len(row.facts or b"") for row in DayRow.objects.all()) < facts / 20
    assert [store.day(household, day, IMPORT) for day in days] == before
    assert retention.prune(household, now=NOW + timedelta(days=11)).settled_days == 0


def test_a_running_history_settles_by_itself(household, reading):
    at = NOW
    value = 1000
    for _ in range(8 * 48):
        at += timedelta(minutes=30)
        value += 50
        accept(household, [reading(at - timedelta(seconds=400), value - 20), reading(at, value)], now=at)
    settled = [row.settled for row in DayRow.objects.order_by("day")]
    assert settled[:3] == [True] * 3
    assert settled[-3:] == [False] * 3


def test_profiles_go_when_their_time_is_over_and_totals_stay(household, reading):
    start = datetime(2022, 1, 1, 23, tzinfo=UTC)
    readings = [reading(start + timedelta(hours=6 * number), 100 * number) for number in range(4 * 30)]
    accept(household, readings, now=NOW)
    shelf = store.shelf_of(household)
    shelf.profile_months = 36
    shelf.save()
    before = store.days(household, IMPORT, date(2022, 1, 2), date(2022, 1, 31))
    assert retention.prune(household, now=NOW).profiles == 30
    after = store.days(household, IMPORT, date(2022, 1, 2), date(2022, 1, 31))
    assert [day.total for day in after] == [day.total for day in before]
    assert store.day(household, date(2022, 1, 3), IMPORT).energy == (None,) * 96
    with transaction.atomic(), pytest.raises(IntegrityError):
        Shelf.objects.update(profile_months=35)


def test_erasing_a_household_leaves_the_neighbours(household, other_household, pushing):
    for home in (household, other_household):
        accept(home, pushing(30), now=NOW)
    store.erase(household.pk)
    for model in (DayRow, MonthRow, LatestRow, SampleChunk, Register, Meter):
        assert set(model.objects.values_list("household_id", flat=True)) == {other_household.pk}
    assert store.latest(household.pk) == ()
    # The erased household may begin again.
    assert accept(household, pushing(1), now=NOW).accepted == 122


def test_the_command_prunes_every_household(household, other_household, pushing):
    for home in (household, other_household):
        accept(home, pushing(2), now=NOW)
    out = StringIO()
    with time_machine.travel(NOW + timedelta(days=5)):
        call_command("prune", stdout=out)
    assert household.public_id in out.getvalue()
    assert other_household.public_id in out.getvalue()
    assert not SampleChunk.objects.exists()
