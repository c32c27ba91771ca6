"""General block transfer: strictly 1, 2, 3 …"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ApduError, RefusalKind
from consumerapp.h1.axdr import AxdrTruncated
from consumerapp.h1.block_transfer import Block, BlockSeries
from consumerapp.h1.dlms_frames import MAX_MESSAGE_OCTETS
from consumerapp.simulator import dlms_frames as frames


def add(series: BlockSeries, octets: bytes) -> bytes | None:
    block, end = Block.from_bytes(octets)
    assert end == len(octets)
    return series.add(block)


@given(apdu=st.binary(min_size=1, max_size=800), most=st.integers(60, 300))
def test_blocks_in_order_make_the_message(apdu: bytes, most: int) -> None:
    series = BlockSeries()
    *first, last = frames.blocks(apdu, most=most)
    assert [add(series, octets) for octets in first] == [None] * len(first)
    assert add(series, last) == apdu
    assert not series.open


@pytest.mark.parametrize("order", [(1, 2, 2, 3, 4), (1, 3, 2, 4), (1, 2, 4), (1, 1, 2, 3, 4)])
def test_a_gap_or_a_repetition_ends_the_series(order: tuple[int, ...]) -> None:
    octets = frames.blocks(bytes(400), most=100)
    series = BlockSeries()
    with pytest.raises(ApduError, match="was due"):
        [add(series, octets[number - 1]) for number in order]
    assert not series.open


def test_a_series_that_was_joined_late_is_truncated() -> None:
    with pytest.raises(ApduError) as refused:
        add(BlockSeries(), frames.block(2, b"late", last=True))
    assert refused.value.kind is RefusalKind.TRUNCATED


def test_a_series_without_end_is_bounded() -> None:
    series = BlockSeries()
    part = bytes(1000)
    blocks = [
        frames.block(number, part, last=False) for number in range(1, MAX_MESSAGE_OCTETS // len(part) + 2)
    ]
    with pytest.raises(ApduError, match="more than"):
        [add(series, octets) for octets in blocks]
    assert not series.open
    with pytest.raises(ApduError):
        Block.from_bytes(b"\xe0\x40\x00\x01\x00\x00\x82\xff\xff")


def test_a_block_cut_short_says_how_much_is_missing() -> None:
    octets = frames.block(1, bytes(200), last=True)
    for cut in range(1, len(octets)):
        with pytest.raises(AxdrTruncated) as missing:
            Block.from_bytes(octets[:cut])
        assert cut < missing.value.needed <= len(octets)
