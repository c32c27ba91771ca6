"""SML obeys the four laws, and the learned way says what the general way says."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from consumerapp.h1.checksums import x25
from consumerapp.h1.decoder import Decoder, Telegram
from consumerapp.h1.sml import SmlDecoder
from consumerapp.h1.sml_file import SumForm
from consumerapp.h1.sml_layout import layout_of
from tests.consumerapp.h1.laws import LAW, DecoderLaws, drain, events_of
from tests.consumerapp.h1.sml_frames import frames, usual_telegram

_PIECES = [
    b"\x1b\x1b\x1b\x1b",
    b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01",
    b"\x1b\x1b\x1b\x1b\x1a\x00\x00\x00",
    b"\x1b\x1b\x1b\x1b\x02\x02\x02\x02",
    b"\x1b",
    b"\x01\x01\x01\x01",
    b"\x1a",
    b"\x76\x05",
    b"\x00",
]


class TestSmlLaws(DecoderLaws):
    frames = frames()
    alphabet = st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join)

    def make_decoder(self) -> Decoder:
        return SmlDecoder()


class TestSmlLawsOnTheGeneralWay(DecoderLaws):
    frames = frames()
    alphabet = st.lists(st.sampled_from(_PIECES), max_size=12).map(b"".join)

    def make_decoder(self) -> Decoder:
        return SmlDecoder(max_learned=0)


def with_right_sums(frame: bytearray, spans: list[tuple[int, int]]) -> bytes:
    """The frame with the sums of the messages at `spans`, and its own, put right."""
    for begin, sum_at in spans:
        frame[sum_at + 1 : sum_at + 3] = x25(bytes(frame[begin:sum_at])).to_bytes(2, "little")
    frame[-2:] = x25(bytes(frame[:-2])).to_bytes(2, "little")
    return bytes(frame)


def spans_of(frame: bytes) -> list[tuple[int, int]]:
    """Where the messages of a frame with two-byte sums begin and where their sums stand."""
    return [(span.begin, span.sum_at) for span in layout_of(frame, bytes(len(frame))).messages]


EVERYTHING_MOVES = [
    usual_telegram(1, raw_energy=0, number=1),
    usual_telegram(2, raw_energy=2**32 - 1, number=2**32 - 9),
    usual_telegram(3, raw_energy=0x5566_7788, number=0x1122_3344),
]
"""Frames after which every byte of the ids, seconds and registers is expected to differ."""


class TestBothWaysAgree:
    @LAW
    @given(data=st.data())
    def test_on_every_meter(self, data: DataObject) -> None:
        frame = data.draw(frames())
        learned, general = SmlDecoder(), SmlDecoder(max_learned=0)
        stream = frame * 3
        assert events_of(learned, [stream]) == events_of(general, [stream])

    @settings(max_examples=400, deadline=None)
    @given(data=st.data())
    def test_on_changed_frames_with_their_sums_put_right(self, data: DataObject) -> None:
        frame = usual_telegram()
        learned, general = SmlDecoder(), SmlDecoder(max_learned=0)
        taught_by = data.draw(st.sampled_from([[frame] * 3, EVERYTHING_MOVES]))
        for decoder in (learned, general):
            decoder.receive_data(b"".join(taught_by))
            assert len(drain(decoder)) == 3
        changed = bytearray(frame)
        for _ in range(data.draw(st.integers(1, 4))):
            octets = data.draw(
                st.sampled_from([b"\x1b\x1b\x1b\x1b", b"\x1b" * 8, b"\xff" * 4, b"\x80"])
                | st.binary(min_size=1, max_size=8)
            )
            place = data.draw(st.integers(8, len(frame) - 9))
            changed[place : place + len(octets)] = octets[: len(frame) - 2 - place]
        spans = data.draw(st.lists(st.sampled_from(spans_of(frame)), unique=True))
        mended = with_right_sums(changed, spans)
        assert events_of(learned, [mended + frame]) == events_of(general, [mended + frame])

    @given(
        raw_power=st.integers(-(2**31), 2**31 - 1) | st.just(0x1B1B1B1B),
        raw_energy=st.integers(0, 2**63 - 1) | st.sampled_from([0x1B1B1B1B, 0x1A1B1B1B1B, 2**32]),
        number=st.integers(0, 2**32 - 3) | st.just(0x1B1B1B1B),
        status=st.integers(0, 2**32 - 1),
    )
    @example(raw_power=0x1B1B1B1B, raw_energy=0x1B1B1B1B, number=0x1B1B1B1B, status=0x1B1B1B1B)
    def test_on_every_value(self, raw_power: int, raw_energy: int, number: int, status: int) -> None:
        learned, general = SmlDecoder(), SmlDecoder(max_learned=0)
        usual = b"".join(EVERYTHING_MOVES)
        odd = usual_telegram(raw_power, raw_energy=raw_energy, number=number, status=status)
        undoubled = odd.replace(b"\x1b" * 8, b"\x1b" * 4)
        undoubled = undoubled[:-2] + x25(undoubled[:-2]).to_bytes(2, "little")
        for stream in (usual + odd, usual + undoubled + usual):
            assert events_of(learned, [stream], eof=False) == events_of(general, [stream], eof=False)

    @settings(max_examples=400, deadline=None)
    @given(data=st.data())
    def test_on_sums_that_are_wrong(self, data: DataObject) -> None:
        learned, general = SmlDecoder(), SmlDecoder(max_learned=0)
        for decoder in (learned, general):
            decoder.receive_data(b"".join(EVERYTHING_MOVES))
            drain(decoder)
        frame = usual_telegram(data.draw(st.integers(0, 99)), number=data.draw(st.integers(0, 2**32 - 3)))
        # Numbers and sums are damaged; some of the sums are put right again, or none is.
        numbers = [place for a, b in layout_of(frame, b"\x01" * len(frame)).variable for place in range(a, b)]
        wrong = bytearray(frame)
        for place in data.draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3)):
            wrong[place] ^= data.draw(st.integers(1, 255))
        mended = data.draw(st.lists(st.sampled_from(spans_of(frame)), unique=True))
        whole = with_right_sums(wrong, mended)
        stream = (whole if data.draw(st.booleans()) else whole[:-2] + frame[-2:]) + frame
        assert events_of(learned, [stream]) == events_of(general, [stream])

    def test_on_each_sum_alone(self) -> None:
        learned = SmlDecoder()
        learned.receive_data(b"".join(EVERYTHING_MOVES))
        assert len(drain(learned)) == 3
        frame = usual_telegram(77)
        (structure, *_) = learned._learned.by_length[len(frame)]
        assert structure.read(frame, 0, 0, []) == len(frame)
        spans = spans_of(frame)
        for begin, sum_at in spans:
            transaction_id = begin + 2
            for mended in ([], [span for span in spans if span != (begin, sum_at)], spans):
                wrong = bytearray(frame)
                wrong[transaction_id] ^= 0x40
                whole = with_right_sums(wrong, mended)
                read = structure.read(whole, 0, 0, [])
                assert read == (len(frame) if mended == spans else 0)
                assert structure.read(whole[:-2] + frame[-2:], 0, 0, []) == 0
                assert structure.read(bytes(wrong[:-2]) + frame[-2:], 0, 0, []) == 0

    def test_a_byte_that_stood_still_may_move(self) -> None:
        learned, general = SmlDecoder(), SmlDecoder(max_learned=0)
        stream = b"".join(
            usual_telegram(number=number, raw_energy=energy)
            for energy in (5, 2**16, 2**24)
            for number in (1, 2, 2**8, 2**16, 2**24)
        )
        assert events_of(learned, [stream * 2]) == events_of(general, [stream * 2])
        assert len(learned._learned._in_order) <= 8, "a byte surprises once"
        (newest, *_) = next(iter(learned._learned.by_length.values()))
        telegrams: list[Telegram] = []
        assert newest.read(stream, 0, 0, telegrams) == len(stream)

    def test_what_moved_long_ago_is_forgotten(self) -> None:
        decoder = SmlDecoder()
        decoder.receive_data(usual_telegram(number=1) + usual_telegram(number=2**32 - 9))
        decoder.receive_data(b"".join(usual_telegram(number=number) for number in range(300)))
        decoder.receive_data(b"".join(usual_telegram(number=2**16, raw_energy=2**40 + n) for n in range(2)))
        assert len(drain(decoder)) == 304
        (newest, *_) = decoder._learned.by_length[len(usual_telegram())]
        telegrams: list[Telegram] = []
        assert newest.read(usual_telegram(number=2**31, raw_energy=2**40), 0, 0, telegrams) == 0
        assert newest.read(usual_telegram(number=2**16, raw_energy=2**40 + 99), 0, 0, telegrams) > 0

    def test_the_learned_way_is_taken(self) -> None:
        decoder = SmlDecoder()
        for number in range(4):
            decoder.receive_data(usual_telegram(number=number))
            assert isinstance(decoder.next_event(), Telegram)
        frame = usual_telegram(77, number=99)
        (structure,) = decoder._learned.by_length[len(frame)]
        telegrams: list[Telegram] = []
        assert structure.read(frame + frame[:40], 0, 0, telegrams) == len(frame)
        assert [telegram.raw for telegram in telegrams] == [(12_345_678, 42, 77)]
        assert structure.read(usual_telegram(-77, number=99), 0, 0, telegrams) == 0, (
            "import by its status word"
        )

    def test_structures_are_bounded(self) -> None:
        decoder = SmlDecoder(max_learned=3)
        for name_length in range(1, 40):
            frame = usual_telegram().replace(b"\x04ETA", bytes([name_length + 1]) + b"E" * name_length)
            if name_length > 14:
                break
            frame = with_right_sums(bytearray(frame), spans_of(frame))
            decoder.receive_data(frame * 3)
            assert len([event for event in drain(decoder) if isinstance(event, Telegram)]) == 3
        assert len(decoder._learned._in_order) == 3
        assert sum(len(kept) for kept in decoder._learned.by_length.values()) == 3


def test_forms_of_sums_are_told_apart() -> None:
    assert {form.sent(0x1234) for form in SumForm} == {0x1234 ^ 0xFFFF, 0x1234, 0x3412}
