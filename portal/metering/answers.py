"""What the shelf answers with: plain values in base units and aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from consumerapp.readings import Authenticity, Obis, Quality, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest value of one register."""

    register_id: int
    meter_id: str
    """The meter's full identification; print `MeterId(meter_id).short`."""
    obis: Obis
    quantity: Quantity
    value: Decimal
    """In `quantity.unit`."""
    at: datetime
    received_at: datetime
    quality: Quality
    authenticity: Authenticity
    source: str = ""


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """Net active power, import positive, export negative."""

    start: datetime
    step_s: int
    power_w: tuple[Decimal | None, ...]
    """The mean of each step in W; None: no value was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayProfile:
    """One local day of one quantity by quarter-hours, all main meters together."""

    day: date
    quantity: Quantity
    starts: tuple[datetime, ...]
    """When each quarter-hour begins; 92, 96 or 100 of them."""
    energy: tuple[Decimal | None, ...]
    """In `quantity.unit`; None: missing, or not over yet."""
    quality: tuple[Quality, ...]
    total: Decimal | None
    """Until `until`, the running quarter-hour included; None: nothing is known."""
    complete: bool
    """The energy of every quarter-hour is proved."""
    until: datetime | None = None
    """The newest reading that `total` rests on; None: the whole day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """One local day of one quantity."""

    day: date
    total: Decimal | None
    minimum: Decimal | None
    """Of the whole quarter-hours. None: there is none, or several registers over more than
    `profiles.LONGEST_EXTREMES_DAYS` were asked for."""
    maximum: Decimal | None
    quality: Quality
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthTotal:
    """One local month of one quantity."""

    year: int
    month: int
    total: Decimal | None
    quality: Quality
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class YearTotal:
    """One local year of one quantity."""

    year: int
    total: Decimal | None
    quality: Quality
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypicalDay:
    """What is usual on a day like this, by quarter-hours: the middle half of comparable days."""

    low: tuple[Decimal, ...]
    middle: tuple[Decimal, ...]
    high: tuple[Decimal, ...]
    days_used: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What one register's day was known to be for a while, and what put an end to that."""

    register_id: int
    day: date
    number: int
    total: Decimal | None
    known_from: datetime
    known_until: datetime | None
    """None: it is what is known now."""
    reason: str
    """`rollups.Reason`; empty: it is what is known now."""
    source: str
