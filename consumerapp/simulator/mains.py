"""The mains as a meter sees it: voltage, current, power factor and frequency, out of the power.

The street's voltage drifts by minutes, breathes with the time of day and bends under the house's own
load; frequency wanders within a few hundredths of a hertz around 50.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt

from consumerapp.simulator.chance import drift, key, swing
from consumerapp.simulator.household import Power

_NOMINAL_MV = 230_000
_LINE_OHM = 0.21
"""Resistance of line and service cable: 16 A lower the voltage by 3.4 V."""
_EVENING_S = 19 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MainsValues:
    """One second of the mains; three phases each."""

    voltage_mv: tuple[int, int, int]
    amperage_ma: tuple[int, int, int]
    """Without sign, as nearly every meter sends it."""
    apparent_mva: tuple[int, int, int]
    power_factor_thousandths: int
    """Active over apparent power of all phases, without sign."""
    frequency_mhz: int


class Mains:
    """The connection of one house, after a seed."""

    def __init__(self, seed: int) -> None:
        self._streets = tuple(key(seed, "mains", "street", phase) for phase in (1, 2, 3))
        self._flicker = key(seed, "mains", "flicker")
        self._frequency = key(seed, "mains", "frequency")

    def values(self, instant_s: int, power: Power) -> MainsValues:
        """What a meter measures during a second in which `power` flows."""
        apparent = tuple(
            isqrt(active * active + reactive * reactive)
            for active, reactive in zip(power.net_mw, power.reactive_mvar, strict=True)
        )
        voltages = tuple(self._voltage_mv(instant_s, phase, power.net_mw[phase]) for phase in range(3))
        amperages = tuple(mva * 1000 // mv for mva, mv in zip(apparent, voltages, strict=True))
        whole = isqrt(power.total_mw**2 + sum(power.reactive_mvar) ** 2)
        slow, quick = drift(self._frequency, instant_s / 900), drift(self._frequency, -instant_s / 7)
        return MainsValues(
            voltage_mv=(voltages[0], voltages[1], voltages[2]),
            amperage_ma=(amperages[0], amperages[1], amperages[2]),
            apparent_mva=(apparent[0], apparent[1], apparent[2]),
            power_factor_thousandths=abs(power.total_mw) * 1000 // whole if whole else 1000,
            frequency_mhz=50_000 + round(22 * slow + 9 * quick),
        )

    def _voltage_mv(self, instant_s: int, phase: int, net_mw: int) -> int:
        street = self._streets[phase]
        evening = max(0.0, 1.0 - abs((instant_s % 86_400) - _EVENING_S) / 14_400)
        unloaded_mv = (
            _NOMINAL_MV
            + 2_300 * drift(street, instant_s / 2_400)
            + 700 * drift(street, -instant_s / 45)
            - 1_900 * evening
            + 160 * swing(self._flicker, instant_s * 3 + phase)
        )
        return round(unloaded_mv - net_mw / 230 * _LINE_OHM)
