"""Finding SML frames in damaged streams: every damage that a reading head or a recording has shown."""

from __future__ import annotations

import pytest

from consumerapp.errors import RefusalKind
from consumerapp.h1.checksums import x25
from consumerapp.h1.decoder import Event, Refused, Telegram
from consumerapp.h1.sml import SmlDecoder
from consumerapp.h1.sml_transport import END_BYTES, ESCAPE, MAX_FRAME_BYTES, START, FrameReader, unescaped
from consumerapp.simulator.sml import LIST_RESPONSE, list_response, message, telegram, transport
from tests.consumerapp.h1.laws import events_of
from tests.consumerapp.h1.sml_frames import SERVER_ID, energy, power, usual_telegram

FRAME = usual_telegram()
OTHER = usual_telegram(-77, number=5)


def told(stream: bytes) -> list[str | int]:
    """For each event the kind of refusal, or the offset of a telegram."""
    return [summary(event) for event in events_of(SmlDecoder(), [stream])]


def summary(event: Event) -> str | int:
    return event.kind.value if isinstance(event, Refused) else event.offset


def with_right_sum(frame: bytes) -> bytes:
    return frame[:-2] + x25(frame[:-2]).to_bytes(2, "little")


def test_finds_frames_one_after_the_other() -> None:
    assert told(FRAME + OTHER + FRAME) == [0, len(FRAME), len(FRAME + OTHER)]


def test_noise_between_frames_is_nothing() -> None:
    noise = b"\x00\xff\x1b\x1b\x42" * 9
    assert told(noise + FRAME + noise + OTHER + noise) == [len(noise), len(noise + FRAME + noise)]


def test_starts_in_the_middle_of_a_frame() -> None:
    for cut in range(1, len(FRAME)):
        kinds = told(FRAME[cut:] + OTHER)
        assert kinds[-1] == len(FRAME) - cut
        assert kinds[:-1] in (["truncated"], [])


def test_ends_in_the_middle_of_a_frame() -> None:
    for cut in range(8, len(FRAME)):
        assert told(OTHER + FRAME[:cut]) == [0, "truncated"]


def test_a_start_inside_a_frame_drops_that_frame() -> None:
    for cut in range(8, len(FRAME) - 1):
        kinds = told(FRAME[:cut] + OTHER)
        assert kinds[-1] == cut, f"cut at {cut}"
        assert kinds[:-1] in (["truncated"], ["checksum"])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8])
def test_bytes_lost_anywhere_cost_one_frame(count: int) -> None:
    for place in range(len(FRAME) - count):
        kinds = told(FRAME[:place] + FRAME[place + count :] + OTHER)
        assert kinds[-1] == len(FRAME) - count, f"lost at {place}"
        assert len(kinds) <= 3
        assert not any(isinstance(kind, int) for kind in kinds[:-1])


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_bytes_doubled_anywhere_cost_one_frame(count: int) -> None:
    for place in range(len(FRAME) - count):
        damaged = FRAME[: place + count] + FRAME[place:]
        kinds = told(damaged + OTHER)
        assert kinds[-1] == len(damaged), f"doubled at {place}"


