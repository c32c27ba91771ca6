"""Group addresses as ETS exports them (CSV or XML), with suggestions that a person has to confirm.

ETS writes names that the integrator chose and, where it was set, the datapoint type. The type tells the unit,
only the name tells what is measured; so a suggestion is never more than that, and where the name says
nothing there is no register.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from consumerapp.errors import ConsumerAppError
from consumerapp.h2.datapoints import Datapoint, datapoints, dpt_number
from consumerapp.h2.knx import GroupAddress
from consumerapp.readings import Unit
from consumerapp.texts import printable

MAX_EXPORT_OCTETS = 8 * 1024 * 1024
"""The largest projects have some ten thousand groups of a hundred characters each."""
MAX_GROUPS = 65_535
_NAMESPACE = "{http://knx.org/xml/ga-export/01}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedGroup:
    """One group address as the integrator named it."""

    group: GroupAddress
    name: str
    dpt: str
    """`13.010`; `13`: no subtype was set; empty: no type at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a group may be. A person decides."""

    exported: ExportedGroup
    obis: str
    """`1-0:1.8.0`; empty: nothing in the name says it."""
    dpt: str
    """A type that can be read; empty: the export names none."""

    @property
    def row(self) -> str:
        """The row of the table it would be, with blanks where a person has to say."""
        return f"{self.exported.group}; {self.obis}; {self.dpt}"

    @property
    def is_whole(self) -> bool:
        """Whether there is a register and a type."""
        return bool(self.obis and self.dpt)


def read_export(octets: bytes) -> tuple[ExportedGroup, ...]:
    """The group addresses of an export. Raises ConsumerAppError where it is none."""
    if len(octets) > MAX_EXPORT_OCTETS:
        raise ConsumerAppError(f"the export has more than {MAX_EXPORT_OCTETS // 1024} kB")
    text = _text(octets)
    is_xml = text.lstrip()[:1] == "<"
    found = {one.group: one for one in (_from_xml(octets) if is_xml else _from_csv(text))}
    if not found:
        raise ConsumerAppError("there is no group address in this file")
    if len(found) > MAX_GROUPS:
        raise ConsumerAppError(f"the export has more than {MAX_GROUPS} groups")
    return tuple(found[group] for group in sorted(found))


def _text(octets: bytes) -> str:
    if octets[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return octets.decode("utf-16", "replace")
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def _from_xml(octets: bytes) -> Iterator[ExportedGroup]:
    from xml.etree.ElementTree import ParseError  # noqa: PLC0415 - only its name; see the next line

    from defusedxml import DefusedXmlException, ElementTree  # noqa: PLC0415 - only for XML

    try:
        root = ElementTree.fromstring(octets, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise ConsumerAppError("this is no XML that can be read") from error
    if root.tag != f"{_NAMESPACE}GroupAddress-Export":
        raise ConsumerAppError("this XML is no export of group addresses")
    for element in root.iter(f"{_NAMESPACE}GroupAddress"):
        yield ExportedGroup(
            group=GroupAddress.parse(element.get("Address", "")),
            name=_name(element.get("Name", "")),
            dpt=_dpt(element.get("DPTs", "").split()),
        )


_TYPE = re.compile(r"DPS?T-\d{1,3}(?:-\d{1,5})?", re.ASCII)
_ADDRESS = re.compile(r"\d{1,2}/\d{1,4}(?:/\d{1,3})?", re.ASCII)


def _from_csv(text: str) -> Iterator[ExportedGroup]:
    # ETS lets its user choose the separator, the columns and the language of their titles,
    # so a row is known by its address and its type, wherever they stand.
    head = text[:4096]
    separator = max("\t;,", key=head.count)
    try:
        for cells in csv.reader(text.splitlines(), delimiter=separator):
            if (one := _from_row([cell.strip() for cell in cells])) is not None:
                yield one
    except csv.Error as error:
        raise ConsumerAppError("this is no table that can be read") from error


def _from_row(cells: list[str]) -> ExportedGroup | None:
    place = next((number for number, cell in enumerate(cells) if _ADDRESS.fullmatch(cell)), None)
    if place is not None:
        address, before = cells[place], cells[:place]
    elif len(cells) > 5 and all(cell.isascii() and cell.isdecimal() for cell in cells[3:6]):
        # Three names, then the three levels of the address.
        address, before = "/".join(cells[3:6]), cells[:3]
    else:
        return None
    names = [cell for cell in before if cell]
    try:
        group = GroupAddress.parse(address)
    except ConsumerAppError:
        return None
    return ExportedGroup(group=group, name=_name(names[-1] if names else ""), dpt=_dpt(cells))


def _name(text: str) -> str:
    return printable(text, 120)


def _dpt(cells: Iterable[str]) -> str:
    found = [_TYPE.fullmatch(cell) for cell in cells]
    return next((dpt_number(one[0]) for one in found if one is not None), "")


# --- suggestions ---------------------------------------------------------------------------------

_EXPORT_WORDS = r"einspeis|export|liefer|rückspeis|produ|erzeug|fed|feed|injection|a-|2\.8\."
_IMPORT_WORDS = r"bezug|import|verbrauch|consum|zähler|meter|a\+|1\.8\."
_WORDS: tuple[tuple[str, str], ...] = (
    ("gas", r"\bgas|erdgas"),
    ("heat", r"wärme|waerme|heat|fernw|chaleur"),
    ("hot", r"warmwasser|hot water|\bww\b"),
    ("cold", r"wasser|water|\beau\b|acqua|\bkw\b"),
    ("flow_temperature", r"vorlauf|flow temp"),
    ("return_temperature", r"rücklauf|ruecklauf|return temp"),
)
_PHASES = ((1, r"\bl ?1\b|phase ?1"), (2, r"\bl ?2\b|phase ?2"), (3, r"\bl ?3\b|phase ?3"))
_PHASED = {Unit.V: (32, 52, 72), Unit.A: (31, 51, 71), Unit.W: (36, 56, 76)}
_OF_KIND = {
    ("gas", Unit.M3): "7-0:3.0.0",
    ("gas", Unit.WH): "7-0:33.0.0",
    ("gas", Unit.M3_PER_H): "7-0:43.0.0",
    ("heat", Unit.WH): "6-0:1.0.0",
    ("heat", Unit.J): "6-0:1.0.0",
    ("heat", Unit.M3): "6-0:2.0.0",
    ("heat", Unit.W): "6-0:8.0.0",
    ("heat", Unit.M3_PER_H): "6-0:9.0.0",
    ("flow_temperature", Unit.DEG_C): "6-0:10.0.0",
    ("return_temperature", Unit.DEG_C): "6-0:11.0.0",
    ("cold", Unit.M3): "8-0:1.0.0",
    ("cold", Unit.M3_PER_H): "8-0:2.0.0",
    ("hot", Unit.M3): "9-0:1.0.0",
    ("hot", Unit.M3_PER_H): "9-0:2.0.0",
}


def suggest(exported: ExportedGroup) -> Suggestion | None:
    """What a group may be; None: its type is none of metering's."""
    known = datapoints()
    dpt = exported.dpt
    if dpt and dpt not in known and "." in dpt:
        return None
    if dpt and "." not in dpt and not any(number.partition(".")[0] == dpt for number in known):
        return None
    datapoint = known.get(dpt)
    words = exported.name.casefold()
    return Suggestion(
        exported=exported,
        obis="" if datapoint is None else _register(datapoint, words),
        dpt=dpt if datapoint is not None else "",
    )


def _register(datapoint: Datapoint, words: str) -> str:
    if datapoint.number == "5.006":
        return "0-0:96.14.0"
    unit = datapoint.fields[0].unit if datapoint.fields else Unit.NONE
    kinds = [kind for kind, pattern in _WORDS if re.search(pattern, words)]
    kind = kinds[0] if kinds else ""
    is_export = re.search(_EXPORT_WORDS, words) is not None
    phase = next((number for number, pattern in _PHASES if re.search(pattern, words)), 0)
    if kind:
        return _OF_KIND.get((kind, unit), "")
    if phase and unit in _PHASED:
        return f"1-0:{_PHASED[unit][phase - 1]}.7.0"
    match unit:
        case Unit.WH if is_export or re.search(_IMPORT_WORDS, words):
            return "1-0:2.8.0" if is_export else "1-0:1.8.0"
        case Unit.W if re.search(r"wirkleistung|leistung|power|puissance|16\.7\.", words):
            return "1-0:2.7.0" if is_export else "1-0:16.7.0"
        case Unit.HZ:
            return "1-0:14.7.0"
        case _:
            return ""
