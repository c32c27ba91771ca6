"""Finding out what a port carries, keys by paste, and Bluetooth heads: all with plain forms."""

from __future__ import annotations

import os
import threading
import tty
from collections.abc import Iterator

import pytest

from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames, sml
from portal.pages import device_forms
from portal.pairing import links
from portal.pairing.models import MeterLink

KEY = "00112233445566778899AABBCCDDEEFF"


class Meter:
    """Pushes one telegram again and again on a pty, whatever its speed."""

    def __init__(self, octets: bytes) -> None:
        self._ends = os.openpty()
        for end in self._ends:
            tty.setraw(end)
        self.url = os.ttyname(self._ends[1])
        self._octets = octets
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._push)
        self._thread.start()

    def _push(self) -> None:
        os.set_blocking(self._ends[0], False)
        while not self._ended.wait(0.05):
            try:
                os.write(self._ends[0], self._octets)
            except BlockingIOError:
                continue

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        for end in self._ends:
            os.close(end)


def sml_telegram() -> bytes:
    rows = [sml.ListEntry(obis=Obis.parse("1-0:16.7.0"), value=1420, unit=27, scaler=0)]
    return sml.telegram(bytes.fromhex("0a01454d480000abcdef"), rows)


def ciphered_telegram() -> bytes:
    plain = dlms.notification(
        dlms.coded_array([dlms.Register(Obis.parse("1-0:1.7.0"), dlms.u32(1420), 0, 27)])
    )
    apdu = dlms_frames.sealed(plain, key=bytes(16), system_title=b"TST\0\0\0\0\x17", counter=5, security=0x20)
    return dlms_frames.hdlc_message(apdu)


@pytest.fixture
def meter(request) -> Iterator[Meter]:
    pushing = Meter(request.param())
    yield pushing
    pushing.close()


@pytest.fixture(autouse=True)
def _no_port(monkeypatch):
    """This machine's ports are the outside world."""
    monkeypatch.setattr(device_forms, "find_ports", lambda: ())


@pytest.fixture
def base(household) -> str:
    return f"/h/{household.public_id}/devices/"


@pytest.fixture
def link(household) -> MeterLink:
    settings = {"url": "/dev/ttyUSB0", "baudrate": 2400, "framing": "8E1"}
    return links.add_link(household, kind="serial", name="Hall", settings=settings)


def asked(url: str, **more: str) -> dict[str, str]:
    return {"name": "Hall", "port": "other", "address": url, "baudrate": "9600", "framing": "8N1", **more}


@pytest.mark.parametrize("meter", [sml_telegram], indirect=True)
@pytest.mark.django_db(transaction=True)
def test_it_finds_out_by_itself_and_keeps_nothing_before_it_is_told_to(base, meter, as_alice):
    text = as_alice.post(base + "add/", asked(meter.url, find="yes")).text
    assert "A meter speaks here: SML at 115200 8N1." in text
    assert '<option value="115200" selected>' in text
    assert not MeterLink.objects.exists()


@pytest.mark.parametrize("meter", [ciphered_telegram], indirect=True)
@pytest.mark.django_db(transaction=True)
def test_it_says_which_key_is_missing_and_where_to_get_it(base, meter, as_alice):
    text = as_alice.post(base + "add/", asked(meter.url, find="yes")).text
    assert "encrypted telegrams at 115200 8N1" in text
    assert "Ask your grid operator for the key" in text


def test_a_port_that_is_not_there_is_said_so(base, as_alice):
    text = as_alice.post(base + "add/", asked("/dev/nothing-here", find="yes")).text
    assert "No meter was found." in text
    assert "There is no such port." in text


def test_a_portal_that_is_not_in_the_home_opens_no_port(base, as_alice, settings):
    settings.READS_LOCAL_PORTS = False
    text = as_alice.post(base + "add/", asked("/dev/ttyUSB0", find="yes")).text
    assert "opens no port" in text


def test_a_pasted_key_is_sealed_tried_and_shown_as_a_fingerprint(base, link, as_alice):
    pasted = {"keys": "yes", "key": "0x00112233 44556677-8899aabb:ccddeeff", "auth_key": ""}
    answer = as_alice.post(f"{base}links/{link.pk}/", pasted)
    assert answer.status_code == 302
    link.refresh_from_db()
    assert links.opened_settings(link)["next_key"] == KEY
    assert KEY not in repr(MeterLink.objects.values().get())
    text = as_alice.get(f"{base}links/{link.pk}/").text
    assert links.fingerprints(link)["next_key"] in text
    assert "once three telegrams have proved it" in text
    assert KEY not in text.upper()


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (KEY[:-1], "The key has 31 characters, it needs 32."),
        (KEY[:-1] + "X", "The key has characters other than 0 to 9 and A to F."),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_with_words(base, link, as_alice, pasted, words):
    text = as_alice.post(f"{base}links/{link.pk}/", {"keys": "yes", "key": pasted}).text
    assert words in text
    assert pasted not in text
    link.refresh_from_db()
    assert link.sealed == {}


def test_an_exchanged_meter_is_forgotten(base, link, as_alice):
    MeterLink.objects.update(paired_title="5453540000000017")
    assert "hears no other" in as_alice.get(f"{base}links/{link.pk}/").text
    as_alice.post(f"{base}links/{link.pk}/", {"exchanged": "yes"})
    link.refresh_from_db()
    assert link.paired_title == ""


def test_telegrams_of_another_meter_are_called_that(base, link, as_alice):
    links.enter_keys(link, key=bytes(16), auth_key=None)
    MeterLink.objects.update(paired_title="5453540000000017", state="garbage", state_detail="needs_key")
    text = as_alice.get(f"{base}links/{link.pk}/").text
    assert "Telegrams of another meter arrive." in text


def test_a_bluetooth_head_is_a_link_of_its_own_kind(base, as_alice):
    as_alice.post(base + "add/", asked("ble://AA:BB:CC:DD:EE:FF"))
    made = MeterLink.objects.get()
    assert (made.kind, made.settings) == ("ble", {"url": "ble://AA:BB:CC:DD:EE:FF"})
    text = as_alice.post(base + "add/", asked("ble://nonsense", name="Other")).text
    assert "Write the address of a Bluetooth head" in text


def test_a_link_that_moves_to_a_port_changes_its_kind(base, household, as_alice):
    url = "ble://AA:BB:CC:DD:EE:FF"
    made = links.add_link(household, kind="ble", name="Hall", settings={"url": url})
    as_alice.post(f"{base}links/{made.pk}/", asked("/dev/ttyUSB1"))
    made.refresh_from_db()
    assert (made.kind, made.settings["url"]) == ("serial", "/dev/ttyUSB1")


def test_a_computer_without_bluetooth_says_so(base, as_alice, monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path}/no-bus")
    text = as_alice.get(base + "add/?bluetooth=yes").text
    assert "This computer has no Bluetooth, or it is switched off." in text
