"""Iskraemeco AM550 with the push configuration of the Swiss operators: object list first, no scalers.

VSE customer interface (CII), configuration 2026 - §?: voltage in 0.1 V, current in 10 mA, power factor in 0.001.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="iskra_ch",
    title="Iskraemeco AM550 (Switzerland)",
    signs=Signs(makers=("ISK",), shapes=(Shape.OBJECT_LIST,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (-1, 0),
        Measure.AMPERAGE: (-2,),
        Measure.POWER_FACTOR: (-3,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
)
