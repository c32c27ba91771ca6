"""Readouts of IEC 62056-21 meters, made by our own encoder."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Decoder, Protocol, Refused, Telegram
from consumerapp.h1.iec62056_21 import acknowledgement, decoder, read_identification
from consumerapp.readings import Unit
from consumerapp.simulator.p1 import Line, data_block
from tests.consumerapp.h1.laws import DecoderLaws, events_of


def meter(energy_kwh: str = "0008048.375") -> list[Line]:
    return [
        Line("0.0.0", ("63355730",)),
        Line("0.9.1", ("20:14:55",)),
        Line("1-0:1.8.0*255", (f"{energy_kwh}*kWh",)),
        Line("1-0:1.8.0*01", ("0007904.135*kWh",)),
        Line("1-0:1.6.0*255", ("02.468*kW", "1703100930")),
        Line("2.7.0", ("0.250*kW",)),
        Line("F.F", ("00",)),
    ]


class TestBlockLaws(DecoderLaws):
    frames = st.builds(
        lambda wh: data_block("XMX5TEST-01", meter(f"{wh // 1000:07}.{wh % 1000:03}")),
        st.integers(0, 10**10 - 1),
    )
    alphabet = st.text("/!()*:.-0123456789ABCkWh\r\n\x02\x03", max_size=80).map(str.encode)

    def make_decoder(self) -> Decoder:
        return decoder()


def test_reads_a_data_block():
    (telegram,) = events_of(decoder(), [data_block("XMX5TEST-01", meter())])
    assert isinstance(telegram, Telegram)
    assert telegram.protocol is Protocol.D0
    assert telegram.meter_id == "63355730"
    read = {str(value.obis): (value.value, value.unit) for value in telegram.values}
    assert read["1-0:1.8.0*255"] == (Decimal(8_048_375), Unit.WH)
    assert read["1-0:1.8.0*1"] == (Decimal(7_904_135), Unit.WH)
    assert read["1-0:1.6.0*255"] == (Decimal(2468), Unit.W)
    assert read["1-0:2.7.0*255"] == (Decimal(250), Unit.W)


def test_wrong_block_check_refuses_the_readout():
    block = data_block("XMX5TEST-01", meter())
    (event,) = events_of(decoder(), [block[:-1] + bytes([block[-1] ^ 1])])
    assert isinstance(event, Refused)
    assert event.kind is RefusalKind.CHECKSUM


def test_several_data_sets_share_a_line_and_an_acknowledgement_stands_before():
    octets = b"/XMX5HEAT\r\n\x06050\r\n\x021.8.0(000285.4*kWh)2.8.0(000120.1*kWh)\r\nC.1(1234)!\r\n!\r\n"
    (telegram,) = events_of(decoder(), [octets])
    assert isinstance(telegram, Telegram)
    assert [value.value for value in telegram.values] == [285_400, 120_100]


def test_heat_meter_with_two_group_codes_is_of_medium_six():
    (telegram,) = events_of(decoder(), [data_block("LUG5HEAT", [Line("6.8", ("0029.055*MWh",))])])
    assert isinstance(telegram, Telegram)
    (value,) = telegram.values
    assert (value.obis.a, value.value, value.unit) == (6, 29_055_000, Unit.WH)


def test_mode_c_sign_on():
    identification = read_identification(b"/XMX5TEST-01\r\n")
    assert identification is not None
    assert (identification.maker, identification.baud_rate, identification.text) == ("XMX", 9600, "TEST-01")
    assert acknowledgement(identification.baud_character) == b"\x06050\r\n"
    assert read_identification(b"/XMX5TEST") is None
    with pytest.raises(ConsumerAppError):
        acknowledgement("A")
