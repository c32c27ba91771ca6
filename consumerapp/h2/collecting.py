"""Named values of a payload, collected into one telegram in base units."""

from __future__ import annotations

from datetime import datetime
from decimal import Context, Decimal

from consumerapp.catalogue import Entry, lookup
from consumerapp.h1.decoder import Column, Gateway, Telegram, Text
from consumerapp.h2.message import Mapped, Unmapped
from consumerapp.h2.payloads import MAX_VALUES, number_of
from consumerapp.readings import Kind, MeterId, Obis, Unit
from consumerapp.texts import printable
from consumerapp.units import printed_unit

STEPS = {Unit.WH: 0, Unit.VARH: 0, Unit.VAH: 0, Unit.W: 0, Unit.VAR: 0, Unit.VA: 0, Unit.V: -1, Unit.A: -2}
"""Exponent of the finest step that meters have. JSON drops zeros at the end, so the digits do not tell."""
FINEST_STEP = -3
MAX_CHARS = 120

_EXACT = Context(prec=64)
_TAKEN = {
    (Unit.J, Unit.WH),
    (Unit.J_PER_H, Unit.W),
    (Unit.M3_PER_D, Unit.M3_PER_H),
    (Unit.DEG_C, Unit.K),
    (Unit.PERCENT, Unit.NONE),
}
"""Units that `consumerapp.normalise` turns into those of the quantity."""


class Collector:
    """The values of one meter in one message."""

    def __init__(self, meter_id: str = "", measured_at: datetime | None = None, *, offset: int = 0) -> None:
        """`offset`: number of the message, or the place of its first octet."""
        self._meter_id = printable(meter_id, 64)
        self._measured_at = measured_at
        self._offset = offset
        self._columns: list[Column] = []
        self._raw: list[int | Decimal] = []
        self._texts: list[Text] = []
        self._unmapped: list[Unmapped] = []

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a value nor a text."""
        return not self._columns and not self._texts

    def add(
        self, path: str, code: str | Obis, found: object, unit: str, *, scale: Decimal | None = None
    ) -> bool:
        """A number in a printed unit (`kWh`, `m3`); False: it cannot be what it was taken for, or came twice.

        `scale` multiplies it first.
        """
        obis = code if isinstance(code, Obis) else Obis.parse(code)
        number = number_of(found)
        entry, base = lookup(obis), printed_unit(unit)
        if number is None or base is None or not self._fits(obis, entry, number, base[0]):
            self.note(path, found)
            return False
        if scale is not None:
            number = _EXACT.multiply(number, scale)
        step = STEPS.get(base[0], FINEST_STEP)
        raw = number.scaleb(base[1] - step, _EXACT)
        self._columns.append(Column(obis, base[0], step))
        self._raw.append(int(raw) if raw == raw.to_integral_value() else raw.normalize(_EXACT))
        return True

    def _fits(self, obis: Obis, entry: Entry | None, number: Decimal, unit: Unit) -> bool:
        if entry is None or entry.quantity is None or any(column.obis == obis for column in self._columns):
            return False
        if unit is not entry.quantity.unit and (unit, entry.quantity.unit) not in _TAKEN:
            return False
        return not (number < 0 and entry.quantity.kind in (Kind.REGISTER, Kind.COUNT))

    def text(self, code: str, found: str) -> None:
        """A text of the meter: its number, its firmware."""
        if found:
            self._texts.append(Text(Obis.parse(code), printable(found)))

    def note(self, path: str, found: object) -> None:
        """A value that no register is known for."""
        if len(self._unmapped) < MAX_VALUES and found is not None and not isinstance(found, dict | list):
            shown = "" if isinstance(found, Decimal) and number_of(found) is None else str(found)
            self._unmapped.append(Unmapped(printable(path, MAX_CHARS), printable(shown, MAX_CHARS)))

    def finish(self) -> Mapped:
        """What was collected."""
        telegram = Telegram(
            protocol=Gateway.MQTT,
            offset=self._offset,
            meter_id=MeterId(self._meter_id) if self._meter_id else None,
            measured_at=self._measured_at,
            columns=tuple(self._columns),
            raw=tuple(self._raw),
            texts=tuple(self._texts),
        )
        return Mapped(telegram, tuple(self._unmapped))
