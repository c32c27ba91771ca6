"""A meter of the display's own: real bytes on a real pseudo-terminal, made by our encoder."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from consumerapp.live_values import Ambient, WhyNoPower
from consumerapp.readings import Obis
from consumerapp.simulator import sml
from consumerapp.simulator.outlets import PtyOutlet
from consumerapp.simulator.push import Pusher
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkState
from display.feed import DirectFeed
from display.history import History
from display.known import Known
from tests.display.conftest import AMSTERDAM, Clock

SERVER_ID = bytes.fromhex("0a01454d480000bc614e")
PATIENCE_S = 15


def a_telegram(
    power_w: str | None, *, import_wh: int = 4_482_689, server_id: bytes = SERVER_ID, number: int = 1
) -> bytes:
    """What a meter pushes; without a power it is one that waits for its PIN and counts kilowatt-hours."""
    locked = power_w is None
    entries = [
        sml.ListEntry(obis=Obis.parse("1-0:96.50.1*1"), value=b"EMH"),
        sml.ListEntry(obis=Obis.parse("1-0:96.1.0"), value=server_id),
        sml.ListEntry(
            obis=Obis.parse("1-0:1.8.0"),
            value=import_wh // 1000 if locked else import_wh * 10,
            unit=30,
            scaler=3 if locked else -1,
        ),
    ]
    if power_w is not None:
        raw = int(Decimal(power_w).scaleb(1))
        entries.append(sml.ListEntry(obis=Obis.parse("1-0:16.7.0"), value=raw, unit=27, scaler=-1, width=4))
    return sml.telegram(server_id, entries, number=number)


class ScriptedMeter:
    """Says again and again what the test wants it to say, as meters do."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets

    def telegram(self, at: datetime, *, locked: bool = False) -> bytes:
        """What the pusher asks for."""
        return self.octets


Meter = Callable[[bytes], ScriptedMeter]


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "head"


@pytest.fixture
def meter(port: Path) -> Iterator[Meter]:
    """Starts pushing on the port, twenty telegrams a second at the pace of a fast UART."""
    started: list[tuple[Pusher, threading.Thread]] = []

    def start(octets: bytes) -> ScriptedMeter:
        scripted = ScriptedMeter(octets)
        outlet = PtyOutlet(port)
        outlet.open()
        pusher = Pusher(scripted, outlet, interval_s=0.05, baudrate=115_200)
        thread = threading.Thread(target=pusher.run, daemon=True)
        thread.start()
        started.append((pusher, thread))
        return scripted

    yield start
    for pusher, thread in started:
        pusher.stop()
        thread.join(PATIENCE_S)


class Listener:
    """What the feed has told."""

    def __init__(self) -> None:
        self.told: list[Known] = []
        self._changed = asyncio.Event()

    @property
    def latest(self) -> Known:
        return self.told[-1]

    def hear(self, known: Known) -> None:
        self.told.append(known)
        self._changed.set()

    async def until(self, what: Callable[[Known], bool]) -> Known:
        async with asyncio.timeout(PATIENCE_S):
            while not (self.told and what(self.latest)):
                self._changed.clear()
                await self._changed.wait()
        return self.latest


@asynccontextmanager
async def listening(feed: DirectFeed) -> AsyncIterator[Listener]:
    listener = Listener()
    task = asyncio.create_task(feed.run(listener.hear))
    try:
        yield listener
    finally:
        task.cancel()
        await asyncio.wait((task,))


@asynccontextmanager
async def reading(
    port: Path, clock: Clock, *, history: History | None = None, low_w: int = 2000, high_w: int = 4000
) -> AsyncIterator[Listener]:
    source = open_source("serial", {"name": "Hall meter", "url": str(port), "protocol": "sml"}, now=clock)
    async with listening(
        DirectFeed(source, zone=AMSTERDAM, history=history, clock=clock, low_w=low_w, high_w=high_w)
    ) as listener:
        yield listener


def state_of(known: Known) -> LinkState | None:
    return known.link.state if known.link is not None else None


def shows(power_w: str) -> Callable[[Known], bool]:
    return lambda known: bool(known.meters) and known.meters[0].power_w == Decimal(power_w)


