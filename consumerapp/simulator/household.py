"""A synthetic household behind one electricity meter: its power and its registers at any instant.

The registers are the exact integral of the power since the meter was installed. Days are integrated
once and remembered at local midnights, so an instant costs one day; a `Checkpoint` taken from one
household lets another with the same seed go on from there without the days before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from consumerapp import intervals
from consumerapp.errors import ConsumerAppError
from consumerapp.simulator.appliances import Use, uses_of
from consumerapp.simulator.chance import draws, key
from consumerapp.simulator.home import Home, HomeDay
from consumerapp.simulator.roof import minute_powers_mw
from consumerapp.simulator.trace import DayTrace
from consumerapp.simulator.weather import Weather

UJ_PER_WH = 3_600_000_000
_LOW_TARIFF_FROM, _LOW_TARIFF_TO = 22.0, 6.0
_REMEMBERED_DAYS = 4


@dataclass(frozen=True, slots=True)
class Registers:
    """Energy registers in µJ; whole numbers, never rounded."""

    import_high_uj: int
    """Bought by day, between 6 and 22 h of the wall clock."""
    import_low_uj: int
    """Bought by night."""
    export_high_uj: int
    export_low_uj: int

    @property
    def import_uj(self) -> int:
        """Bought in all."""
        return self.import_high_uj + self.import_low_uj

    @property
    def export_uj(self) -> int:
        """Fed in in all."""
        return self.export_high_uj + self.export_low_uj

    def __add__(self, other: Registers) -> Registers:
        return Registers(
            self.import_high_uj + other.import_high_uj,
            self.import_low_uj + other.import_low_uj,
            self.export_high_uj + other.export_high_uj,
            self.export_low_uj + other.export_low_uj,
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the registers showed when a local day began."""

    day: date
    registers: Registers


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What flows during one second; three phases each."""

    net_mw: tuple[int, int, int]
    """Positive is import."""
    reactive_mvar: tuple[int, int, int]
    sun_mw: int
    low_tariff: bool

    @property
    def total_mw(self) -> int:
        """Net power of all phases together, as the meter counts it."""
        return sum(self.net_mw)


class Household:
    """The load model: one home, one installation date, any instant after it."""

    def __init__(self, home: Home, installed: date | Checkpoint) -> None:
        """`installed`: the local day on whose midnight the meter began, or a checkpoint to go on from."""
        self.home = home
        self.weather = Weather(home.seed, longitude_deg=home.longitude_deg)
        opening = (
            installed
            if isinstance(installed, Checkpoint)
            else Checkpoint(installed, self._factory_registers())
        )
        self._first = opening.day
        self._openings = {opening.day: opening.registers}
        self._latest = opening.day
        self._ripple = key(home.seed, "ripple")
        self.home_day = lru_cache(maxsize=_REMEMBERED_DAYS)(self._make_home_day)
        self._uses = lru_cache(maxsize=_REMEMBERED_DAYS)(self._make_uses)
        self.trace = lru_cache(maxsize=_REMEMBERED_DAYS)(self._make_trace)

    def power_at(self, instant: datetime) -> Power:
        """What flows during the second that holds the instant."""
        day = intervals.local_day(instant, self.home.zone)
        trace = self.trace(day)
        second = int(instant.timestamp()) - trace.start_s
        return Power(
            net_mw=trace.phases_mw(second),
            reactive_mvar=trace.reactive_mvar(second),
            sun_mw=trace.sun_at_mw(second),
            low_tariff=self._is_low_tariff(day, second),
        )

    def registers_at(self, instant: datetime) -> Registers:
        """What the registers hold at an instant; counted in milliseconds."""
        day = intervals.local_day(instant, self.home.zone)
        opening = self.checkpoint(day).registers
        # datetime knows microseconds; a float of seconds would lose the last ones.
        elapsed_ms = (instant - intervals.day_bounds(day, self.home.zone)[0]) // timedelta(milliseconds=1)
        return opening + self._energy_since_midnight(day, elapsed_ms)

    def checkpoint(self, day: date) -> Checkpoint:
        """The registers at the beginning of a local day."""
        if day < self._first:
            raise ConsumerAppError(f"this meter's record begins on {self._first}, it cannot tell of {day}")
        while self._latest < day:
            today = self._latest
            trace = self.trace(today)
            whole_day = self._energy_since_midnight(today, trace.length_s * 1000)
            self._latest = today + intervals.ONE_DAY
            self._openings[self._latest] = self._openings[today] + whole_day
        return Checkpoint(day, self._openings[day])

    def _energy_since_midnight(self, day: date, elapsed_ms: int) -> Registers:
        trace, home_day = self.trace(day), self.home_day(day)
        morning = trace.energy_uj(min(elapsed_ms, home_day.at(_LOW_TARIFF_TO) * 1000))
        evening = trace.energy_uj(min(elapsed_ms, home_day.at(_LOW_TARIFF_FROM) * 1000))
        now = trace.energy_uj(elapsed_ms)
        return Registers(
            import_high_uj=evening[0] - morning[0],
            import_low_uj=now[0] - evening[0] + morning[0],
            export_high_uj=evening[1] - morning[1],
            export_low_uj=now[1] - evening[1] + morning[1],
        )

    def _is_low_tariff(self, day: date, second: int) -> bool:
        home_day = self.home_day(day)
        return not home_day.at(_LOW_TARIFF_TO) <= second < home_day.at(_LOW_TARIFF_FROM)

    def _factory_registers(self) -> Registers:
        # Meters are tested before they are shipped, so they never begin at zero.
        test_wh = draws(self.home.seed, "factory test").whole(1, 9)
        return Registers(test_wh * UJ_PER_WH, 0, 0, 0)

    def _make_home_day(self, day: date) -> HomeDay:
        return HomeDay(self.home, self.weather, day)

    def _make_uses(self, day: date) -> list[Use]:
        return uses_of(self.home_day(day))

    def _make_trace(self, day: date) -> DayTrace:
        today, yesterday = self.home_day(day), self.home_day(day - intervals.ONE_DAY)
        uses = [
            one._replace(start_s=one.start_s - yesterday.length_s, end_s=one.end_s - yesterday.length_s)
            for one in self._uses(day - intervals.ONE_DAY)
            if one.end_s > yesterday.length_s
        ]
        uses += (one for one in self._uses(day) if one.start_s < today.length_s)
        return DayTrace(today.start_s, today.length_s, uses, minute_powers_mw(today), self._ripple)
