"""Meterside's own readings: what one portal or gateway hands to another.

The form is that of `docs/wire.schema.json`. A payload is one reading, a list of readings, or an object with
`readings`.
"""

from __future__ import annotations

from datetime import datetime

from consumerapp.errors import DecodeError, RefusalKind
from consumerapp.h2.collecting import Collector
from consumerapp.h2.dialects import DialectOptions
from consumerapp.h2.message import Message, Outcome
from consumerapp.h2.payloads import MAX_VALUES, parse_json
from consumerapp.readings import MeterId, Quality
from consumerapp.wire_readings import reading_from_json

TITLE = "Meterside"
TOPICS = ("meterside/GATEWAY/readings",)


class Meterside:
    """Messages in our own form."""

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """One telegram for each meter and instant; what proved its origin there proves nothing here."""
        found = parse_json(message.payload)
        if isinstance(found, dict) and isinstance(found.get("readings"), list):
            found = found["readings"]
        items = found if isinstance(found, list) else [found]
        if not items or len(items) > MAX_VALUES:
            raise DecodeError(f"{len(items)} readings, want 1 to {MAX_VALUES}", RefusalKind.UNSUPPORTED)
        collectors: dict[tuple[MeterId, datetime | None], Collector] = {}
        for number, item in enumerate(items):
            reading = reading_from_json(item)
            if reading.quality & Quality.SENTINEL:
                continue
            key = (reading.meter_id, reading.instant)
            collector = collectors.setdefault(
                key, Collector(reading.meter_id, reading.instant, offset=len(collectors))
            )
            collector.add(f"{number}.{reading.obis}", reading.obis, reading.value, reading.unit.value)
        return tuple(collector.finish() for collector in collectors.values())


def dialect(options: DialectOptions) -> Meterside:
    """The dialect."""
    return Meterside()
