"""Put readings on the shelf: sort, fold, write; one transaction, no query per reading."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from consumerapp.readings import Quality, Reading
from portal.accounts.models import Household
from portal.metering import rollups
from portal.metering.bulk import insert_rows
from portal.metering.daybook import DayBook
from portal.metering.derivation import Mark
from portal.metering.facts import QUARTER_MS, Fact, thin, thin_run
from portal.metering.local_days import bounds_ms, day_of, to_ms
from portal.metering.packing import pack_facts
from portal.metering.registry import (
    KnownHousehold,
    KnownMeter,
    KnownRegister,
    claim,
    find_or_add_meter,
    find_or_add_register,
    forget,
    note_resolution,
)
from portal.metering.rollups import Arrivals, Change, Outcome, Reason
from portal.metering.samples import SampleWriter, read_columns

HOUR_MS = 3_600_000

Arrival = tuple[Reading, int, int]
"""(reading, its instant in ms since 1970-01-01 UTC, its value in thousandths)."""


class Conflict(StrEnum):
    """Why the shelf does not take a reading."""

    CONFLICTING = "conflicting"
    """Another value of that register and instant is known, and this one does not claim to correct it."""
    OTHER_QUANTITY = "other_quantity"
    """The register was known to count something else."""
    EXPIRED = "expired"
    """A raw value that came late, older than this household keeps raw values."""
    TOO_MANY_METERS = "too_many_meters"
    TOO_MANY_REGISTERS = "too_many_registers"


@dataclass(slots=True)
class Kept:
    """What became of the readings."""

    kept: int = 0
    repeated: int = 0
    refused: list[tuple[Reading, str]] = field(default_factory=list)


_QUALITY_MARKS = {
    Quality.CORRECTED: Mark.CORRECTED,
    Quality.LATE: Mark.LATE,
    Quality.CLOCK_DOUBTFUL: Mark.CLOCK_DOUBTFUL,
    Quality.COARSE: Mark.COARSE,
    Quality.ESTIMATED: Mark.ESTIMATED_BY_METER,
}
_COARSE, _LATE = int(Mark.COARSE), int(Mark.LATE)

_KEEP_LATEST = (
    "INSERT INTO metering_latest (household_id, register_id, at, received_at, value, quality, authenticity, "
    "source, open_start, open_marks, open_facts)"
)
_REPLACE_LATEST = (
    "ON CONFLICT (household_id, register_id) DO UPDATE SET at = excluded.at, "
    "received_at = excluded.received_at, value = excluded.value, quality = excluded.quality, "
    "authenticity = excluded.authenticity, source = excluded.source, open_start = excluded.open_start, "
    "open_marks = excluded.open_marks, open_facts = excluded.open_facts"
)
_KEEP_OPEN = (
    "UPDATE metering_latest SET open_start = %s, open_marks = %s, open_facts = %s "
    "WHERE household_id = %s AND register_id = %s"
)


def keep(household: Household, arrivals: Iterable[Arrival], *, now: datetime) -> Kept:
    """Keep readings and all that is derived from them, or nothing at all."""
    with transaction.atomic():
        known = claim(household)
        try:
            return _Keeping(household, known, now).run(arrivals)
        except BaseException:
            # Half of it may be remembered already.
            forget(household.pk)
            raise


class _Keeping:
    """One call of `keep`."""

    def __init__(self, household: Household, known: KnownHousehold, now: datetime) -> None:
        self._known = known
        self._zone = household.zone
        self._now_ms = to_ms(now)
        # Whole quarter-hours, as samples are kept and deleted.
        self._floor_ms = (self._now_ms - known.raw_hours * HOUR_MS) // QUARTER_MS * QUARTER_MS
        self._kept = Kept()
        self._touched: dict[int, tuple[KnownMeter, dict[int, KnownRegister]]] = {}

    def run(self, arrivals: Iterable[Arrival]) -> Kept:
        self._sort(arrivals)
        outcomes: list[Outcome] = []
        latest: list[tuple[Any, ...]] = []
        opened: list[tuple[Any, ...]] = []
        for meter, registers in self._touched.values():
            writer = SampleWriter(self._known.id, meter, self._floor_ms)
            samples = _KnownSamples(self._known.id, meter, self._floor_ms)
            for register in registers.values():
                outcome = self._keep_register(register, writer, samples)
                if outcome is not None:
                    outcomes.append(outcome)
                if register.newest is not None:
                    latest.append(self._latest_row(register, register.newest))
                elif outcome is not None:
                    opened.append(self._open_row(register))
                register.newest = None
                register.times, register.values = [], []
                register.marked.clear()
                register.late.clear()
            writer.write()
        rollups.write(outcomes)
        insert_rows(_KEEP_LATEST, latest, _REPLACE_LATEST)
        if opened:
            with connection.cursor() as cursor:
                cursor.executemany(_KEEP_OPEN, opened)
        return self._kept

    def _sort(self, arrivals: Iterable[Arrival]) -> None:
        """Give every reading to its register, in order or as late."""
        measured = Quality.MEASURED
        ident: object = None
        meter: KnownMeter | None = None
        registers: dict[int, KnownRegister] = {}
        kept = 0
        for arrival in arrivals:
            reading, at, value = arrival
            if reading.meter_id is not ident:
                ident = reading.meter_id
                meter = find_or_add_meter(self._known, reading)
                if meter is not None:
                    registers = self._touched.setdefault(meter.id, (meter, {}))[1]
            if meter is None:
                self._kept.refused.append((reading, Conflict.TOO_MANY_METERS))
                continue
            entry = meter.by_identity.get(id(reading.obis))
            if entry is not None and entry[0] is reading.obis:
                register = entry[1]
            else:
                found = find_or_add_register(self._known, meter, reading)
                if found is None:
                    self._kept.refused.append((reading, Conflict.TOO_MANY_REGISTERS))
                    continue
                register = found
            if reading.quantity is not register.quantity:
                self._kept.refused.append((reading, Conflict.OTHER_QUANTITY))
                continue
            if reading.resolution != register.resolution:
                note_resolution(register, reading)
            if at > register.at:
                if register.newest is None:
                    registers[register.id] = register
                register.newest = reading
                register.at = at
                register.value = value
                register.times.append(at)
                register.values.append(value)
                kept += 1
                if reading.quality is not measured or register.coarse:
                    register.marked.append((at, _marks_of(reading, register)))
            else:
                registers[register.id] = register
                register.late.append(arrival)
        self._kept.kept += kept

    def _keep_register(
        self, register: KnownRegister, writer: SampleWriter, samples: _KnownSamples
    ) -> Outcome | None:
        arrivals = Arrivals()
        if register.profiled and register.times:
            _advance(register, arrivals)
        for at, marks in register.marked:
            _mark(register, arrivals, at, marks)
        book: DayBook | None = None
        if register.late:
            book = self._book(register)
            self._keep_late(register, arrivals, book, writer, samples)
        if register.times:
            writer.add(register.slot, register.times, register.values)
        if not register.profiled or not arrivals:
            return None
        source = register.newest or (register.late[-1][0] if register.late else None)
        change = Change(
            limits=register.limits,
            now_ms=self._now_ms,
            reason=Reason.CORRECTED if arrivals.corrections else Reason.LATE,
            source=source.source if source is not None else "",
        )
        outcome = rollups.fold(book or self._book(register), arrivals, register.open_facts, change)
        if outcome.open_derived:
            register.open_start, register.open_plain = outcome.open_start, outcome.open_plain
        return outcome

    def _book(self, register: KnownRegister) -> DayBook:
        return DayBook(self._known.id, register.id, self._zone, register.open_facts)

    def _keep_late(
        self,
        register: KnownRegister,
        arrivals: Arrivals,
        book: DayBook,
        writer: SampleWriter,
        samples: _KnownSamples,
    ) -> None:
        """Readings not newer than the newest: repeated, filling in, correcting or conflicting."""
        newest_day_start = bounds_ms(day_of(register.at, self._zone), self._zone)[0]
        known = samples.of(register)
        for reading, at, value in register.late:
            before = register.value if at == register.at else known.get(at)
            if before is None and register.profiled:
                before = _fact_at(register, book, at, self._zone)
            corrects = bool(reading.quality & Quality.CORRECTED)
            if before == value:
                self._kept.repeated += 1
                continue
            if before is not None and not corrects:
                self._kept.refused.append((reading, Conflict.CONFLICTING))
                continue
            if not register.profiled and at < self._floor_ms:
                self._kept.refused.append((reading, Conflict.EXPIRED))
                continue
            self._kept.kept += 1
            known[at] = value
            writer.add_late(register.slot, at, value)
            if at == register.at:
                register.value, register.newest = value, reading
            if register.profiled:
                late = _LATE if at < newest_day_start else 0
                _place(register, arrivals, at, value, corrects=corrects)
                _mark(register, arrivals, at, _marks_of(reading, register) | late)

    def _latest_row(self, register: KnownRegister, newest: Reading) -> tuple[Any, ...]:
        facts = register.open_facts
        return (
            self._known.id, register.id, register.at, to_ms(newest.received_at), register.value,
            newest.quality.value, newest.authenticity.value, newest.source, register.open_start,
            register.open_marks, pack_facts(facts) if facts else None,
        )  # fmt: skip

    def _open_row(self, register: KnownRegister) -> tuple[Any, ...]:
        facts = register.open_facts
        return (
            register.open_start, register.open_marks, pack_facts(facts) if facts else None,
            self._known.id, register.id,
        )  # fmt: skip


class _KnownSamples:
    """The raw values a meter's late readings may repeat, read at most once."""

    def __init__(self, household_id: int, meter: KnownMeter, floor_ms: int) -> None:
        self._household_id = household_id
        self._meter = meter
        self._floor_ms = floor_ms
        self._quarters: dict[int, list[dict[int, tuple[list[int], list[int]]]]] = {}

    def of(self, register: KnownRegister) -> dict[int, int]:
        """Instant -> value, around this register's late readings."""
        quarters = {at // QUARTER_MS for _, at, _ in register.late if at >= self._floor_ms}
        known = dict(zip(register.times, register.values, strict=True))
        for quarter in quarters:
            if quarter not in self._quarters:
                self._quarters[quarter] = read_columns(
                    self._household_id, self._meter.id, quarter * QUARTER_MS, (quarter + 1) * QUARTER_MS
                )
            for columns in self._quarters[quarter]:
                if register.slot in columns:
                    known.update(zip(*columns[register.slot], strict=True))
        return known


def _advance(register: KnownRegister, arrivals: Arrivals) -> None:
    """New samples in order: all but those of the newest quarter-hour are ready to be folded."""
    times, values = register.times, register.values
    known = register.open_facts
    if not known:
        register.open_plain = True  # Nothing was before.
    elif times[-1] < (known[0][0] // QUARTER_MS + 1) * QUARTER_MS:
        if len(times) == 1 and len(known) == 2 and known[0][1] <= known[1][1] <= values[0]:
            known[1] = (times[0], values[0])
        else:
            known[:] = thin(known + thin_run(times, values))
        grows = len(known) <= 2 and known[0][1] <= known[-1][1]
        arrivals.open_changed = not (grows and register.open_plain)
        return
    facts = known + thin_run(times, values)
    start = facts[-1][0] // QUARTER_MS * QUARTER_MS
    split = bisect_left(facts, (start,))
    if split:
        arrivals.facts = dict(facts[:split])
    arrivals.open_changed = bool(split) or len(facts) > 2 or facts[0][1] > facts[-1][1]
    if register.open_marks and known:
        arrivals.marks[known[0][0] // QUARTER_MS] = register.open_marks
    register.open_marks = 0
    register.open_facts = facts[split:]


def _place(register: KnownRegister, arrivals: Arrivals, at: int, value: int, *, corrects: bool) -> None:
    """A late fact: into the quarter-hour that has not ended, or into an earlier one."""
    if register.open_facts and at >= register.open_facts[0][0] // QUARTER_MS * QUARTER_MS:
        facts = dict(register.open_facts)
        if corrects or at not in facts:
            facts[at] = value
        register.open_facts[:] = thin(sorted(facts.items()))
        arrivals.open_changed = True
    elif corrects:
        arrivals.corrections[at] = value
    else:
        arrivals.facts[at] = value


def _mark(register: KnownRegister, arrivals: Arrivals, at: int, marks: int) -> None:
    """Mark the quarter-hour of a reading; one on the quarter-hour ends the one before, too."""
    if not marks or not register.open_facts:
        return
    quarter = at // QUARTER_MS
    if quarter == register.open_facts[0][0] // QUARTER_MS:
        register.open_marks |= marks
    else:
        arrivals.marks[quarter] = arrivals.marks.get(quarter, 0) | marks
    if not at % QUARTER_MS:
        arrivals.marks[quarter - 1] = arrivals.marks.get(quarter - 1, 0) | marks


def _marks_of(reading: Reading, register: KnownRegister) -> int:
    marks = _COARSE if register.coarse else 0
    if reading.quality:
        for quality, mark in _QUALITY_MARKS.items():
            if reading.quality & quality:
                marks |= mark
    return marks


def _fact_at(register: KnownRegister, book: DayBook, at: int, zone: Any) -> int | None:
    for instant, value in register.open_facts:
        if instant == at:
            return value
    facts: list[Fact] = book.facts(day_of(at, zone))
    position = bisect_left(facts, (at,))
    return facts[position][1] if position < len(facts) and facts[position][0] == at else None
