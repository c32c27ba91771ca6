"""The load model: exact registers, repeatable power, believable years."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.appliances import uses_of
from consumerapp.simulator.days import DayKind, kind_of
from consumerapp.simulator.home import HOMES, Home
from consumerapp.simulator.household import UJ_PER_WH, Checkpoint, Household, Registers
from consumerapp.simulator.sun import Plane, SunDay
from consumerapp.simulator.weather import Weather

INSTALLED = date(2024, 10, 1)
KWH_UJ = 1000 * UJ_PER_WH
ONE_MS = timedelta(milliseconds=1)


def household(name: str = "house", seed: int = 7) -> Household:
    return Household(replace(HOMES[name], seed=seed), INSTALLED)


SUNNY = household()
"""Remembers its days, so that examples share them."""

# Days with sun and cycling loads, both changes of the clocks, a winter day.
DAYS = (date(2024, 10, 6), date(2024, 10, 27), date(2024, 12, 20), date(2025, 3, 30), date(2025, 6, 14))


def power_times_time(home: Household, start: datetime, end: datetime) -> tuple[int, int]:
    """Import and export in µJ, summed second by second out of nothing but the power."""
    imported = exported = 0
    at = start
    while at < end:
        until = min(end, at.replace(microsecond=0) + timedelta(seconds=1))
        energy_uj = home.power_at(at).total_mw * ((until - at) // ONE_MS)
        imported, exported = imported + max(energy_uj, 0), exported + max(-energy_uj, 0)
        at = until
    return imported, exported


@settings(max_examples=60, deadline=None)
@given(
    day=st.sampled_from(DAYS),
    start_ms=st.integers(0, 23 * 3_600_000 - 1),
    cuts_ms=st.lists(st.integers(1, 400_000), min_size=1, max_size=4),
)
@example(day=date(2025, 6, 14), start_ms=9 * 3_600_000 + 59_999, cuts_ms=[2, 60_001, 300_000])
def test_register_differences_are_power_times_time_for_any_partition(
    day: date, start_ms: int, cuts_ms: list[int]
) -> None:
    midnight, _ = intervals.day_bounds(day, SUNNY.home.zone)
    edges = [midnight + start_ms * ONE_MS]
    for cut in cuts_ms:
        edges.append(edges[-1] + cut * ONE_MS)
    for start, end in pairwise(edges):
        before, after = SUNNY.registers_at(start), SUNNY.registers_at(end)
        gained = (after.import_uj - before.import_uj, after.export_uj - before.export_uj)
        assert gained == power_times_time(SUNNY, start, end)


@pytest.mark.parametrize("name", ["house", "row-house"])
def test_a_whole_day_closed_form_equals_every_second_of_it(name: str) -> None:
    home = household(name)
    day = date(2024, 10, 6)
    start, end = intervals.day_bounds(day, home.home.zone)
    trace = home.trace(day)
    seconds = [trace.net_mw(second) for second in range(trace.length_s)]
    opening, closing = home.checkpoint(day).registers, home.checkpoint(day + intervals.ONE_DAY).registers
    assert closing.import_uj - opening.import_uj == 1000 * sum(power for power in seconds if power > 0)
    assert closing.export_uj - opening.export_uj == -1000 * sum(power for power in seconds if power < 0)
    assert min(seconds) < 0 < max(seconds)
    assert (end - start).total_seconds() == len(seconds)


@given(second=st.integers(0, 86_399))
@settings(max_examples=80, deadline=None)
def test_phases_sum_to_the_net_power(second: int) -> None:
    trace = SUNNY.trace(date(2025, 6, 14))
    assert sum(trace.phases_mw(second)) == trace.net_mw(second)


def test_registers_never_fall_and_tariffs_add_up() -> None:
    home = household()
    first = datetime(2025, 3, 29, 20, tzinfo=UTC)
    steps = [home.registers_at(first + timedelta(minutes=15 * number)) for number in range(140)]
    for before, after in pairwise(steps):
        for name in Registers.__slots__:
            assert getattr(after, name) >= getattr(before, name)
    assert steps[-1].import_uj == steps[-1].import_high_uj + steps[-1].import_low_uj
    assert steps[-1].import_low_uj > steps[0].import_low_uj


def test_low_tariff_runs_from_22_to_6_of_the_wall_clock_also_when_clocks_change() -> None:
    home = household()
    # 2025-03-30: at 06:00 summer time only five hours have passed since midnight.
    change = datetime(2025, 3, 30, 4, 0, tzinfo=UTC)
    assert home.power_at(change - ONE_MS).low_tariff
    assert not home.power_at(change).low_tariff
    assert home.power_at(datetime(2025, 3, 30, 20, 0, tzinfo=UTC)).low_tariff


def test_the_same_seed_gives_the_same_household_and_another_seed_another() -> None:
    at = datetime(2025, 5, 4, 16, 20, 7, 250_000, tzinfo=UTC)
    one, same, other = household(), household(), household(seed=8)
    assert one.power_at(at) == same.power_at(at)
    assert one.registers_at(at) == same.registers_at(at)
    assert one.registers_at(at) != other.registers_at(at)


def test_any_order_of_questions_gives_the_same_answers() -> None:
    instants = [datetime(2024, 11, 3, 7, tzinfo=UTC) + timedelta(hours=31 * number) for number in range(6)]
    forwards, backwards = household(), household()
    assert [forwards.registers_at(at) for at in instants] == [
        backwards.registers_at(at) for at in reversed(instants)
    ][::-1]


def test_goes_on_from_a_checkpoint_as_if_it_had_lived_through_the_days_before() -> None:
    lived = household()
    checkpoint = lived.checkpoint(date(2025, 4, 1))
    resumed = Household(lived.home, checkpoint)
    at = datetime(2025, 4, 2, 9, 41, 13, tzinfo=UTC)
    assert resumed.registers_at(at) == lived.registers_at(at)


def test_refuses_to_tell_of_days_before_the_meter() -> None:
    home = Household(Home(), Checkpoint(date(2025, 4, 1), Registers(0, 0, 0, 0)))
    with pytest.raises(ConsumerAppError, match="2025-04-01"):
        home.registers_at(datetime(2025, 3, 30, 12, tzinfo=UTC))


def test_what_goes_on_past_midnight_is_not_cut_off() -> None:
    home = household()
    nights = [date(2024, 10, 1) + timedelta(days=number) for number in range(1, 40)]
    overnight = [one for day in nights for one in home.trace(day).uses if one.start_s < 0 < one.end_s]
    assert any(one.power_mw > 3_000_000 for one in overnight)
    begun = [
        (day, one)
        for day in nights
        for one in uses_of(home.home_day(day))
        if one.start_s >= home.home_day(day).length_s
    ]
    assert begun
    for day, one in begun:
        shift_s = home.home_day(day).length_s
        moved = one._replace(start_s=one.start_s - shift_s, end_s=one.end_s - shift_s)
        assert moved in home.trace(day + intervals.ONE_DAY).uses


@pytest.fixture(scope="module")
def year() -> Household:
    home = Household(HOMES["house"], date(2025, 1, 1))
    home.checkpoint(date(2026, 1, 1))
    return home


def bought_kwh(home: Household, first: date, last: date) -> float:
    return (home.checkpoint(last).registers.import_uj - home.checkpoint(first).registers.import_uj) / KWH_UJ


def fed_in_kwh(home: Household, first: date, last: date) -> float:
    return (home.checkpoint(last).registers.export_uj - home.checkpoint(first).registers.export_uj) / KWH_UJ


def test_a_year_is_one_that_people_know(year: Household) -> None:
    # A family of four with heat pump, car and 7.2 kWp: 4,000 to 8,500 kWh bought, 3,500 to 7,000 fed in.
    first, last = date(2025, 1, 1), date(2026, 1, 1)
    assert 4000 < bought_kwh(year, first, last) < 8500
    assert 3500 < fed_in_kwh(year, first, last) < 7000
    winter, summer = (date(2025, 1, 1), date(2025, 2, 1)), (date(2025, 7, 1), date(2025, 8, 1))
    assert bought_kwh(year, *winter) > 2.5 * bought_kwh(year, *summer)
    assert fed_in_kwh(year, *summer) > 4 * fed_in_kwh(year, *winter)


def test_a_flat_without_roof_buys_about_what_two_people_need_and_feeds_nothing_in() -> None:
    flat = Household(HOMES["flat"], date(2025, 1, 1))
    registers = flat.checkpoint(date(2026, 1, 1)).registers
    assert 1500 * KWH_UJ < registers.import_uj < 2800 * KWH_UJ
    assert registers.export_uj == 0


def test_evenings_use_more_than_nights_and_absence_less_than_presence() -> None:
    flat = Household(HOMES["flat"], date(2025, 1, 1))
    nights = evenings = 0
    days = [date(2025, 2, 1) + timedelta(days=number) for number in range(28)]
    by_kind: dict[DayKind, list[int]] = {kind: [] for kind in DayKind}
    for day in [date(2025, 1, 1) + timedelta(days=number) for number in range(300)]:
        trace = flat.trace(day)
        by_kind[kind_of(flat.home.seed, day)].append(trace.import_mj[-1])
        if day in days:
            nights += trace.import_mj[4 * 60] - trace.import_mj[2 * 60]
            evenings += trace.import_mj[20 * 60] - trace.import_mj[18 * 60]
    assert evenings > 2.5 * nights
    mean = {kind: sum(energies) / len(energies) for kind, energies in by_kind.items()}
    assert mean[DayKind.AWAY] < 0.6 * mean[DayKind.FREE]
    assert mean[DayKind.WORK] < mean[DayKind.HOME_OFFICE]


def test_the_roof_is_dark_at_night_and_within_its_inverter_by_day(year: Household) -> None:
    for day in (date(2025, 6, 14), date(2025, 12, 14)):
        sun_mw = year.trace(day).sun_mw
        assert not any(sun_mw[:180])
        assert not any(sun_mw[-90:])
        assert 0 < max(sun_mw) <= year.home.inverter_w * 1000


def test_the_sun_rises_when_the_almanac_says() -> None:
    # Kassel (51.3 N, 9.5 E), 21 June: about 03:10 to 19:36 UTC; refraction is left out.
    noon_s = int(datetime(2025, 6, 21, 12, tzinfo=UTC).timestamp())
    sun = SunDay(noon_s, 51.3, 9.5, Plane())
    assert abs(sun.sunrise_s - datetime(2025, 6, 21, 3, 10, tzinfo=UTC).timestamp()) < 600
    assert abs(sun.sunset_s - datetime(2025, 6, 21, 19, 36, tzinfo=UTC).timestamp()) < 600
    assert sun.clear_sky(noon_s).elevation_sine == pytest.approx(0.88, abs=0.02)


def test_july_is_warmer_than_january_and_afternoons_than_nights() -> None:
    weather = Weather(3, longitude_deg=9.5)

    def mean_c(month: int, hour: int) -> float:
        days = (datetime(2025, month, day, hour, tzinfo=UTC).timestamp() for day in range(1, 29))
        return sum(weather.temperature_c(at) for at in days) / 28

    assert 12 < mean_c(7, 12) - mean_c(1, 12) < 26
    assert mean_c(7, 14) > mean_c(7, 3) + 3
    assert all(0 <= weather.cloud_cover(1_750_000_000 + hour * 3600) <= 1 for hour in range(500))
