"""Aidon 6515, 6525, 6534 and their kin, Norway and Sweden.

Aidon HAN Interface Description v1.7 - §?: lists of (code, value, scaler and unit); everything is in the telegram.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Signs

PROFILE = MeterProfile(
    name="aidon",
    title="Aidon 65xx (Norway, Sweden)",
    signs=Signs(labels=("AIDON_",), makers=("AID",), shapes=(Shape.CODED_ARRAY, Shape.CODED_STRUCTURE)),
    identity=("0-*:96.1.0",),
)
