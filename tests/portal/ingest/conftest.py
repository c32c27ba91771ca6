"""Readings that come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from consumerapp.readings import MeterId, Obis, Quantity, Reading

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.fixture
def reading() -> Callable[[int], Reading]:
    """The import register some seconds after noon; it counts 1 Wh a second."""

    def _reading(second: int) -> Reading:
        at = NOON + timedelta(seconds=second)
        return Reading(
            meter_id=MeterId("1EMH0012345678"),
            obis=Obis.parse("1-0:1.8.0"),
            quantity=Quantity.ACTIVE_ENERGY_IMPORT,
            value=Decimal(1000 + second),
            at=at,
            received_at=at,
            resolution=Decimal("0.1"),
            source="Hall",
        )

    return _reading
