"""P1, the consumer port of DSMR meters and their cousins from Luxembourg to Lithuania.

DSMR P1 Companion Standard v5.0.2 - §?; eMUCs P1 v1.7.1 - §? (Belgium). Framing and content are those of any
readout (`readout`, `readout_content`); what only P1 has is here: where its clock stands, its failure log and
its history of monthly peaks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from consumerapp.h1.data_sets import CENTRAL_EUROPE_MIN, stamp_utc
from consumerapp.h1.decoder import Protocol
from consumerapp.h1.readout import ReadoutDecoder
from consumerapp.h1.readout_content import ReadoutContent

MAX_LOG_ENTRIES = 64
"""DSMR keeps ten failures, eMUCs thirteen peaks; a longer log is not believed."""


def decoder(
    *, key: bytes | None = None, auth_key: bytes | None = None, profile: str | None = None
) -> ReadoutDecoder:
    """A fresh decoder of plain P1 telegrams. Ciphered ones come in a DLMS frame and are read by `dlms`.

    `key` and `auth_key` are of no use here and are ignored. Raises ConsumerAppError for an unknown profile.
    """
    offset_min = CENTRAL_EUROPE_MIN if profile is None else standard_offset_min(profile)
    return ReadoutDecoder(ReadoutContent(standard_offset_min=offset_min))


def standard_offset_min(profile: str) -> int:
    """A country's standard time minus UTC, in minutes. Raises ConsumerAppError for an unknown profile."""
    from consumerapp.h1.profile import get_profile  # noqa: PLC0415 - reads every meter file

    offset_min = get_profile(profile, Protocol.P1).standard_offset_min
    return CENTRAL_EUROPE_MIN if offset_min is None else offset_min


@dataclass(frozen=True, slots=True)
class PowerFailure:
    """One long power failure of the log 1-0:99.97.0."""

    ended_at: datetime
    """Aware UTC."""
    duration_s: int


@dataclass(frozen=True, slots=True)
class MonthlyPeak:
    """The highest quarter-hour demand of one month, from the history 0-0:98.1.0 (eMUCs P1 v1.7.1 - §?)."""

    closed_at: datetime
    """When the month was closed, aware UTC."""
    reached_at: datetime | None
    """End of the peak quarter-hour, aware UTC; None: the meter kept no valid time."""
    power_w: Decimal


_FAILURE = re.compile(r"\((\d{12}[SW])\)\((\d{1,10})\*s\)")
_PEAK = re.compile(r"\((\d{12}[SW])\)\((\d{12}[SW])\)\((\d{1,6}(?:\.\d{1,6})?)\*kW\)")
_PEAK_HISTORY = re.compile(r"\(\d+\)\(1-0:1\.6\.0\)\(1-0:1\.6\.0\)")


def power_failures(log: str, standard_offset_min: int = CENTRAL_EUROPE_MIN) -> tuple[PowerFailure, ...]:
    """The entries of a text 1-0:99.97.0, oldest first as the meter lists them."""
    found = []
    for match in list(_FAILURE.finditer(log))[:MAX_LOG_ENTRIES]:
        ended_at = stamp_utc(match[1], standard_offset_min)
        if ended_at is not None:
            found.append(PowerFailure(ended_at, int(match[2])))
    return tuple(found)


def monthly_peaks(history: str, standard_offset_min: int = CENTRAL_EUROPE_MIN) -> tuple[MonthlyPeak, ...]:
    """The entries of a text 0-0:98.1.0 that lists quarter-hour peaks; empty for a list of anything else."""
    if _PEAK_HISTORY.match(history) is None:
        return ()
    found = []
    for match in list(_PEAK.finditer(history))[:MAX_LOG_ENTRIES]:
        closed_at = stamp_utc(match[1], standard_offset_min)
        if closed_at is not None:
            reached_at = stamp_utc(match[2], standard_offset_min)
            found.append(MonthlyPeak(closed_at, reached_at, Decimal(match[3]).scaleb(3)))
    return tuple(found)
