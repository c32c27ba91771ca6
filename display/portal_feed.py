"""The portal's feed (H3): a snapshot, then changes; taken up again by itself after every break."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from consumerapp import wire
from consumerapp.errors import DecodeError
from consumerapp.sources.link import LinkState
from display.feed import SAVE_EVERY_S, Clock, Tell, utc_now
from display.known import Knowledge
from display.private_files import read_bounded, write_private
from display.remembered import Pairing

log = logging.getLogger(__name__)

MAX_SNAPSHOT_BYTES: Final = 1 << 20
PORTAL_NAME: Final = "portal"
NOT_ACCEPTED: Final = "not_accepted"
"""Detail of a portal that refuses this display's token."""
_NOT_ACCEPTED: Final = (401, 403)


class RemovedByHousehold(Exception):
    """The portal ended the feed for good: this display is no longer the household's."""


class PortalFeed:
    """The portal's feed: a snapshot, then changes; taken up again after every break."""

    def __init__(
        self,
        pairing: Pairing,
        *,
        zone: ZoneInfo,
        keep: Path | None = None,
        tls: ssl.SSLContext | None = None,
        silence_s: float = 60.0,
        first_wait_s: float = 1.0,
        longest_wait_s: float = 30.0,
        on_removed: Callable[[], None] = lambda: None,
        clock: Clock = utc_now,
    ) -> None:
        """`keep` is a file for the last snapshot; `on_removed` wipes what the display has kept."""
        self._pairing = pairing
        self._keep = keep
        self._tls = tls
        self._silence_s = silence_s
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._on_removed = on_removed
        self._clock = clock
        self._knowledge = Knowledge(
            zone=zone, household=pairing.name, encrypted=pairing.portal.startswith("wss:")
        )
        self._resume_after: int | None = None
        self._tell: Tell = lambda _known: None

    async def run(self, tell: Tell) -> None:
        """Follow the portal until cancelled or until the household removes this display."""
        self._tell = tell
        self._recall()
        self._portal_is(LinkState.CONNECTING)
        try:
            async with asyncio.TaskGroup() as tasks:
                saver = tasks.create_task(self._save_regularly())
                await self._follow()
                saver.cancel()
        finally:
            self._save()

    async def _follow(self) -> None:
        wait_s = self._first_wait_s
        while True:
            try:
                await self._listen()
            except RemovedByHousehold:
                self._forget()
                return
            except InvalidStatus as error:
                # Not taken for the household's word: a proxy or a portal being mended says 403 too.
                refused = error.response.status_code in _NOT_ACCEPTED
                self._portal_is(LinkState.LOST, NOT_ACCEPTED if refused else "")
            except (OSError, TimeoutError, WebSocketException) as error:
                log.info("the portal's feed broke: %s", type(error).__name__)
                if self._portal_state is LinkState.LIVE:
                    wait_s = self._first_wait_s
                self._portal_is(LinkState.LOST)
            # Scattered, so that the displays of a whole town do not come back in one moment.
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - no secret
            wait_s = min(wait_s * 2, self._longest_wait_s)

    def _address(self) -> str:
        if self._resume_after is None:
            return self._pairing.portal
        parts = urlsplit(self._pairing.portal)
        return urlunsplit(parts._replace(query=urlencode({"after": self._resume_after})))

    async def _listen(self) -> None:
        async with connect(
            self._address(),
            additional_headers={"Authorization": f"Bearer {self._pairing.token}"},
            ssl=self._tls if self._pairing.portal.startswith("wss:") else None,
            max_size=wire.MAX_MESSAGE_CHARS,
            open_timeout=10,
            close_timeout=2,
        ) as socket:
            self._portal_is(LinkState.LIVE)
            while True:
                async with asyncio.timeout(self._silence_s):
                    received = await socket.recv()
                if isinstance(received, str):
                    self._take(received)

    def _take(self, text: str) -> None:
        try:
            message = wire.decode(text)
        except DecodeError as error:
            # A newer portal may say more than this display understands; the rest still counts.
            log.info("a message was not understood: %s", error.detail)
            return
        if isinstance(message, wire.Ended):
            raise RemovedByHousehold
        self._knowledge.learn(message)
        self._resume_after = message.seq
        self._tell(self._knowledge.known(self._clock()))

    @property
    def _portal_state(self) -> LinkState | None:
        return self._knowledge.portal.state if self._knowledge.portal else None

    def _portal_is(self, state: LinkState, detail: str = "") -> None:
        before = self._knowledge.portal
        if before is None or (before.state, before.detail) != (state, detail):
            self._knowledge.portal = wire.Link(
                seq=0, source=PORTAL_NAME, state=state, since=self._clock(), detail=detail
            )
        self._tell(self._knowledge.known(self._clock()))

    def _forget(self) -> None:
        """Nothing of the household stays on a display that is no longer its own."""
        self._keep_nothing()
        self._on_removed()
        self._knowledge = Knowledge(zone=self._knowledge.zone)
        self._portal_is(LinkState.STOPPED)

    def _keep_nothing(self) -> None:
        if self._keep is not None:
            self._keep.unlink(missing_ok=True)
            self._keep = None

    def _recall(self) -> None:
        if self._keep is None:
            return
        text = read_bounded(self._keep, max_bytes=MAX_SNAPSHOT_BYTES)
        if text is None:
            return
        with contextlib.suppress(DecodeError):
            snapshot = wire.decode(text)
            if isinstance(snapshot, wire.Snapshot):
                self._knowledge.learn(snapshot)

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            self._save()

    def _save(self) -> None:
        known = self._knowledge.known(self._clock())
        if self._keep is None or not known.meters:
            return
        snapshot = wire.Snapshot(
            seq=self._knowledge.seq,
            household=known.household,
            timezone=known.zone.key,
            now=known.meters,
            today=known.today,
            hour=self._knowledge.hour.to_hour(self._clock()) if known.detail else None,
        )
        try:
            write_private(self._keep, wire.encode(snapshot))
        except OSError as error:
            log.warning("the last snapshot cannot be kept: %s", error.strerror)
