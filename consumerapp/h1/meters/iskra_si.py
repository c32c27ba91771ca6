"""Iskraemeco AM550, MT-series with the lists of Slovenia: values only, the logical device name first.

SODO (Slovenia) P1 port description - §?. Two lists take turns, one of instantaneous values, one of energies;
both exist for one and three phases. Voltage in 0.1 V, current in 10 mA.
"""

from __future__ import annotations

from consumerapp.h1.dlms_body import Shape
from consumerapp.h1.profile import Layout, Measure, MeterProfile, Sample, Signs
from consumerapp.readings import Obis

_LDN = Obis(0, 0, 42, 0, 0)
_ID_3 = Obis(0, 0, 96, 1, 2)
_ID_4 = Obis(0, 0, 96, 1, 3)


def _electricity(d: int, *groups_c: int) -> tuple[Obis, ...]:
    return tuple(Obis(1, 0, c, d, 0) for c in groups_c)


def _tariffs(*groups_c: int) -> tuple[Obis, ...]:
    return tuple(Obis(1, 0, c, 8, tariff) for c in groups_c for tariff in (0, 1, 2))


PROFILE = MeterProfile(
    name="iskra_si",
    title="Iskraemeco AM550 (Slovenia)",
    signs=Signs(makers=("ISK",), shapes=(Shape.POSITIONAL,)),
    exponents={
        Measure.ACTIVE_POWER: (0,),
        Measure.REACTIVE_POWER: (0,),
        Measure.VOLTAGE: (-1,),
        Measure.AMPERAGE: (-2,),
        Measure.ACTIVE_ENERGY: (0,),
        Measure.REACTIVE_ENERGY: (0,),
    },
    layouts=(
        Layout(
            (_LDN, _ID_3, *_electricity(7, 1, 2, 3, 4, 32, 52, 72, 31, 51, 71, 21, 41, 61, 22, 42, 62)),
            "ss" + "uuuu" + "wwwwww" + "uuuuuu",
        ),
        Layout((_LDN, _ID_3, *_electricity(7, 1, 2, 3, 4, 32, 31, 21, 22)), "ss" + "uuuu" + "ww" + "uu"),
        Layout((_LDN, _ID_3, *_electricity(7, 32, 52, 72, 31, 51, 71, 1, 2, 3, 4)), "ss" + "wwwwww" + "uuuu"),
        Layout((_LDN, _ID_3, *_electricity(7, 32, 31, 1, 2, 3, 4)), "ss" + "ww" + "uuuu"),
        Layout(
            (
                _LDN,
                _ID_4,
                Obis(0, 0, 96, 3, 10),
                Obis(0, 0, 96, 14, 0),
                *_tariffs(1, 2),
                *_electricity(8, 3, 4),
            ),
            "ss" + "o" + "?" + "u" * 8,
        ),
    ),
    identity=("0-*:96.1.3", "0-*:96.1.2", "0-*:42.0.0"),
    sample=Sample(
        octets=(
            "7ea084cf022313d1c7e6e7000f400000000c07ea030e06091a32ffffc4000212091049534b31303330303030"
            "303030303137090b353334313030303030313706000007300600000000060000007806000000001209001209"
            "061208f91201411201281200c106000002d0060000029406000001cc06000000000600000000060000000018"
            "627e"
        ),
        values={
            "1-0:1.7.0": "1840 W",
            "1-0:31.7.0": "3.21 A",
            "1-0:32.7.0": "230.4 V",
            "1-0:41.7.0": "660 W",
        },
        meter_id="53410000017",
        measured_at="2026-03-14T08:26:50Z",
    ),
)
