"""Gas, water and heat of the day stand in one line; a home without electricity still shows them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import time_machine

from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.ingest.services import accept

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def reading(code: str, quantity: Quantity, value: str, at: datetime) -> Reading:
    return Reading(
        meter_id=MeterId(f"made-{quantity.value}"), obis=Obis.parse(code), quantity=quantity,
        value=Decimal(value), at=at, received_at=at,
    )  # fmt: skip


def written(household, *rows: tuple[str, Quantity, str, str]) -> None:
    """Each meter at the last midnight and now."""
    midnight = datetime(2026, 11, 3, tzinfo=household.zone).astimezone(UTC)
    for code, quantity, begin, end in rows:
        steps = [midnight - timedelta(minutes=15), midnight, NOW - timedelta(minutes=1)]
        for at, value in zip(steps, (begin, begin, end), strict=True):
            accept(household, [reading(code, quantity, value, at)], now=at)


@time_machine.travel(NOW, tick=False)
def test_gas_in_cubic_metres_and_water_in_litres(as_alice, household):
    written(
        household,
        ("7-0:3.0.0", Quantity.GAS_VOLUME, "100.000", "101.940"),
        ("8-0:1.0.0", Quantity.COLD_WATER_VOLUME, "50.000", "50.142"),
        ("6-0:1.0.0", Quantity.HEAT_ENERGY, "1000000", "1004500"),
    )
    page = as_alice.get(f"/h/{household.public_id}/").content.decode()
    assert "No electricity meter yet" in page
    assert '<data class="figure" value="1.94">1.9' in page
    assert '<data class="figure" value="0.142">142<span class="unit">\N{NO-BREAK SPACE}l' in page
    assert '<data class="figure" value="4500">4.5' in page


def test_without_such_meters_there_is_no_line(as_alice, household):
    assert 'class="further"' not in as_alice.get(f"/h/{household.public_id}/").content.decode()
