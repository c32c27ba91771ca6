"""Derive a household's whole history anew from the facts it has kept.

Nothing comes out different, unless the household's time zone changed and its days are cut elsewhere, or
the rules of derivation did. What was known before stays answerable as a revision.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from portal.accounts.models import Household
from portal.metering import day_table, registry, rollups
from portal.metering.daybook import DayBook
from portal.metering.derivation import STICKY, limits_of, quantity_of
from portal.metering.facts import Fact
from portal.metering.local_days import bounds_ms, day_of, to_ms
from portal.metering.packing import unpack_facts, unpack_profile
from portal.metering.rollups import Change, Reason
from portal.metering.selection import rows
from portal.metering.settling import all_facts

_FIRST, _LAST = 1, 3_652_059
"""All ordinals a date can have."""
_REGISTERS = (
    "SELECT r.id, r.quantity, l.open_facts FROM metering_register r JOIN metering_latest l "
    "ON l.household_id = r.household_id AND l.register_id = r.id "
    "WHERE r.household_id = %s AND l.open_facts IS NOT NULL"
)


def recompute(household: Household, *, now: datetime) -> int:
    """Derive everything anew, in the household's time zone; how many days came out different."""
    with transaction.atomic():
        registry.claim(household)
        registry.forget(household.pk)
        return sum(
            _recompute_register(
                household,
                register_id,
                unpack_facts(bytes(open_facts)),
                Change(limits_of(quantity_of(quantity)), to_ms(now), Reason.RECOMPUTED, ""),
            )
            for register_id, quantity, open_facts in rows(_REGISTERS, (household.pk,))
        )


def _recompute_register(
    household: Household, register_id: int, open_facts: list[Fact], change: Change
) -> int:
    zone = household.zone
    facts: dict[int, int] = {}
    marks: dict[int, int] = {}
    implied_ends: set[int] = set()
    settled_days: list[int] = []
    stored_days = sorted(
        day_table.read_days(household.pk, register_id, _FIRST, _LAST), key=lambda stored: stored.day
    )
    for stored in stored_days:
        if stored.profile is None:
            continue  # Its time is over: the total is all that is left of it.
        profile = unpack_profile(stored.profile)
        explicit = unpack_facts(stored.facts) if stored.facts else []
        known = all_facts(profile, stored.start_value, explicit)
        # A day's own fact at its start is newer knowledge than what the day before implies for its end.
        facts.update(known)
        implied_ends.difference_update(instant for instant, _ in known)
        if known and known[-1][0] == profile.bounds[-1]:
            implied_ends.add(known[-1][0])
        for number, mark in enumerate(profile.marks, profile.first_quarter):
            if mark & STICKY:
                marks[number] = mark & STICKY
        if stored.settled:
            settled_days.append(stored.day)
    if not facts:
        return 0
    book = DayBook(household.pk, register_id, zone, open_facts)
    first, last = day_of(min(facts), zone), day_of(open_facts[0][0], zone)
    book.load(first - 1, last + 1)
    by_day = _split_by_day(sorted(facts.items()), implied_ends, book)
    for day in range(first, last + 1):
        book.set_facts(day, by_day.get(day, []))
    outcome = rollups.derive_days(book, range(first, last + 1), marks, open_facts, change)
    for day in settled_days:
        rollups.settle(book, day, change, outcome)
    before = {stored.day: stored for stored in stored_days}
    outcome.days = [stored for stored in outcome.days if before.get(stored.day) != stored]
    rollups.write([outcome])
    if outcome.open_derived:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE metering_latest SET open_start = %s WHERE household_id = %s AND register_id = %s",
                (outcome.open_start, household.pk, register_id),
            )
    return len(outcome.days)


def _split_by_day(facts: list[Fact], implied_ends: set[int], book: DayBook) -> dict[int, list[Fact]]:
    """Facts in order of time by local day; one that only an end implies stays with the day that ends."""
    days: dict[int, list[Fact]] = {}
    end = 0
    part: list[Fact] = []
    for fact in facts:
        if fact[0] >= end and not (part and fact[0] == end and end in implied_ends):
            day = day_of(fact[0], book.zone)
            end = bounds_ms(day, book.zone)[1]
            part = days.setdefault(day, [])
        part.append(fact)
    return days
