"""Capacity tariffs: the highest means of a month, with their times, so that a bill can be checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from consumerapp.intervals import local_day
from consumerapp.tariffs.contract import CapacityCharge

_MINUTES_PER_HOUR = 60


@dataclass(frozen=True, slots=True)
class Peak:
    """One mean demand."""

    start: datetime
    """Aware UTC."""
    kw: Decimal


@dataclass(frozen=True, slots=True)
class PeakDemand:
    """What a month is charged for."""

    peaks: tuple[Peak, ...]
    """Those that were averaged, highest first."""
    mean_kw: Decimal
    charged_kw: Decimal
    """The mean, or the least that is charged."""


def month_peaks(
    charge: CapacityCharge, intervals: Iterable[tuple[datetime, Decimal | None, timedelta]], zone: ZoneInfo
) -> PeakDemand | None:
    """The peaks of one month out of (start, Wh, length); None: nothing was metered.

    A mean over several intervals counts only where all of them were metered.
    """
    length = timedelta(minutes=charge.interval_min)
    means = [
        Peak(start, energy * _MINUTES_PER_HOUR / charge.interval_min / 1000)
        for start, energy in _whole(intervals, length)
    ]
    if not means:
        return None
    # Of equal peaks the earlier one is named.
    means.sort(key=lambda peak: (-peak.kw, peak.start))
    chosen: list[Peak] = []
    days = set()
    for peak in means:
        day = local_day(peak.start, zone)
        if charge.on_different_days and day in days:
            continue
        days.add(day)
        chosen.append(peak)
        if len(chosen) == charge.highest:
            break
    mean_kw = sum((peak.kw for peak in chosen), Decimal(0)) / len(chosen)
    return PeakDemand(tuple(chosen), mean_kw, max(mean_kw, charge.least_kw))


def _whole(
    intervals: Iterable[tuple[datetime, Decimal | None, timedelta]], length: timedelta
) -> list[tuple[datetime, Decimal]]:
    """Energy of each whole counting interval; those with a part missing are left out."""
    sums: dict[datetime, tuple[Decimal, timedelta]] = {}
    for start, energy, covered in intervals:
        if energy is not None:
            begins = datetime.fromtimestamp(
                start.timestamp() // length.total_seconds() * length.total_seconds(), UTC
            )
            known, so_far = sums.get(begins, (Decimal(0), timedelta(0)))
            sums[begins] = (known + energy, so_far + covered)
    return [(begins, energy) for begins, (energy, covered) in sums.items() if covered == length]
