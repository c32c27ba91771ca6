"""The body shapes A to G."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ApduError
from consumerapp.h1.dlms_body import Body, ScalerUnit, Shape, end_of_body, read_body
from consumerapp.readings import Obis
from consumerapp.simulator import dlms as enc
from tests.consumerapp.h1.meter_telegrams import CLOCK, registers

SCALED = registers(scaled=True)
PLAIN = registers(scaled=False)


def summary(body: Body) -> list[tuple[str, object, ScalerUnit | None]]:
    return [(item.obis.short, item.data.value, item.scaler_unit) for item in body.items]


WANTED_SCALED = summary(read_body(enc.coded_array(SCALED), 0))
WANTED_PLAIN = [(code, value, None) for code, value, _ in WANTED_SCALED]


def test_the_list_that_all_shapes_are_held_against_is_right() -> None:
    assert WANTED_SCALED[0] == ("1.7.0", 1840, ScalerUnit(0, 27))
    assert WANTED_SCALED[4] == ("31.7.0", 321, ScalerUnit(-2, 33))
    assert len(WANTED_SCALED) == len(SCALED)


@pytest.mark.parametrize(
    ("octets", "shape", "wanted"),
    [
        (enc.coded_array(SCALED), Shape.CODED_ARRAY, WANTED_SCALED),
        (enc.coded_array(PLAIN), Shape.CODED_ARRAY, WANTED_PLAIN),
        (enc.coded_structure(SCALED), Shape.CODED_STRUCTURE, WANTED_SCALED),
        (enc.structure(enc.coded_array(SCALED)), Shape.CODED_ARRAY, WANTED_SCALED),
        (enc.flat(SCALED), Shape.FLAT_SCALED, WANTED_SCALED),
        (enc.flat(PLAIN), Shape.FLAT_PAIRS, WANTED_PLAIN),
        (enc.object_list(PLAIN), Shape.OBJECT_LIST, WANTED_PLAIN),
        (enc.descriptors(PLAIN), Shape.DESCRIPTORS, WANTED_PLAIN),
        (enc.with_swapped_names(enc.coded_array(SCALED)), Shape.CODED_ARRAY, WANTED_SCALED),
    ],
    ids=["A", "A plain", "B", "A in a structure", "C", "D", "F", "G", "A with swapped tags"],
)
def test_every_shape_gives_the_same_items(
    octets: bytes, shape: Shape, wanted: list[tuple[str, object, ScalerUnit | None]]
) -> None:
    body = read_body(octets, 0)
    assert (body.shape, summary(body)) == (shape, wanted)
    assert end_of_body(octets + b"\x00\x01", 0) == len(octets)


def test_clock_in_front_and_id_behind_stay_loose() -> None:
    body = read_body(enc.flat(SCALED, before=[enc.octets(CLOCK)], behind=[enc.octets("181220000031")]), 0)
    assert [data.value for data in body.loose] == [CLOCK, b"181220000031"]
    assert summary(body) == WANTED_SCALED


def test_scaler_and_unit_may_come_without_their_structure() -> None:
    parts = [enc.octets(Obis(1, 0, 32, 7, 0)), enc.u16(2304), enc.i8(-1), enc.enum(35)]
    body = read_body(enc.structure(*parts, enc.octets(Obis(1, 0, 1, 7, 0)), enc.u32(5)), 0)
    assert summary(body) == [("32.7.0", 2304, ScalerUnit(-1, 35)), ("1.7.0", 5, None)]


def test_missing_phases_are_null_and_do_not_shift_the_rest() -> None:
    pairs = [enc.octets(Obis(1, 1, 31, 7, 0)), enc.u32(5), enc.NULL, enc.NULL]
    body = read_body(
        enc.structure(enc.visible("V1"), *pairs, enc.octets(Obis(1, 1, 32, 7, 0)), enc.u16(230)), 0
    )
    assert summary(body) == [("31.7.0", 5, None), ("32.7.0", 230, None)]


def test_a_value_of_six_octets_is_no_code() -> None:
    pair = [
        enc.octets(Obis(0, 0, 96, 1, 0)),
        enc.octets("AB1234"),
        enc.octets(Obis(1, 0, 1, 7, 0)),
        enc.u32(5),
    ]
    assert summary(read_body(enc.structure(*pair), 0)) == [("96.1.0", b"AB1234", None), ("1.7.0", 5, None)]


def test_values_only_are_left_to_the_profile() -> None:
    body = read_body(enc.structure(enc.octets("KFM_001"), enc.u32(1), enc.u32(2), enc.u32(3)), 0)
    assert (body.shape, len(body.loose), body.items) == (Shape.POSITIONAL, 4, ())
    assert read_body(enc.u32(7), 0).shape is Shape.POSITIONAL


def test_an_object_list_may_carry_scalers_capture_times_and_whole_objects() -> None:
    gas, power = Obis(0, 1, 24, 2, 1), Obis(1, 0, 1, 7, 0)
    entries = [
        enc.push_object(4, gas, 2),
        enc.push_object(4, gas, 3),
        enc.push_object(4, gas, 4),
        enc.push_object(4, gas, 5),
        enc.push_object(3, power, 0),
    ]
    octets = enc.structure(
        enc.array(*entries),
        enc.u32(246138),
        enc.scaler_unit(-3, 13),
        enc.u8(0),
        enc.octets(CLOCK),
        enc.structure(enc.octets(power), enc.u32(1840), enc.scaler_unit(0, 27)),
    )
    body = read_body(octets, 0)
    assert summary(body) == [("24.2.1", 246138, ScalerUnit(-3, 13)), ("1.7.0", 1840, ScalerUnit(0, 27))]
    assert body.items[0].captured == CLOCK


def test_an_object_list_and_its_values_have_to_agree() -> None:
    entries = [enc.push_object(3, Obis(1, 0, 1, 7, 0), 2)] * 3
    with pytest.raises(ApduError, match="3 entries"):
        read_body(enc.structure(enc.array(*entries), enc.u32(1)), 0)


def test_octets_behind_the_body_are_refused() -> None:
    with pytest.raises(ApduError, match="behind"):
        read_body(enc.coded_array(SCALED) + b"\x00", 0)
    with pytest.raises(ApduError, match="behind"):
        read_body(enc.descriptors(PLAIN) + b"\x00", 0)


@given(
    octets=st.binary(max_size=200),
    prefix=st.sampled_from([b"", b"\x02\x02\x16\x01\x01", b"\x01\x03\x02\x03\x09\x06"]),
)
def test_any_octets_raise_only_apdu_errors(octets: bytes, prefix: bytes) -> None:
    try:
        read_body(prefix + octets, 0)
    except ApduError:
        return
