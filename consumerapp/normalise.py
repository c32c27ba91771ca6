"""Telegram to readings: the one place where a register's code becomes a quantity.

Units are checked, the register's step is kept, values that stand for "no value" are marked, and a time
is passed on only where it can be trusted. What is not known is kept as unmapped, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal

from consumerapp.catalogue import Entry, lookup, lookup_sub_meter, sub_meter_channel
from consumerapp.h1.decoder import Column, Telegram, Text, Value
from consumerapp.readings import Kind, MeterId, Obis, Quality, Quantity, Reading, Unit
from consumerapp.texts import from_hexadecimal, printable

CLOCK_TOLERANCE = timedelta(minutes=5)
"""A meter's clock that differs more from ours is not taken; the time of arrival is."""
SUB_METER_DELAY = timedelta(days=35)
"""Meters behind the meter report by the hour, by radio by the day; a month without is not the present."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Before it no value was measured: a stamp of 1970 says that a channel never had one."""
FAR_FUTURE = timedelta(days=366)

COARSE_STEP = Decimal(1000)
"""1 kWh, 1 kvarh: the step of a meter whose PIN has not been entered."""
_ENERGY_UNITS = (Unit.WH, Unit.VARH, Unit.VAH)

_FINEST = Decimal("0.001")
"""Registers are kept in thousandths; a quotient (J to Wh) is rounded there once, half to even."""

_ALL_ONES = frozenset(
    number
    for bits in (32, 40, 48, 56, 64)
    for number in (2**bits - 1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)))
)
"""Raw values of four octets and more that stand for "no value", unsigned and signed."""
_SHORT_ALL_ONES = frozenset((2**16 - 1, 2**15 - 1, -(2**15)))
"""The same of two octets. An energy or power may really be 65535, a voltage never is 6553.5."""
_SHORT_SENTINEL_UNITS = (Unit.V, Unit.A, Unit.HZ, Unit.DEG)

_Factor = tuple[int, int]
"""Numerator and denominator."""
_CONVERSIONS: Mapping[tuple[Unit, Unit], _Factor] = {
    (Unit.J, Unit.WH): (1, 3600),
    (Unit.J_PER_H, Unit.W): (1, 3600),
    (Unit.M3_PER_D, Unit.M3_PER_H): (1, 24),
    (Unit.DEG_C, Unit.K): (1, 1),  # a difference in °C is the same number in K
    (Unit.PERCENT, Unit.NONE): (1, 100),
}

