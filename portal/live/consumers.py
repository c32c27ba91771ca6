"""The sockets that screens listen on: a snapshot first, then every change, numbered.

A bare ASGI application instead of Channels' consumer classes: those give every socket a channel, a
queue and a dispatcher of its own; here one process has one channel, and a message is encoded once
for all screens of a household (`portal.live.feed`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs

from consumerapp import wire
from portal.live.feed import End, Feed, Outbox
from portal.live.hub import HouseholdLive, running_hub
from portal.live.profiles import Profile

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RECHECK_S: Final = 60.0
"""How often a listening screen's right is looked up again, besides being told of its end."""
MOST_WORDS_FROM_A_SCREEN: Final = 100
"""Screens only listen; one that talks this much between two looks is closed."""

CLOSE_REFUSED: Final = 4403
CLOSE_ENDED: Final = 4001
CLOSE_TALKS: Final = 4013
CLOSE_COME_BACK: Final = 1012
"""Service restart (IANA WebSocket close code registry - §?)."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What one socket may listen to."""

    household_id: int
    profile: Profile
    user_id: int | None = None
    device_id: int | None = None


Authorise = Callable[[Scope], Awaitable[Pass | None]]
"""Looks up a socket's right; None: it has none, or no longer."""


class LiveSocket:
    """One kind of screen: who may listen is the argument."""

    def __init__(self, authorise: Authorise) -> None:
        self._authorise = authorise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        granted = await self._authorise(scope)
        if granted is None:
            await send({"type": "websocket.close", "code": CLOSE_REFUSED})
            return
        hub = running_hub()
        live = await hub.live_of(granted.household_id)
        outbox = Outbox(user_id=granted.user_id, device_id=granted.device_id)
        await send({"type": "websocket.accept"})
        async with hub.listening(live, granted.profile, outbox) as feed:
            # Nothing is awaited between joining the feed and the snapshot: no message falls between.
            for text in _first_words(live, feed, scope):
                outbox.put(text)
            watcher = asyncio.create_task(self._watch(scope, receive, granted, outbox))
            try:
                await _write(live, feed, outbox, send)
            finally:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher

    async def _watch(self, scope: Scope, receive: Receive, granted: Pass, outbox: Outbox) -> None:
        """End the outbox when the peer leaves, talks too much, or loses its right."""
        words = 0
        while True:
            try:
                async with asyncio.timeout(RECHECK_S):
                    message = await receive()
            except TimeoutError:
                words = 0
                if (ended := await self._find_end(scope, granted)) is not None:
                    outbox.end(ended)
                    return
                continue
            words += 1
            if message["type"] == "websocket.disconnect":
                outbox.end(End.PEER_LEFT)
                return
            if words > MOST_WORDS_FROM_A_SCREEN:
                outbox.end(End.TALKS)
                return

    async def _find_end(self, scope: Scope, granted: Pass) -> End | None:
        """Why the screen may not go on as it is; None: it may. A database that is away ends nothing."""
        try:
            granted_now = await self._authorise(scope)
        except Exception:
            logger.exception("A screen's right could not be looked up again; it goes on")
            return None
        if granted_now is None:
            return End.REMOVED if granted.device_id is not None else End.ACCESS_ENDED
        return None if granted_now == granted else End.CHANGED


def _first_words(live: HouseholdLive, feed: Feed, scope: Scope) -> list[str]:
    """What the screen missed since the number it names, else a snapshot."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("after", [""])[0]
    if asked.isascii() and asked.isdigit() and len(asked) < 20:
        missed = feed.find_missed(int(asked))
        if missed is not None:
            return missed
    return [live.snapshot_for(feed.profile)]


async def _write(live: HouseholdLive, feed: Feed, outbox: Outbox, send: Send) -> None:
    """Send until the outbox ends."""
    while True:
        for text in await outbox.take():
            await send({"type": "websocket.send", "text": text})
        if outbox.overrun:
            outbox.overrun = False
            await send({"type": "websocket.send", "text": live.snapshot_for(feed.profile)})
        match outbox.ended:
            case None:
                continue
            case End.PEER_LEFT:
                return
            case End.CHANGED:
                await send({"type": "websocket.close", "code": CLOSE_COME_BACK})
                return
            case End.TALKS:
                await send({"type": "websocket.close", "code": CLOSE_TALKS})
                return
            case End.ACCESS_ENDED | End.REMOVED:
                last_word = wire.Ended(seq=feed.seq + 1, reason=outbox.ended)
                await send({"type": "websocket.send", "text": wire.encode(last_word)})
                await send({"type": "websocket.close", "code": CLOSE_ENDED})
                return
