"""The past of a synthetic meter, as the readings that its telegrams would have brought.

How a reading of this meter looks (identification, codes, steps) is learned from one telegram that goes the
whole way, encoder, decoder and `normalise`; the values of all other instants are put into that form. So the
past and what the meter pushes from now on are one series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from consumerapp import intervals
from consumerapp.h1.decoder import Protocol, Telegram
from consumerapp.h1.registry import decoder_for
from consumerapp.normalise import normalise
from consumerapp.readings import MeterId, Reading
from consumerapp.simulator.meter import REGISTERS, Measure, register_raw
from consumerapp.simulator.sml_meters import Row, SmlMeter

_MEANT = {Measure.ABSOLUTE_POWER: Measure.NET_POWER}
"""What a decoder makes of a value whose sign travels in the status word."""


class MeterHistory:
    """Readings of one meter for instants that have passed."""

    def __init__(self, meter: SmlMeter, *, source: str, at: datetime) -> None:
        """`source`: the link's name. `at`: any instant of the meter's life, to see how its telegrams look."""
        self._meter = meter
        self._rows = {row.code: row for row in meter.profile.rows}
        seen = _readings_of(meter.telegram(at), at, source)
        self._forms = [reading for reading in seen if reading.obis in self._rows]

    @property
    def meter_id(self) -> MeterId:
        """The meter's identification, as its readings carry it."""
        return self._forms[0].meter_id

    def totals(self, instants: Iterable[datetime]) -> Iterator[Reading]:
        """The energy registers over all tariffs at each instant, instants in order."""
        forms = [form for form in self._forms if self._is_total(form)]
        shown = [(form, self._rows[form.obis]) for form in forms]
        registers_at = self._meter.household.registers_at
        for at in instants:
            registers = registers_at(at)
            for form, row in shown:
                yield _filled(form, register_raw(registers, row.measure, row.exponent), row, at)

    def samples(self, instants: Iterable[datetime]) -> Iterator[Reading]:
        """Those registers and the powers at each instant, as a telegram carries them."""
        shown = [
            (form, self._rows[form.obis])
            for form in self._forms
            if self._is_total(form) or self._rows[form.obis].measure not in REGISTERS
        ]
        for at in instants:
            sample = self._meter.sample(at)
            for form, row in shown:
                yield _filled(form, sample.raw(_MEANT.get(row.measure, row.measure), row.exponent), row, at)

    def _is_total(self, form: Reading) -> bool:
        return form.obis.e == 0 and self._rows[form.obis].measure in REGISTERS


def every(step: timedelta, start: datetime, until: datetime) -> Iterator[datetime]:
    """Instants on the grid of `step` (counted from midnight UTC) from `start` on, before `until`."""
    midnight = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight - (midnight - start) // step * step
    while at < until:
        yield at
        at += step


def quarter_hours(start: datetime, until: datetime) -> Iterator[datetime]:
    """Ends and beginnings of quarter-hours from `start` on, before `until`."""
    return every(intervals.QUARTER_HOUR, start, until)


def _readings_of(octets: bytes, at: datetime, source: str) -> tuple[Reading, ...]:
    decoder = decoder_for(Protocol.SML)
    decoder.receive_data(octets)
    event = decoder.next_event()
    assert isinstance(event, Telegram), "our encoder's frame is whole"
    return normalise(event, received_at=at, source=source).readings


def _filled(form: Reading, raw: int, row: Row, at: datetime) -> Reading:
    return Reading(
        meter_id=form.meter_id,
        obis=form.obis,
        quantity=form.quantity,
        value=Decimal(raw).scaleb(row.exponent),
        at=None if form.at is None else at,
        received_at=at,
        resolution=form.resolution,
        authenticity=form.authenticity,
        source=form.source,
    )
