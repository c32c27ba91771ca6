"""The KNX datapoint types that carry metering: octets to exact numbers in base units, and back.

KNX Datapoint Types 3/7/2 v01.09 - §?. A type has one or more parts; the part without a name is the
value itself. A part whose `raw` is None has no value, because its sender says so: 7FFF in two octets, "not a
number" in four, a validity bit, a meter out of service. It is never passed on as a number.

Left out because their layout is not known to us: 265.12xx, 268.12xx, 270.12xx, 271.1200, 276.1200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from consumerapp.errors import ApduError, ConsumerAppError, RefusalKind
from consumerapp.h2.datapoint_layouts import (
    DATE_TIME_OCTETS,
    Float16,
    Float32,
    Integer,
    Layout,
    LocalTime,
    Number,
    read_date_time,
    write_date_time,
)
from consumerapp.readings import Unit

_EXACT = Context(prec=64)


class Part(NamedTuple):
    """One number of a datapoint: value = raw x 10^exponent in `unit`."""

    name: str
    """Empty: the value itself; `tariff`, `l1`, `l2`, `l3`, `minutes`, `manufacturer` ..."""
    raw: Number | None
    """None: the sender says that it has no value."""
    unit: Unit = Unit.NONE
    exponent: int = 0

    @property
    def value(self) -> Decimal | None:
        """The exact value in its base unit."""
        return None if self.raw is None else Decimal(self.raw).scaleb(self.exponent, _EXACT)


class Decoded(NamedTuple):
    """What the octets of one group telegram say."""

    parts: tuple[Part, ...] = ()
    text: str = ""
    time: LocalTime | None = None
    """When it was measured, where the type carries that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One number in the octets of a datapoint."""

    layout: Layout
    name: str = ""
    unit: Unit = Unit.NONE
    exponent: int = 0
    factor: Decimal | None = None
    """The number is multiplied by it first (litres per second to m³/h)."""

    def read(self, octets: bytes) -> Part:
        """The part."""
        number = self.layout.read(octets)
        if number is not None and self.factor is not None:
            number = _EXACT.multiply(Decimal(number), self.factor)
        return Part(self.name, number, self.unit, self.exponent)

    def write(self, part: Part) -> bytes:
        """The octets of a part. Raises ConsumerAppError."""
        if part.unit is not self.unit:
            raise ConsumerAppError(f"the unit is {self.unit or 'none'}, not {part.unit or 'none'}")
        if (value := part.value) is None:
            return self.layout.write(None)
        number = value.scaleb(-self.exponent, _EXACT)
        if self.factor is not None:
            number = _EXACT.divide(number, self.factor)
        return self.layout.write(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Datapoint:
    """One datapoint type."""

    number: str
    """`13.010`."""
    title: str
    fields: tuple[Field, ...]

    @property
    def is_small(self) -> bool:
        """Whether it is sent in the six bits beside the service code."""
        return self.number.startswith("1.")

    @property
    def octets(self) -> int:
        """How many octets it has; a small one counts as one."""
        return sum(field.layout.octets for field in self.fields)

    def decode(self, octets: bytes) -> Decoded:
        """What the octets say; a small value comes as one octet. Never raises anything but DecodeError."""
        self._check(octets)
        if self.is_small and octets[0] > 1:
            raise ApduError(f"DPT {self.number} has one bit, not {octets[0]:02X}")
        return Decoded(tuple(self._read_fields(octets)))

    def encode(self, decoded: Decoded) -> bytes:
        """The octets that say it. Raises ConsumerAppError where they cannot."""
        if [part.name for part in decoded.parts] != [field.name for field in self.fields]:
            raise ConsumerAppError(f"DPT {self.number} has other parts")
        octets = b"".join(field.write(part) for field, part in zip(self.fields, decoded.parts, strict=True))
        if self.is_small and octets[0] > 1:
            raise ConsumerAppError(f"DPT {self.number} has one bit, not {octets[0]}")
        return octets

    def encode_value(self, value: Decimal | int) -> bytes:
        """The octets of a value in the base unit, for types with one part. Raises ConsumerAppError."""
        if len(self.fields) != 1:
            raise ConsumerAppError(f"DPT {self.number} has more than one part")
        return self.encode(Decoded((Part("", Decimal(value), self.fields[0].unit),)))

    def _check(self, octets: bytes) -> None:
        if len(octets) != self.octets:
            raise ApduError(f"DPT {self.number} has {self.octets} octets, not {len(octets)}")

    def _read_fields(self, octets: bytes) -> list[Part]:
        parts, position = [], 0
        for field in self.fields:
            end = position + field.layout.octets
            parts.append(field.read(octets[position:end]))
            position = end
        return parts


# --- types that are more than their fields -------------------------------------------------------

_U8, _U16, _U32 = Integer(1), Integer(2), Integer(4)
_V32, _V64 = Integer(4, signed=True), Integer(8, signed=True)
_TARIFF = Integer(1, reserved=255)
"""0: no tariff; 255 is reserved (KNX Datapoint Types 3/7/2 v01.09 - §?)."""

_HCA_VIF = 0x7E
_VIF_RANGES: tuple[tuple[int, int, Unit, int, int], ...] = (
    # first code, how many, unit, exponent of the first, factor
    (0x00, 8, Unit.WH, -3, 1),
    (0x80, 4, Unit.WH, 5, 1),
    (0x08, 8, Unit.J, 0, 1),
    (0x88, 2, Unit.J, 8, 1),
    (0x10, 8, Unit.M3, -6, 1),
    (0x18, 8, Unit.KG, -3, 1),
    (0x28, 8, Unit.W, -3, 1),
    (0x30, 8, Unit.J_PER_H, 0, 1),
    (0x38, 8, Unit.M3_PER_H, -6, 1),
    (0x40, 8, Unit.M3_PER_H, -7, 60),
    (0x48, 8, Unit.M3_PER_H, -9, 3600),
)
"""After a restatement of IEC 63345 - §?, not the document itself. Mass flow (50 to 57) is no unit of ours."""
_VIFS: Mapping[int, tuple[Unit, int, int]] = {
    first + step: (unit, exponent + step, factor)
    for first, count, unit, exponent, factor in _VIF_RANGES
    for step in range(count)
} | {_HCA_VIF: (Unit.NONE, 0, 1)}
_VIF_OF: Mapping[tuple[Unit, int], int] = {
    (unit, exponent): code for code, (unit, exponent, factor) in reversed(tuple(_VIFS.items())) if factor == 1
}
_OUT_OF_SERVICE, _FAULT, _OVERRIDDEN = 0x01, 0x02, 0x04
_NOT_MEASURED = _OUT_OF_SERVICE | _FAULT | _OVERRIDDEN
"""Status bits with which the count is no measurement; an alarm leaves it one."""


class _MeteringValue(Datapoint):
    """DPT 229.001: a count, the code of its unit (VIF) and a status."""

    __slots__ = ()

    def decode(self, octets: bytes) -> Decoded:
        self._check(octets)
        code, status = octets[4], octets[5]
        if code not in _VIFS:
            raise ApduError(f"VIF {code:02X} is no unit of ours", RefusalKind.UNSUPPORTED)
        unit, exponent, factor = _VIFS[code]
        count = None if status & _NOT_MEASURED else int.from_bytes(octets[:4], "big", signed=True) * factor
        return Decoded((Part("", count, unit, exponent),))

    def encode(self, decoded: Decoded) -> bytes:
        (part,) = decoded.parts
        if (code := _VIF_OF.get((part.unit, part.exponent))) is None:
            raise ConsumerAppError(f"no VIF is 10^{part.exponent} {part.unit}")
        status = _OUT_OF_SERVICE if part.raw is None else 0
        return _V32.write(part.raw or 0) + bytes((code, status))


_TARIFF_INVALID, _ENERGY_INVALID = 0x01, 0x02


class _TariffEnergy(Datapoint):
    """DPT 235.001: energy of one tariff, with a validity bit for each; 269.1200: the same with its time."""

    __slots__ = ()

    @property
    def octets(self) -> int:
        return 6 + self._time_octets

    @property
    def _time_octets(self) -> int:
        return DATE_TIME_OCTETS if self.number == "269.1200" else 0

    def decode(self, octets: bytes) -> Decoded:
        self._check(octets)
        time = read_date_time(octets[:DATE_TIME_OCTETS]) if self._time_octets else None
        energy, tariff = self._read_fields(octets[self._time_octets :])
        validity = octets[-1]
        if validity & _ENERGY_INVALID:
            energy = energy._replace(raw=None)
        if validity & _TARIFF_INVALID:
            tariff = tariff._replace(raw=None)
        return Decoded((energy, tariff), time=time)

    def encode(self, decoded: Decoded) -> bytes:
        energy, tariff = decoded.parts
        validity = (energy.raw is None) * _ENERGY_INVALID | (tariff.raw is None) * _TARIFF_INVALID
        time = write_date_time(decoded.time) if self._time_octets else b""
        count = _V32.write(energy.raw or 0)
        return time + count + _TARIFF.write(tariff.raw) + bytes((validity,))


class _Text(Datapoint):
    """DPT 16.000 and 16.001: fourteen characters, ASCII or ISO 8859-1, filled up with zeros."""

    __slots__ = ()

    @property
    def octets(self) -> int:
        return 14

    def decode(self, octets: bytes) -> Decoded:
        self._check(octets)
        return Decoded(text=octets.partition(b"\0")[0].decode("latin-1"))

    def encode(self, decoded: Decoded) -> bytes:
        written = decoded.text.encode("latin-1", "replace")
        if len(written) > self.octets or b"\0" in written:
            raise ConsumerAppError("fourteen characters at most, none of them zero")
        return written.ljust(self.octets, b"\0")


class _DateTime(Datapoint):
    """DPT 19.001: date and time of a wall clock."""

    __slots__ = ()

    @property
    def octets(self) -> int:
        return DATE_TIME_OCTETS

    def decode(self, octets: bytes) -> Decoded:
        self._check(octets)
        return Decoded(time=read_date_time(octets))

    def encode(self, decoded: Decoded) -> bytes:
        return write_date_time(decoded.time)


# --- the table -----------------------------------------------------------------------------------


def _one(number: str, title: str, layout: Layout, unit: Unit = Unit.NONE, exponent: int = 0) -> Datapoint:
    return Datapoint(number=number, title=title, fields=(Field(layout=layout, unit=unit, exponent=exponent),))


def _float32(number: str, title: str, unit: Unit, factor: str | None = None) -> Datapoint:
    field = Field(layout=Float32(), unit=unit, factor=None if factor is None else Decimal(factor))
    return Datapoint(number=number, title=title, fields=(field,))


def _three_phases(number: str, title: str, unit: Unit) -> Datapoint:
    fields = tuple(Field(layout=Float32(), name=name, unit=unit) for name in ("l1", "l2", "l3"))
    return Datapoint(number=number, title=title, fields=fields)


# F16 is read in hundredths: its exponent is that of a hundredth of the printed unit.
_F16 = Float16()
_ENERGY_OF_TARIFF = (
    Field(layout=_V32, unit=Unit.WH),
    Field(layout=_TARIFF, name="tariff"),
)
_ALL: tuple[Datapoint, ...] = (
    _one("1.1200", "consumer or producer", _U8),
    _one("1.1201", "direction of energy", _U8),
    _one("5.006", "tariff", _TARIFF),
    _one("5.010", "counter of pulses", _U8),
    _one("7.001", "counter of pulses", _U16),
    _one("7.005", "seconds", _U16, Unit.SECOND),
    _one("7.006", "minutes", _U16, Unit.MINUTE),
    _one("7.007", "hours", _U16, Unit.HOUR),
    _one("7.012", "mA", _U16, Unit.A, -3),
    _one("9.001", "°C", _F16, Unit.DEG_C, -2),
    _one("9.002", "K", _F16, Unit.K, -2),
    _one("9.006", "Pa", _F16, Unit.PA, -2),
    _one("9.020", "mV", _F16, Unit.V, -5),
    _one("9.021", "mA", _F16, Unit.A, -5),
    _one("9.024", "kW", _F16, Unit.W, 1),
    _one("9.025", "l/h", _F16, Unit.M3_PER_H, -5),
    _one("12.001", "counter of pulses", _U32),
    _one("12.1200", "litres", _U32, Unit.M3, -3),
    _one("12.1201", "m³", _U32, Unit.M3),
    _one("13.001", "counter of pulses", _V32),
    _one("13.002", "0.0001 m³/h", _V32, Unit.M3_PER_H, -4),
    _one("13.010", "Wh", _V32, Unit.WH),
    _one("13.011", "VAh", _V32, Unit.VAH),
    _one("13.012", "varh", _V32, Unit.VARH),
    _one("13.013", "kWh", _V32, Unit.WH, 3),
    _one("13.014", "kVAh", _V32, Unit.VAH, 3),
    _one("13.015", "kvarh", _V32, Unit.VARH, 3),
    _one("13.016", "MWh", _V32, Unit.WH, 6),
    _one("13.1200", "litres", _V32, Unit.M3, -3),
    _one("13.1201", "m³", _V32, Unit.M3),
    _float32("14.019", "A", Unit.A),
    _float32("14.027", "V", Unit.V),
    _float32("14.028", "V", Unit.V),
    _float32("14.031", "J", Unit.J),
    _float32("14.033", "Hz", Unit.HZ),
    _float32("14.055", "°", Unit.DEG),
    _float32("14.056", "W", Unit.W),
    _float32("14.057", "power factor", Unit.NONE),
    _float32("14.068", "°C", Unit.DEG_C),
    _float32("14.070", "K", Unit.K),
    _float32("14.076", "m³", Unit.M3),
    _float32("14.077", "m³/s", Unit.M3_PER_H, "3600"),
    _float32("14.080", "VA", Unit.VA),
    _float32("14.1200", "m³/h", Unit.M3_PER_H),
    _float32("14.1201", "l/s", Unit.M3_PER_H, "3.6"),
    _Text(number="16.000", title="text (ASCII)", fields=()),
    _Text(number="16.001", title="text (ISO 8859-1)", fields=()),
    _DateTime(number="19.001", title="date and time", fields=()),
    _one("20.1200", "state of the breaker or valve", Integer(1, reserved=255)),
    _one("20.1202", "condition of the gas", _U8),
    _one("20.1203", "reason of the breaker", _U8),
    _one("20.1206", "notice of a peak", _U8),
    _one("20.1207", "peak", _U8),
    _one("20.1208", "kind of TIC", _U8),
    _one("21.1200", "virtual dry contacts", _U8),
    _one("21.1201", "phases", _U8),
    Datapoint(
        number="225.003",
        title="next tariff",
        fields=(
            Field(layout=_U16, name="minutes", unit=Unit.MINUTE),
            Field(layout=_TARIFF, name="tariff"),
        ),
    ),
    _MeteringValue(
        number="229.001",
        title="value with unit and status",
        fields=(
            Field(layout=_V32),
            Field(layout=_U8, name="vif"),
            Field(layout=_U8, name="status"),
        ),
    ),
    Datapoint(
        number="230.1000",
        title="M-Bus address",
        fields=(
            Field(layout=_U16, name="manufacturer"),
            Field(layout=_U32, name="number"),
            Field(layout=_U8, name="version"),
            Field(layout=_U8, name="medium"),
        ),
    ),
    _TariffEnergy(number="235.001", title="Wh of a tariff", fields=_ENERGY_OF_TARIFF),
    _three_phases("257.1200", "A of three phases", Unit.A),
    _three_phases("257.1201", "V of three phases", Unit.V),
    _three_phases("257.1202", "VA of three phases", Unit.VA),
    _TariffEnergy(number="269.1200", title="Wh of a tariff with its time", fields=_ENERGY_OF_TARIFF),
    _one("29.010", "Wh", _V64, Unit.WH),
    _one("29.011", "VAh", _V64, Unit.VAH),
    _one("29.012", "varh", _V64, Unit.VARH),
)

_NUMBER = re.compile(r"(?:DPS?T[- ]?)?(\d{1,3})(?:[.-](\d{1,5}))?", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=1)
def datapoints() -> Mapping[str, Datapoint]:
    """Every type that is known, by its number."""
    return {datapoint.number: datapoint for datapoint in _ALL}


def dpt_number(text: str) -> str:
    """`13.010` of `13.10`, `DPT-13.010` or `DPST-13-10`; `13` where no subtype is said; empty: neither."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        return ""
    main = str(int(found[1]))
    return main if found[2] is None else f"{main}.{int(found[2]):03d}"


def get_datapoint(text: str) -> Datapoint:
    """The type of that number, however it is written. Raises ConsumerAppError."""
    number = dpt_number(text)
    if (datapoint := datapoints().get(number)) is None:
        raise ConsumerAppError(f"there is no datapoint type {text.strip()[:20]!r} for metering")
    return datapoint
