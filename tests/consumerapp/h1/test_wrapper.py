"""The UDP and TCP wrapper."""

from __future__ import annotations

from consumerapp.h1.dlms_apdu import FIRST_OCTETS
from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS, Incomplete, Whole
from consumerapp.h1.wrapper import read_frame
from consumerapp.simulator.dlms_frames import wrapped


def test_reads_one_message_and_both_ports() -> None:
    octets = wrapped(b"\x0f" + bytes(20), source=1, destination=103)
    assert read_frame(octets + b"\x00\x01", 0, FIRST_OCTETS) == Whole(
        len(octets), b"\x0f" + bytes(20), False, None, b"\x00\x01\x00\x67"
    )


def test_waits_for_what_the_header_announces() -> None:
    octets = wrapped(b"\xdb" + bytes(20))
    for cut in range(2, len(octets)):
        answer = read_frame(octets[:cut], 0, FIRST_OCTETS)
        assert isinstance(answer, Incomplete)
        assert cut < answer.needed <= len(octets)


def test_a_header_before_anything_else_is_none() -> None:
    assert read_frame(wrapped(b"\x61" + bytes(20)), 0, FIRST_OCTETS) is None
    assert (
        read_frame(
            b"\x00\x01\x00\x01\x00\x67" + (MAX_MESSAGE_OCTETS + 1).to_bytes(2, "big") + b"\x0f",
            0,
            FIRST_OCTETS,
        )
        is None
    )
    assert read_frame(b"\x00\x01\x00\x01\x00\x67\x00\x00\x0f", 0, FIRST_OCTETS) is None
