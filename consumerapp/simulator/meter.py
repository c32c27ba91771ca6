"""A synthetic electricity meter: what it has measured at an instant, whatever protocol will carry it.

A `Sample` is one instant of a household in exact whole numbers. A profile asks it for raw register
values with `raw(measure, exponent)`; registers are cut to their step as a meter cuts them, powers and
voltages are rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from consumerapp.simulator.household import UJ_PER_WH, Household, Power, Registers
from consumerapp.simulator.mains import Mains, MainsValues


class Measure(StrEnum):
    """What a meter can be asked for."""

    IMPORT = "import"
    IMPORT_HIGH = "import_high"
    IMPORT_LOW = "import_low"
    EXPORT = "export"
    EXPORT_HIGH = "export_high"
    EXPORT_LOW = "export_low"
    NET_POWER = "net_power"
    """Signed: positive is import."""
    ABSOLUTE_POWER = "absolute_power"
    IMPORT_POWER = "import_power"
    EXPORT_POWER = "export_power"
    NET_POWER_L1 = "net_power_l1"
    NET_POWER_L2 = "net_power_l2"
    NET_POWER_L3 = "net_power_l3"
    REACTIVE_POWER = "reactive_power"
    VOLTAGE_L1 = "voltage_l1"
    VOLTAGE_L2 = "voltage_l2"
    VOLTAGE_L3 = "voltage_l3"
    AMPERAGE_L1 = "amperage_l1"
    AMPERAGE_L2 = "amperage_l2"
    AMPERAGE_L3 = "amperage_l3"
    POWER_FACTOR = "power_factor"
    FREQUENCY = "frequency"


REGISTERS: dict[Measure, Callable[[Registers], int]] = {
    Measure.IMPORT: attrgetter("import_uj"),
    Measure.IMPORT_HIGH: attrgetter("import_high_uj"),
    Measure.IMPORT_LOW: attrgetter("import_low_uj"),
    Measure.EXPORT: attrgetter("export_uj"),
    Measure.EXPORT_HIGH: attrgetter("export_high_uj"),
    Measure.EXPORT_LOW: attrgetter("export_low_uj"),
}
"""Energy counters, each with where it is found, in µJ."""


def register_raw(registers: Registers, measure: Measure, exponent: int) -> int:
    """An energy counter × 10^-exponent in Wh, cut: it shows what it has passed, never what it will reach."""
    return _scaled(REGISTERS[measure](registers), UJ_PER_WH, exponent)[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One instant of a household, as its meter measured it."""

    at: datetime
    registers: Registers
    power: Power
    mains: MainsValues

    def raw(self, measure: Measure, exponent: int) -> int:
        """The value × 10^-exponent as a whole number, in the measure's base unit (Wh, W, V, A, Hz)."""
        if measure in REGISTERS:
            return register_raw(self.registers, measure, exponent)
        whole, rest, step = _scaled(self._thousandths(measure), 1000, exponent)
        return whole + (2 * rest >= step)

    @property
    def exporting(self) -> tuple[bool, bool, bool, bool]:
        """Whether the sum and each of the phases feed in."""
        first, second, third = (power < 0 for power in self.power.net_mw)
        return self.power.total_mw < 0, first, second, third

    def _thousandths(self, measure: Measure) -> int:
        power, mains, total = self.power, self.mains, self.power.total_mw
        return {
            Measure.NET_POWER: total,
            Measure.ABSOLUTE_POWER: abs(total),
            Measure.IMPORT_POWER: max(total, 0),
            Measure.EXPORT_POWER: max(-total, 0),
            Measure.NET_POWER_L1: power.net_mw[0],
            Measure.NET_POWER_L2: power.net_mw[1],
            Measure.NET_POWER_L3: power.net_mw[2],
            Measure.REACTIVE_POWER: sum(power.reactive_mvar),
            Measure.VOLTAGE_L1: mains.voltage_mv[0],
            Measure.VOLTAGE_L2: mains.voltage_mv[1],
            Measure.VOLTAGE_L3: mains.voltage_mv[2],
            Measure.AMPERAGE_L1: mains.amperage_ma[0],
            Measure.AMPERAGE_L2: mains.amperage_ma[1],
            Measure.AMPERAGE_L3: mains.amperage_ma[2],
            Measure.POWER_FACTOR: mains.power_factor_thousandths,
            Measure.FREQUENCY: mains.frequency_mhz,
        }[measure]


def _scaled(number: int, per: int, exponent: int) -> tuple[int, int, int]:
    """number ÷ per × 10^-exponent: whole part, rest, and what the rest is a part of."""
    if exponent < 0:
        number *= 10**-exponent
    else:
        per *= 10**exponent
    return *divmod(number, per), per


class HouseholdMeter:
    """The meter in a household's cabinet: samples at any instant."""

    def __init__(self, household: Household) -> None:
        self.household = household
        self._mains = Mains(household.home.seed)

    def sample(self, at: datetime) -> Sample:
        """What it shows at an instant; power is that of the running second."""
        power = self.household.power_at(at)
        return Sample(
            at=at,
            registers=self.household.registers_at(at),
            power=power,
            mains=self._mains.values(int(at.timestamp()), power),
        )
