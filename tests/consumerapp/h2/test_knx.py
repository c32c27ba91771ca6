"""KNXnet/IP frames: what they say, and what they do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError, DecodeError, RefusalKind
from consumerapp.h2.knx import (
    AddressStyle,
    GroupAddress,
    GroupTelegram,
    IndividualAddress,
    MessageCode,
    SecuredTelegram,
    Service,
    frames_in,
    parse_cemi,
    parse_frame,
    split_frames,
)
from tests.consumerapp.h2.knx_frames import cemi, frame, routing, tunnelling


@pytest.mark.parametrize(
    ("text", "number", "styles"),
    [
        ("1/2/3", 2563, ("2563", "1/515", "1/2/3")),
        ("1/515", 2563, ("2563", "1/515", "1/2/3")),
        ("2563", 2563, ("2563", "1/515", "1/2/3")),
        ("31/7/255", 65535, ("65535", "31/2047", "31/7/255")),
    ],
)
def test_a_group_has_three_styles(text, number, styles):
    group = GroupAddress.parse(text)
    assert group == number
    assert tuple(group.styled(style) for style in AddressStyle) == styles


@pytest.mark.parametrize(
    "text", ["0/0/0", "0", "32/0/0", "1/8/0", "1/2/256", "1/2048", "65536", "1/2/3/4", "a/b/c"]
)
def test_refuses_what_is_no_group(text):
    with pytest.raises(ConsumerAppError):
        GroupAddress.parse(text)


def test_an_individual_address_has_area_line_and_device():
    assert str(IndividualAddress.parse("15.15.255")) == "15.15.255"
    with pytest.raises(ConsumerAppError):
        IndividualAddress.parse("16.0.1")


@pytest.mark.parametrize("wrap", [routing, tunnelling])
def test_reads_a_value_out_of_a_frame(wrap):
    said = parse_frame(wrap(cemi("5/1/22", b"\x0c\x3f")))
    assert said == GroupTelegram(
        MessageCode.INDICATION,
        IndividualAddress.parse("1.1.22"),
        GroupAddress.parse("5/1/22"),
        Service.WRITE,
        b"\x0c\x3f",
    )


def test_reads_a_value_of_six_bits():
    said = parse_cemi(cemi("1/1/45", small=1))
    assert isinstance(said, GroupTelegram)
    assert (said.small, said.data, said.octets) == (1, b"", b"\x01")


def test_reads_a_response_behind_additional_information():
    said = parse_cemi(cemi("0/1/81", b"\xf0", service=Service.RESPONSE, additional=b"\x03\x01\x00"))
    assert isinstance(said, GroupTelegram)
    assert (said.service, said.data) == (Service.RESPONSE, b"\xf0")


def test_reads_an_extended_frame():
    said = parse_cemi(cemi("1/2/3", bytes(14), control=0x3C))
    assert isinstance(said, GroupTelegram)
    assert said.data == bytes(14)


def test_a_question_has_no_value():
    said = parse_cemi(cemi("1/2/3", service=Service.READ))
    assert isinstance(said, GroupTelegram)
    assert (said.service, said.octets) == (Service.READ, b"")


def test_tells_data_secure_from_a_value():
    secured = bytearray(cemi("1/2/3", bytes(12)))
    secured[9:11] = b"\x03\xf1"
    assert isinstance(parse_cemi(bytes(secured)), SecuredTelegram)


def test_a_telegram_to_a_device_is_not_for_us():
    to_device = bytearray(cemi("1/2/3", b"\x01"))
    to_device[3] &= 0x7F
    assert parse_cemi(bytes(to_device)) is None


def test_a_connection_between_devices_is_not_for_us():
    numbered = bytearray(cemi("1/2/3", b"\x01"))
    numbered[9] |= 0x40
    assert parse_cemi(bytes(numbered)) is None


def test_ip_secure_needs_a_key():
    with pytest.raises(DecodeError) as raised:
        parse_frame(frame(0x0950, bytes(40)))
    assert raised.value.kind is RefusalKind.NEEDS_KEY


@pytest.mark.parametrize("service", [0x0201, 0x0202, 0x0205, 0x0206, 0x0421, 0x0531, 0x0532])
def test_other_services_say_nothing(service):
    assert parse_frame(frame(service, bytes(8))) is None


def test_a_frame_cut_short_is_truncated():
    whole = routing(cemi("1/2/3", b"\x01\x02"))
    for octets in range(6, len(whole)):
        with pytest.raises(DecodeError) as raised:
            parse_frame(whole[:octets])
        assert raised.value.kind is RefusalKind.TRUNCATED


def test_a_length_that_lies_is_refused():
    lying = bytearray(cemi("1/2/3", b"\x01\x02"))
    lying[8] += 1
    with pytest.raises(DecodeError):
        parse_cemi(bytes(lying))


@given(st.binary(max_size=64))
def test_any_octets_raise_only_decode_error(octets):
    for parse in (parse_frame, parse_cemi):
        try:
            parse(octets)
        except DecodeError:
            continue


@given(st.binary(max_size=40).filter(lambda noise: b"\x06" not in noise))
def test_the_next_frame_is_found_after_noise(noise):
    whole = routing(cemi("1/2/3", b"\x01\x02"))
    assert list(frames_in(noise + whole + noise + whole)) == [
        (len(noise), whole),
        (2 * len(noise) + len(whole), whole),
    ]


def test_frames_in_one_datagram_are_told_apart():
    whole = routing(cemi("1/2/3", b"\x01\x02"))
    assert list(split_frames(whole + whole + b"\x06\x10")) == [whole, whole, b"\x06\x10"]
