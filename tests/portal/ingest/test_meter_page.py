"""A meter's page: name, role, exchange without a jump, removal."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from consumerapp.readings import MeterId, Obis, Quality, Quantity, Reading
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.models import Meter, MeterRole

IMPORT = Quantity.ACTIVE_ENERGY_IMPORT
OLD, NEW = MeterId("1EMH0000004417"), MeterId("1LGZ0000000815")
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
DAY = date(2026, 11, 24)


def reading(meter: MeterId, at: datetime, value: int) -> Reading:
    return Reading(
        meter_id=meter, obis=Obis.parse("1-0:1.8.0"), quantity=IMPORT, value=Decimal(value), at=at,
        received_at=at,
    )  # fmt: skip


@pytest.fixture
def meters(household) -> tuple[Meter, Meter]:
    """The old one stopped at 09:05, the new one spoke from 10:20; both local times an hour later."""
    begin = datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    old = [reading(OLD, begin + timedelta(minutes=5 * n), 5_000_000 + 20 * n) for n in range(122)]
    first = datetime(2026, 11, 24, 10, 20, tzinfo=UTC)
    new = [reading(NEW, first + timedelta(minutes=5 * n), 130 + 20 * n) for n in range(20)]
    accept(household, old, now=old[-1].at)
    accept(household, new, now=new[-1].at)
    with time_machine.travel(NOW, tick=False):
        return Meter.objects.get(ident=OLD), Meter.objects.get(ident=NEW)


@pytest.fixture
def page(household, meters) -> str:
    return f"/h/{household.public_id}/devices/meters/{meters[0].pk}/"


@pytest.fixture
def joined(household, meters, page, as_bob):
    def send(**given: str):
        data = {"at": "2026-11-24T10:30", "old0": "5002.5", "new0": "0.01", **given}
        with time_machine.travel(NOW, tick=False):
            return as_bob.post(f"{page}exchange/{meters[1].pk}/", data)

    return send


def test_an_exchange_joins_both_without_a_jump_or_a_hole(household, meters, joined):
    before = store.day(household, DAY, IMPORT)
    assert None in before.energy[36:44], "the time between both was lost"
    assert joined().status_code == 302
    after = store.day(household, DAY, IMPORT)
    # 5002.5 − 5000 kWh on the old one, (130 + 20 × 19) − 10 Wh on the new one.
    assert after.total == 2500 + 500
    assert sum(value for value in after.energy[:46] if value is not None) <= after.total
    assert None not in after.energy[:46]
    assert after.quality[42] & Quality.ESTIMATED, "the quarter-hour of the exchange is of both"
    assert after.energy[:36] == before.energy[:36]
    old, new = Meter.objects.get(pk=meters[0].pk), Meter.objects.get(pk=meters[1].pk)
    assert old.removed_at == new.installed_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_without_numbers_the_readings_there_are_stand(household, meters, joined):
    before = store.day(household, DAY, IMPORT)
    assert joined(old0="", new0="").status_code == 302
    assert store.day(household, DAY, IMPORT) == before
    assert Meter.objects.get(pk=meters[0].pk).removed_at is not None


@pytest.mark.parametrize(
    "given",
    [
        {"old0": "5000.1"},
        {"new0": "99"},
        {"at": "2026-11-24T08:00"},
        {"at": "2026-11-25T08:00"},
        {"at": ""},
        {"old0": "-3"},
        {"old0": "many"},
    ],
)
def test_numbers_that_do_not_fit_change_nothing(household, meters, joined, given):
    before = store.day(household, DAY, IMPORT)
    answer = joined(**given)
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert store.day(household, DAY, IMPORT) == before
    assert Meter.objects.get(pk=meters[0].pk).removed_at is None


def test_a_sub_meter_is_not_added(household, meters, page, as_bob):
    both = store.day(household, DAY, IMPORT).total
    address = page.replace(f"/{meters[0].pk}/", f"/{meters[1].pk}/")
    as_bob.post(address, {"name": "Heat pump", "role": MeterRole.SUB})
    one = store.day(household, DAY, IMPORT).total
    assert both is not None
    assert one is not None
    assert both - one == 380
    assert "Heat pump" in as_bob.get(f"/h/{household.public_id}/devices/").text


def test_a_removed_meter_is_not_listed_and_its_history_stays(household, meters, page, as_bob):
    before = store.day(household, DAY, IMPORT)
    as_bob.post(page, {"remove": "yes"})
    assert "…4417" not in as_bob.get(f"/h/{household.public_id}/devices/").text
    assert store.day(household, DAY, IMPORT) == before


def test_the_way_leads_there_from_devices(household, meters, page, as_bob, as_vera):
    assert page in as_bob.get(f"/h/{household.public_id}/devices/").text
    assert page not in as_vera.get(f"/h/{household.public_id}/devices/").text
    text = as_bob.get(page).text
    assert f"{page}exchange/{meters[1].pk}/" in text
    assert as_bob.get(f"{page}exchange/{meters[1].pk}/").status_code == 200
    assert as_vera.get(page).status_code == 404


def test_another_homes_meter_is_not_found(meters, other_household, as_charlie):
    address = f"/h/{other_household.public_id}/devices/meters/{meters[0].pk}/"
    assert as_charlie.get(address).status_code == 404
    assert as_charlie.get(f"{address}exchange/{meters[1].pk}/").status_code == 404
