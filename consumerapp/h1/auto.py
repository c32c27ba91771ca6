"""Finds out which protocol a stream speaks, then steps aside.

Cheap marks tell which families may be meant; only their decoders are imported. They all read along until
one has proof: a telegram, or frames that are sound but sealed. What it said so far is handed out, and from
then on the stream is its own. Bytes are judged in slices at fixed places, so that the verdict does not depend
on how the stream was cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import NEED_DATA, Decoder, Event, NextEvent, Protocol, Refused, Telegram
from consumerapp.h1.registry import NextKeys, decoder_for
from consumerapp.h1.sml_transport import ESCAPE

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore
    from consumerapp.h1.profile import Match

SLICE_BYTES: Final = 64
MAX_UNDECIDED_BYTES: Final = 128 * 1024
"""So much without proof is noise: two minutes at 9600 baud, ten pushes of the longest telegram."""
ENOUGH_SEALED: Final = 2
"""Sound but sealed frames that are proof; one could be chance."""
ENOUGH_BROKEN: Final = 16
"""Broken frames of one family, and nothing of any other, that are told rather than kept back."""

_BINARY_MARKS: Final[dict[Protocol, tuple[bytes, ...]]] = {
    Protocol.SML: (ESCAPE,),
    Protocol.DLMS: (b"\xe6\xe7\x00", b"\xdb\x08", *(bytes((0x7E, 0xA0 | bits)) for bits in range(16))),
    Protocol.P1: (b"\xdb\x08",),
}
_TEXT_MARKS: Final[dict[Protocol, tuple[bytes, ...]]] = {
    Protocol.P1: (b"/",),
    Protocol.D0: (b"(",),
    Protocol.TIC: (b"ADCO", b"ADSC", b"\x02\n", b"PAPP", b"EAST", b"IINST", b"SINSTS", b"BASE ", b"URMS"),
}
_APDU_BEGINNINGS = (
    b"\x00\x01\x00",
    *(bytes((octet,)) for octet in (0x0F, 0xDB, 0xDC, 0xDD, 0xDF, 0xE0, 0xE6, 0x68, 0x7E)),
)
"""How a lone DLMS frame, APDU or wrapper begins: a mark only where a stream begins."""
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n\x00\x02\x03\x04\x06"
_MAX_STRAY_BYTES = 2
"""In a slice of text."""
_LONGEST_MARK = 6
_SEALED = frozenset({RefusalKind.NEEDS_KEY, RefusalKind.WRONG_KEY, RefusalKind.REPLAY})


class AutoDecoder:
    """A decoder that becomes another one."""

    def __init__(self, make: Callable[[Protocol], Decoder]) -> None:
        self._make = make
        self._chosen: Decoder | None = None
        self._waiting = bytearray()
        """Less than a slice."""
        self._undecided = bytearray()
        """Everything since the last verdict."""
        self._begin = 0
        """Position of `_undecided` in the stream."""
        self._suspects: dict[Protocol, _Suspect] = {}
        self._events: list[Event] = []

    @property
    def found(self) -> Match | None:
        """The meter profile that the chosen decoder reads with; None: none, or it needs none."""
        found: Match | None = getattr(self._chosen, "found", None)
        return found

    def receive_data(self, data: bytes) -> None:
        """Take in the next bytes of the stream, in any chunking."""
        if self._chosen is not None:
            self._chosen.receive_data(data)
            return
        self._waiting += data
        at = 0
        for begin in range(0, len(self._waiting) - SLICE_BYTES + 1, SLICE_BYTES):
            at = begin + SLICE_BYTES
            if self._judge(bytes(self._waiting[begin:at])):
                break
        del self._waiting[:at]
        self._hand_over()

    def receive_eof(self) -> None:
        """No more bytes will come: the likeliest family speaks, whether it has proof or not."""
        if self._chosen is None:
            self._undecided += self._waiting
            for suspect in self._suspects.values():
                suspect.feed(bytes(self._waiting))
            self._waiting.clear()
            self._decide_at_the_end()
        else:
            self._chosen.receive_eof()

    def next_event(self) -> NextEvent:
        """The next telegram or refusal, or NEED_DATA. Raises nothing."""
        if self._events:
            return self._events.pop(0)
        return NEED_DATA if self._chosen is None else self._chosen.next_event()

    def _judge(self, piece: bytes) -> bool:
        """Let everybody read a slice; whether that was decisive."""
        before = bytes(self._undecided[-_LONGEST_MARK:])
        self._undecided += piece
        for suspect in self._suspects.values():
            suspect.feed(piece)
        self._suspect_by(before + piece)
        proven = [suspect for suspect in self._suspects.values() if suspect.has_proof]
        guessed = [suspect for suspect in self._suspects.values() if suspect.refusals]
        if proven:
            self._choose(max(proven, key=_Suspect.weight))
        elif len(guessed) == 1 and guessed[0].refusals >= ENOUGH_BROKEN:
            self._tell(guessed[0])
            self._start_over()
        elif len(self._undecided) >= MAX_UNDECIDED_BYTES:
            self._give_up()
        return self._chosen is not None

    def _suspect_by(self, octets: bytes) -> None:
        for protocol, strength in _marks_in(octets, is_beginning=len(self._undecided) <= SLICE_BYTES):
            if protocol in self._suspects:
                suspect = self._suspects[protocol]
                suspect.strength = max(suspect.strength, strength)
            else:
                self._suspect(protocol, strength)

    def _suspect(self, protocol: Protocol, strength: int) -> None:
        try:
            decoder = self._make(protocol)
        except ConsumerAppError:
            # Not installed, or the named profile belongs to another family.
            return
        suspect = _Suspect(decoder, strength)
        suspect.feed(bytes(self._undecided))
        self._suspects[protocol] = suspect

    def _decide_at_the_end(self) -> None:
        self._suspect_by(bytes(self._undecided))
        for suspect in self._suspects.values():
            suspect.finish()
        if not any(suspect.has_proof for suspect in self._suspects.values()):
            for protocol in Protocol:
                if protocol not in self._suspects:
                    self._suspect(protocol, 0)
                    if protocol in self._suspects:
                        self._suspects[protocol].finish()
        # Without a mark and without proof a decoder has nothing to say.
        heard = [suspect for suspect in self._suspects.values() if suspect.strength or suspect.has_proof]
        best = max(heard, key=_Suspect.weight, default=None)
        if best is not None and best.events:
            self._choose(best)
        elif self._undecided:
            self._give_up()

    def _choose(self, suspect: _Suspect) -> None:
        self._tell(suspect)
        self._chosen = _Shifted(suspect.decoder, self._begin) if self._begin else suspect.decoder
        self._start_over()

    def _tell(self, suspect: _Suspect) -> None:
        self._events += [event._replace(offset=event.offset + self._begin) for event in suspect.events]

    def _start_over(self) -> None:
        self._begin += len(self._undecided)
        self._undecided.clear()
        self._suspects = {}

    def _hand_over(self) -> None:
        if self._chosen is not None and self._waiting:
            self._chosen.receive_data(bytes(self._waiting))
            self._waiting.clear()

    def _give_up(self) -> None:
        detail = f"nothing of any known protocol in {len(self._undecided)} bytes"
        self._events.append(Refused(RefusalKind.MALFORMED, self._begin, detail))
        self._start_over()


def _marks_in(octets: bytes, *, is_beginning: bool) -> Iterator[tuple[Protocol, int]]:
    """(family, length of its longest mark) of every family that these bytes may be of."""
    is_text = len(octets.translate(None, _TEXT)) <= _MAX_STRAY_BYTES
    tables = (_BINARY_MARKS, _TEXT_MARKS) if is_text else (_BINARY_MARKS,)
    for table in tables:
        for protocol, marks in table.items():
            found = max((len(mark) for mark in marks if mark in octets), default=0)
            if found:
                yield protocol, found
    if _has_mbus_frame(octets) or (is_beginning and octets.startswith(_APDU_BEGINNINGS)):
        yield Protocol.DLMS, 1


def _has_mbus_frame(octets: bytes) -> bool:
    """Whether a long frame of M-Bus begins here: 68 L L 68 (EN 13757-2 - §?)."""
    at = octets.find(0x68)
    while 0 <= at < len(octets) - 3:
        if octets[at + 3] == 0x68 and octets[at + 1] == octets[at + 2]:
            return True
        at = octets.find(0x68, at + 1)
    return False


class _Suspect:
    """A decoder that reads along and what it has said."""

    def __init__(self, decoder: Decoder, strength: int) -> None:
        self.decoder = decoder
        self.strength = strength
        """Length of the longest mark seen; 0: none."""
        self.events: list[Event] = []
        self._sealed = 0
        self._telegrams = 0
        self._numbers = 0
        self._ended = False

    @property
    def refusals(self) -> int:
        return len(self.events) - self._telegrams

    @property
    def has_proof(self) -> bool:
        return self._telegrams > 0 or self._sealed >= (1 if self._ended else ENOUGH_SEALED)

    def weight(self) -> tuple[int, int, int, int, int, int]:
        """How much speaks for it: telegrams and what they hold, then marks, then refusals worth reading."""
        sound = sum(
            isinstance(event, Refused) and event.kind in (RefusalKind.CHECKSUM, RefusalKind.UNSUPPORTED)
            for event in self.events
        )
        return self._numbers, self._telegrams, self.strength, self._sealed, sound, self.refusals

    def feed(self, octets: bytes) -> None:
        self.decoder.receive_data(octets)
        self._listen()

    def finish(self) -> None:
        self._ended = True
        self.decoder.receive_eof()
        self._listen()

    def _listen(self) -> None:
        while (event := self.decoder.next_event()) is not NEED_DATA:
            self.events.append(event)
            if isinstance(event, Telegram):
                self._telegrams += 1
                self._numbers += len(event.raw) + len(event.texts)
            elif event.kind in _SEALED:
                self._sealed += 1


class _Shifted:
    """A decoder that was started in the middle of a stream."""

    def __init__(self, decoder: Decoder, begin: int) -> None:
        self._decoder = decoder
        self._begin = begin

    @property
    def found(self) -> Match | None:
        found: Match | None = getattr(self._decoder, "found", None)
        return found

    def receive_data(self, data: bytes) -> None:
        self._decoder.receive_data(data)

    def receive_eof(self) -> None:
        self._decoder.receive_eof()

    def next_event(self) -> NextEvent:
        event = self._decoder.next_event()
        if event is NEED_DATA:
            return event
        return event._replace(offset=event.offset + self._begin)


def decoder(
    *,
    key: bytes | None = None,
    auth_key: bytes | None = None,
    profile: str | None = None,
    next_keys: NextKeys | None = None,
    counters: CounterStore | None = None,
) -> AutoDecoder:
    """The factory behind `decoder_for("auto")`."""

    def make(protocol: Protocol) -> Decoder:
        return decoder_for(
            protocol, key=key, auth_key=auth_key, profile=profile, next_keys=next_keys, counters=counters
        )

    return AutoDecoder(make)
