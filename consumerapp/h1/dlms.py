"""DLMS/COSEM push: a stream of bytes in any of its framings, telegrams out.

    HDLC        7E A…              M-Bus      68 L L 68
    wrapper     00 01 …            none       E6 E7 00 or the APDU at once

A framing with checksums is recognised anywhere. The wrapper and the bare APDU have none: unless the link is
said to carry them they are looked for only where the stream begins and behind one another, so that the
inside of a broken frame is never taken for a telegram.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections import deque
from datetime import tzinfo
from enum import StrEnum
from typing import Final

from consumerapp.errors import ApduError, DecodeError, RefusalKind
from consumerapp.h1 import hdlc, mbus, wrapper
from consumerapp.h1.axdr import AxdrTruncated
from consumerapp.h1.checksums import BIT_REVERSED, X25_RESIDUE
from consumerapp.h1.cipher import CounterStore, Guard, MeterKeys
from consumerapp.h1.decoder import NEED_DATA, Event, NextEvent, Protocol, Refused, Telegram
from consumerapp.h1.dlms_apdu import FIRST_OCTETS, READABLE, ApduReader, length_of
from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS, Answer, Incomplete, Whole
from consumerapp.h1.dlms_values import Setting
from consumerapp.h1.profile import Match, get_profile


class Framing(StrEnum):
    """What is around the APDUs of a link."""

    AUTO = "auto"
    HDLC = "hdlc"
    MBUS = "mbus"
    WRAPPER = "wrapper"
    APDU = "apdu"


MAX_UNFRAMED_OCTETS: Final = 8192
"""Longest message taken without a checksum around it."""

_STARTS_OF: Final = {
    Framing.AUTO: frozenset((hdlc.FLAG, mbus.START)),
    Framing.HDLC: frozenset((hdlc.FLAG,)),
    Framing.MBUS: frozenset((mbus.START,)),
    Framing.WRAPPER: frozenset[int](),
    Framing.APDU: frozenset[int](),
}
_SEARCH: Final = {
    framing: re.compile(b"[" + re.escape(bytes(sorted(starts))) + b"]") if starts else None
    for framing, starts in _STARTS_OF.items()
}
_LLC: Final = (hdlc.LLC_TO_CLIENT, hdlc.LLC_TO_SERVER)
_LLC_OCTETS: Final = 3
_FLAG: Final = bytes((hdlc.FLAG,))
_TWO_FLAGS: Final = _FLAG * 2
_AROUND_CONTENT: Final = 9
"""Octets of an HDLC frame besides its addresses and information: flags, format, control, HCS, FCS."""
_WRAPPER_STARTS: Final = re.compile(rb"\x00\x01")
_APDU_STARTS: Final = re.compile(rb"\xe6[\xe6\xe7]\x00|\xdb\x08")
"""What is told from the inside of a message: a lone tag is not."""


_UNSOUND: Final = frozenset((RefusalKind.MALFORMED, RefusalKind.TRUNCATED))
"""Refusals of a message without frame after which even its length is not believed. Where a message can be
found
again by its beginning, one that does not open is searched as well: it may have swallowed another."""

_NO_APDU: Final = "what begins like a message without a frame is none"


def decoder(
    *,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    profile: str | None = None,
    next_keys: tuple[bytes, bytes | None] | None = None,
    counters: CounterStore | None = None,
    system_titles: frozenset[bytes] | None = None,
    zone: tzinfo | None = None,
) -> DlmsDecoder:
    """A fresh decoder for a link with one meter; `profile` names a meter file.

    `next_keys`: encryption and authentication key that are to follow, tried beside the ones in force. The
    rest is for links that last: see `DlmsDecoder`. Raises ConsumerAppError for a profile that is not there.
    """
    keys: tuple[MeterKeys, ...] = (MeterKeys(key, auth_key),) if key is not None else ()
    if next_keys is not None:
        keys += (MeterKeys(*next_keys),)
    return DlmsDecoder(keys=keys, profile=profile, counters=counters, system_titles=system_titles, zone=zone)


class DlmsDecoder:
    """Frames, segments, blocks, ciphers and bodies of one link. Owns no port, no clock, no log."""

    def __init__(
        self,
        *,
        keys: tuple[MeterKeys, ...] = (),
        counters: CounterStore | None = None,
        system_titles: frozenset[bytes] | None = None,
        profile: str | None = None,
        zone: tzinfo | None = None,
        framing: Framing = Framing.AUTO,
    ) -> None:
        """`system_titles`: the paired meters; None: any. `zone`: for meters that do not say their
        deviation."""
        self.guard = Guard(keys, counters=counters, system_titles=system_titles)
        setting = Setting(profile=get_profile(profile, Protocol.DLMS) if profile else None, zone=zone)
        self._reader = ApduReader(self.guard, setting)
        self._framing = framing
        self._unframed = framing in {Framing.AUTO, Framing.WRAPPER, Framing.APDU}
        self._checked_starts = _STARTS_OF[framing]
        self._search = _SEARCH[framing]
        self._unsound = _UNSOUND if self._checked_starts else _UNSOUND | {RefusalKind.WRONG_KEY}
        self._clean = True
        """Where a message without checksum may begin: the stream's start, and behind another."""
        self._data = b""
        self._chunks: list[bytes] = []
        self._at = 0
        self._base = 0
        self._needed = 0
        self._ended = False
        self._goes_on = False
        """The stream only paused."""
        self._events: deque[Event] = deque()
        self._usual: tuple[bytes, int] | None = None
        """Header and length of the last unsegmented HDLC frame; its header checksum has been right."""
        self._segments: list[bytes] = []
        self._segment_octets = 0
        self._segment_peers = b""
        self._segment_offset = 0

    @property
    def found(self) -> Match | None:
        """The meter profile the last telegram was read with, its score and why; None: no profile fits."""
        return self._reader.found

    def receive_data(self, data: bytes) -> None:
        """Take in the next bytes of the stream, in any chunking."""
        self._chunks.append(data if type(data) is bytes else bytes(data))

    def receive_eof(self) -> None:
        """No more bytes will come: a frame or message still open is refused as truncated."""
        self._ended = True
        self._needed = 0

    def receive_silence(self) -> None:
        """Nothing has come for longer than two pushes: what is open will not become whole any more.

        The stream goes on with whatever comes next. Only who has a clock can say this.
        """
        self.receive_eof()
        self._goes_on = True

    def next_event(self) -> NextEvent:
        """The next telegram or refusal, or NEED_DATA. Raises nothing."""
        if self._events:
            return self._events.popleft()
        if self._chunks:
            self._gather()
        if self._usual is not None and len(self._data) >= self._needed:
            telegram = self._read_usual(*self._usual)
            if telegram is not None:
                return telegram
        while len(self._data) >= self._needed or self._ended:
            if not self._step():
                break
            if self._events:
                return self._events.popleft()
        if self._ended:
            self._give_up_open()
            if self._events:
                return self._events.popleft()
            if self._goes_on:
                self._ended = self._goes_on = False
        return NEED_DATA

    def _gather(self) -> None:
        at = self._at
        chunks = self._chunks
        rest = self._data[at:]
        if rest == _FLAG and chunks[0][:1] == _FLAG:
            # Of two flags in a row the first one opens nothing.
            at += 1
            rest = b""
        self._data = b"".join((rest, *chunks)) if rest or len(chunks) > 1 else chunks[0]
        chunks.clear()
        self._base += at
        self._needed -= at
        self._at = 0

    def _read_usual(self, header: bytes, size: int) -> Telegram | None:
        """The frame that a meter sends all day: the last one's header, and a body that has been learned.

        It says what the general way would say, or nothing and takes nothing.
        """
        data, at = self._data, self._at
        if data.startswith(_TWO_FLAGS, at):
            at += 1
        end = at + size
        if not data.startswith(header, at) or data[end - 1 : end] != _FLAG or self._segments:
            return None
        frame = data[at + 1 : end - 1]
        if crc_hqx(frame.translate(BIT_REVERSED), 0xFFFF) != X25_RESIDUE:
            return None
        telegram = self._reader.read_usual(frame[len(header) - 1 : -2], self._base + at)
        if telegram is not None:
            self._at = end - 1
            self._needed = end + 2
        return telegram

    # -- one step along the stream

    def _step(self) -> bool:
        """Look at the next place where a frame may begin; False: nothing more to see before more bytes
        come."""
        data, at = self._data, self._at
        if at >= len(data):
            self._needed = at + 1
            return False
        first = data[at]
        if first not in self._checked_starts:
            place = self._unframed_place(at)
            if place == at:
                return self._step_unframed(at)
            found = self._search.search(data, at) if self._search is not None else None
            goal = min(found.start() if found else len(data), len(data) if place is None else place)
            self._clean = False
            self._at = goal
            return True
        answer = self._read_checked(at)
        if isinstance(answer, Whole):
            self._clean = self._unframed = False
            offset = self._base + at
            self._at = answer.end
            if first == hdlc.FLAG:
                self._on_hdlc(answer, offset)
            else:
                self._on_mbus(answer, offset)
        elif isinstance(answer, Incomplete):
            if not self._ended:
                self._needed = answer.needed
                return False
            if answer.convincing:
                self._refuse(RefusalKind.TRUNCATED, self._base + at, "the stream ends inside a frame")
            self._skip_to(at + 1)
        elif answer is None:
            self._skip_to(at + 1)
        else:
            self._refuse(answer.kind, self._base + at, answer.detail)
            self._skip_to(answer.resume)
        return True

    def _skip_to(self, at: int) -> None:
        self._clean = False
        self._at = at

    def _read_checked(self, at: int) -> Answer:
        if self._data[at] == hdlc.FLAG:
            return hdlc.read_frame(self._data, at, ended=self._ended)
        return mbus.read_frame(self._data, at, ended=self._ended)

    # -- messages without checksum

    def _unframed_place(self, at: int) -> int | None:
        """Where, from here, a message without checksum may begin; None: nowhere in what is there."""
        if self._framing is Framing.WRAPPER:
            found = _WRAPPER_STARTS.search(self._data, at)
        elif self._framing is Framing.APDU and not self._clean:
            found = _APDU_STARTS.search(self._data, at)
        else:
            return at if self._unframed and self._clean else None
        if found is not None:
            return found.start()
        # The last octets may be the beginning of a start that is cut in two.
        tail = max(at, len(self._data) - 2)
        return tail if tail > at or not self._ended else None

    def _step_unframed(self, at: int) -> bool:
        try:
            end, begin = self._unframed_end(at)
        except AxdrTruncated as error:
            if error.needed - at <= MAX_UNFRAMED_OCTETS:
                if self._checked_frame_inside(at, len(self._data)):
                    # It was no message, and is passed over in silence as when all of it is there.
                    self._skip_to(at + 1)
                elif self._ended:
                    self._refuse(RefusalKind.TRUNCATED, self._base + at, "the stream ends inside a message")
                    self._skip_to(at + 1)
                else:
                    self._needed = error.needed
                    return False
                return True
            end, begin = 0, at
        except ApduError:
            end, begin = 0, at
        if not end or end - at > MAX_UNFRAMED_OCTETS:
            if begin >= 0 and self._data[at : at + 2] in {b"\xe6\xe7", b"\xe6\xe6", b"\xdb\x08", b"\x00\x01"}:
                self._refuse(RefusalKind.MALFORMED, self._base + at, _NO_APDU)
            self._skip_to(at + 1)
            return True
        if self._checked_frame_inside(at, end):
            self._skip_to(at + 1)
            return True
        if self._on_message(self._data[begin:end], self._base + at):
            self._at = end
            self._clean = True
        else:
            # Its length may be the damage: another message may begin inside.
            self._skip_to(at + 1)
        return True

    def _unframed_end(self, at: int) -> tuple[int, int]:
        """(where the message that begins at `at` ends, where its APDU begins)."""
        data = self._data
        if len(data) < at + _LLC_OCTETS:
            raise AxdrTruncated(at + _LLC_OCTETS)
        if self._framing in {Framing.AUTO, Framing.WRAPPER} and data.startswith(wrapper.VERSION, at):
            answer = wrapper.read_frame(data, at, FIRST_OCTETS)
            if isinstance(answer, Whole):
                return answer.end, at + wrapper.HEADER_OCTETS
            if isinstance(answer, Incomplete):
                raise AxdrTruncated(answer.needed)
            raise ApduError(_NO_APDU)
        begin = at + _LLC_OCTETS if data.startswith(_LLC, at) else at
        if len(data) <= begin:
            raise AxdrTruncated(begin + 1)
        if data[begin] not in READABLE or self._framing is Framing.WRAPPER:
            raise ApduError(_NO_APDU)
        return length_of(data, begin), begin

    def _checked_frame_inside(self, at: int, end: int) -> bool:
        """Whether a frame with checksums lies in these octets: then they were not one message."""
        if self._search is None:
            return False
        window = self._data[:end]
        for start in self._search.finditer(window, at + 1):
            place = start.start()
            read = hdlc.read_frame if window[place] == hdlc.FLAG else mbus.read_frame
            if isinstance(read(window, place), Whole):
                return True
        return False

    # -- segments, and whole messages

    def _on_hdlc(self, frame: Whole, offset: int) -> None:
        information = frame.content
        if not information:
            return
        starts = information.startswith(_LLC)
        if starts:
            self._give_up_segments()
            information = information[_LLC_OCTETS:]
        elif self._segments:
            if frame.peers != self._segment_peers:
                self._give_up_segments()
                self._refuse(RefusalKind.TRUNCATED, offset, "a segment from another address")
                return
        elif information[0] not in FIRST_OCTETS:
            self._refuse(RefusalKind.TRUNCATED, offset, "a segment without the ones before it")
            return
        self._on_segment(information, frame, offset)
        if starts and not frame.follows:
            self._usual = self._header_of(frame)

    def _header_of(self, frame: Whole) -> tuple[bytes, int] | None:
        """Everything of an unstuffed frame up to its APDU, and its length with both flags."""
        size = len(frame.peers) + len(frame.content) + _AROUND_CONTENT
        begin = frame.end + 1 - size
        header = self._data[begin : frame.end - 2 - len(frame.content) + _LLC_OCTETS]
        return (header, size) if begin >= 0 and header[:1] == _FLAG else None

    def _on_mbus(self, frame: Whole, offset: int) -> None:
        if frame.sequence == 0:
            self._give_up_segments()
        elif not self._segments:
            self._refuse(
                RefusalKind.TRUNCATED, offset, f"M-Bus segment {frame.sequence} without the ones before it"
            )
            return
        elif frame.sequence != len(self._segments) or frame.peers != self._segment_peers:
            due = len(self._segments)
            self._give_up_segments()
            self._refuse(RefusalKind.MALFORMED, offset, f"M-Bus segment {frame.sequence} where {due} was due")
            return
        self._on_segment(frame.content, frame, offset)

    def _on_segment(self, content: bytes, frame: Whole, offset: int) -> None:
        if not self._segments:
            if not frame.follows:
                self._on_message(content, offset)
                return
            self._segment_offset = offset
            self._segment_peers = frame.peers
            self._segment_octets = 0
        self._segments.append(content)
        self._segment_octets += len(content)
        if self._segment_octets > MAX_MESSAGE_OCTETS:
            self._give_up_segments()
        elif not frame.follows:
            message = b"".join(self._segments)
            self._segments = []
            self._on_message(message, self._segment_offset)

    def _on_message(self, apdu: bytes, offset: int) -> bool:
        """Read a whole message; False: it is none at all."""
        sound = True
        try:
            event: Event | None = self._reader.read(apdu, offset)
        except DecodeError as error:
            dropped = self._reader.drop_blocks()
            if dropped is not None:
                self._reader.refusals.append(dropped)
            event = Refused(error.kind, offset, error.detail)
            sound = error.kind not in self._unsound
        if self._reader.refusals:
            self._events.extend(self._reader.refusals)
            self._reader.refusals.clear()
        if event is not None:
            self._events.append(event)
        return sound

    def _refuse(self, kind: RefusalKind, offset: int, detail: str) -> None:
        """A frame is lost: it may have been part of the open message, which cannot become whole any more."""
        self._give_up_open()
        self._events.append(Refused(kind, offset, detail))

    def _give_up_open(self) -> None:
        dropped = self._reader.drop_blocks()
        if dropped is not None:
            self._events.append(dropped)
        self._give_up_segments()

    def _give_up_segments(self) -> None:
        if self._segments:
            self._segments = []
            detail = "a segmented message without its last segments"
            self._events.append(Refused(RefusalKind.TRUNCATED, self._segment_offset, detail))
