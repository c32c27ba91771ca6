from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.h1.checksums import ArcOfLength, arc, kermit, mirror16, x25, x25_holds


@pytest.mark.parametrize(("checksum", "value"), [(x25, 0x906E), (kermit, 0x2189), (arc, 0xBB3D)])
def test_gives_the_published_check_value(checksum: Callable[[bytes], int], value: int) -> None:
    assert checksum(b"123456789") == value


def bit_by_bit(octets: bytes, polynomial: int, register: int) -> int:
    for octet in octets:
        register ^= octet
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
    return register


@given(octets=st.binary(max_size=3000))
def test_agrees_with_the_definition_bit_by_bit(octets: bytes) -> None:
    assert x25(octets) == bit_by_bit(octets, 0x8408, 0xFFFF) ^ 0xFFFF
    assert kermit(octets) == bit_by_bit(octets, 0x8408, 0)
    assert arc(octets) == bit_by_bit(octets, 0xA001, 0)


@given(octets=st.binary(min_size=1, max_size=3000))
def test_a_number_has_the_checksum_of_its_octets(octets: bytes) -> None:
    assert ArcOfLength(len(octets))(int.from_bytes(octets, "little")) == arc(octets)


def test_messages_of_every_length_are_checked() -> None:
    for length in range(1, 1200):
        octets = bytes(number * 7 + length & 255 for number in range(length))
        assert ArcOfLength(length)(int.from_bytes(octets, "little")) == arc(octets)


@given(octets=st.binary(max_size=300), bit=st.integers(min_value=0))
def test_residue_tells_a_right_fcs_from_a_wrong_one(octets: bytes, bit: int) -> None:
    frame = octets + x25(octets).to_bytes(2, "little")
    assert x25_holds(frame)
    wrong = bytearray(frame)
    wrong[bit // 8 % len(frame)] ^= 1 << bit % 8
    assert not x25_holds(bytes(wrong))


def test_mirrors_a_word() -> None:
    assert mirror16(0x8001) == 0x8001
    assert mirror16(0x0003) == 0xC000
