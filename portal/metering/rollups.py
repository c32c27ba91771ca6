"""Fold facts into days, derive what depends on them and nothing else, and sum days up to months."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise

from django.db import connection

from portal.metering import day_table
from portal.metering.bulk import insert_rows
from portal.metering.day_table import Replaced, StoredDay
from portal.metering.daybook import DayBook
from portal.metering.derivation import CONTEXT, DERIVED, STICKY, Derived, Limits, Mark, derive
from portal.metering.facts import QUARTER_MS, Fact, merge
from portal.metering.local_days import bounds_ms, day_of, month_of, month_ordinals
from portal.metering.packing import Profile, pack_facts, pack_profile
from portal.metering.settling import all_facts, explicit_facts

LATE_AFTER_MS = 3_600_000
"""A quarter-hour that comes to be known later than this after its end is a revision, not growth."""
COALESCE_MS = 60_000
"""Late readings that trickle in make one revision a minute at most."""
SETTLE_AFTER_DAYS = 3
"""A day is settled when it has been over, and its revision known, for so long."""
_DAY_MS = 86_400_000

_MISSING, _PARTIAL = int(Mark.MISSING), int(Mark.PARTIAL)
_UNKNOWN = _MISSING | _PARTIAL


class Reason(StrEnum):
    """Why a revision of a day was replaced."""

    LATE = "late"
    CORRECTED = "corrected"
    RECOMPUTED = "recomputed"
    """Nothing new was read; the household's time zone changed, or the rules of derivation did."""


@dataclass(slots=True)
class Arrivals:
    """What came in for one register in one transaction, apart from the quarter-hour that has not ended."""

    facts: dict[int, int] = field(default_factory=dict)
    """Instant (ms) -> value."""
    corrections: dict[int, int] = field(default_factory=dict)
    marks: dict[int, int] = field(default_factory=dict)
    """Number of a quarter-hour since 1970 -> marks that came with its readings."""
    open_changed: bool = False
    """A late reading changed the facts of the open quarter-hour."""

    def __bool__(self) -> bool:
        return bool(self.facts or self.corrections or self.marks or self.open_changed)


@dataclass(slots=True)
class Change:
    """Who changes a register's days, when and why."""

    limits: Limits
    now_ms: int
    reason: Reason
    source: str


@dataclass(slots=True)
class Outcome:
    """What a fold changed."""

    days: list[StoredDay] = field(default_factory=list)
    replaced: list[Replaced] = field(default_factory=list)
    open_start: int | None = None
    """The register at the start of the open quarter-hour, when `open_derived`."""
    open_plain: bool = False
    """The open quarter-hour begins no lower than the fact before it, when `open_derived`."""
    open_derived: bool = False
    newest_created: int | None = None
    """The newest day that had no row before."""


def fold(book: DayBook, arrivals: Arrivals, open_facts: list[Fact], change: Change) -> Outcome:
    """Fold what came in into a register's days. The caller writes the outcome (`write`)."""
    affected = _merge(book, arrivals)
    if arrivals.open_changed:
        day = day_of(open_facts[0][0], book.zone)
        around = book.facts_before(day) + book.facts(day)
        earliest = around[-CONTEXT:][0][0] if around else open_facts[0][0]
        affected |= set(range(day_of(earliest, book.zone), day + 1))
    return derive_days(book, affected, arrivals.marks, open_facts, change)


def _merge(book: DayBook, arrivals: Arrivals) -> set[int]:
    """Merge arrivals into the facts of their days; the days that may have changed by it."""
    facts_by_day = _by_day(book, arrivals.facts)
    corrections_by_day = _by_day(book, arrivals.corrections)
    marked_days = _by_day(book, {quarter * QUARTER_MS: mark for quarter, mark in arrivals.marks.items()})
    touched = sorted(facts_by_day.keys() | corrections_by_day.keys() | marked_days.keys())
    for first, last in _runs(touched):
        book.load(first - 1, last + 1)
    changes: list[tuple[int, int, int, int]] = []
    for day in touched:
        known = book.facts(day)
        merged = merge(known, facts_by_day.get(day, {}), corrections_by_day.get(day, {}))
        if merged != known:
            book.set_facts(day, merged)
            same_before = _common(known, merged)
            same_after = _common(known[::-1], merged[::-1])
            changes.append((day, same_before, same_after, len(merged)))
    affected = set(marked_days)
    for day, same_before, same_after, _ in changes:
        first = last = day
        if same_before < CONTEXT and (before := book.facts_before(day)):
            first = day_of(before[0][0], book.zone)
        if same_after < CONTEXT and (after := book.facts_after(day)):
            last = day_of(after[-1][0], book.zone)
        affected |= set(range(first, last + 1))
    return affected


