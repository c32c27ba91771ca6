"""DLMS frames to start fuzzing from, all made by our own encoder.

The samples of the meter files, lists of every datum, and the same with elements changed under frame checks
and ciphers that are right.
"""

from __future__ import annotations

import random

from consumerapp.readings import Obis
from consumerapp.simulator import dlms as enc
from consumerapp.simulator import dlms_frames as framing
from tests.consumerapp.h1.meter_telegrams import CLOCK, KEY, MADE, registers

TITLE = b"MSD\x00\x00\x00\x00\x17"


def frames() -> list[bytes]:
    """Whole frames of all framings, plain and ciphered (the fuzzer's decoder has `KEY`)."""
    chance = random.Random(1)
    plain = _notifications()
    changed = [_changed(apdu, chance) for apdu in plain * 6]
    found = [maker() for maker in MADE.values()]
    for counter, apdu in enumerate(plain + changed, start=1):
        closed = framing.sealed(apdu, key=KEY, system_title=TITLE, counter=counter, security=0x20)
        found += [chance.choice(_FRAMINGS)(apdu), chance.choice(_FRAMINGS)(closed)]
    return found


_FRAMINGS = (
    framing.hdlc_message,
    lambda apdu: framing.hdlc_message(apdu, most=100),
    lambda apdu: framing.hdlc_message(apdu, stuffed=True),
    framing.hdlc_blocks,
    lambda apdu: framing.mbus_frames(apdu, most=100),
    framing.mbus_frames,
    framing.wrapped,
)


def _notifications() -> list[bytes]:
    """The body shapes, the forms of the clock, and every datum once."""
    scaled, bare = registers(scaled=True, wide_volts=10), registers(scaled=False)
    every = enc.structure(
        *(enc.u8(7), enc.i8(-7), enc.u16(7), enc.i16(-7), enc.u32(7), enc.i32(-7), enc.u64(7), enc.i64(-7)),
        *(enc.boolean(True), enc.enum(3), enc.bit_string("1010110"), enc.utf8("Zähler"), enc.visible("x")),
        *(enc.float32(1.5), enc.float32(float("nan")), enc.float64(-2.5e300), enc.octets(CLOCK)),
    )
    compact = enc.compact_array(b"\x02\x02\x12\x06", [bytes(6), bytes.fromhex("000100000007")])
    return [
        enc.notification(enc.coded_array(scaled), clock=CLOCK),
        enc.notification(enc.coded_structure(scaled), clock=CLOCK, form=enc.ClockForm.TAGGED),
        enc.notification(
            enc.flat(scaled, before=[enc.octets(CLOCK)]), clock=CLOCK, form=enc.ClockForm.DATE_TIME
        ),
        enc.notification(enc.flat(bare)),
        enc.notification(enc.object_list(bare), clock=CLOCK),
        enc.notification(enc.descriptors(bare)),
        enc.notification(enc.with_swapped_names(enc.coded_array(scaled))),
        enc.notification(every, clock=CLOCK),
        enc.notification(compact),
        enc.event_notification(Obis(1, 0, 1, 8, 0), enc.u32(12345), clock=CLOCK),
    ]


def _changed(apdu: bytes, chance: random.Random) -> bytes:
    """Octets changed before framing: gets past every check of the frame."""
    octets = bytearray(apdu)
    for _ in range(chance.randint(1, 4)):
        octets[chance.randrange(1, len(octets))] = chance.choice(
            (0, 1, 2, 6, 9, 0x0C, 0x0F, 0x10, 0x13, 0x16, 0x19, 0x7F, 0x80, 0x82, 0xFF, chance.randrange(256))
        )
    return bytes(octets)
