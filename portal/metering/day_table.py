"""The table of days, read and written as plain values. SQL that SQLite and PostgreSQL read alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from portal.metering.bulk import insert_rows

_SELECT = (
    "SELECT household_id, register_id, day, start_value, total, minimum, maximum, known_from, quality, "
    "revision, complete, anchored, settled, profile, facts FROM metering_day "
    "WHERE household_id = %s AND register_id = %s "
)
_BETWEEN = _SELECT + "AND day BETWEEN %s AND %s"
_BEFORE = _SELECT + "AND day < %s AND anchored ORDER BY day DESC LIMIT 2"
_AFTER = _SELECT + "AND day > %s AND anchored ORDER BY day LIMIT 2"
_KEEP = (
    "INSERT INTO metering_day (household_id, register_id, day, start_value, total, minimum, maximum, "
    "known_from, quality, revision, complete, anchored, settled, profile, facts)"
)
_REPLACE = (
    "ON CONFLICT (household_id, register_id, day) DO UPDATE SET start_value = excluded.start_value, "
    "total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum, "
    "known_from = excluded.known_from, quality = excluded.quality, revision = excluded.revision, "
    "complete = excluded.complete, anchored = excluded.anchored, settled = excluded.settled, "
    "profile = excluded.profile, facts = excluded.facts"
)
_ARCHIVE = (
    "INSERT INTO metering_dayrevision (household_id, register_id, day, revision, start_value, total, "
    "quality, complete, profile, known_from, known_until, reason, source)"
)


@dataclass(slots=True)
class StoredDay:
    """One row of the table. `portal.metering.models.DayRow` says what the columns mean."""

    household_id: int
    register_id: int
    day: int
    start_value: int | None
    total: int | None
    minimum: int | None
    maximum: int | None
    known_from: int
    quality: int
    revision: int
    complete: bool
    anchored: bool
    settled: bool
    profile: bytes | None
    facts: bytes | None

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> StoredDay:
        """The row as the driver gave it."""
        stored = cls(*row)
        stored.complete, stored.anchored, stored.settled = (
            bool(stored.complete), bool(stored.anchored), bool(stored.settled),
        )  # fmt: skip
        stored.profile = None if stored.profile is None else bytes(stored.profile)
        stored.facts = None if stored.facts is None else bytes(stored.facts)
        return stored

    def parameters(self) -> tuple[Any, ...]:
        """In the order of the columns."""
        return (
            self.household_id, self.register_id, self.day, self.start_value, self.total, self.minimum,
            self.maximum, self.known_from, self.quality, self.revision, self.complete, self.anchored,
            self.settled, self.profile, self.facts,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Replaced:
    """A revision that something late or corrected put an end to."""

    stored: StoredDay
    known_until: int
    reason: str
    source: str


def read_days(household_id: int, register_id: int, first: int, last: int) -> list[StoredDay]:
    """The rows of a run of days, in no order."""
    return _rows(_BETWEEN, (household_id, register_id, first, last))


def read_anchored_before(household_id: int, register_id: int, day: int) -> list[StoredDay]:
    """The two nearest earlier days that hold facts, newest first."""
    return _rows(_BEFORE, (household_id, register_id, day))


def read_anchored_after(household_id: int, register_id: int, day: int) -> list[StoredDay]:
    """The two nearest later days that hold facts, oldest first."""
    return _rows(_AFTER, (household_id, register_id, day))


def keep_days(days: Iterable[StoredDay]) -> None:
    """Insert or replace rows."""
    insert_rows(_KEEP, [stored.parameters() for stored in days], _REPLACE)


def archive(replaced: Iterable[Replaced]) -> None:
    """Put aside what was known until now."""
    insert_rows(
        _ARCHIVE,
        [
            (
                old.stored.household_id, old.stored.register_id, old.stored.day, old.stored.revision,
                old.stored.start_value, old.stored.total, old.stored.quality, old.stored.complete,
                old.stored.profile, old.stored.known_from, old.known_until, old.reason, old.source,
            )
            for old in replaced
        ],
    )  # fmt: skip


def _rows(query: str, parameters: tuple[int, ...]) -> list[StoredDay]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [StoredDay.of_row(row) for row in cursor.fetchall()]
