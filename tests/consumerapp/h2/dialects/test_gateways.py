"""amsreader, smartmeter-datacollector, the Austrian adapter, AIIDA, our own form, raw telegrams."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from consumerapp.errors import DecodeError
from consumerapp.readings import Authenticity, MeterId, Obis, Quantity, Reading
from consumerapp.wire_readings import reading_to_json
from tests.consumerapp.h2.mapping import NOON, mapped, meter_telegram, one, opened, values

UNIX = int(NOON.timestamp())


def ams(**data):
    return {
        "id": "aa:bb",
        "name": "ams",
        "up": 9,
        "t": UNIX,
        "vcc": 3.3,
        "rssi": -60,
        "temp": 21.5,
        "data": data,
    }


def test_amsreader_lists_in_their_units():
    found = mapped(
        opened("amsreader"), "han/list4",
        ams(lv="x", id="7359", type="T", P=1500, PO=0, I1=6.52, U1=230.1, tPI=12345.678, tPO=1.5, tQI=2,
            P2=400,
            PF=0.98, PF1=98, rtc=UNIX - 3000),
    )  # fmt: skip
    assert one(found) == {
        "1-0:1.7.0": 1500, "1-0:2.7.0": 0, "1-0:31.7.0": Decimal("6.52"), "1-0:32.7.0": Decimal("230.1"),
        "1-0:1.8.0": 12345678, "1-0:2.8.0": 1500, "1-0:3.8.0": 2000, "1-0:41.7.0": 400,
        "1-0:13.7.0": Decimal("0.98"),
    }  # fmt: skip
    assert found[0].telegram.measured_at == NOON
    assert found[0].telegram.meter_id == "7359"
    assert [left.path for left in found[0].unmapped] == ["PF1"]


def test_amsreader_topics_with_one_value():
    found = mapped(opened("amsreader"), "han/meter/export/reactive/accumulated", "12.5")
    assert one(found) == {"1-0:4.8.0": 12500}
    assert one(mapped(opened("amsreader"), "han/meter/l3/voltage", "229.9")) == {
        "1-0:72.7.0": Decimal("229.9")
    }
    assert mapped(opened("amsreader"), "han/meter/clock", "1790000000") == []


@pytest.mark.parametrize("payload", [{"id": "aa:bb", "t": UNIX}, {"data": {"P": 1}}, "{ cut"])
def test_amsreader_without_a_list_is_refused(payload):
    with pytest.raises(DecodeError):
        mapped(opened("amsreader"), "han", payload)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("ACTIVE_ENERGY_P_T1", 123.0, {"1-0:1.8.1": 123}),
        ("ACTIVE_ENERGY_N_T2", 4, {"1-0:2.8.2": 4}),
        ("REACTIVE_ENERGY_Q3", 5, {"1-0:7.8.0": 5}),
        ("ACTIVE_POWER_N_L2", 6, {"1-0:42.7.0": 6}),
        ("VOLTAGE_L1", 230.5, {"1-0:32.7.0": Decimal("230.5")}),
        ("ANGLE_UI_L1", 1.5, {}),
    ],
)
def test_smartmeter_datacollector_names(name, value, wanted):
    dialect = opened("smartmeter-datacollector")
    found = mapped(dialect, f"smartmeter/LGZ77/{name}", {"value": value, "timestamp": UNIX})
    assert one(found) == wanted
    assert found[0].telegram.meter_id == "LGZ77"
    assert found[0].telegram.measured_at == NOON


def test_the_austrian_adapter_names_registers_by_code():
    found = mapped(
        opened("oesterreichs-energie"), "sma",
        {"0-0:96.1.0": {"value": "4711"}, "1-0:1.8.0": {"value": 83402, "time": UNIX},
         "1-0:1.7.0": {"value": 43, "time": UNIX}, "1-0:2.8.1": {"value": 7, "time": UNIX},
         "9-9:99.99.9": {"value": 1, "time": UNIX}, "api_version": "v1", "name": "4711", "sma_time": 2360.4},
    )  # fmt: skip
    assert [values(mapping.telegram) for mapping in found] == [
        {"1-0:1.8.0": 83402, "1-0:1.7.0": 43, "1-0:2.8.1": 7}
    ]
    assert found[0].telegram.meter_id == "4711"
    assert found[0].unmapped[0].path == "9-9:99.99.9"


def test_aiida_in_its_envelope():
    series = {
        "version": "1.0", "dateAndOrTime.dateTime": "2026-11-03T12:00:00Z",
        "registeredResource.mRID": {"value": "point-1", "codingScheme": "NAT"},
        "Quantity": [
            {"quantity": 0.132, "type": "2", "quality": "AS_PROVIDED"},
            {"quantity": 65238.377, "type": "0", "quality": "AS_PROVIDED"},
            {"quantity": 5, "type": "1", "quality": "ESTIMATED"},
            {"quantity": 5, "type": "17", "quality": "AS_PROVIDED"},
        ],
    }  # fmt: skip
    for payload in (series, {"MarketDocument": {"TimeSeries": [series]}}):
        found = mapped(opened("aiida"), "aiida/v1/p/data/outbound/x", payload)
        assert one(found) == {"1-0:1.7.0": 132, "1-0:1.8.0": 65238377}
        assert found[0].telegram.measured_at == NOON
        assert [left.path for left in found[0].unmapped] == ["Quantity.1", "Quantity.17"]


def test_our_own_form_proves_nothing_here():
    reading = Reading(
        meter_id=MeterId("G-1"), obis=Obis.parse("7-0:3.0.0"), quantity=Quantity.GAS_VOLUME,
        value=Decimal("12.345"), at=NOON, received_at=NOON + timedelta(seconds=3),
        authenticity=Authenticity.AUTHENTICATED,
    )  # fmt: skip
    for payload in (
        reading_to_json(reading),
        [reading_to_json(reading)],
        {"readings": [reading_to_json(reading)]},
    ):
        found = mapped(opened("meterside"), "m", payload)
        assert one(found) == {"7-0:3.0.0": Decimal("12.345")}
        assert found[0].telegram.meter_id == "G-1"
        assert found[0].telegram.authenticity is Authenticity.PLAIN


@pytest.mark.parametrize("kind", ["emh-ed300l", "dsmr5"])
@pytest.mark.parametrize("as_hex", [True, False])
def test_a_meters_own_telegram_as_payload(kind, as_hex):
    octets = meter_telegram(kind)
    found = mapped(opened("raw"), "", octets.hex() if as_hex else octets)
    assert len(found) == 1
    assert found[0].telegram.meter_id


def test_a_telegram_in_two_messages_is_put_together():
    octets = meter_telegram("emh-ed300l")
    dialect = opened("raw", protocol="sml")
    assert mapped(dialect, "cellar/raw", octets[:100]) == []
    assert len(mapped(dialect, "cellar/raw", octets[100:])) == 1
