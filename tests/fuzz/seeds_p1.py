"""P1 telegrams to start fuzzing from, all made by our own encoder. Some have wrong lines under right CRCs."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

from consumerapp.h1.checksums import arc
from consumerapp.simulator.home import HOMES
from consumerapp.simulator.household import Household
from consumerapp.simulator.p1 import Line, p1_telegram
from consumerapp.simulator.p1_meters import P1Meter

INSTALLED = date(2026, 3, 20)
NOON = datetime(2026, 3, 29, 0, 59, 30, tzinfo=UTC)
"""The clock springs forward in the seconds after it."""


def frames() -> list[bytes]:
    """Old and new generations, logs, histories, and the same with characters changed under right CRCs."""
    chance = random.Random(1)
    households = [Household(HOMES[name], INSTALLED) for name in ("row-house", "flat")]
    meters = [P1Meter(household, INSTALLED) for household in households]
    sound = [meter.telegram(NOON + timedelta(seconds=13 * step)) for step in range(4) for meter in meters]
    sound += [_peaks(), _failures(), _channels(), _old()]
    return sound + [_changed(frame, chance) for frame in sound * 4]


def _peaks() -> bytes:
    """Belgium's history of monthly peaks and the quarter-hour demand."""
    peaks = ("2", "1-0:1.6.0", "1-0:1.6.0", "260301000000W", "260214184500W", "04.329*kW")
    lines = [
        Line("0-0:96.1.4", ("50217",)),
        Line("0-0:1.0.0", ("260314092650W",)),
        Line("1-0:1.4.0", ("02.351*kW",)),
        Line("1-0:1.6.0", ("260314090000W", "02.589*kW")),
        Line("0-0:98.1.0", (*peaks, "260401000000S", "632525252525W", "00.000*kW")),
        Line("0-0:17.0.0", ("999.9*kW",)),
        Line("0-0:96.3.10", ("1",)),
    ]
    return p1_telegram("FLU5\\SYNTHETIC", lines)


def _failures() -> bytes:
    """The log of long power failures, and a text message."""
    log = ("2", "0-0:96.7.19", "251208152415W", "0000000240*s", "260104004012S", "0000000301*s")
    lines = [
        Line("1-3:0.2.8", ("42",)),
        Line("0-0:1.0.0", ("260314092650W",)),
        Line("1-0:99.97.0", log),
        Line("0-0:96.13.0", ("48616C6C6F21",)),
        Line("0-0:96.13.1", ("3031203631203831",)),
    ]
    return p1_telegram("XMX5LGBBSYNTHETIC", lines)


def _channels() -> bytes:
    """Gas, water, heat and a second electricity meter behind it."""
    lines = [Line("1-3:0.2.8", ("50",)), Line("0-0:1.0.0", ("260314092650W",))]
    for channel, (kind, reading) in enumerate(
        (("003", "00012.345*m3"), ("007", "00872.234*m3"), ("012", "12.345*GJ"), ("002", "000123.456*kWh")),
        start=1,
    ):
        lines += [
            Line(f"0-{channel}:24.1.0", (kind,)),
            Line(f"0-{channel}:96.1.0", ("3132333435",)),
            Line(f"0-{channel}:24.2.1", ("260314092500W", reading)),
        ]
    return p1_telegram("ISK5\\2SYNTHETIC", lines)


def _old() -> bytes:
    """DSMR 2.2: no CRC, and the gas reading on a line of its own."""
    lines = [
        Line("1-0:1.8.1", ("00101.000*kWh",)),
        Line("1-0:1.7.0", ("0000.98*kW",)),
        Line("0-1:24.3.0", ("260314090000", "08", "60", "1", "0-1:24.2.0", "m3")),
        Line("", ("00012.345",)),
        Line("0-1:24.4.0", ("1",)),
    ]
    return p1_telegram("KMP5SYNTHETIC", lines, crc=False)


def _changed(frame: bytes, chance: random.Random) -> bytes:
    """Characters changed and the CRC put right: gets past the first gate."""
    body = bytearray(frame[: frame.rindex(b"!") + 1])
    for _ in range(chance.randint(1, 4)):
        body[chance.randrange(5, len(body) - 1)] = chance.choice(b"()*.:-/\r\n0123456789ASWk\x00\xff")
    return bytes(body) + f"{arc(bytes(body)):04X}\r\n".encode()