def test_every_flipped_bit_is_noticed() -> None:
    for bit in range(8 * len(FRAME)):
        damaged = bytearray(FRAME)
        damaged[bit // 8] ^= 1 << bit % 8
        kinds = told(bytes(damaged) + OTHER)
        assert kinds[-1] == len(FRAME)
        assert not any(isinstance(kind, int) for kind in kinds[:-1])


def test_an_escape_before_a_start_is_noise() -> None:
    for length in range(1, 13):
        assert told(b"\x1b" * length + FRAME) == [length]
    for length in range(4, 13):
        assert told(FRAME[:40] + b"\x1b" * length + OTHER)[-1] == 40 + length


def test_an_end_without_its_checksum_does_not_swallow_the_next_start() -> None:
    for missing in range(1, 4):
        assert told(FRAME[:-missing] + OTHER) == ["checksum", len(FRAME) - missing]


def test_a_doubled_quadruple_is_data() -> None:
    rows = [energy("1-0:1.8.0", 0x1B1B1B1B), power(0x1B1B1B1B)]
    frame = telegram(SERVER_ID, rows)
    assert frame.count(ESCAPE + ESCAPE) == 2
    for event in events_of(SmlDecoder(), [frame * 3]):
        assert isinstance(event, Telegram)
        assert event.raw == (0x1B1B1B1B, 0x1B1B1B1B)


@pytest.mark.parametrize("lead", range(4))
def test_a_quadruple_off_the_grid_may_be_single(lead: int) -> None:
    """Encoders that look at the four-byte grid only double there only."""
    content = list_response(SERVER_ID, [energy("1-0:1.8.0", 0x1B1B1B1B)], list_name=b"n" * (lead + 1))
    payload = message(b"\x01", LIST_RESPONSE, content)
    payload += bytes(-len(payload) % 4)
    blocks = [payload[place : place + 4] for place in range(0, len(payload), 4)]
    wire = b"".join(block * 2 if block == ESCAPE else block for block in blocks)
    (event,) = events_of(SmlDecoder(), [with_right_sum(START + wire + ESCAPE + b"\x1a\x00\x00\x00")])
    assert isinstance(event, Telegram)
    assert event.raw == (0x1B1B1B1B,)


def test_readings_of_an_escaped_payload() -> None:
    assert unescaped(b"abcd") == [b"abcd"]
    assert unescaped(b"abcd" + ESCAPE * 2) == [b"abcd" + ESCAPE, b"abcd" + ESCAPE * 2]
    assert unescaped(b"a" + ESCAPE + b"bcd")[-1] == b"a" + ESCAPE + b"bcd"


def test_the_end_may_stand_off_the_grid() -> None:
    content = list_response(SERVER_ID, [energy("1-0:1.8.0", 5)])
    for name_length in range(1, 5):
        content = list_response(SERVER_ID, [energy("1-0:1.8.0", 5)], list_name=b"n" * name_length)
        assert told(transport(message(b"\x01", LIST_RESPONSE, content), fill=False)) == [0]


def test_a_wrong_fill_count_is_refused() -> None:
    damaged = bytearray(FRAME)
    damaged[-3] = 4
    assert told(with_right_sum(bytes(damaged))) == ["malformed"]


def test_version_2_is_not_supported() -> None:
    version_2 = ESCAPE + b"\x02\x02\x02\x02" + FRAME[8:]
    kinds = told(version_2 + OTHER)
    assert kinds[0] == "unsupported"
    assert kinds[-1] == len(version_2)
    assert told(FRAME[:40] + version_2 + OTHER)[:2] == ["truncated", "unsupported"]


@pytest.mark.parametrize("code", [b"\x03\x00\x00\x05", b"\x04\x00\x01\x00", b"\x55\x00\x00\x00"])
def test_other_escapes_are_not_supported(code: bytes) -> None:
    frame = with_right_sum(FRAME[:8] + ESCAPE + code + FRAME[8:])
    assert told(frame + OTHER) == ["unsupported", len(frame)]


def test_a_wrong_message_inside_an_escaped_frame_is_a_matter_of_checksums() -> None:
    content = list_response(SERVER_ID, [energy("1-0:1.8.0", 0x1B1B1B1B)])
    assert told(transport(message(b"\x01", LIST_RESPONSE, content, damage=0x10))) == ["checksum"]


def test_a_frame_without_an_end_is_dropped_in_time() -> None:
    endless = START + b"\x76" * (MAX_FRAME_BYTES + 5000)
    decoder = SmlDecoder()
    decoder.receive_data(endless)
    event = decoder.next_event()
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.TRUNCATED
    assert told(endless + FRAME) == ["truncated", len(endless)]


def test_the_longest_frame_fits() -> None:
    rows = [energy(f"1-0:1.8.{tariff % 64}", tariff) for tariff in range(320)]
    frame = telegram(SERVER_ID, rows)
    assert len(frame) > 7000
    assert told(frame) == [0]


def test_keeps_little_of_a_stream_without_frames() -> None:
    reader = FrameReader()
    for _ in range(200):
        reader.receive_data(b"\x55\x1b\x1b\x1b" * 1024)
        assert reader.next_frame() is None
        assert len(reader._data) <= 4 * 1024 + END_BYTES
    for _ in range(20):
        reader.receive_data(START)
        reader.receive_data(b"\x55" * 4096)
        while reader.next_frame() is not None:
            pass
        assert len(reader._data) <= MAX_FRAME_BYTES + 4096 + len(START)


def test_hostile_streams_take_linear_time() -> None:
    """Starts that may be data, each nested in the one before: every byte is looked at twice at most."""
    hostile = START + (ESCAPE + START) * 3000
    decoder = SmlDecoder()
    seen = events_of(decoder, [hostile])
    assert len(seen) <= 3001
    assert told(hostile + FRAME)[-1] == len(hostile)


def test_takes_any_bytes_like_object() -> None:
    decoder = SmlDecoder()
    decoder.receive_data(bytearray(FRAME))  # type: ignore[arg-type]  # what some ports hand over
    decoder.receive_data(memoryview(OTHER))  # type: ignore[arg-type]  # what some ports hand over
    assert isinstance(decoder.next_event(), Telegram)
    assert isinstance(decoder.next_event(), Telegram)
