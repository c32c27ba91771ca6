"""The data sets of a readout: `A-B:C.D.E*F(value*unit)(…)`, the grammar P1 and D0 meters share.

IEC 62056-21 - §? (data block) and DSMR P1 Companion Standard v5.0.2 - §? (representation of COSEM objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from consumerapp.errors import ConsumerAppError
from consumerapp.readings import Obis, Unit

DATA_SET = re.compile(r"(?P<code>[0-9A-FLP.:*&-]{3,24})(?P<groups>(?:\s*\([^()]*\))+)")
_GROUP = re.compile(r"\(([^()]*)\)")
_NUMBER_WITH_UNIT = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d{1,12})(?:\.(?P<fraction>\d{1,9}))?\*(?P<unit>\S{1,8})"
)
_BARE_NUMBER = re.compile(r"(?P<whole>\d{1,12})(?:\.(?P<fraction>\d{1,9}))?")
_STAMP = re.compile(r"[0-9]{12}[SW]")
_LINE_END = re.compile(r"[\r\n]+")
_REDUCED_CODE = re.compile(r"\d{1,3}\.\d{1,3}(?:[*&]\d{1,3})?")

UNITS: dict[str, tuple[Unit, int]] = {
    "wh": (Unit.WH, 0), "kwh": (Unit.WH, 3), "mwh": (Unit.WH, 6),
    "w": (Unit.W, 0), "kw": (Unit.W, 3), "mw": (Unit.W, 6),
    "varh": (Unit.VARH, 0), "kvarh": (Unit.VARH, 3), "var": (Unit.VAR, 0), "kvar": (Unit.VAR, 3),
    "vah": (Unit.VAH, 0), "kvah": (Unit.VAH, 3), "va": (Unit.VA, 0), "kva": (Unit.VA, 3),
    "v": (Unit.V, 0), "a": (Unit.A, 0), "ma": (Unit.A, -3), "hz": (Unit.HZ, 0), "s": (Unit.SECOND, 0),
    "m3": (Unit.M3, 0), "dm3": (Unit.M3, -3), "l": (Unit.M3, -3), "m3/h": (Unit.M3_PER_H, 0),
    "m3ph": (Unit.M3_PER_H, 0), "j": (Unit.J, 0), "mj": (Unit.J, 6), "gj": (Unit.J, 9),
    "c": (Unit.DEG_C, 0), "°c": (Unit.DEG_C, 0), "k": (Unit.K, 0), "%": (Unit.PERCENT, 0),
    "deg": (Unit.DEG, 0),
}  # fmt: skip
"""Printed unit in lower case → base unit and exponent. "MW" is never milliwatt on a meter."""

CENTRAL_EUROPE_MIN = 60
"""Offset of standard time from UTC, in minutes, where a profile names no other."""


@dataclass(frozen=True, slots=True)
class Number:
    """One exact number: value = raw × 10^exponent in `unit`."""

    raw: int
    exponent: int
    unit: Unit
    start: int
    """Where its first character stands in the text."""
    length: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time as it stands in the text, YYMMDDhhmmssX."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class DataSet:
    """One register's line: its code and what stood in each pair of parentheses."""

    obis: Obis
    groups: tuple[str, ...]
    starts: tuple[int, ...]
    """Where each group's first character stands in the text."""
    implied_unit: str = ""
    """Unit of a bare number, where another group of the line names it."""

    @property
    def number(self) -> Number | None:
        """The first group that is a number with a unit we know; None: this line has none."""
        for group, start in zip(self.groups, self.starts, strict=True):
            printed = f"{group}*{self.implied_unit}" if self.implied_unit else group
            found = _NUMBER_WITH_UNIT.fullmatch(printed)
            if found and (unit := UNITS.get(found["unit"].lower())):
                fraction = found["fraction"] or ""
                raw = int(found["sign"] + found["whole"] + fraction)
                return Number(raw, unit[1] - len(fraction), unit[0], start, found.start("unit") - 1)
        return None

    @property
    def bare_number(self) -> Number | None:
        """The only group, when it is a number without a unit."""
        found = _BARE_NUMBER.fullmatch(self.groups[0]) if len(self.groups) == 1 else None
        if found is None:
            return None
        fraction = found["fraction"] or ""
        digits = found["whole"] + fraction
        return Number(int(digits), -len(fraction), Unit.NONE, self.starts[0], len(self.groups[0]))

    @property
    def stamp(self) -> Stamp | None:
        """The first group that is a time with a season letter."""
        for group, start in zip(self.groups, self.starts, strict=True):
            if _STAMP.fullmatch(group):
                return Stamp(group, start)
        return None

    @property
    def text(self) -> str:
        """All groups as they stood; one group alone stands without its parentheses."""
        return self.groups[0] if len(self.groups) == 1 else "".join(f"({group})" for group in self.groups)


def stamp_utc(text: str, standard_offset_min: int = CENTRAL_EUROPE_MIN) -> datetime | None:
    """YYMMDDhhmmssX in UTC; X is S (summer, one hour ahead) or W (winter). None: no time or no real one.

    DSMR P1 Companion Standard v5.0.2 - §? (TST).
    """
    if _STAMP.fullmatch(text) is None:
        return None
    offset_min = standard_offset_min + (60 if text[12] == "S" else 0)
    try:
        local = datetime.fromisoformat(f"20{text[:6]}T{text[6:12]}+00:00")
    except ValueError:
        return None
    return local - timedelta(minutes=offset_min)


def data_sets(text: str, start: int) -> Iterator[DataSet]:
    """Every data set of `text` behind `start`, in order. What is none is passed over.

    A line may be broken between or inside parentheses (DSMR 2.2 does both), and several sets may share one.
    """
    for match in DATA_SET.finditer(text, start):
        try:
            obis = code(match["code"])
        except ConsumerAppError:
            continue
        found = tuple(_GROUP.finditer(match["groups"]))
        groups = tuple(_LINE_END.sub("", group[1]) for group in found)
        starts = tuple(match.start("groups") + group.start(1) for group in found)
        if obis.a == 0 and obis.short == "24.3.0" and len(groups) >= 7:
            yield from _mbus_value(groups, starts)
        else:
            yield DataSet(obis, groups, starts)


def code(text: str) -> Obis:
    """An OBIS code in any of the forms that meters print: whole, without medium, of two groups."""
    if _REDUCED_CODE.fullmatch(text) and text.startswith("6."):
        # Heat meters print two groups of their own list (EN 1434 - §?): 6.8 is energy, 6.26 volume.
        return Obis.parse(text, medium=6)
    if text[0] in "CFLP" or text.startswith("0."):
        return Obis.parse(text, medium=1 if text.startswith("0.") else 0)
    return Obis.parse(text)


def _mbus_value(groups: tuple[str, ...], starts: tuple[int, ...]) -> Iterator[DataSet]:
    """`0-n:24.3.0(time)(..)(..)(..)(0-n:24.2.1)(m3)(value)` of DSMR 2.2 and 3.0, as the register it means."""
    try:
        yield DataSet(Obis.parse(groups[4]), (groups[6],), (starts[6],), implied_unit=groups[5])
    except ConsumerAppError:
        return
