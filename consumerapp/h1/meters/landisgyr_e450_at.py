"""Landis+Gyr E450 in Austria (Burgenland, Styria, Graz): codes and values in turn, no scalers, block
transfer.

Netz Burgenland customer interface E450 - §?: ciphered and authenticated (security control 30).
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

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
    identity_is_system_title=True,
    needs_key=True,
    sample=Sample(
        octets=(
            "7ea08bceff0313eee1e6e700e0400001000077db084c475a0000000017818130000007e119ed00edd5910820"
            "434e741b8db4dddfd04c55487e1f03634d3aaada41e3002b32f396eb4e02ae2642ae19f33cf4e1c2d16c189b"
            "6f5defa0aada0598e395ed1a07d0025f3233e0875fee9063aabe54ba06fd268782a5bec9c9b337b16b0e57f6"
            "887b6d780b34b6d17e7ea027ceff03131a7ce0c00002000016318fd84f99d86e5f4eddddb1f3de369f0e3b6a"
            "d8e9c79fb57e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:3.7.0": "120 var",
            "1-0:1.8.0": "12345678 Wh",
        },
        meter_id="LGZ0000000017",
        measured_at="2026-03-14T08:26:50Z",
        key="4d657465727369646520746573742031",
        auth_key="4d657465727369646520746573742032",
    ),
)
