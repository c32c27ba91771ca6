"""M-Bus long frames that carry DLMS (EN 13757-2, EN 13757-3 - §?; layout as in the Austrian operators'
papers).

    68 L L 68 | C A CI STSAP DTSAP | part of an APDU | checksum 16

L counts from C to before the checksum, which is the sum of those octets modulo 256. CI is 000 F SSSS:
F is set in the last segment, SSSS counts from 0. One octet cannot say 256 and more: a Sagemcom meter
sends 257 octets under `68 01 01 68`, so an L too small to hold a header is also read as L + 256.
"""

from __future__ import annotations

from typing import Final

from consumerapp.errors import RefusalKind
from consumerapp.h1.dlms_frames import Answer, Broken, Incomplete, Whole

START: Final = 0x68
STOP: Final = 0x16
_HEADER: Final = 5
"""C, A, CI, STSAP, DTSAP."""

_OVERFLOW_BELOW: Final = 8
"""An L below this holds no APDU: either the field overflowed or the frame is not ours."""

_FINAL: Final = 0x10
_SEQUENCE: Final = 0x0F


def read_frame(buffer: bytes, at: int, *, ended: bool = False) -> Answer:
    """The long frame whose first start octet stands at `at`. `ended`: no more octets will come."""
    size = len(buffer)
    if size < at + 4:
        return None if ended else Incomplete(at + 4, convincing=False)
    length = buffer[at + 1]
    if buffer[at + 3] != START or buffer[at + 2] != length:
        return None
    end = at + 4 + length + 2
    if size < end:
        return Incomplete(end)
    if _is_right(buffer, at, length):
        return _whole(buffer, at, length)
    if length < _OVERFLOW_BELOW:
        length += 256
        end = at + 4 + length + 2
        if size < end:
            return Incomplete(end)
        if _is_right(buffer, at, length):
            return _whole(buffer, at, length)
    if buffer[end - 1] != STOP:
        return Broken(
            at + 1, RefusalKind.TRUNCATED, f"no stop octet behind the {length} octets of an M-Bus frame"
        )
    return Broken(at + 1, RefusalKind.CHECKSUM, f"M-Bus checksum wrong over {length} octets")


def _is_right(buffer: bytes, at: int, length: int) -> bool:
    end = at + 4 + length
    return buffer[end + 1] == STOP and sum(buffer[at + 4 : end]) & 0xFF == buffer[end]


def _whole(buffer: bytes, at: int, length: int) -> Answer:
    end = at + 4 + length + 2
    if length <= _HEADER:
        return Broken(end, RefusalKind.UNSUPPORTED, f"an M-Bus frame of {length} octets carries no DLMS")
    control_information = buffer[at + 6]
    if control_information & 0xE0:
        return Broken(end, RefusalKind.UNSUPPORTED, f"M-Bus CI {control_information:02X} is not DLMS")
    return Whole(
        end,
        buffer[at + 4 + _HEADER : at + 4 + length],
        not control_information & _FINAL,
        control_information & _SEQUENCE,
        buffer[at + 7 : at + 9],
    )
