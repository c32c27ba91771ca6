"""Landis+Gyr ZMF100, E350 in Norway and Sweden: list of (code, value, scaler and unit) as Aidon sends it.

Its firmware writes `06 09` where the currents' codes want `09 06`; `axdr` reads both.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Signs

PROFILE = MeterProfile(
    name="landisgyr_zmf",
    title="Landis+Gyr ZMF100, E350 (Norway, Sweden)",
    signs=Signs(labels=("EMBRIQ_",), makers=("LGZ",), shapes=(Shape.CODED_ARRAY, Shape.CODED_STRUCTURE)),
    identity=("0-*:96.1.0",),
)
