"""The shapes a notification body comes in, read into one list of items.

The standard leaves the body to the meter's configuration. Seen in the field:

    A  array of structures (code, value[, scaler and unit])
    B  structure of such structures, with clock and texts among them
    C  flat structure: code, value, scaler and unit, code, value …, a clock in front, an id behind
    D  flat structure: code, value, code, value …, no scalers
    E  values only; which is which is the meter type's secret (see `profile`)
    F  the push object list first, then one value for each of its entries
    G  array of structures (attribute descriptor without tags, value): not valid A-XDR

A code is an octet-string of six octets. Structure first, content never: no shape is taken from a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from consumerapp.errors import ApduError
from consumerapp.h1.axdr import AxdrTruncated, Data, Tag, read_data, read_length
from consumerapp.readings import Obis

CLOCK_CODE: Final = Obis(0, 0, 1, 0, 0)
_PUSH_LIST_ENTRY: Final = 4
_COLLECTIONS: Final = frozenset((Tag.ARRAY, Tag.STRUCTURE))

CLASS_DATA: Final = 1
CLASS_REGISTER: Final = 3
CLASS_EXTENDED_REGISTER: Final = 4
CLASS_DEMAND_REGISTER: Final = 5
CLASS_CLOCK: Final = 8

_VALUE_ATTRIBUTES: Final = {
    CLASS_DATA: (2,),
    CLASS_REGISTER: (2,),
    CLASS_EXTENDED_REGISTER: (2,),
    CLASS_DEMAND_REGISTER: (2,),
    CLASS_CLOCK: (2,),
}
"""Which attributes of an interface class are its value; other classes are taken by attribute 2.

A demand register's last average (attribute 3) has the code of its running one: it is left out."""

_SCALER_ATTRIBUTE: Final = {CLASS_REGISTER: 3, CLASS_EXTENDED_REGISTER: 3, CLASS_DEMAND_REGISTER: 4}
_CAPTURE_TIME_ATTRIBUTE: Final = {CLASS_EXTENDED_REGISTER: 5}


class Shape(StrEnum):
    """The body shapes, by their letters."""

    CODED_ARRAY = "A"
    CODED_STRUCTURE = "B"
    FLAT_SCALED = "C"
    FLAT_PAIRS = "D"
    POSITIONAL = "E"
    OBJECT_LIST = "F"
    DESCRIPTORS = "G"


class ScalerUnit(NamedTuple):
    """value = raw × 10^scaler in the unit of that COSEM code."""

    scaler: int
    unit: int


@dataclass(frozen=True, slots=True)
class Item:
    """One value with its code, and its scaler where the telegram carries it."""

    obis: Obis
    data: Data
    scaler_unit: ScalerUnit | None = None
    captured: bytes | None = None
    """When the value was captured (twelve octets), where it differs from the telegram's own time."""


@dataclass(frozen=True, slots=True)
class Body:
    """A body taken apart. `loose`: what has no code; for shape E that is everything."""

    shape: Shape
    items: tuple[Item, ...]
    loose: tuple[Data, ...] = ()


def read_body(octets: bytes, at: int) -> Body:
    """The body from `at` to the end of the octets. Raises ApduError, AxdrTruncated."""
    body, end = _read_body(octets, at, whole=True)
    if end != len(octets):
        raise ApduError(f"{len(octets) - end} octets behind the notification body")
    return body


def end_of_body(octets: bytes, at: int) -> int:
    """Where the body that begins at `at` ends, when nothing around it says so."""
    return _read_body(octets, at, whole=False)[1]


def _read_body(octets: bytes, at: int, *, whole: bool) -> tuple[Body, int]:
    if _looks_like_descriptors(octets, at):
        try:
            return _read_descriptors(octets, at)
        except AxdrTruncated:
            if not whole:
                raise
        except ApduError:
            pass  # the same octets may be valid A-XDR; the general way decides
    try:
        tree, end = read_data(octets, at)
        if whole and end != len(octets):
            raise ApduError(f"{len(octets) - end} octets behind the notification body")
    except ApduError as error:
        # Some L+G meters send `06 09` where an octet-string of six octets wants `09 06`.
        if b"\x06\x09" not in octets[at:] or (not whole and isinstance(error, AxdrTruncated)):
            raise
        tree, end = read_data(octets, at, swapped_names=True)
    return body_of(tree), end