_STATE_IN_WORDS = re.compile(r"[A-Z]{0,2}0*(\d{1,5})", re.ASCII)
_MESSAGE_CODES = (Obis.parse("0-0:96.13.0"), Obis.parse("0-0:96.13.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """What one telegram says."""

    readings: tuple[Reading, ...]
    unmapped: tuple[Value, ...]
    """Numbers whose code or unit is not known, or that are no quantity of ours."""
    texts: tuple[Text, ...]
    """In one line, without control characters, bounded; never markup."""


def normalise(
    telegram: Telegram, *, received_at: datetime, source: str, meter_id: MeterId | None = None
) -> Normalised:
    """Every number of a telegram as a reading or as unmapped, and its texts.

    `meter_id` is the meter the link is known to belong to: some meters name themselves only in every
    other telegram. Where nobody knows, the source's name stands for it.
    """
    own_id = telegram.meter_id or meter_id or MeterId(f"source:{source}")
    texts = tuple(Text(text.obis, _cleaned(text)) for text in telegram.texts)
    sub_meters = _SubMeters(own_id, telegram, texts)
    value_times = dict(telegram.value_times)
    readings: list[Reading] = []
    unmapped: list[Value] = []
    own_at, own_quality = _trusted(telegram.measured_at, received_at, CLOCK_TOLERANCE)
    for number, (column, raw) in enumerate(zip(telegram.columns, telegram.raw, strict=True)):
        meaning = _meaning(column)
        channel = meaning.channel
        if channel is not None and meaning.quantity is None:
            if meaning.is_device_type:
                continue
            meaning = _meaning_behind(column, sub_meters.device_types.get(channel))
        if meaning.quantity is None or (value := _value(raw, column, meaning)) is None:
            unmapped.append(Value(column.obis, _exact(raw, column.exponent), column.unit))
            continue
        at, quality = own_at, own_quality
        if number in value_times:
            at, quality = _trusted(value_times[number], received_at, SUB_METER_DELAY)
        quality |= _quality(raw, meaning, locked=telegram.locked)
        readings.append(
            Reading(
                meter_id=own_id if channel is None else sub_meters.meter_id(channel),
                obis=column.obis,
                quantity=meaning.quantity,
                value=value,
                at=at,
                received_at=received_at,
                resolution=meaning.resolution,
                quality=quality,
                authenticity=telegram.authenticity,
                source=source,
            )
        )
    known = {reading.obis for reading in readings}
    readings += [
        Reading(
            meter_id=own_id,
            obis=text.obis,
            quantity=entry.quantity,
            value=state,
            at=own_at,
            received_at=received_at,
            resolution=Decimal(1),
            quality=own_quality,
            authenticity=telegram.authenticity,
            source=source,
        )
        for text in texts
        if text.obis not in known
        and (entry := lookup(text.obis)) is not None
        and entry.quantity is not None
        and (state := _state_in_words(entry.quantity, text.value)) is not None
    ]
    return Normalised(readings=tuple(readings), unmapped=tuple(unmapped), texts=texts)


# --- what a column means ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What a column is, worked out once: a meter sends the same columns telegram after telegram."""

    quantity: Quantity | None
    factor: _Factor
    resolution: Decimal | None
    channel: int | None
    is_device_type: bool


_MAX_MEANINGS = 4096
_meanings: dict[Column, _Meaning] = {}


def _meaning(column: Column) -> _Meaning:
    known = _meanings.get(column)
    if known is None:
        if len(_meanings) >= _MAX_MEANINGS:
            _meanings.clear()
        known = _meanings[column] = _work_out(column, lookup(column.obis))
    return known


def _meaning_behind(column: Column, device_type: int | None) -> _Meaning:
    return _work_out(column, lookup_sub_meter(column.obis, device_type, column.unit))


def _work_out(column: Column, entry: Entry | None) -> _Meaning:
    channel = sub_meter_channel(column.obis)
    quantity = entry.quantity if entry is not None else None
    is_device_type = channel is not None and (column.obis.c, column.obis.d) == (24, 1)
    factor: _Factor | None = (1, 1)
    if quantity is not None and column.unit is not quantity.unit:
        factor = _CONVERSIONS.get((column.unit, quantity.unit))
    if quantity is None or factor is None:
        return _Meaning(None, (1, 1), None, channel, is_device_type)
    step = Decimal(1).scaleb(column.exponent)
    if factor[1] != 1:
        step = max(_quotient(step, factor), _FINEST)
    return _Meaning(quantity, factor, step, channel, is_device_type)


_NO_NUMBER = Decimal("NaN")
_EXACT = Context(prec=64)
"""Wide enough for every digit that eight octets or a printed number can have."""


def _exact(raw: int | Decimal, exponent: int) -> Decimal:
    if isinstance(raw, Decimal) and not raw.is_finite():
        return _NO_NUMBER
    return Decimal(raw).scaleb(exponent, _EXACT)


def _value(raw: int | Decimal, column: Column, meaning: _Meaning) -> Decimal | None:
    exact = _exact(raw, column.exponent)
    if not exact.is_finite():
        return None
    return exact if meaning.factor[1] == 1 else _quotient(exact, meaning.factor)


def _quotient(exact: Decimal, factor: _Factor) -> Decimal:
    quotient = _EXACT.divide(_EXACT.multiply(exact, Decimal(factor[0])), Decimal(factor[1]))
    return quotient.quantize(_FINEST, context=_EXACT)


def _quality(raw: int | Decimal, meaning: _Meaning, *, locked: bool) -> Quality:
    quantity = meaning.quantity
    assert quantity is not None
    quality = Quality.MEASURED
    if quantity.unit in _ENERGY_UNITS and (
        locked or (meaning.resolution is not None and meaning.resolution >= COARSE_STEP)
    ):
        quality |= Quality.COARSE
    if quantity.kind is not Kind.STATE and _stands_for_no_value(raw, quantity.unit):
        quality |= Quality.SENTINEL
    return quality


def _stands_for_no_value(raw: int | Decimal, unit: Unit) -> bool:
    number = raw if isinstance(raw, int) else _digits(raw)
    return number in _ALL_ONES or (number in _SHORT_ALL_ONES and unit in _SHORT_SENTINEL_UNITS)


def _digits(raw: Decimal) -> int:
    """4294967.295 and 4294967.2950 are both the digits 4294967295."""
    sign, digits, _ = raw.normalize().as_tuple()
    number = int("".join(map(str, digits)))
    return -number if sign else number


# --- times --------------------------------------------------------------------------------------


def _trusted(
    measured_at: datetime | None, received_at: datetime, delay: timedelta
) -> tuple[datetime | None, Quality]:
    if measured_at is None:
        return None, Quality.MEASURED
    if measured_at < EARLIEST or measured_at - received_at > FAR_FUTURE:
        return None, Quality.CLOCK_DOUBTFUL | (Quality.SENTINEL if delay is SUB_METER_DELAY else Quality(0))
    if measured_at - received_at > CLOCK_TOLERANCE or received_at - measured_at > delay:
        return None, Quality.CLOCK_DOUBTFUL
    return measured_at, Quality.MEASURED


# --- texts and the meters behind the meter ------------------------------------------------------


class _SubMeters:
    """The meters behind this one: their channels, kinds and numbers, as this telegram names them."""

    def __init__(self, own_id: MeterId, telegram: Telegram, texts: Iterable[Text]) -> None:
        self._own_id = own_id
        self._numbers: dict[int, dict[int, str]] = {}
        self.device_types: dict[int, int] = {}
        for text in texts:
            if (channel := sub_meter_channel(text.obis)) is None:
                continue
            if (text.obis.c, text.obis.d) == (96, 1) and text.value:
                self._numbers.setdefault(channel, {})[text.obis.e] = text.value
            elif (text.obis.c, text.obis.d) == (24, 1) and text.value.isdecimal() and len(text.value) < 4:
                self.device_types[channel] = int(text.value)
        for column, raw in zip(telegram.columns, telegram.raw, strict=True):
            channel = sub_meter_channel(column.obis)
            is_kind = channel is not None and (column.obis.c, column.obis.d) == (24, 1)
            if channel is not None and is_kind and isinstance(raw, int):
                self.device_types[channel] = raw

    def meter_id(self, channel: int) -> MeterId:
        """The meter's own number (0-n:96.1.0, in Belgium 0-n:96.1.1), else ours with the channel."""
        numbers = self._numbers.get(channel, {})
        return MeterId(numbers.get(0) or numbers.get(1) or f"{self._own_id}/{channel}")


def _cleaned(text: Text) -> str:
    is_number_behind = sub_meter_channel(text.obis) is not None and text.obis.c == 96
    if is_number_behind or text.obis in _MESSAGE_CODES:
        return printable(from_hexadecimal(text.value))
    return printable(text.value)


def _state_in_words(quantity: Quantity, text: str) -> Decimal | None:
    """The number of a state that is sent as text (`0002`, `T2`); None: it is not one."""
    if quantity is Quantity.STATUS_WORD or quantity.kind is not Kind.STATE or quantity.unit is not Unit.NONE:
        return None
    found = _STATE_IN_WORDS.fullmatch(text)
    return Decimal(found[1]) if found else None
