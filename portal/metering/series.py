"""Everything that is kept, meter by meter and day after day: what an export is written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consumerapp.intervals import day_bounds, local_day, month_days
from consumerapp.readings import Quantity
from portal.accounts.models import Household
from portal.metering.answers import DayProfile, Revision
from portal.metering.derivation import is_profiled, quantity_of
from portal.metering.local_days import from_ms
from portal.metering.models import Meter, Register
from portal.metering.profiles import day_profile, exact, parts_by_day
from portal.metering.selection import Selection, choose, rows

_CORRECTIONS = (
    "SELECT register_id, day, revision, total, known_from, known_until, reason, source "
    "FROM metering_dayrevision"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity of one meter, sub-meters too."""

    meter: Meter
    quantity: Quantity


def series_of(household: Household) -> tuple[Series, ...]:
    """Everything of which quarter-hours are kept."""
    meters = {meter.pk: meter for meter in Meter.objects.filter(household=household)}
    found = Register.objects.filter(household_id=household.pk, phase=0).values_list("meter_id", "quantity")
    order = list(Quantity)
    pairs = {(meter_id, quantity_of(quantity)) for meter_id, quantity in found}
    return tuple(
        Series(meters[meter_id], quantity)
        for meter_id, quantity in sorted(pairs, key=lambda pair: (pair[0], order.index(pair[1])))
        if is_profiled(quantity)
    )


def day_profiles(household: Household, series: Series, first: date, last: date) -> Iterator[DayProfile]:
    """The days from first to last of which anything is known, a month of them in memory at a time."""
    selection = Selection(household.pk, series.quantity, series.meter.pk)
    for begin, end in _months(first, last):
        parts = parts_by_day(household, selection, begin.toordinal(), end.toordinal(), profiles=True)
        for ordinal in sorted(parts):
            yield day_profile(
                household.zone, date.fromordinal(ordinal), series.quantity, choose(parts[ordinal])
            )


def corrections_of(household: Household, series: Series, first: date, last: date) -> Iterator[Revision]:
    """What days were once known to be, before something late or corrected changed them."""
    begin, end = household.days_seen.clamped(first.toordinal(), last.toordinal())
    selection = Selection(household.pk, series.quantity, series.meter.pk)
    for register_id, day, number, total, known_from, known_until, reason, source in selection.rows(
        _CORRECTIONS, "AND day BETWEEN %s AND %s ORDER BY register_id, day, revision", begin, end
    ):
        yield Revision(
            register_id=register_id,
            day=date.fromordinal(day),
            number=number,
            total=exact(total),
            known_from=from_ms(known_from),
            known_until=from_ms(known_until),
            reason=reason,
            source=source,
        )


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, month_days(first.year, first.month)[1])
        yield first, end
        first = end + timedelta(days=1)


def first_known(household: Household, quantity: Quantity, *, but: str) -> datetime | None:
    """When any meter but one began to count a quantity; None: no other does."""
    found = rows(
        "SELECT MIN(d.day) FROM metering_day d JOIN metering_register r ON r.id = d.register_id "
        "JOIN metering_meter m ON m.id = r.meter_id "
        "WHERE d.household_id = %s AND r.quantity = %s AND r.phase = 0 AND m.ident <> %s",
        (household.pk, quantity.value, but),
    )
    meters = Meter.objects.filter(
        household=household, registers__quantity=quantity.value, registers__phase=0
    ).exclude(ident=but)
    first = min(meters.values_list("installed_at", flat=True), default=None)
    day = None if found[0][0] is None else date.fromordinal(found[0][0])
    if day is not None and (first is None or day < local_day(first, household.zone)):
        return day_bounds(day, household.zone)[0]
    return first
