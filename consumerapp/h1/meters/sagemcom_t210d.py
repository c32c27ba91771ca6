"""Sagemcom T210-D, S211, T216-D in Austria over M-Bus: scalers in the telegram, 257 octets in one frame.

Oesterreichs Energie adapter concept 5-2-2021 - §?. Over P1 the same meters send DSMR text in the same cipher.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Signs
from consumerapp.readings import Obis

PROFILE = MeterProfile(
    name="sagemcom_t210d",
    title="Sagemcom T210-D, S211, T216-D (Austria)",
    signs=Signs(makers=("SAG",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)),
    loose=(Obis(0, 0, 96, 1, 0),),
    needs_key=True,
)
