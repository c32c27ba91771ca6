"""An SML file: the messages of one frame (SML 1.04 - §?).

    76 { transactionId octets, groupNo u8, abortOnError u8, 72 { tag, content }, checksum u16, 00 }

Every message carries a checksum of its own, and every one has to be right before a single value counts.
Meters use CRC-16/X-25, low byte first; some of Holley CRC-16/Kermit in either order. Checksums are compared
as numbers, so one that lost its leading zero (ISKRA MT691) is right.
"""

from __future__ import annotations

from binascii import crc_hqx
from enum import Enum
from typing import Final, NamedTuple

from consumerapp.errors import ApduError, FrameError
from consumerapp.h1.checksums import BIT_REVERSED
from consumerapp.h1.sml_elements import (
    LIST,
    SIMPLE_LENGTH,
    UNSIGNED,
    SmlTime,
    read_list,
    read_octets,
    read_time,
    read_unsigned,
    skip,
)
from consumerapp.h1.sml_rows import RowReader, Rows
from consumerapp.h1.sml_transport import END_BYTES

MESSAGE_TL: Final = 0x76
_BODY_TL = 0x72
_SUM_16 = 0x63
_END_OF_MESSAGE = 0x00

OPEN_RESPONSE: Final = 0x0101
LIST_RESPONSE: Final = 0x0701
ATTENTION_RESPONSE: Final = 0xFF01


_USUAL_HEAD = b"\x62\x00\x62\x00\x72\x63"
"""Group 0, no abort, a body with a tag of two bytes."""
_USUAL_LIST = b"\x77\x01\x0b"
"""Seven elements, no client, a server id of ten octets."""
_SECONDS_INDEX = b"\x72\x62\x01"
_SECONDS_OF_OPERATION = SmlTime(0, False)
"""Stands for any number of them: they say nothing."""
_UNSIGNED_CLOSE = b"\x71\x01"
"""Content of a close message without a signature."""
_NEITHER_SIGNATURE_NOR_TIME = b"\x01\x01"
_X25_REGISTER = 0xFFFF
_KERMIT_REGISTER = 0x0000


class SumForm(Enum):
    """How a meter computes and sends its checksums: first value of the register, order of the bytes."""

    X25 = (0xFFFF, "low byte first")
    KERMIT_LOW_FIRST = (0x0000, "low byte first")
    KERMIT_HIGH_FIRST = (0x0000, "high byte first")

    @property
    def register(self) -> int:
        """What the register begins with."""
        return _X25_REGISTER if self is SumForm.X25 else _KERMIT_REGISTER

    def sent(self, register: int) -> int:
        """The sum as it stands in the mirrored frame, high byte first, when the register ends like this."""
        if self is SumForm.X25:
            return register ^ 0xFFFF
        if self is SumForm.KERMIT_LOW_FIRST:
            return register
        return (register & 0xFF) << 8 | register >> 8


KERMIT_FORMS: Final = (SumForm.KERMIT_HIGH_FIRST, SumForm.KERMIT_LOW_FIRST)


def kermit_form(mirrored: bytes) -> SumForm | None:
    """Which form of CRC-16/Kermit a frame has, its bytes mirrored; None: its checksum is wrong."""
    register = crc_hqx(mirrored[:-2], _KERMIT_REGISTER)
    sent = mirrored[-2] << 8 | mirrored[-1]
    for form in KERMIT_FORMS:
        if form.sent(register) == sent:
            return form
    return None


_new = tuple.__new__
"""Makes a NamedTuple without going through its Python-level constructor."""


class SensorList(NamedTuple):
    """One GetList response."""

    server_id: bytes | None
    """Of the list, or of the open message; None: neither has one."""
    time: SmlTime | None
    """Of the sensor; of the gateway only where the sensor has none."""
    rows: Rows


class SmlFile(NamedTuple):
    """What the messages of one frame said, every checksum right."""

    lists: list[SensorList]
    attention: bytes | None
    """Number of an attention message."""
    form: SumForm
    """Of the messages' checksums."""


