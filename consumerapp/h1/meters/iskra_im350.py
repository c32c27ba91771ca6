"""Siemens IM150, IM350 and Iskraemeco AM550 in Austria with the short list of the infrared customer
interface.

Wiener Netze customer interface - §?, Netz Oberösterreich - §?: values only, no scalers: push setup, the
meter's number, local time and date in front, then A+, A−, R+, R−, P+, P− and, with some, two empty strings.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Layout, Measure, MeterProfile, Sample, Signs
from consumerapp.readings import Obis

_NUMBER = Obis(0, 0, 96, 1, 0)
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
        Layout(
            (None, _NUMBER, "time", "date", *_CODES, None, None),
            "ssss" + "uuuuuu" + "??",
            push_setup_first=True,
        ),
        Layout((None, _NUMBER, "time", "date", *_CODES), "ssss" + "uuuuuu", push_setup_first=True),
    ),
    needs_key=True,
    sample=Sample(
        octets=(
            "7ea06d0202020323132697e6e700db08534d5300000000175320000007e1eb295b3ee4dbcedcda0fc576eb01"
            "b19db3cf0d52642a38955bfdaa703b6665f73f2ee3a81c11d7526e89a65c255a9ba3c195e0c80a836393504a"
            "43facb05f6b0fd7a375a08c7066790880299b6fc158c7e"
        ),
        values={
            "1-0:1.8.0": "12345678 Wh",
            "1-0:3.8.0": "392000 varh",
            "1-0:1.7.0": "1840 W",
        },
        meter_id="2200000000017",
        key="4d657465727369646520746573742031",
    ),
)
