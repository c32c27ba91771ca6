"""The four laws that every decoder of H1 obeys, as a base class to inherit.

    class TestSmlLaws(DecoderLaws):
        frames = some_strategy_of_whole_frames
        def make_decoder(self) -> Decoder: ...

1. Any chunking of the same bytes gives the same events.
2. Any input raises nothing.
3. A flipped bit under a checksum never changes a value.
4. After noise the next whole frame decodes.

And one more, about time and space: what a decoder keeps of a stream without frames is bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject, SearchStrategy

from consumerapp.h1.decoder import NEED_DATA, Decoder, Event, Refused, Telegram

LAW = settings(
    suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow, HealthCheck.data_too_large],
    deadline=None,
)

MAX_EVENTS_PER_BYTE = 2
"""More events than this out of one byte is an endless loop."""


def drain(decoder: Decoder) -> list[Event]:
    """Every event that is ready now."""
    events: list[Event] = []
    while (event := decoder.next_event()) is not NEED_DATA:
        events.append(event)
        assert len(events) < 100_000, "the decoder never asks for more data"
    return events


def events_of(
    decoder: Decoder, chunks: Sequence[bytes], *, eager: bool = True, eof: bool = True
) -> list[Event]:
    """What a decoder says to these chunks, asked after each (`eager`) or only at the end."""
    events: list[Event] = []
    for chunk in chunks:
        decoder.receive_data(chunk)
        if eager:
            events += drain(decoder)
    if eof:
        decoder.receive_eof()
    return events + drain(decoder)


def telegrams_of(events: Sequence[Event]) -> list[Telegram]:
    """The telegrams among the events, at offset 0 so that they compare wherever they stood."""
    return [event._replace(offset=0) for event in events if isinstance(event, Telegram)]


def split_at(octets: bytes, cuts: Sequence[int]) -> list[bytes]:
    """The bytes in pieces, cut at the given places."""
    places = sorted({cut for cut in cuts if 0 < cut < len(octets)})
    return [octets[a:b] for a, b in zip([0, *places], [*places, len(octets)], strict=True)]


class DecoderLaws:
    """Inherit, set `frames`, say how to `make_decoder`; the tests come with it."""

    frames: ClassVar[SearchStrategy[bytes]]
    """Whole frames that decode to exactly one telegram each."""

    has_checksum: ClassVar[bool] = True
    """False only for a profile that is known to send none: then law 3 does not hold."""

    recovers_after_frames: ClassVar[int] = 1
    """How many whole frames after the noise are needed until one decodes."""

    alphabet: ClassVar[SearchStrategy[bytes]] = st.binary(max_size=80)
    """Noise that resembles the protocol, if plain noise would never get past the first gate."""

    def make_decoder(self) -> Decoder:
        """A fresh decoder."""
        raise NotImplementedError

    # -- what damaged streams are made of

    def damaged(self, data: DataObject) -> bytes:
        """A stream of frames, halves of frames, damaged frames and noise."""
        pieces = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=5), label="kinds")
        return b"".join(self._piece(data, kind) for kind in pieces)

    def _piece(self, data: DataObject, kind: int) -> bytes:
        if kind == 0:
            return data.draw(st.binary(max_size=60), label="noise")
        if kind == 1:
            return data.draw(self.alphabet, label="noise alike")
        frame = data.draw(self.frames, label="frame")
        place = data.draw(st.integers(0, len(frame) - 1), label="place")
        match kind:
            case 2:
                return frame[:place]
            case 3:
                return frame[place:]
            case 4:
                return flipped(frame, data.draw(st.integers(0, 8 * len(frame) - 1), label="bit"))
            case 5:
                length = data.draw(st.integers(1, 8), label="length")
                return frame[:place] + frame[place + length :]
            case _:
                length = data.draw(st.integers(1, 8), label="length")
                return frame[: place + length] + frame[place:]

    # -- the laws

    @LAW
    @given(data=st.data())
    def test_law_1_any_chunking_gives_the_same_events(self, data: DataObject) -> None:
        stream = self.damaged(data) + data.draw(self.frames, label="frame")
        whole = events_of(self.make_decoder(), [stream])
        cuts = data.draw(st.lists(st.integers(1, max(len(stream) - 1, 1)), max_size=12), label="cuts")
        assert events_of(self.make_decoder(), split_at(stream, cuts)) == whole
        assert events_of(self.make_decoder(), split_at(stream, cuts), eager=False) == whole
        assert events_of(self.make_decoder(), split_at(stream, range(len(stream)))) == whole

    @LAW
    @given(data=st.data())
    def test_law_2_any_input_raises_nothing(self, data: DataObject) -> None:
        stream = self.damaged(data)
        events = events_of(self.make_decoder(), [stream])
        assert len(events) <= MAX_EVENTS_PER_BYTE * len(stream) + 1
        offsets = [event.offset for event in events]
        assert offsets == sorted(offsets)
        assert all(0 <= offset <= len(stream) for offset in offsets)

    @LAW
    @given(data=st.data())
    def test_law_3_a_flipped_bit_never_changes_a_value(self, data: DataObject) -> None:
        if not self.has_checksum:
            return
        frame = data.draw(self.frames, label="frame")
        honest = telegrams_of(events_of(self.make_decoder(), [frame]))
        bit = data.draw(st.integers(0, 8 * len(frame) - 1), label="bit")
        for telegram in telegrams_of(events_of(self.make_decoder(), [flipped(frame, bit)])):
            assert telegram in honest

    @LAW
    @given(data=st.data())
    def test_law_4_after_noise_the_next_whole_frame_decodes(self, data: DataObject) -> None:
        frame = data.draw(self.frames, label="frame")
        (honest,) = telegrams_of(events_of(self.make_decoder(), [frame]))
        stream = self.damaged(data) + frame * self.recovers_after_frames
        events = events_of(self.make_decoder(), [stream])
        assert telegrams_of(events)[-1:] == [honest]

    @LAW
    @given(data=st.data())
    def test_a_whole_frame_gives_one_telegram(self, data: DataObject) -> None:
        frame = data.draw(self.frames, label="frame")
        (event,) = events_of(self.make_decoder(), [frame])
        assert isinstance(event, Telegram)
        assert event.offset == 0

    @LAW
    @given(data=st.data())
    def test_a_frame_cut_short_is_refused_not_guessed(self, data: DataObject) -> None:
        frame = data.draw(self.frames, label="frame")
        cut = data.draw(st.integers(1, len(frame) - 1), label="cut")
        honest = telegrams_of(events_of(self.make_decoder(), [frame]))
        for event in events_of(self.make_decoder(), [frame[:cut]]):
            assert isinstance(event, Refused) or event._replace(offset=0) in honest


def flipped(octets: bytes, bit: int) -> bytes:
    """The bytes with one bit turned over."""
    changed = bytearray(octets)
    changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)
