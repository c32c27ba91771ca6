from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkChanged, LinkDetail, LinkState, TelegramArrived


@pytest.fixture
def recording(tmp_path, frame):
    def made(telegrams, damage=b""):
        path = tmp_path / "recording.bin"
        path.write_bytes(
            b"".join(frame(power_w=number, number=number) + damage for number in range(telegrams))
        )
        return path

    return made


def powers(deliveries: list[Any]) -> list[int]:
    return [int(found.telegram.raw[1]) for found in deliveries if isinstance(found, TelegramArrived)]


async def played(source: Any) -> list[Any]:
    deliveries: list[Any] = []
    await asyncio.wait_for(source.run(deliveries.append), 30)
    return deliveries


def replay(path: Any, clock: Any, **more: Any) -> Any:
    settings = {"name": "Recording", "path": str(path), "protocol": "sml", "speed": 0}
    return open_source("replay", settings | more, now=clock)


async def test_a_recording_is_played_to_its_end(recording, clock):
    deliveries = await played(replay(recording(300), clock))
    assert powers(deliveries) == list(range(300))
    last = deliveries[-1]
    assert isinstance(last, LinkChanged)
    assert (last.status.state, last.status.detail) == (LinkState.STOPPED, LinkDetail.RECORDING_ENDED)
    assert last.status.frames_ok == 300


async def test_damage_between_telegrams_does_no_harm(recording, clock):
    deliveries = await played(replay(recording(20, damage=b"\x1b\x1b\x00noise"), clock))
    assert powers(deliveries) == list(range(20))


async def test_speed_is_kept(recording, clock):
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    await played(replay(recording(11), clock, interval_s=1.0, speed=100.0))
    assert 0.10 <= loop.time() - started_s < 5


async def test_a_recording_may_repeat(recording, clock, at_work):
    async with at_work(replay(recording(2), clock, repeat=True)) as deliveries:
        for _ in range(7):
            await deliveries.telegram()


async def test_a_recording_that_is_not_there_says_so(tmp_path, clock):
    (connecting, stopped) = await played(replay(tmp_path / "none.bin", clock))
    assert connecting.status.state is LinkState.CONNECTING
    assert (stopped.status.state, stopped.status.detail) == (LinkState.STOPPED, LinkDetail.RECORDING_MISSING)


async def test_a_long_recording_takes_little_memory(recording, clock):
    path = recording(8000)
    assert path.stat().st_size > 1_000_000
    source = replay(path, clock)
    count = 0

    def deliver(delivery):
        nonlocal count
        count += isinstance(delivery, TelegramArrived)

    tracemalloc.start()
    try:
        await source.run(deliver)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 8000
    assert peak_bytes < 500_000


def test_no_speed_is_negative(recording, clock):
    with pytest.raises(ConsumerAppError):
        replay(recording(1), clock, speed=-1)
