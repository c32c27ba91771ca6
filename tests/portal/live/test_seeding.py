"""After a restart the first snapshot says what the database knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from consumerapp.readings import MeterId, Obis, Quantity, Reading
from consumerapp.sources.link import LinkState
from portal.ingest.services import accept
from portal.live.seeding import seed_of, today_of
from portal.live.state import HouseholdState
from portal.pairing import links
from portal.pairing.models import MeterLink

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def reading(code: str, quantity: Quantity, value: str, at: datetime) -> Reading:
    return Reading(
        meter_id=MeterId("1EMH0012344417"),
        obis=Obis.parse(code),
        quantity=quantity,
        value=Decimal(value),
        at=at,
        received_at=at,
        source="Hall",
    )


@pytest.fixture
def an_hour_of_readings(household):
    """From 11 to 12 h UTC, every ten seconds: 600 W, and 1.7 Wh per step on the register."""
    with time_machine.travel(NOON, tick=False):
        readings = []
        for step in range(361):
            at = NOON - timedelta(hours=1) + timedelta(seconds=10 * step)
            counted = 1000 + Decimal("1.7") * step
            readings.append(reading("1-0:16.7.0", Quantity.ACTIVE_POWER_NET, "600", at))
            readings.append(reading("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, str(counted), at))
        accept(household, readings)
        yield


def test_snapshot_after_a_restart(household, an_hour_of_readings):
    link = links.add_link(household, kind="serial", name="Hall", settings={})
    MeterLink.objects.filter(pk=link.pk).update(state=LinkState.LIVE, state_since=NOON)
    state = HouseholdState()
    state.seed(seed_of(household.pk))
    snapshot = state.snapshot(NOON)
    (now,) = snapshot.now
    assert (now.meter, now.power_w, now.import_wh) == ("…4417", Decimal(600), Decimal("1612.0"))
    assert snapshot.hour is not None
    assert snapshot.today is not None
    assert now.received_at == NOON
    assert [(known.source, known.state) for known in snapshot.links] == [("Hall", LinkState.LIVE)]
    assert snapshot.hour.power_w.count(Decimal(600)) >= 355
    assert snapshot.today.import_wh == Decimal("612.0")


def test_a_household_without_readings_has_an_honest_snapshot(household):
    seed = seed_of(household.pk)
    assert (seed.now, seed.links) == ((), ())
    assert seed.today is not None
    assert seed.hour is not None
    assert (seed.today.import_wh, seed.today.typical_import_wh) == (None, None)
    assert set(seed.hour.power_w) <= {None}


def test_usual_by_now_counts_the_running_quarter_hour_in_proportion(household):
    """Four weeks of 400 W, around the clock."""
    start = NOON - timedelta(days=28)
    counted = [
        reading("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, str(400 * hour), start + timedelta(hours=hour))
        for hour in range(28 * 24 + 1)
    ]
    with time_machine.travel(NOON, tick=False):
        accept(household, counted)
        at_noon = today_of(household, NOON).typical_import_wh
        later = today_of(household, NOON + timedelta(seconds=450)).typical_import_wh
    assert at_noon == 13 * 400
    assert later == at_noon + 50
