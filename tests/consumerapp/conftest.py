"""A serial port that is a real pseudo-terminal behind a path that stays, and a meter that pushes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consumerapp.readings import Obis
from consumerapp.simulator.sml import ListEntry, telegram
from consumerapp.sources.link import Deliver, Delivery, FrameRefused, LinkChanged, Source, TelegramArrived

SERVER_ID = bytes.fromhex("0a014d545300000012ab")
PATIENCE_S = 10.0
"""How long a test waits for what must come; it takes milliseconds."""


def sml_frame(power_w: int = 1420, number: int = 1) -> bytes:
    """A made telegram: import register and net power."""
    rows = (
        ListEntry(obis=Obis.parse("1-0:1.8.0"), value=123456789, unit=30, scaler=-1),
        ListEntry(obis=Obis.parse("1-0:16.7.0"), value=power_w, unit=27, scaler=0, width=4),
    )
    return telegram(SERVER_ID, rows, number=number)


class PortAtHand:
    """The far end of a reading head, to plug in, to unplug, and to push bytes through."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ends: tuple[int, int] | None = None
        self._abandoned: list[int] = []

    def plug_in(self) -> None:
        """A new device under the same path, as udev gives it."""
        ours, theirs = os.openpty()
        tty.setraw(ours)
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._ends = (ours, theirs)
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(os.ttyname(theirs))

    def unplug(self) -> None:
        """The device goes, and its path with it."""
        if self._ends is None:
            return
        self.path.unlink(missing_ok=True)
        for end in self._ends:
            os.close(end)
        self._ends = None

    def replace_silently(self) -> None:
        """The path leads to another device, while the old one says nothing, not even that it ended."""
        assert self._ends is not None
        self._abandoned += self._ends
        self._ends = None
        self.plug_in()

    def speed_code(self) -> int:
        """The speed that the reader has set, as termios writes it."""
        assert self._ends is not None
        code: int = termios.tcgetattr(self._ends[0])[5]
        return code

    def push(self, octets: bytes) -> int:
        """Write what fits; a full line takes no more."""
        assert self._ends is not None
        with contextlib.suppress(BlockingIOError):
            return os.write(self._ends[0], octets)
        return 0

    def close(self) -> None:
        """Give everything back."""
        self.unplug()
        for end in self._abandoned:
            os.close(end)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[PortAtHand]:
    plugged = PortAtHand(tmp_path / "reading-head")
    plugged.plug_in()
    yield plugged
    plugged.close()


class Deliveries:
    """What a source has delivered, to wait for."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self.all: list[Delivery] = []

    def deliver(self, delivery: Delivery) -> None:
        """What the source calls."""
        self.all.append(delivery)
        self._queue.put_nowait(delivery)

    async def first(self, is_it: Callable[[Delivery], bool]) -> Delivery:
        """The next delivery that is it; what comes before is dropped."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_it(delivery := await self._queue.get()):
                pass
        return delivery

    async def telegram(self) -> TelegramArrived:
        """The next telegram."""
        arrived = await self.first(lambda delivery: isinstance(delivery, TelegramArrived))
        assert isinstance(arrived, TelegramArrived)
        return arrived

    async def refusal(self) -> FrameRefused:
        """The next refusal."""
        refused = await self.first(lambda delivery: isinstance(delivery, FrameRefused))
        assert isinstance(refused, FrameRefused)
        return refused

    async def state(self, *wanted: object) -> LinkChanged:
        """The next change to a state (and detail)."""

        def is_it(delivery: Delivery) -> bool:
            if not isinstance(delivery, LinkChanged):
                return False
            return set(wanted) <= {delivery.status.state, delivery.status.detail}

        changed = await self.first(is_it)
        assert isinstance(changed, LinkChanged)
        return changed


@contextlib.asynccontextmanager
async def running(source: Source) -> AsyncIterator[Deliveries]:
    """A source at work; cancelled at the end."""
    deliveries = Deliveries()
    deliver: Deliver = deliveries.deliver
    task = asyncio.create_task(source.run(deliver))
    try:
        yield deliveries
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def frame() -> Callable[..., bytes]:
    return sml_frame


@pytest.fixture
def at_work() -> Callable[[Source], contextlib.AbstractAsyncContextManager[Deliveries]]:
    return running


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: datetime.now(UTC)
