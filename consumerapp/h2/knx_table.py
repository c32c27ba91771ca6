"""Which group address carries which register: the table of one link, written one row a line.

    # group; register; type; factor; unit; meter
    1/2/3; 1-0:1.8.0; 13.010
    1/2/9; 8-0:1.0.0; 12.001; 10; l; Water

`factor` multiplies what was sent; `unit` is what one count is, for types that have none (pulses). Rows
without a meter belong to the link's own. KNX has no discovery: what is not in the table is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Context, Decimal, InvalidOperation
from types import MappingProxyType
from zoneinfo import ZoneInfo

from consumerapp.catalogue import lookup
from consumerapp.errors import ConsumerAppError, DecodeError, RefusalKind
from consumerapp.h1.decoder import Column, Gateway, Refused, Telegram
from consumerapp.h2.datapoint_layouts import LocalTime
from consumerapp.h2.datapoints import Datapoint, Decoded, Part, get_datapoint
from consumerapp.h2.knx import GroupAddress, GroupTelegram, Service
from consumerapp.readings import Authenticity, MeterId, Obis, Unit
from consumerapp.texts import printable
from consumerapp.units import printed_unit

MAX_ROWS = 1000
MAX_TABLE_CHARS = 100_000
_SEPARATOR = ";"
_CELLS = 6
_EXACT = Context(prec=64)
_PHASE_STEP = {"l1": 0, "l2": 20, "l3": 40}
"""OBIS group C of the next phase is 20 more (Blue Book 13 - §?)."""
_PHASE_ONE = range(21, 41)
_FLOAT_STEPS = {Unit.W: 0, Unit.VA: 0, Unit.V: -1, Unit.A: -2}
"""Exponent of the finest step that meters have: a float does not tell its own."""
_FINEST_STEP = -3


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group address and what it means."""

    group: GroupAddress
    obis: Obis
    datapoint: Datapoint
    factor: Decimal = Decimal(1)
    unit: Unit | None = None
    """None: the type's own."""
    exponent: int = 0
    """Of `unit`: a litre is 10^-3 m³."""
    unit_text: str = ""
    meter: str = ""

    def __str__(self) -> str:
        """The row as it is written in the table."""
        factor = "" if self.factor == 1 else f"{self.factor:f}"
        cells = [str(self.group), str(self.obis).removesuffix("*255"), self.datapoint.number]
        cells += [factor, self.unit_text, self.meter]
        return f"{_SEPARATOR} ".join(cells).rstrip(f"{_SEPARATOR} ")


def parse_row(line: str) -> GroupRow:
    """One line of a table. Raises ConsumerAppError with what is wrong."""
    cells = [cell.strip() for cell in line.split(_SEPARATOR)]
    if not 3 <= len(cells) <= _CELLS:
        raise ConsumerAppError("a row has a group, a register and a type, with ; between them")
    group_text, obis_text, type_text, factor_text, unit_text, meter = cells + [""] * (_CELLS - len(cells))
    group, obis, datapoint = GroupAddress.parse(group_text), Obis.parse(obis_text), get_datapoint(type_text)
    entry = lookup(obis)
    if entry is None or entry.quantity is None:
        raise ConsumerAppError(f"{obis_text[:30]} is no register that is known")
    if not datapoint.fields:
        raise ConsumerAppError(f"DPT {datapoint.number} carries no number")
    if (unit := printed_unit(unit_text)) is None:
        raise ConsumerAppError(f"{unit_text[:20]!r} is no unit")
    if unit_text and [one.unit for one in datapoint.fields] != [Unit.NONE]:
        raise ConsumerAppError(f"DPT {datapoint.number} has a unit of its own")
    return GroupRow(
        group=group,
        obis=obis,
        datapoint=datapoint,
        factor=_factor(factor_text),
        unit=unit[0] if unit_text else None,
        exponent=unit[1] if unit_text else 0,
        unit_text=unit_text,
        meter=printable(meter, 64),
    )


def _factor(text: str) -> Decimal:
    try:
        factor = Decimal(text.replace(",", ".") or 1)
    except InvalidOperation:
        factor = Decimal("NaN")
    if not factor.is_finite() or not factor or not -12 <= factor.adjusted() <= 12 or len(text) > 30:
        raise ConsumerAppError(f"{text[:20]!r} is no factor")
    return factor


