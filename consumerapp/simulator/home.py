"""What a synthetic household is made of: place, people, roof, heating, car. All after one seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from consumerapp import intervals
from consumerapp.simulator.chance import Draws, draws
from consumerapp.simulator.days import DayKind, kind_of
from consumerapp.simulator.sun import Plane, SunDay
from consumerapp.simulator.weather import Weather


class Heating(StrEnum):
    """What keeps the house warm."""

    HEAT_PUMP = "heat_pump"
    GAS = "gas"
    DISTRICT = "district"
    """Heat comes through a pipe and a heat meter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A household, by what its meters can notice of it."""

    seed: int = 1
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Berlin"))
    latitude_deg: float = 51.3
    longitude_deg: float = 9.5
    people: int = 4
    heating: Heating = Heating.HEAT_PUMP
    heat_loss_w_per_k: float = 165.0
    """How much heat the house loses per kelvin between inside and outside."""
    roof_wp: int = 7200
    """Peak power of the solar modules in W; 0: none."""
    inverter_w: int = 6500
    roof: Plane = field(default_factory=lambda: Plane(tilt_deg=35.0, azimuth_deg=20.0))
    car: bool = True


HOMES: dict[str, Home] = {
    "house": Home(),
    "row-house": Home(
        heating=Heating.GAS, heat_loss_w_per_k=140.0, roof_wp=4400, inverter_w=4000, car=False, people=3
    ),
    "flat": Home(heating=Heating.DISTRICT, heat_loss_w_per_k=75.0, roof_wp=0, car=False, people=2),
}
"""The households that `simulate --home` offers; `dataclasses.replace` gives them another seed."""


class HomeDay:
    """One local day of a household: when it begins, how it is spent, what the sky does."""

    def __init__(self, home: Home, weather: Weather, day: date) -> None:
        self.home = home
        self.weather = weather
        self.day = day
        start, end = intervals.day_bounds(day, home.zone)
        self.start_s = int(start.timestamp())
        self.length_s = int(end.timestamp()) - self.start_s
        self.kind = kind_of(home.seed, day)

    def chance(self, *place: str | int) -> Draws:
        """Draws that belong to one thing on this day."""
        return draws(self.home.seed, self.day.toordinal(), *place)

    def at(self, hour: float) -> int:
        """Seconds since the day began, when the clock on the wall shows `hour`."""
        # Clocks change in the small hours: on such a day everything after them comes sooner or later.
        shift_s = self.length_s - 86_400 if hour >= 3 else 0
        return int(hour * 3600) + shift_s

    @cached_property
    def sun(self) -> SunDay:
        """The sun over the roof on this day."""
        return SunDay(self.start_s + 43_200, self.home.latitude_deg, self.home.longitude_deg, self.home.roof)

    @cached_property
    def presence(self) -> Presence:
        """When somebody is up and at home."""
        return _presence(self.kind, self.chance("presence"))

    def dark(self, hour: float) -> bool:
        """True when a lamp is needed at that hour of the wall clock."""
        instant_s = self.start_s + self.at(hour)
        return not self.sun.sunrise_s + 1500 < instant_s < self.sun.sunset_s - 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Wall-clock hours of one day; `leaves` and `returns` are equal when nobody goes out."""

    wakes: float
    leaves: float
    returns: float
    sleeps: float

    def awake(self, hour: float) -> bool:
        """True when somebody is at home and up."""
        return self.wakes <= hour < self.sleeps and not self.leaves <= hour < self.returns


def _presence(kind: DayKind, chance: Draws) -> Presence:
    sleeps = chance.near(22.9, 0.9)
    match kind:
        case DayKind.WORK:
            return Presence(
                wakes=chance.near(6.4, 0.4),
                leaves=chance.near(7.8, 0.3),
                returns=chance.near(16.6, 1.2),
                sleeps=sleeps,
            )
        case DayKind.HOME_OFFICE:
            return Presence(wakes=chance.near(7.0, 0.5), leaves=12.0, returns=12.0, sleeps=sleeps)
        case DayKind.FREE:
            leaves = chance.near(13.5, 2.5)
            hours = chance.between(1.5, 5.0) if chance.happens(0.55) else 0.0
            return Presence(
                wakes=chance.near(8.3, 0.9), leaves=leaves, returns=leaves + hours, sleeps=sleeps + 0.5
            )
        case DayKind.AWAY:
            return Presence(wakes=0.0, leaves=0.0, returns=24.0, sleeps=0.0)
