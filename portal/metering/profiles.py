"""Days as people see them: all registers of a quantity together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from consumerapp.intervals import quarter_starts
from consumerapp.readings import Quantity, from_thousandths
from portal.accounts.models import Household
from portal.metering.answers import DayProfile, DayTotal, Revision, TypicalDay
from portal.metering.facts import QUARTER_MS
from portal.metering.local_days import bounds_ms, day_of, from_ms, to_ms
from portal.metering.packing import unpack_profile
from portal.metering.selection import (
    ESTIMATED,
    MISSING,
    PARTIAL,
    RESET,
    Part,
    Selected,
    Selection,
    add_open,
    all_complete,
    choose,
    quality_of,
)

LONGEST_EXTREMES_DAYS = 400
TYPICAL_WEEKS = 8
LEAST_TYPICAL_DAYS = 3
_SATURDAY = 5
_SLIM = "SELECT register_id, day, total, minimum, maximum, quality, complete FROM metering_day"
_FULL = "SELECT register_id, day, total, minimum, maximum, quality, complete, profile FROM metering_day"
_NOW_KNOWN = (
    "SELECT register_id, revision, total, quality, complete, known_from, NULL, '', '', profile "
    "FROM metering_day"
)
_ONCE_KNOWN = (
    "SELECT register_id, revision, total, quality, complete, known_from, known_until, reason, source, "
    "profile FROM metering_dayrevision"
)


def day(household: Household, day: date, quantity: Quantity) -> DayProfile:
    """One local day by quarter-hours; missing ones are None."""
    ordinal = day.toordinal()
    selection = Selection(household.pk, quantity)
    parts = parts_by_day(household, selection, ordinal, ordinal, profiles=True).get(ordinal, [])
    return day_profile(household.zone, day, quantity, choose(parts))


def days(household: Household, quantity: Quantity, first: date, last: date) -> tuple[DayTotal, ...]:
    """Every local day from first to last; one that nothing is known of has the total None."""
    begin, end = first.toordinal(), last.toordinal()
    selection = Selection(household.pk, quantity)
    # The extremes of a sum are not the sum of extremes: several registers are added quarter by quarter.
    add_up = len(selection.registers) > 1 and end - begin < LONGEST_EXTREMES_DAYS
    parts = parts_by_day(household, selection, begin, end, profiles=add_up)
    totals: list[DayTotal] = []
    for ordinal in range(begin, end + 1):
        those = choose(parts.get(ordinal, []))
        minimum: int | None = None
        maximum: int | None = None
        if len(those) == 1:
            minimum, maximum = those[0].minimum, those[0].maximum
        elif those and add_up:
            energies, _ = combine(household.zone, ordinal, those)
            known = [energy for energy in energies if energy is not None]
            minimum, maximum = min(known, default=None), max(known, default=None)
        totals.append(
            DayTotal(
                day=date.fromordinal(ordinal),
                total=exact(sum_known(part.total_so_far for part in those)),
                minimum=exact(minimum),
                maximum=exact(maximum),
                quality=quality_of(_all_marks(those)),
                complete=all_complete(those),
            )
        )
    return tuple(totals)


def typical_day(household: Household, day: date, quantity: Quantity) -> TypicalDay | None:
    """Median and middle half of the complete days of this kind (workday, weekend) in the weeks before.

    None: there are fewer than `LEAST_TYPICAL_DAYS` of them.
    """
    ordinal = day.toordinal()
    weekend = day.weekday() >= _SATURDAY
    selection = Selection(household.pk, quantity)
    first = ordinal - 7 * TYPICAL_WEEKS
    parts = parts_by_day(household, selection, first, ordinal - 1, profiles=True, running=False)
    usual: list[list[int]] = []
    for earlier, those in sorted(parts.items()):
        if (date.fromordinal(earlier).weekday() >= _SATURDAY) is not weekend:
            continue
        energies, _ = combine(household.zone, earlier, choose(those))
        known = [energy for energy in energies if energy is not None]
        if len(known) == len(energies) == _QUARTERS_OF_A_PLAIN_DAY:
            usual.append(known)
    if len(usual) < LEAST_TYPICAL_DAYS:
        return None
    count = len(usual)
    by_time = [sorted(energies) for energies in zip(*usual, strict=True)]
    low = [energies[(count - 1) // 4] for energies in by_time]
    middle = [(energies[(count - 1) // 2] + energies[count // 2]) // 2 for energies in by_time]
    high = [energies[count - 1 - (count - 1) // 4] for energies in by_time]
    zone = household.zone
    order = [_time_slot(start, zone) for start in quarter_starts(day, zone)]
    return TypicalDay(
        low=tuple(from_thousandths(low[slot]) for slot in order),
        middle=tuple(from_thousandths(middle[slot]) for slot in order),
        high=tuple(from_thousandths(high[slot]) for slot in order),
        days_used=count,
    )


def as_known_at(household: Household, day: date, quantity: Quantity, instant: datetime) -> DayProfile:
    """One local day as it was known at an instant: without what came later, with what was corrected since."""
    instant_ms = to_ms(instant)
    parts: list[Part] = []
    for register, row in _known_rows(household, day, quantity):
        _, total, marks, complete, known_from, known_until, _, _, profile = row
        if known_from <= instant_ms and (known_until is None or instant_ms < known_until):
            parts.append(register.part(total=total, marks=marks, complete=bool(complete), profile=profile))
    known = day_profile(household.zone, day, quantity, choose(parts))
    over = [to_ms(start) + QUARTER_MS <= instant_ms for start in known.starts]
    if all(over):
        return known
    energy = tuple(value if done else None for value, done in zip(known.energy, over, strict=True))
    heard = [value for value in energy if value is not None]
    return DayProfile(
        day=day,
        quantity=quantity,
        starts=known.starts,
        energy=energy,
        quality=known.quality,
        total=sum(heard, Decimal(0)) if heard else None,
        complete=False,
        until=instant,
    )


def revisions(household: Household, day: date, quantity: Quantity) -> tuple[Revision, ...]:
    """Everything a day was ever known to be, register by register, oldest first."""
    found = [
        Revision(
            register_id=register.id,
            day=day,
            number=number,
            total=exact(total),
            known_from=from_ms(known_from),
            known_until=None if known_until is None else from_ms(known_until),
            reason=reason,
            source=source,
        )
        for register, (number, total, _, _, known_from, known_until, reason, source, _) in _known_rows(
            household, day, quantity
        )
    ]
    return tuple(sorted(found, key=lambda revision: (revision.register_id, revision.number)))


def exact(thousandths: int | None) -> Decimal | None:
    """Thousandths as a Decimal in the base unit; None stays None."""
    return None if thousandths is None else from_thousandths(thousandths)


def sum_known(numbers: Iterable[int | None]) -> int | None:
    """The sum of those that are known; None: none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