def read_file(  # noqa: C901 - one pass over the frame; calls cost more than the work between them
    octets: bytes, mirrored: bytes, start: int, forms: tuple[SumForm, ...], reader: RowReader
) -> SmlFile:
    """The messages from `start` to the end sequence.

    `forms` are the ones that may occur; the first message settles which one it is for all.
    Raises FrameError for a wrong checksum, ApduError for anything else that is wrong, and IndexError or
    struct.error where an element runs over the end of the frame.
    """
    stop = len(octets) - END_BYTES
    register = _X25_REGISTER if forms[0] is SumForm.X25 else _KERMIT_REGISTER
    lists: list[SensorList] = []
    opened_at = -1
    attention: bytes | None = None
    place = start
    while place < stop:
        if octets[place] != MESSAGE_TL:
            if octets[place:stop].strip(b"\x00"):
                raise ApduError(f"want a message at byte {place}, found {octets[place]:02X}")
            break
        begin = place
        place += 1 + SIMPLE_LENGTH[octets[place + 1]]
        if octets.startswith(_USUAL_HEAD, place):
            tag = octets[place + 6] << 8 | octets[place + 7]
            place += 8
        else:
            tag, place = _head(octets, begin + 1)
        if tag == LIST_RESPONSE:
            sensor_list, place = _read_list_response(octets, place, reader)
            lists.append(sensor_list)
        elif octets.startswith(_UNSIGNED_CLOSE, place):
            place += 2
        else:
            if tag == OPEN_RESPONSE:
                opened_at = place
            elif tag == ATTENTION_RESPONSE:
                attention = _attention_number(octets, place)
            place = skip(octets, place)
        if place > stop:
            raise ApduError("a message runs over the end of its frame")
        summed = crc_hqx(mirrored[begin:place], register)
        if octets[place] == _SUM_16:
            sent = mirrored[place + 1] << 8 | mirrored[place + 2]
            place += 3
        else:
            sent, place = _unusual_sum(octets, place)
        if register == _KERMIT_REGISTER or summed ^ 0xFFFF != sent:
            forms = tuple(form for form in forms if form.sent(summed) == sent)[:1]
            if not forms:
                raise FrameError(f"checksum of the message at byte {begin} is wrong")
        if octets[place] != _END_OF_MESSAGE:
            raise ApduError(f"want the end of the message at byte {place}, found {octets[place]:02X}")
        place += 1
    for number, sensor_list in enumerate(lists):
        if sensor_list.server_id is None and opened_at >= 0:
            lists[number] = sensor_list._replace(server_id=_opener(octets, opened_at))
    return _new(SmlFile, (lists, attention, forms[0]))


def _head(octets: bytes, place: int) -> tuple[int, int]:
    """Tag of the message whose transaction id is at `place`, and where its content begins."""
    for _ in range(3):
        place = skip(octets, place)
    if octets[place] != _BODY_TL:
        raise ApduError(f"want a message body at byte {place}, found {octets[place]:02X}")
    tag, place = read_unsigned(octets, place + 1)
    if tag is None:
        raise ApduError(f"message without a tag at byte {place}")
    return tag, place


def _unusual_sum(octets: bytes, place: int) -> tuple[int, int]:
    """A checksum of one byte, or in a longer field: as it stands mirrored, and where it ends."""
    number, end = read_unsigned(octets, place)
    if number is None or number > 0xFFFF:
        raise ApduError(f"want a checksum at byte {place}, found {octets[place]:02X}")
    return BIT_REVERSED[number >> 8] << 8 | BIT_REVERSED[number & 0xFF], end


def _read_list_response(octets: bytes, place: int, reader: RowReader) -> tuple[SensorList, int]:
    """77 { clientId, serverId, listName, actSensorTime, valList, listSignature, actGatewayTime }."""
    if octets.startswith(_USUAL_LIST, place):
        server_id: bytes | None = octets[place + 3 : place + 13]
        place += 13
    else:
        _, place = read_list(octets, place, 7)
        server_id, place = read_octets(octets, skip(octets, place))
    length = SIMPLE_LENGTH[octets[place]]
    place = place + length if length else skip(octets, place)
    time: SmlTime | None = _SECONDS_OF_OPERATION
    length = SIMPLE_LENGTH[octets[place + 3]]
    if octets.startswith(_SECONDS_INDEX, place) and length and octets[place + 3] & 0xF0 == UNSIGNED:
        place += 3 + length
    else:
        time, place = read_time(octets, place)
    count = octets[place] - LIST
    if 0 < count < 16:
        place += 1
    else:
        count, place = read_list(octets, place)
    rows = reader.read(octets, place, count)
    place = rows.end
    if octets.startswith(_NEITHER_SIGNATURE_NOR_TIME, place):
        return _new(SensorList, (server_id, time, rows)), place + 2
    gateway_time, place = read_time(octets, skip(octets, place))
    return SensorList(server_id, time or gateway_time, rows), place


def _opener(octets: bytes, place: int) -> bytes | None:
    """Server id of 76 { codepage, clientId, reqFileId, serverId, refTime, smlVersion }."""
    _, place = read_list(octets, place, 6)
    for _ in range(3):
        place = skip(octets, place)
    return read_octets(octets, place)[0]


def _attention_number(octets: bytes, place: int) -> bytes | None:
    """Number of 74 { serverId, attentionNo, attentionMsg, attentionDetails }."""
    _, place = read_list(octets, place, 4)
    return read_octets(octets, skip(octets, place))[0]
