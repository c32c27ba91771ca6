"""The JSON form of one reading, which interfaces, exports and the feed of screens share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from consumerapp.errors import DecodeError
from consumerapp.readings import Authenticity, MeterId, Obis, Quality, Quantity, Reading, Unit
from consumerapp.wire_forms import JsonObject, dataclass_form


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOnTheWire:
    """One exact value of one register at one instant."""

    meter_id: MeterId
    obis: Obis
    quantity: Quantity
    value: Decimal
    unit: Unit
    """Redundant with the quantity on purpose: a sender that means another unit is found out."""
    received_at: datetime
    at: datetime | None = None
    resolution: Decimal | None = None
    quality: Quality = Quality.MEASURED
    authenticity: Authenticity = Authenticity.PLAIN
    source: str = ""


def reading_to_json(reading: Reading) -> JsonObject:
    """One reading as a JSON object, for H3 and for exports."""
    fields: JsonObject = dataclass_form(ReadingOnTheWire).to_json(reading)
    return fields


def reading_from_json(found: object) -> Reading:
    """Read one reading from a JSON object. Never raises anything but DecodeError."""
    wired: ReadingOnTheWire = dataclass_form(ReadingOnTheWire).from_json(found)
    if wired.unit is not wired.quantity.unit:
        raise DecodeError(f"{wired.quantity.value} is in {wired.quantity.unit}, not in {wired.unit}")
    return Reading(
        meter_id=wired.meter_id,
        obis=wired.obis,
        quantity=wired.quantity,
        value=wired.value,
        at=wired.at,
        received_at=wired.received_at,
        resolution=wired.resolution,
        quality=wired.quality,
        authenticity=wired.authenticity,
        source=wired.source,
    )