def body_of(tree: Data) -> Body:
    """The body of a tree of valid A-XDR."""
    elements = tree.elements
    if tree.tag not in _COLLECTIONS:
        return Body(Shape.POSITIONAL, (), (tree,))
    if len(elements) == 1 and elements[0].tag in _COLLECTIONS and not is_coded(elements[0]):
        return body_of(elements[0])
    entries = [push_list_entry(entry) for entry in elements[0].elements] if elements else []
    if entries and elements[0].tag in _COLLECTIONS and None not in entries:
        return _by_object_list([entry for entry in entries if entry is not None], elements)
    if any(is_coded(element) for element in elements):
        return _coded(tree.tag, elements)
    return _flat(elements)


def code_of(data: Data) -> Obis | None:
    """The code this octet-string of six octets is; None: it is none."""
    if data.tag == Tag.OCTET_STRING and isinstance(data.value, bytes) and len(data.value) == 6:
        return Obis.from_bytes(data.value)
    return None


def is_coded(data: Data) -> bool:
    """Whether this is a structure (code, value[, …])."""
    elements = data.elements
    return data.tag == Tag.STRUCTURE and 2 <= len(elements) <= 5 and code_of(elements[0]) is not None


def scaler_unit_of(data: Data) -> ScalerUnit | None:
    """Scaler and unit `02 02 0F ss 16 uu`; None: this is something else."""
    elements = data.elements
    if data.tag != Tag.STRUCTURE or len(elements) != 2:
        return None
    scaler, unit = elements
    if scaler.tag != Tag.INT8 or unit.tag != Tag.ENUM:
        return None
    assert isinstance(scaler.value, int)
    assert isinstance(unit.value, int)
    return ScalerUnit(scaler.value, unit.value)


def _coded(tag: int, elements: Sequence[Data]) -> Body:
    items = []
    loose = []
    for element in elements:
        if not is_coded(element):
            loose.append(element)
            continue
        name, *rest = element.elements
        code = code_of(name)
        assert code is not None
        scalers = [found for found in map(scaler_unit_of, rest) if found is not None]
        value, *rest = [other for other in rest if scaler_unit_of(other) is None] or [name]
        if value is name:
            continue  # a scaler and no value
        times = [other.octets for other in rest if other.octets is not None and len(other.octets) == 12]
        items.append(Item(code, value, scalers[0] if scalers else None, times[0] if times else None))
    shape = Shape.CODED_ARRAY if tag == Tag.ARRAY else Shape.CODED_STRUCTURE
    return Body(shape, tuple(items), tuple(loose))


def _flat(elements: Sequence[Data]) -> Body:
    """Shapes C, D and E: walk along; a code takes the value behind it, and the scaler behind that."""
    items: list[Item] = []
    loose: list[Data] = []
    scaled = False
    at = 0
    while at < len(elements):
        code = code_of(elements[at])
        if code is None or at + 1 == len(elements) or elements[at + 1].elements:
            loose.append(elements[at])
            at += 1
            continue
        value = elements[at + 1]
        scaler_unit, at = _scaler_behind(elements, at + 2)
        items.append(Item(code, value, scaler_unit))
        scaled |= scaler_unit is not None
    if len(items) < 2 and len(loose) > 2 * len(items):
        # One octet-string that happens to have six octets makes no coded list.
        return Body(Shape.POSITIONAL, (), tuple(elements))
    return Body(Shape.FLAT_SCALED if scaled else Shape.FLAT_PAIRS, tuple(items), tuple(loose))


def _scaler_behind(elements: Sequence[Data], at: int) -> tuple[ScalerUnit | None, int]:
    """Scaler and unit at this place of a flat list, in their structure or without it, and the place
    behind."""
    if at < len(elements):
        scaler_unit = scaler_unit_of(elements[at])
        if scaler_unit is not None:
            return scaler_unit, at + 1
        bare = Data(Tag.STRUCTURE, tuple(elements[at : at + 2]), elements[at].at)
        scaler_unit = scaler_unit_of(bare)
        if scaler_unit is not None:
            return scaler_unit, at + 2
    return None, at


class _Entry(NamedTuple):
    """One entry of a push object list: which attribute of which object."""

    interface_class: int
    obis: Obis
    attribute: int
    element: int
    """0: the whole attribute; else which element of it, from 1."""


