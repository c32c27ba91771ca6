"""How the octets of KNX datapoints hold numbers: integers, floats of two and four octets, date and time.

KNX Datapoint Types 3/7/2 v01.09 - §?. Every number comes out exact. A layout says `None` where the
octets say that there is no value; it never makes a number of them.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from typing import Protocol as TypingProtocol

from consumerapp.errors import ApduError, ConsumerAppError

Number = int | Decimal


class Layout(TypingProtocol):
    """Octets of one number."""

    @property
    def octets(self) -> int:
        """How many octets it takes."""

    def read(self, octets: bytes) -> Number | None:
        """The number, before unit and exponent; None: the sender has no value."""

    def write(self, number: Number | None) -> bytes:
        """The octets of a number. Raises ConsumerAppError where it does not fit."""


@dataclass(frozen=True, slots=True)
class Integer:
    """Unsigned (U8, U16, U32) or two's complement (V32, V64), most significant octet first."""

    octets: int
    signed: bool = False
    reserved: int | None = None
    """The number that stands for "no value"; None: every number is one."""

    def read(self, octets: bytes) -> Number | None:
        """The integer."""
        number = int.from_bytes(octets, "big", signed=self.signed)
        return None if number == self.reserved else number

    def write(self, number: Number | None) -> bytes:
        """The octets; a fraction is rounded half to even."""
        if number is None:
            if self.reserved is None:
                raise ConsumerAppError(f"{self.octets} octets cannot say that there is no value")
            number = self.reserved
        elif (number := round(number)) == self.reserved:
            raise ConsumerAppError(f"{number} stands for no value")
        try:
            return number.to_bytes(self.octets, "big", signed=self.signed)
        except OverflowError:
            raise ConsumerAppError(f"{number} does not fit in {self.octets} octets") from None


_MANTISSA_BITS = 11
_NO_FLOAT16 = b"\x7f\xff"


@dataclass(frozen=True, slots=True)
class Float16:
    """F16: 0.01 x M x 2^E, sign and 11 bits of M in two's complement, 4 bits of E; read in hundredths."""

    octets: int = 2

    def read(self, octets: bytes) -> Number | None:
        """The number in hundredths; 7FFF is no value."""
        if octets == _NO_FLOAT16:
            return None
        word = int.from_bytes(octets, "big")
        mantissa = (word & 0x7FF) - (0x800 if word & 0x8000 else 0)
        return mantissa << (word >> _MANTISSA_BITS & 0x0F)

    def write(self, number: Number | None) -> bytes:
        """The nearest number that the octets can hold, with the smallest exponent."""
        if number is None:
            return _NO_FLOAT16
        for exponent in range(16):
            mantissa = round(Decimal(number) / (1 << exponent))
            if -0x800 <= mantissa <= 0x7FF:
                word = (0x8000 if mantissa < 0 else 0) | exponent << _MANTISSA_BITS | mantissa & 0x7FF
                octets = word.to_bytes(2, "big")
                if octets != _NO_FLOAT16:
                    return octets
        raise ConsumerAppError(f"{number} hundredths do not fit in two octets")


@dataclass(frozen=True, slots=True)
class Float32:
    """F32: IEEE 754 single precision; read as the shortest decimal number that has these octets.

    The sender wrote 230.1, and 230.1000061035156 is only what four octets make of it.
    """

    octets: int = 4

    def read(self, octets: bytes) -> Number | None:
        """The number; infinity and "not a number" are no value."""
        (number,) = struct.unpack(">f", octets)
        if not math.isfinite(number):
            return None
        for digits in (6, 7, 8):
            shorter = f"{number:.{digits}g}"
            if struct.pack(">f", float(shorter)) == octets:
                return _plain(Decimal(shorter))
        return _plain(Decimal(f"{number:.9g}"))

    def write(self, number: Number | None) -> bytes:
        """The nearest number that four octets can hold."""
        if number is None:
            return struct.pack(">f", math.nan)
        try:
            return struct.pack(">f", float(number))
        except OverflowError:
            raise ConsumerAppError(f"{number} does not fit in four octets") from None


def _plain(number: Decimal) -> Decimal:
    return number or Decimal(0)


# --- date and time (Z8 and DateTime, DPT 19.001) -------------------------------------------------


class LocalTime(NamedTuple):
    """A wall clock's time as KNX sends it: local, with a flag for daylight saving time."""

    local: datetime
    """Without a zone."""
    is_summer: bool


DATE_TIME_OCTETS = 8
_FIRST_YEAR = 1900
_FAULT, _NO_YEAR, _NO_DATE, _NO_TIME, _SUMMER = 0x80, 0x10, 0x08, 0x02, 0x01


def read_date_time(octets: bytes) -> LocalTime | None:
    """Date and time; None: the clock is faulty, or a part of it is not sent. Raises ApduError."""
    year, month, day, hour, minute, second, flags = octets[:7]
    if flags & (_FAULT | _NO_YEAR | _NO_DATE | _NO_TIME):
        return None
    hour &= 0x1F
    try:
        # The end of a day may be written as 24:00:00.
        days = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
        local = datetime(_FIRST_YEAR + year, month, day, 0 if days else hour, minute, second)  # noqa: DTZ001 - a wall clock's
    except ValueError as error:
        raise ApduError(f"no date and time: {octets.hex()}") from error
    return LocalTime(local + days, is_summer=bool(flags & _SUMMER))


def write_date_time(time: LocalTime | None) -> bytes:
    """The eight octets of a date and time; None: a faulty clock."""
    if time is None:
        return bytes((0, 1, 1, 0, 0, 0, _FAULT, 0))
    local = time.local
    if not _FIRST_YEAR <= local.year <= _FIRST_YEAR + 255:
        raise ConsumerAppError(f"the year {local.year} does not fit in one octet")
    flags = 0x20 | (_SUMMER if time.is_summer else 0)  # no word on working days
    day_and_hour = local.isoweekday() << 5 | local.hour
    date = (local.year - _FIRST_YEAR, local.month, local.day)
    return bytes((*date, day_and_hour, local.minute, local.second, flags, 0))
