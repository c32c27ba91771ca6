"""KNXnet/IP frames and the group telegrams in them: octets in, who said what to which group out.

KNX System Specifications: KNXnet/IP Core 3/8/2, Tunnelling 3/8/4, Routing 3/8/5, EMI/IMI 3/6/3, Application
Layer 3/3/7 - §?. Nothing here makes a frame: a consumer's side has nothing to say on the bus.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple

from consumerapp.errors import ApduError, ConsumerAppError, FrameError, RefusalKind

HEADER_OCTETS = 6
_HEADER = b"\x06\x10"
"""Length of the header, version 1.0 of the protocol."""
MAX_FRAME_OCTETS = 512
"""A cEMI frame has at most 264 octets, and the header and the connection ten more."""


class Service(StrEnum):
    """What a telegram does with its group."""

    READ = "read"
    RESPONSE = "response"
    WRITE = "write"


class MessageCode(IntEnum):
    """Where a frame is on its way (EMI/IMI 3/6/3 - §?)."""

    REQUEST = 0x11
    INDICATION = 0x29
    CONFIRMATION = 0x2E


class AddressStyle(Enum):
    """How ETS prints group addresses; the address itself is one number of 16 bits."""

    FREE = 1
    TWO_LEVELS = 2
    THREE_LEVELS = 3


_GROUP = re.compile(r"(\d{1,5})(?:/(\d{1,4})(?:/(\d{1,3}))?)?", re.ASCII)
_INDIVIDUAL = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,3})", re.ASCII)


class GroupAddress(int):
    """A group address: 1/2/3, 1/515 or 2563 are the same."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> GroupAddress:
        """Read any of the three styles. Raises ConsumerAppError."""
        found = _GROUP.fullmatch(text.strip())
        if found is None:
            raise ConsumerAppError(f"{text.strip()[:20]!r} is no group address (want 1/2/3, 1/515 or 2563)")
        levels = [int(level) for level in found.groups() if level is not None]
        bounds = {1: (0xFFFF,), 2: (31, 0x7FF), 3: (31, 7, 255)}[len(levels)]
        if any(level > bound for level, bound in zip(levels, bounds, strict=True)) or not any(levels):
            raise ConsumerAppError(f"there is no group address {text.strip()[:20]}")
        if len(levels) == 3:
            return cls(levels[0] << 11 | levels[1] << 8 | levels[2])
        return cls(levels[0] << 11 | levels[1] if len(levels) == 2 else levels[0])

    def styled(self, style: AddressStyle) -> str:
        """As that style prints it."""
        match style:
            case AddressStyle.FREE:
                return str(int(self))
            case AddressStyle.TWO_LEVELS:
                return f"{self >> 11}/{self & 0x7FF}"
            case AddressStyle.THREE_LEVELS:
                return f"{self >> 11}/{self >> 8 & 7}/{self & 0xFF}"

    def __str__(self) -> str:
        return self.styled(AddressStyle.THREE_LEVELS)

    def __repr__(self) -> str:
        return f"GroupAddress({self})"


