"""Kaifa MA304 with the Swedish list: codes and values in turn, without scalers.

Scaling as in the Norwegian lists: currents in mA, voltages in 0.1 V.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

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
    sample=Sample(
        octets=(
            "7ea0e201020113e2d8e6e7000f400000000c07ea030e06091a32ffffc400021c09060101000281ff09074b46"
            "4d5f30303109060000600100ff09103639373036333030303030303030323409060100010700ff0600000730"
            "09060100020700ff060000000009060100030700ff060000007809060100040700ff0600000000090601001f"
            "0700ff0600000c8a09060100330700ff0600000b9009060100470700ff060000078a09060100200700ff1209"
            "0009060100340700ff12090609060100480700ff1208f909060100010800ff0600bc614e09060100020800ff"
            "06000009296bdf7e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.210 A",
            "1-0:52.7.0": "231.0 V",
            "1-0:1.8.0": "12345678 Wh",
        },
        meter_id="6970630000000024",
        measured_at="2026-03-14T08:26:50Z",
    ),
)
