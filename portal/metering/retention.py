"""How long what is kept, and taking away what is over: raw samples, profiles, facts of settled days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from portal.accounts.day_range import EVERY_DAY, DayRange
from portal.accounts.models import Household, Occupancy
from portal.metering import day_table, registry, rollups
from portal.metering.daybook import DayBook
from portal.metering.derivation import limits_of, quantity_of
from portal.metering.facts import QUARTER_MS, Fact
from portal.metering.local_days import bounds_ms, month_of, month_ordinals, to_ms
from portal.metering.models import Shelf
from portal.metering.packing import unpack_facts
from portal.metering.rollups import Change, Outcome, Reason
from portal.metering.selection import rows

HOUR_MS = 3_600_000
_GROWING = ("metering_day", "metering_dayrevision", "metering_month", "metering_latest", "metering_samples")
_SETTLE_AT_ONCE = 500
"""Days settled in one transaction, so that writers do not wait long for their turn."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken away."""

    sample_chunks: int
    settled_days: int
    profiles: int


def shelf_of(household: Household) -> Shelf:
    """How long this household keeps what."""
    shelf, _ = Shelf.objects.get_or_create(household=household)
    return shelf


def keep_raw(household: Household, hours: int) -> None:
    """The resident's choice of how long raw readings are kept; what is older goes with the next `prune`."""
    shelf = shelf_of(household)
    shelf.raw_hours = hours
    shelf.full_clean(exclude=["household"])
    shelf.save(update_fields=["raw_hours"])
    registry.forget(household.pk)


