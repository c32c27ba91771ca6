"""Landis+Gyr ZMF100, E350 in Norway and Sweden: list of (code, value, scaler and unit) as Aidon sends it.

Its firmware writes `06 09` where the currents' codes want `09 06`; `axdr` reads both.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="landisgyr_zmf",
    title="Landis+Gyr ZMF100, E350 (Norway, Sweden)",
    signs=Signs(labels=("EMBRIQ_",), makers=("LGZ",), shapes=(Shape.CODED_ARRAY, Shape.CODED_STRUCTURE)),
    identity=("0-*:96.1.0",),
    sample=Sample(
        octets=(
            "7ea13841088313e7b5e6e7000f4000000000010e020209060101000281ff0a0b454d425249515f56315f3102"
            "0209060000600100ff0a1037303730303030303030303030303137020309060100010700ff06000007300202"
            "0f00161b020309060100020700ff060000000002020f00161b020309060100030700ff060000007802020f00"
            "161d020309060100040700ff060000000002020f00161d0203060901001f0700ff12014102020ffe16210203"
            "06090100330700ff12012802020ffe1621020306090100470700ff1200c102020ffe16210203090601002007"
            "00ff12090002020fff1623020309060100340700ff12090602020fff1623020309060100480700ff1208f902"
            "020fff1623020309060100010800ff0600bc614e02020f00161e020309060100020800ff060000092902020f"
            "00161e20da7e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:1.8.0": "12345678 Wh",
            "1-0:2.8.0": "2345 Wh",
        },
        meter_id="7070000000000017",
    ),
)
