"""Times in payloads: with an offset, as Unix seconds, or local without one.

A local time without an offset is read in the zone of the household; in the hour that comes twice it is
the one that lies beside the arrival, or none at all.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""A clock that was never set counts from 1970 or 2000; no gateway of today is older."""
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
BESIDE = timedelta(minutes=25)
"""A message travels for seconds, so of two instants an hour apart one lies beside its arrival."""
_MILLISECONDS_FROM = 10**11
"""So many seconds are the year 5138; as milliseconds it is 1973."""


def instant_of(found: object, *, zone: ZoneInfo | None, near: datetime | None) -> datetime | None:
    """The instant that a payload names, aware UTC; None: it names none that can be trusted."""
    try:
        if isinstance(found, Decimal):
            instant = _of_number(found)
        elif isinstance(found, str):
            instant = _of_text(found.strip()[:40], zone, near)
        else:
            return None
        if instant is None or not EARLIEST < instant < LATEST:
            return None
    except (ValueError, OverflowError, ArithmeticError, OSError):
        return None
    return instant.astimezone(UTC)


def _of_number(seconds: Decimal) -> datetime | None:
    if not seconds.is_finite() or seconds <= 0 or seconds.adjusted() > 14:
        return None
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    whole = int(seconds)
    return datetime.fromtimestamp(whole, UTC) + timedelta(microseconds=int((seconds - whole) * 10**6))


def _of_text(text: str, zone: ZoneInfo | None, near: datetime | None) -> datetime | None:
    if "T" not in text and " " not in text:
        return None  # A date alone is no instant.
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is not None:
        return instant
    return None if zone is None else of_local(instant, zone, near)


def of_local(local: datetime, zone: ZoneInfo, near: datetime | None) -> datetime | None:
    """A local time in its zone; None: it does not exist, or exists twice and nothing tells which is meant."""
    candidates = {local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    real = [
        instant for instant in candidates if instant.astimezone(zone).replace(tzinfo=None, fold=0) == local
    ]
    if len(real) <= 1:
        return real[0] if real else None
    if near is None:
        return None
    beside = [instant for instant in real if abs(instant - near) <= BESIDE]
    return beside[0] if len(beside) == 1 else None
