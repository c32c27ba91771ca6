"""IEC 62056-21 readouts to start fuzzing from, made by our own encoder; some wrong under right checks."""

from __future__ import annotations

import random
from functools import reduce
from operator import xor

from consumerapp.h1.iec62056_21 import REQUEST, acknowledgement
from consumerapp.simulator.p1 import Line, data_block, p1_telegram

_ENERGIES = [
    Line("0.0.0", ("00000017",)),
    Line("F.F", ("00000000",)),
    Line("0.9.1", ("092650",)),
    Line("0.9.2", ("260314",)),
    Line("1.8.0", ("012345.678*kWh",)),
    Line("1.8.1", ("002345.678*kWh",)),
    Line("2.8.0", ("000002.345*kWh",)),
]
_POWERS = [
    Line("1-0:0.0.0*255", ("00000017",)),
    Line("1-0:1.8.0*255", ("012345.6789*kWh",)),
    Line("1-0:16.7.0*255", ("001840.12*W",)),
    Line("1-0:32.7.0*255", ("230.4*V",)),
    Line("1-0:31.7.0*255", ("003.21*A",)),
    Line("1-0:96.5.5*255", ("82",)),
    Line("0-0:96.1.255*255", ("0000000017",)),
]


def _billing() -> list[Line]:
    """Fifteen periods, each with its energy and its peak."""
    lines = list(_ENERGIES)
    for period in range(1, 16):
        lines += [
            Line(f"1.8.0*{period:02d}", (f"{1000 * period:06d}.000*kWh",)),
            Line(f"1.6.0*{period:02d}", (f"{period:02d}.345*kW", f"26{period % 12 + 1:02d}141845")),
        ]
    return lines


def frames() -> list[bytes]:
    """Modes A, C and D, with the echo of a sign-on, and the same changed under right block checks."""
    chance = random.Random(1)
    guarded = [
        data_block("ISK5MT382-1000", _ENERGIES),
        data_block("LGZ4ZMF100AC.M23", _billing()),
        data_block("ELS\\@V10.04", _ENERGIES[4:]),
        data_block("EMHc5ITZ", _POWERS),
    ]
    open_ = [
        p1_telegram("ESY5Q3DA1004 V3.04", _POWERS, crc=False),
        p1_telegram("HAG5eHZ010C", _ENERGIES, crc=False),
    ]
    signed_on = [REQUEST + guarded[0], REQUEST + b"/ISK5MT382-1000\r\n" + acknowledgement("5") + guarded[0]]
    return guarded + open_ + signed_on + [_changed(frame, chance) for frame in guarded * 6]


def _changed(frame: bytes, chance: random.Random) -> bytes:
    """Characters changed and the block check put right: gets past the first gate."""
    octets = bytearray(frame[:-1])
    begin = octets.index(0x02) + 1
    for _ in range(chance.randint(1, 4)):
        octets[chance.randrange(begin, len(octets) - 4)] = chance.choice(b"()*.:-/\r\n0123456789FCk\x00\xff")
    return bytes(octets) + bytes([reduce(xor, octets[begin:])])
