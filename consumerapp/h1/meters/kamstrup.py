"""Kamstrup OMNIPOWER, where the telegram does not say for which country.

Kamstrup HAN-NVE interface description v3.1 - §?: power in W, current in 10 mA, voltage in V. The energies' unit
differs by country and is withheld until the installer chooses kamstrup_no, kamstrup_se or kamstrup_dk.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.meters._kamstrup import DIRECT_CONNECTED, EXPONENTS, IDENTITY
from consumerapp.h1.profile import Measure, MeterProfile, Signs

PROFILE = MeterProfile(
    name="kamstrup",
    title="Kamstrup OMNIPOWER (country not known)",
    signs=Signs(labels=("Kamstrup_V",), types=DIRECT_CONNECTED, shapes=(Shape.FLAT_PAIRS,)),
    exponents={**EXPONENTS, Measure.AMPERAGE: (-2,)},
    loose=(LIST_NAME,),
    identity=IDENTITY,
)
