"""A meter was exchanged: the old one's last numbers and the new one's first, at one instant.

Both go through the one door like any reading. Consumption until that instant is the old meter's, from
then on the new one's, and nothing between the last telegram of the one and the first of the other is lost
or counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.accounts.models import Household
from portal.ingest.services import accept
from portal.metering.meter_life import Counter
from portal.metering.models import Meter

SOURCE = "exchange"

Numbers = Mapping[Counter, Decimal]
"""What the registers show at the instant of the exchange, in their quantity's unit."""


class DoesNotFit(Exception):
    """A number contradicts what the meter itself has sent; the text names the register."""


@transaction.atomic
def exchange(
    household: Household,
    old: Meter,
    new: Meter,
    *,
    at: datetime,
    old_numbers: Numbers,
    new_numbers: Numbers,
    now: datetime,
) -> None:
    """Join the history of two meters; raises `DoesNotFit` and changes nothing."""
    for counter, number in old_numbers.items():
        if counter.newest_at is not None and counter.newest_at > at:
            raise DoesNotFit(str(counter.obis.short))
        if counter.newest is not None and number < counter.newest:
            raise DoesNotFit(str(counter.obis.short))
    for counter, number in new_numbers.items():
        if counter.newest is not None and number > counter.newest:
            raise DoesNotFit(str(counter.obis.short))
    told = accept(
        household,
        [
            *(
                _reading(old, counter.obis, counter.quantity, number, at)
                for counter, number in old_numbers.items()
            ),
            *(
                _reading(new, counter.obis, counter.quantity, number, at)
                for counter, number in new_numbers.items()
            ),
        ],
        now=now,
    )
    for reading, _why in told.refused:
        raise DoesNotFit(str(reading.obis.short))
    old.removed_at, new.installed_at = at, at
    old.save(update_fields=["removed_at"])
    new.save(update_fields=["installed_at"])


def _reading(meter: Meter, obis: Obis, quantity: Quantity, value: Decimal, at: datetime) -> Reading:
    return Reading(
        meter_id=MeterId(meter.ident), obis=obis, quantity=quantity, value=value, at=at, received_at=at,
        source=SOURCE,
    )  # fmt: skip
