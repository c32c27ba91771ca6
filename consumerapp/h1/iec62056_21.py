"""IEC 62056-21 readouts ("D0"): modes A, C and D, on an optical head or a wire.

Mode D pushes by itself. Modes A and C answer a request, which is a write to the meter: a source sends it only
where somebody switched that on. The messages are made here, the port belongs to the source.
IEC 62056-21 - §? (protocol modes, messages, block check).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.readout import ReadoutDecoder
from consumerapp.h1.readout_content import ReadoutContent

REQUEST = b"/?!\r\n"
"""Ask whichever meter is there to identify itself, at 300 baud 7E1."""

BAUD_RATES = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200}
"""Identification character of mode C → baud rate. From memory, unverified (IEC 62056-21 - §?)."""

_IDENTIFICATION = re.compile(rb"/([A-Za-z]{3})([0-9A-Z])([^\r\n]{0,16})\r\n")


@dataclass(frozen=True, slots=True)
class Identification:
    """A meter's answer to the request."""

    maker: str
    """FLAG letters; a small third letter means that the meter answers fast."""
    baud_character: str
    """0 to 6 in mode C; a letter in mode B; mode A sends a character with no meaning."""
    text: str

    @property
    def baud_rate(self) -> int | None:
        """The speed mode C offers; None: the meter does not speak mode C."""
        return BAUD_RATES.get(self.baud_character)


def read_identification(octets: bytes) -> Identification | None:
    """The identification message at the start of `octets`; None: not whole yet, or something else."""
    found = _IDENTIFICATION.match(octets)
    if found is None:
        return None
    return Identification(found[1].decode(), found[2].decode(), found[3].decode("latin-1").strip())


def acknowledgement(baud_character: str) -> bytes:
    """Ask for the data at the speed the meter offered, mode C. Raises ConsumerAppError for an unknown one."""
    if baud_character not in BAUD_RATES:
        raise ConsumerAppError(f"mode C knows the speeds 0 to 6, not {baud_character[:1]!r}")
    return b"\x060" + baud_character.encode() + b"0\r\n"


def decoder(
    *, key: bytes | None = None, auth_key: bytes | None = None, profile: str | None = None
) -> ReadoutDecoder:
    """A fresh decoder of readouts. `key` and `auth_key` are of no use here and are ignored."""
    if profile is not None:
        raise ConsumerAppError(f"no profile {profile!r} for IEC 62056-21: a readout names its own units")
    return ReadoutDecoder(ReadoutContent())
