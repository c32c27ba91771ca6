"""Tasmota: its own measuring, smart meter scripts, raw P1 lines, the last will."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from consumerapp.h1.decoder import Refused
from consumerapp.h2.message import Presence
from tests.consumerapp.h2.mapping import mapped, message, meter_telegram, one, opened, values

BERLIN = ZoneInfo("Europe/Berlin")


def sensor(**meters):
    return {"Time": "2026-11-03T13:00:00", **meters}


def test_names_of_tasmotas_own_scripts_are_taken_and_others_shown():
    found = mapped(
        opened("tasmota", zone=BERLIN),
        "tele/hall/SENSOR",
        sensor(SML={"Total_in": 4711.25, "Total_out": 0.5, "Power_curr": -312, "Volt_p2": 231.4, "Foo": 7}),
    )
    assert one(found) == {
        "1-0:1.8.0": Decimal(4711250),
        "1-0:2.8.0": Decimal(500),
        "1-0:16.7.0": Decimal(-312),
        "1-0:52.7.0": Decimal("231.4"),
    }
    assert [(left.path, left.value) for left in found[0].unmapped] == [("SML.Foo", "7")]
    assert found[0].telegram.measured_at == datetime(2026, 11, 3, 12, tzinfo=UTC)
    assert found[0].telegram.meter_id == "hall/SML"


def test_tariffs_stay_apart():
    found = one(
        mapped(opened("tasmota"), "tele/hall/SENSOR", sensor(P1={"Total_in_t1": 10, "Total_in_t2": 20}))
    )
    assert found == {"1-0:1.8.1": Decimal(10000), "1-0:1.8.2": Decimal(20000)}


def test_two_meters_of_one_device_are_two():
    found = mapped(
        opened("tasmota"),
        "tele/hall/SENSOR",
        sensor(Grid={"Total_in": 1}, Flat={"Total_in": 2, "Meter_id": "77"}),
    )
    assert [mapping.telegram.meter_id for mapping in found] == ["hall/Grid", "77"]
    assert [values(mapping.telegram)["1-0:1.8.0"] for mapping in found] == [1000, 2000]


def test_a_list_of_three_is_the_phases_and_of_two_is_nothing():
    three = mapped(opened("tasmota"), "tele/a/SENSOR", sensor(ENERGY={"Total": 1, "Power": [1, 2, 3]}))
    assert one(three) == {"1-0:1.8.0": 1000, "1-0:36.7.0": 1, "1-0:56.7.0": 2, "1-0:76.7.0": 3}
    two = mapped(opened("tasmota"), "tele/a/SENSOR", sensor(ENERGY={"Total": 1, "Power": [1, 2]}))
    assert one(two) == {"1-0:1.8.0": 1000}
    assert [left.path for left in two[0].unmapped] == ["ENERGY.Power.0", "ENERGY.Power.1"]


def test_today_and_yesterday_are_no_registers():
    found = mapped(
        opened("tasmota"), "", {"StatusSNS": sensor(ENERGY={"Total": 3, "Today": 1, "Yesterday": 2})}
    )
    assert one(found) == {"1-0:1.8.0": 3000}


def test_the_hour_that_comes_twice_is_the_one_beside_the_arrival():
    dialect = opened("tasmota", zone=BERLIN)
    payload = {"Time": "2026-10-25T02:30:00", "SML": {"Total_in": 1}}
    for hour in (0, 1):
        arrived = datetime(2026, 10, 25, hour, 30, 2, tzinfo=UTC)
        found = mapped(dialect, "tele/a/SENSOR", payload, arrived)
        assert found[0].telegram.measured_at == arrived.replace(second=0)
    assert mapped(dialect, "tele/a/SENSOR", payload, None)[0].telegram.measured_at is None


def test_a_time_that_does_not_exist_or_has_no_zone_is_not_taken():
    payload = {"Time": "2026-03-29T02:30:00", "SML": {"Total_in": 1}}
    assert mapped(opened("tasmota", zone=BERLIN), "a/b", payload)[0].telegram.measured_at is None
    assert mapped(opened("tasmota"), "a/b", sensor(SML={"Total_in": 1}))[0].telegram.measured_at is None
    clock_not_set = {"Time": "1970-01-01T00:00:08", "SML": {"Total_in": 1}}
    assert mapped(opened("tasmota", zone=BERLIN), "a/b", clock_not_set)[0].telegram.measured_at is None


def test_the_last_will_is_presence():
    dialect = opened("tasmota")
    assert dialect.receive_message(message("tele/hall/LWT", "Offline")) == (Presence("hall", False),)
    assert dialect.receive_message(message("tele/hall/LWT", "Online")) == (Presence("hall", True),)


def lines_of(telegram: bytes) -> list[str]:
    return telegram.decode().split("\n")[:-1]


def test_raw_lines_are_put_together_and_checked():
    dialect = opened("tasmota")
    telegram = meter_telegram("dsmr5")
    found = []
    for line in lines_of(telegram):
        found += mapped(dialect, "tele/p1/RESULT", {"SerialReceived": line})
    assert len(found) == 1
    assert "1-0:1.8.1" in values(found[0].telegram)


def test_a_lost_line_refuses_the_telegram():
    dialect = opened("tasmota")
    lines = lines_of(meter_telegram("dsmr5"))
    outcomes: list[object] = []
    for line in lines[:6] + lines[7:]:
        outcomes += dialect.receive_message(message("tele/p1/RESULT", {"SerialReceived": line}))
    assert [type(outcome) for outcome in outcomes] == [Refused]
