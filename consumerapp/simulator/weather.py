"""The weather over a synthetic household: temperature and clouds, continuous, for any instant.

Fronts pass every few days, winters are dull and cold, clear days swing further than grey ones.
"""

from __future__ import annotations

from math import cos, tau

from consumerapp.simulator.chance import drift, key

_DAY_S = 86_400
_YEAR_S = 365.2425 * _DAY_S
# 2000-01-24T00:00Z: the coldest time of the year in central Europe follows the solstice by a month.
_COLDEST_S = 948_672_000
_COLDEST_HOUR = 4.0


class Weather:
    """Temperature and cloud cover of one place, after a seed."""

    def __init__(self, seed: int, *, longitude_deg: float, mean_c: float = 10.4) -> None:
        self._solar_offset_s = longitude_deg * 240.0
        self._mean_c = mean_c
        self._fronts = key(seed, "weather", "fronts")
        self._spells = key(seed, "weather", "spells")
        self._clouds = key(seed, "weather", "clouds")
        self._showers = key(seed, "weather", "showers")

    def winter(self, instant_s: float) -> float:
        """1 in the depth of winter, -1 at the height of summer."""
        return cos(tau * (instant_s - _COLDEST_S) / _YEAR_S)

    def cloud_cover(self, instant_s: float) -> float:
        """0: not a cloud. 1: the whole sky is grey."""
        day = instant_s / _DAY_S
        cover = (
            0.56
            + 0.16 * self.winter(instant_s)
            + 0.62 * drift(self._clouds, day / 2.6)
            + 0.24 * drift(self._showers, day * 3.0)
        )
        return min(1.0, max(0.0, cover))

    def temperature_c(self, instant_s: float) -> float:
        """Outdoor air in °C."""
        day = instant_s / _DAY_S
        winter = self.winter(instant_s)
        hour = ((instant_s + self._solar_offset_s) % _DAY_S) / 3600
        daily_swing = (2.4 - 1.0 * winter) * (1.6 - self.cloud_cover(instant_s))
        return (
            self._mean_c
            - 8.8 * winter
            + 5.2 * drift(self._spells, day / 5.3)
            + 2.4 * drift(self._fronts, day / 1.6)
            - daily_swing * cos(tau * (hour - _COLDEST_HOUR) / 24)
        )
