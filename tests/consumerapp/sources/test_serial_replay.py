"""On a real pty: what was recorded on the line is refused after a cut and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consumerapp.errors import RefusalKind
from consumerapp.h1.counter_book import CounterBook
from consumerapp.readings import Obis
from consumerapp.simulator import dlms, dlms_frames
from consumerapp.sources import open_source
from consumerapp.sources.link import LinkState

KEY, AUTH_KEY = b"Meterside test 1", b"Meterside test 2"
CODE = Obis.parse("1-0:1.7.0")


def frames(first: int, *, title: bytes = b"TST\x00\x00\x00\x00\x17") -> Iterator[bytes]:
    """What a meter that ciphers sends from that counter on; its power is its counter."""
    for counter in range(first, first + 1000):
        body = dlms.notification(dlms.coded_array([dlms.Register(CODE, dlms.u32(counter), 0, 27)]))
        apdu = dlms_frames.sealed(
            body, key=KEY, auth_key=AUTH_KEY, system_title=title, counter=counter, security=0x30
        )
        yield dlms_frames.hdlc_message(apdu)


def opened(port: Any, book: CounterBook, protocol: str = "dlms") -> Any:
    settings = {
        "name": "Cellar",
        "url": str(port.path),
        "protocol": protocol,
        "key": KEY.hex(),
        "auth_key": AUTH_KEY.hex(" "),
    }
    return open_source("serial", settings, counters=book)


async def push_until(port: Any, octets: Iterator[bytes], heard: Any) -> Any:
    hearing = asyncio.ensure_future(heard)
    while not hearing.done():
        port.push(next(octets))
        await asyncio.wait((hearing,), timeout=0.02)
    return hearing.result()


def again(recorded: bytes) -> Iterator[bytes]:
    while True:
        yield recorded


@pytest.mark.parametrize("protocol", ["dlms", "auto"])
async def test_a_recorded_telegram_is_refused_after_a_restart(port, at_work, tmp_path: Path, protocol):
    kept = tmp_path / "book"
    book = CounterBook()
    async with at_work(opened(port, book, protocol)) as deliveries:
        arrived = await push_until(port, frames(1), deliveries.telegram())
        while book.paired_title is None:
            arrived = await push_until(port, frames(int(arrived.telegram.raw[0]) + 50), deliveries.telegram())
    last = max(entry.counter for entry in book.take_changes())
    kept.write_text(book.to_text())

    book = CounterBook.from_text(kept.read_text())
    recorded = next(frames(last))
    async with at_work(opened(port, book, protocol)) as deliveries:
        refused = await push_until(port, again(recorded), deliveries.refusal())
        assert refused.refused.kind is RefusalKind.REPLAY
        arrived = await push_until(port, frames(last + 1), deliveries.telegram())
        assert arrived.telegram.raw[0] > last
        stranger = frames(1, title=b"TST\x00\x00\x00\x00\x99")
        refused = await push_until(port, stranger, deliveries.refusal())
        assert "not the paired meter's" in refused.refused.detail


async def test_a_recorded_telegram_is_refused_after_a_cut(port, at_work):
    async with at_work(opened(port, CounterBook())) as deliveries:
        arrived = await push_until(port, frames(1), deliveries.telegram())
        recorded = next(frames(int(arrived.telegram.raw[0])))
        port.unplug()
        await deliveries.state(LinkState.LOST)
        port.plug_in()
        refused = await push_until(port, again(recorded), deliveries.refusal())
        assert refused.refused.kind is RefusalKind.REPLAY
