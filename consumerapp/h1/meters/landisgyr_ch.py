"""Landis+Gyr E360, E450, E570 with the push configuration of the Swiss operators: object list first, no scalers.

VSE customer interface (CII), configuration 2026 - §?. Voltage in V (E450, E570) or in 0.1 V (E360); current in
10 mA (E360, E450) or in whole A (E570, behind transformers): physics decides, see `dlms_plausible`.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="landisgyr_ch",
    title="Landis+Gyr E360, E450, E570 (Switzerland)",
    signs=Signs(makers=("LGZ",), shapes=(Shape.OBJECT_LIST,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (0, -1),
        Measure.AMPERAGE: (-2, 0),
        Measure.POWER_FACTOR: (-3,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
)
