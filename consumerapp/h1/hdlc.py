"""HDLC frames as meters push them (IEC 62056-46 / DLMS UA Green Book ed. 9 - §?).

    7E | 1010 S LLLLLLLLLLL | destination | source | control | HCS | information | FCS | 7E

The length field counts the octets between the flags and rules: there is no octet stuffing and 7E may
stand inside. HCS and FCS are CRC-16/X-25, low octet first; a frame without information has no HCS.
Some converters stuff all the same (ISO/IEC 13239 - §?: 7D, then the octet xor 20): what fails by length
is tried as a stuffed frame, under the same checksums.
"""

from __future__ import annotations

from typing import Final

from consumerapp.errors import RefusalKind
from consumerapp.h1.checksums import x25_holds
from consumerapp.h1.dlms_frames import Answer, Broken, Incomplete, Whole

FLAG: Final = 0x7E
ESCAPE: Final = 0x7D

LLC_TO_CLIENT: Final = b"\xe6\xe7\x00"
LLC_TO_SERVER: Final = b"\xe6\xe6\x00"

_SHORTEST: Final = 7
"""Format, two addresses of one octet, control, FCS."""

_LONGEST_HEADER: Final = 13
"""Format, two addresses of four octets, control, HCS."""

_SEGMENTED: Final = 0x08


def read_frame(buffer: bytes, at: int, *, ended: bool = False) -> Answer:
    """The frame whose opening flag stands at `at`. `ended`: no more octets will come."""
    size = len(buffer)
    if size < at + 3:
        return None if ended else Incomplete(at + 3, convincing=False)
    if buffer[at + 1] & 0xF0 != 0xA0:
        return None
    length = (buffer[at + 1] & 0x07) << 8 | buffer[at + 2]
    if length < _SHORTEST:
        return Broken(at + 1, RefusalKind.MALFORMED, f"an HDLC frame of {length} octets")
    header = min(length, _LONGEST_HEADER)
    if size < at + 1 + header:
        return Incomplete(at + 1 + header, convincing=False)
    control = _control_position(buffer, at + 3, at + 1 + header)
    if control is None:
        if ESCAPE in buffer[at + 1 : at + 1 + header]:
            return _stuffed(buffer, at, ended)
        return Broken(at + 1, RefusalKind.MALFORMED, "HDLC addresses are neither of 1, 2 nor of 4 octets")
    has_information = control + 3 - (at + 1) != length
    if has_information and (control + 5 - (at + 1) > length or not x25_holds(buffer[at + 1 : control + 3])):
        if ESCAPE in buffer[at + 1 : at + 1 + header]:
            return _stuffed(buffer, at, ended)
        return Broken(at + 1, RefusalKind.CHECKSUM, "HDLC header checksum wrong")
    return _read_body(buffer, at, control, has_information, ended)


def _read_body(buffer: bytes, at: int, control: int, has_information: bool, ended: bool) -> Answer:
    """The rest of a frame whose header is right."""
    length = (buffer[at + 1] & 0x07) << 8 | buffer[at + 2]
    end = at + 1 + length
    if len(buffer) < end + 1:
        return Incomplete(end + 1)
    if buffer[end] == FLAG and x25_holds(buffer[at + 1 : end]):
        return _whole(buffer, at + 1, end, control, has_information)
    if ESCAPE in buffer[at + 1 : end] and FLAG not in buffer[at + 1 : end]:
        return _stuffed(buffer, at, ended)
    if buffer[end] != FLAG:
        return Broken(at + 1, RefusalKind.TRUNCATED, f"no flag behind the {length} octets of an HDLC frame")
    return Broken(at + 1, RefusalKind.CHECKSUM, f"HDLC frame checksum wrong over {length} octets")


def _whole(buffer: bytes, begin: int, end: int, control: int, has_information: bool) -> Whole:
    content = buffer[control + 3 : end - 2] if has_information else b""
    # The closing flag may be the next frame's opening flag, so it is not consumed.
    return Whole(end, content, bool(buffer[begin] & _SEGMENTED), None, buffer[begin + 2 : control])


def _control_position(buffer: bytes, at: int, limit: int) -> int | None:
    """Where the control octet stands, behind two addresses of one, two or four octets."""
    for _ in range(2):
        begin = at
        while at < limit and at - begin < 4 and not buffer[at] & 1:
            at += 1
        if at >= limit or at - begin in {2, 4}:
            return None
        at += 1
    return at if at < limit else None


def _stuffed(buffer: bytes, at: int, ended: bool) -> Answer:
    """The frame read the other way: up to the next flag, with its stuffing undone."""
    end = buffer.find(FLAG, at + 1, at + 1 + 2 * 0x7FF)
    if end < 0:
        if len(buffer) < at + 1 + 2 * 0x7FF and not ended:
            return Incomplete(len(buffer) + 1, convincing=False)
        return Broken(at + 1, RefusalKind.CHECKSUM, "HDLC checksum wrong and no closing flag")
    octets = _unstuff(buffer[at + 1 : end])
    if len(octets) >= _SHORTEST and (octets[0] & 0x07) << 8 | octets[1] == len(octets):
        control = _control_position(octets, 2, len(octets))
        if control is not None and x25_holds(octets):
            has_information = control + 3 != len(octets)
            if not has_information or x25_holds(octets[: control + 3]):
                return _whole(octets, 0, len(octets), control, has_information)._replace(end=end)
    return Broken(at + 1, RefusalKind.CHECKSUM, "HDLC checksum wrong, with and without octet stuffing")


def _unstuff(octets: bytes) -> bytes:
    first, *rest = octets.split(b"\x7d")
    return first + b"".join(bytes((part[0] ^ 0x20,)) + part[1:] for part in rest if part)
