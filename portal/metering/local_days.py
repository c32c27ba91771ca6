"""Local days by ordinal, in milliseconds: what the rows of the day table are keyed by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from consumerapp.intervals import day_bounds, local_day

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01 UTC, rounded down."""
    return (instant - EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The instant, aware UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


@lru_cache(maxsize=8192)
def bounds_ms(day: int, zone: ZoneInfo) -> tuple[int, int]:
    """Start and end of a local day."""
    start, end = day_bounds(date.fromordinal(day), zone)
    return to_ms(start), to_ms(end)


def day_of(milliseconds: int, zone: ZoneInfo) -> int:
    """The ordinal of the local day an instant belongs to."""
    return local_day(from_ms(milliseconds), zone).toordinal()


def month_of(day: int) -> int:
    """The number of the month a day lies in: year * 12 + month - 1."""
    local = date.fromordinal(day)
    return local.year * 12 + local.month - 1


def month_ordinals(month: int) -> tuple[int, int]:
    """First and last day of a month by ordinal."""
    year, number = divmod(month, 12)
    following = date(year + (number + 1) // 12, (number + 1) % 12 + 1, 1)
    return date(year, number + 1, 1).toordinal(), following.toordinal() - 1
