"""HDLC frames one by one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import RefusalKind
from consumerapp.h1.dlms_frames import Broken, Incomplete, Whole
from consumerapp.h1.hdlc import read_frame
from consumerapp.simulator.dlms_frames import hdlc_frame

ADDRESSES = st.sampled_from(
    [b"\x03", b"\xcf", b"\x02\x23", b"\xce\xff", b"\x02\x02\x02\x03", b"\x00\x02\x04\x01"]
)


@given(
    information=st.binary(max_size=600),
    destination=ADDRESSES,
    source=ADDRESSES,
    control=st.sampled_from([0x03, 0x13, 0x10]),
    segmented=st.booleans(),
)
def test_reads_any_addresses_and_any_content(
    information: bytes, destination: bytes, source: bytes, control: int, segmented: bool
) -> None:
    octets = hdlc_frame(
        information, destination=destination, source=source, control=control, segmented=segmented
    )
    frame = read_frame(octets + b"\x7e", 0)
    assert isinstance(frame, Whole)
    assert (frame.content, frame.follows, frame.peers) == (information, segmented, destination + source)
    # The closing flag is left: it may open the next frame.
    assert frame.end == len(octets) - 1


@given(information=st.binary(min_size=1, max_size=300), destination=ADDRESSES)
def test_reads_stuffed_frames_by_their_flags(information: bytes, destination: bytes) -> None:
    # 7D and 7E in the content are doubled by such converters.
    octets = hdlc_frame(information + b"\x7e\x7d", destination=destination, stuffed=True)
    frame = read_frame(octets, 0)
    assert isinstance(frame, Whole)
    assert frame.content == information + b"\x7e\x7d"
    assert frame.end == len(octets) - 1


@given(information=st.binary(max_size=100), data=st.data())
def test_every_beginning_of_a_frame_asks_for_more(information: bytes, data: st.DataObject) -> None:
    octets = hdlc_frame(information)
    cut = data.draw(st.integers(1, len(octets) - 1))
    answer = read_frame(octets[:cut], 0)
    assert isinstance(answer, Incomplete)
    assert cut < answer.needed <= len(octets)


def test_says_which_checksum_is_wrong() -> None:
    octets = bytearray(hdlc_frame(b"\xe6\xe7\x00\x0f"))
    octets[6] ^= 1
    header = read_frame(bytes(octets), 0)
    assert isinstance(header, Broken)
    assert (header.kind, "header" in header.detail) == (RefusalKind.CHECKSUM, True)
    octets[6] ^= 1
    octets[10] ^= 1
    frame = read_frame(bytes(octets), 0)
    assert isinstance(frame, Broken)
    assert (frame.kind, "header" in frame.detail) == (RefusalKind.CHECKSUM, False)


def test_a_frame_that_lost_octets_is_truncated_not_wrong() -> None:
    octets = hdlc_frame(b"\xe6\xe7\x00" + bytes(range(40)))
    answer = read_frame(octets[:30] + octets[33:] + b"\xa0" * 8, 0)
    assert isinstance(answer, Broken)
    assert answer.kind is RefusalKind.TRUNCATED


@pytest.mark.parametrize("octets", [b"\x7e\xa0\x03\x01\x02\x03", b"\x7e\xa0\x20" + bytes(20)])
def test_refuses_headers_that_are_none(octets: bytes) -> None:
    answer = read_frame(octets, 0)
    assert isinstance(answer, Broken)
    assert answer.kind is RefusalKind.MALFORMED


def test_other_frame_types_are_none_of_ours() -> None:
    assert read_frame(b"\x7e\x7e\x00\x00", 0) is None
    assert read_frame(b"\x7e\x9a\x20\x00", 0) is None
