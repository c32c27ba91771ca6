"""Sun on the roof: what the inverter feeds in, minute by minute, through moving clouds."""

from __future__ import annotations

from math import exp

from consumerapp.simulator.chance import key, swing
from consumerapp.simulator.home import HomeDay
from consumerapp.simulator.sun import Sunlight

_NODE_S = 300
"""Clouds are drawn every five minutes and joined by straight lines; single minutes flicker around them."""
_SKY_S = 1800
"""Cloud cover and air temperature are looked up every half hour."""
_PERFORMANCE = 0.79
"""Cables, inverter, dirt and angle of incidence together."""


def minute_powers_mw(day: HomeDay) -> list[int]:
    """Mean power of every minute of a local day, in mW, never negative."""
    powers = [0] * (day.length_s // 60)
    if not day.home.roof_wp:
        return powers
    first = max(0, int(day.sun.sunrise_s - day.start_s) // _SKY_S * _SKY_S)
    last = min(day.length_s, int(day.sun.sunset_s - day.start_s) + _NODE_S)
    clouds, flicker = key(day.home.seed, "roof", "clouds"), key(day.home.seed, "roof", "flicker")
    before_mw = 0.0
    largest_mw = day.home.inverter_w * 1000
    cover = air_c = 0.0
    for node_s in range(first, last, _NODE_S):
        instant_s = day.start_s + node_s
        if node_s % _SKY_S == 0:
            cover, air_c = day.weather.cloud_cover(instant_s), day.weather.temperature_c(instant_s)
        sunlight = day.sun.clear_sky(instant_s + _NODE_S)
        # Whether a cloud stands before the sun just now: a threshold on a number that each node draws anew.
        cloud = (cover - 0.5) * 2.4 + swing(clouds, instant_s // _NODE_S + 1)
        after_mw = day.home.roof_wp * 1000 * _yield(sunlight, cover=cover, cloud=cloud, air_c=air_c)
        broken = max(0.0, 0.25 - abs(cover - 0.5)) * 0.8
        minute = node_s // 60
        step_mw = (after_mw - before_mw) / 5
        for part in range(min(5, len(powers) - minute)):
            mean_mw = before_mw + step_mw * (part + 0.5)
            if broken:
                mean_mw *= 1 + broken * swing(flicker, instant_s // 60 + part)
            powers[minute + part] = min(largest_mw, int(mean_mw))
        before_mw = after_mw
    return powers


def _yield(sunlight: Sunlight, *, cover: float, cloud: float, air_c: float) -> float:
    """Power over peak power; `cloud` above zero: one stands before the sun."""
    if sunlight.elevation_sine <= 0.0:
        return 0.0
    direct_w_per_m2 = sunlight.direct_w_per_m2 / (1.0 + exp(4.5 * cloud))
    # White clouds brighten the sky beside them; a closed cover darkens all of it.
    diffuse_w_per_m2 = sunlight.diffuse_w_per_m2 * (1.0 + 3.6 * cover * (1.0 - cover) - 0.35 * cover)
    irradiance = (direct_w_per_m2 + diffuse_w_per_m2) * min(1.0, 1.0 - 4.0 * (cover - 0.9))
    module_c = air_c + 0.028 * irradiance
    return irradiance / 1000 * _PERFORMANCE * (1.0 - 0.0038 * (module_c - 25.0))
