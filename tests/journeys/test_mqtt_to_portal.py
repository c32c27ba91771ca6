"""From a real Mosquitto to the store and the screens, through kills of the portal."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.broker import Mosquitto, mosquitto
from tests.journeys.portal_process import PATIENCE_S, PortalProcess

__all__ = ["mosquitto"]

pytestmark = pytest.mark.journey

KILLS = 5
FOUND_HOUSEHOLD = """
from portal.accounts.models import User
from portal.accounts.services import NewHousehold, found_household
from portal.pairing.links import add_link
owner = User.objects.create_user("alice@example.org")
new = NewHousehold(name="Home", timezone="Europe/Berlin", country="DE", language="en")
home = found_household(owner, new)
for name, dialect, topics in (("Radio", "wmbusmeters", "wmbusmeters/+"), ("Hall", "tasmota", "tele/hall/+")):
    add_link(home, kind="mqtt", name=name, settings=dict(
        host="127.0.0.1", port={port}, tls=False, topics=topics, dialect=dialect, zone="UTC",
        client_id="meterside-" + dialect))
print(home.pk, home.public_id)
"""
SAMPLES = """
import json
from portal.metering.models import Meter
from portal.metering.samples import read_columns
found = []
for meter in Meter.objects.filter(ident="11223344"):
    for columns in read_columns(meter.household_id, meter.pk, 0, 1 << 62):
        for times, values in columns.values():
            found += list(zip(times, values))
print(json.dumps(sorted(found)))
"""
PAIR = """
from portal.accounts.models import Household
from portal.common.tokens import new_token, token_hash
from portal.pairing.models import Device, DeviceKind, DeviceProfile
token = new_token()
Device.objects.create(
    household=Household.objects.get(pk={household}), kind=DeviceKind.TERMINAL, profile=DeviceProfile.FULL,
    name="Hall", token_hash=token_hash(token))
print(token)
"""
LATEST = """
import json
from portal.metering import store
print(json.dumps({{str(one.obis): str(one.value) for one in store.latest({household})}}))
"""


def shell(portal: PortalProcess, code: str) -> str:
    """The last line that the code prints."""
    return portal.manage("shell", "--verbosity", "0", "-c", code).splitlines()[-1]


def wait_until(found: Any, what: str) -> None:
    """Until the condition holds."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline, what
        pause.wait(0.1)


def telegram(number: int, at: datetime) -> tuple[str, str]:
    meter = {"_": "telegram", "media": "cold water", "id": "11223344", "total_m3": number / 1000}
    return "wmbusmeters/water", json.dumps({**meter, "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ")})


def subscribed(broker: Mosquitto, portal: PortalProcess) -> None:
    """Wait until both links have said they are connected: what is published before has no taker."""
    count = "from portal.pairing.models import MeterLink\nprint(MeterLink.objects.exclude(state='').count())"
    wait_until(lambda: shell(portal, count) == "2", "the links are not read")
    log = broker.folder / "log"
    for client in ("meterside-wmbusmeters", "meterside-tasmota"):
        wait_until(lambda client=client: f"{client} 1 " in log.read_text(), f"{client} does not subscribe")


@pytest.fixture
def talkative(mosquitto: Mosquitto) -> Mosquitto:
    """A broker that writes down who subscribes."""
    mosquitto.stop()
    mosquitto.settings += ("log_type subscribe", "log_type notice")
    mosquitto.start()
    return mosquitto


@pytest.mark.timeout(300)
def test_kills_lose_nothing_and_double_nothing(portal_process: PortalProcess, talkative: Mosquitto) -> None:
    shell(portal_process, FOUND_HOUSEHOLD.format(port=talkative.port))
    subscribed(talkative, portal_process)
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=240)
    telegrams = [telegram(1000 + number, begin + timedelta(seconds=number)) for number in range(200)]
    stop = threading.Event()

    def publish() -> None:
        with talkative.publisher() as publisher:
            for topic, payload in telegrams:
                publisher.publish(topic, payload)
                stop.wait(0.03)

    publishing = threading.Thread(target=publish)
    publishing.start()
    for number in range(KILLS):
        # At another moment of the second's rhythm in which readings are committed each time.
        stop.wait(0.3 + 0.23 * number)
        portal_process.kill()
        portal_process.start()
    publishing.join(PATIENCE_S)

    expected = [
        [int((begin + timedelta(seconds=number)).timestamp() * 1000), (1000 + number)]
        for number in range(200)
    ]

    def kept() -> list[list[int]]:
        found: list[list[int]] = json.loads(shell(portal_process, SAMPLES))
        return found

    wait_until(lambda: len(kept()) >= len(expected), "readings are missing")
    assert [at for at, _ in kept()] == [at for at, _ in expected]
    assert [value for _, value in kept()] == [value for _, value in expected]


def test_screens_and_store_hear_of_a_gateway(portal_process: PortalProcess, talkative: Mosquitto) -> None:
    answer = shell(portal_process, FOUND_HOUSEHOLD.format(port=talkative.port))
    household = int(answer.split()[0])
    subscribed(talkative, portal_process)
    with talkative.publisher() as publisher:
        publisher.publish(*telegram(142_337, datetime.now(UTC)))
        gas = {"media": "gas", "id": "77", "total_m3": 900.5}
        publisher.publish("wmbusmeters/gas", gas)
        sml = {"Total_in": 4711.25, "Power_curr": 538}
        publisher.publish("tele/hall/SENSOR", {"Time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", "SML": sml})
    wanted = {
        "8-0:1.0.0*255": "142.337", "7-0:3.0.0*255": "900.500",
        "1-0:1.8.0*255": "4711250.000", "1-0:16.7.0*255": "538.000",
    }  # fmt: skip
    latest: dict[str, str] = {}

    def is_all_there() -> bool:
        latest.update(json.loads(shell(portal_process, LATEST.format(household=household))))
        return set(wanted) <= set(latest)

    wait_until(is_all_there, "not all readings are kept")
    assert {code: float(value) for code, value in latest.items()} == {
        code: float(value) for code, value in wanted.items()
    }
    heard = heard_by_a_screen(portal_process, household, talkative)
    assert heard["power_w"] == "612"
    assert heard["import_wh"] == "4711250"


def heard_by_a_screen(portal: PortalProcess, household: int, broker: Mosquitto) -> dict[str, Any]:
    """The word of a paired display's feed about what is published now."""
    from websockets.sync.client import connect

    token = shell(portal, PAIR.format(household=household))
    address = f"{portal.url.replace('http', 'ws')}/h3/v1/display"
    with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as screen:
        with broker.publisher() as publisher:
            publisher.publish("tele/hall/SENSOR", {"SML": {"Power_curr": 612}})
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            word: dict[str, Any] = json.loads(screen.recv(timeout=PATIENCE_S))
            if word["type"] == "now" and word["power_w"] == "612":
                return word
    raise AssertionError("the screen heard nothing")
