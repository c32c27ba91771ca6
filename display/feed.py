"""Where the display's knowledge comes from: a meter of its own, or the portal's feed.

A feed runs until it is cancelled, recovers by itself, and tells everything it knows each time
something is new. `portal_feed.py` and this are the display's asynchronous modules besides Textual itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from typing import Protocol as TypingProtocol
from zoneinfo import ZoneInfo

from consumerapp import wire
from consumerapp.live_values import HIGH_POWER_W, LOW_POWER_W
from consumerapp.normalise import normalise
from consumerapp.readings import Commodity
from consumerapp.sources.link import (
    Delivery,
    FrameRefused,
    LinkChanged,
    Source,
    TelegramArrived,
)
from display.history import History, meter_mark
from display.known import Knowledge, Known

if TYPE_CHECKING:
    from display.counters import KeptCounters

log = logging.getLogger(__name__)

SAVE_EVERY_S: Final = 60.0
"""Often enough for a restart, seldom enough for a memory card."""

SAVE_COUNTERS_EVERY_S: Final = 10.0
"""What came since the last time could be replayed after a power cut; no meter that ciphers pushes much
faster."""

Tell = Callable[[Known], None]
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The machine's clock, aware UTC."""
    return datetime.now(UTC)


class Feed(TypingProtocol):
    """Anything that tells the display what it knows."""

    async def run(self, tell: Tell) -> None:
        """Tell until cancelled."""


class DirectFeed:
    """A meter read by this very process, without any portal."""

    def __init__(
        self,
        source: Source,
        *,
        zone: ZoneInfo,
        history: History | None = None,
        counters: KeptCounters | None = None,
        low_w: Decimal | int = LOW_POWER_W,
        high_w: Decimal | int = HIGH_POWER_W,
        clock: Clock = utc_now,
    ) -> None:
        self._source = source
        self._history = history if history is not None else History(zone=zone)
        self._counters = counters
        self._low_w, self._high_w = low_w, high_w
        self._clock = clock
        self._knowledge = Knowledge(zone=zone)
        self._seq = 0
        self._heard = False
        """Whether a telegram has come since the start."""
        self._tell: Tell = lambda _known: None

    async def run(self, tell: Tell) -> None:
        """Read the meter until cancelled; the local history is saved every minute and at the end."""
        self._tell = tell
        if self._history.load() and self._history.last_now is not None:
            self._knowledge.learn(self._history.last_now)
            self._learn_today()
        self._knowledge.hour = self._history.hour
        tell(self._knowledge.known(self._clock()))
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._source.run(self.deliver))
                tasks.create_task(self._regularly(SAVE_EVERY_S, self._save))
                tasks.create_task(self._regularly(SAVE_COUNTERS_EVERY_S, self._save_counters))
        finally:
            self._save()
            self._save_counters()

    def deliver(self, delivery: Delivery) -> None:
        """Take in what the source delivers; called on the event loop."""
        match delivery:
            case TelegramArrived():
                self._learn_telegram(delivery)
            case LinkChanged():
                self._knowledge.learn(
                    wire.Link(
                        seq=self._next_seq(),
                        source=delivery.source,
                        state=delivery.status.state,
                        since=delivery.status.since,
                        detail=str(delivery.status.detail),
                        last_telegram_at=delivery.status.last_telegram_at,
                    )
                )
            case FrameRefused():
                # The source counts them and says so by a changed link when they are all there is.
                return
        self._tell(self._knowledge.known(self._clock()))

    def _learn_telegram(self, arrived: TelegramArrived) -> None:
        normalised = normalise(arrived.telegram, received_at=arrived.received_at, source=arrived.source)
        electric = [r for r in normalised.readings if r.quantity.commodity is Commodity.ELECTRICITY]
        now = wire.now_of(
            electric,
            seq=self._next_seq(),
            locked=arrived.telegram.locked,
            low_w=self._low_w,
            high_w=self._high_w,
        )
        if now is None:
            return
        if not self._heard:
            # What was recalled may have come by another port: it must not stand beside what is live.
            self._knowledge.forget_meters()
            self._heard = True
        self._history.learn(now, meter=meter_mark(electric[0].meter_id))
        self._knowledge.learn(now)
        # History and knowledge share one hour; another meter's history begins a new one.
        self._knowledge.hour = self._history.hour
        self._learn_today()

    def _learn_today(self) -> None:
        today = self._history.today(seq=self._next_seq())
        if today is not None:
            self._knowledge.learn(today)
            self._knowledge.today_since = self._history.today_since

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    async def _regularly(self, seconds: float, save: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            save()

    def _save(self) -> None:
        try:
            self._history.save()
        except OSError as error:
            log.warning("the local history cannot be kept: %s", error.strerror)

    def _save_counters(self) -> None:
        try:
            if self._counters is not None:
                self._counters.save()
        except OSError as error:
            log.warning("the invocation counters cannot be kept: %s", error.strerror)
