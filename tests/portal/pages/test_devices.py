"""Devices: links with their counters, meters that keep their power, screens by code."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from consumerapp.readings import Quantity
from portal.ingest.services import accept
from portal.metering.models import Meter
from portal.pages import device_forms
from portal.pages.device_views import link_view
from portal.pages.ports import Port
from portal.pairing import codes, devices
from portal.pairing.models import Device, DeviceKind, DeviceProfile, MeterLink
from tests.portal.pages.written_history import IMPORT, METER, NOW, reading


@pytest.fixture(autouse=True)
def _one_port(monkeypatch):
    """This machine's ports are the outside world."""
    monkeypatch.setattr(device_forms, "find_ports", lambda: (Port("/dev/ttyUSB0", "CP2104 · /dev/ttyUSB0"),))


@pytest.fixture
def link(household) -> MeterLink:
    return MeterLink.objects.create(
        household=household,
        kind="serial",
        name="Cupboard",
        settings={"url": "/dev/ttyUSB0", "baudrate": 9600, "framing": "8N1"},
        state="live",
        state_since=NOW,
        last_telegram_at=NOW,
        frames_ok=183_412,
        frames_refused={"checksum": 41, "truncated": 3},
    )


@pytest.fixture
def base(household) -> str:
    return f"/h/{household.public_id}/devices/"


def test_a_link_tells_its_state_and_its_counters(base, link, as_alice):
    text = as_alice.get(base).text
    for words in (
        "Cupboard",
        "telegrams arrive",
        "/dev/ttyUSB0",
        "183,412",
        "41 damaged on the way",
        "3 cut short",
    ):
        assert words in text


def test_one_bad_telegram_in_a_million_is_not_rounded_away(household, link):
    link.frames_ok, link.frames_refused = 999_999, {"checksum": 1}
    assert link_view(link, household, NOW).share_good == "99.9 %"
    link.frames_refused = {}
    assert link_view(link, household, NOW).share_good == "100 %"
    link.frames_ok = 0
    assert link_view(link, household, NOW).share_good == ""


def test_a_link_in_trouble_says_what_to_do(base, link, as_alice):
    link.state, link.state_detail = "garbage", "no_frames"
    link.save()
    assert "or light falls on the head" in as_alice.get(base).text


def test_a_meter_without_power_is_explained_with_the_way_to_its_pin(household, base, as_alice):
    with time_machine.travel(NOW, tick=False):
        accept(household, [reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, Decimal(12_937_000), NOW)])
        text = as_alice.get(base).text
    assert "keeps its power to itself until its PIN" in text
    assert "How to get and enter the PIN" in text
    assert METER not in text
    assert "…4417" in text


def test_a_meter_with_power_needs_no_pin(household, history, base, as_alice):
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        assert "How to get and enter the PIN" not in as_alice.get(base).text


def test_a_reading_head_is_added_by_choosing_its_port(household, base, as_alice):
    offered = as_alice.get(f"{base}add/").text
    assert "CP2104 · /dev/ttyUSB0" in offered
    answer = as_alice.post(f"{base}add/", {"name": "Meter", "port": "/dev/ttyUSB0", "address": ""})
    made = MeterLink.objects.get(household=household)
    assert answer["Location"] == f"{base}links/{made.pk}/"
    assert (made.kind, made.enabled) == ("serial", True)
    assert made.settings == {"url": "/dev/ttyUSB0", "baudrate": 9600, "framing": "8N1"}


def test_a_bridge_on_the_network_is_added_by_its_address(household, base, as_alice):
    as_alice.post(f"{base}add/", {"name": "Barn", "port": "other", "address": "tcp://192.168.1.20:7701"})
    assert MeterLink.objects.get(household=household).settings["url"] == "tcp://192.168.1.20:7701"


@pytest.mark.parametrize(
    "address", ["", "/etc/passwd", "file:///etc/passwd", "tcp://", "http://x/", "/dev/../etc/passwd x"]
)
def test_what_is_no_port_is_refused_in_words(address, household, base, as_alice):
    answer = as_alice.post(f"{base}add/", {"name": "Meter", "port": "other", "address": address})
    assert answer.status_code == 200
    assert 'class="errorlist"' in answer.text
    assert not MeterLink.objects.filter(household=household).exists()


def test_two_links_cannot_have_one_name(base, link, as_alice):
    answer = as_alice.post(f"{base}add/", {"name": "Cupboard", "port": "/dev/ttyUSB0"})
    assert "already has this name" in answer.text


def test_a_link_is_renamed_switched_off_and_removed(household, base, link, as_alice):
    page = f"{base}links/{link.pk}/"
    as_alice.post(page, {"name": "Hallway", "port": "/dev/ttyUSB0", "baudrate": "9600", "framing": "8N1"})
    link.refresh_from_db()
    assert link.name == "Hallway"
    as_alice.post(page, {"enabled": "no"})
    link.refresh_from_db()
    assert not link.enabled
    assert "switched off" in as_alice.get(base).text
    as_alice.post(f"{page}remove/")
    assert not MeterLink.objects.filter(household=household).exists()


