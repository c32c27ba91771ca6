from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import MAX_BYTES_PER_S, LineBroken
from consumerapp.transports.tcp import TcpLine


class Receiver:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.octets = bytearray()
        self.floods = 0
        self.flooded_thrice = asyncio.Event()
        self.opened = asyncio.Event()

    def line_opened(self, line: object) -> None:
        self.opened.set()

    def line_flooded(self) -> None:
        self.floods += 1
        if self.floods == 3:
            self.flooded_thrice.set()

    def bytes_arrived(self, octets: bytes) -> None:
        self.octets += octets


@asynccontextmanager
async def bridge(serve: Callable[[asyncio.StreamWriter], Any]) -> AsyncIterator[TcpLine]:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(writer)
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield TcpLine.from_url(f"tcp://{host}:{port}")


async def test_bytes_arrive_and_the_end_has_a_reason():
    async def serve(writer: asyncio.StreamWriter) -> None:
        writer.write(b"abc")
        await writer.drain()

    receiver = Receiver()
    async with bridge(serve) as line:
        with pytest.raises(LineBroken) as broken:
            await line.carry(receiver)
    assert receiver.octets == b"abc"
    assert broken.value.detail is LinkDetail.PEER_CLOSED


async def test_a_reset_connection_is_closed_by_the_peer():
    async def serve(writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        linger_not = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)

    async with bridge(serve) as line:
        with pytest.raises(LineBroken) as broken:
            await line.carry(Receiver())
    assert broken.value.detail is LinkDetail.PEER_CLOSED


async def test_nobody_listening_is_refused():
    async with bridge(lambda writer: asyncio.sleep(0)) as line:
        pass
    with pytest.raises(LineBroken) as broken:
        await line.carry(Receiver())
    assert broken.value.detail is LinkDetail.CONNECTION_REFUSED


async def test_a_name_without_address_says_so():
    with pytest.raises(LineBroken) as broken:
        await TcpLine("no-such-host.invalid", 7701).carry(Receiver())
    assert broken.value.detail in (LinkDetail.ADDRESS_UNKNOWN, LinkDetail.UNREACHABLE)


async def test_a_flood_is_slowed_down():
    async def serve(writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    receiver = Receiver()
    loop = asyncio.get_running_loop()
    async with bridge(serve) as line:
        task = asyncio.create_task(line.carry(receiver))
        started_s = loop.time()
        await receiver.flooded_thrice.wait()
        took_s = loop.time() - started_s
        task.cancel()
        await asyncio.wait((task,))
    assert len(receiver.octets) <= MAX_BYTES_PER_S * (took_s + 0.5) + 4 * 262144


async def test_cancelling_closes_the_connection():
    closed = asyncio.Event()

    async def serve(writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.005)
        finally:
            closed.set()

    receiver = Receiver()
    async with bridge(serve) as line:
        task = asyncio.create_task(line.carry(receiver))
        await receiver.opened.wait()
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
        await asyncio.wait_for(closed.wait(), 10)


@pytest.mark.parametrize("url", ["tcp://", "tcp://host", "tcp://:7701", "http://host:1", "tcp://host:0", "x"])
def test_addresses_that_cannot_be_are_refused(url):
    with pytest.raises(ConsumerAppError):
        TcpLine.from_url(url)
