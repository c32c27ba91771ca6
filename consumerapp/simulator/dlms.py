"""DLMS push encoder: A-XDR data, the body shapes of the field, notifications. Framings are in `dlms_frames`.

octets("…"), u32(1), structure(…)      data with their tags
Register(code, u32(412), 0, 27)        a value with its scaler and unit
coded_array, flat_pairs, object_list   bodies, by the letters of `consumerapp.h1.dlms_body`
notification(body, clock=…)            the APDU
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consumerapp.readings import Obis
from consumerapp.simulator.dlms_frames import length_field

NULL = b"\x00"

# ---------------------------------------------------------------- data


def octets(value: bytes | str | Obis) -> bytes:
    """An octet-string: octets, an ASCII text, or a code."""
    if isinstance(value, Obis):
        value = value.to_bytes()
    elif isinstance(value, str):
        value = value.encode("ascii")
    return b"\x09" + length_field(len(value)) + value


def visible(text: str) -> bytes:
    """A visible-string."""
    return b"\x0a" + length_field(len(text)) + text.encode("latin-1")


def utf8(text: str) -> bytes:
    """A UTF-8 string."""
    return b"\x0c" + length_field(len(text.encode())) + text.encode()


def i8(value: int) -> bytes:
    """An 8-bit integer."""
    return b"\x0f" + value.to_bytes(1, "big", signed=True)


def i16(value: int) -> bytes:
    """A 16-bit integer."""
    return b"\x10" + value.to_bytes(2, "big", signed=True)


def i32(value: int) -> bytes:
    """A 32-bit integer."""
    return b"\x05" + value.to_bytes(4, "big", signed=True)


def i64(value: int) -> bytes:
    """A 64-bit integer."""
    return b"\x14" + value.to_bytes(8, "big", signed=True)


def u8(value: int) -> bytes:
    """An 8-bit unsigned integer."""
    return b"\x11" + value.to_bytes(1, "big")


def u16(value: int) -> bytes:
    """A 16-bit unsigned integer."""
    return b"\x12" + value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """A 32-bit unsigned integer."""
    return b"\x06" + value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """A 64-bit unsigned integer."""
    return b"\x15" + value.to_bytes(8, "big")


def boolean(value: bool) -> bytes:
    """A truth value."""
    return bytes((0x03, int(value)))


def enum(value: int) -> bytes:
    """An enumeration."""
    return bytes((0x16, value))


def float32(value: float) -> bytes:
    """A single-precision number."""
    return b"\x17" + struct.pack(">f", value)


def float64(value: float) -> bytes:
    """A double-precision number."""
    return b"\x18" + struct.pack(">d", value)


def bit_string(bits: str) -> bytes:
    """A bit-string of `0` and `1`."""
    padded = bits.ljust((len(bits) + 7) // 8 * 8, "0")
    return b"\x04" + length_field(len(bits)) + int(padded or "0", 2).to_bytes(len(padded) // 8, "big")


def structure(*elements: bytes) -> bytes:
    """A structure."""
    return b"\x02" + length_field(len(elements)) + b"".join(elements)


def array(*elements: bytes) -> bytes:
    """An array."""
    return b"\x01" + length_field(len(elements)) + b"".join(elements)


def compact_array(description: bytes, contents: Iterable[bytes]) -> bytes:
    """A compact array; `contents` are values without their tags."""
    content = b"".join(contents)
    return b"\x13" + description + length_field(len(content)) + content


def scaler_unit(scaler: int, unit: int) -> bytes:
    """Scaler and COSEM unit code."""
    return structure(i8(scaler), enum(unit))


def date_time(instant: datetime, *, deviation_min: int | None = None, status: int = 0x00) -> bytes:
    """The twelve octets of an aware instant's wall clock; `deviation_min` None: the instant's own zone.

    UTC − local, in minutes; -0x8000 says that the meter does not tell it.
    """
    if deviation_min is None:
        offset = instant.utcoffset()
        if offset is None:
            raise ValueError("an aware instant is needed")
        deviation_min = -int(offset.total_seconds() // 60)
    return (
        instant.year.to_bytes(2, "big")
        + bytes(
            (
                instant.month,
                instant.day,
                instant.isoweekday(),
                instant.hour,
                instant.minute,
                instant.second,
                0xFF,
            )
        )
        + deviation_min.to_bytes(2, "big", signed=True)
        + bytes((status,))
    )


# ---------------------------------------------------------------- bodies


@dataclass(frozen=True, slots=True)
class Register:
    """One value with its code; `unit` None where the meter sends no scaler."""

    code: Obis
    value: bytes
    """A datum with its tag."""
    scaler: int = 0
    unit: int | None = None
    """COSEM unit code."""

    @property
    def triple(self) -> tuple[bytes, ...]:
        """Code, value and, where there is one, scaler and unit."""
        pair = (octets(self.code), self.value)
        return pair if self.unit is None else (*pair, scaler_unit(self.scaler, self.unit))


def coded_array(registers: Sequence[Register]) -> bytes:
    """Shape A."""
    return array(*(structure(*register.triple) for register in registers))


def coded_structure(registers: Sequence[Register]) -> bytes:
    """Shape B."""
    return structure(*(structure(*register.triple) for register in registers))


def flat(
    registers: Sequence[Register], *, before: Sequence[bytes] = (), behind: Sequence[bytes] = ()
) -> bytes:
    """Shapes C and D: everything in one structure."""
    return structure(*before, *(part for register in registers for part in register.triple), *behind)


def object_list(registers: Sequence[Register], *, push_setup: Obis | None = None) -> bytes:
    """Shape F: the push object list, which names itself first, then the values."""
    setup = push_setup or Obis(0, 6, 25, 9, 0)
    entries = [push_object(40, setup, 2)]
    for register in registers:
        interface_class = (
            8 if register.code.c == 1 and register.code.a == 0 else 3 if register.code.a == 1 else 1
        )
        entries.append(push_object(interface_class, register.code, 2))
    return structure(array(*entries), *(register.value for register in registers))


def push_object(interface_class: int, code: Obis, attribute: int, element: int = 0) -> bytes:
    """One entry of a push object list."""
    return structure(u16(interface_class), octets(code), i8(attribute), u16(element))


def descriptors(registers: Sequence[Register], *, kind: int = 1) -> bytes:
    """Shape G: attribute descriptors without tags, as some meters send them."""
    elements = b""
    for register in registers:
        interface_class = 3 if register.code.a == 1 else 1
        name = interface_class.to_bytes(2, "big") + register.code.to_bytes() + b"\x02"
        elements += b"\x02\x02" + name + register.value
    return b"\x02\x02\x16" + bytes((kind,)) + b"\x01" + length_field(len(registers)) + elements


def with_swapped_names(body: bytes) -> bytes:
    """The body with `06 09` for `09 06` before codes of medium 1, as some L+G meters send it."""
    return body.replace(b"\x02\x03\x09\x06\x01", b"\x02\x03\x06\x09\x01")


# ---------------------------------------------------------------- APDUs


class ClockForm(StrEnum):
    """How a notification carries its date-time."""

    LENGTH = "0C"
    """Length and twelve octets: the normative form."""
    TAGGED = "09 0C"
    """With the tag of an octet-string."""
    DATE_TIME = "19"
    """With the tag of a date-time."""


def notification(
    body: bytes,
    *,
    clock: bytes | None = None,
    form: ClockForm = ClockForm.LENGTH,
    invoke_id: int = 0x40000000,
) -> bytes:
    """A data-notification; `clock` None sends no date-time (`00`)."""
    head = b"\x0f" + invoke_id.to_bytes(4, "big")
    if clock is None:
        return head + b"\x00" + body
    return head + bytes.fromhex(form.value) + clock + body


def event_notification(
    code: Obis, value: bytes, *, interface_class: int = 3, clock: bytes | None = None
) -> bytes:
    """An event-notification of one attribute."""
    time = b"\x00" if clock is None else b"\x01\x0c" + clock
    return b"\xc2" + time + interface_class.to_bytes(2, "big") + code.to_bytes() + b"\x02" + value
