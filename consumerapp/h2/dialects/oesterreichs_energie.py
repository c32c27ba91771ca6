"""The adapter of Oesterreichs Energie: one JSON object whose members are OBIS codes.

Each is `{"value": …, "time": Unix seconds}` in W, Wh, var, varh, V and A
(Oesterreichs Energie, Smart Meter Adapter API v1 - §?).
"""

from __future__ import annotations

from datetime import datetime

from consumerapp.catalogue import lookup
from consumerapp.errors import ConsumerAppError, DecodeError, RefusalKind
from consumerapp.h2.clocks import instant_of
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import Json, parse_object, text_in
from consumerapp.readings import Obis

TITLE = "Österreichs Energie"
TOPICS = ("ADAPTER/#",)

_METER_NUMBERS = (Obis.parse("0-0:96.1.0"), Obis.parse("0-0:42.0.0"))
_ABOUT_THE_ADAPTER = ("api_version", "name", "sma_time")


class OesterreichsEnergie:
    """Messages of one adapter."""

    def __init__(self, options: DialectOptions) -> None:
        self._options = options

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """One telegram for each instant that the values name; mostly that is one."""
        found = parse_object(message.payload)
        codes = {name: obis for name in found if (obis := _code(name)) is not None}
        if not codes:
            raise DecodeError("no OBIS code among the names", RefusalKind.UNSUPPORTED)
        number = _meter_number(found, codes) or text_in(found, "name")
        collectors: dict[datetime | None, Collector] = {}
        for name, value in found.items():
            if name in _ABOUT_THE_ADAPTER:
                continue
            holder = value if isinstance(value, dict) else {"value": value}
            at = instant_of(holder.get("time"), zone=None, near=message.received_at)
            collector = collectors.get(at)
            if collector is None:
                collector = collectors[at] = Collector(number, at, offset=len(collectors))
            _take(collector, name, codes.get(name), holder.get("value"))
        mapped = [collector.finish() for collector in collectors.values()]
        return tuple(one for one in mapped if one.telegram.columns or one.unmapped)


def _take(collector: Collector, name: str, obis: Obis | None, value: object) -> None:
    entry = lookup(obis) if obis is not None else None
    if obis is None or entry is None or entry.quantity is None:
        if obis not in _METER_NUMBERS:
            collector.note(name, value)
        return
    collector.add(name, obis, value, entry.quantity.unit.value)


def _meter_number(found: Json, codes: dict[str, Obis]) -> str:
    for wanted in _METER_NUMBERS:
        for name, obis in codes.items():
            holder = found[name]
            if obis == wanted:
                text = text_in(holder if isinstance(holder, dict) else {"value": holder}, "value")
                if text:
                    return text
    return ""


def _code(name: str) -> Obis | None:
    if ":" not in name:
        return None
    try:
        return Obis.parse(name)
    except (ConsumerAppError, ValueError):
        return None


def dialect(options: DialectOptions) -> OesterreichsEnergie:
    """The dialect."""
    return OesterreichsEnergie(options)
