"""The curve of net power, out of the raw samples."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from consumerapp.readings import Quantity, from_thousandths
from portal.accounts.day_range import DayRange
from portal.accounts.models import Household
from portal.metering.answers import PowerCurve
from portal.metering.chunks import Packed, read_groups
from portal.metering.derivation import quantity_of
from portal.metering.facts import QUARTER_MS
from portal.metering.local_days import day_of, to_ms
from portal.metering.samples import read_chunks
from portal.metering.selection import rows

_NET, _IMPORT = Quantity.ACTIVE_POWER_NET, Quantity.ACTIVE_POWER_IMPORT
_EXPORT, _ABSOLUTE = Quantity.ACTIVE_POWER_EXPORT, Quantity.ACTIVE_POWER_ABSOLUTE
_KINDS = (_NET, _IMPORT, _EXPORT, _ABSOLUTE)
_REGISTERS = (
    "SELECT r.meter_id, r.slot, r.quantity, r.obis FROM metering_register r "
    "JOIN metering_meter m ON m.id = r.meter_id "
    "WHERE r.household_id = %s AND r.phase = 0 AND m.role = 'main' AND r.quantity IN (%s, %s, %s, %s)"
)


def power_points(household: Household, start: datetime, until: datetime, step_s: int) -> PowerCurve:
    """Mean signed net power of each step from `start`, all main meters together; None: nothing was read."""
    start_ms, step_ms = to_ms(start), step_s * 1000
    count = max(0, -(-(to_ms(until) - start_ms) // step_ms))
    slots: dict[int, dict[Quantity, int]] = {}
    parameters = (household.pk, *(quantity.value for quantity in _KINDS))
    for meter_id, slot, quantity, _ in sorted(rows(_REGISTERS, parameters), key=lambda row: str(row[3])):
        slots.setdefault(meter_id, {}).setdefault(quantity_of(quantity), slot)
    sums: list[int | None] = [None] * count
    for meter_id, by_quantity in slots.items():
        means = _means(household.pk, meter_id, by_quantity, start_ms, step_ms, count)
        for number, mean in enumerate(means):
            if mean is not None:
                sums[number] = mean + (sums[number] or 0)
    seen = household.days_seen
    power_w: tuple[Decimal | None, ...] = tuple(
        None
        if mean is None or not _may_be_seen(start_ms + number * step_ms, seen, household.zone)
        else from_thousandths(mean)
        for number, mean in enumerate(sums)
    )
    return PowerCurve(start, step_s, power_w)


def _may_be_seen(instant_ms: int, seen: DayRange, zone: ZoneInfo) -> bool:
    return seen.is_everything or day_of(instant_ms, zone) in seen


def _means(
    household_id: int, meter_id: int, slots: dict[Quantity, int], start_ms: int, step_ms: int, count: int
) -> list[int | None]:
    """One meter's net power per step, in thousandths of a watt."""
    end_ms = start_ms + step_ms * count
    tallies = {quantity: ([0] * count, [0] * count) for quantity in slots}
    for chunk in read_chunks(household_id, meter_id, start_ms // QUARTER_MS * QUARTER_MS, end_ms):
        for times, columns in read_groups(chunk):
            for quantity, slot in slots.items():
                if slot in columns:
                    _tally(times, columns[slot], *tallies[quantity], start_ms, step_ms)
    nothing = ([0] * count, [0] * count)
    net, bought = tallies.get(_NET, nothing), tallies.get(_IMPORT, nothing)
    sold, absolute = tallies.get(_EXPORT, nothing), tallies.get(_ABSOLUTE, nothing)
    means: list[int | None] = []
    for number in range(count):
        if net[1][number]:
            means.append(_mean(net, number))
        elif bought[1][number] or sold[1][number]:
            means.append(_mean(bought, number) - _mean(sold, number))
        elif absolute[1][number]:
            means.append(_mean(absolute, number))
        else:
            means.append(None)
    return means


def _tally(
    times: Packed, values: Packed, sums: list[int], counts: list[int], start_ms: int, step_ms: int
) -> None:
    """Add a run of samples to the steps they lie in."""
    length = len(times.multiples)
    position = times.position(start_ms)
    while position < length:
        instant = times.least + times.step * times.multiples[position]
        number = (instant - start_ms) // step_ms
        if number >= len(sums):
            return
        end = times.position(start_ms + (number + 1) * step_ms, position)
        sums[number] += values.sum(position, end)
        counts[number] += end - position
        position = end


def _mean(tally: tuple[list[int], list[int]], number: int) -> int:
    total, count = tally[0][number], tally[1][number]
    return (2 * total + count) // (2 * count) if count else 0
