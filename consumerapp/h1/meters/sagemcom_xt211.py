"""Sagemcom XT211, S211 and ZPA meters with the lists of the Czech operators: attribute descriptors without
tags.

EG.D customer interface (RS-485, HDLC) - §?: power in W, energy in Wh, no scalers.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="sagemcom_xt211",
    title="Sagemcom XT211, ZPA (Czechia)",
    signs=Signs(shapes=(Shape.DESCRIPTORS,), codes=("1-0:1.8.0", "0-0:96.14.0")),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    identity=("0-*:96.1.1", "0-*:96.1.0"),
    sample=Sample(
        octets=(
            "7ea07dcf031356bce6e7000f4000000000020216010106020200010000600101ff0209093930303030303031"
            "37020200010000600e00ff0209025431020200030100010700ff020600000730020200030100020700ff0206"
            "00000000020200030100010800ff020600bc614e020200030100020800ff020600000929f3e67e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:1.8.0": "12345678 Wh",
        },
        meter_id="900000017",
    ),
)
