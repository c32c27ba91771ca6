"""The bytes of a stream that have not been understood yet, with their place in the stream."""

from __future__ import annotations


class ReceiveBuffer:
    """A window on a stream: append at the end, look anywhere, discard at the front.

    Appending is linear however small the chunks are: they are joined only when somebody looks.
    """

    __slots__ = ("_chunks", "_data", "_start")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._data = b""
        self._start = 0

    def append(self, octets: bytes | bytearray | memoryview) -> None:
        """Take in the next bytes of the stream."""
        self._chunks.append(bytes(octets))

    @property
    def offset(self) -> int:
        """Position of the first byte of `data` in the stream."""
        return self._start

    @property
    def data(self) -> bytes:
        """Everything that has not been discarded."""
        if self._chunks:
            self._data = b"".join((self._data, *self._chunks))
            self._chunks.clear()
        return self._data

    def discard(self, count: int) -> None:
        """Forget the first `count` bytes of `data`."""
        self._data = self.data[count:]
        self._start += count

    def __len__(self) -> int:
        return len(self.data)
