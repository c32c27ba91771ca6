"""M-Bus long frames one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import RefusalKind
from consumerapp.h1.dlms_frames import Broken, Incomplete, Whole
from consumerapp.h1.mbus import read_frame
from consumerapp.simulator.dlms_frames import mbus_frames


@given(apdu=st.binary(min_size=1, max_size=250))
def test_reads_a_message_of_one_frame(apdu: bytes) -> None:
    octets = mbus_frames(apdu, most=250)
    frame = read_frame(octets, 0)
    assert frame == Whole(len(octets), apdu, False, 0, b"\x01\x67")


@given(apdu=st.binary(min_size=253, max_size=500), most=st.integers(100, 250))
def test_counts_segments_and_marks_the_last(apdu: bytes, most: int) -> None:
    octets = mbus_frames(apdu, most=most)
    at = 0
    parts: list[bytes] = []
    while at < len(octets):
        frame = read_frame(octets, at)
        assert isinstance(frame, Whole)
        assert (frame.sequence, frame.follows) == (len(parts), frame.end < len(octets))
        parts.append(frame.content)
        at = frame.end
    assert b"".join(parts) == apdu


@pytest.mark.parametrize("most", range(251, 259))
def test_an_overflowed_length_means_256_more(most: int) -> None:
    apdu = bytes(range(256)) + b"\x68\x16" * 4
    frame = read_frame(mbus_frames(apdu, most=most), 0)
    assert isinstance(frame, Whole)
    assert (frame.content, frame.follows) == (apdu[:most], True)


def test_a_short_length_that_is_right_is_not_taken_for_an_overflow() -> None:
    body = bytes((0x08, 0x01, 0x72))
    octets = b"\x68\x03\x03\x68" + body + bytes((sum(body) & 0xFF,)) + b"\x16"
    answer = read_frame(octets, 0)
    assert isinstance(answer, Broken)
    assert (answer.kind, answer.resume) == (RefusalKind.UNSUPPORTED, len(octets))


def test_other_users_of_the_bus_are_named() -> None:
    octets = bytearray(mbus_frames(b"\x0f" * 20))
    octets[6] = 0x72
    octets[-2] = sum(octets[4:-2]) & 0xFF
    answer = read_frame(bytes(octets), 0)
    assert isinstance(answer, Broken)
    assert (answer.kind, "72" in answer.detail) == (RefusalKind.UNSUPPORTED, True)


def test_tells_a_wrong_sum_from_a_missing_end() -> None:
    octets = bytearray(mbus_frames(b"\x0f" * 20))
    octets[12] ^= 0x10
    answer = read_frame(bytes(octets), 0)
    assert isinstance(answer, Broken)
    assert answer.kind is RefusalKind.CHECKSUM
    cut = read_frame(bytes(octets[:-1]) + b"\x68", 0)
    assert isinstance(cut, Broken)
    assert cut.kind is RefusalKind.TRUNCATED
    assert isinstance(read_frame(bytes(octets[:20]), 0), Incomplete)


def test_two_lengths_that_differ_are_no_frame() -> None:
    assert read_frame(b"\x68\x10\x11\x68" + bytes(30), 0) is None
    assert read_frame(b"\x68\x10\x10\x67" + bytes(30), 0) is None
