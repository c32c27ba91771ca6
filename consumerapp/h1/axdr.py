"""A-XDR: the encoding of COSEM data (IEC 62056-5-3 / DLMS UA Green Book ed. 9 - §?).

Every datum is a tag octet, a length where the type has none of its own, and the content. A tree of
`Data` keeps tag, value and the position of its content, so that a learned structure knows where
the numbers stand.

Never raises anything but ApduError; `AxdrTruncated` says how many octets would be needed.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from enum import IntEnum
from typing import Final, NamedTuple

from consumerapp.errors import ApduError, RefusalKind

MAX_DEPTH: Final = 12
"""Deepest nesting; real push bodies nest three or four levels, a profile buffer five."""

MAX_ELEMENTS: Final = 4096
"""Most data in one tree; the longest known push list has under 200."""

MAX_STRING_OCTETS: Final = 8192
"""Longest string; the longest known text is the 1024-character consumer message."""


class Tag(IntEnum):
    """Data type tags (DLMS UA Blue Book ed. 13 - §?)."""

    NULL = 0x00
    ARRAY = 0x01
    STRUCTURE = 0x02
    BOOLEAN = 0x03
    BIT_STRING = 0x04
    INT32 = 0x05
    UINT32 = 0x06
    OCTET_STRING = 0x09
    VISIBLE_STRING = 0x0A
    UTF8_STRING = 0x0C
    BCD = 0x0D
    INT8 = 0x0F
    INT16 = 0x10
    UINT8 = 0x11
    UINT16 = 0x12
    COMPACT_ARRAY = 0x13
    INT64 = 0x14
    UINT64 = 0x15
    ENUM = 0x16
    FLOAT32 = 0x17
    FLOAT64 = 0x18
    DATE_TIME = 0x19
    DATE = 0x1A
    TIME = 0x1B
    DONT_CARE = 0xFF


class AxdrTruncated(ApduError):
    """The octets end inside a datum."""

    kind = RefusalKind.TRUNCATED

    def __init__(self, needed: int) -> None:
        super().__init__(f"the data end early: at least {needed} octets are needed")
        self.needed = needed


class Data(NamedTuple):
    """One datum. `value` is an exact number, octets, text, or the elements of a collection."""

    tag: int
    value: int | Decimal | bytes | str | tuple[Data, ...] | None
    """None: null-data, don't-care, or a floating-point number that is none."""
    at: int
    """Position of its content, behind tag and length, in the octets that were read."""

    @property
    def number(self) -> int | Decimal | None:
        """The value when it is a number, else None."""
        value = self.value
        return value if isinstance(value, int | Decimal) else None

    @property
    def octets(self) -> bytes | None:
        """The value when it is an octet-string or a date or time, else None."""
        return self.value if isinstance(self.value, bytes) else None

    @property
    def elements(self) -> tuple[Data, ...]:
        """The elements of an array or structure; empty for anything else."""
        return self.value if isinstance(self.value, tuple) else ()


INTEGERS: Final = {
    Tag.INT8: (1, True),
    Tag.INT16: (2, True),
    Tag.INT32: (4, True),
    Tag.INT64: (8, True),
    Tag.UINT8: (1, False),
    Tag.UINT16: (2, False),
    Tag.UINT32: (4, False),
    Tag.UINT64: (8, False),
    Tag.ENUM: (1, False),
    Tag.BOOLEAN: (1, False),
}
"""Tag → (octets, signed) of every type whose content is a plain integer."""

_INTEGERS: dict[int, tuple[int, bool]] = {int(tag): layout for tag, layout in INTEGERS.items()}
_STRINGS: Final = frozenset((Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING))
_FIXED_OCTETS: dict[int, int] = {int(Tag.DATE_TIME): 12, int(Tag.DATE): 5, int(Tag.TIME): 4}
_COLLECTIONS: Final = frozenset((Tag.ARRAY, Tag.STRUCTURE))

TypeDescription = int | tuple["TypeDescription", ...]


