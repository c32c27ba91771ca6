"""Landis+Gyr E450 in Austria (Burgenland, Styria, Graz): codes and values in turn, no scalers, block transfer.

Netz Burgenland customer interface E450 - §?: ciphered and authenticated (security control 30).
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="landisgyr_e450_at",
    title="Landis+Gyr E450 (Austria)",
    signs=Signs(makers=("LGZ",), shapes=(Shape.FLAT_PAIRS,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (0, -1),
        Measure.AMPERAGE: (-2,),
        Measure.POWER_FACTOR: (-3,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    needs_key=True,
)
