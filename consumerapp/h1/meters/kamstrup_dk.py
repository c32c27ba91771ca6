"""Kamstrup OMNIPOWER in Denmark: ciphered and authenticated, with the keys GPK60 and GPK61 of the operator's
KEM file.

Power in W, current in 10 mA, voltage in V, power factor in 0.01. No document on the energies' step has been
read (§?): they are withheld unless they are nought.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.meters._kamstrup import EXPONENTS, IDENTITY
from consumerapp.h1.profile import Measure, MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="kamstrup_dk",
    title="Kamstrup OMNIPOWER (Denmark)",
    signs=Signs(labels=("Kamstrup_V",), makers=("KAM",), shapes=(Shape.FLAT_PAIRS,), ciphered=True),
    exponents={**EXPONENTS, Measure.AMPERAGE: (-2,)},
    loose=(LIST_NAME,),
    identity=IDENTITY,
    identity_is_system_title=True,
    needs_key=True,
    sample=Sample(
        octets=(
            "7ea0f34103138d23e6e700db084b414d000000001781db30000007e148cbbf2d3cdc5a7a1d9e503e0b6c4bf1"
            "93bb2a53fdd5a2bd9ad0721bc75adabe2e5cb8b356c8eb2a09dbee8687171ac62b0380849cb49353e33db7cf"
            "44bc0a9555be6a94dcf62b63df05e7bb40e9a09ad44e05d8152d77ee920b47e129b6d101a9547ecb09f93a9c"
            "c20c576b4245012d10951d7b4f302f6c03615fa3684d97acb32780d3ab49114b4a5342ef1ca81cdf3240ed4a"
            "df04e6a9a636a0205c6a65e54f4e4b8619e7093fd4608e1e55d6121e1fadd511dd9f886a1a5034ca3417ae70"
            "3dad4ad819a2ceb8ea73d97770c4e442e5d4267e52ac1fce7e"
        ),
        values={
            "1-1:1.7.0": "1840 W",
            "1-1:31.7.0": "3.21 A",
            "1-1:32.7.0": "230 V",
        },
        meter_id="KAM0000000017",
        measured_at="2026-03-14T08:26:50Z",
        key="4d657465727369646520746573742031",
        auth_key="4d657465727369646520746573742032",
    ),
)
