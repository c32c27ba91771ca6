"""Raw samples: loose chunks while a quarter-hour runs, one chunk once it is over, gone when their time is."""

from __future__ import annotations

from bisect import bisect_left

from django.db import connection

from portal.metering.bulk import insert_rows
from portal.metering.chunks import Columns, join_columns, pack_columns, unpack_columns
from portal.metering.facts import QUARTER_MS
from portal.metering.registry import NEVER, KnownMeter

MAX_LOOSE_CHUNKS = 64
"""A chunk is written with every transaction; this many are joined to one, so that reading stays quick."""

_READ = (
    "SELECT samples FROM metering_samples "
    "WHERE household_id = %s AND meter_id = %s AND first_at >= %s AND first_at < %s ORDER BY first_at"
)
_DELETE = (
    "DELETE FROM metering_samples "
    "WHERE household_id = %s AND meter_id = %s AND first_at >= %s AND first_at < %s"
)
_INSERT = "INSERT INTO metering_samples (household_id, meter_id, first_at, samples)"


def read_columns(household_id: int, meter_id: int, start_ms: int, end_ms: int) -> list[Columns]:
    """The samples of the chunks whose first sample lies in a period, in order of time."""
    return [unpack_columns(chunk) for chunk in read_chunks(household_id, meter_id, start_ms, end_ms)]


def read_chunks(household_id: int, meter_id: int, start_ms: int, end_ms: int) -> list[bytes]:
    """The chunks whose first sample lies in a period, in order of time."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, (household_id, meter_id, start_ms, end_ms))
        return [bytes(samples) for (samples,) in cursor.fetchall()]


def split_quarters(
    times: list[int], values: list[int], floor_ms: int
) -> dict[int, tuple[list[int], list[int]]]:
    """A run of samples by number of the quarter-hour, without those before the floor; `times` rise."""
    first, last = times[0] // QUARTER_MS, times[-1] // QUARTER_MS
    if first == last:
        return {first: (times, values)} if times[0] >= floor_ms else {}
    start = bisect_left(times, floor_ms)
    parts: dict[int, tuple[list[int], list[int]]] = {}
    while start < len(times):
        quarter = times[start] // QUARTER_MS
        end = bisect_left(times, (quarter + 1) * QUARTER_MS, start)
        parts[quarter] = (times[start:end], values[start:end])
        start = end
    return parts


class SampleWriter:
    """Writes one meter's new samples."""

    def __init__(self, household_id: int, meter: KnownMeter, floor_ms: int) -> None:
        self._household_id = household_id
        self._meter = meter
        self._floor_ms = floor_ms
        self._new: dict[int, Columns] = {}
        self._late: dict[int, list[Columns]] = {}
        self._rows: list[tuple[int, int, int, bytes]] = []

    def add(self, slot: int, times: list[int], values: list[int]) -> None:
        """Samples newer than any of this register; the lists now belong to the writer."""
        for quarter, part in split_quarters(times, values, self._floor_ms).items():
            self._new.setdefault(quarter, {})[slot] = part

    def add_late(self, slot: int, at: int, value: int) -> None:
        """A sample that came out of order, or corrects one."""
        if at >= self._floor_ms:
            self._late.setdefault(at // QUARTER_MS, []).append({slot: ([at], [value])})

    def write(self) -> None:
        """Insert what is new, join what has become one quarter-hour, delete what is too old."""
        meter = self._meter
        for quarter in sorted(self._new.keys() | self._late.keys()):
            columns, late = self._new.get(quarter, {}), self._late.get(quarter, [])
            open_quarter = NEVER if meter.newest_at == NEVER else meter.newest_at // QUARTER_MS
            if quarter > open_quarter:
                self._close(open_quarter)
                meter.loose_chunks = 0
            first_at = min((times[0] for times, _ in columns.values()), default=NEVER)
            if not late and first_at > meter.newest_at:
                meter.loose_chunks += 1
                self._rows.append((self._household_id, meter.id, first_at, pack_columns(columns)))
                if meter.loose_chunks >= MAX_LOOSE_CHUNKS:
                    self._join(quarter, [])
            else:
                # Late samples first: where they correct a value, theirs stays.
                self._join(quarter, [*late, columns])
            newest = [times[-1] for times, _ in columns.values()]
            meter.newest_at = max(
                [meter.newest_at, *newest, *(at for part in late for at in _instants(part))]
            )
        insert_rows(_INSERT, self._rows)

    def _close(self, quarter: int) -> None:
        """A quarter-hour is over: one chunk from now on, and nothing older than the household keeps."""
        if quarter == NEVER:
            return
        if self._meter.loose_chunks > 1:
            self._join(quarter, [])
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, (self._household_id, self._meter.id, 0, self._floor_ms))

    def _join(self, quarter: int, further: list[Columns]) -> None:
        period = (self._household_id, self._meter.id, quarter * QUARTER_MS, (quarter + 1) * QUARTER_MS)
        parts = [part for part in further if part]
        parts += read_columns(*period)
        parts += [unpack_columns(row[3]) for row in self._rows if row[2] // QUARTER_MS == quarter]
        self._rows = [row for row in self._rows if row[2] // QUARTER_MS != quarter]
        if not parts:
            return
        joined = join_columns(parts)
        with connection.cursor() as cursor:
            cursor.execute(_DELETE, period)
        first_at = min(times[0] for times, _ in joined.values())
        self._rows.append((self._household_id, self._meter.id, first_at, pack_columns(joined)))
        if quarter == self._meter.newest_at // QUARTER_MS:
            self._meter.loose_chunks = 1


def _instants(columns: Columns) -> list[int]:
    return [at for times, _ in columns.values() for at in times]
