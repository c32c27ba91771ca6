"""What a screen says about this moment, worked out once so that portal and display agree."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from consumerapp.readings import Obis, Quality, Quantity, Reading

LOW_POWER_W = 2000
"""Below this the ambient indication is low; households may choose another."""
HIGH_POWER_W = 4000
"""Above this the ambient indication is high; households may choose another."""

_INSTANT = 7
"""OBIS group D of an instantaneous value (Blue Book 13 - §?)."""
_TIME_INTEGRAL = 8
"""OBIS group D of a register (Blue Book 13 - §?)."""
_IMPORT, _EXPORT, _ABSOLUTE, _NET = 1, 2, 15, 16
"""OBIS group C of the sum over all phases of active power: P+, P-, |P|, P+ minus P-."""
_TARIFF_REGISTERS = range(1, 64)


class Ambient(StrEnum):
    """How much is being used, perceivable without reading a number."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class WhyNoPower(StrEnum):
    """Why there is no power to show."""

    PIN_LOCKED = "pin_locked"
    """The meter withholds its power until its PIN is entered."""
    NOT_SENT = "not_sent"
    """This meter sends energy, but no power."""
    COARSE = "coarse"
    """It sends energy in steps too wide to derive a power from them."""


def power_now(readings: Iterable[Reading]) -> Decimal | None:
    """Net active power in W of one meter's telegram: import positive, export negative.

    Taken from the net register 16.7.0 where there is one, else 1.7.0 minus 2.7.0, else 15.7.0, which
    has no direction and is taken as import. None: no power was sent.
    """
    by_group_c = {
        reading.obis.c: reading.value
        for reading in readings
        if reading.quantity.unit == "W"
        and reading.obis.a == 1
        and (reading.obis.d, reading.obis.e, reading.obis.f) == (_INSTANT, 0, 255)
        and not reading.quality & Quality.SENTINEL
    }
    if (net := by_group_c.get(_NET)) is not None:
        return net
    power_import = by_group_c.get(_IMPORT)
    power_export = by_group_c.get(_EXPORT)
    if power_import is not None or power_export is not None:
        return (power_import or Decimal(0)) - (power_export or Decimal(0))
    return by_group_c.get(_ABSOLUTE)


def why_no_power(readings: Iterable[Reading], *, locked: bool) -> WhyNoPower:
    """The reason to give when `power_now` found none; `locked` is the telegram's own word."""
    if locked:
        return WhyNoPower.PIN_LOCKED
    if any(reading.quality & Quality.COARSE for reading in readings):
        return WhyNoPower.COARSE
    return WhyNoPower.NOT_SENT


def total_register(readings: Iterable[Reading], quantity: Quantity) -> Decimal | None:
    """One meter's total of an energy or volume, in the quantity's unit; None: not sent.

    Where only tariff registers are sent (as Dutch meters do), their sum is the total.
    """
    tariffs: list[Decimal] = []
    for reading in readings:
        if reading.quantity is not quantity or reading.quality & Quality.SENTINEL:
            continue
        if not _is_running_register(reading.obis):
            continue
        if reading.obis.e == 0:
            return reading.value
        if reading.obis.e in _TARIFF_REGISTERS:
            tariffs.append(reading.value)
    return sum(tariffs, Decimal(0)) if tariffs else None


def ambient(
    power_w: Decimal | None, low_w: Decimal | int = LOW_POWER_W, high_w: Decimal | int = HIGH_POWER_W
) -> Ambient | None:
    """Low up to and including `low_w`, high above `high_w`, medium between. Export is low."""
    if power_w is None:
        return None
    if power_w <= low_w:
        return Ambient.LOW
    return Ambient.HIGH if power_w > high_w else Ambient.MEDIUM


def _is_running_register(obis: Obis) -> bool:
    return obis.f == 255 and (obis.a != 1 or (obis.d == _TIME_INTEGRAL and obis.c < 20))
