"""The unit codes of COSEM and the names meters print, as base units of ours.

A unit is taken to its base unit by a power of ten only, so that a value stays the meter's own digits:
litres become 10⁻³ m³, bar 10⁵ Pa. Whoever needs more (J to Wh, m³/d to m³/h) does it in the open, in
`normalise`.

Codes: DLMS UA Blue Book ed. 13 - Table 4.
"""

from __future__ import annotations

from types import MappingProxyType

from consumerapp.codes import Unit

NO_UNIT_CODE = 255
"""COSEM's code of a pure number."""

COSEM_UNITS = MappingProxyType(
    {
        1: (Unit.YEAR, 0),
        2: (Unit.MONTH, 0),
        3: (Unit.WEEK, 0),
        4: (Unit.DAY, 0),
        5: (Unit.HOUR, 0),
        6: (Unit.MINUTE, 0),
        7: (Unit.SECOND, 0),
        8: (Unit.DEG, 0),
        9: (Unit.DEG_C, 0),
        # 10 is money, in a currency that the code does not say.
        11: (Unit.M, 0),
        12: (Unit.M_PER_S, 0),
        13: (Unit.M3, 0),
        14: (Unit.M3, 0),
        15: (Unit.M3_PER_H, 0),
        16: (Unit.M3_PER_H, 0),
        17: (Unit.M3_PER_D, 0),
        18: (Unit.M3_PER_D, 0),
        19: (Unit.M3, -3),
        20: (Unit.KG, 0),
        21: (Unit.N, 0),
        22: (Unit.NM, 0),
        23: (Unit.PA, 0),
        24: (Unit.PA, 5),
        25: (Unit.J, 0),
        26: (Unit.J_PER_H, 0),
        27: (Unit.W, 0),
        28: (Unit.VA, 0),
        29: (Unit.VAR, 0),
        30: (Unit.WH, 0),
        31: (Unit.VAH, 0),
        32: (Unit.VARH, 0),
        33: (Unit.A, 0),
        34: (Unit.C, 0),
        35: (Unit.V, 0),
        36: (Unit.V_PER_M, 0),
        37: (Unit.F, 0),
        38: (Unit.OHM, 0),
        39: (Unit.OHM_M, 0),
        40: (Unit.WB, 0),
        41: (Unit.T, 0),
        42: (Unit.A_PER_M, 0),
        43: (Unit.H, 0),
        44: (Unit.HZ, 0),
        45: (Unit.PER_WH, 0),
        46: (Unit.PER_VARH, 0),
        47: (Unit.PER_VAH, 0),
        48: (Unit.V2H, 0),
        49: (Unit.A2H, 0),
        50: (Unit.KG_PER_S, 0),
        51: (Unit.S, 0),
        52: (Unit.K, 0),
        53: (Unit.PER_V2H, 0),
        54: (Unit.PER_A2H, 0),
        55: (Unit.PER_M3, 0),
        56: (Unit.PERCENT, 0),
        57: (Unit.AH, 0),
        60: (Unit.WH_PER_M3, 0),
        61: (Unit.J_PER_M3, 0),
        62: (Unit.MOL_PERCENT, 0),
        63: (Unit.G_PER_M3, 0),
        64: (Unit.PA_S, 0),
        65: (Unit.J_PER_KG, 0),
        66: (Unit.G_PER_CM2, 0),
        67: (Unit.ATM, 0),
        70: (Unit.DBM, 0),
        71: (Unit.DBUV, 0),
        72: (Unit.DB, 0),
        NO_UNIT_CODE: (Unit.NONE, 0),
    }
)
"""COSEM unit code -> (base unit, exponent of ten that leads to it)."""


def cosem_unit(code: int) -> tuple[Unit, int] | None:
    """Base unit and exponent of a COSEM unit code; None: reserved, money, or outside the SI.

    value in base unit = raw × 10^(scaler + exponent)
    """
    return COSEM_UNITS.get(code)


_PREFIXES = {"": 0, "m": -3, "k": 3, "M": 6, "G": 9}
_PREFIXED = (Unit.WH, Unit.W, Unit.VA, Unit.VAH, Unit.VAR, Unit.VARH, Unit.V, Unit.A, Unit.HZ, Unit.J)

_PRINTED = {
    **{unit.value: (unit, 0) for unit in Unit},
    **{f"{prefix}{unit}": (unit, exponent) for prefix, exponent in _PREFIXES.items() for unit in _PREFIXED},
    "m3": (Unit.M3, 0),
    "m3/h": (Unit.M3_PER_H, 0),
    "dm3": (Unit.M3, -3),
    "l": (Unit.M3, -3),
    "L": (Unit.M3, -3),
    "l/h": (Unit.M3_PER_H, -3),
    "bar": (Unit.PA, 5),
}
# Meters print kWH, KWH, kVAr, M3. Only names that no other unit has in another case are taken so:
# A is an ampere and a is a year, MW is a million W and mW a thousandth.
_PRINTED_IN_ANY_CASE = {
    f"{prefix}{unit}".lower(): (unit, exponent)
    for prefix, exponent in _PREFIXES.items()
    if prefix not in ("m", "M")
    for unit in _PREFIXED
    if prefix or unit not in (Unit.A, Unit.V, Unit.W, Unit.J)
} | {"m3": (Unit.M3, 0), "m³": (Unit.M3, 0), "°c": (Unit.DEG_C, 0)}


def printed_unit(text: str) -> tuple[Unit, int] | None:
    """Base unit and exponent of a unit as meters and gateways print it (`kWh`, `kvarh`, `m3`, `GJ`).

    None: no such unit. An empty text is a pure number.
    """
    name = text.strip()
    return _PRINTED.get(name) or _PRINTED_IN_ANY_CASE.get(name.lower())