def derive_days(
    book: DayBook, days: Iterable[int], marks: dict[int, int], open_facts: list[Fact], change: Change
) -> Outcome:
    """Derive days anew from the facts in the book, and note those that came out different."""
    outcome = Outcome()
    ordered = sorted(days)
    for first, last in _runs(ordered):
        book.load(first - 1, last + 1)
    open_quarter = open_facts[0][0] // QUARTER_MS if open_facts else None
    before: list[Fact] = []
    after: list[Fact] = []
    previous: int | None = None
    for day in ordered:
        start, end = bounds_ms(day, book.zone)
        if start == end:  # A day that a zone's calendar skipped.
            continue
        own = book.facts(day)
        # Inside a gap the neighbouring facts are those of the day before.
        if previous != day - 1 or book.facts(day - 1):
            before = book.facts_before(day)
        if previous != day - 1 or own:
            after = book.facts_after(day)
        previous = day
        if after:
            own = [fact for fact in own if fact[0] < after[0][0]]
        bounds = range(start, end + 1, QUARTER_MS)
        derived = derive(before + own + after, bounds, change.limits)
        if open_quarter is not None and start <= open_quarter * QUARTER_MS < end:
            number = open_quarter - start // QUARTER_MS
            outcome.open_start, outcome.open_derived = derived.values[number], True
            earlier = (before + own)[-1:]
            outcome.open_plain = not earlier or earlier[0][1] <= open_facts[0][1]
            _leave_open(derived, number)
        _keep_derived(book, day, own, after, derived, bounds, marks, change, outcome)
    if outcome.newest_created is not None:
        # Once a day, where readings come in day by day; `prune` finds the others.
        settle(book, outcome.newest_created - SETTLE_AFTER_DAYS - 1, change, outcome)
    return outcome


def _leave_open(derived: Derived, number: int) -> None:
    """The quarter-hour that has not ended is counted from the latest values, not from the row."""
    rest = len(derived.marks) - number
    derived.marks[number:] = [_MISSING] * rest
    derived.energies[number:] = [None] * rest


def _keep_derived(
    book: DayBook,
    day: int,
    own: list[Fact],
    after: list[Fact],
    derived: Derived,
    bounds: range,
    marks: dict[int, int],
    change: Change,
    outcome: Outcome,
) -> None:
    old, old_profile = book.stored(day), book.profile(day)
    if old is None and not own and all(mark & _MISSING for mark in derived.marks):
        return
    first_quarter = bounds[0] // QUARTER_MS
    sticky = [0] * len(derived.marks)
    if old_profile is not None and old_profile.first_quarter == first_quarter:
        sticky = [mark & STICKY for mark in old_profile.marks]
    if marks:
        sticky = [mark | marks.get(first_quarter + number, 0) for number, mark in enumerate(sticky)]
    all_marks = [mark | stuck for mark, stuck in zip(derived.marks, sticky, strict=True)]
    profile = Profile(first_quarter, derived.energies, all_marks)
    explicit = own
    # Readings on the quarter-hour are their own boundaries: such a day is settled without loss.
    if own and not any(instant % QUARTER_MS for instant, _ in own):
        kept = explicit_facts(own, derived, bounds)
        settled = Profile(first_quarter, derived.energies, all_marks, settled=True)
        implied = set(all_facts(settled, derived.values[0], kept))
        if implied >= set(own) and implied <= {*own, *after}:
            profile, explicit = settled, kept
    stored = _row(book, day, derived, profile, explicit, change.now_ms)
    if old is not None:
        if (old.profile, old.facts, old.start_value) == (stored.profile, stored.facts, stored.start_value):
            return
        _number_revision(old, old_profile, stored, profile, change, outcome)
    else:
        outcome.newest_created = max(day, outcome.newest_created or day)
    book.put(stored, profile)
    outcome.days.append(stored)


def _row(
    book: DayBook, day: int, derived: Derived, profile: Profile, explicit: list[Fact], now_ms: int
) -> StoredDay:
    whole = [
        energy
        for energy, mark in zip(derived.energies, derived.marks, strict=True)
        if energy is not None and not mark & _UNKNOWN
    ]
    quality = 0
    for mark in profile.marks:
        quality |= mark
    return StoredDay(
        household_id=book.household_id,
        register_id=book.register_id,
        day=day,
        start_value=derived.values[0],
        total=derived.total,
        minimum=min(whole, default=None),
        maximum=max(whole, default=None),
        known_from=now_ms,
        quality=quality,
        revision=1,
        complete=len(whole) == len(derived.marks),
        anchored=bool(explicit) or (profile.settled and any(not mark & DERIVED for mark in profile.marks)),
        settled=profile.settled,
        profile=pack_profile(profile),
        facts=pack_facts(explicit) if explicit else None,
    )


def _number_revision(
    old: StoredDay,
    old_profile: Profile | None,
    stored: StoredDay,
    profile: Profile,
    change: Change,
    outcome: Outcome,
) -> None:
    """A day that grows in time stays the same revision; what changes the past begins a new one."""
    stored.revision, stored.known_from = old.revision, old.known_from
    if old_profile is None or not _changes_the_past(old_profile, profile, change.now_ms):
        return
    if change.reason is Reason.LATE and change.now_ms - old.known_from < COALESCE_MS:
        return
    outcome.replaced.append(Replaced(old, change.now_ms, change.reason.value, change.source))
    stored.revision, stored.known_from = old.revision + 1, change.now_ms


