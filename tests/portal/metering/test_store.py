"""What the shelf answers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.readings import Quality, Quantity
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.models import Meter, MeterRole

IMPORT, EXPORT = Quantity.ACTIVE_ENERGY_IMPORT, Quantity.ACTIVE_ENERGY_EXPORT
QUARTER = timedelta(minutes=15)
# In Amsterdam clocks go forward on 29 March 2026 and back on 25 October.
MIDNIGHT = datetime(2026, 3, 27, 23, tzinfo=UTC)


@pytest.fixture
def steady(reading):
    """Readings on every quarter-hour of a register that counts 100 Wh in each."""

    def make(start, quarters, *, first=1000, each=100, **fields):
        return [
            reading(start + QUARTER * number, first + each * number, **fields)
            for number in range(quarters + 1)
        ]

    return make


def test_a_day_has_92_96_or_100_quarter_hours(household, steady):
    for first, day, count in (
        (MIDNIGHT, date(2026, 3, 28), 96),
        (MIDNIGHT + timedelta(days=1), date(2026, 3, 29), 92),
        (datetime(2026, 10, 24, 22, tzinfo=UTC), date(2026, 10, 25), 100),
    ):
        accept(household, steady(first, count, meter=f"meter {day}"), now=first + timedelta(days=2))
        profile = store.day(household, day, IMPORT)
        assert len(profile.starts) == len(profile.energy) == len(profile.quality) == count
        assert profile.energy == (Decimal(100),) * count
        assert profile.total == 100 * count
        assert profile.complete
        assert profile.starts[0] == first


def test_a_day_nothing_is_known_of_is_missing_and_not_zero(household):
    profile = store.day(household, date(2026, 3, 28), IMPORT)
    assert profile.energy == (None,) * 96
    assert profile.total is None
    assert not profile.complete
    (day,) = store.days(household, IMPORT, date(2026, 3, 28), date(2026, 3, 28))
    assert (day.total, day.minimum, day.maximum, day.complete) == (None, None, None, False)
    assert store.bounds(household) is None
    assert store.typical_day(household, date(2026, 3, 28), IMPORT) is None


def test_the_running_quarter_hour_counts_in_the_total_but_is_not_shown_yet(household, reading):
    accept(household, [reading(MIDNIGHT, 1000)], now=MIDNIGHT)
    accept(household, [reading(MIDNIGHT + QUARTER, 1100)], now=MIDNIGHT + QUARTER)
    now = MIDNIGHT + QUARTER + timedelta(minutes=5)
    accept(household, [reading(now, "1130.5")], now=now)
    profile = store.day(household, date(2026, 3, 28), IMPORT)
    assert profile.energy[:2] == (Decimal(100), None)
    assert profile.total == Decimal("130.5")
    assert profile.until == now
    (day,) = store.days(household, IMPORT, date(2026, 3, 28), date(2026, 3, 28))
    assert day.total == Decimal("130.5")
    (month,) = store.months(household, IMPORT, date(2026, 3, 1), date(2026, 3, 1))
    assert month.total == Decimal("130.5")


def test_days_months_and_years_sum_up(household, steady):
    start = datetime(2025, 12, 30, 23, tzinfo=UTC)
    accept(household, steady(start, 96 * 40), now=start + timedelta(days=41))
    days = store.days(household, IMPORT, date(2025, 12, 31), date(2026, 2, 8))
    assert [day.total for day in days] == [Decimal(9600)] * 40
    assert all(day.complete and day.minimum == day.maximum == 100 for day in days)
    months = store.months(household, IMPORT, date(2025, 12, 1), date(2026, 3, 1))
    assert [month.total for month in months] == [9600, 31 * 9600, 8 * 9600, None]
    assert [month.complete for month in months] == [False, True, False, False]
    years = store.years(household, IMPORT, 2025, 2026)
    assert [year.total for year in years] == [9600, 39 * 9600]
    assert store.bounds(household) == (date(2025, 12, 31), date(2026, 2, 9))


def test_tariff_registers_are_kept_apart_and_summed_where_no_total_is_sent(household, steady):
    now = MIDNIGHT + timedelta(days=2)
    accept(household, steady(MIDNIGHT, 96, obis="1-0:1.8.1", each=60), now=now)
    accept(household, steady(MIDNIGHT, 96, obis="1-0:1.8.2", each=30), now=now)
    day = date(2026, 3, 28)
    assert store.day(household, day, IMPORT).energy == (Decimal(90),) * 96
    assert store.days(household, IMPORT, day, day)[0].maximum == 90
    assert {latest.obis.short for latest in store.latest(household.pk)} == {"1.8.1", "1.8.2"}


def test_a_total_is_not_added_to_its_tariffs(household, steady):
    now = MIDNIGHT + timedelta(days=3)
    accept(household, steady(MIDNIGHT, 188, obis="1-0:1.8.1", each=60), now=now)
    # The total is sent from the second day on only.
    accept(household, steady(MIDNIGHT + timedelta(days=1), 92, obis="1-0:1.8.0", each=61), now=now)
    accept(household, steady(MIDNIGHT, 188, obis="1-0:21.8.0", each=20), now=now)
    days = store.days(household, IMPORT, date(2026, 3, 28), date(2026, 3, 29))
    assert [day.total for day in days] == [96 * 60, 92 * 61]
    (month,) = store.months(household, IMPORT, date(2026, 3, 1), date(2026, 3, 1))
    assert month.total == 96 * 60 + 92 * 61


def test_main_meters_add_up_and_sub_meters_do_not(household, steady):
    now = MIDNIGHT + timedelta(days=2)
    for meter in ("house", "heat pump", "car"):
        accept(household, steady(MIDNIGHT, 96, meter=meter), now=now)
    Meter.objects.filter(ident="car").update(role=MeterRole.SUB)
    assert store.day(household, date(2026, 3, 28), IMPORT).total == 2 * 9600


def test_an_exchanged_meter_goes_on_without_a_jump(household, reading):
    day = date(2026, 3, 28)
    at = MIDNIGHT + timedelta(hours=10)
    out, into = at + timedelta(minutes=4), at + timedelta(minutes=9)
    old = [reading(MIDNIGHT, 5_000_000), reading(at, 5_004_000), reading(out, 5_004_100)]
    new = [reading(into, 7, meter="new"), reading(at + QUARTER, 57, meter="new")]
    new += [reading(at + 2 * QUARTER, 157, meter="new")]
    accept(household, old + new, now=at + timedelta(hours=1))
    profile = store.day(household, day, IMPORT)
    assert profile.energy[39:42] == (Decimal(100), Decimal(150), Decimal(100))
    assert profile.quality[40] & Quality.ESTIMATED
    assert profile.total == 4000 + 100 + 50 + 100


def test_gas_and_electricity_stay_apart(household, steady):
    gas = Quantity.GAS_VOLUME
    now = MIDNIGHT + timedelta(days=2)
    accept(
        household,
        steady(MIDNIGHT, 96, first=100, each=1, obis="7-0:3.0.0", quantity=gas, meter="gas"),
        now=now,
    )
    assert store.day(household, date(2026, 3, 28), gas).total == 96
    assert store.day(household, date(2026, 3, 28), IMPORT).total is None


def test_latest_says_what_when_and_whence(household, reading):
    late = MIDNIGHT + timedelta(seconds=3)
    accept(
        household,
        [
            reading(MIDNIGHT, "12937.4", received_at=late, source="Hall"),
            reading(MIDNIGHT, -250, obis="1-0:16.7.0", quantity=Quantity.ACTIVE_POWER_NET),
        ],
        now=late,
    )
    energy, power = store.latest(household.pk)
    assert (energy.value, energy.at, energy.received_at) == (Decimal("12937.4"), MIDNIGHT, late)
    assert (energy.meter_id, energy.source, energy.quantity) == ("1MTS0000004417", "Hall", IMPORT)
    assert power.value == -250


def test_typical_day_is_the_middle_half_of_days_of_its_kind(household, reading):
    # Workdays use 100, 200, 300 … Wh in each quarter-hour, weekends nothing.
    start = datetime(2026, 4, 30, 22, tzinfo=UTC)
    value, workdays, readings = 0, 0, [reading(start, 0)]
    for number in range(14):
        day = date(2026, 5, 1) + timedelta(days=number)
        if day.weekday() < 5:
            workdays += 1
        each = 100 * workdays if day.weekday() < 5 else 0
        for quarter in range(1, 97):
            value += each
            readings.append(reading(start + timedelta(days=number) + QUARTER * quarter, value))
    accept(household, readings, now=start + timedelta(days=15))
    typical = store.typical_day(household, date(2026, 5, 15), IMPORT)
    assert typical is not None
    assert typical.days_used == workdays == 10
    assert (typical.low[0], typical.middle[0], typical.high[0]) == (300, 550, 800)
    assert len(typical.middle) == 96
    weekend = store.typical_day(household, date(2026, 5, 16), IMPORT)
    assert weekend is not None
    assert weekend.middle[0] == 0


def test_typical_day_fits_the_day_clocks_change(household, reading):
    start = datetime(2026, 10, 11, 22, tzinfo=UTC)
    readings = [reading(start + QUARTER * number, 100 * number) for number in range(96 * 13 + 1)]
    accept(household, readings, now=start + timedelta(days=14))
    typical = store.typical_day(household, date(2026, 10, 25), IMPORT)
    assert typical is not None
    assert typical.middle == (Decimal(100),) * 100


def test_power_is_the_mean_of_each_step_and_signed(household, reading):
    power = {"obis": "1-0:16.7.0", "quantity": Quantity.ACTIVE_POWER_NET}
    readings = [
        reading(MIDNIGHT + timedelta(seconds=s), value, **power) for s, value in enumerate([100, 200, -600])
    ]
    readings += [reading(MIDNIGHT + timedelta(seconds=25), 50, **power)]
    accept(household, readings, now=MIDNIGHT + timedelta(minutes=1))
    curve = store.power_points(household, MIDNIGHT, MIDNIGHT + timedelta(seconds=30), 10)
    assert curve.power_w == (Decimal(-100), None, Decimal(50))
    assert (curve.start, curve.step_s) == (MIDNIGHT, 10)


def test_power_without_a_net_register_is_import_minus_export(household, reading):
    at = MIDNIGHT
    bought = reading(at, 20, obis="1-0:1.7.0", quantity=Quantity.ACTIVE_POWER_IMPORT)
    sold = reading(at, 1500, obis="1-0:2.7.0", quantity=Quantity.ACTIVE_POWER_EXPORT)
    of_a_phase = reading(at, 900, obis="1-0:21.7.0", quantity=Quantity.ACTIVE_POWER_IMPORT)
    accept(household, [bought, sold, of_a_phase], now=at)
    assert store.power_points(household, at, at + timedelta(seconds=5), 5).power_w == (Decimal(-1480),)


def test_power_of_two_main_meters_is_their_sum(household, reading):
    for meter, value in (("house", 300), ("heat pump", 1200)):
        one = reading(MIDNIGHT, value, obis="1-0:16.7.0", quantity=Quantity.ACTIVE_POWER_NET, meter=meter)
        accept(household, [one], now=MIDNIGHT)
    assert store.power_points(household, MIDNIGHT, MIDNIGHT + timedelta(seconds=5), 5).power_w == (1500,)


def test_power_survives_the_joining_of_chunks(household, reading):
    expected = []
    for second in range(0, 2000, 10):
        at = MIDNIGHT + timedelta(seconds=second)
        one = reading(at, second, obis="1-0:16.7.0", quantity=Quantity.ACTIVE_POWER_NET)
        assert accept(household, [one], now=at).accepted == 1
        expected.append(Decimal(second))
    curve = store.power_points(household, MIDNIGHT, MIDNIGHT + timedelta(seconds=2000), 10)
    assert list(curve.power_w) == expected


def test_a_household_sees_its_own_readings_only(household, other_household, steady):
    accept(household, steady(MIDNIGHT, 96), now=MIDNIGHT + timedelta(days=2))
    assert store.day(other_household, date(2026, 3, 28), IMPORT).total is None
    assert store.latest(other_household.pk) == ()
    assert store.bounds(other_household) is None


def test_export_is_its_own_quantity(household, steady):
    accept(
        household, steady(MIDNIGHT, 96, obis="1-0:2.8.0", quantity=EXPORT), now=MIDNIGHT + timedelta(days=2)
    )
    assert store.day(household, date(2026, 3, 28), EXPORT).total == 9600
    assert store.day(household, date(2026, 3, 28), IMPORT).total is None
