"""The display under test, with a bell that rings whenever something has been shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from consumerapp.simulator.meter import Measure
from display.app import DisplayApp
from display.widgets.notice_line import NoticeLine
from display.widgets.power_now import PowerNow
from tests.journeys.simulated_meter import SimulatedMeter

PATIENCE_S = 30


class WatchedApp(DisplayApp):
    """The display, with a bell for the test: it rings whenever something has been shown."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.rung = asyncio.Event()

    def show(self) -> None:
        """Show, and ring."""
        super().show()
        self.rung.set()

    async def until(self, what: Callable[[], bool]) -> None:
        """Return when what is shown fits."""
        async with asyncio.timeout(PATIENCE_S):
            while not what():
                self.rung.clear()
                await self.rung.wait()

    @property
    def footnote(self) -> str:
        """The exact power under the digits."""
        return self.screen.query_one(PowerNow).figure.footnote

    @property
    def notice(self) -> str:
        """The sentence under it."""
        notice = self.screen.query_one(NoticeLine).notice
        return f"{notice.headline} {notice.advice}" if notice is not None else ""


def powers_sent(meter: SimulatedMeter) -> set[str]:
    """Every power that went out, as the footnote writes it."""
    raws = [one.sample.raw(Measure.NET_POWER, -1) for one in list(meter.sent)]
    return {f"{abs(Decimal(raw).scaleb(-1)):,f} W" for raw in raws}
