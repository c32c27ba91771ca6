"""Histories that other programs have written: DSMR-reader, Home Assistant, emoncms.

Each gives registers and what they showed when. Pure: text in, values out; what is wrong is said in words
for the person who chose the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from consumerapp.readings import Obis, Quantity

MOST_ROWS = 1_000_000
"""Ten years of five-minute values of nine feeds."""
_HOUR = timedelta(hours=1)
_GREATEST = Decimal(10**12)
"""In any unit more than a home counts in a life."""


class Program(StrEnum):
    """What wrote the file."""

    DSMR_READER = "dsmr_reader"
    HOME_ASSISTANT = "home_assistant"
    EMONCMS = "emoncms"


class FileRefused(Exception):
    """The file is not what it should be; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the numbers of a file count that does not say so itself."""

    quantity: Quantity
    obis: Obis
    factor: Decimal
    """To the quantity's unit."""
    entity: str = ""
    """Home Assistant: which of the file's entities; empty: the only one."""


BOUGHT = tuple(Obis.parse(code) for code in ("1-0:1.8.1", "1-0:1.8.2"))
SOLD = tuple(Obis.parse(code) for code in ("1-0:2.8.1", "1-0:2.8.2"))
GAS = Obis.parse("0-1:24.2.1")


@dataclass(slots=True)
class Register:
    """One register and what it showed."""

    obis: Obis
    quantity: Quantity
    points: list[tuple[datetime, Decimal]] = field(default_factory=list)


@dataclass(slots=True)
class Found:
    """What is in a file."""

    name: str
    """Names the meter that it makes: the same file makes the same one."""
    registers: list[Register]
    rows: int = 0
    skipped: int = 0
    """Rows without a number: "unavailable", empty."""
    gaps: int = 0
    """Hours that are missing within."""


def read(text: str, program: Program, meaning: Meaning, zone: ZoneInfo) -> Found:
    """What is in the file; raises `FileRefused`."""
    text = text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    if not text.strip():
        raise FileRefused(gettext("The file is empty."))
    found = _read(text, program, meaning, zone)
    if not any(register.points for register in found.registers):
        raise FileRefused(gettext("No reading was found in the file."))
    for register in found.registers:
        _must_count(register)
    return found