def test_a_screen_gets_a_code_that_pairs_it(household, base, as_alice):
    text = as_alice.post(f"{base}screens/add/", {"profile": "full"}).text
    code = re.search(r"[A-Z]{4}-[A-Z]{4}", text)
    assert code is not None
    paired = devices.pair_device(code=code[0], name="Hall", kind=DeviceKind.KIOSK, address="127.0.0.1")
    assert (paired.device.household, paired.device.profile) == (household, DeviceProfile.FULL)
    assert "Hall" in as_alice.get(base).text


@pytest.fixture
def screen(household) -> Device:
    code = codes.make_code(household, DeviceProfile.SHARED_SPACE)
    return devices.pair_device(code=code, name="Hall", kind=DeviceKind.KIOSK, address="127.0.0.1").device


def test_a_screen_is_renamed_told_more_and_removed(base, screen, as_alice):
    page = f"{base}screens/{screen.pk}/"
    as_alice.post(page, {"name": "Kitchen", "told-profile": "full"})
    screen.refresh_from_db()
    assert (screen.name, screen.profile) == ("Kitchen", DeviceProfile.FULL)
    as_alice.post(f"{page}remove/")
    screen.refresh_from_db()
    assert screen.removed_at is not None
    assert "Kitchen" not in as_alice.get(base, follow=True).text.replace("Kitchen was removed", "")


def test_a_viewer_looks_on_and_changes_nothing(base, link, screen, as_vera):
    text = as_vera.get(base).text
    assert "Cupboard" in text
    assert "/devices/add/" not in text
    assert as_vera.get(f"{base}links/{link.pk}/").status_code == 404
    assert as_vera.post(f"{base}links/{link.pk}/remove/").status_code == 404
    assert as_vera.post(f"{base}screens/{screen.pk}/remove/").status_code == 404


def test_an_installer_connects_heads_and_sees_no_consumption(household, base, link, as_ida):
    assert as_ida.get(base).status_code == 200
    assert as_ida.get(f"{base}links/{link.pk}/").status_code == 200
    assert as_ida.get(f"/h/{household.public_id}/")["Location"] == base
    assert as_ida.get(f"/h/{household.public_id}/day/").status_code == 404
    assert as_ida.get(f"/h/{household.public_id}/history/").status_code == 404
    assert as_ida.post(f"{base}screens/add/", {"profile": "full"}).status_code == 404
    text = as_ida.get(base).text
    assert f'href="/h/{household.public_id}/history/"' not in text
    assert "data-feed" not in text


def test_another_households_link_is_not_found(base, other_household, as_alice):
    theirs = MeterLink.objects.create(household=other_household, kind="serial", name="Theirs")
    assert as_alice.get(f"{base}links/{theirs.pk}/").status_code == 404
    assert as_alice.post(f"{base}links/{theirs.pk}/remove/").status_code == 404
    assert MeterLink.objects.filter(pk=theirs.pk).exists()


def test_queries_do_not_grow_with_what_is_connected(household, base, as_alice, django_assert_max_num_queries):
    for number in range(12):
        MeterLink.objects.create(household=household, kind="serial", name=f"Head {number}")
        Meter.objects.create(household=household, ident=f"1EMH00{number:08}", commodity="electricity")
        Device.objects.create(
            household=household,
            kind="kiosk",
            name=f"Wall {number}",
            token_hash=str(number),
            last_seen_at=timezone.now(),
        )
    with django_assert_max_num_queries(14):
        as_alice.get(base)


def test_a_meter_is_asked_only_where_somebody_switched_that_on(household, base, as_alice):
    offered = as_alice.get(f"{base}add/").text
    assert '<option value="0" selected>never: only listen</option>' in offered
    assert "Meterside then writes to the meter" in offered
    as_alice.post(f"{base}add/", {"name": "Old", "port": "/dev/ttyUSB0", "sign_on_minutes": "15"})
    made = MeterLink.objects.get(household=household)
    assert made.settings["sign_on_minutes"] == 15
    page = f"{base}links/{made.pk}/"
    assert '<option value="15" selected>' in as_alice.get(page).text
    as_alice.post(page, {"name": "Old", "port": "/dev/ttyUSB0", "sign_on_minutes": "0"})
    made.refresh_from_db()
    assert made.settings == {"url": "/dev/ttyUSB0", "baudrate": 9600, "framing": "8N1"}


@pytest.mark.parametrize("address", ["tcp://192.168.1.20:7701", "ble://AA:BB:CC:DD:EE:FF"])
def test_what_has_one_speed_cannot_ask(address, household, base, as_alice):
    told = {"name": "Meter", "port": "other", "address": address, "sign_on_minutes": "5"}
    assert "cannot be asked" in as_alice.post(f"{base}add/", told).text
    assert not MeterLink.objects.filter(household=household).exists()


def test_an_interval_of_another_hand_stays(base, link, as_alice):
    link.settings = {**link.settings, "sign_on_minutes": 7}
    link.save(update_fields=["settings"])
    assert (
        '<option value="7" selected>every 7 minutes</option>' in as_alice.get(f"{base}links/{link.pk}/").text
    )
