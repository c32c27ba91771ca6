"""From a meter's bytes on a pseudo-terminal, at the pace of 9600 baud, to the digits of the terminal."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consumerapp.sources import open_source
from display.feed import DirectFeed
from display.history import History
from display.language import Language
from display.widgets.power_now import PowerNow
from tests.journeys.simulated_meter import MeterFactory, Pace, SimulatedMeter
from tests.journeys.terminal import WatchedApp, powers_sent

ZONE = ZoneInfo("Europe/Berlin")


def display_of(meter: SimulatedMeter, path: Path) -> WatchedApp:
    settings = {"name": "Hall meter", "url": str(meter.port), "garbage_after_s": 1.0, "silent_after_s": 3.0}
    feed = DirectFeed(open_source("serial", settings), zone=ZONE, history=History(zone=ZONE, path=path))
    return WatchedApp(language=Language("en", folder=path.parent), feed=feed)


@pytest.mark.journey
async def test_the_number_on_the_screen_is_the_number_in_the_telegram(
    simulated_meter: MeterFactory, tmp_path: Path
) -> None:
    meter = simulated_meter(pace=Pace.UART)
    app = display_of(meter, tmp_path / "history.json")
    async with app.run_test(size=(80, 24)):
        await app.until(lambda: app.footnote != "")
        first = app.footnote
        assert first in powers_sent(meter)
        await app.until(lambda: app.footnote != first)
        assert app.footnote in powers_sent(meter)
        kilowatts = Decimal(app.footnote.removesuffix(" W").replace(",", "")) / 1000
        assert f"{kilowatts:.2f}" == app.screen.query_one(PowerNow).figure.number.lstrip("−")
        assert app.notice == ""
    # Ending includes what the feed does at its end, as `asyncio.run` sees to.
    if ending := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(ending)
    assert (tmp_path / "history.json").exists()


@pytest.mark.journey
async def test_an_unplugged_head_is_told_and_comes_back_by_itself(
    simulated_meter: MeterFactory, tmp_path: Path
) -> None:
    meter = simulated_meter(pace=Pace.QUICK)
    app = display_of(meter, tmp_path / "history.json")
    async with app.run_test(size=(80, 24)):
        await app.until(lambda: app.footnote != "")
        meter.unplug()
        await app.until(lambda: "lost" in app.notice)
        last = app.footnote
        assert last in powers_sent(meter)
        meter.plug()
        await app.until(lambda: app.notice == "" and app.footnote != last)


@pytest.mark.journey
async def test_garbage_and_a_locked_meter_are_told(simulated_meter: MeterFactory, tmp_path: Path) -> None:
    meter = simulated_meter(pace=Pace.QUICK)
    app = display_of(meter, tmp_path / "history.json")
    async with app.run_test(size=(80, 24)):
        await app.until(lambda: app.footnote != "")
        meter.faults.garbage = True
        await app.until(lambda: "cannot be read" in app.notice)
        meter.faults.garbage = False
        meter.faults.locked = True
        await app.until(lambda: "PIN" in app.notice)
        assert app.screen.query_one(PowerNow).figure.headline == "meter reading"
