"""Kamstrup OMNIPOWER CT: transformer-connected, currents in mA (type numbers 685…)."""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.meters._kamstrup import EXPONENTS, IDENTITY
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="kamstrup_ct",
    title="Kamstrup OMNIPOWER CT, with transformers",
    signs=Signs(labels=("Kamstrup_V",), types=("685",), shapes=(Shape.FLAT_PAIRS,)),
    exponents={**EXPONENTS, Measure.AMPERAGE: (-3,)},
    loose=(LIST_NAME,),
    identity=IDENTITY,
)
