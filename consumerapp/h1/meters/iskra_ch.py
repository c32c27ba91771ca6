"""Iskraemeco AM550 with the push configuration of the Swiss operators: object list first, no scalers.

VSE customer interface (CII), configuration 2026 - §?: voltage in 0.1 V, current in 10 mA, power factor in
0.001.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="iskra_ch",
    title="Iskraemeco AM550 (Switzerland)",
    signs=Signs(makers=("ISK",), codes=("1-1:1.8.0", "1-1:1.7.0"), shapes=(Shape.OBJECT_LIST,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (-1, 0),
        Measure.AMPERAGE: (-2,),
        Measure.POWER_FACTOR: (-3,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    sample=Sample(
        octets=(
            "7ea8a0cf02231308abe6e7000f400000000c07ea030e06091a32ffffc400020e010e02041200280906000619"
            "0900ff0f021200000204120001090600002a0000ff0f02120000020412000309060100010700ff0f02120000"
            "020412000309060100020700ff0f02120000020412000309060100030700ff0f021200000204120003090601"
            "00040700ff0f021200000204120003090601001f0700ff0f021200dc107e7ea8a0cf02231308ab0002041200"
            "0309060100330700ff0f02120000020412000309060100470700ff0f02120000020412000309060100200700"
            "ff0f02120000020412000309060100340700ff0f02120000020412000309060100480700ff0f021200000204"
            "12000309060101010800ff0f02120000020412000309060101020800ff0f02120000091049534b3130333030"
            "30303030303031370600000730f8597e7ea035cf022313119206000000000600000078060000000012014112"
            "01281200c11209001209061208f90600bc614e0600000929e4617e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-1:1.8.0": "12345678 Wh",
        },
        meter_id="ISK1030000000017",
        measured_at="2026-03-14T08:26:50Z",
    ),
)
