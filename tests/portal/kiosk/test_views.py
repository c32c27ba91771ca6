"""The wall screen: bound by code, told what its profile says, gone when it is removed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from lxml import html

from portal.pairing import codes, devices
from portal.pairing.models import Device, DeviceProfile
from tests.portal.pages.written_history import NOW, write_history


@pytest.fixture(autouse=True)
def _at_two_in_the_afternoon():
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        yield


def bound(household, profile: DeviceProfile = DeviceProfile.FULL) -> Client:
    tablet = Client()
    code = codes.make_code(household, profile)
    answer = tablet.post("/kiosk/", {"code": code.lower().replace("-", " "), "name": "Hall"})
    assert answer["Location"] == "/kiosk/"
    return tablet


def test_a_browser_becomes_a_wall_screen_by_its_code(household):
    write_history(household, 30)
    tablet = bound(household)
    page = html.fromstring(tablet.get("/kiosk/").content)
    assert page.get_element_by_id("power").text == "1.42"
    assert page.get_element_by_id("direction").text == "using"
    assert page.get_element_by_id("clock").text == "14:07"
    assert page.xpath("//*[@class='wall-plot']")
    assert page.get_element_by_id("wall").get("data-feed") == f"/live/{household.public_id}/"


def test_a_screen_that_guests_see_is_told_the_moment_only(household):
    write_history(household, 30)
    text = bound(household, DeviceProfile.SHARED_SPACE).get("/kiosk/").text
    page = html.fromstring(text)
    assert page.get_element_by_id("power").text == "1.42"
    assert page.xpath("//*[@class='wall-plot']") == []
    assert "kWh" not in text


def test_a_wrong_code_is_refused_in_words(household):
    answer = Client().post("/kiosk/", {"code": "BCDF-GHJK", "name": "Hall"})
    assert "No such code is open" in answer.text
    assert not Device.objects.exists()


def test_a_code_works_once(household):
    code = codes.make_code(household, DeviceProfile.FULL)
    Client().post("/kiosk/", {"code": code, "name": "Hall"})
    assert "No such code is open" in Client().post("/kiosk/", {"code": code, "name": "Attic"}).text


def test_too_many_wrong_codes_lock_out(household):
    for _ in range(codes.MOST_FAILURES):
        Client().post("/kiosk/", {"code": "BCDF-GHJK", "name": "Hall"})
    code = codes.make_code(household, DeviceProfile.FULL)
    answer = Client().post("/kiosk/", {"code": code, "name": "Hall"})
    assert answer.status_code == 429
    assert "Too many wrong codes" in answer.text


def test_a_removed_screen_shows_nothing_any_more(household):
    tablet = bound(household)
    devices.remove_device(Device.objects.get())
    assert "Make this a wall screen" in tablet.get("/kiosk/").text
    assert tablet.get("/kiosk/day/").status_code == 404


def test_the_cookie_is_kept_from_scripts_and_lives_on_with_every_visit(household):
    tablet = bound(household)
    cookie = tablet.get("/kiosk/").cookies["meterside_kiosk"]
    assert cookie["httponly"]
    assert cookie["max-age"] >= 365 * 24 * 3600


def test_the_wall_speaks_the_households_language(household):
    household.language = "de"
    household.save(update_fields=["language"])
    write_history(household, 30)
    page = html.fromstring(bound(household).get("/kiosk/").content)
    assert page.get_element_by_id("power").text == "1,42"
    assert page.get_element_by_id("direction").text == "Verbrauch"
    script = json.loads(page.get_element_by_id("words").text)
    assert (script["decimal"], script["zone"]) == (",", "Europe/Amsterdam")


def test_a_home_without_a_meter_says_so(household):
    page = html.fromstring(bound(household).get("/kiosk/").content)
    assert page.get_element_by_id("direction").text == "no meter yet"
    assert page.get_element_by_id("wall").get("data-state") == "none"


def test_the_days_part_can_be_asked_for_alone(household):
    write_history(household, 30)
    answer = bound(household).get("/kiosk/day/")
    assert "<html" not in answer.text
    assert "wall-plot" in answer.text


def test_the_day_is_not_given_to_a_screen_that_may_not_know_it(household):
    write_history(household, 30)
    assert "kWh" not in bound(household, DeviceProfile.SHARED_SPACE).get("/kiosk/day/").text
