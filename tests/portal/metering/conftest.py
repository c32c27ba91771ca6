"""Readings of invented meters."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from consumerapp.readings import Authenticity, MeterId, Obis, Quality, Quantity, Reading

IMPORT = Obis.parse("1-0:1.8.0")
EXPORT = Obis.parse("1-0:2.8.0")
NET_POWER = Obis.parse("1-0:16.7.0")


@pytest.fixture
def reading():
    """Makes one reading; by default of the import register of Alice's meter."""

    def make(
        at: datetime,
        value: str | int | Decimal,
        *,
        obis: Obis | str = IMPORT,
        quantity: Quantity = Quantity.ACTIVE_ENERGY_IMPORT,
        meter: str = "1MTS0000004417",
        received_at: datetime | None = None,
        quality: Quality = Quality.MEASURED,
        resolution: Decimal | None = None,
        source: str = "head",
    ) -> Reading:
        return Reading(
            meter_id=MeterId(meter),
            obis=Obis.parse(obis) if isinstance(obis, str) else obis,
            quantity=quantity,
            value=Decimal(value),
            at=at,
            received_at=received_at or at,
            quality=quality,
            resolution=resolution,
            authenticity=Authenticity.PLAIN,
            source=source,
        )

    return make
