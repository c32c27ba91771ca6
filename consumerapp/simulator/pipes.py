"""Water, gas and district heat of a synthetic household: what flows on a day, and the meters on it.

Cold and hot water follow the people; gas follows heat demand and hot water through a boiler; district heat
does the same through a heat meter. Which of them a home has is decided by its heating.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from consumerapp.readings import Commodity
from consumerapp.simulator.appliances import dishes, heat_demand_w, laundry
from consumerapp.simulator.days import DayKind
from consumerapp.simulator.home import Heating, HomeDay
from consumerapp.simulator.household import Household
from consumerapp.simulator.supply import Flow, Supply

_BURNER_W = (4_000.0, 22_000.0)
"""Least and most that a modulating boiler burns."""
_BOILER_EFFICIENCY = 0.94
_GAS_WH_PER_ML = 10.4 / 1000
"""Calorific value of natural gas H, about 10.4 kWh/m³."""
_WATER_WH_PER_ML_K = 1.163 / 1000
_WARMED_K = 38.0
"""From the mains to the hot tap."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Water drawn at a tap; part of it is hot."""

    start_s: int
    length_s: int
    ml_per_s: int
    hot_share: float


def water_draws(day: HomeDay) -> Iterator[Draw]:
    """Everything drawn on a day."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("water")
    presence = day.presence
    for _ in range(day.home.people):
        for _ in range(chance.whole(6, 9)):
            hour = chance.between(presence.wakes, presence.sleeps)
            # Out of the house it is another meter's water.
            if presence.awake(hour):
                yield Draw(day.at(hour), 48, 125, 0.0)
                yield Draw(day.at(hour) + 55, chance.whole(6, 14), 95, 0.35)
        if chance.happens(0.85):
            hour = (
                presence.wakes + chance.between(0.1, 0.9)
                if chance.happens(0.6)
                else chance.between(20.5, 22.3)
            )
            yield Draw(day.at(hour), chance.whole(210, 460), 130, 0.62)
    for _ in range(day.home.people * chance.whole(4, 7)):
        hour = chance.between(presence.wakes + 0.2, presence.sleeps)
        if presence.awake(hour):
            yield Draw(day.at(hour), chance.whole(8, 40), 100, 0.45)
    if next(dishes(day), None) is not None:
        start = min(one.start_s for one in dishes(day))
        yield from (Draw(start + after, 35, 105, 0.0) for after in (60, 2400, 3200))
    for heats in (one.start_s for one in laundry(day) if one.power_mw == 2_050_000):
        yield Draw(heats - 200, 150, 110, 0.0)
        yield from (Draw(heats + after, 130, 110, 0.0) for after in (2700, 3300))
    garden = day.weather.winter(day.start_s) < -0.3 and day.weather.cloud_cover(day.start_s + 43_200) < 0.35
    if garden and day.home.heating is not Heating.DISTRICT and chance.happens(0.4):
        yield Draw(day.at(chance.between(19.0, 20.5)), chance.whole(600, 1900), 210, 0.0)


def mains_water(day: HomeDay) -> Iterator[Flow]:
    """Water through the meter of a house: all of it, in ml."""
    return (Flow(draw.start_s, draw.start_s + draw.length_s, draw.ml_per_s) for draw in water_draws(day))


def cold_water(day: HomeDay) -> Iterator[Flow]:
    """Water through the cold meter of a flat, in ml."""
    for draw in water_draws(day):
        hot = round(draw.ml_per_s * draw.hot_share)
        yield Flow(draw.start_s, draw.start_s + draw.length_s, draw.ml_per_s - hot)


def hot_water(day: HomeDay) -> Iterator[Flow]:
    """Water through the hot meter of a flat, in ml."""
    for draw in water_draws(day):
        yield Flow(draw.start_s, draw.start_s + draw.length_s, round(draw.ml_per_s * draw.hot_share))


def warm_water_heat_wh(day: HomeDay) -> float:
    """Heat that the day's hot water takes, losses of the tank not counted."""
    hot_ml = sum(draw.ml_per_s * draw.hot_share * draw.length_s for draw in water_draws(day))
    return hot_ml * _WATER_WH_PER_ML_K * _WARMED_K