_QUARTERS_OF_A_PLAIN_DAY = 96


def _time_slot(start: datetime, zone: ZoneInfo) -> int:
    local = start.astimezone(zone)
    return local.hour * 4 + local.minute // 15


def _known_rows(
    household: Household, day: date, quantity: Quantity
) -> list[tuple[Selected, tuple[Any, ...]]]:
    if day.toordinal() not in household.days_seen:
        return []
    selection = Selection(household.pk, quantity)
    found = [
        row
        for table in (_ONCE_KNOWN, _NOW_KNOWN)
        for row in selection.rows(table, "AND day = %s ORDER BY revision", day.toordinal())
    ]
    return [(selection.registers[register_id], tuple(row)) for register_id, *row in found]


def parts_by_day(
    household: Household, selection: Selection, first: int, last: int, *, profiles: bool, running: bool = True
) -> dict[int, list[Part]]:
    """What each register contributes, by local day, as far as the household's days may be seen."""
    parts: dict[int, list[Part]] = {}
    first, last = household.days_seen.clamped(first, last)
    if first > last:
        return parts
    registers = selection.registers
    for row in selection.rows(_FULL if profiles else _SLIM, "AND day BETWEEN %s AND %s", first, last):
        register = registers[row[0]]
        part = Part(
            register.meter_id, register.tariff, register.obis, row[2], row[3], row[4], row[5], bool(row[6])
        )
        if profiles:
            part.profile = row[7]
        parts.setdefault(row[1], []).append(part)
    if running:
        for register, quarter in selection.open_quarters():
            ordinal = day_of(quarter.start_ms, household.zone)
            if first <= ordinal <= last:
                add_open(parts, ordinal, register, quarter)
    return parts


def day_profile(zone: ZoneInfo, day: date, quantity: Quantity, chosen: list[Part]) -> DayProfile:
    """The parts of one day as it is answered."""
    energies, marks = combine(zone, day.toordinal(), chosen)
    running = [part.open.at_ms for part in chosen if part.open is not None]
    return DayProfile(
        day=day,
        quantity=quantity,
        starts=quarter_starts(day, zone),
        energy=tuple(exact(energy) for energy in energies),
        quality=tuple(quality_of(mark) for mark in marks),
        total=exact(sum_known(part.total_so_far for part in chosen)),
        complete=all_complete(chosen),
        until=from_ms(max(running)).astimezone(UTC) if running else None,
    )


