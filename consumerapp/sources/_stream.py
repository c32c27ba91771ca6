"""A decoder on a line: telegrams, refusals and link states out of bytes, until cancelled.

Unplugging, replugging, garbage, silence and a peer that floods change the link's state and nothing else:
the line is opened again with a growing pause, for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from consumerapp.h1.decoder import NEED_DATA, Decoder, Telegram
from consumerapp.sources._pace import Pace
from consumerapp.sources._watch import GARBAGE_AFTER_S, SILENT_AFTER_S, LinkWatch
from consumerapp.sources.link import (
    Deliver,
    FrameRefused,
    LinkChanged,
    LinkDetail,
    LinkState,
    LinkStatus,
    TelegramArrived,
)
from consumerapp.transports.line import Line, LineBroken, LineControl

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 30.0
LONGEST_PAUSE_AT_HAND_S = 2.0
"""For a port of this machine: who plugs the reading head in again is looking at the screen."""
REOPEN_AFTER_S = 300.0
"""A line that has been silent for so long is opened anew, in case it only seems to be open."""


class StreamSource:
    """One decoder on one line."""

    def __init__(
        self,
        name: str,
        line: Line,
        decoder: Callable[[], Decoder],
        *,
        now: Callable[[], datetime],
        silent_after_s: float = SILENT_AFTER_S,
        garbage_after_s: float = GARBAGE_AFTER_S,
        longest_pause_s: float = LONGEST_PAUSE_S,
        reopen_after_s: float = REOPEN_AFTER_S,
    ) -> None:
        """`decoder` gives the decoder for each connection, a fresh one where nothing has to be remembered."""
        self._name = name
        self._line = line
        self._decoder = decoder
        self._now = now
        self._silent_after_s = silent_after_s
        self._garbage_after_s = garbage_after_s
        self._longest_pause_s = longest_pause_s
        self._reopen_after_s = reopen_after_s

    @property
    def name(self) -> str:
        """What the household calls it."""
        return self._name

    async def run(self, deliver: Deliver) -> None:
        """Deliver until cancelled."""

        def on_change(status: LinkStatus) -> None:
            deliver(LinkChanged(self._name, status))

        watch = LinkWatch(
            on_change,
            now=self._now,
            monotonic_s=asyncio.get_running_loop().time,
            silent_after_s=self._silent_after_s,
            garbage_after_s=self._garbage_after_s,
        )
        watch.connecting()
        pause_s = FIRST_PAUSE_S
        try:
            while True:
                receiver = _DecodingReceiver(self._name, self._decoder(), deliver, watch, self._now)
                try:
                    await self._carry_watched(receiver, watch)
                except LineBroken as broken:
                    watch.lost(broken.detail)
                pause_s = FIRST_PAUSE_S if receiver.has_telegram else min(pause_s * 2, self._longest_pause_s)
                await asyncio.sleep(pause_s)
        finally:
            watch.stopped()

    async def _carry_watched(self, receiver: _DecodingReceiver, watch: LinkWatch) -> None:
        """Carry bytes and judge the link beside it; returns when the line is worth opening anew."""
        carrying = asyncio.ensure_future(self._line.carry(receiver))
        try:
            while True:
                due_s = min(watch.check(), self._silent_after_s)
                await asyncio.wait((carrying,), timeout=max(due_s, 0.01))
                if carrying.done():
                    return carrying.result()
                if watch.status.state is LinkState.SILENT and self._is_worth_reopening(watch):
                    return None
        finally:
            carrying.cancel()
            await asyncio.wait((carrying,))
            if not carrying.cancelled():
                carrying.exception()  # taken, so that nobody reports it as lost

    def _is_worth_reopening(self, watch: LinkWatch) -> bool:
        if self._line.leads_elsewhere():
            watch.lost(LinkDetail.PORT_UNPLUGGED)
            return True
        return watch.silent_for_s >= self._reopen_after_s


class _DecodingReceiver:
    """Feeds a decoder and delivers what comes out of it, in the same turn of the loop."""

    def __init__(
        self, name: str, decoder: Decoder, deliver: Deliver, watch: LinkWatch, now: Callable[[], datetime]
    ) -> None:
        self._name = name
        self._decoder = decoder
        self._deliver = deliver
        self._watch = watch
        self._now = now
        self._pace = Pace(asyncio.get_running_loop().time)
        self._line: LineControl | None = None
        self.has_telegram = False

    def line_opened(self, line: LineControl) -> None:
        """The line is open."""
        self._line = line
        self._watch.opened()

    def line_flooded(self) -> None:
        """More came than any meter sends."""
        self._watch.flooded()

    def bytes_arrived(self, octets: bytes) -> None:
        """Decode and deliver; every telegram of a chunk bears the time the chunk arrived."""
        received_at = self._now()
        self._watch.bytes_arrived()
        self._decoder.receive_data(octets)
        ended = disturbed = False
        while (event := self._decoder.next_event()) is not NEED_DATA:
            if isinstance(event, Telegram):
                ended = self.has_telegram = True
                self._deliver(TelegramArrived(self._name, event, received_at))
                self._watch.telegram_arrived(received_at)
            else:
                disturbed = True
                self._deliver(FrameRefused(self._name, event, received_at))
                self._watch.frame_refused(event.kind)
        self._keep_pace(len(octets), ended=ended, disturbed=disturbed)

    def _keep_pace(self, octets: int, *, ended: bool, disturbed: bool) -> None:
        if disturbed:
            self._pace.disturbed()
        elif ended:
            self._pace.telegram_ended(octets)
        elif (hold_s := self._pace.bytes_arrived(octets)) and self._line is not None:
            self._line.hold(hold_s)
