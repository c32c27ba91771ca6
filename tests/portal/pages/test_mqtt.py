"""MQTT on the Devices page: a broker is looked at before it is saved, secrets stay sealed."""

from __future__ import annotations

import threading

import pytest

from portal.pairing.links import opened_settings
from portal.pairing.models import MeterLink
from tests.broker import Mosquitto, free_port, mosquitto
from tests.certificates import identity

__all__ = ["mosquitto"]


@pytest.fixture
def add_url(household) -> str:
    return f"/h/{household.public_id}/devices/add/mqtt/"


def given(port: int, **more: str) -> dict[str, str]:
    return {
        "name": "Hall gateway", "host": "127.0.0.1", "port": str(port), "encryption": "open",
        "dialect": "tasmota", "topics": "tele/hall/+", "username": "meterside", "password": "s3cret", **more,
    }  # fmt: skip


def test_the_devices_page_leads_there(as_alice, household, add_url):
    assert add_url in as_alice.get(f"/h/{household.public_id}/devices/").content.decode()
    page = as_alice.get(add_url).content.decode()
    assert "wmbusmeters" in page
    assert "not encrypted: everybody in the network can read it" in page


def test_a_broker_is_saved_with_its_password_sealed(as_alice, add_url, household):
    answer = as_alice.post(add_url, given(1883))
    link = MeterLink.objects.get(household=household)
    assert answer.url == f"/h/{household.public_id}/devices/links/{link.pk}/"
    assert link.kind == "mqtt"
    assert "s3cret" not in str(link.settings)
    assert opened_settings(link)["password"] == "s3cret"
    assert link.settings["zone"] == household.timezone
    page = ""
    for url in (answer.url, f"{answer.url}mqtt/", f"/h/{household.public_id}/devices/"):
        page = as_alice.get(url).content.decode()
        assert "s3cret" not in page
    assert "Not encrypted: everybody in the network can read" in page
    assert "mqtt://127.0.0.1:1883 · tele/hall/+" in page


def test_the_key_of_a_client_certificate_is_sealed_too(as_alice, add_url, household):
    client = identity("portal")
    shown = given(8883, encryption="encrypted", client_certificate=client.pem, client_key=client.key_pem)
    answer = as_alice.post(add_url, shown)
    link = MeterLink.objects.get(household=household)
    assert "PRIVATE" not in str(link.settings)
    assert opened_settings(link)["client_key"] == client.key_pem.strip()
    page = as_alice.get(f"{answer.url}mqtt/").content.decode()
    assert "BEGIN CERTIFICATE" in page
    assert "PRIVATE" not in page


def test_a_change_keeps_the_password_and_the_session(as_alice, add_url, household):
    as_alice.post(add_url, given(1883))
    link = MeterLink.objects.get(household=household)
    session = link.settings["client_id"]
    url = f"/h/{household.public_id}/devices/links/{link.pk}/mqtt/"
    changed = given(8883, encryption="encrypted", password="", name="Cellar", topics="tele/cellar/+")
    assert as_alice.post(url, changed).status_code == 302
    link.refresh_from_db()
    assert (link.name, link.settings["tls"], link.settings["topics"]) == ("Cellar", True, "tele/cellar/+")
    assert opened_settings(link)["password"] == "s3cret"
    assert link.settings["client_id"] == session


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"topics": "#"}, "never # alone"),
        ({"dialect": "declared"}, "at least one line"),
        ({"dialect": "declared", "rules": "a | b | 1-0:1.8.0 | W"}, "line 1"),
        ({"pinned_sha256": "12"}, "64 hexadecimal digits"),
        ({"encryption": "encrypted", "ca_certificate": "no PEM"}, "This cannot be"),
        ({"port": "70000"}, "65535"),
    ],
)
def test_what_cannot_be_is_said_and_not_saved(as_alice, add_url, wrong, said):
    page = as_alice.post(add_url, {**given(1883), **wrong}).content.decode()
    assert said in page
    assert not MeterLink.objects.exists()


def test_a_look_shows_what_would_be_kept_and_what_would_not(as_alice, add_url, mosquitto: Mosquitto):
    stop = threading.Event()

    def publish() -> None:
        with mosquitto.publisher() as publisher:
            while not stop.wait(0.05):
                sml = {"Total_in": 4711.25, "Power_curr": -312, "Foo": 7}
                publisher.publish("tele/hall/SENSOR", {"Time": "2026-11-03T12:00:00", "SML": sml})

    publishing = threading.Thread(target=publish)
    publishing.start()
    try:
        page = as_alice.post(add_url, given(mosquitto.port, look="yes")).content.decode()
    finally:
        stop.set()
        publishing.join()
    assert "4711250 Wh" in page
    assert "-312 W" in page
    assert "SML.Foo" in page
    assert not MeterLink.objects.exists()


def test_a_look_at_nobody_says_so(as_alice, add_url):
    page = as_alice.post(add_url, given(free_port(), look="yes")).content.decode()
    assert "nothing listens on this port number" in page


def test_a_portal_that_is_not_in_the_home_does_not_look(as_alice, add_url, settings):
    settings.READS_LOCAL_PORTS = False
    page = as_alice.post(add_url, given(1883, look="yes")).content.decode()
    assert "not in your home" in page


def test_strangers_and_viewers_find_nothing(as_charlie, as_vera, as_alice, add_url, household):
    as_alice.post(add_url, given(1883))
    link = MeterLink.objects.get(household=household)
    for client in (as_charlie, as_vera):
        assert client.get(add_url).status_code == 404
        assert client.get(f"/h/{household.public_id}/devices/links/{link.pk}/mqtt/").status_code == 404


def test_another_kind_of_link_is_not_changed_here(as_alice, household):
    link = MeterLink.objects.create(
        household=household, kind="serial", name="Head", settings={"url": "/dev/x"}
    )
    assert as_alice.get(f"/h/{household.public_id}/devices/links/{link.pk}/mqtt/").status_code == 404
