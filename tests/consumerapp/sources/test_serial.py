from __future__ import annotations

import asyncio
import gc
import os
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.readings import Obis
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkChanged, LinkDetail, LinkState, TelegramArrived
from consumerapp.sources.serial import SerialSourceConfig, source


@pytest.fixture
def cellar(port, clock):
    """A source on the port, quick to judge."""

    def made(**more):
        settings: dict[str, Any] = {
            "name": "Cellar",
            "url": str(port.path),
            "protocol": "sml",
            "silent_after_s": 0.15,
            "garbage_after_s": 0.1,
        }
        return source(SerialSourceConfig(**(settings | more)), now=clock)

    return made


async def live(deliveries: Any, port: Any, frame: Any) -> None:
    """Wait until the port is open, then push the first telegram."""
    await deliveries.state(LinkState.CONNECTING)
    while not any(isinstance(found, TelegramArrived) for found in deliveries.all):
        port.push(frame())
        await asyncio.sleep(0.01)
    await deliveries.state(LinkState.LIVE)


async def test_a_telegram_is_delivered_as_it_arrives(port, cellar, at_work, frame):
    before = datetime.now(UTC)
    async with at_work(cellar()) as deliveries:
        await live(deliveries, port, frame)
        arrived = next(found for found in deliveries.all if isinstance(found, TelegramArrived))
        assert arrived.source == "Cellar"
        assert before <= arrived.received_at <= datetime.now(UTC)
        values = {value.obis: value.value for value in arrived.telegram.values}
        assert values[Obis.parse("1-0:16.7.0")] == 1420


async def test_a_telegram_in_single_bytes_bears_the_time_of_its_last_byte(
    port, cellar, at_work, frame, clock
):
    async with at_work(cellar(silent_after_s=5.0, garbage_after_s=5.0)) as deliveries:
        await live(deliveries, port, frame)
        while not deliveries._queue.empty():
            deliveries._queue.get_nowait()
        octets = frame(power_w=77, number=9)
        for octet in octets[:-1]:
            port.push(bytes((octet,)))
            await asyncio.sleep(0)
        before_last_byte = clock()
        port.push(octets[-1:])
        arrived = await deliveries.telegram()
        assert arrived.received_at >= before_last_byte - timedelta(milliseconds=1)


async def test_silence_says_so_and_ends_with_the_next_telegram(port, cellar, at_work, frame):
    async with at_work(cellar()) as deliveries:
        changed = await deliveries.state(LinkState.SILENT)
        assert changed.status.detail is LinkDetail.NOTHING_RECEIVED
        port.push(frame())
        await deliveries.state(LinkState.LIVE)
        changed = await deliveries.state(LinkState.SILENT)
        assert changed.status.detail is LinkDetail.WENT_QUIET
        assert changed.status.frames_ok == 1


async def test_garbage_says_so_and_the_next_whole_telegram_is_read(port, cellar, at_work, frame):
    async with at_work(cellar(silent_after_s=5.0)) as deliveries:
        await live(deliveries, port, frame)
        # What 9600 baud looks like at another speed: bytes, but never a frame.
        noise = asyncio.create_task(push_for_ever(port, bytes(range(0x20, 0x7F))))
        changed = await deliveries.state(LinkState.GARBAGE)
        noise.cancel()
        assert changed.status.detail is LinkDetail.NO_FRAMES
        port.push(frame(power_w=5))
        await deliveries.state(LinkState.LIVE)


async def test_broken_frames_are_refused_and_counted(port, cellar, at_work, frame):
    broken = bytearray(frame())
    broken[40] ^= 0x10
    async with at_work(cellar(silent_after_s=5.0)) as deliveries:
        await live(deliveries, port, frame)
        pushing = asyncio.create_task(push_for_ever(port, bytes(broken)))
        refused = await deliveries.refusal()
        assert refused.refused.kind is RefusalKind.CHECKSUM
        changed = await deliveries.state(LinkState.GARBAGE, LinkDetail.FRAMES_BROKEN)
        pushing.cancel()
        assert changed.status.refused[RefusalKind.CHECKSUM] >= 1


async def test_unplugged_is_lost_and_plugged_in_again_is_live(port, cellar, at_work, frame):
    async with at_work(cellar(silent_after_s=5.0)) as deliveries:
        await live(deliveries, port, frame)
        port.unplug()
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_MISSING)
        port.plug_in()  # another device behind the same path
        pushing = asyncio.create_task(push_for_ever(port, frame(power_w=3)))
        changed = await deliveries.state(LinkState.LIVE)
        pushing.cancel()
        assert changed.status.frames_ok >= 2


async def test_a_path_that_leads_to_another_device_is_followed(port, cellar, at_work, frame):
    async with at_work(cellar()) as deliveries:
        await live(deliveries, port, frame)
        port.replace_silently()
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_UNPLUGGED)
        pushing = asyncio.create_task(push_for_ever(port, frame(power_w=4)))
        await deliveries.state(LinkState.LIVE)
        pushing.cancel()


async def test_a_port_that_is_not_there_is_waited_for(port, cellar, at_work, frame):
    port.unplug()
    async with at_work(cellar(silent_after_s=5.0)) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_MISSING)
        port.plug_in()
        pushing = asyncio.create_task(push_for_ever(port, frame()))
        await deliveries.telegram()
        pushing.cancel()


