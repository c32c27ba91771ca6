"""SML encoder: what a meter pushes over its optical port (BSI TR-03109-1 Anlage IV - §?, SML 1.04).

Three layers, each usable by itself, so that tests can build what no meter should send:

    elements   `octet_string` `unsigned` `signed` `boolean` `list_of` `optional` and the times
    messages   `message` with its checksum; `open_response` `list_response` `close_response` and others
    transport  `transport`: start, escapes, fill bytes, end, checksum

`telegram` puts them together: one frame out of a list of `ListEntry`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from consumerapp.h1.checksums import kermit, x25
from consumerapp.readings import Obis

ESCAPE = b"\x1b\x1b\x1b\x1b"
START = ESCAPE + b"\x01\x01\x01\x01"
ABSENT = b"\x01"
END_OF_MESSAGE = b"\x00"

_OCTET_STRING = 0x00
_BOOLEAN = 0x40
_SIGNED = 0x50
_UNSIGNED = 0x60
_LIST = 0x70

DEFAULT_LIST_NAME = bytes.fromhex("0100620affff")


class ChecksumForm(StrEnum):
    """Which checksum a meter computes and in which order it sends the two bytes."""

    X25 = "x25"
    """CRC-16/X-25, low byte first: the standard's."""
    KERMIT_HIGH_FIRST = "kermit_high_first"
    KERMIT_LOW_FIRST = "kermit_low_first"

    def of(self, octets: bytes) -> bytes:
        """The two checksum bytes over `octets` as this form puts them on the wire."""
        match self:
            case ChecksumForm.X25:
                return x25(octets).to_bytes(2, "little")
            case ChecksumForm.KERMIT_HIGH_FIRST:
                return kermit(octets).to_bytes(2, "big")
            case ChecksumForm.KERMIT_LOW_FIRST:
                return kermit(octets).to_bytes(2, "little")


# ---------------------------------------------------------------- elements


def type_length(type_bits: int, length: int, *, extra_bytes: int = 0) -> bytes:
    """A TL field: `length` is the count of elements for a list, else of octets without the TL field.

    `extra_bytes` lengthens it with leading zero nibbles beyond what is needed; a decoder has to cope.
    """
    count = 1 + extra_bytes
    while True:
        total = length if type_bits == _LIST else length + count
        if total < 16**count:
            break
        count += 1
    nibbles = [total >> 4 * place & 0x0F for place in reversed(range(count))]
    octets = [0x80 | nibble for nibble in nibbles]
    octets[-1] &= 0x7F
    octets[0] |= type_bits
    return bytes(octets)


def octet_string(octets: bytes) -> bytes:
    """Octets of any length; none at all is the same as an absent element."""
    return type_length(_OCTET_STRING, len(octets)) + octets


def unsigned(number: int, width: int) -> bytes:
    """An unsigned integer in `width` bytes (1 to 8)."""
    return type_length(_UNSIGNED, width) + number.to_bytes(width, "big")


def signed(number: int, width: int) -> bytes:
    """A signed integer in `width` bytes (1 to 8)."""
    return type_length(_SIGNED, width) + number.to_bytes(width, "big", signed=True)


def boolean(truth: bool) -> bytes:
    """A truth value; true is FF, as most meters send it."""
    return type_length(_BOOLEAN, 1) + (b"\xff" if truth else b"\x00")


def list_of(*elements: bytes) -> bytes:
    """A list of encoded elements."""
    return type_length(_LIST, len(elements)) + b"".join(elements)


def optional(element: bytes | None) -> bytes:
    """The element, or the mark of an absent one."""
    return ABSENT if element is None else element


def seconds_index(seconds: int) -> bytes:
    """SML_Time, choice 1: seconds that the meter has been running. No wall clock."""
    return list_of(unsigned(1, 1), unsigned(seconds, 4))


def timestamp(unix_s: int) -> bytes:
    """SML_Time, choice 2: seconds since 1970 UTC."""
    return list_of(unsigned(2, 1), unsigned(unix_s, 4))


def local_timestamp(unix_s: int, offset_min: int, season_min: int) -> bytes:
    """SML_Time, choice 3: a time stamp with the offsets of zone and season in minutes (SML 1.04 - §?)."""
    moments = list_of(unsigned(unix_s, 4), signed(offset_min, 2), signed(season_min, 2))
    return list_of(unsigned(3, 1), moments)


def bare_time(seconds: int) -> bytes:
    """A time without its choice, as Holley meters send it."""
    return unsigned(seconds, 4)


