"""Aidon 6515, 6525, 6534 and their kin, Norway and Sweden.

Aidon HAN Interface Description v1.7 - §?: lists of (code, value, scaler and unit); everything is in the
telegram.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="aidon",
    title="Aidon 65xx (Norway, Sweden)",
    signs=Signs(labels=("AIDON_",), makers=("AID",), shapes=(Shape.CODED_ARRAY, Shape.CODED_STRUCTURE)),
    identity=("0-*:96.1.0",),
    sample=Sample(
        octets=(
            "7ea1484108831314a0e6e7000f4000000000010f020209060101000281ff0a0b4149444f4e5f563030303102"
            "0209060000600100ff0a1037333539393930303030303030303137020209060000600107ff0a043635323502"
            "0309060100010700ff060000073002020f00161b020309060100020700ff060000000002020f00161b020309"
            "060100030700ff060000007802020f00161d020309060100040700ff060000000002020f00161d0203090601"
            "001f0700ff12014102020ffe1621020309060100330700ff12012802020ffe1621020309060100470700ff12"
            "00c102020ffe1621020309060100200700ff12090002020fff1623020309060100340700ff12090602020fff"
            "1623020309060100480700ff1208f902020fff1623020309060100010800ff0600bc614e02020f00161e0203"
            "09060100020800ff060000092902020f00161e6eac7e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:1.8.0": "12345678 Wh",
            "1-0:2.8.0": "2345 Wh",
        },
        meter_id="7359990000000017",
    ),
)
