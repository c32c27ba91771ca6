"""The table of group addresses: what a telegram becomes, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from consumerapp.errors import ConsumerAppError, RefusalKind
from consumerapp.h1.decoder import Gateway, Refused, Telegram
from consumerapp.h2.datapoint_layouts import LocalTime
from consumerapp.h2.datapoints import Decoded, Part, get_datapoint
from consumerapp.h2.knx import GroupAddress, GroupTelegram, IndividualAddress, MessageCode, Service
from consumerapp.h2.knx_table import GroupTable, parse_row
from consumerapp.normalise import normalise
from consumerapp.readings import Quality, Quantity, Unit

NOW = datetime(2026, 7, 1, 10, 20, tzinfo=UTC)
SENDER = IndividualAddress.parse("1.1.22")


def said(data: bytes, *, small: int | None = None, service: Service = Service.WRITE, group: str = "1/2/3"):
    return GroupTelegram(MessageCode.INDICATION, SENDER, GroupAddress.parse(group), service, data, small)


def readings(row: str, octets: str, **options):
    telegram = GroupTable.parse(f"1/2/3; {row}").receive_telegram(said(bytes.fromhex(octets)), **options)
    assert isinstance(telegram, Telegram)
    assert telegram.protocol is Gateway.KNX
    return normalise(telegram, received_at=NOW, source="bus").readings


@pytest.mark.parametrize(
    ("row", "octets", "quantity", "value"),
    [
        ("1-0:1.8.0; 13.010", "0012D687", Quantity.ACTIVE_ENERGY_IMPORT, "1234567"),
        ("1-0:16.7.0; 14.056", "C4BB8000", Quantity.ACTIVE_POWER_NET, "-1500"),
        ("1-0:16.7.0; 9.024; -1", "00FA", Quantity.ACTIVE_POWER_NET, "-2500"),
        ("1-0:32.7.0; 14.027", "4366199A", Quantity.VOLTAGE, "230.1"),
        ("7-0:3.0.0; 13.1200", "00003039", Quantity.GAS_VOLUME, "12.345"),
        ("8-0:1.0.0; 12.001; 10; l", "00003039", Quantity.COLD_WATER_VOLUME, "123.45"),
        ("1-0:1.8.0; 7.001; 0,5; Wh", "0003", Quantity.ACTIVE_ENERGY_IMPORT, "1.5"),
        ("6-0:1.0.0; 229.001", "000000050E00", Quantity.HEAT_ENERGY, "1388.889"),
        ("0-0:96.14.0; 5.006", "02", Quantity.TARIFF_INDICATOR, "2"),
    ],
)
def test_a_telegram_becomes_a_reading(row, octets, quantity, value):
    (reading,) = readings(row, octets)
    assert (reading.quantity, reading.value) == (quantity, Decimal(value))


def test_three_phases_are_three_registers():
    found = readings("1-0:31.7.0; 257.1200", "3F800000400000007FC00000")
    assert {reading.obis.short: reading.value for reading in found} == {"31.7.0": 1, "51.7.0": 2}


def test_whole_kilowatt_hours_are_coarse():
    (reading,) = readings("1-0:1.8.0; 13.013", "00003039")
    assert reading.quality & Quality.COARSE
    assert reading.resolution == 1000


def test_pulses_tell_the_step():
    (reading,) = readings("8-0:1.0.0; 12.001; 10; l", "00003039")
    assert reading.resolution == Decimal("0.01")


@pytest.mark.parametrize(("row", "register"), [("1-0:1.8.0", "1.8.2"), ("1-0:1.8.2", "1.8.2")])
def test_energy_of_a_tariff_goes_to_its_register(row, register):
    (reading,) = readings(f"{row}; 235.001", "0012D6870200")
    assert reading.obis.short == register


@pytest.mark.parametrize("octets", ["0012D6870202", "0012D6870201", "0012D687FF00"])
def test_energy_without_validity_or_tariff_is_no_reading(octets):
    assert readings("1-0:1.8.0; 235.001", octets) == ()


def test_energy_of_another_tariff_is_no_reading_of_this_register():
    assert readings("1-0:1.8.1; 235.001", "0012D6870200") == ()


def test_a_value_that_is_none_is_no_reading():
    assert readings("1-0:16.7.0; 9.024", "7FFF") == ()


def test_a_time_on_the_bus_is_the_measurements():
    dpt = get_datapoint("269.1200")
    time = LocalTime(datetime.fromisoformat("2026-07-01T12:15"), is_summer=True)
    octets = dpt.encode(Decoded((Part("", 1500, Unit.WH), Part("tariff", 1)), time=time)).hex()
    row = "1-0:1.8.0; 269.1200"
    assert readings(row, octets)[0].at is None
    (reading,) = readings(row, octets, zone=ZoneInfo("Europe/Berlin"))
    assert reading.at == datetime(2026, 7, 1, 10, 15, tzinfo=UTC)


def test_a_row_names_its_meter_or_is_the_links():
    table = GroupTable.parse("1/2/3; 8-0:1.0.0; 13.1200; ; ; Garden\n1/2/4; 8-0:1.0.0; 13.1200")
    meters = [
        table.receive_telegram(said(bytes(4), group=group), own_meter="own") for group in ("1/2/3", "1/2/4")
    ]
    assert [meter.meter_id for meter in meters if isinstance(meter, Telegram)] == ["Garden", "own/8"]


def test_questions_and_other_groups_are_not_for_us():
    table = GroupTable.parse("1/2/3; 1-0:1.8.0; 13.010")
    assert table.receive_telegram(said(b"", service=Service.READ)) is None
    assert table.receive_telegram(said(bytes(4), group="1/2/4")) is None


@pytest.mark.parametrize(("data", "small"), [(b"\0\0", None), (b"", 1)])
def test_another_length_than_the_types_is_refused(data, small):
    answer = GroupTable.parse("1/2/3; 1-0:1.8.0; 13.010").receive_telegram(said(data, small=small))
    assert isinstance(answer, Refused)
    assert answer.kind is RefusalKind.MALFORMED
    assert "1/2/3" in answer.detail


def test_a_table_is_written_as_it_was_read():
    text = (
        "1/2/3; 1-0:1.8.0; 13.010\n1/2/4; 8-0:1.0.0; 12.001; 10; l; Water\n1/2/5; 1-0:2.8.0; 13.010; ; ; PV\n"
    )
    assert str(GroupTable.parse(f"# ours\n\n{text}")) == text


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1/2/3; 1-0:1.8.0", "between them"),
        ("1/2/3/4; 1-0:1.8.0; 13.010", "no group address"),
        ("1/2/3; 1.8; x", "datapoint type"),
        ("1/2/3; zz; 13.010", "OBIS"),
        ("1/2/3; 1-0:199.199.199; 13.010", "no register"),
        ("1/2/3; 1-0:1.8.0; 13.010; x", "no factor"),
        ("1/2/3; 1-0:1.8.0; 13.010; 0", "no factor"),
        ("1/2/3; 1-0:1.8.0; 13.010; ; l", "unit of its own"),
        ("1/2/3; 1-0:1.8.0; 229.001; ; l", "unit of its own"),
        ("1/2/3; 1-0:1.8.0; 12.001; ; furlongs", "no unit"),
        ("1/2/3; 1-0:1.8.0; 16.001", "no number"),
    ],
)
def test_says_what_is_wrong_with_a_row(row, complaint):
    with pytest.raises(ConsumerAppError, match=complaint):
        parse_row(row)


def test_names_the_line_that_is_wrong():
    with pytest.raises(ConsumerAppError, match=r"line 2: 1/2/3 has a row already"):
        GroupTable.parse("1/2/3; 1-0:1.8.0; 13.010\n1/2/3; 1-0:2.8.0; 13.010")
