"""What the byte-carrying transports have in common: chunks in, one reason out when the line ends.

A transport connects, hands every chunk to its receiver the moment it arrives, and ends by raising
`LineBroken`. It keeps no queue: what the receiver has not taken stays in the kernel, whose buffers are
bounded, and a peer that floods is slowed down.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final
from typing import Protocol as TypingProtocol

from consumerapp.errors import TransportError
from consumerapp.sources.link import LinkDetail

MAX_BYTES_PER_S: Final = 1 << 20
"""Ten times the fastest meter's port (P1 at 115200 baud sends 11 520 bytes a second), and room for bursts."""
_FLOOD_WINDOW_S: Final = 0.25


class LineBroken(TransportError):
    """A line could not be opened, or it broke. Trying again may help."""

    def __init__(self, detail: LinkDetail, facts: str) -> None:
        super().__init__(facts)
        self.detail = detail


class LineReceiver(TypingProtocol):
    """Who takes the bytes."""

    def line_opened(self, line: LineControl) -> None:
        """The line is open; bytes may follow."""

    def bytes_arrived(self, octets: bytes) -> None:
        """The next chunk, just arrived. It must not block."""

    def line_flooded(self) -> None:
        """More came than any meter sends; the peer is slowed down."""


class LineControl(TypingProtocol):
    """What a receiver may do to its line."""

    def hold(self, seconds: float) -> None:
        """Let bytes gather in the kernel for so long, to take them in one go."""


class Line(TypingProtocol):
    """A transport of bytes."""

    async def carry(self, receiver: LineReceiver) -> None:
        """Connect and hand on until the line breaks (LineBroken) or ends of itself (returns)."""

    def leads_elsewhere(self) -> bool:
        """Whether the address has come to mean another device since the line was opened."""


class ChunkProtocol(asyncio.Protocol):
    """Hands an asyncio transport's chunks to a receiver; `lost` is done when the line has ended."""

    def __init__(self, receiver: LineReceiver, max_bytes_per_s: int = MAX_BYTES_PER_S) -> None:
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._window_bytes = int(max_bytes_per_s * _FLOOD_WINDOW_S)
        self._window_ends_s = 0.0
        self._taken_bytes = 0
        self._resume: asyncio.TimerHandle | None = None
        self.lost: asyncio.Future[Exception | None] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._receiver.line_opened(self)

    def data_received(self, data: bytes) -> None:
        """Hand on at once; slow the peer down when it sends more than any meter does."""
        if self.lost.done():
            return
        try:
            self._receiver.bytes_arrived(data)
        except Exception as error:  # noqa: BLE001 - handed to the task that carries, which raises it
            self.lost.set_exception(error)
            return
        now_s = self._loop.time()
        if now_s >= self._window_ends_s:
            self._window_ends_s = now_s + _FLOOD_WINDOW_S
            self._taken_bytes = 0
        self._taken_bytes += len(data)
        if self._taken_bytes > self._window_bytes:
            self._receiver.line_flooded()
            self.hold(self._window_ends_s - now_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """The line has ended, by itself or by us."""
        self._cancel_resume()
        self._transport = None
        if not self.lost.done():
            self.lost.set_result(exc)

    def hold(self, seconds: float) -> None:
        """Let bytes gather in the kernel for so long."""
        if self._transport is None or self._transport.is_closing():
            return
        self._cancel_resume()
        self._transport.pause_reading()
        self._resume = self._loop.call_later(max(0.0, seconds), self._read_again)

    def _read_again(self) -> None:
        self._resume = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def _cancel_resume(self) -> None:
        if self._resume is not None:
            self._resume.cancel()
            self._resume = None


_DETAIL_BY_ERRNO = {
    errno.ENOENT: LinkDetail.PORT_MISSING,
    errno.ENODEV: LinkDetail.PORT_MISSING,
    errno.ENXIO: LinkDetail.PORT_MISSING,
    errno.ENOTDIR: LinkDetail.PORT_MISSING,
    errno.ELOOP: LinkDetail.PORT_MISSING,
    errno.EBUSY: LinkDetail.PORT_BUSY,
    errno.EAGAIN: LinkDetail.PORT_BUSY,
    errno.EACCES: LinkDetail.PORT_DENIED,
    errno.EPERM: LinkDetail.PORT_DENIED,
    errno.EROFS: LinkDetail.PORT_DENIED,
    errno.EINVAL: LinkDetail.SETTING_REFUSED,
    errno.ECONNREFUSED: LinkDetail.CONNECTION_REFUSED,
    errno.ECONNRESET: LinkDetail.PEER_CLOSED,
    errno.EPIPE: LinkDetail.PEER_CLOSED,
    errno.ETIMEDOUT: LinkDetail.UNREACHABLE,
    errno.EHOSTUNREACH: LinkDetail.UNREACHABLE,
    errno.ENETUNREACH: LinkDetail.UNREACHABLE,
    errno.EHOSTDOWN: LinkDetail.UNREACHABLE,
    errno.ENETDOWN: LinkDetail.UNREACHABLE,
}


def detail_of(error: BaseException, otherwise: LinkDetail) -> LinkDetail:
    """The code for an error of the operating system, wherever in the chain of causes it stands."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return LinkDetail.ADDRESS_UNKNOWN
        if isinstance(cause, TimeoutError):
            return LinkDetail.UNREACHABLE
        # termios.error is no OSError, but has the number in the same place.
        number = cause.args[0] if cause.args else None
        if isinstance(number, int) and number in _DETAIL_BY_ERRNO:
            return _DETAIL_BY_ERRNO[number]
        cause = cause.__cause__ or cause.__context__
    return otherwise


async def ended(protocol: ChunkProtocol, close: Callable[[], None]) -> Exception | None:
    """Wait until the line has ended; close it when we are cancelled or the receiver failed."""
    try:
        return await asyncio.shield(protocol.lost)
    finally:
        close()
