"""COSEM date-time: twelve octets (DLMS UA Blue Book ed. 13 - §?).

    year u16 | month | day | weekday | hour | minute | second | 1/100 s | deviation i16 | clock status

Deviation is UTC − local time in minutes: FF88 (−120) is UTC+2. Every field may be "not specified"
(FF, FFFF, 8000); months FD, FE and days FD, FE are daylight-saving markers of a schedule, never a date.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

DATE_TIME_OCTETS: Final = 12

DEVIATION_UNSPECIFIED: Final = -0x8000
MAX_DEVIATION_MIN: Final = 840
"""UTC+14 is the farthest zone there is; the standard's range is ±720 (Blue Book 13 - §?)."""

STATUS_INVALID: Final = 0x01
STATUS_DOUBTFUL: Final = 0x02
STATUS_INVALID_CLOCK: Final = 0x08
STATUS_DAYLIGHT_SAVING: Final = 0x80
STATUS_UNSPECIFIED: Final = 0xFF


def local_time(octets: bytes) -> datetime | None:
    """The wall clock as sent, to the second, without a zone; None where a field is a wildcard or no date."""
    if len(octets) != DATE_TIME_OCTETS:
        return None
    year = octets[0] << 8 | octets[1]
    second = octets[7]
    try:
        return datetime(  # noqa: DTZ001  (the zone is in the other fields)
            year,
            octets[2],
            octets[3],
            octets[5],
            octets[6],
            0 if second == 0xFF else second,
        )
    except ValueError:
        return None


def looks_like_clock(octets: bytes) -> bool:
    """Whether twelve octets can be a date-time at all, rather than, say, twelve digits of a number."""
    if len(octets) != DATE_TIME_OCTETS:
        return False
    year = octets[0] << 8 | octets[1]
    month, day, weekday, hour, minute, second = octets[2:8]
    return (
        (1970 <= year < 2170 or year == 0xFFFF)
        and (1 <= month <= 12 or month >= 0xFD)
        and (1 <= day <= 31 or day >= 0xFD)
        and (weekday <= 7 or weekday == 0xFF)
        and (hour <= 23 or hour == 0xFF)
        and (minute <= 59 or minute == 0xFF)
        and (second <= 59 or second == 0xFF)
    )


def has_no_deviation(octets: bytes) -> bool:
    """Whether a clock does not say how far its local time is from UTC."""
    return octets[9:11] == b"\x80\x00"


def from_date_and_time(date: bytes, time: bytes) -> bytes | None:
    """Twelve octets, deviation and status not specified, from a date of five and a time of four; None:
    they are none."""
    if len(date) != 5 or len(time) != 4:
        return None
    octets = (
        date + time + DEVIATION_UNSPECIFIED.to_bytes(2, "big", signed=True) + bytes((STATUS_UNSPECIFIED,))
    )
    return octets if looks_like_clock(octets) else None


def to_utc(
    octets: bytes, *, zone: tzinfo | None = None, deviation_is_local_minus_utc: bool = False
) -> datetime | None:
    """The instant these twelve octets name, aware UTC; None: not known for certain.

    `zone`: where the meter stands, used when it does not say its deviation. In the hour that comes
    twice the daylight-saving bit of the status decides; without it the instant stays unknown.
    `deviation_is_local_minus_utc`: this meter has the sign the wrong way round.
    """
    local = local_time(octets)
    if local is None:
        return None
    status = octets[11]
    if status != STATUS_UNSPECIFIED and status & (STATUS_INVALID | STATUS_INVALID_CLOCK):
        return None
    deviation = int.from_bytes(octets[9:11], "big", signed=True)
    try:
        if deviation == DEVIATION_UNSPECIFIED:
            return None if zone is None else _in_zone(local, status, zone)
        if abs(deviation) > MAX_DEVIATION_MIN:
            return None
        if deviation_is_local_minus_utc:
            deviation = -deviation
        return (local + timedelta(minutes=deviation)).replace(tzinfo=UTC)
    except OverflowError:
        return None


def _in_zone(local: datetime, status: int, zone: tzinfo) -> datetime | None:
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    earlier, later = first.astimezone(UTC), second.astimezone(UTC)
    if earlier == later:
        return earlier
    if later < earlier:
        return None  # the hour that daylight saving leaves out: no such time
    if status == STATUS_UNSPECIFIED:
        return None
    return earlier if status & STATUS_DAYLIGHT_SAVING else later
