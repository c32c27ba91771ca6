"""Iskraemeco AM550 in Austria (Wiener Netze, Linz): list of structures with scalers, clock and texts among
them."""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Sample, Signs

PROFILE = MeterProfile(
    name="iskra_at",
    title="Iskraemeco AM550 (Austria)",
    signs=Signs(makers=("ISK",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)),
    needs_key=True,
    sample=Sample(
        octets=(
            "7ea8aecf022313b0cae6e700db0849534b000000001782013520000007e1ba8725fb35a3a681d2e5ff26ffba"
            "ff7782509439e61d00584d2470d48557f8726a16e940bcd333db68be5e985ba34497f1f121785add75c167b4"
            "d144f2f355892680f7c820195e8aa8d0093e14428c60da9fb6b6a892fcbf3247d6c696e63625a92565a628a3"
            "3940c3f4e268a8ed53d381367adee3af88c191cc48e17117e6183aafedb3fb83f89aab641deab166e4adfe7e"
            "7ea0abcf022313bccdc92fca8e574947e7fadcf753081806ee2b4736ada66331ce9c3f7c37195a61fbc10ba0"
            "f88c605c9bb2854c0c2a616371a8c0af9349369f3bc9aaeab62685a43a816a07e171f9a71baf42ba0dae526f"
            "906058b58907d9afd6212604f207bdd391072c51b8f49f10ddc6a3ba3e859d7c094f19a88676e1c085237627"
            "434512b3d147cf7d4c408d7d3d1ced9826c744f20a2fd81d3d39e803deed2fdcc250a5565aa878ee7e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:1.8.0": "12345678 Wh",
            "1-0:2.8.0": "2345 Wh",
        },
        meter_id="53410017",
        measured_at="2026-03-14T08:26:50Z",
        key="4d657465727369646520746573742031",
    ),
)
