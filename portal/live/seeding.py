"""What the database knows of a household, for the first snapshot after a start."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.utils import timezone

from consumerapp import wire
from consumerapp.intervals import local_day
from consumerapp.readings import MeterId, Quantity, Reading
from portal.accounts.models import Household
from portal.live.link_seeds import links_known
from portal.live.state import HOUR_S, STEP_S
from portal.metering import store

QUARTER_S = 900


def seed_of(household_id: int) -> wire.Snapshot:
    """The household's last known words, its last hour and its day so far. Blocking."""
    household = Household.objects.get(pk=household_id)
    until = timezone.now()
    curve = store.power_points(household, until - timedelta(seconds=HOUR_S), until, STEP_S)
    return wire.Snapshot(
        seq=0,
        household=household.name,
        timezone=household.timezone,
        now=_last_words(household),
        today=today_of(household, until),
        hour=wire.Hour(seq=0, start=curve.start, step_s=curve.step_s, power_w=curve.power_w),
        links=links_known(household_id),
    )


def today_of(household: Household, until: datetime) -> wire.Today:
    """The local day so far beside what is usual by this time of a day like this. Blocking."""
    day = local_day(until, household.zone)
    bought = store.day(household, day, Quantity.ACTIVE_ENERGY_IMPORT)
    sold = store.day(household, day, Quantity.ACTIVE_ENERGY_EXPORT)
    typical = store.typical_day(household, day, Quantity.ACTIVE_ENERGY_IMPORT)
    return wire.Today(
        seq=0,
        day=day,
        import_wh=bought.total,
        export_wh=sold.total,
        typical_import_wh=None if typical is None else _by_now(typical.middle, bought.starts, until),
        until=until,
    )


def _by_now(
    quarters: tuple[Decimal | None, ...], starts: tuple[datetime, ...], until: datetime
) -> Decimal | None:
    """The sum of the quarter-hours before `until`, the running one in proportion, in whole Wh."""
    total = Decimal(0)
    for start, energy in zip(starts, quarters, strict=False):
        elapsed_s = int((until - start).total_seconds())
        if elapsed_s <= 0:
            break
        total += (energy or Decimal(0)) * min(elapsed_s, QUARTER_S) / QUARTER_S
    return total.quantize(Decimal(1))


def _last_words(household: Household) -> tuple[wire.Now, ...]:
    """The last value of every register, as one message per meter."""
    readings = [
        Reading(
            meter_id=MeterId(known.meter_id),
            obis=known.obis,
            quantity=known.quantity,
            value=known.value,
            at=known.at,
            received_at=known.received_at,
            quality=known.quality,
            authenticity=known.authenticity,
        )
        for known in store.latest(household)
    ]
    by_meter = groupby(sorted(readings, key=_by_meter_newest_first), key=lambda reading: reading.meter_id)
    words = (
        wire.now_of(group, seq=0, low_w=household.ambient_low_w, high_w=household.ambient_high_w)
        for _meter, group in by_meter
    )
    return tuple(word for word in words if word is not None)


def _by_meter_newest_first(reading: Reading) -> tuple[str, datetime]:
    oldest = datetime(9999, 1, 1, tzinfo=UTC)
    return str(reading.meter_id), oldest - (reading.received_at - datetime(1970, 1, 1, tzinfo=UTC))
