"""Finding out which protocol a stream speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.auto import MAX_UNDECIDED_BYTES, AutoDecoder
from consumerapp.h1.decoder import Decoder, Protocol, Refused, Telegram
from consumerapp.h1.registry import FACTORIES, decoder_for, factory_of
from tests.consumerapp.h1.laws import LAW, drain, events_of, split_at
from tests.consumerapp.h1.sml_frames import usual_telegram

FRAME = usual_telegram()


def fresh() -> Decoder:
    return decoder_for("auto")


def test_hands_over_to_the_decoder_of_the_family() -> None:
    assert events_of(fresh(), [FRAME * 3]) == events_of(decoder_for(Protocol.SML), [FRAME * 3])


def test_noise_before_the_first_frame_does_not_mislead() -> None:
    noise = b"/ISk5 \x7e\xa0\x00 (1.8.0 \xdb\x08 ADCO " * 20
    (event,) = (event for event in events_of(fresh(), [noise + FRAME]) if isinstance(event, Telegram))
    assert event.protocol is Protocol.SML
    assert event.offset == len(noise)


def test_a_live_stream_is_decided_within_a_slice_of_its_second_frame() -> None:
    decoder = fresh()
    decoder.receive_data(FRAME)
    drain(decoder)
    decoder.receive_data(FRAME[:64])
    assert [event.offset for event in drain(decoder)] == [0]
    decoder.receive_data(FRAME[64:])
    assert [event.offset for event in drain(decoder)] == [len(FRAME)]


def test_broken_frames_of_one_family_are_shown_in_time() -> None:
    damaged = bytearray(FRAME)
    damaged[70] ^= 1
    decoder = fresh()
    for _ in range(20):
        decoder.receive_data(bytes(damaged))
    events = drain(decoder)
    assert {event.kind for event in events if isinstance(event, Refused)} == {RefusalKind.CHECKSUM}
    decoder.receive_data(FRAME * 2)
    assert isinstance(drain(decoder)[-1], Telegram)


def test_noise_is_given_up_in_time_and_forgotten() -> None:
    decoder = fresh()
    noise = b"\xaa\x55" * (MAX_UNDECIDED_BYTES // 2)
    decoder.receive_data(noise)
    (event,) = drain(decoder)
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.MALFORMED
    assert isinstance(decoder, AutoDecoder)
    assert not decoder._undecided
    decoder.receive_data(FRAME * 2)
    decoder.receive_eof()
    assert [event.offset for event in drain(decoder)] == [len(noise), len(noise) + len(FRAME)]


@LAW
@given(data=st.data())
def test_any_chunking_gives_the_same_events(data: DataObject) -> None:
    piece = st.sampled_from(
        [FRAME, FRAME[:99], FRAME[120:], b"\x7e\xa0\x10", b"/ABC5x\r\n\r\n1.8.0(1*kWh)\r\n!\r\n"]
    )
    stream = b"".join(data.draw(st.lists(piece | st.binary(max_size=90), max_size=6)))
    whole = events_of(fresh(), [stream])
    cuts = data.draw(st.lists(st.integers(1, max(len(stream) - 1, 1)), max_size=8))
    assert events_of(fresh(), split_at(stream, cuts)) == whole
    assert [event.offset for event in whole] == sorted(event.offset for event in whole)


@pytest.mark.parametrize("protocol", Protocol)
def test_every_protocol_has_a_decoder(protocol: Protocol) -> None:
    decoder = factory_of(protocol)(key=bytes(16), auth_key=None, profile=None)
    decoder.receive_data(b"")
    assert drain(decoder) == []


def test_a_missing_decoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FACTORIES, Protocol.TIC, "consumerapp.h1.nowhere:decoder")
    with pytest.raises(ConsumerAppError, match="no decoder for tic"):
        decoder_for(Protocol.TIC)
    assert isinstance(events_of(fresh(), [b"ADCO 012345678901 E\r\n" * 4])[0], Refused | Telegram)
