"""What a named value of a general gateway may be taken for: only what its name and unit say without doubt.

Home Assistant and Homie describe values by a name, a unit and a class, but have no word for a register. A
code in the name (`1-8-0`), or direction and unit together ("energy import tariff 1", kWh), are enough;
"energy" and "power" alone are not: it may be a plug, a heat pump or the roof.
"""

from __future__ import annotations

import re
from itertools import pairwise

from consumerapp.catalogue import lookup
from consumerapp.readings import Kind, Obis, Unit
from consumerapp.units import printed_unit

_CODE = re.compile(r"(?<!\d)(?:(\d{1,2})[-_](\d)[-_:])?(\d{1,2})[-_.](\d{1,2})[-_.](\d{1,2})(?!\d)", re.ASCII)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", re.ASCII)
_IMPORT = frozenset({"import", "imported"})
_EXPORT = frozenset({"export", "exported"})
_NO_REGISTER = frozenset(
    [
        "today",
        "yesterday",
        "day",
        "daily",
        "hour",
        "hourly",
        "week",
        "weekly",
        "month",
        "monthly",
        "year",
        "yearly",
        "last",
        "previous",
        "average",
        "avg",
        "mean",
        "max",
        "maximum",
        "min",
        "minimum",
        "peak",
        "cost",
        "price",
        "forecast",
        "prediction",
        "limit",
        "solar",
        "pv",
        "inverter",
        "battery",
        "charger",
        "setpoint",
        "target",
        "apparent",
        "lost",
        "delta",
    ]
)
"""Words after which a value is no running register and no power of this moment at the grid."""
_PHASES = {"l1": 1, "l2": 2, "l3": 3, "phase1": 1, "phase2": 2, "phase3": 3}
_OWN_UNITS = {"°c": "°C", "c": "°C"}


def code_of(name: str, unit: str, device_class: str = "") -> Obis | None:
    """The register that a value is; None: its name and unit leave doubt."""
    base = printed_unit(_OWN_UNITS.get(unit.lower(), unit)) if unit else None
    if base is None:
        return None
    if (coded := _coded(name, base[0])) is not None:
        return coded
    words = _words(name)
    if words & _NO_REGISTER:
        return None
    match base[0]:
        case Unit.W | Unit.WH | Unit.VAR | Unit.VARH:
            return _of_energy(words, base[0])
        case Unit.V | Unit.A:
            return _of_phase(words, 12 if base[0] is Unit.V else 11)
        case Unit.HZ:
            return Obis.parse("1-0:14.7.0")
        case Unit.M3:
            return _of_volume(words, device_class)
        case _:
            return None


def _coded(name: str, unit: Unit) -> Obis | None:
    found = _CODE.search(name)
    if found is None or any(int(group or 0) > 255 for group in found.groups()):
        return None
    obis = Obis(int(found[1] or 1), int(found[2] or 0), int(found[3]), int(found[4]), int(found[5]))
    entry = lookup(obis)
    if entry is None or entry.quantity is None or entry.quantity.unit is not unit:
        return None
    return obis


def _words(name: str) -> frozenset[str]:
    words = [word.lower() for word in _WORD.findall(name)]
    joined = [left + right for left, right in pairwise(words) if right.isdecimal()]
    return frozenset((*words, *joined))


def _of_energy(words: frozenset[str], unit: Unit) -> Obis | None:
    imported, exported = bool(words & _IMPORT), bool(words & _EXPORT)
    if imported == exported or ("reactive" in words) != (unit in (Unit.VAR, Unit.VARH)):
        return None
    phases = {phase for word, phase in _PHASES.items() if word in words}
    tariffs = {n for n in range(1, 5) if {f"t{n}", f"tariff{n}", f"rate{n}"} & words}
    if len(phases) > 1 or len(tariffs) > 1 or (phases and tariffs):
        return None
    group_c = (1 if imported else 2) + (2 if "reactive" in words else 0) + 20 * sum(phases)
    if unit in (Unit.WH, Unit.VARH):
        return Obis(1, 0, group_c, 8, sum(tariffs))
    return None if tariffs else Obis(1, 0, group_c, 7, 0)


def _of_phase(words: frozenset[str], group_c: int) -> Obis | None:
    phases = {phase for word, phase in _PHASES.items() if word in words}
    return Obis(1, 0, group_c + 20 * sum(phases), 7, 0) if len(phases) == 1 else None


def _of_volume(words: frozenset[str], device_class: str) -> Obis | None:
    if device_class == "gas" or ("gas" in words and "water" not in words):
        return Obis.parse("7-0:3.0.0")
    if "water" in words or device_class == "water":
        return Obis.parse("9-0:1.0.0" if words & {"hot", "warm"} else "8-0:1.0.0")
    return None


def is_running(obis: Obis) -> bool:
    """Whether it is a counter, which a value described as a measurement cannot be."""
    entry = lookup(obis)
    return entry is not None and entry.quantity is not None and entry.quantity.kind is Kind.REGISTER
