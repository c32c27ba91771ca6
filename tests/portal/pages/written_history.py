"""Readings of an invented meter, written through the one door in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from consumerapp.intervals import day_bounds
from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.accounts.models import Household
from portal.ingest.services import accept

METER = MeterId("1EMH0012344417")
IMPORT, EXPORT, POWER = (Obis.parse(code) for code in ("1-0:1.8.0", "1-0:2.8.0", "1-0:16.7.0"))
NOW = datetime(2026, 11, 24, 13, 7, 30, tzinfo=UTC)
"""A Tuesday, 14:07:30 in Amsterdam."""


def reading(obis: Obis, quantity: Quantity, value: Decimal, at: datetime) -> Reading:
    return Reading(
        meter_id=METER, obis=obis, quantity=quantity, value=value, at=at, received_at=at, source="Cupboard"
    )


def bought_wh(start: datetime) -> int:
    """What a quarter-hour takes from the grid: 100 Wh, 400 Wh from 18 to 19 h UTC."""
    return 400 if start.hour == 18 else 100


def sold_wh(start: datetime) -> int:
    """What it sends: 50 Wh from 11 to 13 h UTC."""
    return 50 if 11 <= start.hour < 13 else 0


def quarter_hours(first: datetime, until: datetime) -> Iterator[Reading]:
    """Both registers at every quarter-hour."""
    at, bought, sold = first, Decimal(1_000_000), Decimal(200_000)
    while at <= until:
        yield reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, bought, at)
        yield reading(EXPORT, Quantity.ACTIVE_ENERGY_EXPORT, sold, at)
        bought += bought_wh(at)
        sold += sold_wh(at)
        at += timedelta(minutes=15)


def write_history(household: Household, days: int, until: datetime = NOW) -> None:
    """So many whole local days and the running one, then one telegram with its power at `until`."""
    first, _ = day_bounds(until.date() - timedelta(days=days), household.zone)
    readings = list(quarter_hours(first, until))
    for start in range(0, len(readings), 4000):
        batch = readings[start : start + 4000]
        accept(household, batch, now=batch[-1].received_at)
    bought = readings[-2].value + 50
    accept(
        household,
        [
            reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, bought, until),
            reading(POWER, Quantity.ACTIVE_POWER_NET, Decimal(1421), until),
        ],
        now=until,
    )
