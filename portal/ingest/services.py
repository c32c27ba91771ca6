"""The one door in: every interface brings its readings here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from consumerapp.readings import THOUSAND, Kind, Quality, Reading
from portal.accounts.models import Household
from portal.ingest.screening import EARLIEST, FUTURE_TOLERANCE, GREATEST, SENTINELS, Refused
from portal.live.announce import announce
from portal.live.seeding import today_of
from portal.metering import store
from portal.metering.local_days import to_ms

ANNOUNCE_EVERY = timedelta(seconds=5)
_announced: dict[int, datetime] = {}
"""Household -> when its totals were last announced by this process."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of the readings that came to the door."""

    accepted: int
    repeated: int
    """Known already, by register and instant."""
    refused: tuple[tuple[Reading, str], ...]
    """With the reason: `screening.Refused` or `store.Conflict`."""


def accept(household: Household, readings: Iterable[Reading], *, now: datetime | None = None) -> Accepted:
    """Let readings in: all that are sound are kept, with everything derived from them, in one transaction.

    Sending the same readings again changes nothing. `now` is when they came to the door.
    """
    now = now or timezone.now()
    arrivals, refused = screen(readings, now)
    if not arrivals:
        return Accepted(0, 0, tuple(refused))
    kept = store.keep(household, arrivals, now=now)
    if kept.kept and _is_time_to_announce(household.pk, now):
        # A screen that cannot be told must not cost a reading.
        transaction.on_commit(lambda: _announce_today(household.pk, now), robust=True)
    return Accepted(kept.kept, kept.repeated, (*refused, *kept.refused))


def _announce_today(household_id: int, now: datetime) -> None:
    # Fetched anew: whoever reads meters holds a household for days, and its people may have moved.
    announce(household_id, today_of(Household.objects.get(pk=household_id), now))


def _is_time_to_announce(household_id: int, now: datetime) -> bool:
    """Totals move slowly: screens are told at most once in `ANNOUNCE_EVERY`."""
    last = _announced.get(household_id)
    if last is not None and last <= now < last + ANNOUNCE_EVERY:
        return False
    _announced[household_id] = now
    return True


def screen(
    readings: Iterable[Reading], now: datetime
) -> tuple[list[store.Arrival], list[tuple[Reading, str]]]:
    """Tell readings that may come in, in the units of the shelf, from those that may not."""
    latest_ms, earliest_ms = to_ms(now + FUTURE_TOLERANCE), to_ms(EARLIEST)
    arrivals: list[store.Arrival] = []
    refused: list[tuple[Reading, str]] = []
    instant: datetime | None = None
    at = 0
    for reading in readings:
        # All readings of a telegram share one instant.
        when = reading.at or reading.received_at
        if when is not instant:
            instant, at = when, to_ms(when)
        value = _thousandths(reading.value)
        if at > latest_ms:
            refused.append((reading, Refused.FUTURE))
        elif at < earliest_ms:
            refused.append((reading, Refused.TOO_OLD))
        elif value in SENTINELS or (reading.quality is not _SOUND and reading.quality & Quality.SENTINEL):
            refused.append((reading, Refused.SENTINEL))
        elif value is None or not -GREATEST < value < GREATEST:
            refused.append((reading, Refused.NO_NUMBER))
        elif value < 0 and reading.quantity.kind is Kind.REGISTER:
            refused.append((reading, Refused.NEGATIVE_REGISTER))
        else:
            arrivals.append((reading, at, value))
    return arrivals, refused


_SOUND = Quality.MEASURED


def _thousandths(value: Decimal) -> int | None:
    try:
        return int((value * THOUSAND).to_integral_value())
    except (ArithmeticError, ValueError):
        return None  # Infinity and NaN are no numbers of a meter.
