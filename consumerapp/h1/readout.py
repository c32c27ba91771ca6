"""A readout in ASCII: from `/` to `!`, with a CRC behind it (P1), a block check (D0), or neither.

P1 and IEC 62056-21 mode D share the frame; what tells them apart is how the end is guarded:

    /XXX5 identification CR LF CR LF data sets ! CRC CR LF          P1, DSMR 4 and later
    /XXX5 identification CR LF CR LF data sets ! CR LF              P1, DSMR 2.2 and 3.0; D0 mode D
    /XXX5 identification CR LF [ACK…] STX data sets ! CR LF ETX BCC    D0 modes A and C

A missing guard is accepted only where the generation never had one; a telegram with a clock or a version
number belongs to a generation that has a CRC, and without it is refused.
"""

from __future__ import annotations

import re
from collections import deque
from functools import reduce
from operator import xor
from typing import Final

from consumerapp.errors import RefusalKind
from consumerapp.h1.checksums import arc
from consumerapp.h1.decoder import NEED_DATA, NextEvent, Protocol, Refused, Telegram
from consumerapp.h1.readout_content import ReadoutContent

MAX_READOUT_BYTES: Final = 32 * 1024
"""A mode C readout with fifteen billing periods has 10 kB, a P1 telegram 2 kB; three times that."""
MAX_RETRIES: Final = 4
"""How many later `/` inside one broken frame are tried as its real beginning, so that time stays linear."""

_HEADER = re.compile(rb"/[A-Za-z]{3}[^\r\n!]{0,64}\r?\n")
_OPEN_HEADER = re.compile(rb"/(?:[A-Za-z]{0,3}|[A-Za-z]{3}[^\r\n!]{0,64}\r?)\Z")
_END = re.compile(rb"!([^\r\n]{0,8})(\r\n|\r|\n)")
_END_OF_INPUT = re.compile(rb"(?<=\n)!([^\r\n]{0,8})\Z")
_CRC = re.compile(rb"[0-9A-Fa-f]{1,4}")
_STX, _ETX, _ACK = 0x02, 0x03, 0x06
_GUARDED_GENERATION = (b"\n1-3:0.2.8(", b"\n0-0:1.0.0(", b"\n0-0:96.1.4(")


