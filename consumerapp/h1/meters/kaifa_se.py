"""Kaifa MA304 with the Swedish list: codes and values in turn, without scalers.

Scaling as in the Norwegian lists: currents in mA, voltages in 0.1 V.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="kaifa_se",
    title="Kaifa MA304 (Sweden)",
    signs=Signs(labels=("KFM_",), shapes=(Shape.FLAT_PAIRS,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.AMPERAGE: (-3,),
        Measure.VOLTAGE: (-1,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    loose=(LIST_NAME,),
    identity=("0-*:96.1.0",),
)
