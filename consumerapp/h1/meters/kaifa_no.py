"""Kaifa MA105, MA304 with the Norwegian lists KFM_001: values only, in a fixed order, without scalers.

Kaifa KFM_001 HAN specification - §?: list 1 (power), list 2 (9 values with one phase, 13 with three), list 3
the same with clock and energies behind. Currents in mA, voltages in 0.1 V. In networks without neutral U2 is
0.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.dlms_values import LIST_NAME
from consumerapp.h1.profile import Field, Layout, Measure, MeterProfile, Sample, Signs
from consumerapp.readings import Obis

_HEAD = (LIST_NAME, Obis(0, 0, 96, 1, 0), Obis(0, 0, 96, 1, 7))
_POWERS = tuple(Obis(1, 0, c, 7, 0) for c in (1, 2, 3, 4))
_ONE_PHASE = (*_HEAD, *_POWERS, Obis(1, 0, 31, 7, 0), Obis(1, 0, 32, 7, 0))
_THREE_PHASES = (*_HEAD, *_POWERS, *(Obis(1, 0, c, 7, 0) for c in (31, 51, 71, 32, 52, 72)))
_HOURLY: tuple[Field, ...] = ("clock", *(Obis(1, 0, c, 8, 0) for c in (1, 2, 3, 4)))

PROFILE = MeterProfile(
    name="kaifa_no",
    title="Kaifa MA105, MA304 (Norway, KFM_001)",
    signs=Signs(labels=("KFM_",), shapes=(Shape.POSITIONAL,), tagged_clock=True),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.AMPERAGE: (-3,),
        Measure.VOLTAGE: (-1,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    layouts=(
        Layout((Obis(1, 0, 1, 7, 0),), "u"),
        Layout(_ONE_PHASE, "sss" + "u" * 6),
        Layout(_THREE_PHASES, "sss" + "u" * 10),
        Layout((*_ONE_PHASE, *_HOURLY), "sss" + "u" * 6 + "s" + "u" * 4),
        Layout((*_THREE_PHASES, *_HOURLY), "sss" + "u" * 10 + "s" + "u" * 4),
    ),
    identity=("0-*:96.1.0",),
    sample=Sample(
        octets=(
            "7ea079010201108093e6e7000f40000000090c07ea030e06091a32ff800000020d09074b464d5f3030310910"
            "3639373036333030303030303030313709084d41333034483345060000073006000000000600000078060000"
            "00000600000c8a0600000b90060000078a0600000900060000090606000008f9a7e97e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.210 A",
            "1-0:52.7.0": "231.0 V",
        },
        meter_id="6970630000000017",
    ),
)
