"""A WebSocket client that adds next to nothing: a bare TCP socket, for measuring servers (RFC 6455)."""

from __future__ import annotations

import base64
import os
import socket

_LONG, _LONGER = 126, 127
_FINAL, _TEXT, _PING, _PONG = 0x80, 1, 9, 10


class ScreenSocket:
    """One screen's socket. Reads whole messages, answers pings, sends nothing else."""

    def __init__(self, port: int, path: str, *, cookie: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        host = f"127.0.0.1:{port}"
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._buffer = b""
        while b"\r\n\r\n" not in self._buffer:
            self._read()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(f"no socket at {path}: {head[:80]!r}")

    def next_message(self) -> bytes:
        """The next whole message, waiting for it."""
        while (message := self.find_message()) is None:
            self._read()
        return message

    def take_arrived(self) -> None:
        """Read once what the kernel holds."""
        self._read()

    def find_message(self) -> bytes | None:
        """The next message among what has been read; None: not whole yet. A ping is answered on the way."""
        while (frame := self._find_frame()) is not None:
            opcode, payload = frame
            if opcode == _TEXT:
                return payload
            if opcode == _PING:
                # Masked, as clients have to; with a mask of zeros.
                self.socket.sendall(bytes((_FINAL | _PONG, _FINAL | len(payload), 0, 0, 0, 0)) + payload)
        return None

    def _find_frame(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, begin = buffer[1] & 0x7F, 2
        if length == _LONG:
            length, begin = int.from_bytes(buffer[2:4], "big"), 4
        elif length == _LONGER:
            length, begin = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < begin + length:
            return None
        self._buffer = buffer[begin + length :]
        return buffer[0] & 0x0F, buffer[begin : begin + length]

    def close(self) -> None:
        """Leave."""
        self.socket.close()

    def _read(self) -> None:
        octets = self.socket.recv(65536)
        if not octets:
            raise RuntimeError("the server closed the socket")
        self._buffer += octets
