"""Which registers make up a quantity: main meters only, and never a total and its parts together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from consumerapp.readings import Quality, Quantity
from portal.metering.derivation import Limits, Mark, derive, limits_of
from portal.metering.facts import QUARTER_MS
from portal.metering.packing import unpack_facts

_REGISTERS = (
    "SELECT r.id, r.meter_id, r.tariff, r.obis FROM metering_register r "
    "JOIN metering_meter m ON m.id = r.meter_id "
    "WHERE r.household_id = %s AND r.quantity = %s AND r.phase = 0 AND "
)
_OF_MAIN_METERS = _REGISTERS + "m.role = 'main'"
_OF_ONE_METER = _REGISTERS + "m.id = %s"

PARTIAL, MISSING, RESET = int(Mark.PARTIAL), int(Mark.MISSING), int(Mark.RESET)
ESTIMATED = int(Mark.ESTIMATED)
_ESTIMATED_BY_METER = int(Mark.ESTIMATED_BY_METER)


@dataclass(slots=True)
class Part:
    """What one register contributes to one period."""

    meter_id: int
    tariff: int
    obis: str
    total: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    marks: int = 0
    complete: bool = False
    profile: bytes | None = None
    open: OpenQuarter | None = None
    stored: bool = True
    """False: the register's row of this period does not exist yet, or never will."""

    @property
    def total_so_far(self) -> int | None:
        """The total with the running quarter-hour; None: nothing is known."""
        if self.open is None or self.open.energy is None:
            return self.total
        return (self.total or 0) + self.open.energy


@dataclass(frozen=True, slots=True)
class OpenQuarter:
    """The quarter-hour of a register that no reading has ended yet."""

    start_ms: int
    energy: int | None
    """Until the newest reading."""
    marks: int
    at_ms: int
    """The newest reading."""


def choose(parts: Iterable[Part]) -> list[Part]:
    """The parts that make up the whole: of each meter its total where it sends one, else its tariffs.

    A register that a meter sends by several channels counts once.
    """
    by_meter: dict[int, dict[int, Part]] = {}
    for part in sorted(parts, key=lambda part: part.obis):
        by_meter.setdefault(part.meter_id, {}).setdefault(part.tariff, part)
    chosen: list[Part] = []
    for tariffs in by_meter.values():
        chosen += [tariffs[0]] if 0 in tariffs else tariffs.values()
    return chosen


@dataclass(frozen=True, slots=True)
class Selected:
    """One register that a quantity may be made up of."""

    id: int
    meter_id: int
    tariff: int
    obis: str

    def part(self, **values: Any) -> Part:
        """What it contributes to one period."""
        return Part(self.meter_id, self.tariff, self.obis, **values)


class Selection:
    """The registers of main meters, or of one meter, that count a quantity, and their rows in the tables
    that grow.

    The tables are asked by household and register, the head of their key, without a join: a row per
    register and day that lie side by side, on whichever server the household is.
    """

    def __init__(self, household_id: int, quantity: Quantity, meter_id: int | None = None) -> None:
        self._household_id = household_id
        self._limits = limits_of(quantity)
        found = (
            rows(_OF_MAIN_METERS, (household_id, quantity.value))
            if meter_id is None
            else rows(_OF_ONE_METER, (household_id, quantity.value, meter_id))
        )
        self.registers = {row[0]: Selected(*row) for row in found}

    def rows(self, select: str, condition: str = "", *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of one table; `select` ends with the table's name, its first column is the register."""
        if not self.registers:
            return []
        places = ", ".join(["%s"] * len(self.registers))
        return rows(
            f"{select} WHERE household_id = %s AND register_id IN ({places}) {condition}",
            (self._household_id, *self.registers, *parameters),
        )

    def open_quarters(self) -> list[tuple[Selected, OpenQuarter]]:
        """The quarter-hours that no reading has ended yet."""
        found = self.rows(
            "SELECT register_id, at, open_start, open_marks, open_facts FROM metering_latest",
            "AND open_facts IS NOT NULL",
        )
        return [
            (
                self.registers[register_id],
                _open_quarter(at, start_value, marks, bytes(facts), self._limits),
            )
            for register_id, at, start_value, marks, facts in found
        ]


def add_open(parts: dict[int, list[Part]], key: int, register: Selected, quarter: OpenQuarter) -> None:
    """Count a register's open quarter-hour towards the period that it lies in."""
    those = parts.setdefault(key, [])
    for part in those:
        if (part.meter_id, part.obis) == (register.meter_id, register.obis):
            part.open = quarter
            return
    those.append(register.part(open=quarter, stored=False))


def all_complete(chosen: list[Part]) -> bool:
    """Whether all is proved. A meter that ended at midnight has no row of the day that begins then."""
    stored = [part.complete for part in chosen if part.stored]
    return bool(stored) and all(stored)


def _open_quarter(
    at_ms: int, start_value: int | None, marks: int, facts: bytes, limits: Limits
) -> OpenQuarter:
    known = unpack_facts(facts)
    start = known[0][0] // QUARTER_MS * QUARTER_MS
    if start_value is not None and known[0][0] > start:
        known.insert(0, (start, start_value))
    energy = derive(known, range(start, start + QUARTER_MS + 1, QUARTER_MS), limits).energies[0]
    return OpenQuarter(start, energy, marks, at_ms)


@lru_cache(maxsize=1024)
def quality_of(marks: int) -> Quality:
    """Marks as the vocabulary's quality flags."""
    quality = Quality(marks & 0x3F)
    return quality | Quality.ESTIMATED if marks & _ESTIMATED_BY_METER else quality


def rows(query: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