# ---------------------------------------------------------------- messages


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One row of a GetList response."""

    obis: Obis
    value: int | bytes | bool | None
    """None: the meter sends the row without a value."""
    unit: int | None = None
    """COSEM unit: 27 W, 30 Wh …; None: absent."""
    scaler: int | None = None
    """value × 10^scaler; None: absent."""
    status: int | None = None
    status_width: int = 4
    """Bytes of the status word."""
    time: bytes | None = None
    """An encoded SML_Time."""
    width: int | None = None
    """Bytes of an integer value; None: 8."""
    is_signed: bool = True
    """Whether an integer value is sent as a signed one."""
    signature: bytes | None = None

    def encoded(self) -> bytes:
        """The row as SML_ListEntry."""
        return list_of(
            octet_string(self.obis.to_bytes()),
            optional(None if self.status is None else unsigned(self.status, self.status_width)),
            optional(self.time),
            optional(None if self.unit is None else unsigned(self.unit, 1)),
            optional(None if self.scaler is None else signed(self.scaler, 1)),
            self._encoded_value(),
            optional(None if self.signature is None else octet_string(self.signature)),
        )

    def _encoded_value(self) -> bytes:
        match self.value:
            case None:
                return ABSENT
            case bool():
                return boolean(self.value)
            case bytes():
                return octet_string(self.value)
            case int():
                return (signed if self.is_signed else unsigned)(self.value, self.width or 8)


def message(
    transaction_id: bytes,
    tag: int,
    content: bytes,
    *,
    tag_width: int = 2,
    group: int = 0,
    abort_on_error: int = 0,
    checksum: ChecksumForm = ChecksumForm.X25,
    trim_checksum: bool = False,
    damage: int = 0,
) -> bytes:
    """One SML_Message. `trim_checksum` drops a leading zero of the checksum; `damage` is XORed into it."""
    body = list_of(unsigned(tag, tag_width), content)
    head = type_length(_LIST, 6) + octet_string(transaction_id)
    checked = head + unsigned(group, 1) + unsigned(abort_on_error, 1) + body
    sum_sent = int.from_bytes(checksum.of(checked), "big") ^ damage
    width = 1 if trim_checksum and sum_sent < 0x100 else 2
    return checked + unsigned(sum_sent, width) + END_OF_MESSAGE


def open_response(server_id: bytes, file_id: bytes, *, time: bytes | None = None) -> bytes:
    """Content of a PublicOpen response: codepage, client, file, server, time, version."""
    return list_of(ABSENT, ABSENT, octet_string(file_id), octet_string(server_id), optional(time), ABSENT)


def list_response(
    server_id: bytes,
    entries: Sequence[ListEntry],
    *,
    list_name: bytes = DEFAULT_LIST_NAME,
    sensor_time: bytes | None = None,
    signature: bytes | None = None,
    gateway_time: bytes | None = None,
) -> bytes:
    """Content of a GetList response: client, server, list name, time, rows, signature, gateway time."""
    return list_of(
        ABSENT,
        octet_string(server_id),
        octet_string(list_name),
        optional(sensor_time),
        list_of(*(entry.encoded() for entry in entries)),
        optional(None if signature is None else octet_string(signature)),
        optional(gateway_time),
    )


def close_response(signature: bytes | None = None) -> bytes:
    """Content of a PublicClose response: the signature over the file, mostly absent."""
    return list_of(optional(None if signature is None else octet_string(signature)))


def attention_response(server_id: bytes, number: int) -> bytes:
    """Content of an Attention response with the number 81 81 C7 C7 xx xx."""
    code = bytes.fromhex("8181c7c7") + number.to_bytes(2, "big")
    return list_of(octet_string(server_id), octet_string(code), ABSENT, ABSENT)


OPEN_RESPONSE = 0x0101
CLOSE_RESPONSE = 0x0201
LIST_RESPONSE = 0x0701
ATTENTION_RESPONSE = 0xFF01


# ---------------------------------------------------------------- transport


def escaped(payload: bytes) -> bytes:
    """Every quadruple of 1B doubled."""
    return payload.replace(ESCAPE, ESCAPE + ESCAPE)


def transport(
    payload: bytes,
    *,
    checksum: ChecksumForm = ChecksumForm.X25,
    fill: bool = True,
    damage: int = 0,
) -> bytes:
    """An SML transport frame, version 1: start, escaped payload, fill bytes, end, checksum.

    `fill=False` leaves the end off the four-byte grid; `damage` is XORed into the checksum.
    """
    wire = escaped(payload)
    missing = -len(wire) % 4 if fill else 0
    checked = START + wire + bytes(missing) + ESCAPE + bytes((0x1A, missing))
    sum_sent = int.from_bytes(checksum.of(checked), "big") ^ damage
    return checked + sum_sent.to_bytes(2, "big")


def telegram(
    server_id: bytes,
    entries: Sequence[ListEntry],
    *,
    sensor_time: bytes | None = None,
    number: int = 1,
    list_name: bytes = DEFAULT_LIST_NAME,
    tag_width: int = 2,
    checksum: ChecksumForm = ChecksumForm.X25,
    trim_checksum: bool = False,
    id_width: int = 2,
) -> bytes:
    """One whole frame: open, list, close, as a meter pushes it every second or so.

    `number` is the transaction id of the first message in `id_width` bytes; the others count on from it.
    """
    ids = [(number + place & (1 << 8 * id_width) - 1).to_bytes(id_width, "big") for place in range(3)]
    contents = (
        (OPEN_RESPONSE, open_response(server_id, ids[0])),
        (LIST_RESPONSE, list_response(server_id, entries, list_name=list_name, sensor_time=sensor_time)),
        (CLOSE_RESPONSE, close_response()),
    )
    payload = b"".join(
        message(
            transaction_id,
            tag,
            content,
            tag_width=tag_width,
            checksum=checksum,
            trim_checksum=trim_checksum,
        )
        for transaction_id, (tag, content) in zip(ids, contents, strict=True)
    )
    return transport(payload, checksum=checksum)
