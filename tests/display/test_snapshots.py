"""How the display looks, state by state. `pytest --snapshot-update` renews the pictures; look at them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from consumerapp.live_values import WhyNoPower
from consumerapp.readings import Quality
from consumerapp.sources.link import LinkDetail, LinkState
from consumerapp.wire import Link
from display.app import DisplayApp
from display.known import Known
from display.language import Language
from display.remembered import Memory, Remembered
from display.screens.first_start_screen import PortFound
from tests.display.conftest import MOMENT, Clock, ToldFeed, a_known, a_link, a_now, an_hour

Compare = Callable[..., bool]

IMPORTING = a_known(a_now("1423.5"))
EXPORTING = a_known(a_now("-2104"), hour=an_hour(exporting=True))
HIGH = a_known(a_now("6230"))
LATE = a_known(a_now(age_s=17))
OLD = a_known(a_now(age_s=200))
LOST = a_known(a_now(age_s=400), link=a_link(LinkState.LOST, LinkDetail.PORT_UNPLUGGED))
GARBAGE = a_known(link=a_link(LinkState.GARBAGE, LinkDetail.NO_FRAMES))
CONNECTING = a_known(link=a_link(LinkState.CONNECTING))
LOCKED = a_known(a_now(None, why_no_power=WhyNoPower.PIN_LOCKED, quality=Quality.COARSE, export_wh=None))
PORTAL_AWAY = replace(
    IMPORTING,
    portal=Link(seq=0, source="portal", state=LinkState.LOST, since=MOMENT - timedelta(seconds=65)),
)
SINCE = replace(IMPORTING, today_since=MOMENT - timedelta(hours=3))


async def settle(pilot: Pilot[None]) -> None:
    """Until the feed has told and the threads have looked."""
    looking = [worker for worker in pilot.app.workers if worker.group == "ports"]
    if looking:  # an empty list would mean all of them, and a feed never completes
        await pilot.app.workers.wait_for_complete(looking)
    app = pilot.app
    assert isinstance(app, DisplayApp)
    while app.known is None and not looking:
        await pilot.pause()
    await pilot.pause()
    # What the clock brings comes now and not a second later.
    app.tick()
    await pilot.pause()


@pytest.fixture
def looks_right(snap_compare: Compare, english: Language) -> Callable[..., bool]:
    def compare(
        known: Known | None, size: tuple[int, int], *, press: tuple[str, ...] = (), **settings: Any
    ) -> bool:
        told: dict[str, Any] = {
            "language": english,
            "feed": None if known is None else ToldFeed(known),
            "clock": Clock(),
            **settings,
        }
        return snap_compare(DisplayApp(**told), terminal_size=size, press=press, run_before=settle)

    return compare


@pytest.mark.parametrize(
    "size", [(40, 12), (80, 24), (120, 36), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("known", [IMPORTING, EXPORTING], ids=["importing", "exporting"])
def test_live(looks_right: Compare, known: Known, dark: bool, size: tuple[int, int]) -> None:
    assert looks_right(known, size, dark=dark)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    "known",
    [HIGH, LATE, OLD, LOST, GARBAGE, CONNECTING, LOCKED, PORTAL_AWAY, SINCE],
    ids=["high", "late", "old", "lost", "garbage", "connecting", "locked", "portal-away", "since"],
)
def test_states(looks_right: Compare, known: Known, size: tuple[int, int]) -> None:
    assert looks_right(known, size)


@pytest.mark.parametrize("ports", [True, False], ids=["ports", "no-ports"])
@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_first_start(looks_right: Compare, size: tuple[int, int], ports: bool) -> None:
    found = (PortFound("/dev/ttyUSB0", "CP2102 USB to UART"), PortFound("/dev/ttyS0")) if ports else ()
    assert looks_right(None, size, find_ports=lambda: found)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(looks_right: Compare, size: tuple[int, int]) -> None:
    assert looks_right(IMPORTING, size, press=("question_mark",))


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (160, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("known", [IMPORTING, HIGH, LOST], ids=["importing", "high", "lost"])
def test_wall(looks_right: Compare, known: Known, size: tuple[int, int]) -> None:
    assert looks_right(known, size, wall=True)


def test_wall_by_night(looks_right: Compare) -> None:
    assert looks_right(
        replace(HIGH, interval_s=900), (80, 24), wall=True, clock=Clock(MOMENT + timedelta(hours=8))
    )


def test_wall_asks_for_the_pin(looks_right: Compare, tmp_path: Path) -> None:
    memory = Memory(tmp_path / "display.json")
    memory.save(Remembered().with_pin("271828"))
    press = ("enter", *"1111", "enter", *"27")
    assert looks_right(IMPORTING, (80, 24), wall=True, memory=memory, press=press)


@pytest.mark.parametrize("size", [(40, 12), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("known", [EXPORTING, LOST], ids=["exporting", "lost"])
def test_german(looks_right: Compare, german: Language, known: Known, size: tuple[int, int]) -> None:
    assert looks_right(known, size, language=german)