async def test_a_port_that_another_has_is_busy(port, cellar, at_work, frame):
    async with at_work(cellar(silent_after_s=5.0)) as first:
        await live(first, port, frame)
        async with at_work(cellar()) as second:
            await second.state(LinkState.LOST, LinkDetail.PORT_BUSY)


async def test_what_is_no_port_says_so(tmp_path, cellar, at_work):
    file = tmp_path / "notes.txt"
    file.write_text("no port")
    async with at_work(cellar(url=str(file))) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.PORT_FAILED)
    assert file.read_text() == "no port"


@pytest.mark.parametrize("framing", ["7E1", "8E1", "8N1"])
@pytest.mark.parametrize("baudrate", [300, 2400, 9600, 115200])
async def test_every_speed_and_framing_of_meters_can_be_opened(
    port, cellar, at_work, frame, framing, baudrate
):
    async with at_work(cellar(baudrate=baudrate, framing=framing, silent_after_s=5.0)) as deliveries:
        pushing = asyncio.create_task(push_for_ever(port, frame()))
        await deliveries.telegram()
        pushing.cancel()


async def test_a_flood_is_taken_in_bounded_memory(port, cellar, at_work, frame):
    octets = frame() + os.urandom(3000)
    async with at_work(cellar(silent_after_s=5.0)) as deliveries:
        await live(deliveries, port, frame)
        gc.collect()
        tracemalloc.start()
        try:
            pushed = 0
            while pushed < 2_000_000:
                pushed += port.push(octets)
                deliveries.all.clear()
                while not deliveries._queue.empty():
                    deliveries._queue.get_nowait()
                await asyncio.sleep(0)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak_bytes < 1_500_000
        port.push(frame(power_w=6))
        await deliveries.telegram()


async def test_ends_with_a_word_when_it_is_stopped(port, cellar, at_work, frame):
    async with at_work(cellar()) as deliveries:
        await live(deliveries, port, frame)
    last = deliveries.all[-1]
    assert isinstance(last, LinkChanged)
    assert last.status.state is LinkState.STOPPED


async def test_gives_the_port_back_when_it_is_stopped(port, cellar, at_work, frame):
    for _ in range(3):
        async with at_work(cellar(silent_after_s=5.0)) as deliveries:
            await live(deliveries, port, frame)


async def test_stopped_while_opening_leaves_nothing_open(port, cellar):
    before = open_files()
    for turns in range(12):
        task = asyncio.create_task(cellar().run(lambda delivery: None))
        for _ in range(turns):
            await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    gc.collect()
    assert open_files() <= before + 1


async def test_an_error_of_the_receiver_is_not_swallowed(port, cellar, frame):
    class Broken(Exception):
        pass

    def deliver(delivery):
        if isinstance(delivery, TelegramArrived):
            raise Broken

    pushing = asyncio.create_task(push_for_ever(port, frame()))
    with pytest.raises(Broken):
        await asyncio.wait_for(cellar(silent_after_s=5.0).run(deliver), 10)
    pushing.cancel()


async def test_a_tcp_bridge_is_a_port_too(clock, at_work, frame):
    async def bridge(reader, writer):
        writer.write(frame(power_w=42))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(bridge, "127.0.0.1", 0)
    async with server:
        host, number = server.sockets[0].getsockname()
        bridged = open_source(
            "serial", {"name": "Bridge", "url": f"tcp://{host}:{number}", "protocol": "sml"}, now=clock
        )
        async with at_work(bridged) as deliveries:
            await deliveries.telegram()
            await deliveries.state(LinkState.LOST, LinkDetail.PEER_CLOSED)
            await deliveries.telegram()
    async with at_work(bridged) as deliveries:
        await deliveries.state(LinkState.LOST, LinkDetail.CONNECTION_REFUSED)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"name": "Cellar"},
        {"name": "Cellar", "url": ""},
        {"name": "Cellar", "url": "/dev/tty\0S0"},
        {"name": "Cellar", "url": "/dev/ttyS0", "baudrate": "9600"},
        {"name": "Cellar", "url": "/dev/ttyS0", "baudrate": True},
        {"name": "Cellar", "url": "/dev/ttyS0", "baudrate": 0},
        {"name": "Cellar", "url": "/dev/ttyS0", "framing": "9N1"},
        {"name": "Cellar", "url": "/dev/ttyS0", "protocol": "morse"},
        {"name": "Cellar", "url": "/dev/ttyS0", "colour": "blue"},
        {"name": "Cellar", "url": "/dev/ttyS0", "key": "0123"},
        {"name": "Cellar", "url": "tcp://nowhere"},
        {"name": "Cellar", "url": "tcp://host:99999"},
    ],
)
def test_settings_that_cannot_be_are_refused_at_once(settings, clock):
    with pytest.raises(ConsumerAppError):
        open_source("serial", settings, now=clock)


def test_keys_stay_out_of_what_is_printed():
    config = SerialSourceConfig(name="Cellar", url="/dev/ttyS0", key="00112233445566778899aabbccddeeff")
    assert "00112233" not in repr(config)


def open_files() -> int:
    """How many files this process has open; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


async def push_for_ever(port: Any, octets: bytes) -> None:
    """Push the same bytes again and again, as a meter does."""
    while True:
        port.push(octets)
        await asyncio.sleep(0.01)
