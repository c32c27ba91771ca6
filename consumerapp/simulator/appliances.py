"""Everything in the house that draws electricity, as uses: from when to when, how much, on which phase.

A use has constant power, so what a day needs is a list of them. Each appliance is a function of the day
alone: it draws its chances from the seed and the date, never from what came before. Power is in whole
milliwatts, time in whole seconds since the local day began. What a day brings about may happen after its
midnight: the car goes on charging, the last wash is spun.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from consumerapp.simulator.chance import Draws, draws, key, swing
from consumerapp.simulator.days import DayKind
from consumerapp.simulator.home import Heating, HomeDay

ALL_PHASES = 0


class Use(NamedTuple):
    """One stretch of constant power."""

    start_s: int
    end_s: int
    power_mw: int
    phase: int
    """1, 2, 3, or ALL_PHASES for an even load on all of them (then the power is divisible by three)."""
    reactive_mvar: int = 0
    """Positive: inductive, a motor; negative: capacitive, a power supply."""


def use(start_s: float, length_s: float, power_w: float, phase: int, tangent: float = 0.0) -> Use:
    """A use of a length; `tangent` is reactive over active power."""
    milliwatts = round(power_w * 1000)
    reactive = round(power_w * 1000 * tangent)
    if phase == ALL_PHASES:
        milliwatts -= milliwatts % 3
        reactive -= reactive % 3
    start = int(start_s)
    return Use(start, start + max(1, int(length_s)), milliwatts, phase, reactive)


def standby(day: HomeDay) -> Iterator[Use]:
    """What never sleeps: router, clocks, controls, chargers, ventilation."""
    home = day.home
    habit = draws(home.seed, "standby")
    for phase, share in ((1, 1.0), (2, 0.6), (3, 0.45)):
        watts = (18 + 7 * home.people) * share * habit.between(0.85, 1.2)
        yield Use(0, day.length_s, round(watts * 1000), phase, round(watts * -550))


def cold(day: HomeDay) -> Iterator[Use]:
    """Fridge and freezer: compressors that cycle day and night, longer when the kitchen is warm."""
    warmth = max(0.0, day.weather.temperature_c(day.start_s + 50_000) - 18.0) * 0.025
    for name, phase, period_s, run_s, watts in (
        ("fridge", 2, 2760, 930, 82.0),
        ("freezer", 3, 3660, 1270, 94.0),
    ):
        place = key(day.home.seed, name)
        cycle = -(-day.start_s // period_s)
        while (start := cycle * period_s - day.start_s) < day.length_s:
            late_s = 200 * (1 + swing(place, cycle))
            if start + late_s < day.length_s:
                # Compressors start hard: twice the power for two seconds.
                yield use(start + late_s, 2, watts * 2.1, phase, 0.9)
                yield use(
                    start + late_s + 2, run_s * (1 + warmth + 0.08 * swing(place, -cycle)), watts, phase, 0.55
                )
            cycle += 1


def lighting(day: HomeDay) -> Iterator[Use]:
    """Lamps, when somebody is up and it is dark."""
    chance = day.chance("lighting")
    for half_hour in range(48):
        hour = half_hour / 2
        if not day.presence.awake(hour) or not day.dark(hour):
            continue
        for phase in (1, 2):
            watts = chance.between(12, 34) * (1.6 + 0.35 * day.home.people)
            yield use(
                day.at(hour) + chance.between(0, 900), chance.between(1500, 2000), watts * 0.6, phase, -0.4
            )
    if day.kind is DayKind.AWAY and chance.happens(0.5):
        yield use(day.at(20.5), 7200, 14, 1, -0.4)


def screens(day: HomeDay) -> Iterator[Use]:
    """Television in the evening, computers at work and at play."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("screens")
    evening = max(18.4, day.presence.returns) + chance.between(0.2, 1.4)
    if evening < day.presence.sleeps - 0.5:
        yield use(day.at(evening), (day.presence.sleeps - evening) * 3600, chance.between(85, 135), 1, -0.3)
    for _ in range(day.home.people - 1):
        if chance.happens(0.7):
            yield use(
                day.at(chance.between(16.8, 20.5)),
                chance.between(1800, 7500),
                chance.between(40, 110),
                2,
                -0.3,
            )
    if day.kind is DayKind.HOME_OFFICE:
        for start, end in ((chance.near(8.2, 0.4), 12.1), (chance.near(12.9, 0.3), chance.near(17.0, 0.8))):
            yield use(day.at(start), (end - start) * 3600, chance.between(75, 120), 2, -0.3)


