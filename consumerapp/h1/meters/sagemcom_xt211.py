"""Sagemcom XT211, S211 and ZPA meters with the lists of the Czech operators: attribute descriptors without tags.

EG.D customer interface (RS-485, HDLC) - §?: power in W, energy in Wh, no scalers.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="sagemcom_xt211",
    title="Sagemcom XT211, ZPA (Czechia)",
    signs=Signs(shapes=(Shape.DESCRIPTORS,), codes=("1-0:1.8.0", "0-0:96.1.1")),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    identity=("0-*:96.1.1", "0-*:96.1.0"),
)