def gas(day: HomeDay) -> Iterator[Flow]:
    """Gas that a boiler burns, in ml at the meter: heating by the hour, the tank twice a day."""
    chance = day.chance("boiler")
    least_w, most_w = _BURNER_W
    for start in range(0, day.length_s, 3600):
        outside = day.weather.temperature_c(day.start_s + start + 1800)
        wanted_w = min(most_w, heat_demand_w(day, start, outside) / _BOILER_EFFICIENCY)
        if wanted_w < 200:
            continue
        if wanted_w >= least_w:
            yield Flow(start, start + 3600, _gas_ml_per_s(wanted_w))
            continue
        # Too little to burn steadily: two runs an hour at the least power.
        run_s = int(1800 * wanted_w / least_w)
        for half in (0, 1800):
            begins = start + half + int(chance.between(0, 1800 - run_s))
            yield Flow(begins, begins + run_s, _gas_ml_per_s(least_w))
    tank_wh = warm_water_heat_wh(day) / _BOILER_EFFICIENCY + 900
    tank_w = 18_000.0
    for hour, share in ((5.2, 0.6), (18.1, 0.4)):
        begins = day.at(hour + chance.between(0, 0.4))
        yield Flow(begins, begins + int(tank_wh * share / tank_w * 3600), _gas_ml_per_s(tank_w))


def _gas_ml_per_s(burnt_w: float) -> int:
    return round(burnt_w / 3600 / _GAS_WH_PER_ML)


def heat(day: HomeDay) -> Iterator[Flow]:
    """District heat through the heat meter, in mW (mJ per second)."""
    for start in range(0, day.length_s, 1800):
        outside = day.weather.temperature_c(day.start_s + start + 900)
        wanted_w = heat_demand_w(day, start, outside)
        yield Flow(start, start + 1800, round(wanted_w) * 1000)
    # Hot water is made on demand, in a heat exchanger.
    for draw in water_draws(day):
        warmed_w = draw.ml_per_s * draw.hot_share * 3600 * _WATER_WH_PER_ML_K * _WARMED_K
        yield Flow(draw.start_s, draw.start_s + draw.length_s, round(warmed_w) * 1000)


def heat_carrier(day: HomeDay) -> Iterator[Flow]:
    """Water that carries the district heat, in ml: heat over what it is cooled by."""
    for flow in heat(day):
        outside = day.weather.temperature_c(day.start_s + flow.start_s)
        supply_c, return_c = heat_temperatures_c(outside)
        ml_per_s = flow.rate / 1000 / 3600 / (_WATER_WH_PER_ML_K * (supply_c - return_c))
        yield flow._replace(rate=round(ml_per_s))


def heat_temperatures_c(outside_c: float) -> tuple[float, float]:
    """Supply and return of a district heating net: the colder, the hotter."""
    return 68.0 + max(0.0, 15.0 - outside_c) * 0.9, 41.0 + max(0.0, 15.0 - outside_c) * 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSample:
    """What a gas or water meter shows."""

    at: datetime
    volume_ml: int
    """Its register in millilitres; a meter shows whole litres or tens of them."""
    flow_ml_per_h: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatSample:
    """What a heat meter shows."""

    at: datetime
    energy_wh: int
    power_w: int
    volume_ml: int
    flow_ml_per_h: int
    supply_tenths_c: int
    return_tenths_c: int


class VolumeMeter:
    """A meter on a pipe."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply

    def sample(self, at: datetime) -> VolumeSample:
        """What it shows at an instant."""
        return VolumeSample(
            at=at,
            volume_ml=self._supply.total_at(at) // 1000,
            flow_ml_per_h=self._supply.rate_at(at) * 3600,
        )


class HeatMeter:
    """A meter in the heating circuit of a flat."""

    def __init__(self, household: Household, installed: date) -> None:
        self._household = household
        self._heat = Supply(installed, household.home_day, heat)
        self._carrier = Supply(installed, household.home_day, heat_carrier)

    def sample(self, at: datetime) -> HeatSample:
        """What it shows at an instant."""
        supply_c, return_c = heat_temperatures_c(self._household.weather.temperature_c(at.timestamp()))
        return HeatSample(
            at=at,
            energy_wh=self._heat.total_at(at) // 3_600_000_000,
            power_w=self._heat.rate_at(at) // 1000,
            volume_ml=self._carrier.total_at(at) // 1000,
            flow_ml_per_h=self._carrier.rate_at(at) * 3600,
            supply_tenths_c=round(supply_c * 10),
            return_tenths_c=round(return_c * 10),
        )


def pipe_meters(household: Household, installed: date) -> dict[Commodity, VolumeMeter | HeatMeter]:
    """The further meters of a home, by what they measure."""

    def on(flows: Callable[[HomeDay], Iterable[Flow]]) -> VolumeMeter:
        return VolumeMeter(Supply(installed, household.home_day, flows))

    match household.home.heating:
        case Heating.HEAT_PUMP:
            return {Commodity.COLD_WATER: on(mains_water)}
        case Heating.GAS:
            return {Commodity.COLD_WATER: on(mains_water), Commodity.GAS: on(gas)}
        case Heating.DISTRICT:
            return {
                Commodity.COLD_WATER: on(cold_water),
                Commodity.HOT_WATER: on(hot_water),
                Commodity.HEAT: HeatMeter(household, installed),
            }