def hot_drinks(day: HomeDay) -> Iterator[Use]:
    """Kettle, coffee machine, toaster: short and steep."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("hot drinks")
    wakes = day.presence.wakes
    hours = [wakes + chance.between(0.15, 0.6), wakes + chance.between(0.5, 1.1)]
    if day.kind is not DayKind.WORK:
        hours += [chance.near(10.6, 0.7), chance.near(15.4, 0.9)]
    if chance.happens(0.7):
        hours.append(chance.near(20.3, 1.2))
    for hour in hours:
        if not day.presence.awake(hour):
            continue
        if chance.happens(0.5):
            yield use(day.at(hour), chance.between(75, 230), chance.near(1980, 30), 3)
        else:
            start = day.at(hour)
            yield use(start, chance.between(45, 70), 1420, 3)
            for sip in range(chance.whole(1, day.home.people)):
                yield use(start + 90 + sip * 75, chance.between(18, 28), 1420, 3)
    if chance.happens(0.65):
        yield use(day.at(wakes + chance.between(0.3, 0.8)), chance.between(120, 260), 910, 3)


def cooking(day: HomeDay) -> Iterator[Use]:
    """Hob and oven, whose thermostats make them stutter; the microwave for the rest."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("cooking")
    meals = [max(chance.near(18.3, 0.9), day.presence.returns + 0.3)]
    if day.kind is not DayKind.WORK:
        meals.append(chance.near(12.2, 0.6))
    for hour in meals:
        if chance.happens(0.14) or hour > day.presence.sleeps - 1:
            continue
        start = day.at(hour)
        for plate in range(1 if chance.happens(0.45) else 2):
            watts, phase = chance.between(1500, 2100), 1 + plate
            begins = start + chance.between(0, 500)
            yield use(begins, chance.between(240, 420), watts, phase)
            yield from _stutter(chance, begins + 450, chance.between(700, 1700), watts, phase, share=0.42)
        if chance.happens(0.38 if day.kind is DayKind.FREE else 0.2):
            oven = start - chance.between(0, 900)
            heats_s = chance.between(540, 760)
            yield use(oven, heats_s, 2650, 3)
            yield from _stutter(chance, oven + heats_s + 150, chance.between(1300, 2700), 2650, 3, share=0.24)
    for _ in range(chance.whole(0, 3)):
        hour = chance.between(day.presence.wakes + 0.2, day.presence.sleeps)
        if day.presence.awake(hour):
            yield use(day.at(hour), chance.between(50, 260), chance.near(1230, 40), 2, 0.25)


def _stutter(
    chance: Draws, start_s: float, length_s: float, watts: float, phase: int, *, share: float
) -> Iterator[Use]:
    ends = start_s + length_s
    while start_s < ends:
        period = chance.between(70, 130)
        yield use(start_s, period * share * chance.between(0.8, 1.2), watts, phase)
        start_s += period


def dishes(day: HomeDay) -> Iterator[Use]:
    """The dishwasher: heats twice, pumps in between."""
    chance = day.chance("dishes")
    if day.kind is DayKind.AWAY or not chance.happens(0.25 + 0.12 * day.home.people):
        return
    sunny_noon = day.home.roof_wp and day.kind is not DayKind.WORK
    start = day.at(chance.near(12.8, 0.8) if sunny_noon and chance.happens(0.6) else chance.near(20.2, 0.8))
    yield use(start, 5700, 62, 2, 0.7)
    yield use(start + 420, chance.between(780, 960), 1910, 2)
    yield use(start + 3500, chance.between(540, 720), 1910, 2)