def _read(text: str, program: Program, meaning: Meaning, zone: ZoneInfo) -> Found:
    match program:
        case Program.DSMR_READER:
            return _dsmr_reader(text, zone)
        case Program.HOME_ASSISTANT:
            return _home_assistant(text, meaning)
        case Program.EMONCMS:
            return _emoncms(text, meaning)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines with their numbers, at most `MOST_ROWS`; separated by commas or semicolons."""
    head = text.partition("\n")[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), 1):
            if number > MOST_ROWS:
                raise FileRefused(gettext("The file has more than a million lines. Divide it."))
            if any(cell.strip() for cell in row):
                yield number, [cell.strip() for cell in row]
    except csv.Error as error:
        raise FileRefused(gettext("The file is no CSV.")) from error


_HOUR_COLUMNS = 6
_DAY_COLUMNS = 18


def _dsmr_reader(text: str, zone: ZoneInfo) -> Found:
    """Its export of hours (what each hour took) or of days (what the meter showed at its start)."""
    rows = list(_rows(text))
    width, body = len(rows[0][1]), rows[1:]
    registers = [
        *(Register(obis, Quantity.ACTIVE_ENERGY_IMPORT) for obis in BOUGHT),
        *(Register(obis, Quantity.ACTIVE_ENERGY_EXPORT) for obis in SOLD),
        Register(GAS, Quantity.GAS_VOLUME),
    ]
    if width == _HOUR_COLUMNS:
        return _dsmr_hours(body, registers, zone)
    if width == _DAY_COLUMNS:
        return _dsmr_days(body, registers, zone)
    raise FileRefused(
        gettext("This is neither the hour nor the day export of DSMR-reader: it has %(count)d columns.")
        % {"count": width}
    )


def _dsmr_hours(body: list[tuple[int, list[str]]], registers: list[Register], zone: ZoneInfo) -> Found:
    found = Found("", registers)
    sums = [Decimal(0)] * len(registers)
    end: datetime | None = None
    for number, row in body:
        at = _instant(row[0], number, zone)
        if end is not None and at < end:
            raise FileRefused(gettext("Line %(number)d: the hours are not in order.") % {"number": number})
        found.rows += 1
        found.gaps += 0 if end is None else int((at - end) / _HOUR)
        end = at + _HOUR
        if len(row) != _HOUR_COLUMNS:
            raise FileRefused(gettext("Line %(number)d is cut short.") % {"number": number})
        for position, register in enumerate(registers):
            if not register.points or register.points[-1][0] != at:
                register.points.append((at, sums[position]))
            sums[position] += _number(row[position + 1] or "0", number) * _factor(register)
            register.points.append((end, sums[position]))
    if body:
        found.name = f"DSMR-reader {registers[0].points[0][0]:%Y-%m-%d}"
    found.registers = [register for register in registers if register.points and register.points[-1][1]]
    return found


def _dsmr_days(body: list[tuple[int, list[str]]], registers: list[Register], zone: ZoneInfo) -> Found:
    found = Found("DSMR-reader", registers)
    for number, row in body:
        if len(row) != _DAY_COLUMNS:
            raise FileRefused(gettext("Line %(number)d is cut short.") % {"number": number})
        found.rows += 1
        places = [(11, 12), (11, 13), (11, 14), (11, 15), (16, 17)]
        for register, (time_place, value_place) in zip(registers, places, strict=True):
            if row[time_place] and row[value_place]:
                at = _instant(row[time_place], number, zone)
                register.points.append((at, _number(row[value_place], number) * _factor(register)))
            else:
                found.skipped += 1
    found.registers = [register for register in registers if register.points and register.points[-1][1]]
    return found


def _home_assistant(text: str, meaning: Meaning) -> Found:
    """Its history download: entity_id,state,last_changed; one of the entities."""
    rows = _rows(text)
    _, head = next(rows)
    try:
        entity_at, state_at, time_at = (head.index(name) for name in ("entity_id", "state", "last_changed"))
    except ValueError as error:
        raise FileRefused(
            gettext("The first line has to name the columns: entity_id,state,last_changed")
        ) from error
    points: dict[str, list[tuple[datetime, Decimal]]] = {}
    seen, skipped = 0, 0
    for number, row in rows:
        if len(row) < len(head):
            raise FileRefused(gettext("Line %(number)d is cut short.") % {"number": number})
        if meaning.entity and row[entity_at] != meaning.entity:
            continue
        seen += 1
        if row[state_at] in {"unavailable", "unknown", ""}:
            skipped += 1
            continue
        value = _number(row[state_at], number) * meaning.factor
        points.setdefault(row[entity_at], []).append((_instant(row[time_at], number, UTC), value))
    if len(points) > 1:
        raise FileRefused(
            gettext("The file holds several entities; name one of them: %(names)s")
            % {"names": ", ".join(sorted(points)[:8])}
        )
    name, those = next(iter(points.items()), ("", []))
    register = Register(meaning.obis, meaning.quantity, sorted(those))
    return Found(name[:40], [register], rows=seen, skipped=skipped)


def _emoncms(text: str, meaning: Meaning) -> Found:
    """Its feed export: time (seconds since 1970, or ISO 8601) and value, with or without a line of heads."""
    register = Register(meaning.obis, meaning.quantity)
    found = Found("emoncms", [register])
    for number, row in _rows(text):
        if number == 1 and not row[0][:1].isdigit():
            continue
        if len(row) != 2:
            raise FileRefused(gettext("Line %(number)d: a time and a value are wanted.") % {"number": number})
        found.rows += 1
        if row[1].lower() in {"", "null", "nan"}:
            found.skipped += 1
            continue
        register.points.append((_instant(row[0], number, UTC), _number(row[1], number) * meaning.factor))
    register.points.sort()
    return found


def _factor(register: Register) -> Decimal:
    """DSMR-reader writes kWh and m³."""
    return Decimal(1) if register.quantity is Quantity.GAS_VOLUME else Decimal(1000)


def _number(text: str, line: int) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or not -_GREATEST < value < _GREATEST:
        raise FileRefused(
            gettext("Line %(number)d: “%(text)s” is no number.") % {"number": line, "text": text[:30]}
        )
    return value


def _instant(text: str, line: int, zone: tzinfo) -> datetime:
    try:
        if text.replace(".", "", 1).isdigit():
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise FileRefused(
            gettext("Line %(number)d: “%(text)s” is no time.") % {"number": line, "text": text[:40]}
        ) from error
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
    return at.astimezone(UTC)


def _must_count(register: Register) -> None:
    """A counter hardly ever falls; what does so often is power."""
    values = [value for _, value in register.points]
    falls = sum(1 for before, after in pairwise(values) if after < before)
    if falls > 10 and falls * 10 > len(values):
        raise FileRefused(
            gettext("These numbers rise and fall: they are a power, no counter. Choose the counter.")
        )
