"""What each OBIS code means: quantity, phase, tariff, and a title and a sentence for people.

The rows stand in `catalogue_rows`; `docs/obis.md` is made from them. A code that is not here is kept as
unmapped, counted and shown to the installer, never guessed. A code of a past billing period (group F
other than 255) is not the running register and is therefore not found under it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from consumerapp.catalogue_rows import ROWS, Row
from consumerapp.readings import Obis, Quantity, Unit
from consumerapp.units import cosem_unit, printed_unit

__all__ = [
    "Entry",
    "cosem_unit",
    "entries",
    "lookup",
    "lookup_sub_meter",
    "printed_unit",
    "sub_meter_channel",
]

MEDIA = (0, 1, 4, 5, 6, 7, 8, 9, 15)
"""OBIS group A: abstract, electricity, heat cost, cooling, heat, gas, cold water, hot water, other
(Blue Book 13 - §?)."""
RUNNING = 255
"""OBIS group F of the running billing period."""
TARIFFS = range(64)
"""OBIS group E of a register: 0 is the total, 1 to 63 are tariffs (Blue Book 13 - §?)."""
SUB_METER_CHANNELS = range(1, 64)
"""OBIS group B of the meters behind this one, wired or by radio."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one OBIS code means."""

    pattern: str
    """The row it was found in, such as `1-b:1.8.t`."""
    quantity: Quantity | None
    """None: a text, a time or a number that is no quantity of ours; it has a title all the same."""
    phase: int = 0
    """1, 2 or 3; 0: all phases together."""
    tariff: int = 0
    """0: all tariffs together, or no matter of tariffs. Tariff 1 is not the peak everywhere."""
    title: str
    """What people call it, in English; pages translate it."""
    explanation: str
    """One sentence, in English; pages translate it."""


@lru_cache(maxsize=4096)
def lookup(obis: Obis) -> Entry | None:
    """What a code means; None: not known, to be kept as unmapped."""
    for groups, entry, has_tariff in _index().get((obis.a, obis.c, obis.d), ()):
        if all(found in wanted for found, wanted in zip((obis.b, obis.e, obis.f), groups, strict=True)):
            return replace(entry, tariff=obis.e) if has_tariff else entry
    return None


def entries() -> Iterator[Entry]:
    """Every row of the catalogue, in the order of the docs page; a row for phases gives three."""
    for row in ROWS:
        for phase, pattern in row.patterns:
            yield _entry(row, phase, pattern)


# --- meters behind the meter (M-Bus channels 0-n) ---------------------------------------------

_ELECTRICITY, _GAS, _HEAT, _WARM_WATER, _WATER, _HEAT_COST = 2, 3, 4, 6, 7, 8
_COOLING_OUTLET, _COOLING_INLET, _HEAT_INLET, _HEAT_AND_COOLING = 10, 11, 12, 13

_SUB_METER_QUANTITIES: dict[tuple[int, Unit], Quantity] = {
    (_ELECTRICITY, Unit.WH): Quantity.ACTIVE_ENERGY_IMPORT,
    (_GAS, Unit.M3): Quantity.GAS_VOLUME,
    (_GAS, Unit.WH): Quantity.GAS_ENERGY,
    (_GAS, Unit.J): Quantity.GAS_ENERGY,
    (_WARM_WATER, Unit.M3): Quantity.HOT_WATER_VOLUME,
    (_WATER, Unit.M3): Quantity.COLD_WATER_VOLUME,
    (_HEAT_COST, Unit.NONE): Quantity.HEAT_COST_UNITS,
    **{
        (device_type, unit): Quantity.HEAT_ENERGY
        for device_type in (_HEAT, _HEAT_INLET, _HEAT_AND_COOLING)
        for unit in (Unit.J, Unit.WH)
    },
    **{
        (device_type, Unit.M3): Quantity.HEAT_VOLUME
        for device_type in (_HEAT, _HEAT_INLET, _HEAT_AND_COOLING)
    },
    **{
        (device_type, unit): Quantity.COOLING_ENERGY
        for device_type in (_COOLING_OUTLET, _COOLING_INLET)
        for unit in (Unit.J, Unit.WH)
    },
    **{(device_type, Unit.M3): Quantity.COOLING_VOLUME for device_type in (_COOLING_OUTLET, _COOLING_INLET)},
}
"""Device type (EN 13757-3 - §?) and unit of a sub-meter's value -> quantity."""


def sub_meter_channel(obis: Obis) -> int | None:
    """The channel of a meter behind this one that a code belongs to; None: the meter's own code."""
    return obis.b if obis.a == 0 and obis.b in SUB_METER_CHANNELS else None


def lookup_sub_meter(obis: Obis, device_type: int | None, unit: Unit) -> Entry | None:
    """What a code of channel 0-n means, now that the device type of that channel is known."""
    entry = lookup(obis)
    if entry is None or entry.quantity is not None or obis.c != 24 or device_type is None:
        return entry
    if (quantity := _SUB_METER_QUANTITIES.get((device_type, unit))) is None:
        return entry
    if obis.d == 2 and obis.e == 3 and quantity is Quantity.GAS_VOLUME:
        quantity = Quantity.GAS_VOLUME_UNCORRECTED
    return replace(entry, quantity=quantity)


# --- the index ---------------------------------------------------------------------------------

_Groups = tuple[range, range, range]
_Candidate = tuple[_Groups, Entry, bool]
_ANY = range(256)
_LETTERS = {"b": _ANY, "n": SUB_METER_CHANNELS, "t": TARIFFS, "x": _ANY}


@lru_cache(maxsize=1)
def _index() -> dict[tuple[int, int, int], list[_Candidate]]:
    index: dict[tuple[int, int, int], list[_Candidate]] = {}
    for row in ROWS:
        for phase, pattern in row.patterns:
            head, _, tail = pattern.partition(":")
            medium, _, channel = head.partition("-")
            body, _, period = tail.partition("*")
            c, d, e = body.split(".")
            groups = (_range(channel), _range(e), _range(period or str(RUNNING)))
            candidate = (groups, _entry(row, phase, pattern), e == "t")
            for a in MEDIA if medium == "a" else (int(medium),):
                for processing in _range(d):
                    index.setdefault((a, int(c), processing), []).append(candidate)
    return index


def _range(group: str) -> range:
    return _LETTERS[group] if group in _LETTERS else range(int(group), int(group) + 1)


def _entry(row: Row, phase: int, pattern: str) -> Entry:
    return Entry(
        pattern=pattern, quantity=row.quantity, phase=phase, title=row.title, explanation=row.explanation
    )
