"""One household's numbered stream of messages for one profile, and who listens to it.

A message is encoded once per feed, however many screens listen. The last messages stay in a ring,
so that a screen that comes back says `after=<seq>` and gets exactly what it missed.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from dataclasses import replace
from enum import StrEnum
from typing import Final

from consumerapp import wire
from portal.live.profiles import Profile, narrow

RING_MESSAGES: Final = 300
"""Five minutes at one telegram a second: longer than a router takes to restart."""
OUTBOX_MESSAGES: Final = 300
"""What a slow screen may be behind before it gets a snapshot instead."""


class End(StrEnum):
    """Why nothing more is sent to a screen; the value is the reason it is told."""

    PEER_LEFT = "peer_left"
    TALKS = "talks"
    """It sent words; screens only listen."""
    CHANGED = "changed"
    """What it may see is another now: it is let go, to come back and begin anew."""
    ACCESS_ENDED = "access_ended"
    """The person may no longer see this household."""
    REMOVED = "removed"
    """The device was removed on the Devices page: it must forget its token and what it knows."""


class Outbox:
    """What waits to be sent to one screen. For the screen the newest wins."""

    def __init__(self, *, user_id: int | None = None, device_id: int | None = None) -> None:
        self.user_id = user_id
        self.device_id = device_id
        self.ended: End | None = None
        self.overrun = False
        """Set when messages were dropped: the screen needs a snapshot."""
        self._waiting: deque[str] = deque()
        self._arrived: asyncio.Future[None] | None = None

    def put(self, text: str) -> None:
        """Add one encoded message. Never blocks; past the bound everything waiting is dropped."""
        if len(self._waiting) >= OUTBOX_MESSAGES:
            self._waiting.clear()
            self.overrun = True
        else:
            self._waiting.append(text)
        self._wake()

    def end(self, why: End) -> None:
        """Nothing more will come."""
        self.ended = why
        self._wake()

    async def take(self) -> list[str]:
        """What waits, oldest first; empty when the feed ended or was overrun."""
        while not self._waiting and self.ended is None and not self.overrun:
            self._arrived = asyncio.get_running_loop().create_future()
            try:
                await self._arrived
            finally:
                self._arrived = None
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _wake(self) -> None:
        if self._arrived is not None and not self._arrived.done():
            self._arrived.set_result(None)


class Feed:
    """Numbers, encodes, remembers and hands out. Lives on the event loop only."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        # A random start, so that a number from before a restart, or of another process, is never
        # mistaken for one of ours. 31 + 22 bits stay exact in JavaScript's numbers.
        self.seq = secrets.randbits(31) << 22
        self.outboxes: set[Outbox] = set()
        self.published_at = time.monotonic()
        self._ring: deque[str] = deque(maxlen=RING_MESSAGES)

    def publish(self, message: wire.Message) -> None:
        """Tell everyone who listens, as far as the profile goes."""
        granted = narrow(message, self.profile)
        if granted is None:
            return
        self.seq += 1
        text = wire.encode(replace(granted, seq=self.seq))
        self._ring.append(text)
        self.published_at = time.monotonic()
        for outbox in self.outboxes:
            outbox.put(text)

    def find_missed(self, after: int) -> list[str] | None:
        """The messages since number `after`; None: too long ago, or not a number of this feed."""
        behind = self.seq - after
        if not 0 <= behind <= len(self._ring):
            return None
        return list(self._ring)[len(self._ring) - behind :]

    def snapshot_text(self, snapshot: wire.Snapshot) -> str:
        """A snapshot as of the last number given out; the next message follows it."""
        granted = narrow(snapshot, self.profile)
        assert granted is not None  # every profile is told something to begin with
        return wire.encode(replace(granted, seq=self.seq))
