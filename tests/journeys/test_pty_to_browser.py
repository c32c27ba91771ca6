"""A new household: first start, reading head, and the telegram's number in a real browser."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Page

from tests.journeys.browser import attribute, shown_value, wait_for
from tests.journeys.portal_process import PortalProcess
from tests.journeys.simulated_meter import MeterFactory, SimulatedMeter
from tests.journeys.told import IMPORT, POWER, told_by

pytestmark = pytest.mark.journey


def set_up(page: Page, portal: PortalProcess) -> str:
    """Become the first owner; the address of the household's Today page."""
    page.goto(portal.setup_url())
    page.get_by_label("E-mail address").fill("alice@example.org")
    page.get_by_label("Password").fill("an odd but long passphrase")
    page.get_by_label("Name of your home").fill("Kerkstraat 12")
    page.get_by_role("button", name="Set up").click()
    page.wait_for_url(re.compile(r"/h/\w+/$"))
    return page.url


def connect(page: Page, meter: SimulatedMeter) -> None:
    """From the empty Today page to a connected reading head."""
    page.get_by_role("link", name="Connect a reading head").click()
    page.get_by_label("another one").check()
    # The portal opens devices only, so it is given what the meter's path leads to.
    page.get_by_label("Another port or an address on the network").fill(str(meter.port.readlink()))
    page.get_by_role("button", name="See what arrives").click()
    wait_for(lambda: shown_value(page, "arriving-power"), "the meter's power on the page of its link")


def recently_told(meter: SimulatedMeter) -> list[dict]:
    return [told_by(sent.octets) for sent in meter.sent[-8:]]


def test_new_household_sees_the_number_of_the_telegram(
    portal_process: PortalProcess, page: Page, simulated_meter: MeterFactory
):
    meter = simulated_meter()
    today = set_up(page, portal_process)
    connect(page, meter)
    page.goto(today)

    def number_of_a_recent_telegram() -> str | None:
        shown = shown_value(page, "power")
        recent = {abs(told[POWER]) for told in recently_told(meter)}
        return shown if shown and Decimal(shown) in recent else None

    first = wait_for(number_of_a_recent_telegram, "the power of a recent telegram")
    # Live: it changes without the page being loaded again.
    page.evaluate("window.neverReloaded = true")
    meter.wait_for_telegrams(2)
    wait_for(
        lambda: (
            number_of_a_recent_telegram() not in {None, first}
            or len({t[POWER] for t in recently_told(meter)}) == 1
        ),
        "another number",
    )
    assert page.evaluate("window.neverReloaded") is True
    register = wait_for(lambda: shown_value(page, "import-register"), "the meter's reading")
    assert Decimal(register) in {told[IMPORT] for told in recently_told(meter)}


def test_restart_of_the_portal_heals_on_the_open_page(
    portal_process: PortalProcess, page: Page, simulated_meter: MeterFactory
):
    meter = simulated_meter()
    today = set_up(page, portal_process)
    connect(page, meter)
    page.goto(today)
    wait_for(lambda: shown_value(page, "power"), "a number before the power cut")
    page.evaluate("window.neverReloaded = true")
    portal_process.kill()
    meter.wait_for_telegrams(2)
    # Nothing is taken away: the last number stays.
    assert shown_value(page, "power")
    portal_process.start()
    count = len(meter.sent)

    def number_from_after_the_restart() -> bool:
        told = {abs(told_by(sent.octets)[POWER]) for sent in meter.sent[count:]}
        return Decimal(shown_value(page, "power") or -1) in told

    wait_for(number_from_after_the_restart, "a number from after the restart")
    assert page.evaluate("window.neverReloaded") is True


def test_unplugged_head_is_said_and_comes_back_by_itself(
    portal_process: PortalProcess, page: Page, simulated_meter: MeterFactory
):
    meter = simulated_meter()
    today = set_up(page, portal_process)
    connect(page, meter)
    page.goto(today)

    def link_state() -> str | None:
        return attribute(page, "[data-live=link]", "data-state")

    wait_for(lambda: link_state() == "live", "a live link")
    meter.faults.garbage = True
    wait_for(lambda: link_state() == "garbage", "garbage to be named")
    meter.faults.garbage = False
    wait_for(lambda: link_state() == "live", "the link to be live again")
    shown = shown_value(page, "power")
    meter.unplug()
    wait_for(lambda: link_state() == "lost", "the lost port to be named")
    assert shown_value(page, "power") not in {None, ""}, shown
    # A number that is no longer new is marked as old, and stays.
    wait_for(
        lambda: page.evaluate("document.querySelector('[data-live=now]').dataset.state") == "old",
        "an old mark",
    )
