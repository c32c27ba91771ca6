"""What gateways tell in pieces, put together for this moment: power in one message, energy in the next.

A screen shows one word per meter. Where a message has no power, the one told last still holds for a while,
and so do registers; the two directions are taken together only when they were measured together.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from consumerapp.live_values import power_now
from consumerapp.readings import Kind, MeterId, Obis, Reading

POWER_HOLDS: Final = timedelta(seconds=60)
REGISTERS_HOLD: Final = timedelta(hours=1)
TOGETHER: Final = timedelta(seconds=2)
MAX_METERS: Final = 100
_INSTANT_D: Final = 7


class Moments:
    """The last words of the meters of one link."""

    def __init__(self) -> None:
        self._known: dict[MeterId, dict[Obis, Reading]] = {}

    def complete(self, readings: list[Reading]) -> list[Reading]:
        """One meter's readings of one message, with those of before that still hold; the new ones first."""
        first = readings[0]
        known = self._known.setdefault(first.meter_id, {})
        fresh = {reading.obis for reading in readings}
        has_power = power_now(readings) is not None
        still = [
            old
            for code, old in known.items()
            if code not in fresh and _holds(old, first, has_power=has_power)
        ]
        known.update({reading.obis: reading for reading in readings})
        if len(self._known) > MAX_METERS:
            self._known.pop(next(iter(self._known)))
        return [*readings, *still]


def _holds(old: Reading, new: Reading, *, has_power: bool) -> bool:
    age = new.received_at - old.received_at
    if old.quantity.kind is Kind.REGISTER:
        return age <= REGISTERS_HOLD
    if old.obis.d != _INSTANT_D:
        return False
    if has_power:
        return age <= TOGETHER and old.at == new.at
    return age <= POWER_HOLDS
