"""KNX datapoints: exact, there and back, and never a number where the sender says there is none."""

from __future__ import annotations

import math
import struct
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from consumerapp.errors import ApduError, ConsumerAppError, DecodeError
from consumerapp.h2.datapoint_layouts import LocalTime
from consumerapp.h2.datapoints import Decoded, Part, datapoints, dpt_number, get_datapoint
from consumerapp.readings import Unit

NUMBERS = sorted(datapoints())


def value(number: str, octets: str) -> tuple[Decimal | None, Unit]:
    part = get_datapoint(number).decode(bytes.fromhex(octets)).parts[0]
    return part.value, part.unit


@pytest.mark.parametrize(
    ("number", "octets", "expected", "unit"),
    [
        ("13.010", "00 12 D6 87", "1234567", Unit.WH),
        ("13.010", "FF FF FF FE", "-2", Unit.WH),
        ("13.013", "00 00 30 39", "12345000", Unit.WH),
        ("13.016", "00 00 00 02", "2000000", Unit.WH),
        ("13.012", "00 00 00 07", "7", Unit.VARH),
        ("13.002", "00 00 30 39", "1.2345", Unit.M3_PER_H),
        ("13.1200", "00 00 30 39", "12.345", Unit.M3),
        ("12.1201", "FF FF FF FF", "4294967295", Unit.M3),
        ("29.010", "00 00 00 00 00 12 D6 87", "1234567", Unit.WH),
        ("29.012", "00 00 01 00 00 00 00 00", "1099511627776", Unit.VARH),
        ("14.056", "43 C6 80 00", "397", Unit.W),
        ("14.056", "C4 BB 80 00", "-1500", Unit.W),
        ("14.027", "43 66 19 9A", "230.1", Unit.V),
        ("14.1201", "3F 80 00 00", "3.6", Unit.M3_PER_H),
        ("9.024", "00 FA", "2500", Unit.W),
        ("9.024", "0E 00", "30720", Unit.W),
        ("9.001", "87 6A", "-1.5", Unit.DEG_C),
        ("9.020", "00 64", "0.001", Unit.V),
        ("7.012", "03 E8", "1", Unit.A),
        ("5.006", "02", "2", Unit.NONE),
        ("1.1201", "01", "1", Unit.NONE),
        ("229.001", "00 12 D6 87 03 00", "1234567", Unit.WH),
        ("229.001", "00 12 D6 87 06 08", "1234567000", Unit.WH),
        ("229.001", "00 00 00 05 0E 00", "5000000", Unit.J),
        ("229.001", "00 00 30 39 13 00", "12.345", Unit.M3),
        ("229.001", "00 00 00 02 83 00", "200000000", Unit.WH),
        ("229.001", "00 00 00 64 46 00", "600", Unit.M3_PER_H),
        ("235.001", "00 12 D6 87 01 00", "1234567", Unit.WH),
    ],
)
def test_reads_the_exact_value(number, octets, expected, unit):
    assert value(number, octets) == (Decimal(expected), unit)


@pytest.mark.parametrize(
    ("number", "octets"),
    [
        ("9.024", "7F FF"),
        ("14.056", "7F C0 00 00"),
        ("14.056", "FF 80 00 00"),
        ("5.006", "FF"),
        ("20.1200", "FF"),
        ("229.001", "00 12 D6 87 03 01"),
        ("229.001", "00 12 D6 87 03 02"),
        ("229.001", "00 12 D6 87 03 04"),
        ("235.001", "00 12 D6 87 01 02"),
    ],
)
def test_gives_no_number_where_the_sender_has_none(number, octets):
    assert value(number, octets)[0] is None


def test_an_alarm_leaves_a_count_a_measurement():
    assert value("229.001", "00 00 00 01 03 18")[0] == 1


def test_tells_an_invalid_tariff_from_an_invalid_energy():
    energy, tariff = get_datapoint("235.001").decode(bytes.fromhex("0012D6870101")).parts
    assert energy.value == 1234567
    assert tariff.value is None


