"""AIIDA (EDDIE): a near-real-time document of CIM with `Quantity` entries, plain or in its envelope.

Types: 0 kWh consumed, 1 kWh produced, 2 kW consumed, 3 kW produced, 4 to 6 V and 7 to 9 A of the phases,
35 Hz (EDDIE, AIIDA near real-time data v1.0 and v1.12 - §?). Others are shown as unmapped.
"""

from __future__ import annotations

from collections.abc import Iterator

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import MAX_DEPTH, Json, child, parse_json, text_in

TITLE = "AIIDA (CIM)"
TOPICS = ("aiida/v1/PERMISSION/data/outbound/+",)

_TYPES = {
    "0": ("1-0:1.8.0", "kWh"), "1": ("1-0:2.8.0", "kWh"), "2": ("1-0:1.7.0", "kW"), "3": ("1-0:2.7.0", "kW"),
    "4": ("1-0:32.7.0", "V"), "5": ("1-0:52.7.0", "V"), "6": ("1-0:72.7.0", "V"),
    "7": ("1-0:31.7.0", "A"), "8": ("1-0:51.7.0", "A"), "9": ("1-0:71.7.0", "A"),
    "35": ("1-0:14.7.0", "Hz"),
}  # fmt: skip
_MEASURED = ("AS_PROVIDED", "A04", "")
"""Qualities of a measured value; an estimated one is not taken for a register."""
MAX_SERIES = 64


class Aiida:
    """Messages of one AIIDA."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """One telegram for each series and instant."""
        outcomes: list[Outcome] = []
        for series in _series_in(parse_json(message.payload), 0):
            if len(outcomes) < MAX_SERIES:
                outcomes.append(self._telegram(series, message, len(outcomes)))
        if not outcomes:
            raise DecodeError("no series with a Quantity", RefusalKind.UNSUPPORTED)
        return tuple(outcomes)

    def _telegram(self, series: Json, message: Message, offset: int) -> Outcome:
        at = instant_of(series.get("dateAndOrTime.dateTime"), zone=None, near=message.received_at)
        resource = text_in(child(series, "registeredResource.mRID"), "value") or text_in(
            series, "registeredResource.mRID"
        )
        collector = Collector(resource, at, offset=offset)
        quantities = series["Quantity"]
        assert isinstance(quantities, list)
        for quantity in quantities[:64]:
            if not isinstance(quantity, dict):
                continue
            kind = text_in(quantity, "type")
            register = _TYPES.get(kind)
            if register is None or text_in(quantity, "quality") not in _MEASURED:
                collector.note(f"Quantity.{kind}", quantity.get("quantity"))
            else:
                collector.add(f"Quantity.{kind}", register[0], quantity.get("quantity"), register[1])
        return collector.finish()


def _series_in(found: object, depth: int) -> Iterator[Json]:
    if depth > MAX_DEPTH:
        return
    if isinstance(found, dict):
        if isinstance(found.get("Quantity"), list):
            yield found
            return
        for inner in found.values():
            yield from _series_in(inner, depth + 1)
    elif isinstance(found, list):
        for inner in found:
            yield from _series_in(inner, depth + 1)


def dialect(options: DialectOptions) -> Aiida:
    """The dialect."""
    return Aiida(options)
