"""The portal's feed, against a real WebSocket server that speaks the wire's messages."""

from __future__ import annotations

import asyncio
import http
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from consumerapp import wire
from consumerapp.sources.link import LinkState
from consumerapp.wire import Ended, Heartbeat, Snapshot
from display.known import Known
from display.portal_feed import NOT_ACCEPTED, PortalFeed
from display.remembered import Pairing
from tests.display.conftest import AMSTERDAM, MOMENT, Clock, a_link, a_now, a_today, an_hour

TOKEN = "t0ken"
SNAPSHOT = Snapshot(
    seq=100,
    household="Kerkstraat 12",
    timezone="Europe/Amsterdam",
    now=(a_now(),),
    today=a_today(),
    hour=an_hour(),
    links=(a_link(),),
)

Talk = Callable[[ServerConnection], Awaitable[None]]


class Portal:
    """The far end: what it does with each connection is the test's choice."""

    def __init__(self, *talks: Talk) -> None:
        self._talks = list(talks)
        self.queries: list[str] = []
        self.port = 0
        self.refuses = False

    @property
    def pairing(self) -> Pairing:
        return Pairing(f"ws://127.0.0.1:{self.port}/h3/v1/display", TOKEN)

    async def answer(self, socket: ServerConnection) -> None:
        """Take the next talk; after the last one, only listen."""
        if self._talks:
            await self._talks.pop(0)(socket)
        else:
            await socket.wait_closed()

    def check(self, socket: ServerConnection, request: Request) -> Response | None:
        """Like a portal: no token, no socket."""
        self.queries.append(urlsplit(request.path).query)
        if self.refuses or request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return socket.respond(http.HTTPStatus.FORBIDDEN, "")
        return None


@asynccontextmanager
async def open_portal(*talks: Talk, port: int = 0) -> AsyncIterator[tuple[Portal, Server]]:
    portal = Portal(*talks)
    async with serve(portal.answer, "127.0.0.1", port, process_request=portal.check) as server:
        portal.port = next(iter(server.sockets)).getsockname()[1]
        yield portal, server


class Listener:
    """Runs a feed and waits for what it tells."""

    def __init__(self) -> None:
        self.told: list[Known] = []
        self._changed = asyncio.Event()

    def hear(self, known: Known) -> None:
        """Be told."""
        self.told.append(known)
        self._changed.set()

    async def until(self, what: Callable[[Known], bool]) -> Known:
        """The first word that fits, from now on."""
        async with asyncio.timeout(10):
            while True:
                for known in self.told:
                    if what(known):
                        return known
                self.told.clear()
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def listening(feed: PortalFeed) -> AsyncIterator[Listener]:
    listener = Listener()
    task = asyncio.create_task(feed.run(listener.hear))
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait((task,))


def a_feed(portal: Portal, clock: Clock, **settings: object) -> PortalFeed:
    quick = {"zone": AMSTERDAM, "first_wait_s": 0.01, "longest_wait_s": 0.02, "clock": clock, **settings}
    return PortalFeed(portal.pairing, **quick)  # type: ignore[arg-type]  # named as the parameters are


def says(*messages: wire.Message | str, then_close: bool = False) -> Talk:
    async def talk(socket: ServerConnection) -> None:
        for message in messages:
            await socket.send(message if isinstance(message, str) else wire.encode(message))
        if not then_close:
            await socket.wait_closed()

    return talk


def is_live(known: Known) -> bool:
    return known.portal is not None and known.portal.state is LinkState.LIVE


def is_lost(known: Known) -> bool:
    return known.portal is not None and known.portal.state is LinkState.LOST


def shows(power: str) -> Callable[[Known], bool]:
    return lambda known: bool(known.meters) and known.meters[0].power_w == Decimal(power)


async def test_a_snapshot_is_shown_and_changes_follow(clock: Clock) -> None:
    change = a_now("2718.3", age_s=0, seq=101)
    async with (
        open_portal(says(SNAPSHOT, change)) as (portal, _),
        listening(a_feed(portal, clock)) as listener,
    ):
        known = await listener.until(shows("2718.3"))
    assert known.household == "Kerkstraat 12"
    assert known.today == a_today()
    assert is_live(known)
    assert not known.encrypted
    assert portal.queries == [""]


async def test_after_a_break_it_resumes_where_it_was(clock: Clock) -> None:
    first = says(SNAPSHOT, a_now("1000", seq=101), then_close=True)
    second = says(a_now("2000", seq=102))
    async with (
        open_portal(first, second) as (portal, _),
        listening(a_feed(portal, clock)) as listener,
    ):
        await listener.until(lambda known: is_lost(known) and shows("1000")(known))
        known = await listener.until(shows("2000"))
    assert portal.queries == ["", "after=101"]
    assert known.household == "Kerkstraat 12"


