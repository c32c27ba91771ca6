"""A-XDR data: every type, every bound."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ApduError, RefusalKind
from consumerapp.h1.axdr import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    AxdrTruncated,
    Data,
    Tag,
    read_data,
    read_length,
)
from consumerapp.readings import Obis
from consumerapp.simulator import dlms as enc


def value_of(octets: bytes) -> object:
    datum, end = read_data(octets)
    assert end == len(octets)
    return datum.value


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        (enc.NULL, None),
        (b"\xff", None),
        (enc.boolean(True), 1),
        (enc.bit_string("1011001"), "1011001"),
        (enc.bit_string(""), ""),
        (enc.i8(-3), -3),
        (enc.i16(-32768), -32768),
        (enc.i32(-1500), -1500),
        (enc.i64(-(2**63)), -(2**63)),
        (enc.u8(255), 255),
        (enc.u16(65535), 65535),
        (enc.u32(2**32 - 1), 2**32 - 1),
        (enc.u64(2**64 - 1), 2**64 - 1),
        (enc.enum(30), 30),
        (b"\x0d\x42", 42),
        (enc.octets(b"\x01\x02"), b"\x01\x02"),
        (enc.visible("Zähler"), "Zähler"),
        (enc.utf8("Ω"), "Ω"),
        (enc.float32(230.1), Decimal("230.1")),
        (enc.float64(49.98), Decimal("49.98")),
        (enc.float32(float("nan")), None),
        (enc.float64(float("inf")), None),
        (b"\x1a" + bytes(5), bytes(5)),
        (b"\x1b" + bytes(4), bytes(4)),
        (b"\x19" + bytes(12), bytes(12)),
    ],
)
def test_reads_every_simple_type(octets: bytes, value: object) -> None:
    assert value_of(octets) == value


def test_keeps_the_place_of_every_content() -> None:
    octets = enc.structure(enc.octets(b"ab"), enc.u16(7), enc.array(enc.u32(9)))
    datum, _ = read_data(b"\x00\x00" + octets, 2)
    text, number, numbers = datum.elements
    assert [text.at, number.at, numbers.elements[0].at] == [6, 9, 14]


def test_reads_a_compact_array_of_structures_as_an_array() -> None:
    description = b"\x02\x02\x12\x06"
    contents = [b"\x00\x01" + b"\x00\x00\x00\x05", b"\x00\x02" + b"\x00\x00\x00\x06"]
    datum, end = read_data(enc.compact_array(description, contents))
    assert end == len(enc.compact_array(description, contents))
    assert datum.tag == Tag.ARRAY
    assert [[part.value for part in row.elements] for row in datum.elements] == [[1, 5], [2, 6]]


def test_reads_arrays_and_strings_inside_a_compact_array() -> None:
    description = b"\x02\x02\x01\x00\x02\x11\x09"
    datum, _ = read_data(enc.compact_array(description, [b"\x07\x08" + b"\x03abc"]))
    (row,) = datum.elements
    inner, text = row.elements
    assert ([part.value for part in inner.elements], text.value) == ([7, 8], b"abc")


@pytest.mark.parametrize(
    "octets",
    [
        b"\x13\x00\x02\x00\x00",  # null-data takes no octets: it would never end
        b"\x13\x02\x00\x01\x00",  # a structure of nothing neither
        b"\x13\x12\x03\x00\x01\x02",  # three octets are no two-octet numbers
        b"\x13\x01\xff\xff\x11\x01\x00",  # 65,535 elements in one octet
    ],
)
def test_refuses_compact_arrays_that_do_not_add_up(octets: bytes) -> None:
    with pytest.raises(ApduError):
        read_data(octets)


def test_reads_lengths_of_one_to_four_octets() -> None:
    assert read_length(b"\x7f", 0) == (127, 1)
    assert read_length(b"\x81\x80", 0) == (128, 2)
    assert read_length(b"\x82\x01\x00", 0) == (256, 3)
    assert read_length(b"\x84\x00\x01\x00\x00", 0) == (65536, 5)
    for broken in (b"\x80", b"\x85\x00\x00\x00\x00\x01"):
        with pytest.raises(ApduError):
            read_length(broken, 0)


def test_bounds_depth_count_and_length() -> None:
    deep = b"\x02\x01" * MAX_DEPTH
    assert read_data(deep + enc.u8(1))[1] == len(deep) + 2
    with pytest.raises(ApduError, match="deeper"):
        read_data(deep + b"\x02\x01" + enc.u8(1))
    with pytest.raises(ApduError, match="elements"):
        read_data(b"\x01\x82" + (MAX_ELEMENTS + 1).to_bytes(2, "big"))
    with pytest.raises(ApduError, match="string"):
        read_data(b"\x09\x84\x7f\xff\xff\xff")
    # Many small arrays of arrays: the budget is for the whole tree.
    with pytest.raises(ApduError):
        read_data(b"\x01\x81\xc8" + (b"\x01\x81\xc8" + b"\x00" * 200) * 200)


@pytest.mark.parametrize("octets", [b"\x07", b"\x0d\xa0", b"\x0c\x02\xff\xfe", b"\x20\x01"])
def test_refuses_what_is_no_data(octets: bytes) -> None:
    with pytest.raises(ApduError) as refused:
        read_data(octets)
    assert refused.value.kind is RefusalKind.MALFORMED


def test_reads_the_swapped_tag_only_when_asked_and_only_where_a_code_stands() -> None:
    code = Obis(1, 0, 31, 7, 0)
    swapped = enc.structure(b"\x06\x09" + code.to_bytes(), enc.u16(321))
    datum, end = read_data(swapped, swapped_names=True)
    assert end == len(swapped)
    assert datum.elements[0].value == code.to_bytes()
    with pytest.raises(ApduError):
        read_data(swapped)
    number = enc.structure(enc.u8(1), b"\x06\x09\x00\x00\x01")
    assert read_data(number, swapped_names=True)[0].elements[1].value == 0x09000001


DATA = st.recursive(
    st.one_of(
        st.just(enc.NULL),
        st.integers(0, 2**32 - 1).map(enc.u32),
        st.integers(-(2**15), 2**15 - 1).map(enc.i16),
        st.binary(max_size=200).map(enc.octets),
        st.text(alphabet="01", max_size=20).map(enc.bit_string),
        st.floats(width=32).map(enc.float32),
    ),
    lambda inner: st.lists(inner, max_size=5).map(lambda parts: enc.structure(*parts)),
    max_leaves=20,
)


@given(octets=DATA)
def test_says_exactly_how_much_is_missing(octets: bytes) -> None:
    datum, end = read_data(octets)
    assert (end, isinstance(datum, Data)) == (len(octets), True)
    for cut in range(len(octets)):
        with pytest.raises(AxdrTruncated) as missing:
            read_data(octets[:cut])
        assert cut < missing.value.needed <= len(octets)


@given(octets=st.binary(max_size=300))
def test_raises_nothing_but_apdu_errors(octets: bytes) -> None:
    try:
        _, end = read_data(octets)
    except ApduError:
        return
    assert 0 < end <= len(octets)


@given(number=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_single_precision_becomes_the_shortest_decimal_that_comes_back(number: float) -> None:
    value = value_of(enc.float32(number))
    assert isinstance(value, Decimal)
    assert enc.float32(float(value)) == enc.float32(number)
