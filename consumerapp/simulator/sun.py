"""Where the sun stands and what a clear sky sends down, for one place and one day.

Geometry after the usual series (declination, equation of time, hour angle); accurate to about half a
degree, which is far below what clouds do to a roof. Angles are radians unless a name says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, cos, radians, sin, tau

SOLAR_CONSTANT_W_PER_M2 = 1361.0
_DAY_S = 86_400
_YEAR_S = 365.2425 * _DAY_S
# 2000-01-01T00:00Z, from which the angle of the year is counted.
_NEW_YEAR_2000_S = 946_684_800


@dataclass(frozen=True, slots=True)
class Plane:
    """A roof: how steep it is and where it looks."""

    tilt_deg: float = 35.0
    azimuth_deg: float = 0.0
    """From south, west positive: -90 looks east."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sunlight:
    """What a clear sky gives at one instant."""

    elevation_sine: float
    """Sine of the sun's height; not above zero: it is night."""
    direct_w_per_m2: float
    """On the plane, from the sun's disc alone."""
    diffuse_w_per_m2: float
    """On the plane, from the blue sky."""


DARK = Sunlight(elevation_sine=-1.0, direct_w_per_m2=0.0, diffuse_w_per_m2=0.0)


class SunDay:
    """The sun over one place on one day; declination and equation of time are those of its noon."""

    def __init__(self, noon_s: int, latitude_deg: float, longitude_deg: float, plane: Plane) -> None:
        """`noon_s`: about noon of the day, seconds since 1970 UTC."""
        year_angle = tau * ((noon_s - _NEW_YEAR_2000_S) % _YEAR_S) / _YEAR_S
        self.declination = (
            0.006918
            - 0.399912 * cos(year_angle)
            + 0.070257 * sin(year_angle)
            - 0.006758 * cos(2 * year_angle)
            + 0.000907 * sin(2 * year_angle)
        )
        equation_of_time_s = (
            60
            * 229.18
            * (
                0.000075
                + 0.001868 * cos(year_angle)
                - 0.032077 * sin(year_angle)
                - 0.014615 * cos(2 * year_angle)
                - 0.040849 * sin(2 * year_angle)
            )
        )
        self._solar_offset_s = longitude_deg * 240.0 + equation_of_time_s
        self._extraterrestrial = SOLAR_CONSTANT_W_PER_M2 * (1 + 0.033 * cos(year_angle))
        latitude = radians(latitude_deg)
        tilt, azimuth = radians(plane.tilt_deg), radians(plane.azimuth_deg)
        sin_d, cos_d, sin_l, cos_l = (
            sin(self.declination),
            cos(self.declination),
            sin(latitude),
            cos(latitude),
        )
        self._height = (sin_l * sin_d, cos_l * cos_d)
        self._incidence = (
            sin_d * sin_l * cos(tilt) - sin_d * cos_l * sin(tilt) * cos(azimuth),
            cos_d * cos_l * cos(tilt) + cos_d * sin_l * sin(tilt) * cos(azimuth),
            cos_d * sin(tilt) * sin(azimuth),
        )
        self._sky_seen = (1 + cos(tilt)) / 2
        half_day = -self._height[0] / self._height[1] if self._height[1] else 1.0
        self._half_day_s = acos(max(-1.0, min(1.0, half_day))) * _DAY_S / tau
        self._solar_noon_s = (
            noon_s + ((_DAY_S // 2 - noon_s - self._solar_offset_s + _DAY_S / 2) % _DAY_S) - _DAY_S / 2
        )

    @property
    def sunrise_s(self) -> float:
        """When the middle of the disc crosses the level horizon, seconds since 1970 UTC."""
        return self._solar_noon_s - self._half_day_s

    @property
    def sunset_s(self) -> float:
        """When it goes down, seconds since 1970 UTC."""
        return self._solar_noon_s + self._half_day_s

    def clear_sky(self, instant_s: float) -> Sunlight:
        """Irradiance without clouds at an instant, seconds since 1970 UTC."""
        hour_angle = (instant_s + self._solar_offset_s) * (tau / _DAY_S) - tau / 2
        cos_h = cos(hour_angle)
        height = self._height[0] + self._height[1] * cos_h
        if height <= 0.0:
            return DARK
        # Air mass in the simplest form that stays finite at the horizon, then Meinel's clear-sky rule.
        direct_normal = self._extraterrestrial * 0.7 ** ((1.0 / (height + 0.05)) ** 0.678)
        on_plane = self._incidence[0] + self._incidence[1] * cos_h + self._incidence[2] * sin(hour_angle)
        return Sunlight(
            elevation_sine=height,
            direct_w_per_m2=direct_normal * max(0.0, on_plane),
            diffuse_w_per_m2=0.12 * self._extraterrestrial * height**0.6 * self._sky_seen,
        )
