"""Where a synthetic meter's bytes come out: a pseudo-terminal that looks like a serial port, or TCP.

An outlet behaves as a cable does. It never waits for a reader; who does not listen misses the bytes.
Only with `waits=True`, for tests that want every byte, does the reader set the pace.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import termios
import tty
from fcntl import ioctl
from pathlib import Path
from typing import Protocol

from consumerapp.errors import TransportError

_UNREAD_LIMIT_BYTES = 512
"""More than a telegram and a half lies unread: nobody listens, so the wire forgets it."""
_CLIENT_LIMIT = 16
_WAIT_STEP_S = 0.1
_CLIENT_PATIENCE_S = 10.0
"""A client that is waited for and does not read for so long has gone."""


class Outlet(Protocol):
    """The end of the cable."""

    @property
    def where(self) -> str:
        """What a reader has to open."""

    def open(self) -> None:
        """Plug in. Raises TransportError when the place cannot be had."""

    def close(self) -> None:
        """Unplug: readers see the line hang up."""

    def begin_telegram(self) -> None:
        """Drop what nobody has read of the telegrams before."""

    def write(self, octets: bytes) -> int:
        """Put bytes on the wire; how many it has taken. Less than all only when it waits for a reader."""


class PtyOutlet:
    """A pseudo-terminal in raw mode behind a symbolic link that keeps its name."""

    def __init__(self, path: Path, *, waits: bool = False) -> None:
        self.path = path
        self._waits = waits
        self._ends: tuple[int, int] | None = None
        """Ours and the reader's; ours of the reader's keeps the line alive while nobody listens."""

    @property
    def where(self) -> str:
        """The path of the link."""
        return str(self.path)

    def open(self) -> None:
        """Make the terminal and point the link to it."""
        if self._ends is not None:
            return
        if self.path.exists() and not self.path.is_symlink():
            raise TransportError(f"{self.path} is there already and is not a link; choose another path")
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        os.set_blocking(ours, False)
        self._ends = (ours, theirs)
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            beside.unlink(missing_ok=True)
            beside.symlink_to(os.ttyname(theirs))
            beside.replace(self.path)
        except OSError as error:
            self.close()
            raise TransportError(f"cannot make {self.path}: {error.strerror}") from error

    def close(self) -> None:
        """Hang up and take the link away."""
        if self._ends is None:
            return
        ours, theirs = self._ends
        with contextlib.suppress(OSError):
            if str(self.path.readlink()) == os.ttyname(theirs):
                self.path.unlink()
        self._ends = None
        os.close(ours)
        os.close(theirs)

    def begin_telegram(self) -> None:
        """Forget bytes that lie unread, and whatever a reader has said to the meter."""
        if self._ends is None:
            return
        ours, theirs = self._ends
        if not self._waits and _unread(theirs) > _UNREAD_LIMIT_BYTES:
            termios.tcflush(theirs, termios.TCIFLUSH)
        with contextlib.suppress(BlockingIOError):
            os.read(ours, 4096)

    def write(self, octets: bytes) -> int:
        """Put bytes on the line; a full line swallows them, or makes us wait."""
        if self._ends is None:
            return len(octets)
        if self._waits:
            select.select([], [self._ends[0]], [], _WAIT_STEP_S)
        try:
            taken = os.write(self._ends[0], octets)
        except BlockingIOError:
            taken = 0
        return taken if self._waits else len(octets)


def _unread(terminal: int) -> int:
    return int.from_bytes(ioctl(terminal, termios.FIONREAD, bytes(4)), "little")


class TcpOutlet:
    """A listening socket, as a serial-to-network bridge offers it: every client gets the same bytes."""

    def __init__(self, host: str, port: int, *, waits: bool = False) -> None:
        self.host = host
        self.port = port
        """0: any free one; `open` puts in which."""
        self._waits = waits
        self._listener: socket.socket | None = None
        self._clients: list[socket.socket] = []

    @property
    def where(self) -> str:
        """A URL that serial libraries and our sources understand."""
        return f"socket://{self.host}:{self.port}"

    def open(self) -> None:
        """Listen."""
        if self._listener is not None:
            return
        try:
            self._listener = socket.create_server((self.host, self.port))
        except OSError as error:
            raise TransportError(f"cannot listen on {self.host}:{self.port}: {error.strerror}") from error
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]

    def close(self) -> None:
        """Hang up on everybody and stop listening."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def begin_telegram(self) -> None:
        """Let in who is waiting."""
        if self._listener is None:
            return
        with contextlib.suppress(BlockingIOError):
            while len(self._clients) < _CLIENT_LIMIT:
                client, _ = self._listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                client.settimeout(_CLIENT_PATIENCE_S if self._waits else 0.0)
                self._clients.append(client)

    def write(self, octets: bytes) -> int:
        """Send to everybody; who lags misses bytes, who has gone is forgotten."""
        if self._waits and not self._clients:
            select.select([self._listener] if self._listener else [], [], [], _WAIT_STEP_S)
            return 0
        for client in self._clients.copy():
            try:
                if self._waits:
                    client.sendall(octets)
                else:
                    client.send(octets)
            except BlockingIOError:
                continue
            except OSError:
                client.close()
                self._clients.remove(client)
        return len(octets)
