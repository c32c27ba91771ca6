"""KNX on the Devices page: by hand, from an export of ETS, with a keyring, all without scripts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from consumerapp.sources import open_source
from portal.pairing.links import opened_settings
from portal.pairing.models import MeterLink

EXPORT = """<GroupAddress-Export xmlns="http://knx.org/xml/ga-export/01">
<GroupAddress Name="Zählerstand Bezug" Address="1/0/1" DPTs="DPST-13-10"/>
<GroupAddress Name="Objekt &lt;17&gt;" Address="1/0/2" DPTs="DPST-14-56"/>
<GroupAddress Name="Licht" Address="1/0/3" DPTs="DPST-1-1"/>
</GroupAddress-Export>"""
KEYRING = '<Keyring xmlns="http://knx.org/xml/keyring/1" Created="2026-01-01" Signature="AA=="/>'


@pytest.fixture
def page(household) -> str:
    return f"/h/{household.public_id}/devices/add/knx/"


def form(**more):
    return {
        "name": "Bus",
        "way": "tunnel",
        "host": "192.168.1.20",
        "table": "1/2/3; 1-0:1.8.0; 13.010",
    } | more


def file(text: str, name: str = "export.xml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode())


def test_a_bus_is_added_by_hand(household, page, as_alice):
    answer = as_alice.post(page, form(senders="1.1.22 1.1.23", ask="on"))
    made = MeterLink.objects.get(household=household)
    assert answer["Location"].endswith(f"/devices/links/{made.pk}/")
    assert made.kind == "knx"
    assert made.settings == {
        "url": "knx://192.168.1.20",
        "interface": "",
        "table": "1/2/3; 1-0:1.8.0; 13.010\n",
        "senders": "1.1.22, 1.1.23",
        "ask": True,
        "timezone": "Europe/Amsterdam",
    }
    assert open_source("knx", opened_settings(made), now=lambda: datetime.now(UTC)).name == "Bus"


def test_routing_needs_no_gateway(household, page, as_alice):
    as_alice.post(page, form(way="routing", host=""))
    assert MeterLink.objects.get(household=household).settings["url"] == "knx-routing://"


def test_a_keyring_is_sealed(household, page, as_alice):
    as_alice.post(page, form(keyring=file(KEYRING, "home.knxkeys"), keyring_password="ring secret"))
    made = MeterLink.objects.get(household=household)
    assert "keyring" not in made.settings
    assert set(made.sealed) == {"keyring", "keyring_password"}
    assert opened_settings(made)["keyring"] == KEYRING
    shown = as_alice.get(f"/h/{household.public_id}/devices/links/{made.pk}/knx/").text
    assert "A keyring is kept" in shown
    assert "ring secret" not in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"host": ""}, "Say where the gateway is"),
        ({"host": "http://x"}, "Write an address such as"),
        ({"table": ""}, "nothing to listen to"),
        ({"table": "1/2/3; 1-0:1.8.0; 13.010\n1/2/4"}, "Line 2 cannot be read"),
        ({"senders": "1.1"}, "individual addresses such as"),
        ({"keyring": file("nothing")}, "no keyring"),
        ({"keyring": file(KEYRING)}, "needs its password"),
    ],
)
def test_what_cannot_be_is_refused_in_words(household, page, as_alice, fields, words):
    assert words in as_alice.post(page, form(**fields)).text
    assert not MeterLink.objects.filter(household=household).exists()


def test_an_export_is_shown_and_nothing_is_taken_by_itself(household, page, as_alice):
    shown = as_alice.post(page, form(table="", host="", export=file(EXPORT), preview="yes")).text
    assert "Zählerstand Bezug" in shown
    assert 'name="obis-1/0/1" value="1-0:1.8.0"' in shown
    assert 'name="obis-1/0/2" value=""' in shown
    assert "Objekt &lt;17&gt;" in shown
    assert "Licht" not in shown
    assert "checked" not in shown.partition("suggestions-title")[2].partition("</table>")[0]
    assert not MeterLink.objects.filter(household=household).exists()


def test_what_is_confirmed_becomes_rows(household, page, as_alice):
    confirmed = {
        "take": ["1/0/1"],
        "obis-1/0/1": "1-0:1.8.0",
        "dpt-1/0/1": "13.010",
        "obis-1/0/2": "1-0:16.7.0",
        "dpt-1/0/2": "14.056",
    }
    as_alice.post(page, form(table="", **confirmed))
    assert MeterLink.objects.get(household=household).settings["table"] == "1/0/1; 1-0:1.8.0; 13.010\n"


def test_a_confirmed_row_without_a_register_is_refused_and_kept_to_be_mended(household, page, as_alice):
    shown = as_alice.post(page, form(table="", take=["1/0/2"], **{"dpt-1/0/2": "14.056"})).text
    assert "Line 1 cannot be read" in shown
    assert "1/0/2; ; 14.056" in shown


def test_what_is_no_export_is_refused_in_words(page, as_alice):
    assert "no export of group addresses" in as_alice.post(page, form(export=file("x"), preview="yes")).text


def test_a_bus_is_changed_and_keeps_its_keyring(household, page, as_alice):
    as_alice.post(page, form(keyring=file(KEYRING), keyring_password="ring secret"))
    made = MeterLink.objects.get(household=household)
    own = f"/h/{household.public_id}/devices/links/{made.pk}/knx/"
    assert 'value="192.168.1.20"' in as_alice.get(own).text
    as_alice.post(own, form(name="Cellar", way="routing", host=""))
    made.refresh_from_db()
    assert (made.name, made.settings["url"]) == ("Cellar", "knx-routing://")
    assert opened_settings(made)["keyring_password"] == "ring secret"


def test_the_page_of_a_bus_leads_to_its_settings(household, page, as_alice):
    as_alice.post(page, form())
    made = MeterLink.objects.get(household=household)
    shown = as_alice.get(f"/h/{household.public_id}/devices/links/{made.pk}/").text
    assert f"/devices/links/{made.pk}/knx/" in shown
    assert "/dev/ttyUSB0" not in shown
    assert 'name="port"' not in shown


def test_another_kind_of_link_has_no_page_here(household, as_alice):
    head = MeterLink.objects.create(household=household, kind="serial", name="Head", settings={"url": "x"})
    assert as_alice.get(f"/h/{household.public_id}/devices/links/{head.pk}/knx/").status_code == 404


def test_ida_may_connect_a_bus_and_vera_may_not(page, as_ida, as_vera):
    assert as_ida.get(page).status_code == 200
    assert as_vera.get(page).status_code == 404
