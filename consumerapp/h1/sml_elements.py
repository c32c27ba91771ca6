"""SML's encoding: the TL field and the elements behind it (SML 1.04 - §?).

The first byte of a TL field says with bit 7 whether another follows, with bits 6 to 4 which type it is, and
with bits 3 to 0 how long; every further byte adds four bits of length. The length of a list counts its
elements, that of anything else its octets with those of the TL field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from consumerapp.errors import ApduError

if TYPE_CHECKING:
    from datetime import datetime

OCTET_STRING: Final = 0x00
BOOLEAN: Final = 0x40
SIGNED: Final = 0x50
UNSIGNED: Final = 0x60
LIST: Final = 0x70

ABSENT: Final = 0x01
"""The TL field of an octet string without octets: an optional element that is not there."""

_MORE = 0x80
_TYPE = 0x70
_NIBBLE = 0x0F

MAX_TL_BYTES: Final = 8
"""Four would do for any length that fits a frame; some encoders put zeros in front."""
MAX_INTEGER_BYTES: Final = 8

SIMPLE_LENGTH: Final = tuple(
    octet & _NIBBLE if octet & _NIBBLE and octet & 0xF0 in (OCTET_STRING, BOOLEAN, SIGNED, UNSIGNED) else 0
    for octet in range(256)
)
"""TL byte → length of the element where that byte says all; 0: lists, longer TL fields, reserved types."""


def read_tl(octets: bytes, place: int) -> tuple[int, int, int]:
    """Type, content length (octets, or elements of a list) and length of the TL field at `place`.

    Raises ApduError for reserved types and impossible lengths, IndexError behind the end.
    """
    octet = octets[place]
    kind = octet & _TYPE
    length = octet & _NIBBLE
    count = 1
    while octet & _MORE:
        octet = octets[place + count]
        if octet & _TYPE:
            raise ApduError(f"TL field continues with type bits at byte {place + count}")
        length = length << 4 | octet & _NIBBLE
        count += 1
        if count > MAX_TL_BYTES:
            raise ApduError(f"TL field longer than {MAX_TL_BYTES} bytes at byte {place}")
    if kind == LIST:
        return kind, length, count
    if kind not in (OCTET_STRING, BOOLEAN, SIGNED, UNSIGNED):
        raise ApduError(f"reserved element type {kind:02X} at byte {place}")
    if length < count:
        raise ApduError(f"element shorter than its own TL field at byte {place}")
    return kind, length - count, count


def skip(octets: bytes, place: int) -> int:
    """Where the element at `place` ends, whatever it is and however deep its lists are nested."""
    wanted = 1
    while wanted:
        length = SIMPLE_LENGTH[octets[place]]
        if length:
            place += length
        else:
            kind, length, count = read_tl(octets, place)
            place += count
            if kind == LIST:
                wanted += length
            else:
                place += length
        wanted -= 1
    return place


def read_list(octets: bytes, place: int, *lengths: int) -> tuple[int, int]:
    """The number of elements of the list at `place`, one of `lengths` if any are given, and its inside."""
    kind, length, count = read_tl(octets, place)
    if kind != LIST or (lengths and length not in lengths):
        wanted = " or ".join(map(str, lengths)) or "any number of"
        raise ApduError(f"want a list of {wanted} elements at byte {place}, found {octets[place]:02X}")
    return length, place + count


def read_octets(octets: bytes, place: int) -> tuple[bytes | None, int]:
    """The octet string at `place` (None: absent) and where it ends."""
    kind, length, count = read_tl(octets, place)
    if kind != OCTET_STRING:
        raise ApduError(f"want an octet string at byte {place}, found {octets[place]:02X}")
    place += count
    end = place + length
    return octets[place:end] if length else None, end


def read_unsigned(octets: bytes, place: int) -> tuple[int | None, int]:
    """The unsigned integer at `place` (None: absent) and where it ends."""
    if octets[place] == ABSENT:
        return None, place + 1
    kind, length, count = read_tl(octets, place)
    if kind != UNSIGNED or not 1 <= length <= MAX_INTEGER_BYTES:
        raise ApduError(f"want an unsigned integer at byte {place}, found {octets[place]:02X}")
    place += count
    return int.from_bytes(octets[place : place + length], "big"), place + length


class Number(NamedTuple):
    """An integer or truth value and how it was written."""

    value: int
    width: int
    """Octets it was sent in."""
    is_signed: bool


Content = Number | bytes | None
"""What an SML_Value holds: a number, octets, or nothing that we know."""


def read_value(octets: bytes, place: int) -> tuple[Content, int]:
    """The SML_Value at `place` and where it ends. Lists (SML 1.05 - §?) are skipped."""
    kind, length, count = read_tl(octets, place)
    if kind == LIST:
        return None, skip(octets, place)
    place += count
    end = place + length
    content = octets[place:end]
    if kind == OCTET_STRING:
        return content or None, end
    if kind == BOOLEAN:
        if length != 1:
            raise ApduError(f"truth value of {length} octets at byte {place}")
        return Number(int(content != b"\x00"), 1, False), end
    if not 1 <= length <= MAX_INTEGER_BYTES:
        raise ApduError(f"integer of {length} octets at byte {place}")
    is_signed = kind == SIGNED
    return Number(int.from_bytes(content, "big", signed=is_signed), length, is_signed), end


class SmlTime(NamedTuple):
    """When, by the meter's clock."""

    seconds: int
    is_wall_clock: bool
    """True: seconds since 1970 UTC. False: seconds of operation, which say nothing about the date."""


_EARLIEST_S = 1_230_768_000  # 2009: the first meters that push SML
_LATEST_S = 4_102_444_800  # 2100


def wall_clock(seconds: int) -> datetime | None:
    """A meter's seconds since 1970 as an instant; None: no meter can mean that."""
    if not _EARLIEST_S <= seconds < _LATEST_S:
        return None
    from datetime import UTC, datetime  # noqa: PLC0415 - few meters send a wall clock

    return datetime.fromtimestamp(seconds, UTC)


_SECONDS_INDEX, _TIMESTAMP, _LOCAL_TIMESTAMP = 1, 2, 3


def read_time(octets: bytes, place: int) -> tuple[SmlTime | None, int]:
    """The SML_Time at `place` (None: absent, or of an unknown kind) and where it ends.

    Choices: 1 seconds of operation, 2 time stamp, 3 time stamp with the offsets of zone and season, which
    lead from it to local time and are not needed here. Holley sends a bare number instead of a choice.
    """
    tl = octets[place]
    if tl == ABSENT:
        return None, place + 1
    if tl & _TYPE == UNSIGNED:
        seconds, end = read_unsigned(octets, place)
        return SmlTime(seconds or 0, False), end
    if tl & _TYPE != LIST:
        raise ApduError(f"want a time at byte {place}, found {tl:02X}")
    _, inside = read_list(octets, place, 2)
    choice, inside = read_unsigned(octets, inside)
    if choice == _LOCAL_TIMESTAMP and octets[inside] & _TYPE == LIST:
        _, moment = read_list(octets, inside, 3)
        seconds, _ = read_unsigned(octets, moment)
        end = skip(octets, inside)
    elif choice in (_SECONDS_INDEX, _TIMESTAMP, _LOCAL_TIMESTAMP):
        seconds, end = read_unsigned(octets, inside)
    else:
        return None, skip(octets, inside)
    return (None if seconds is None else SmlTime(seconds, choice != _SECONDS_INDEX)), end
