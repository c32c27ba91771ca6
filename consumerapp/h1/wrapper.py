"""The DLMS wrapper for UDP and TCP (IEC 62056-47 / DLMS UA Green Book ed. 9 - §?).

    version 0001 | source wPort u16 | destination wPort u16 | length u16 | APDU

It has no checksum, so a header counts only when a push APDU stands behind it; whether that is one
is for the layer above to say, and the search goes on inside when it is not.
"""

from __future__ import annotations

from typing import Final

from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS, Answer, Incomplete, Whole

VERSION: Final = b"\x00\x01"
HEADER_OCTETS: Final = 8


def read_frame(buffer: bytes, at: int, first_octets: frozenset[int]) -> Answer:
    """The wrapped APDU whose version stands at `at`; `first_octets`: what an APDU may begin with."""
    if len(buffer) < at + HEADER_OCTETS + 1:
        return Incomplete(at + HEADER_OCTETS + 1, convincing=False)
    length = int.from_bytes(buffer[at + 6 : at + 8], "big")
    if not 0 < length <= MAX_MESSAGE_OCTETS or buffer[at + HEADER_OCTETS] not in first_octets:
        return None
    end = at + HEADER_OCTETS + length
    if len(buffer) < end:
        return Incomplete(end)
    return Whole(end, buffer[at + HEADER_OCTETS : end], False, None, buffer[at + 2 : at + 6])
