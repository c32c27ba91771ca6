"""Where messages and screens of one process meet.

The ingest worker publishes straight into the hub of its process: no queue, no second encoding and
no database stand between the telegram and the screens. What comes from other threads and processes
arrives through the channel layer, on one channel per process, not one per screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from consumerapp import wire
from consumerapp.errors import DecodeError
from portal.live.feed import End, Feed, Outbox
from portal.live.groups import group_of
from portal.live.profiles import Profile
from portal.live.seeding import seed_of
from portal.live.state import HouseholdState

logger = logging.getLogger(__name__)

HEARTBEAT_S: Final = 10.0
OUTGOING_MESSAGES: Final = 10_000
FORGET_AFTER_S: Final = 600.0
"""How long a household without screens stays in memory, so that a screen can come back to its feed."""


class HouseholdLive:
    """State and feeds of one household in this process."""

    def __init__(self, household_id: int) -> None:
        self.household_id = household_id
        self.state = HouseholdState()
        self.feeds: dict[Profile, Feed] = {}
        self.pinned = False
        """The ingest worker of this process fills it: keep it though nobody looks."""
        self.left_at = time.monotonic()
        self.ready = asyncio.Event()
        """Set when the state has been seeded."""

    def feed(self, profile: Profile) -> Feed:
        """The feed of a profile, made when first asked for."""
        feed = self.feeds.get(profile)
        if feed is None:
            feed = self.feeds[profile] = Feed(profile)
        return feed

    @property
    def outboxes(self) -> list[Outbox]:
        """Every screen's, whatever its profile."""
        return [outbox for feed in self.feeds.values() for outbox in feed.outboxes]

    def publish(self, message: wire.Message) -> None:
        """Remember it and tell every screen."""
        self.state.apply(message)
        for feed in self.feeds.values():
            feed.publish(message)

    def snapshot_for(self, profile: Profile) -> str:
        """What a screen of that profile begins with, encoded."""
        return self.feed(profile).snapshot_text(self.state.snapshot(datetime.now(UTC)))


class Hub:
    """All households that this process has to do with. Lives on one event loop."""

    def __init__(self) -> None:
        self.origin = secrets.token_hex(8)
        """Marks our own messages, so that they are not taken in twice."""
        self._lives: dict[int, HouseholdLive] = {}
        self._layer: Any = get_channel_layer()
        self._channel = ""
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._outgoing: deque[tuple[int, dict[str, Any]]] = deque(maxlen=OUTGOING_MESSAGES)
        self._outgoing_arrived = asyncio.Event()

    @property
    def tells_other_processes(self) -> bool:
        """Whether the channel layer reaches beyond this process."""
        return bool(getattr(self._layer, "reaches_other_processes", True))

    async def live_of(self, household_id: int, *, pinned: bool = False) -> HouseholdLive:
        """The household's live side, seeded from the database when it is new here."""
        await self._start()
        live = self._lives.get(household_id)
        if live is None:
            live = self._lives[household_id] = HouseholdLive(household_id)
            live.pinned = pinned
            await self._layer.group_add(group_of(household_id), self._channel)
            live.state.seed(await database_sync_to_async(seed_of)(household_id))
            live.ready.set()
        live.pinned = live.pinned or pinned
        await live.ready.wait()
        return live

    @contextlib.asynccontextmanager
    async def listening(self, live: HouseholdLive, profile: Profile, outbox: Outbox) -> AsyncIterator[Feed]:
        """A screen listens to a feed for as long as this lasts."""
        feed = live.feed(profile)
        feed.outboxes.add(outbox)
        try:
            yield feed
        finally:
            feed.outboxes.discard(outbox)
            live.left_at = time.monotonic()

    def publish(self, household_id: int, message: wire.Message) -> None:
        """Tell the screens of this process at once. On the event loop only."""
        live = self._lives.get(household_id)
        if live is not None:
            live.publish(message)

    def tell_others(self, household_id: int, message: wire.Message) -> None:
        """Hand a message to the screens of other processes. Never blocks; the newest wins."""
        if self.tells_other_processes:
            self._hand_out(household_id, {"type": "household.message", "text": wire.encode(message)})

    def forget_link(self, household_id: int, source: str) -> None:
        """The link is gone or has another name: no snapshot shows it, here or in other processes."""
        live = self._lives.get(household_id)
        if live is not None:
            live.state.forget_link(source)
        self._hand_out(household_id, {"type": "household.link_removed", "source": source})

    def _hand_out(self, household_id: int, event: dict[str, Any]) -> None:
        if not self.tells_other_processes:
            return
        if len(self._outgoing) == self._outgoing.maxlen:
            logger.warning("Messages to other processes are dropped: the channel layer is too slow")
        self._outgoing.append((household_id, {**event, "origin": self.origin}))
        self._outgoing_arrived.set()

    async def _start(self) -> None:
        if self._tasks:
            return
        async with self._starting:
            if not self._tasks:
                self._channel = await self._layer.new_channel()
                self._tasks = [
                    asyncio.create_task(_for_ever(self._listen), name="live hub listens"),
                    asyncio.create_task(_for_ever(self._beat), name="live hub beats"),
                    asyncio.create_task(_for_ever(self._send), name="live hub sends"),
                ]

    async def stop(self) -> None:
        """End the hub's own tasks."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        event = await self._layer.receive(self._channel)
        if event.get("origin") == self.origin:
            return
        live = self._lives.get(event["household"])
        if live is None:
            return
        match event["type"]:
            case "household.message":
                with contextlib.suppress(DecodeError):  # a process of a newer version speaks
                    live.publish(wire.decode(event["text"]))
            case "household.link_removed":
                live.state.forget_link(event["source"])
            case "household.closing":
                _end_outboxes(live, event)

    async def _send(self) -> None:
        await self._outgoing_arrived.wait()
        self._outgoing_arrived.clear()
        while self._outgoing:
            household_id, event = self._outgoing.popleft()
            await self._layer.group_send(group_of(household_id), {**event, "household": household_id})

    async def _beat(self) -> None:
        await asyncio.sleep(HEARTBEAT_S)
        now = time.monotonic()
        for household_id, live in list(self._lives.items()):
            if live.outboxes:
                heartbeat = wire.Heartbeat(seq=0, at=datetime.now(UTC))
                for feed in live.feeds.values():
                    if feed.outboxes and now - feed.published_at >= HEARTBEAT_S:
                        feed.publish(heartbeat)
            elif not live.pinned and now - live.left_at > FORGET_AFTER_S:
                del self._lives[household_id]
                await self._layer.group_discard(group_of(household_id), self._channel)


def _end_outboxes(live: HouseholdLive, event: dict[str, Any]) -> None:
    for outbox in live.outboxes:
        same_device = event["device"] is not None and outbox.device_id == event["device"]
        same_user = event["user"] is not None and outbox.user_id == event["user"]
        if same_device or same_user:
            outbox.end(End(event["reason"]))


async def _for_ever(step: Callable[[], Awaitable[None]]) -> None:
    """Repeat a step. One that fails is logged and the next one is tried."""
    while True:
        try:
            await step()
        except Exception:
            logger.exception("The live hub failed once and goes on")
            await asyncio.sleep(1)


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def running_hub() -> Hub:
    """The hub of the running event loop; there is one per loop, and a server has one loop."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        for ended in [known for known in _hubs if known.is_closed()]:
            del _hubs[ended]
        hub = _hubs[loop] = Hub()
    return hub
