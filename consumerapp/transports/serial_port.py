"""A serial port: a device path, or any URL that `serialx` takes (`rfc2217://`, `esphome://` …).

The library is imported when the first port is opened, so that a display starts without it.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import LinkDetail
from consumerapp.transports.line import ChunkProtocol, LineBroken, LineReceiver, detail_of, ended

MAX_BAUDRATE = 4_000_000
_PARITIES = "NEO"
"""None, even, odd."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a character is framed on the wire, as `8N1` says it."""

    data_bits: int
    parity: str
    stop_bits: int

    @classmethod
    def parse(cls, text: str) -> Framing:
        """Read `8N1`, `7E1`, `8E1` … Raises ConsumerAppError."""
        name = text.strip().upper()
        if len(name) != 3 or name[0] not in "78" or name[1] not in _PARITIES or name[2] not in "12":
            raise ConsumerAppError(f"{text[:8]!r} is no framing (want 8N1, 7E1, 8E1 …)")
        return cls(int(name[0]), name[1], int(name[2]))

    @property
    def bits_per_character(self) -> int:
        """Bits that one character takes on the wire, start and stop bits included."""
        return 1 + self.data_bits + (self.parity != "N") + self.stop_bits


class SerialPort:
    """One serial port, opened exclusively and only ever read."""

    def __init__(self, url: str, *, baudrate: int = 9600, framing: str = "8N1") -> None:
        if not url or "\0" in url:
            raise ConsumerAppError("a serial port needs a path or a URL")
        if not 50 <= baudrate <= MAX_BAUDRATE:
            raise ConsumerAppError(f"{baudrate} baud is outside 50 to {MAX_BAUDRATE}")
        self._url = url
        self._baudrate = baudrate
        self._framing = Framing.parse(framing)
        self._device: tuple[int, int] | None = None

    async def carry(self, receiver: LineReceiver) -> None:
        """Open and hand on until the port breaks; raises LineBroken."""
        serialx: Any = await asyncio.to_thread(import_module, "serialx")
        protocol = ChunkProtocol(receiver)
        self._device = self._device_behind_path()
        try:
            transport, _ = await serialx.create_serial_connection(
                asyncio.get_running_loop(),
                lambda: protocol,
                self._url,
                baudrate=self._baudrate,
                parity=self._framing.parity,
                stopbits=self._framing.stop_bits,
                byte_size=self._framing.data_bits,
                exclusive=True,
            )
        except Exception as error:
            # The library, its backends and termios raise errors of many families; each means the same.
            raise not_opened(error, serialx) from error
        try:
            broken_by = await ended(protocol, transport.abort)
        finally:
            await transport.wait_closed()
        unplugged = LinkDetail.PORT_UNPLUGGED if self._is_path else LinkDetail.PEER_CLOSED
        raise LineBroken(unplugged, f"the port ended: {broken_by}") from broken_by

    def leads_elsewhere(self) -> bool:
        """Whether the path names another device now: unplugged and back, while the old one hangs on."""
        return self._device_behind_path() != self._device

    @property
    def _is_path(self) -> bool:
        return "://" not in self._url

    def _device_behind_path(self) -> tuple[int, int] | None:
        if not self._is_path:
            return None
        try:
            found = os.stat(self._url)  # noqa: PTH116 - one call, and the path may be no path at all
        except (OSError, ValueError):
            return None
        return found.st_rdev, found.st_ino


def not_opened(error: Exception, serialx: Any) -> LineBroken:
    """Why a port could not be opened, from whatever the library and its backends raise."""
    refused_settings = (serialx.UnsupportedSetting, ValueError)
    otherwise = LinkDetail.SETTING_REFUSED if isinstance(error, refused_settings) else LinkDetail.PORT_FAILED
    return LineBroken(
        detail_of(error, otherwise), f"the port cannot be opened: {type(error).__name__}: {error}"
    )