def _changes_the_past(old: Profile, new: Profile, now_ms: int) -> bool:
    if old.first_quarter != new.first_quarter or len(old.marks) != len(new.marks):
        return True
    if old.energies == new.energies and old.marks == new.marks:
        return False
    end = old.first_quarter * QUARTER_MS
    for old_energy, old_mark, energy, mark in zip(
        old.energies, old.marks, new.energies, new.marks, strict=True
    ):
        end += QUARTER_MS
        if old_mark & _UNKNOWN:
            if not mark & _UNKNOWN and end < now_ms - LATE_AFTER_MS:
                return True
        elif (old_energy, old_mark) != (energy, mark):
            return True
    return False


def settle(book: DayBook, day: int, change: Change, outcome: Outcome) -> None:
    """Let a day stand for its own facts, if it is time and changes nothing of what is derived from them."""
    stored, profile = book.stored(day), book.profile(day)
    if stored is None or profile is None or stored.settled or not profile.marks:
        return
    if not is_time_to_settle(profile.bounds[-1], stored.known_from, change.now_ms):
        return
    bounds = profile.bounds
    before, own, after = book.facts_before(day), book.facts(day), book.facts_after(day)
    if after:
        own = [fact for fact in own if fact[0] < after[0][0]]
    derived = derive(before + own + after, bounds, change.limits)
    explicit = explicit_facts(own, derived, bounds)
    settled = Profile(profile.first_quarter, profile.energies, profile.marks, settled=True)
    implied = all_facts(settled, stored.start_value, explicit)
    if after:
        implied = [fact for fact in implied if fact[0] < after[0][0]]
    again = derive(before + implied + after, bounds, change.limits)
    if (again.energies, again.marks) != (derived.energies, derived.marks):
        return
    stored.settled = True
    stored.facts = pack_facts(explicit) if explicit else None
    stored.profile = pack_profile(settled)
    book.put(stored, settled)
    book.set_facts(day, implied)
    if stored not in outcome.days:
        outcome.days.append(stored)


def is_time_to_settle(end_ms: int, known_from: int, now_ms: int) -> bool:
    """Whether late readings of a day that ended then are no longer to be expected."""
    return max(end_ms, known_from) + SETTLE_AFTER_DAYS * _DAY_MS <= now_ms


def write(outcomes: list[Outcome]) -> None:
    """Write what folds changed: days, what they replaced, and the months they lie in."""
    days = [stored for outcome in outcomes for stored in outcome.days]
    replaced = [old for outcome in outcomes for old in outcome.replaced]
    if replaced:
        day_table.archive(replaced)
    if days:
        day_table.keep_days(days)
        sum_months({(stored.household_id, stored.register_id, month_of(stored.day)) for stored in days})


_MONTH_DAYS = (
    "SELECT total, quality, complete FROM metering_day "
    "WHERE household_id = %s AND register_id = %s AND day BETWEEN %s AND %s"
)
_KEEP_MONTH = "INSERT INTO metering_month (household_id, register_id, month, total, quality, complete)"
_REPLACE_MONTH = (
    "ON CONFLICT (household_id, register_id, month) DO UPDATE "
    "SET total = excluded.total, quality = excluded.quality, complete = excluded.complete"
)


def sum_months(months: set[tuple[int, int, int]]) -> None:
    """Sum days up to their months anew."""
    rows: list[tuple[int, int, int, int | None, int, bool]] = []
    with connection.cursor() as cursor:
        for household_id, register_id, month in sorted(months):
            first, last = month_ordinals(month)
            cursor.execute(_MONTH_DAYS, (household_id, register_id, first, last))
            days = cursor.fetchall()
            totals = [total for total, _, _ in days if total is not None]
            quality = 0
            for _, marks, _ in days:
                quality |= marks
            complete = sum(bool(whole) for _, _, whole in days) == last - first + 1
            total = sum(totals) if totals else None
            rows.append((household_id, register_id, month, total, quality, complete))
    insert_rows(_KEEP_MONTH, rows, _REPLACE_MONTH)


def _by_day(book: DayBook, values: dict[int, int]) -> dict[int, dict[int, int]]:
    """Instants and what belongs to them, by local day."""
    days: dict[int, dict[int, int]] = {}
    end = 0
    part: dict[int, int] = {}
    for instant in sorted(values):
        if instant >= end:
            day = day_of(instant, book.zone)
            end = bounds_ms(day, book.zone)[1]
            part = days.setdefault(day, {})
        part[instant] = values[instant]
    return days


def _runs(days: list[int]) -> list[tuple[int, int]]:
    """Days in order as runs of days that lie near one another."""
    if not days:
        return []
    breaks = [number for number, (before, after) in enumerate(pairwise(days), 1) if after - before > CONTEXT]
    starts, ends = [0, *breaks], [*breaks, len(days)]
    return [(days[start], days[end - 1]) for start, end in zip(starts, ends, strict=True)]


def _common(one: list[Fact], other: list[Fact]) -> int:
    """How many facts two lists begin with alike."""
    for number, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return number
    return min(len(one), len(other))
