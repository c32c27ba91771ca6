"""Sagemcom T210-D, S211, T216-D in Austria over M-Bus: scalers in the telegram, 257 octets in one frame.

Oesterreichs Energie adapter concept 5-2-2021 - §?. Over P1 the same meters send DSMR text in the same cipher.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Sample, Signs
from consumerapp.readings import Obis

PROFILE = MeterProfile(
    name="sagemcom_t210d",
    title="Sagemcom T210-D, S211, T216-D (Austria)",
    signs=Signs(makers=("SAG",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)),
    loose=(Obis(0, 0, 96, 1, 0),),
    needs_key=True,
    sample=Sample(
        octets=(
            "6801016853ff000167db08534147790000001782010d20000007e169459da6f18088333b4072de52ff6bd8ab"
            "c5c16af5a4e44b9033495dda8e46cf1be2fdc8fe019365e34ffe703909e74cbe676ca5e46d1f3d03eb730f00"
            "61e5a7d287bd18572804e27e84694ca5a91411eabeae116d87b01046b350934ec53456919647d1123540462e"
            "1b7733dbf8004180aad5502b70e3a4b41ae9db1ee55f90d9ea8c7232e39d34b46fb9bee1cb4488a0bd45c04f"
            "9e6b416ac5e5ecc278cc17f360e149bca61d9eca5785e61f38fca0e36e8302501ae2b59ae04fe0432da89a68"
            "e6a6a9c3a941b682b9de380fdb1b47168e0c8fe611d91b565781b9c8fb26100e716d9a5881350aa71df11668"
            "23236853ff110167f89e96a3c2d0ec28dc0ab1515f9286919f3a78c12bdab4de87d2309497e97616"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:1.8.0": "12345678 Wh",
            "1-0:2.8.0": "2345 Wh",
        },
        meter_id="178210000017",
        measured_at="2026-03-14T08:26:50Z",
        key="4d657465727369646520746573742031",
    ),
)
