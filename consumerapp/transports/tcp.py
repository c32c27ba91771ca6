"""Bytes over TCP: a serial-to-network bridge, or another program that has the port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from urllib.parse import urlsplit

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import ChunkProtocol, LineBroken, LineReceiver, detail_of, ended

CONNECT_TIMEOUT_S = 10.0
KEEPALIVE_IDLE_S = 30
KEEPALIVE_INTERVAL_S = 10
KEEPALIVE_PROBES = 3
"""A peer whose power was cut says nothing; after a minute of unanswered probes it counts as gone."""
SCHEMES = ("tcp", "socket")


class TcpLine:
    """One TCP connection, only ever read."""

    def __init__(self, host: str, port: int) -> None:
        if not host or not 0 < port < 65536:
            raise ConsumerAppError("a TCP line needs a host and a port from 1 to 65535")
        self._host = host
        self._port = port

    @classmethod
    def from_url(cls, url: str) -> TcpLine:
        """Read `tcp://host:port` or `socket://host:port`. Raises ConsumerAppError."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ConsumerAppError("no such address: want tcp://host:port") from error
        if parts.scheme not in SCHEMES or not host or not port:
            raise ConsumerAppError("no such address: want tcp://host:port")
        return cls(host, port)

    async def carry(self, receiver: LineReceiver) -> None:
        """Connect and hand on until the connection ends; raises LineBroken."""
        loop = asyncio.get_running_loop()
        protocol = ChunkProtocol(receiver)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                transport, _ = await loop.create_connection(lambda: protocol, self._host, self._port)
        except (OSError, UnicodeError) as error:
            detail = detail_of(error, LinkDetail.UNREACHABLE)
            raise LineBroken(detail, f"no connection to port {self._port}: {error}") from error
        _keep_alive(transport.get_extra_info("socket"))
        broken_by = await ended(protocol, transport.abort)
        detail = detail_of(broken_by, LinkDetail.PEER_CLOSED) if broken_by else LinkDetail.PEER_CLOSED
        raise LineBroken(detail, f"the connection ended: {broken_by}") from broken_by

    def leads_elsewhere(self) -> bool:
        """A connection stays with the host it was made to."""
        return False


def _keep_alive(connection: socket.socket | None) -> None:
    if connection is None:
        return
    # Not every platform knows every option; the connection works without.
    with contextlib.suppress(OSError, AttributeError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
