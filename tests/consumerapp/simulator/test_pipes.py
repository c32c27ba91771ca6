"""Water, gas and heat: exact registers and believable years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Commodity
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.pipes import HeatMeter, VolumeMeter, mains_water, pipe_meters
from consumerapp.simulator.supply import Supply

INSTALLED = date(2025, 1, 1)
YEAR_END = datetime(2025, 12, 31, 23, tzinfo=UTC)
HOUSE = Household(HOMES["house"], INSTALLED)
WATER = Supply(INSTALLED, HOUSE.home_day, mains_water)


def meter(name: str, commodity: Commodity) -> VolumeMeter:
    found = pipe_meters(Household(HOMES[name], INSTALLED), INSTALLED)[commodity]
    assert isinstance(found, VolumeMeter)
    return found


@settings(max_examples=50, deadline=None)
@given(start_s=st.integers(0, 86_400 * 20), cuts_ms=st.lists(st.integers(1, 900_000), min_size=1, max_size=3))
def test_a_register_is_rate_times_time_for_any_partition(start_s: int, cuts_ms: list[int]) -> None:
    edges = [datetime(2025, 3, 25, tzinfo=UTC) + timedelta(seconds=start_s)]
    for cut in cuts_ms:
        edges.append(edges[-1] + timedelta(milliseconds=cut))
    for start, end in pairwise(edges):
        flowed, at = 0, start
        while at < end:
            until = min(end, at.replace(microsecond=0) + timedelta(seconds=1))
            flowed += WATER.rate_at(at) * ((until - at) // timedelta(milliseconds=1))
            at = until
        assert WATER.total_at(end) - WATER.total_at(start) == flowed


def test_people_use_as_much_water_as_statistics_say() -> None:
    # Around 120 litres a person and day, garden included.
    litres = meter("house", Commodity.COLD_WATER).sample(YEAR_END).volume_ml / 1000
    assert 75 < litres / 365 / 4 < 170


def test_a_flat_has_cold_and_hot_water_apart() -> None:
    cold = meter("flat", Commodity.COLD_WATER).sample(YEAR_END).volume_ml
    hot = meter("flat", Commodity.HOT_WATER).sample(YEAR_END).volume_ml
    assert 0.25 < hot / (cold + hot) < 0.6


def test_gas_follows_the_winter() -> None:
    gas = meter("row-house", Commodity.GAS)
    january = (
        gas.sample(datetime(2025, 2, 1, tzinfo=UTC)).volume_ml
        - gas.sample(datetime(2025, 1, 1, tzinfo=UTC)).volume_ml
    )
    july = (
        gas.sample(datetime(2025, 8, 1, tzinfo=UTC)).volume_ml
        - gas.sample(datetime(2025, 7, 1, tzinfo=UTC)).volume_ml
    )
    year = gas.sample(YEAR_END).volume_ml
    assert january > 5 * july > 0
    assert 800 < year / 1_000_000 < 2_400


def test_heat_energy_agrees_with_its_water_and_temperatures() -> None:
    heat = pipe_meters(Household(HOMES["flat"], INSTALLED), INSTALLED)[Commodity.HEAT]
    assert isinstance(heat, HeatMeter)
    samples = [
        heat.sample(datetime(2025, 1, 15, tzinfo=UTC) + timedelta(minutes=7 * number))
        for number in range(200)
    ]
    for before, after in pairwise(samples):
        assert after.energy_wh >= before.energy_wh
        assert after.volume_ml >= before.volume_ml
    for sample in samples:
        cooled_k = (sample.supply_tenths_c - sample.return_tenths_c) / 10
        carried_w = sample.flow_ml_per_h / 1000 * 1.163 * cooled_k
        assert carried_w == pytest.approx(sample.power_w, rel=0.06, abs=150)
    assert 3_000 < heat.sample(YEAR_END).energy_wh / 1000 < 12_000


def test_a_meter_cannot_tell_of_days_before_it() -> None:
    with pytest.raises(ConsumerAppError, match="2025-01-01"):
        WATER.total_at(datetime(2024, 12, 1, tzinfo=UTC))
