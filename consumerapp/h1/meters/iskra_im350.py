"""Siemens IM150, IM350 and Iskraemeco AM550 in Austria with the short list of the infrared customer interface.

Wiener Netze customer interface - §?, Netz Oberösterreich - §?: values only, no scalers: push setup, its names and the
clock in front, then A+, A−, R+, R−, P+, P− (some with Q+, Q− behind). No number of the meter but the system title.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Layout, Measure, MeterProfile, Signs
from consumerapp.readings import Obis

_CODES = (*(Obis(1, 0, c, 8, 0) for c in (1, 2, 3, 4)), Obis(1, 0, 1, 7, 0), Obis(1, 0, 2, 7, 0))

PROFILE = MeterProfile(
    name="iskra_im350",
    title="Siemens IM150, IM350, Iskraemeco AM550 (Austria, short list)",
    signs=Signs(makers=("SMS", "ISK", "SIE"), shapes=(Shape.POSITIONAL,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    layouts=(
        Layout((None, None, None, "clock", *_CODES, None, None), "ssss" + "uuuuuu" + "??"),
    ),
    identity_is_system_title=True,
    needs_key=True,
)