class IndividualAddress(int):
    """The address of a device: area, line, device."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> IndividualAddress:
        """Read `1.1.22`. Raises ConsumerAppError."""
        found = _INDIVIDUAL.fullmatch(text.strip())
        if found is not None:
            area, line, device = map(int, found.groups())
            if area <= 15 and line <= 15 and device <= 255:
                return cls(area << 12 | line << 8 | device)
        raise ConsumerAppError(f"{text.strip()[:20]!r} is no individual address (want 1.1.22)")

    def __str__(self) -> str:
        return f"{self >> 12}.{self >> 8 & 15}.{self & 0xFF}"

    def __repr__(self) -> str:
        return f"IndividualAddress({self})"


class GroupTelegram(NamedTuple):
    """One telegram to a group."""

    code: MessageCode
    source: IndividualAddress
    group: GroupAddress
    service: Service
    data: bytes = b""
    """Empty where the value is small, or where there is none (a read)."""
    small: int | None = None
    """A value of up to six bits, sent beside the service code."""
    is_secured: bool = False
    """It came by KNX Data Secure, and its key opened it."""

    @property
    def octets(self) -> bytes:
        """The value, a small one as one octet."""
        return self.data if self.small is None else bytes((self.small,))


class SecuredTelegram(NamedTuple):
    """A telegram under KNX Data Secure: only a keyring opens it."""

    code: MessageCode
    source: IndividualAddress
    group: GroupAddress


_TO_GROUP = 0x80
_DATA_UNNUMBERED = 0x00
_APCI_SERVICES = {0x000: Service.READ, 0x040: Service.RESPONSE, 0x080: Service.WRITE}
_APCI_SERVICE_BITS, _APCI_VALUE_BITS = 0x3C0, 0x03F
_APCI_SECURE = 0x3F1


def parse_cemi(octets: bytes) -> GroupTelegram | SecuredTelegram | None:
    """The group telegram of a cEMI frame; None: it is none. Never raises anything but DecodeError."""
    if not octets:
        raise ApduError("an empty cEMI frame", RefusalKind.TRUNCATED)
    try:
        code = MessageCode(octets[0])
    except ValueError:
        return None  # L_Raw, L_Busmon, management of the device: no link layer data.
    if len(octets) < 2 or len(octets) < 10 + octets[1]:
        raise ApduError(f"a cEMI frame of {len(octets)} octets", RefusalKind.TRUNCATED)
    frame = octets[2 + octets[1] :]
    to_group = frame[1] & _TO_GROUP
    source = IndividualAddress(int.from_bytes(frame[2:4], "big"))
    group = GroupAddress(int.from_bytes(frame[4:6], "big"))
    length, transport = frame[6], frame[7:]
    if length + 1 != len(transport):
        raise ApduError(
            f"{len(transport)} octets of data, the frame says {length + 1}", RefusalKind.MALFORMED
        )
    # Group 0/0/0 is the broadcast of management; anything but plain unnumbered data is a connection.
    if not to_group or not group or transport[0] & 0xFC != _DATA_UNNUMBERED or length == 0:
        return None
    apci = (transport[0] & 0x03) << 8 | transport[1]
    if apci == _APCI_SECURE:
        return SecuredTelegram(code, source, group)
    service = _APCI_SERVICES.get(apci & _APCI_SERVICE_BITS)
    if service is None:
        return None
    if service is Service.READ:
        return GroupTelegram(code, source, group, service)
    if length == 1:
        return GroupTelegram(code, source, group, service, small=apci & _APCI_VALUE_BITS)
    return GroupTelegram(code, source, group, service, data=bytes(transport[2:]))


_CONNECTION_HEADER_OCTETS = 4


def parse_frame(octets: bytes) -> GroupTelegram | SecuredTelegram | None:
    """The group telegram of one KNXnet/IP frame; None: it carries none.

    Never raises anything but DecodeError.
    """
    if len(octets) < HEADER_OCTETS or octets[:2] != _HEADER:
        raise FrameError("no header of KNXnet/IP 1.0", RefusalKind.MALFORMED)
    length = int.from_bytes(octets[4:6], "big")
    if length != len(octets):
        kind = RefusalKind.TRUNCATED if length > len(octets) else RefusalKind.MALFORMED
        raise FrameError(f"{len(octets)} octets, the header says {length}", kind)
    body = octets[HEADER_OCTETS:]
    match int.from_bytes(octets[2:4], "big"):
        case 0x0420:  # tunnelling request
            if len(body) < _CONNECTION_HEADER_OCTETS or body[0] != _CONNECTION_HEADER_OCTETS:
                raise FrameError("no connection header", RefusalKind.MALFORMED)
            return parse_cemi(body[_CONNECTION_HEADER_OCTETS:])
        case 0x0530:  # routing indication
            return parse_cemi(body)
        case 0x0950:  # secure wrapper
            raise FrameError("a frame of KNX IP Secure", RefusalKind.NEEDS_KEY)
        case _:
            return None


def frames_in(recording: bytes) -> Iterator[tuple[int, bytes]]:
    """Frames that follow each other in a recording, with the place of each; noise between them is skipped."""
    position = 0
    while (position := recording.find(_HEADER, position)) >= 0:
        length = int.from_bytes(recording[position + 4 : position + 6], "big")
        if HEADER_OCTETS <= length <= MAX_FRAME_OCTETS:
            yield position, recording[position : position + length]
            position += length
        else:
            position += 1


def split_frames(octets: bytes) -> Iterator[bytes]:
    """What one datagram or line holds, frame by frame; a rest that is none comes as it is."""
    while True:
        length = int.from_bytes(octets[4:6], "big")
        if octets[:2] != _HEADER or not HEADER_OCTETS <= length < len(octets):
            yield octets
            return
        yield octets[:length]
        octets = octets[length:]