def laundry(day: HomeDay) -> Iterator[Use]:
    """Washing machine, and the dryer after it when nothing dries outside."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("laundry")
    loads = (
        chance.whole(1, 2) if day.day.weekday() == 5 else int(chance.happens(0.07 + 0.06 * day.home.people))
    )
    hour = chance.near(10.4, 1.0) if day.kind is DayKind.FREE else max(17.3, day.presence.returns + 0.4)
    for load in range(loads):
        start = day.at(hour + load * 2.1)
        yield use(start + 240, chance.between(720, 1150), 2050, 1)
        drum_s = 0.0
        while drum_s < 4300:
            yield use(start + drum_s, chance.between(11, 15), chance.between(130, 190), 1, 0.8)
            drum_s += chance.between(34, 50)
        yield use(start + 4500, chance.between(300, 420), chance.near(410, 60), 1, 0.6)
        if day.weather.winter(day.start_s) > -0.35 and chance.happens(0.75):
            yield use(start + 5400, chance.between(4600, 6300), chance.near(590, 60), 1, 0.3)


def household_chores(day: HomeDay) -> Iterator[Use]:
    """Hair dryer in the morning, vacuum cleaner and iron at the weekend."""
    if day.kind is DayKind.AWAY:
        return
    chance = day.chance("chores")
    if chance.happens(0.6):
        yield use(day.at(day.presence.wakes + chance.between(0.2, 0.7)), chance.between(150, 330), 1480, 1)
    if chance.happens(0.6 if day.day.weekday() == 5 else 0.12):
        hour = chance.near(11.0, 1.0) if day.kind is not DayKind.WORK else 18.0
        yield use(day.at(hour), chance.between(700, 1800), chance.near(740, 40), 2, 0.3)
    if chance.happens(0.12):
        yield from _stutter(chance, day.at(chance.near(19.3, 0.8)), 2100, 2250, 3, share=0.3)


def heat_pump(day: HomeDay) -> Iterator[Use]:
    """An inverter-driven heat pump: follows the outdoor temperature, cycles when too little is wanted.

    Hot water is made at noon, when there may be sun on the roof.
    """
    if day.home.heating is not Heating.HEAT_PUMP:
        return
    chance = day.chance("heat pump")
    for hour in range(-(-day.length_s // 3600)):
        start = hour * 3600
        outside = day.weather.temperature_c(day.start_s + start + 1800)
        heat_w = heat_demand_w(day, start, outside)
        if heat_w < 150:
            continue
        performance = heat_pump_performance(outside)
        wanted_w = heat_w / performance
        smallest_w, largest_w = 620.0, 3300.0
        if wanted_w < smallest_w:
            length = 3600 * wanted_w / smallest_w
            # Too short a run wears the compressor: it waits, and every third hour is enough.
            if length > 1100 or hour % 3 == 0:
                length = min(3600.0, length if length > 1100 else length * 3)
                yield use(start + chance.between(0, 3600 - length), length, smallest_w, ALL_PHASES, 0.2)
        else:
            for half in (0, 1800):
                watts = min(largest_w, wanted_w * chance.between(0.93, 1.07))
                yield use(start + half, 1800, watts, ALL_PHASES, 0.15)
    if day.kind is not DayKind.AWAY:
        noon = day.weather.temperature_c(day.start_s + 45_000)
        length = (900 + 650 * day.home.people) * chance.between(0.8, 1.2) * (1.15 - 0.012 * noon)
        yield use(day.at(chance.near(12.7, 0.25)), length, 1750, ALL_PHASES, 0.15)


def heat_demand_w(day: HomeDay, start_s: float, outside_c: float) -> float:
    """Heat that the house needs in an hour, in W: losses less what people and sun bring in."""
    hour = start_s / 3600
    inside = 18.5 if day.kind is DayKind.AWAY else 20.8 if 5.5 <= hour < 22 else 19.6
    if day.weather.winter(day.start_s) < -0.45:
        # In summer the heating is switched off; a cool evening is sat out.
        return 0.0
    gains_w = 380.0 + (
        620.0 * (1 - day.weather.cloud_cover(day.start_s + start_s)) if 9 <= hour < 17 else 0.0
    )
    return max(0.0, day.home.heat_loss_w_per_k * (inside - outside_c) - gains_w)


def heat_pump_performance(outside_c: float) -> float:
    """Heat out over electricity in, of an air-to-water pump with floor heating."""
    return min(5.4, max(1.9, 3.25 + 0.085 * outside_c))


def circulation(day: HomeDay) -> Iterator[Use]:
    """The pump and the controls of a boiler or a district heating station."""
    if day.home.heating is Heating.HEAT_PUMP or day.weather.winter(day.start_s) < -0.45:
        return
    yield use(day.at(5.0), 17.5 * 3600, 24, 1, 0.8)


def car_charging(day: HomeDay) -> Iterator[Use]:
    """An electric car on a wallbox: at night after a working day, in the sun when it is at home."""
    if not day.home.car or day.kind is DayKind.AWAY:
        return
    chance = day.chance("car")
    needed_wh = chance.between(5_500, 24_000) * (1.0 + 0.12 * day.weather.winter(day.start_s))
    if not chance.happens(0.5 if day.kind is DayKind.WORK else 0.22):
        return
    sunny = day.home.roof_wp and day.kind is not DayKind.WORK
    sunny = sunny and day.weather.cloud_cover(day.start_s + 43_200) < 0.5
    if sunny:
        # On one phase, slowly, so that the roof can carry it.
        yield use(day.at(chance.near(11.6, 0.5)), min(needed_wh, 13_000) / 3680 * 3600, 3680, 2)
        return
    waits = chance.happens(0.55)
    start = day.at(23.05 if waits else min(22.5, max(16.0, day.presence.returns) + chance.between(0.05, 0.4)))
    watts = 10_850 if chance.happens(0.8) else 4_200
    full_s = needed_wh * 0.93 / watts * 3600
    yield use(start, full_s, watts, ALL_PHASES)
    # The battery's last percents go in slowly.
    yield use(start + int(full_s), needed_wh * 0.07 / (watts * 0.42) * 3600, watts * 0.42, ALL_PHASES)


APPLIANCES: tuple[Callable[[HomeDay], Iterator[Use]], ...] = (
    standby,
    cold,
    lighting,
    screens,
    hot_drinks,
    cooking,
    dishes,
    laundry,
    household_chores,
    heat_pump,
    circulation,
    car_charging,
)


def uses_of(day: HomeDay) -> list[Use]:
    """Every use that a day brings about, in no particular order; some reach into the next day."""
    return [one for appliance in APPLIANCES for one in appliance(day)]
