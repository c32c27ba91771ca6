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

FROM_REGISTERS = (
    "FROM metering_register r JOIN metering_meter m ON m.id = r.meter_id JOIN {table} d "
    "ON d.household_id = r.household_id AND d.register_id = r.id "
    "WHERE r.household_id = %s AND d.household_id = %s AND r.quantity = %s "
    "AND r.phase = 0 AND m.role = 'main' "
)

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


def open_quarters(household_id: int, quantity: Quantity) -> list[tuple[int, str, int, OpenQuarter]]:
    """(meter, OBIS code, tariff, open quarter-hour) of every register of a quantity that has one."""
    query = (
        "SELECT r.meter_id, r.obis, r.tariff, d.at, d.open_start, d.open_marks, d.open_facts "
        + FROM_REGISTERS.format(table="metering_latest")
    )
    limits = limits_of(quantity)
    return [
        (meter_id, obis, tariff, _open_quarter(at, start_value, marks, bytes(facts), limits))
        for meter_id, obis, tariff, at, start_value, marks, facts in rows(
            query, (household_id, household_id, quantity.value)
        )
        if facts is not None
    ]


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
