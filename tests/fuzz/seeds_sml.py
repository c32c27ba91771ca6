"""SML frames to start fuzzing from, all made by our own encoder. Some have wrong values under right sums."""

from __future__ import annotations

import random

from consumerapp.h1.checksums import x25
from consumerapp.readings import Obis
from consumerapp.simulator.sml import (
    ChecksumForm,
    ListEntry,
    bare_time,
    local_timestamp,
    seconds_index,
    telegram,
    timestamp,
)

SERVERS = [
    bytes.fromhex(f"0a01{name.encode().hex()}0000000001") for name in ("ETA", "DZG", "HLY", "ISK", "EMH")
]


def frames() -> list[bytes]:
    """Meters of many habits, and the same with elements changed under checksums that were put right."""
    chance = random.Random(1)
    sound = [
        _meter(server, chance, form) for server, form in zip(SERVERS * 3, list(ChecksumForm) * 5, strict=True)
    ]
    return sound + [_changed(frame, chance) for frame in sound * 4]


def _meter(server: bytes, chance: random.Random, form: ChecksumForm) -> bytes:
    times = [
        None,
        seconds_index(5),
        bare_time(6),
        timestamp(1_700_000_000),
        local_timestamp(1_700_000_000, 60, 0),
    ]
    rows = [ListEntry(obis=Obis.parse("1-0:96.50.1*1"), value=server[2:5])]
    rows += [
        ListEntry(
            obis=Obis.parse(obis),
            value=chance.choice((0, 7, 0x1B1B1B1B, chance.randrange(2**31))),
            unit=unit,
            scaler=chance.choice((-2, -1, 0, 3)),
            status=chance.choice((None, 0x1C0104, 0x1C0904, 0x0182)),
            time=chance.choice(times[:3]),
            width=chance.randint(5, 8),
        )
        for obis, unit in (("1-0:1.8.0", 30), ("1-0:2.8.0", 30), ("1-0:16.7.0", 27), ("1-0:32.7.0", 35))
    ]
    rows += [
        ListEntry(obis=Obis.parse("1-0:96.1.0"), value=None),
        ListEntry(obis=Obis.parse("1-0:96.4.0"), value=True),
    ]
    return telegram(
        server[:-1] + bytes([list(ChecksumForm).index(form)]),
        rows,
        sensor_time=chance.choice(times),
        number=chance.randrange(2**16),
        tag_width=chance.choice((2, 4)),
        checksum=form,
        id_width=chance.choice((2, 4, 8)),
    )


def _changed(frame: bytes, chance: random.Random) -> bytes:
    """Bytes changed and the sum of the frame put right: gets past the first gate."""
    octets = bytearray(frame)
    for _ in range(chance.randint(1, 3)):
        octets[chance.randrange(8, len(octets) - 8)] = chance.choice(
            (0, 1, 0x1B, 0x71, 0x7F, 0x81, 0xF1, 0xFF)
        )
    octets[-2:] = x25(bytes(octets[:-2])).to_bytes(2, "little")
    return bytes(octets)
