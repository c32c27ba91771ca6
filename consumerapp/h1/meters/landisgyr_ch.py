"""Landis+Gyr E360, E450, E570 with the push configuration of the Swiss operators: object list first, no
scalers.

VSE customer interface (CII), configuration 2026 - §?. Voltage in V (E450, E570) or in 0.1 V (E360), which is
told by its size; current in 10 mA. Behind transformers an E570 counts power and energy on a scale that its
telegrams do not say: power then disagrees with ΣU·I, and both are withheld.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="landisgyr_ch",
    title="Landis+Gyr E360, E450, E570 (Switzerland)",
    signs=Signs(makers=("LGZ",), codes=("1-1:1.8.0", "1-0:1.7.0"), shapes=(Shape.OBJECT_LIST,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (0, -1),
        Measure.AMPERAGE: (-2,),
        Measure.POWER_FACTOR: (-3,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    firm=frozenset((Measure.VOLTAGE, Measure.AMPERAGE)),
    sample=Sample(
        octets=(
            "7ea08bceff0313eee1e6e700e04000010000770f000024780c07ea030e06091a32ffffc400020e010e020412"
            "002809060006190900ff0f021200000204120001090600002a0000ff0f021200000204120003090601000107"
            "00ff0f02120000020412000309060100020700ff0f02120000020412000309060100030700ff0f0212000002"
            "04120003090624bb7e7ea088ceff031322fce04000020000770100040700ff0f021200000204120003090601"
            "001f0700ff0f02120000020412000309060100330700ff0f02120000020412000309060100470700ff0f0212"
            "0000020412000309060100200700ff0f02120000020412000309060100340700ff0f02120000020412000309"
            "060100480700ff0f0212000014e17e7ea077ceff03137809e0c00003000066020412000309060101010800ff"
            "0f02120000020412000309060101020800ff0f0212000009104c475a31303330303030303030303137060000"
            "07300600000000060000007806000000001201411201281200c11200e61200e71200e60600bc614e06000009"
            "29d8617e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230 V",
            "1-1:1.8.0": "12345678 Wh",
        },
        meter_id="LGZ1030000000017",
        measured_at="2026-03-14T08:26:50Z",
    ),
)