def keep_profiles(household: Household, months: int | None) -> None:
    """The resident's choice of how long quarter-hours are kept; None: as long as the household exists."""
    shelf = shelf_of(household)
    shelf.profile_months = months
    shelf.full_clean(exclude=["household"])
    shelf.save(update_fields=["profile_months"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a household takes up on the disk, in bytes; indexes and free pages are estimated."""

    raw_bytes: int
    profile_bytes: int
    total_bytes: int
    month_bytes: int
    """By how much profiles and totals grow in a month, as the last 31 days did."""


_ROW_BYTES = 48
"""The numbers of a row of the day table and its key, as SQLite packs them."""


def size_of(household: Household) -> Size:
    """What a household takes up on the disk."""
    recent = household.local_today.toordinal() - 31
    ((days, packed, fresh, fresh_packed),) = rows(
        "SELECT COUNT(*), COALESCE(SUM(COALESCE(LENGTH(profile), 0) + COALESCE(LENGTH(facts), 0)), 0), "
        "COALESCE(SUM(CASE WHEN day > %s THEN 1 ELSE 0 END), 0), "
        "COALESCE(SUM(CASE WHEN day > %s THEN COALESCE(LENGTH(profile), 0) ELSE 0 END), 0) "
        "FROM metering_day WHERE household_id = %s",
        (recent, recent, household.pk),
    )
    ((old_days, old_packed),) = rows(
        "SELECT COUNT(*), COALESCE(SUM(COALESCE(LENGTH(profile), 0)), 0) FROM metering_dayrevision "
        "WHERE household_id = %s",
        (household.pk,),
    )
    ((chunks, raw),) = rows(
        "SELECT COUNT(*), COALESCE(SUM(LENGTH(samples)), 0) FROM metering_samples WHERE household_id = %s",
        (household.pk,),
    )
    ((months,),) = rows("SELECT COUNT(*) FROM metering_month WHERE household_id = %s", (household.pk,))
    return Size(
        raw_bytes=int(raw) + chunks * _ROW_BYTES // 2,
        profile_bytes=int(packed) + int(old_packed) + old_days * _ROW_BYTES,
        total_bytes=(days + months) * _ROW_BYTES,
        month_bytes=int(fresh_packed) + int(fresh) * _ROW_BYTES,
    )


def erase(household_id: int) -> None:
    """Take away every reading of a household and all that was derived from it."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _GROWING:
            cursor.execute(f"DELETE FROM {table} WHERE household_id = %s", (household_id,))  # noqa: S608  a constant
        cursor.execute("DELETE FROM metering_register WHERE household_id = %s", (household_id,))
        cursor.execute("DELETE FROM metering_meter WHERE household_id = %s", (household_id,))
        cursor.execute("UPDATE metering_shelf SET token = 0 WHERE household_id = %s", (household_id,))
    registry.forget(household_id)


def erase_days(household: Household, days: DayRange) -> None:
    """Take away every reading of a run of local days and all that was derived from it; meters stay."""
    zone = household.zone
    begin_ms, end_ms = _bounds_ms(days, zone)
    between = (household.pk, days.first, days.last)
    months = (household.pk, month_of(days.first), month_of(days.last))
    with transaction.atomic(), connection.cursor() as cursor:
        registry.claim(household)
        for table in ("metering_day", "metering_dayrevision"):
            cursor.execute(
                f"DELETE FROM {table} WHERE household_id = %s AND day BETWEEN %s AND %s",  # noqa: S608  a constant
                between,
            )
        cursor.execute(
            "DELETE FROM metering_samples WHERE household_id = %s AND first_at >= %s AND first_at < %s",
            (household.pk, begin_ms, end_ms),
        )
        cursor.execute(
            "DELETE FROM metering_latest WHERE household_id = %s AND at >= %s AND at < %s",
            (household.pk, begin_ms, end_ms),
        )
        cursor.execute(
            "SELECT register_id, month FROM metering_month WHERE household_id = %s "
            "AND month BETWEEN %s AND %s",
            months,
        )
        rollups.sum_months({(household.pk, *row) for row in cursor.fetchall()})
        cursor.execute(
            "DELETE FROM metering_month WHERE household_id = %s AND total IS NULL "
            "AND month BETWEEN %s AND %s",
            months,
        )
        registry.forget(household.pk)


def _bounds_ms(days: DayRange, zone: ZoneInfo) -> tuple[int, int]:
    """Start and end of a run of local days; where it has no end, all instants there are."""
    begin = 0 if days.first == EVERY_DAY.first else bounds_ms(days.first, zone)[0]
    end = 2**62 if days.last == EVERY_DAY.last else bounds_ms(days.last, zone)[1]
    return begin, end


def prune(household: Household, *, now: datetime) -> Pruned:
    """Take away what is over in one household, the history of people who left it long ago too."""
    for occupancy in Occupancy.objects.filter(household=household, keep_until__lt=household.local_today):
        erase_days(household, occupancy.days)
        occupancy.delete()  # And with it the memberships of those who left.
    shelf = shelf_of(household)
    now_ms = to_ms(now)
    floor_ms = (now_ms - shelf.raw_hours * HOUR_MS) // QUARTER_MS * QUARTER_MS
    with transaction.atomic(), connection.cursor() as cursor:
        registry.claim(household)
        cursor.execute(
            "DELETE FROM metering_samples WHERE household_id = %s AND first_at < %s", (household.pk, floor_ms)
        )
        chunks = cursor.rowcount
    return Pruned(chunks, _settle_days(household, now_ms), _drop_profiles(household, shelf, now))


def _settle_days(household: Household, now_ms: int) -> int:
    """Let days that are long over stand for their own facts."""
    zone = household.zone
    settled = 0
    due = [
        (register_id, quantity_of(quantity), day)
        for register_id, quantity, day, known_from in rows(
            "SELECT d.register_id, r.quantity, d.day, d.known_from FROM metering_day d "
            "JOIN metering_register r ON r.id = d.register_id WHERE d.household_id = %s AND NOT d.settled "
            "AND d.anchored AND d.profile IS NOT NULL ORDER BY d.register_id, d.day",
            (household.pk,),
        )
        if rollups.is_time_to_settle(bounds_ms(day, zone)[1], known_from, now_ms)
    ]
    for start in range(0, len(due), _SETTLE_AT_ONCE):
        with transaction.atomic():
            registry.claim(household)
            books: dict[int, DayBook] = {}
            outcome = Outcome()
            for register_id, quantity, day in due[start : start + _SETTLE_AT_ONCE]:
                if register_id not in books:
                    books[register_id] = _book(household, register_id, zone)
                change = Change(limits_of(quantity), now_ms, Reason.RECOMPUTED, "")
                rollups.settle(books[register_id], day, change, outcome)
            if outcome.days:
                day_table.keep_days(outcome.days)
            settled += len(outcome.days)
    return settled


def _drop_profiles(household: Household, shelf: Shelf, now: datetime) -> int:
    """Profiles older than the household keeps go; their totals stay."""
    if shelf.profile_months is None:
        return 0
    today = now.astimezone(household.zone).date().toordinal()
    oldest, _ = month_ordinals(month_of(today) - shelf.profile_months)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE metering_day SET profile = NULL, facts = NULL, settled = %s "
            "WHERE household_id = %s AND day < %s AND profile IS NOT NULL",
            (True, household.pk, oldest),
        )
        dropped: int = cursor.rowcount
        cursor.execute(
            "DELETE FROM metering_dayrevision WHERE household_id = %s AND day < %s", (household.pk, oldest)
        )
    return dropped


def _book(household: Household, register_id: int, zone: ZoneInfo) -> DayBook:
    open_facts: list[Fact] = []
    for (packed,) in rows(
        "SELECT open_facts FROM metering_latest WHERE household_id = %s AND register_id = %s",
        (household.pk, register_id),
    ):
        open_facts = unpack_facts(bytes(packed)) if packed is not None else []
    return DayBook(household.pk, register_id, zone, open_facts)
