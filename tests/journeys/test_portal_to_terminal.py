"""A terminal is paired with a running portal, shows its meter, and is refused once it was removed."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from display.known import Known
from display.language import Language
from display.pairing import PairingError, pair
from display.portal_feed import NOT_ACCEPTED, PortalFeed
from display.remembered import Memory, Remembered
from tests.journeys.portal_process import PortalProcess
from tests.journeys.simulated_meter import MeterFactory, Pace
from tests.journeys.terminal import WatchedApp, powers_sent

pytestmark = pytest.mark.journey

FOUND_A_HOME = """
from portal.accounts.models import Household
from portal.pairing.codes import make_code
from portal.pairing.links import add_link
from portal.pairing.models import DeviceProfile
home = Household.objects.create(
    name="Kerkstraat 12", timezone="Europe/Amsterdam", country="NL", language="en"
)
add_link(home, kind="serial", name="Hall meter", settings={{"name": "Hall meter", "url": {port!r}}})
print("code", make_code(home, DeviceProfile.{profile}))
"""
REMOVE_THE_DEVICE = """
from portal.pairing.devices import remove_device
from portal.pairing.models import Device
remove_device(Device.objects.get())
"""


def code_for_a_new_home(portal: PortalProcess, port: Path, profile: str) -> str:
    """Found a household with a meter; the code that pairs a screen with it."""
    printed = portal.manage("shell", "-c", FOUND_A_HOME.format(port=str(port), profile=profile))
    found = re.search(r"code (\S+)", printed)
    assert found is not None, printed
    return found[1]


def paired_app(portal: PortalProcess, code: str, tmp_path: Path) -> WatchedApp:
    """What `--portal URL --pair CODE` and then the display do."""
    memory = Memory(tmp_path / "display.json")
    memory.save(Remembered(pairing=pair(portal.url, code)))
    pairing = memory.load().pairing
    assert pairing is not None
    assert pairing.name == "Kerkstraat 12"
    feed = PortalFeed(
        pairing,
        zone=ZoneInfo("UTC"),
        keep=tmp_path / "snapshot.json",
        first_wait_s=0.1,
        longest_wait_s=0.5,
        on_removed=memory.forget_pairing,
    )
    return WatchedApp(language=Language("en", folder=tmp_path), feed=feed)


async def test_a_paired_terminal_shows_the_number_of_the_telegram(
    portal_process: PortalProcess, simulated_meter: MeterFactory, tmp_path: Path
) -> None:
    meter = simulated_meter(pace=Pace.UART)
    code = await asyncio.to_thread(code_for_a_new_home, portal_process, meter.port, "FULL")
    app = await asyncio.to_thread(paired_app, portal_process, code, tmp_path)
    async with app.run_test(size=(80, 24)):
        await app.until(lambda: app.footnote in powers_sent(meter))
        assert app.known is not None
        assert app.known.household == "Kerkstraat 12"
        assert app.known.detail
        # The portal is restarted: the number stays, the reason is said, and it goes on by itself.
        last = app.footnote
        await asyncio.to_thread(portal_process.kill)
        await app.until(lambda: "No connection to the portal" in app.notice)
        assert app.footnote in powers_sent(meter)
        await asyncio.to_thread(portal_process.start)
        await app.until(lambda: app.notice == "" and app.footnote != last)
        assert app.footnote in powers_sent(meter)
        # Removed while the portal was down: its token opens nothing any more, and people are told.
        await asyncio.to_thread(portal_process.stop)
        await asyncio.to_thread(portal_process.manage, "shell", "-c", REMOVE_THE_DEVICE)
        await asyncio.to_thread(portal_process.start)
        await app.until(lambda: app.known is not None and _is_refused(app.known))


def _is_refused(known: Known) -> bool:
    return known.portal is not None and known.portal.detail == NOT_ACCEPTED


async def test_a_screen_for_guests_is_told_power_only(
    portal_process: PortalProcess, simulated_meter: MeterFactory, tmp_path: Path
) -> None:
    meter = simulated_meter(pace=Pace.UART)
    code = await asyncio.to_thread(code_for_a_new_home, portal_process, meter.port, "SHARED_SPACE")
    app = await asyncio.to_thread(paired_app, portal_process, code, tmp_path)
    async with app.run_test(size=(80, 24)):
        await app.until(lambda: app.footnote in powers_sent(meter))
        assert app.known is not None
        assert not app.known.detail
        assert app.known.today is None
        assert app.known.meters[0].import_wh is None
    # A code is good for one screen.
    with pytest.raises(PairingError, match="does not take this code"):
        await asyncio.to_thread(pair, portal_process.url, code)