def test_refuses_a_unit_that_is_none_of_ours():
    with pytest.raises(ApduError, match="VIF 50"):
        get_datapoint("229.001").decode(bytes.fromhex("000000015000"))


def test_reads_the_time_of_an_energy():
    dpt = get_datapoint("269.1200")
    time = LocalTime(datetime.fromisoformat("2026-07-01T12:15"), is_summer=True)
    said = Decoded((Part("", 1500, Unit.WH), Part("tariff", 2)), time=time)
    assert dpt.decode(dpt.encode(said)) == said


def test_takes_no_time_from_a_faulty_clock():
    assert get_datapoint("19.001").decode(bytes.fromhex("7E0701EC0F008100")).time is None


def test_midnight_may_be_the_end_of_the_day():
    told = get_datapoint("19.001").decode(bytes.fromhex("7E071F1800002000")).time
    assert told == LocalTime(datetime.fromisoformat("2026-08-01"), is_summer=False)


def test_reads_a_text():
    assert get_datapoint("16.001").decode(b"Z\xe4hler 4711\0\0\0").text == "Zähler 4711"


@pytest.mark.parametrize(
    ("text", "number"),
    [("13.010", "13.010"), ("13.10", "13.010"), ("DPST-13-10", "13.010"), ("DPT-9", "9"), ("x", "")],
)
def test_a_type_is_written_in_several_ways(text, number):
    assert dpt_number(text) == number


def test_names_a_type_that_it_does_not_know():
    with pytest.raises(ConsumerAppError, match=r"'3\.007'"):
        get_datapoint("3.007")


@given(st.sampled_from(NUMBERS), st.binary(max_size=20))
def test_any_octets_raise_only_decode_error(number, octets):
    try:
        decoded = get_datapoint(number).decode(octets)
    except DecodeError:
        return
    assert all(part.value is None or part.value.is_finite() for part in decoded.parts)


def _said(decoded: Decoded):
    return [(part.name, part.value, part.unit) for part in decoded.parts], decoded.text, decoded.time


@given(st.data())
def test_what_was_read_is_written_and_read_again(data):
    dpt = get_datapoint(data.draw(st.sampled_from(NUMBERS)))
    octets = data.draw(st.binary(min_size=dpt.octets, max_size=dpt.octets))
    try:
        decoded = dpt.decode(octets)
        written = dpt.encode(decoded)
    except ConsumerAppError:
        reject()
    again = dpt.decode(written)
    assert [(p.name, p.value, p.unit) for p in again.parts] == [
        (p.name, p.value, p.unit) for p in decoded.parts
    ]
    assert (again.text, again.time) == (decoded.text, decoded.time)


@given(st.integers(-(2**31), 2**31 - 1))
def test_every_count_is_kept(count):
    dpt = get_datapoint("13.010")
    assert dpt.decode(dpt.encode_value(count)).parts[0].value == count


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_is_the_shortest_number_with_its_octets(number):
    octets = struct.pack(">f", number)
    read = get_datapoint("14.056").decode(octets).parts[0].value
    assert read is not None
    assert struct.pack(">f", float(read)) == octets or number == 0
    assert len(read.as_tuple().digits) <= 9


@given(st.decimals(min_value=-600_000, max_value=600_000, places=2))
def test_two_octets_are_off_by_less_than_half_a_step(number):
    dpt = get_datapoint("9.001")
    octets = dpt.encode_value(number)
    read = dpt.decode(octets).parts[0].value
    assert read is not None
    step = Decimal(1 << (octets[0] >> 3 & 15)) / 100
    assert abs(read - number) <= step / 2


@pytest.mark.parametrize(
    ("number", "too_much"),
    [("13.010", 2**31), ("12.001", -1), ("9.024", 10**9), ("5.006", 255), ("1.1200", 2)],
)
def test_refuses_what_does_not_fit(number, too_much):
    with pytest.raises(ConsumerAppError):
        get_datapoint(number).encode_value(too_much)


def test_refuses_a_float_beyond_four_octets():
    with pytest.raises(ConsumerAppError):
        get_datapoint("14.056").encode_value(Decimal("1e39"))
    assert math.isfinite(float(Decimal("3.4e38")))