class ReadoutDecoder:
    """Sans-IO decoder of ASCII readouts. Obeys the laws of `decoder`."""

    def __init__(self, content: ReadoutContent) -> None:
        self._content = content
        self._buffer = bytearray()
        self._start = 0
        """Stream position of the buffer's first byte."""
        self._searched = 0
        """How far an end has been looked for, so that a slow stream costs linear time."""
        self._open = False
        """The buffer begins with a header."""
        self._ended = False
        self._retries = 0
        self._events: deque[Telegram | Refused] = deque()

    def receive_data(self, data: bytes) -> None:
        """Take in the next bytes of the stream, in any chunking."""
        self._buffer += data

    def receive_eof(self) -> None:
        """No more bytes will come."""
        self._ended = True

    def next_event(self) -> NextEvent:
        """The next telegram or refusal, or NEED_DATA. Raises nothing."""
        while not self._events:
            if not self._advance():
                return NEED_DATA
        return self._events.popleft()

    def _advance(self) -> bool:
        """Take one step through the buffer; False: only more bytes can help."""
        if not self._buffer or self._take_known():
            return bool(self._buffer) or bool(self._events)
        if not self._open and not self._find_header():
            return False
        end = self._find_end()
        again = self._next_header(end.start() if end else min(len(self._buffer), MAX_READOUT_BYTES))
        if again:
            self._refuse(RefusalKind.TRUNCATED, "a new telegram began before this one ended", again)
            return True
        if end is None:
            return self._await_end()
        taken = self._guard_end(end)
        if taken is None:
            return False
        self._judge(end, taken)
        return True

    def _take_known(self) -> bool:
        """The short way for a telegram whose structure is known, at the front of the buffer."""
        known = self._content.known(self._buffer, self._start)
        if known is None:
            return False
        telegram, length = known
        self._events.append(telegram)
        self._retries = 0
        self._leave(length)
        return True

    def _find_header(self) -> bool:
        header = _HEADER.search(self._buffer)
        if header:
            self._drop(header.start())
            self._open, self._searched = True, header.end() - header.start() - 1
            return True
        half = _OPEN_HEADER.search(self._buffer[-80:]) if not self._ended else None
        self._drop(len(self._buffer) - (len(half[0]) if half else 0))
        return False

    def _find_end(self) -> re.Match[bytes] | None:
        """The end mark at the start of a line, with what is printed behind it."""
        position = self._searched
        while (position := self._buffer.find(b"\n!", position, MAX_READOUT_BYTES) + 1) > 0:
            if (end := _END.match(self._buffer, position, MAX_READOUT_BYTES)) is not None:
                return end
        return None

    def _next_header(self, limit: int) -> int:
        """Position of a header at the start of a later line, 0 if there is none before `limit`."""
        position = max(self._searched, 1)
        while (position := self._buffer.find(b"/", position, limit)) > 0:
            if self._buffer[position - 1] in b"\r\n" and _HEADER.match(self._buffer, position, limit):
                return position
            position += 1
        return 0

    def _await_end(self) -> bool:
        if len(self._buffer) > MAX_READOUT_BYTES:
            self._refuse(RefusalKind.MALFORMED, f"no end within {MAX_READOUT_BYTES} bytes", 1)
            return True
        if self._ended:
            if (tail := _END_OF_INPUT.search(self._buffer)) is not None:
                self._judge(tail, len(self._buffer))
            else:
                self._refuse(RefusalKind.TRUNCATED, "the input ends inside a telegram", len(self._buffer))
            return True
        # An end mark may lie across the border, so the search resumes a little before it.
        self._searched = max(self._searched, len(self._buffer) - 80)
        return False

    def _guard_end(self, end: re.Match[bytes]) -> int | None:
        """Where the frame ends, its block check included; None: the next bytes decide."""
        after = end.end()
        if end[2] == b"\r" and after == len(self._buffer) and not self._ended:
            return None
        if self._stx(end.start()) < 0:
            return after
        if len(self._buffer) > after and self._buffer[after] != _ETX:
            return after
        if len(self._buffer) >= after + 2:
            return after + 2
        return after if self._ended else None

    def _stx(self, limit: int) -> int:
        """Position of STX, which begins a block that a BCC guards; -1: there is none."""
        return self._buffer.find(_STX, 0, limit)

    def _judge(self, end: re.Match[bytes], taken: int) -> None:
        body = bytes(self._buffer[: end.start() + 1])
        printed = bytes(end[1]).strip()
        stx = self._stx(end.start())
        problem = None
        if printed:
            problem = self._crc_problem(body, printed)
        elif stx >= 0 and taken > end.end():
            found, wanted = reduce(xor, self._buffer[stx + 1 : end.end() + 1]), self._buffer[taken - 1]
            if found != wanted:
                problem = (RefusalKind.CHECKSUM, f"block check {found:02X}, frame says {wanted:02X}")
                if wanted == ord("/"):
                    # The frame was cut just before its check, and this begins the next one.
                    taken -= 1
        elif any(mark in body for mark in _GUARDED_GENERATION):
            problem = (RefusalKind.CHECKSUM, "this generation of meters sends a CRC, and there is none")
        if problem is not None:
            self._refuse(*problem, self._retry_from(end.start()) or taken)
            return
        protocol = Protocol.P1 if printed or self._content.looks_like_p1(body) else Protocol.D0
        event = self._content.telegram(body, protocol, self._start, strict=not printed and stx < 0)
        self._events.append(event)
        self._retries = 0
        self._leave(taken)

    @staticmethod
    def _crc_problem(body: bytes, printed: bytes) -> tuple[RefusalKind, str] | None:
        if not _CRC.fullmatch(printed):
            return RefusalKind.MALFORMED, "what follows the end mark is no CRC"
        # Some meters print no leading zero, so the CRC is compared as a number.
        wanted, found = int(printed, 16), arc(body)
        if found != wanted and b"\r" not in body:
            # A gateway took the carriage returns away; the meter's CRC still guards the text with them.
            found = arc(body.replace(b"\n", b"\r\n"))
        if found != wanted:
            return RefusalKind.CHECKSUM, f"CRC {found:04X}, telegram says {wanted:04X}"
        return None

    def _retry_from(self, limit: int) -> int:
        """A later `/` that may be the real beginning of the frame that just failed; 0: none."""
        header = _HEADER.search(self._buffer, 1, limit) if self._retries < MAX_RETRIES else None
        self._retries = self._retries + 1 if header else 0
        return header.start() if header else 0

    def _refuse(self, kind: RefusalKind, detail: str, consumed: int) -> None:
        self._events.append(Refused(kind, self._start, detail))
        self._leave(consumed)

    def _leave(self, consumed: int) -> None:
        self._drop(consumed)
        self._open, self._searched = False, 0

    def _drop(self, count: int) -> None:
        if count:
            del self._buffer[:count]
            self._start += count
