"""What no reading may be: a number that means "no value", from the future, from before smart meters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

FUTURE_TOLERANCE = timedelta(minutes=5)
"""A meter's clock may be ahead of ours by this much; beyond it the reading would hide what comes after it."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A clock that was never set counts from 1970 or 2000; no meter this portal reads is older."""
GREATEST = 10**17
"""In thousandths: 100 TWh. Beyond it a number is noise, and two of them might not sum up in 64 bits."""

_STAND_FOR_NOTHING = (2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1, 2**63 - 1, 2**64 - 1)
SENTINELS = frozenset(
    sign * pattern * 10**scale for sign in (1, -1) for pattern in _STAND_FOR_NOTHING for scale in range(7)
)
"""All bits set, or all but the sign's, by whatever decimal scale the meter counts; in thousandths."""


class Refused(StrEnum):
    """Why a reading is not let in."""

    SENTINEL = "sentinel"
    FUTURE = "future"
    TOO_OLD = "too_old"
    NO_NUMBER = "no_number"
    NEGATIVE_REGISTER = "negative_register"
    """A counter below zero."""
