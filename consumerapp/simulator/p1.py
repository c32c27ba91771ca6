"""Encoder of readouts: P1 telegrams with their CRC, and IEC 62056-21 data blocks with their block check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import xor
from zoneinfo import ZoneInfo

from consumerapp.h1.checksums import arc


@dataclass(frozen=True, slots=True)
class Line:
    """One data set as it is printed."""

    code: str
    groups: tuple[str, ...]

    def __str__(self) -> str:
        return self.code + "".join(f"({group})" for group in self.groups)


def fixed(value: Decimal, whole: int, fraction: int, unit: str = "") -> str:
    """Fn(x,y) of DSMR P1 Companion Standard v5.0.2 - §?: leading zeros, a point, and `*unit` behind it."""
    width = whole + fraction + (1 if fraction else 0)
    return f"{value:0{width}.{fraction}f}" + (f"*{unit}" if unit else "")


def stamp(instant: datetime, zone: ZoneInfo) -> str:
    """TST: YYMMDDhhmmssX in local time, X is S in summer and W in winter."""
    local = instant.astimezone(zone)
    return f"{local:%y%m%d%H%M%S}{'S' if local.dst() else 'W'}"


def octet_text(text: str) -> str:
    """A text as DSMR prints octet strings: two hexadecimal digits a character."""
    return text.encode("ascii").hex().upper()


def p1_telegram(identification: str, lines: Sequence[Line], *, crc: bool = True) -> bytes:
    """A whole telegram, from `/` to its CRC; without one as DSMR 2.2 and 3.0 meters send it."""
    body = f"/{identification}\r\n\r\n" + "".join(f"{line}\r\n" for line in lines) + "!"
    octets = body.encode("ascii")
    return octets + (f"{arc(octets):04X}\r\n".encode() if crc else b"\r\n")


def data_block(identification: str, lines: Sequence[Line]) -> bytes:
    """A readout of modes A and C: identification, STX, data sets, ETX and block check.

    IEC 62056-21 - §? (the check is the XOR of all bytes behind STX up to and with ETX).
    """
    guarded = "".join(f"{line}\r\n" for line in lines).encode("ascii") + b"!\r\n\x03"
    return f"/{identification}\r\n".encode("ascii") + b"\x02" + guarded + bytes([reduce(xor, guarded)])
