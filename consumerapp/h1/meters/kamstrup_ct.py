"""Kamstrup OMNIPOWER CT: transformer-connected, currents in mA (type numbers 685…)."""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.meters._kamstrup import EXPONENTS, IDENTITY
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="kamstrup_ct",
    title="Kamstrup OMNIPOWER CT, with transformers",
    signs=Signs(labels=("Kamstrup_V",), types=("685",), shapes=(Shape.FLAT_PAIRS,)),
    exponents={**EXPONENTS, Measure.AMPERAGE: (-3,)},
    loose=(LIST_NAME,),
    identity=IDENTITY,
    sample=Sample(
        octets=(
            "7ea0fc2b2113c0f7e6e7000f000000000c07ea030e06091a32ff800000021d0a0e4b616d73747275705f5630"
            "30303109060101000005ff0a103537303635363030303030303030313709060101600101ff0a123638353131"
            "3030424e32303030303030303009060101010700ff060000073009060101020700ff06000000000906010103"
            "0700ff060000007809060101040700ff0600000000090601011f0700ff0600000c8a09060101330700ff0600"
            "000b9009060101470700ff060000078a09060101200700ff1200e609060101340700ff1200e7090601014807"
            "00ff1200e609060101010800ff0600bc614e09060101020800ff0600000929ca4f7e"
        ),
        values={
            "1-1:1.7.0": "1840 W",
            "1-1:31.7.0": "3.210 A",
            "1-1:32.7.0": "230 V",
        },
        meter_id="5706560000000017",
    ),
)
