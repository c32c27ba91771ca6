"""SML transport, version 1 (BSI TR-03109-1 Anlage IV - §?): finds the frames in a stream of bytes.

    1B1B1B1B 01010101  payload, filled with 00 to a multiple of 4  1B1B1B1B 1A  fill count  checksum

A quadruple of 1B in the payload is sent twice. Every other escape is refused: version 2 (02020202), time-outs
(03) and block sizes (04) are in the specification, but no meter sends them.

A frame ends at its end sequence, wherever that stands: some meters forget the fill bytes. Damage is met so:

* a start inside a frame drops that frame: its end got lost;
* a frame that is longer than any meter's is dropped;
* where a frame turns out to be broken, the search goes on right behind its start and, if the end is broken
  too, right behind the 1A: bytes lost there make the frame swallow the beginning of the next one.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from consumerapp.errors import RefusalKind
from consumerapp.h1.decoder import Refused

ESCAPE: Final = b"\x1b\x1b\x1b\x1b"
START: Final = ESCAPE + b"\x01\x01\x01\x01"
START_CODE: Final = b"\x01\x01\x01\x01"
VERSION_2_CODE: Final = b"\x02\x02\x02\x02"
END_CODE: Final = 0x1A
ESCAPE_OCTET: Final = 0x1B
END_BYTES: Final = 8
"""Length of the end sequence with fill count and checksum."""

MAX_FRAME_BYTES: Final = 8192
"""The longest push seen has 700 bytes, an EDL40 list with signatures some 1,500; five times that is noise."""


_new = tuple.__new__
"""Makes a NamedTuple without going through its Python-level constructor."""


class Frame(NamedTuple):
    """The bytes of one frame, from the first 1B to the checksum, not yet checked."""

    offset: int
    """Position of its first byte in the stream."""
    octets: bytes
    has_escapes: bool
    """Whether the payload may hold an escape."""


class _Step(Enum):
    """Nothing to hand out: go on searching, or wait."""

    AGAIN = "again"
    NEED_DATA = "need data"


class FrameReader:
    """Cuts a stream into frames. The owner checks each and says `accept` or `reject` before the next."""

    __slots__ = ("_at", "_chunks", "_data", "_distrust", "_ended", "_frame", "_start")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._data = b""
        self._start = 0
        """Position of `_data[0]` in the stream."""
        self._frame = -1
        """Index of the open frame's start in `_data`; -1: none is open."""
        self._at = 0
        """Index where the search for the next escape goes on."""
        self._distrust = -1
        """Before this index a doubled escape with a start code is a start: the frame around was broken."""
        self._ended = False

    def receive_data(self, data: bytes) -> None:
        """Take in the next bytes of the stream."""
        self._chunks.append(data if type(data) is bytes else bytes(data))

    def receive_eof(self) -> None:
        """No more bytes will come."""
        self._ended = True

    def next_frame(self) -> Frame | Refused | None:
        """The next frame or refusal; None: more bytes are needed."""
        if self._chunks:
            self._gather()
        data, at = self._data, self._at
        if self._frame < 0 and data.startswith(START, at):
            end = data.find(ESCAPE, at + len(START), at + MAX_FRAME_BYTES - END_BYTES + len(ESCAPE))
            if end >= 0 and len(data) >= end + END_BYTES and data[end + 4] == END_CODE:
                # The usual case: a frame without an escape, whole, right where the search stands.
                self._frame = at
                self._at = end
                return _new(Frame, (self._start + at, data[at : end + END_BYTES], False))
        while True:
            found = self._in_frame() if self._frame >= 0 else self._idle()
            if found is _Step.NEED_DATA:
                return None
            if found is not _Step.AGAIN:
                return found

    def accept(self, frame: Frame) -> None:
        """The frame was whole: go on behind it."""
        end = self._frame + len(frame.octets)
        self._frame = -1
        self._at = end

    def reject(self, frame: Frame) -> None:
        """The frame was broken: a better one may begin inside it."""
        self._give_up(self._frame + len(frame.octets) - END_BYTES + 5)

    def _gather(self) -> None:
        data = self._data
        keep = self._frame if self._frame >= 0 else self._at
        if keep < len(data):
            self._data = b"".join((data[keep:], *self._chunks))
        else:
            # The usual case: whatever there was has been consumed.
            self._data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            keep = len(data)
        self._chunks.clear()
        if keep:
            self._start += keep
            self._at -= keep
            self._distrust -= keep
            if self._frame >= 0:
                self._frame -= keep

    def _idle(self) -> Refused | _Step:
        data = self._data
        found = data.find(ESCAPE, self._at)
        if found < 0:
            self._at = max(self._at, len(data) - len(ESCAPE) + 1)
            return _Step.NEED_DATA
        code = data[found + 4 : found + 8]
        self._at = found
        if len(code) < 4 and not self._ended:
            return _Step.NEED_DATA
        if code == START_CODE:
            self._frame = found
            self._at = found + len(START)
            return _Step.AGAIN
        if not code:
            self._at = len(data)
            return _Step.NEED_DATA
        if code == VERSION_2_CODE:
            self._at = found + 8
            return Refused(RefusalKind.UNSUPPORTED, self._start + found, "SML transport version 2")
        if code[0] == ESCAPE_OCTET:
            self._at = found + 1
            return _Step.AGAIN
        self._at = found + 5
        if code[0] != END_CODE:
            return _Step.AGAIN
        detail = "the end of an SML frame whose beginning is missing"
        return Refused(RefusalKind.TRUNCATED, self._start + found, detail)

    def _in_frame(self) -> Frame | Refused | _Step:
        data = self._data
        frame = self._frame
        last = frame + MAX_FRAME_BYTES - END_BYTES
        found = data.find(ESCAPE, self._at, last + len(ESCAPE))
        if found < 0:
            if len(data) >= last + len(ESCAPE):
                return self._drop(last + 1, f"no end within {MAX_FRAME_BYTES} bytes")
            self._at = max(self._at, len(data) - len(ESCAPE) + 1)
            return self._cut_short() if self._ended else _Step.NEED_DATA
        code = data[found + 4 : found + 8]
        self._at = found
        if len(code) < 4:
            return self._cut_short() if self._ended else _Step.NEED_DATA
        if code[0] == END_CODE:
            octets = data[frame : found + END_BYTES]
            has_escapes = octets.find(ESCAPE, len(START)) != len(octets) - END_BYTES
            return Frame(self._start + frame, octets, has_escapes)
        if code == ESCAPE:
            if found < self._distrust:
                behind = data[found + 8 : found + 12]
                if len(behind) < 4 and not self._ended:
                    return _Step.NEED_DATA
                if behind == START_CODE:
                    self._at = found + 4
                    return _Step.AGAIN
            self._at = found + 8
            return _Step.AGAIN
        if code in (START_CODE, VERSION_2_CODE):
            return self._drop(found, f"a new frame begins after {found - frame} bytes")
        # A longer run of 1B may hide an end sequence; any other escape shows when the frame is read.
        self._at = found + (1 if code[0] == ESCAPE_OCTET else 4)
        return _Step.AGAIN

    def _cut_short(self) -> Refused:
        return self._drop(
            len(self._data), f"the stream ends {len(self._data) - self._frame} bytes into a frame"
        )

    def _drop(self, upto: int, detail: str) -> Refused:
        refused = Refused(RefusalKind.TRUNCATED, self._start + self._frame, detail)
        self._give_up(upto)
        return refused

    def _give_up(self, upto: int) -> None:
        """Leave the open frame, which was broken; look for a start inside it, else go on at `upto`."""
        inner = self._data.find(START, self._frame + len(START), upto)
        if inner >= 0:
            self._distrust = max(self._distrust, upto)
            self._frame = inner
            self._at = inner + len(START)
        else:
            self._frame = -1
            self._at = upto


def unescaped(payload: bytes) -> list[bytes]:
    """What an escaped payload may stand for, likeliest first.

    Most encoders double a quadruple wherever it stands, some only on the four-byte grid, and some forget it.
    Where the readings differ, the checksums of the messages tell which is right; where none is, there was an
    escape of another kind.
    """
    if ESCAPE not in payload:
        return [payload]
    readings = [_undoubled_anywhere(payload), _undoubled_on_grid(payload), payload]
    return [
        reading
        for place, reading in enumerate(readings)
        if reading is not None and reading not in readings[:place]
    ]


def _undoubled_anywhere(payload: bytes) -> bytes | None:
    parts = payload.split(ESCAPE + ESCAPE)
    return None if any(ESCAPE in part for part in parts) else ESCAPE.join(parts)


def _undoubled_on_grid(payload: bytes) -> bytes | None:
    blocks = [payload[place : place + 4] for place in range(0, len(payload), 4)]
    kept: list[bytes] = []
    pending = False
    for block in blocks:
        if pending and block != ESCAPE:
            return None
        pending = block == ESCAPE and not pending
        if not pending:
            kept.append(block)
    return None if pending else b"".join(kept)