def push_list_entry(data: Data) -> _Entry | None:
    """Class u16, logical name, attribute i8, data index u16 (and a restriction in later versions)."""
    elements = data.elements
    if data.tag != Tag.STRUCTURE or not _PUSH_LIST_ENTRY <= len(elements) <= 6:
        return None
    interface_class, name, attribute, element = elements[:4]
    code = code_of(name)
    tags = (interface_class.tag, attribute.tag, element.tag)
    if code is None or tags != (Tag.UINT16, Tag.INT8, Tag.UINT16):
        return None
    numbers = (interface_class.value, attribute.value, element.value)
    if not all(isinstance(number, int) for number in numbers):
        return None
    first, second, third = (number for number in numbers if isinstance(number, int))
    return _Entry(first, code, second, third)


def _by_object_list(entries: list[_Entry], elements: Sequence[Data]) -> Body:
    """The list names every element, itself included; some meters leave themselves out."""
    values = list(elements)
    if len(entries) == len(values) - 1:
        values = values[1:]
    elif len(entries) != len(values):
        raise ApduError(f"a push object list of {len(entries)} entries before {len(values) - 1} values")
    scalers: dict[Obis, ScalerUnit] = {}
    times: dict[Obis, bytes] = {}
    for entry, value in zip(entries, values, strict=True):
        if entry.attribute == _SCALER_ATTRIBUTE.get(entry.interface_class):
            scaler_unit = scaler_unit_of(value)
            if scaler_unit is not None:
                scalers[entry.obis] = scaler_unit
        if entry.attribute == _CAPTURE_TIME_ATTRIBUTE.get(entry.interface_class) and value.octets:
            times[entry.obis] = value.octets
    items = []
    for entry, value in zip(entries, values, strict=True):
        if entry.attribute == 0 and value.tag == Tag.STRUCTURE:
            item = _whole_object(entry, value.elements)
            if item is not None:
                items.append(item)
        elif entry.attribute in _VALUE_ATTRIBUTES.get(entry.interface_class, (2,)) and not value.elements:
            items.append(Item(entry.obis, value, scalers.get(entry.obis), times.get(entry.obis)))
    return Body(Shape.OBJECT_LIST, tuple(items))


def _whole_object(entry: _Entry, attributes: Sequence[Data]) -> Item | None:
    """All attributes of one object, the logical name first."""
    if len(attributes) < 2 or code_of(attributes[0]) != entry.obis:
        return None
    scaler_attribute = _SCALER_ATTRIBUTE.get(entry.interface_class, 0)
    scaler_unit = None
    if 0 < scaler_attribute <= len(attributes):
        scaler_unit = scaler_unit_of(attributes[scaler_attribute - 1])
    return Item(entry.obis, attributes[1], scaler_unit)


_DESCRIPTOR_OCTETS: Final = 9
"""Class u16, logical name of six octets, attribute u8."""


def _looks_like_descriptors(octets: bytes, at: int) -> bool:
    """`02 02 16 xx 01 n 02 02 00 cc`: a kind, then an array whose first element has a bare class id."""
    return (
        octets[at : at + 3] == b"\x02\x02\x16"
        and octets[at + 4 : at + 5] == b"\x01"
        and b"\x02\x02\x00" in octets[at + 6 : at + 13]
    )


def _read_descriptors(octets: bytes, at: int) -> tuple[Body, int]:
    count, at = read_length(octets, at + 5)
    items = []
    for _ in range(count):
        if len(octets) < at + 2:
            raise AxdrTruncated(at + 2)
        if octets[at : at + 2] != b"\x02\x02":
            raise ApduError("an attribute descriptor and its value make a structure of two")
        name = at + 2
        at = name + _DESCRIPTOR_OCTETS
        if len(octets) < at:
            raise AxdrTruncated(at)
        interface_class = int.from_bytes(octets[name : name + 2], "big")
        attribute = octets[at - 1]
        value, at = read_data(octets, at)
        if attribute in _VALUE_ATTRIBUTES.get(interface_class, (2,)):
            items.append(Item(Obis.from_bytes(octets[name + 2 : name + 8]), value))
    return Body(Shape.DESCRIPTORS, tuple(items)), at