async def test_the_number_in_the_telegram_is_the_number_known(meter: Meter, port: Path, clock: Clock) -> None:
    scripted = meter(a_telegram("1.0"))
    async with reading(port, clock) as listener:
        for power in ("1423.5", "-2104.0", "0.0", "22080.9"):
            scripted.octets = a_telegram(power)
            await listener.until(shows(power))
        known = listener.latest
    assert known.meters[0].import_wh == 4_482_689
    assert known.meters[0].ambient is Ambient.HIGH
    assert known.link is not None
    assert known.link.source == "Hall meter"
    assert known.link.state is LinkState.LIVE


async def test_noise_does_not_change_what_is_known(meter: Meter, port: Path, clock: Clock) -> None:
    broken = bytearray(a_telegram("9999.9"))
    broken[60] ^= 0x10
    scripted = meter(a_telegram("314.2"))
    async with reading(port, clock) as listener:
        await listener.until(shows("314.2"))
        scripted.octets = bytes(broken) + b"\x1b\x1b\xff" * 20 + a_telegram("271.8")
        await listener.until(shows("271.8"))
    assert not any(shows("9999.9")(known) for known in listener.told)


async def test_thresholds_are_the_households_choice(meter: Meter, port: Path, clock: Clock) -> None:
    meter(a_telegram("314.2"))
    async with reading(port, clock, low_w=100, high_w=300) as listener:
        known = await listener.until(shows("314.2"))
    assert known.meters[0].ambient is Ambient.HIGH


async def test_a_locked_meter_is_recognised(meter: Meter, port: Path, clock: Clock) -> None:
    meter(a_telegram(None))
    async with reading(port, clock) as listener:
        known = await listener.until(lambda known: bool(known.meters))
    assert known.meters[0].power_w is None
    assert known.meters[0].why_no_power is WhyNoPower.PIN_LOCKED


async def test_today_grows_and_survives_a_restart(
    meter: Meter, port: Path, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "history.json"
    began = clock.moment
    scripted = meter(a_telegram("1000.0", import_wh=5000))
    async with reading(port, clock, history=History(zone=AMSTERDAM, path=path)) as listener:
        await listener.until(shows("1000.0"))
    clock.advance(minutes=20)
    scripted.octets = a_telegram("1200.0", import_wh=5350)
    async with reading(port, clock, history=History(zone=AMSTERDAM, path=path)) as listener:
        known = await listener.until(shows("1200.0"))
        # What was known before was there at once, with its age.
        assert listener.told[0].meters[0].received_at == began
    assert known.today is not None
    assert known.today.import_wh == 350
    assert known.today_since == began
    assert known.hour[-1] is not None
    assert known.hour[-1] == 1200
    assert known.hour[-121] == 1000


async def test_what_was_recalled_does_not_stand_beside_what_is_live(
    meter: Meter, port: Path, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "history.json"
    scripted = meter(a_telegram("1000.0"))
    async with reading(port, clock, history=History(zone=AMSTERDAM, path=path)) as listener:
        await listener.until(shows("1000.0"))
    scripted.octets = a_telegram("50.0", server_id=bytes.fromhex("0a01454d480000bc6150"))
    async with reading(port, clock, history=History(zone=AMSTERDAM, path=path)) as listener:
        known = await listener.until(shows("50.0"))
    assert len(known.meters) == 1
    assert known.today is not None
    assert known.today.import_wh == 0
    assert {point for point in known.hour if point is not None} == {Decimal(50)}


async def test_a_port_that_is_not_there_is_told_and_found_later(
    meter: Meter, port: Path, clock: Clock
) -> None:
    async with reading(port, clock) as listener:
        known = await listener.until(lambda known: state_of(known) is LinkState.LOST)
        assert known.link is not None
        assert known.link.detail == "port_missing"
        meter(a_telegram("77.7"))
        known = await listener.until(lambda known: state_of(known) is LinkState.LIVE)
    assert shows("77.7")(known)


async def test_a_recording_is_shown_to_its_end(clock: Clock, tmp_path: Path) -> None:
    recording = tmp_path / "recording.bin"
    recording.write_bytes(b"".join(a_telegram(f"{power}.0", number=power) for power in range(100, 120)))
    settings = {"name": "recording.bin", "path": str(recording), "speed": 0.0, "protocol": "sml"}
    feed = DirectFeed(open_source("replay", settings, now=clock), zone=AMSTERDAM, clock=clock)
    async with listening(feed) as listener:
        known = await listener.until(lambda known: state_of(known) is LinkState.STOPPED)
    assert shows("119.0")(known)