def _all_marks(parts: list[Part]) -> int:
    marks = 0
    for part in parts:
        marks |= part.marks
        if part.open is not None:
            marks |= part.open.marks
    return marks


_Quarter = tuple[int | None, int]
_NOTHING: _Quarter = (None, MISSING)


def combine(zone: ZoneInfo, ordinal: int, chosen: list[Part]) -> tuple[list[int | None], list[int]]:
    """The quarter-hours of several registers as one row."""
    start, end = bounds_ms(ordinal, zone)
    count = (end - start) // QUARTER_MS
    if (plain := _combine_whole(chosen, start // QUARTER_MS, count)) is not None:
        return plain
    by_meter: dict[int, list[list[_Quarter]]] = {}
    for part in chosen:
        by_meter.setdefault(part.meter_id, []).append(_quarters(part, start, count))
    meters = [
        rows_of_tariffs[0]
        if len(rows_of_tariffs) == 1
        else [_sum_tariffs(quarters) for quarters in zip(*rows_of_tariffs, strict=True)]
        for rows_of_tariffs in by_meter.values()
    ]
    sums = [_sum_meters(quarters) for quarters in zip(*meters, strict=True)] if meters else [_NOTHING] * count
    return [energy for energy, _ in sums], [mark & ~(PARTIAL | MISSING) for _, mark in sums]


def _combine_whole(
    chosen: list[Part], first_quarter: int, count: int
) -> tuple[list[int | None], list[int]] | None:
    """Registers of which every quarter-hour is known, as almost all are; None: they are not."""
    if not chosen or any(
        part.open is not None or part.profile is None or part.marks & (PARTIAL | MISSING) for part in chosen
    ):
        return None
    profiles = [unpack_profile(bytes(part.profile or b"")) for part in chosen]
    if any(profile.first_quarter != first_quarter or len(profile.marks) != count for profile in profiles):
        return None
    if len(profiles) == 1:
        return profiles[0].energies, profiles[0].marks
    energies: list[int | None] = list(map(sum, zip(*(profile.energies for profile in profiles), strict=True)))
    marks = [0] * count
    for part, profile in zip(chosen, profiles, strict=True):
        if part.marks:
            marks = [known | mark for known, mark in zip(marks, profile.marks, strict=True)]
    return energies, marks


def _quarters(part: Part, start_ms: int, count: int) -> list[_Quarter]:
    quarters: list[_Quarter] = [_NOTHING] * count
    if part.profile is not None:
        profile = unpack_profile(bytes(part.profile))
        offset = profile.first_quarter - start_ms // QUARTER_MS
        known = list(zip(profile.energies, profile.marks, strict=True))
        if offset == 0 and len(known) == count:
            quarters = known
        else:  # Rows cut by another time zone, until they are cut anew.
            for number, quarter in enumerate(known, offset):
                if 0 <= number < count:
                    quarters[number] = quarter
    if part.open is not None:
        number = (part.open.start_ms - start_ms) // QUARTER_MS
        if part.open.energy is not None:
            quarters[number] = part.open.energy, part.open.marks | PARTIAL
    return quarters


def _sum_tariffs(quarters: tuple[_Quarter, ...]) -> _Quarter:
    """Tariff registers of one meter: sent together, so what one of them misses is not there."""
    known = [(energy, mark) for energy, mark in quarters if energy is not None]
    if not known:
        return _NOTHING
    marks = 0
    for _, mark in known:
        marks |= mark
    return sum(energy for energy, _ in known), marks


def _sum_meters(quarters: tuple[_Quarter, ...]) -> _Quarter:
    """Main meters: one that ends where another begins makes a whole; a running quarter-hour does not."""
    whole = [
        (energy, mark)
        for energy, mark in quarters
        if energy is not None and (not mark & PARTIAL or mark & RESET)
    ]
    part = [
        (energy, mark)
        for energy, mark in quarters
        if energy is not None and mark & PARTIAL and not mark & RESET
    ]
    marks = 0
    for _, mark in quarters:
        marks |= mark
    if not whole and len(part) < 2:
        return None, marks
    if part:
        marks |= ESTIMATED
    return sum(energy for energy, _ in whole) + sum(energy for energy, _ in part), marks
