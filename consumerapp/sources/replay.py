"""A recording of a meter's bytes, played back telegram by telegram at any speed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.decoder import NEED_DATA, Decoder, Telegram
from consumerapp.sources._decoding import decoder_factory
from consumerapp.sources._settings import config_from
from consumerapp.sources._watch import LinkWatch
from consumerapp.sources.link import (
    Deliver,
    FrameRefused,
    LinkChanged,
    LinkDetail,
    LinkStatus,
    TelegramArrived,
)
from consumerapp.transports.line import LineBroken
from consumerapp.transports.replay import recorded_chunks

_BREATH_EVERY = 64
"""At full speed the loop gets its turn after so many events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySourceConfig:
    """Which recording, and how it is played."""

    name: str
    path: str
    protocol: str = "auto"
    profile: str | None = None
    key: str | None = field(default=None, repr=False)
    auth_key: str | None = field(default=None, repr=False)
    interval_s: float = 1.0
    """The meter's push interval; a recording of bytes does not know it."""
    speed: float = 1.0
    """Times real time; 0 is as fast as it can be taken."""
    repeat: bool = False
    """Begin again at the end, instead of stopping."""


class ReplaySource:
    """One recording; received times are those of now."""

    def __init__(
        self, config: ReplaySourceConfig, decoder: Callable[[], Decoder], *, now: Callable[[], datetime]
    ) -> None:
        if config.speed < 0 or config.interval_s < 0:
            raise ConsumerAppError("speed and interval of a recording are 0 or more")
        self._config = config
        self._decoder = decoder
        self._now = now
        self._pause_s = config.interval_s / config.speed if config.speed else 0.0

    @property
    def name(self) -> str:
        """What the household calls it."""
        return self._config.name

    async def run(self, deliver: Deliver) -> None:
        """Deliver the recording; returns at its end unless it repeats."""

        def on_change(status: LinkStatus) -> None:
            deliver(LinkChanged(self.name, status))

        watch = LinkWatch(on_change, now=self._now, monotonic_s=asyncio.get_running_loop().time)
        detail = LinkDetail.NOTHING_TO_SAY
        try:
            watch.connecting()
            while True:
                await self._play(deliver, watch)
                if not self._config.repeat:
                    break
                await asyncio.sleep(self._pause_s)
            detail = LinkDetail.RECORDING_ENDED
        except LineBroken as broken:
            detail = broken.detail
        finally:
            watch.stopped(detail)

    async def _play(self, deliver: Deliver, watch: LinkWatch) -> None:
        decoder = self._decoder()
        watch.opened()
        async for chunk in recorded_chunks(Path(self._config.path)):
            watch.bytes_arrived()
            decoder.receive_data(chunk)
            await self._deliver_events(decoder, deliver, watch)
        decoder.receive_eof()
        await self._deliver_events(decoder, deliver, watch)

    async def _deliver_events(self, decoder: Decoder, deliver: Deliver, watch: LinkWatch) -> None:
        delivered = 0
        while (event := decoder.next_event()) is not NEED_DATA:
            received_at = self._now()
            delivered += 1
            if isinstance(event, Telegram):
                deliver(TelegramArrived(self.name, event, received_at))
                watch.telegram_arrived(received_at)
                if self._pause_s:
                    await asyncio.sleep(self._pause_s)
            else:
                deliver(FrameRefused(self.name, event, received_at))
                watch.frame_refused(event.kind)
            if delivered % _BREATH_EVERY == 0:
                await asyncio.sleep(0)


def open_source(settings: Mapping[str, object], *, now: Callable[[], datetime]) -> ReplaySource:
    """The source that these settings describe. Raises ConsumerAppError."""
    config = config_from(ReplaySourceConfig, settings)
    factory = decoder_factory(config.protocol, config.key, config.auth_key, config.profile)
    return ReplaySource(config, factory, now=now)