async def test_a_portal_that_restarts_is_found_again(clock: Clock) -> None:
    async with open_portal(says(SNAPSHOT)) as (portal, server):
        feed = a_feed(portal, clock)
        async with listening(feed) as listener:
            await listener.until(is_live)
            server.close()
            await server.wait_closed()
            await listener.until(is_lost)
            async with open_portal(says(a_now("3141", seq=1)), port=portal.port):
                known = await listener.until(lambda known: is_live(known) and shows("3141")(known))
    assert known.household == "Kerkstraat 12"


async def test_a_silent_portal_is_left_and_called_again(clock: Clock) -> None:
    async with (
        open_portal(says(SNAPSHOT), says(a_now("2000", seq=101))) as (portal, _),
        listening(a_feed(portal, clock, silence_s=0.05)) as listener,
    ):
        await listener.until(is_lost)
        await listener.until(shows("2000"))
    assert portal.queries[:2] == ["", "after=100"]


async def test_heartbeats_count_as_heard(clock: Clock) -> None:
    beats = [Heartbeat(seq=number, at=MOMENT) for number in range(101, 121)]
    first = says(SNAPSHOT, *beats, then_close=True)
    async with (
        open_portal(first, says(a_now("2000", seq=121))) as (portal, _),
        listening(a_feed(portal, clock)) as listener,
    ):
        await listener.until(shows("2000"))
    assert portal.queries == ["", "after=120"]


async def test_what_a_newer_portal_says_besides_is_passed_over(clock: Clock) -> None:
    strange = ('{"v": 1, "type": "weather"}', '{"v": 2}', "not json", "[]")
    async with (
        open_portal(says(SNAPSHOT, *strange, a_now("2000", seq=101))) as (portal, _),
        listening(a_feed(portal, clock)) as listener,
    ):
        await listener.until(shows("2000"))
    assert len(portal.queries) == 1


async def test_a_removed_display_forgets_everything_and_does_not_come_back(
    clock: Clock, tmp_path: Path
) -> None:
    keep = tmp_path / "portal.json"
    keep.write_text(wire.encode(SNAPSHOT))
    wiped: list[bool] = []
    feed_settings = {"keep": keep, "on_removed": lambda: wiped.append(True)}
    async with (
        open_portal(says(SNAPSHOT, Ended(seq=101, reason="removed"))) as (portal, _),
        listening(a_feed(portal, clock, **feed_settings)) as listener,
    ):
        known = await listener.until(
            lambda known: known.portal is not None and known.portal.state is LinkState.STOPPED
        )
    assert known.meters == ()
    assert known.today is None
    assert set(known.hour) == {None}
    assert known.household == ""
    assert wiped == [True]
    assert not keep.exists()
    assert len(portal.queries) == 1


async def test_a_refused_token_is_said_and_not_taken_for_removal(clock: Clock, tmp_path: Path) -> None:
    keep = tmp_path / "portal.json"
    keep.write_text(wire.encode(SNAPSHOT))
    async with open_portal(says(SNAPSHOT)) as (portal, _):
        portal.refuses = True
        async with listening(a_feed(portal, clock, keep=keep)) as listener:
            known = await listener.until(is_lost)
            assert known.portal is not None
            assert known.portal.detail == NOT_ACCEPTED
            assert shows("1423.5")(known)
            portal.refuses = False
            await listener.until(is_live)
    assert keep.exists()


async def test_what_was_known_is_shown_while_the_portal_is_away(clock: Clock, tmp_path: Path) -> None:
    keep = tmp_path / "state" / "portal.json"
    async with open_portal(says(SNAPSHOT)) as (portal, _):
        async with listening(a_feed(portal, clock, keep=keep)) as listener:
            await listener.until(shows("1423.5"))
        assert keep.stat().st_mode & 0o777 == 0o600
    clock.advance(minutes=30)
    async with listening(a_feed(portal, clock, keep=keep)) as listener:
        known = await listener.until(is_lost)
    assert shows("1423.5")(known)
    assert known.household == "Kerkstraat 12"
    assert clock.moment - known.meters[0].received_at > timedelta(minutes=29)


@pytest.mark.parametrize("text", ["", "{", '{"v":1,"type":"heartbeat","seq":1,"at":"2026-11-24T13:07:30Z"}'])
async def test_a_damaged_memory_is_passed_over(clock: Clock, tmp_path: Path, text: str) -> None:
    keep = tmp_path / "portal.json"
    keep.write_text(text)
    async with (
        open_portal(says(SNAPSHOT)) as (portal, _),
        listening(a_feed(portal, clock, keep=keep)) as listener,
    ):
        await listener.until(shows("1423.5"))


async def test_the_token_is_in_no_log(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="display")
    async with (
        open_portal(says(SNAPSHOT, then_close=True)) as (portal, _),
        listening(a_feed(portal, clock)) as listener,
    ):
        await listener.until(is_lost)
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(portal.pairing)