def read_length(octets: bytes, at: int) -> tuple[int, int]:
    """A variable length: one octet below 0x80, else 0x81 to 0x84 and that many octets; (length, next)."""
    if at >= len(octets):
        raise AxdrTruncated(at + 1)
    first = octets[at]
    if first < 0x80:
        return first, at + 1
    width = first & 0x7F
    if not 1 <= width <= 4:
        raise ApduError(f"length octet {first:02X} announces {width} length octets")
    end = at + 1 + width
    if end > len(octets):
        raise AxdrTruncated(end)
    return int.from_bytes(octets[at + 1 : end], "big"), end


def read_data(octets: bytes, at: int = 0, *, swapped_names: bool = False) -> tuple[Data, int]:
    """The datum that begins at `at`, and the position behind it.

    `swapped_names`: a structure's first element `06 09 …` is read as the octet-string `09 06 …`.
    """
    reader = _Reader(octets, swapped_names)
    datum, end = reader.read(at, 0)
    return datum, end


class _Reader:
    """One pass over one tree, with its budget of elements."""

    __slots__ = ("budget", "octets", "swapped_names")

    def __init__(self, octets: bytes, swapped_names: bool) -> None:
        self.octets = octets
        self.swapped_names = swapped_names
        self.budget = MAX_ELEMENTS

    def read(self, at: int, depth: int) -> tuple[Data, int]:
        if at >= len(self.octets):
            raise AxdrTruncated(at + 1)
        return self.content(self.octets[at], at + 1, depth)

    def content(self, tag: int, at: int, depth: int) -> tuple[Data, int]:
        """The content of a datum of type `tag`, without its tag octet."""
        self.spend(1)
        layout = _INTEGERS.get(tag)
        if layout is not None:
            width, signed = layout
            end = self.need(at, width)
            return Data(tag, int.from_bytes(self.octets[at:end], "big", signed=signed), at), end
        if tag in _STRINGS:
            return self.string(tag, at)
        if tag in _COLLECTIONS:
            return self.collection(tag, at, depth)
        if tag in {Tag.NULL, Tag.DONT_CARE}:
            return Data(tag, None, at), at
        if tag in _FIXED_OCTETS:
            end = self.need(at, _FIXED_OCTETS[tag])
            return Data(tag, self.octets[at:end], at), end
        return self.rare(tag, at, depth)

    def rare(self, tag: int, at: int, depth: int) -> tuple[Data, int]:
        match tag:
            case Tag.FLOAT32:
                end = self.need(at, 4)
                return Data(tag, _decimal32(self.octets[at:end]), at), end
            case Tag.FLOAT64:
                end = self.need(at, 8)
                number = struct.unpack(">d", self.octets[at:end])[0]
                return Data(tag, _finite(repr(number)), at), end
            case Tag.BCD:
                end = self.need(at, 1)
                octet = self.octets[at]
                if octet >> 4 > 9 or octet & 15 > 9:
                    raise ApduError(f"BCD octet {octet:02X} has a digit above 9")
                return Data(tag, (octet >> 4) * 10 + (octet & 15), at), end
            case Tag.BIT_STRING:
                bits, at = self.bounded_length(at)
                end = self.need(at, (bits + 7) // 8)
                text = "".join(f"{octet:08b}" for octet in self.octets[at:end])[:bits]
                return Data(tag, text, at), end
            case Tag.COMPACT_ARRAY:
                return self.compact_array(at, depth)
            case _:
                raise ApduError(f"unknown data type {tag:02X} at octet {at - 1}")

    def string(self, tag: int, at: int) -> tuple[Data, int]:
        length, at = self.bounded_length(at)
        end = self.need(at, length)
        octets = self.octets[at:end]
        if tag == Tag.OCTET_STRING:
            return Data(tag, octets, at), end
        try:
            text = octets.decode("utf-8" if tag == Tag.UTF8_STRING else "latin-1")
        except UnicodeDecodeError as error:
            raise ApduError(f"a UTF-8 string of {length} octets is none") from error
        return Data(tag, text, at), end

    def collection(self, tag: int, at: int, depth: int) -> tuple[Data, int]:
        if depth >= MAX_DEPTH:
            raise ApduError(f"data nested deeper than {MAX_DEPTH}")
        count, at = read_length(self.octets, at)
        if count > self.budget:
            raise ApduError(f"{count} elements announced, {self.budget} are left of {MAX_ELEMENTS}")
        begin = at
        elements = []
        for number in range(count):
            if (
                self.swapped_names
                and not number
                and tag == Tag.STRUCTURE
                and self.octets[at : at + 2] == b"\x06\x09"
            ):
                end = self.need(at + 2, 6)
                element = Data(Tag.OCTET_STRING, self.octets[at + 2 : end], at + 2)
                at = end
            else:
                element, at = self.read(at, depth + 1)
            elements.append(element)
        return Data(tag, tuple(elements), begin), at

    def compact_array(self, at: int, depth: int) -> tuple[Data, int]:
        """Contents description, length in octets, then values without tags; read as an array."""
        description, at = self.description(at, depth)
        length, at = self.bounded_length(at)
        end = self.need(at, length)
        begin = at
        elements = []
        while at < end:
            element, behind = self.described(description, at, depth + 1)
            if behind == at:
                raise ApduError("a compact array of data without content")
            elements.append(element)
            at = behind
        if at != end:
            raise ApduError(f"a compact array of {length} octets ends inside an element")
        return Data(Tag.ARRAY, tuple(elements), begin), end

    def description(self, at: int, depth: int) -> tuple[TypeDescription, int]:
        """A type description: a tag; `02 n` and n descriptions; `01`, a count u16 and one description."""
        if depth >= MAX_DEPTH:
            raise ApduError(f"data nested deeper than {MAX_DEPTH}")
        self.spend(1)
        end = self.need(at, 1)
        tag = self.octets[at]
        if tag == Tag.STRUCTURE:
            count, at = read_length(self.octets, end)
            if count > self.budget:
                raise ApduError(f"a type description of {count} elements")
            parts: list[TypeDescription] = [int(Tag.STRUCTURE)]
            for _ in range(count):
                part, at = self.description(at, depth + 1)
                parts.append(part)
            return tuple(parts), at
        if tag == Tag.ARRAY:
            behind = self.need(end, 2)
            count = int.from_bytes(self.octets[end:behind], "big")
            part, at = self.description(behind, depth + 1)
            return (int(Tag.ARRAY), count, part), at
        return tag, end

    def described(self, description: TypeDescription, at: int, depth: int) -> tuple[Data, int]:
        """One value of a compact array, by its description."""
        if isinstance(description, int):
            return self.content(description, at, depth)
        self.spend(1)
        kind, *parts = description
        if kind == Tag.ARRAY:
            count, part = parts
            if not isinstance(count, int) or count > self.budget:
                raise ApduError(f"an array of {count} elements in a compact array")
            parts = [part] * count
        begin = at
        elements = []
        for part in parts:
            element, at = self.described(part, at, depth + 1)
            elements.append(element)
        assert isinstance(kind, int)
        return Data(kind, tuple(elements), begin), at

    def spend(self, elements: int) -> None:
        self.budget -= elements
        if self.budget < 0:
            raise ApduError(f"more than {MAX_ELEMENTS} data in one message")

    def need(self, at: int, count: int) -> int:
        end = at + count
        if end > len(self.octets):
            raise AxdrTruncated(end)
        return end

    def bounded_length(self, at: int) -> tuple[int, int]:
        length, at = read_length(self.octets, at)
        if length > MAX_STRING_OCTETS:
            raise ApduError(f"a string of {length} octets, {MAX_STRING_OCTETS} are allowed")
        return length, at


def _finite(text: str) -> Decimal | None:
    number = Decimal(text)
    return number if number.is_finite() else None


def _decimal32(octets: bytes) -> Decimal | None:
    """The shortest decimal that stands for this single-precision number: 230.1, not 230.100006…"""
    number = struct.unpack(">f", octets)[0]
    for digits in range(6, 10):
        text = f"{number:.{digits}g}"
        if struct.pack(">f", float(text)) == octets:
            return _finite(text)
    return _finite(repr(number))
