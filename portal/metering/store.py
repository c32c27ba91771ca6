"""The one shelf: everything about readings is asked and told here, and nobody else speaks SQL about them.

keep            readings in, with all that is derived from them (only `ingest.services.accept` calls it)
latest          the newest value of every register
power_points    the curve of net power, as far back as raw samples are kept
day, days       a local day by quarter-hours, a run of local days
months, years   their sums
hours           a run of days by local hours
typical_day     what is usual on a day like this
bounds          first and last day of the history
as_known_at     a day as it was known at an instant; `revisions` lists what replaced what
shelf_of        how long what is kept; `keep_raw` and `keep_profiles` are the resident's choice, `size_of`
                says how much it takes up, `prune` takes away what is over
recompute       everything derived anew from the facts, after the household's time zone changed
erase           a household's readings taken away; `erase_days` those of people who moved out

Whoever asks gets the days that the household object they hold may show (`Household.days_seen`): a person
who moved in sees nothing of those before, one who moved out nothing of those after.
"""

from __future__ import annotations

from consumerapp.intervals import local_day
from consumerapp.readings import Authenticity, Obis, Quality, from_thousandths
from portal.accounts.models import Household
from portal.metering.answers import (
    DayProfile,
    DayTotal,
    Latest,
    MonthTotal,
    PowerCurve,
    Revision,
    TypicalDay,
    YearTotal,
)
from portal.metering.derivation import quantity_of
from portal.metering.hours import HourRow, hours
from portal.metering.keeping import Arrival, Conflict, Kept, keep
from portal.metering.local_days import from_ms
from portal.metering.power import power_points
from portal.metering.profiles import as_known_at, day, days, revisions, typical_day
from portal.metering.recompute import recompute
from portal.metering.retention import (
    Pruned,
    Size,
    erase,
    erase_days,
    keep_profiles,
    keep_raw,
    prune,
    shelf_of,
    size_of,
)
from portal.metering.selection import rows
from portal.metering.totals import bounds, months, years

__all__ = [
    "Arrival",
    "Conflict",
    "DayProfile",
    "DayTotal",
    "HourRow",
    "Kept",
    "Latest",
    "MonthTotal",
    "PowerCurve",
    "Pruned",
    "Revision",
    "Size",
    "TypicalDay",
    "YearTotal",
    "as_known_at",
    "bounds",
    "day",
    "days",
    "erase",
    "erase_days",
    "hours",
    "keep",
    "keep_profiles",
    "keep_raw",
    "latest",
    "months",
    "power_points",
    "prune",
    "recompute",
    "revisions",
    "shelf_of",
    "size_of",
    "typical_day",
    "years",
]

_LATEST = (
    "SELECT l.register_id, m.ident, r.obis, r.quantity, l.value, l.at, l.received_at, l.quality, "
    "l.authenticity, l.source FROM metering_latest l JOIN metering_register r ON r.id = l.register_id "
    "JOIN metering_meter m ON m.id = r.meter_id WHERE l.household_id = %s "
)
_ORDER = "ORDER BY m.id, r.slot"


def latest(household: Household | int) -> tuple[Latest, ...]:
    """The newest value of every register of a household, meter by meter.

    Of meters that are there, as far as the household's days may be seen; by its number, for those who
    write: all.
    """
    if isinstance(household, int):
        return _latest(_LATEST + _ORDER, household)
    everything = _latest(_LATEST + "AND m.removed_at IS NULL " + _ORDER, household.pk)
    seen, zone = household.days_seen, household.zone
    if seen.is_everything:
        return everything
    return tuple(known for known in everything if local_day(known.at, zone).toordinal() in seen)


def _latest(query: str, household_id: int) -> tuple[Latest, ...]:
    return tuple(
        Latest(
            register_id=register_id,
            meter_id=ident,
            obis=Obis.parse(obis),
            quantity=quantity_of(quantity),
            value=from_thousandths(value),
            at=from_ms(at),
            received_at=from_ms(received_at),
            quality=Quality(quality),
            authenticity=Authenticity(authenticity),
            source=source,
        )
        for register_id, ident, obis, quantity, value, at, received_at, quality, authenticity, source in rows(
            query, (household_id,)
        )
    )
