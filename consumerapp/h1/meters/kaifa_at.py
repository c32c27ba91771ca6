"""Kaifa MA110M, MA309M, Austria: M-Bus, ciphered, scalers in the telegram.

Netz Niederösterreich customer interface 218_9 - §? (suite 0, flat list with the meter's number behind it without a
code); TINETZ customer interface - §? (suite 1, list of structures). Neither carries an authentication tag.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import MeterProfile, Signs
from consumerapp.readings import Obis

PROFILE = MeterProfile(
    name="kaifa_at",
    title="Kaifa MA110M, MA309M (Austria)",
    signs=Signs(makers=("KFM",), shapes=(Shape.CODED_STRUCTURE, Shape.FLAT_SCALED, Shape.CODED_ARRAY)),
    loose=(Obis(0, 0, 96, 1, 0),),
    needs_key=True,
)