@dataclass(frozen=True, slots=True)
class GroupTable:
    """The rows of a link, found by their group."""

    rows: Mapping[GroupAddress, GroupRow] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, text: str) -> GroupTable:
        """A table as it is written. Raises ConsumerAppError, naming the line."""
        if len(text) > MAX_TABLE_CHARS:
            raise ConsumerAppError(f"the table has more than {MAX_TABLE_CHARS} characters")
        rows: dict[GroupAddress, GroupRow] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            try:
                row = parse_row(line)
            except ConsumerAppError as error:
                raise ConsumerAppError(f"line {number}: {error}") from error
            if row.group in rows:
                raise ConsumerAppError(f"line {number}: {row.group} has a row already")
            rows[row.group] = row
        if len(rows) > MAX_ROWS:
            raise ConsumerAppError(f"the table has more than {MAX_ROWS} rows")
        return cls(MappingProxyType(rows))

    @classmethod
    def of_rows(cls, rows: Iterable[GroupRow]) -> GroupTable:
        """A table of these rows; of two rows with one group the later one stays."""
        return cls(MappingProxyType({row.group: row for row in rows}))

    def __str__(self) -> str:
        """The table as it is written."""
        return "".join(f"{row}\n" for row in self.rows.values())

    def receive_telegram(
        self,
        telegram: GroupTelegram,
        *,
        own_meter: str = "",
        zone: ZoneInfo | None = None,
        authenticity: Authenticity = Authenticity.PLAIN,
    ) -> Telegram | Refused | None:
        """What a group telegram says; None: it is not for us. Raises nothing.

        A telegram whose sender says that it has no value comes without columns. `zone`: in which clocks on
        the bus tell the time; None: their times are not taken.
        """
        row = self.rows.get(telegram.group)
        if row is None or telegram.service is Service.READ:
            return None
        if row.datapoint.is_small is not (telegram.small is not None):
            detail = f"{telegram.group}: DPT {row.datapoint.number} has another length"
            return Refused(RefusalKind.MALFORMED, 0, detail)
        try:
            decoded = row.datapoint.decode(telegram.octets)
        except DecodeError as error:
            return Refused(error.kind, 0, f"{telegram.group}: {error.detail}")
        columns, raw = _columns(row, decoded)
        meter = row.meter or _own_meter(own_meter, row.obis)
        return Telegram(
            protocol=Gateway.KNX,
            offset=0,
            meter_id=MeterId(meter) if meter else None,
            measured_at=None if decoded.time is None or zone is None else _instant(decoded.time, zone),
            authenticity=authenticity,
            columns=columns,
            raw=raw,
        )


def _own_meter(own_meter: str, obis: Obis) -> str:
    """A gas meter is another meter than the electricity meter, also where nobody gave them names."""
    return own_meter if not own_meter or obis.a in (0, 1) else f"{own_meter}/{obis.a}"


def _columns(row: GroupRow, decoded: Decoded) -> tuple[tuple[Column, ...], tuple[int | Decimal, ...]]:
    columns, raw = [], []
    for part in decoded.parts:
        obis = _register(row, part, decoded)
        if obis is None or part.raw is None:
            continue
        unit = row.unit or part.unit
        number, exponent = _scaled(row, part, unit)
        columns.append(Column(obis, unit, exponent))
        raw.append(number)
    return tuple(columns), tuple(raw)


def _register(row: GroupRow, part: Part, decoded: Decoded) -> Obis | None:
    """The register of one part; None: it is not asked for."""
    if part.name in _PHASE_STEP:
        step = _PHASE_STEP[part.name]
        if step and row.obis.c not in _PHASE_ONE:
            return None
        return row.obis._replace(c=row.obis.c + step)
    if part.name:
        return None
    tariff = next((other for other in decoded.parts if other.name == "tariff"), None)
    if tariff is None:
        return row.obis
    if tariff.raw is None:
        return None  # Energy of nobody knows which tariff is energy of no register.
    sent = int(tariff.raw)
    if row.obis.e == 0:
        return row.obis._replace(e=sent)
    return row.obis if row.obis.e == sent else None


def _scaled(row: GroupRow, part: Part, unit: Unit) -> tuple[int | Decimal, int]:
    assert part.raw is not None
    exponent = part.exponent + row.exponent
    if isinstance(part.raw, int) and row.factor == 1:
        return part.raw, exponent
    number = _EXACT.multiply(Decimal(part.raw), row.factor).scaleb(exponent, _EXACT)
    step = _FLOAT_STEPS.get(unit, _FINEST_STEP)
    if isinstance(part.raw, int):
        # One count moves the register by so much, so that is its step.
        power = row.factor.normalize().as_tuple().exponent
        assert isinstance(power, int)
        step = exponent + power
    counted = number.scaleb(-step, _EXACT)
    return (int(counted) if counted == counted.to_integral_value() else counted.normalize(_EXACT)), step


def _instant(time: LocalTime, zone: ZoneInfo) -> datetime | None:
    """The instant of a wall clock; None: it shows a time that the zone does not have."""
    instant = time.local.replace(tzinfo=zone, fold=0 if time.is_summer else 1).astimezone(UTC)
    return instant if instant.astimezone(zone).replace(tzinfo=None) == time.local else None
