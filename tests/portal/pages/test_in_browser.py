"""What only a browser can show: the live figure, keys, exact values, sizes, no complaint about the policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tests.portal.pages.browser import Answers, _chromium, show
from tests.portal.pages.written_history import NOW

pytestmark = pytest.mark.journey
__all__ = ["_chromium", "show"]

SMALL_TARGETS = """
    [...document.querySelectorAll(
        "button, .button, .tabs a, .strip a, summary, select, input:not([type=hidden])"
    )]
    .filter(element => element.checkVisibility() && !element.closest("label.check"))
    .filter(element => element.getBoundingClientRect().height < 43.5)
    .map(element => element.outerHTML.slice(0, 90))
"""
SIZES = {"phone": (360, 740), "tablet": (820, 1180), "desk": (1280, 800), "wall": (1920, 1080)}


@pytest.fixture
def answers(household, history, as_alice) -> Answers:
    """Every page that the tests below look at, as it is at two in the afternoon."""
    made = Answers(as_alice)
    base = f"/h/{household.public_id}/"
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        made.make(base)
        made.make(f"{base}day/", part=True)
        for query in ("?range=week&on=2026-11-16", "?range=week&on=2026-11-09", "?range=month&on=2026-11-01"):
            made.make(f"{base}history/{query}")
            made.make(f"{base}history/{query}", part=True)
            made.make(f"{base}history/heat/{query}&heat=yes", part=True)
        for page in ("devices/", "devices/add/", "settings/"):
            made.make(base + page)
        made.make("/you/")
        made.make("/accounts/login/", client=Client())
    return made


@pytest.fixture
def base(household) -> str:
    return f"/h/{household.public_id}/"


def now_message(seq: int, power_w: str | None, **more) -> dict:
    return {
        "v": 1, "type": "now", "seq": seq, "meter": "…4417", "source": "Cupboard", "at": None,
        "received_at": "2026-11-24T13:07:40Z", "power_w": power_w, "why_no_power": None,
        "import_wh": "1000123.4", "export_wh": None, "authenticity": "plain", "ambient": "low", "quality": [],
        **more,
    }  # fmt: skip


def test_the_figure_follows_the_telegrams(show, base):
    screen = show()
    screen.open(base)
    screen.wait_for(lambda: screen.sockets, "the socket")
    screen.send(now_message(7, "-2104.5"))
    screen.wait_for(lambda: screen.text(".now-power") == "2.10 kW", "the new figure")
    assert screen.page.locator("[data-part=power]").get_attribute("value") == "2104.5"
    assert screen.text(".now-direction") == "sending to the grid"
    screen.send(now_message(8, "4812", ambient="high"))
    screen.wait_for(lambda: screen.text(".now-power") == "4.81 kW", "the next one")
    assert screen.text(".level") == "high"
    assert screen.complaints == []


def test_a_meter_that_keeps_its_power_leaves_the_last_one_and_says_why(show, base):
    screen = show()
    screen.open(base)
    screen.wait_for(lambda: screen.sockets, "the socket")
    screen.send(now_message(7, None, ambient=None, why_no_power="pin_locked"))
    screen.wait_for(lambda: screen.text(".now-direction") == "power unknown", "the words")
    assert "until its PIN" in screen.text(".now-why")


def test_another_meters_telegram_does_not_touch_the_big_number(show, base):
    screen = show()
    screen.open(base)
    screen.wait_for(lambda: screen.sockets, "the socket")
    screen.send(now_message(7, "9999", meter="…0001"))
    screen.send({"v": 1, "type": "heartbeat", "seq": 8, "at": "2026-11-24T13:07:41Z"})
    screen.send(now_message(9, "1500"))
    screen.wait_for(lambda: screen.text(".now-power") == "1.50 kW", "the main meter's figure")


def test_a_broken_socket_comes_back_and_asks_for_what_it_missed(show, base):
    screen = show()
    screen.open(base)
    screen.wait_for(lambda: screen.sockets, "the socket")
    screen.send(now_message(41, "1500"))
    screen.wait_for(lambda: screen.text(".now-power") == "1.50 kW", "the figure")
    screen.sockets[0].close()
    screen.wait_for(lambda: len(screen.sockets) > 1, "the next socket")
    assert screen.sockets[1].url.endswith(f"/live{base.removeprefix('/h')}?after=41")
    assert screen.text(".now-power") == "1.50 kW"


def test_a_value_grows_old_before_ones_eyes(show, base):
    screen = show()
    screen.open(base)
    # The browser's clock is years from the answer's: nothing has told it how far apart they are.
    screen.wait_for(
        lambda: screen.page.locator(".now").get_attribute("data-state") == "old", "the mark of age"
    )
    assert screen.text(".now-power") == "1.42 kW"


def test_the_exact_value_is_under_pointer_and_key(show, base):
    screen = show()
    screen.open(base)
    plot = screen.page.locator(".chart-plot").first
    screen.wait_for(lambda: plot.get_attribute("tabindex") == "0", "the script")
    box = plot.bounding_box()
    assert box is not None
    screen.page.mouse.move(box["x"] + box["width"] * 10.5 / 96, box["y"] + 20)
    assert screen.text(".chart-readout").startswith("02:30–02:45 from the grid 0.40 kW")
    plot.focus()
    screen.page.keyboard.press("ArrowRight")
    assert screen.text(".chart-readout").startswith("02:45–03:00")
    screen.page.keyboard.press("End")
    assert screen.text(".chart-readout").startswith("23:45–00:00")
    screen.page.keyboard.press("Escape")
    assert screen.text(".chart-readout") == ""


def test_keys_go_along_and_farther_and_the_url_follows(show, base):
    screen = show()
    screen.open(f"{base}history/?range=week&on=2026-11-16")
    screen.wait_for(lambda: screen.page.evaluate("typeof window.htmx") == "object", "htmx")
    screen.page.keyboard.press("ArrowLeft")
    screen.wait_for(lambda: screen.page.url.endswith("?range=week&on=2026-11-09"), "the week before")
    screen.wait_for(lambda: "Week 46" in screen.text(".strip-title"), "its title")
    assert screen.page.title().startswith("Week 46")
    screen.page.keyboard.press("-")
    screen.wait_for(lambda: screen.page.url.endswith("?range=month&on=2026-11-01"), "the month")
    assert screen.complaints == []


def test_the_heat_map_comes_when_it_is_looked_at(show, base):
    screen = show()
    screen.open(f"{base}history/?range=week&on=2026-11-16")
    screen.page.locator(".heat").scroll_into_view_if_needed()
    screen.wait_for(lambda: screen.page.locator(".chart-heat").count() == 1, "the heat map")


def test_the_appearance_changes_without_a_reload_and_stays(show, base):
    screen = show()
    screen.open(base)
    paper = screen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    screen.page.get_by_title("Appearance").click()
    screen.page.get_by_role("button", name="Dark").click()
    assert screen.page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert screen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != paper
    assert "meterside_theme=dark" in screen.page.evaluate("document.cookie")


@pytest.mark.parametrize("size", SIZES)
def test_no_page_scrolls_sideways_or_complains(size, show, base):
    width, height = SIZES[size]
    screen = show(width=width, height=height)
    paths = [base, f"{base}history/?range=month&on=2026-11-01", f"{base}devices/", f"{base}devices/add/"]
    for path in [*paths, f"{base}settings/", "/you/", "/accounts/login/"]:
        screen.open(path)
        assert screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert screen.complaints == []


def test_what_a_finger_hits_is_44_pixels_high(show, base):
    screen = show(width=360, height=740)
    for path in (base, f"{base}history/?range=month&on=2026-11-01", f"{base}devices/", f"{base}settings/"):
        screen.open(path)
        small = screen.page.evaluate(SMALL_TARGETS)
        assert small == [], path


def test_the_primary_number_is_read_before_everything_else(show, base):
    screen = show()
    screen.open(base)
    heads = screen.page.evaluate("[...document.querySelectorAll('h1, h2')].map(e => e.textContent.trim())")
    assert heads[:3] == ["Power now", "Today so far", "Power by quarter-hour"]
    assert screen.page.locator("[aria-live=polite]").count() == 1
