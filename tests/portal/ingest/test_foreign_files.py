"""Files of other programs: what is in them, and what is wrong with them, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from consumerapp.readings import Obis, Quantity
from portal.ingest.foreign_files import FileRefused, Meaning, Program, read

ZONE = ZoneInfo("Europe/Amsterdam")
BOUGHT = Meaning(quantity=Quantity.ACTIVE_ENERGY_IMPORT, obis=Obis.parse("1-0:1.8.0"), factor=Decimal(1000))
HOURS = """Hour Start,Low,Normal,Low Returned,Normal Returned,Gas
2025-03-30T00:00:00+01:00,0.5,0.0,0.0,0.0,0.1
2025-03-30T01:00:00+01:00,0.25,0.0,0.0,0.0,0.0
2025-03-30T03:00:00+02:00,0.0,0.75,0.0,0.125,0.2
2025-03-30T06:00:00+02:00,0.0,1.0,0.0,0.0,0.0
"""
DAYS = "\n".join(
    [
        ",".join(f"Column {number}" for number in range(18)),
        "2025-03-01,1,2,0,0,1.5,0,0,0,0,0,2025-03-01T00:00:05+01:00,100.5,200.25,0,0,2025-03-01T00:05:00+01:00,50.1",
        "2025-03-02,1,2,0,0,1.5,0,0,0,0,0,2025-03-02T00:00:05+01:00,101.5,202.25,0,0,,",
    ]
)
HOME_ASSISTANT = """entity_id,state,last_changed
sensor.total,100.25,2025-03-01T10:00:00.000Z
sensor.total,unavailable,2025-03-01T10:30:00.000Z
sensor.total,101.5,2025-03-01T11:00:00.000Z
"""


def test_hours_of_dsmr_reader_become_counters():
    found = read(HOURS, Program.DSMR_READER, BOUGHT, ZONE)
    assert (found.rows, found.gaps) == (4, 2)
    low, normal, returned, gas = found.registers
    assert (str(low.obis), low.points[0], low.points[-1][1]) == (
        "1-0:1.8.1*255", (datetime(2025, 3, 29, 23, tzinfo=UTC), Decimal(0)), 750
    )  # fmt: skip
    assert normal.points[-1] == (datetime(2025, 3, 30, 5, tzinfo=UTC), Decimal(1750))
    assert (returned.quantity, returned.points[-1][1]) == (Quantity.ACTIVE_ENERGY_EXPORT, 125)
    assert (gas.quantity, gas.points[-1][1]) == (Quantity.GAS_VOLUME, Decimal("0.3"))


def test_days_of_dsmr_reader_are_what_the_meter_showed():
    found = read(DAYS, Program.DSMR_READER, BOUGHT, ZONE)
    assert [register.points[-1][1] for register in found.registers] == [101500, 202250, Decimal("50.1")]
    assert found.registers[2].points == [(datetime(2025, 2, 28, 23, 5, tzinfo=UTC), Decimal("50.1"))]
    assert found.skipped == 1


def test_home_assistant_tells_unavailable_from_numbers():
    found = read(HOME_ASSISTANT, Program.HOME_ASSISTANT, BOUGHT, ZONE)
    assert found.registers[0].points == [
        (datetime(2025, 3, 1, 10, tzinfo=UTC), Decimal(100250)),
        (datetime(2025, 3, 1, 11, tzinfo=UTC), Decimal(101500)),
    ]
    assert (found.name, found.skipped) == ("sensor.total", 1)


@pytest.mark.parametrize(
    "text",
    [
        "1740823200,100.25\n1740826800,101.5\n",
        "timestamp,value\n1740823200,100.25\n1740826800,101.5\n",
        "1740823200000,100.25\n1740825000000,null\n1740826800000,101.5\n",
        "2025-03-01T10:00:00Z,100.25\n2025-03-01T11:00:00Z,101.5\n",
        "time;value\n1740823200;100.25\n1740826800;101.5\n",
    ],
)
def test_emoncms_counts_seconds_or_writes_dates(text):
    found = read(text, Program.EMONCMS, BOUGHT, ZONE)
    assert found.registers[0].points == [
        (datetime(2025, 3, 1, 10, tzinfo=UTC), Decimal(100250)),
        (datetime(2025, 3, 1, 11, tzinfo=UTC), Decimal(101500)),
    ]


@pytest.mark.parametrize(
    ("program", "text", "says"),
    [
        (Program.DSMR_READER, "", "empty"),
        (Program.DSMR_READER, "a,b,c\n1,2,3\n", "3 columns"),
        (Program.DSMR_READER, HOURS.replace("0.25", "a lot"), "Line 3: “a lot” is no number"),
        (Program.DSMR_READER, HOURS.replace("2025-03-30T06", "2025-03-30T02"), "not in order"),
        (Program.DSMR_READER, HOURS + "2025-03-30T09:00:00+02:00,1\n", "Line 6 is cut short"),
        (Program.DSMR_READER, HOURS.splitlines()[0] + "\n", "No reading"),
        (Program.HOME_ASSISTANT, "time,value\n1,2\n", "entity_id,state,last_changed"),
        (Program.HOME_ASSISTANT, HOME_ASSISTANT + "sensor.gas,1,2025-03-01T10:00Z\n", "sensor.gas, sensor"),
        (Program.HOME_ASSISTANT, HOME_ASSISTANT + "sensor.total,1,yesterday\n", "“yesterday” is no time"),
        (Program.EMONCMS, "1740823200,NaN\n", "No reading"),
        (Program.EMONCMS, "1740823200,1,2\n", "a time and a value"),
        (Program.EMONCMS, "1740823200,1e999999999\n1740823200,Infinity\n", "no number"),
        (Program.EMONCMS, "".join(f"{1740823200 + n},{n % 7}\n" for n in range(200)), "a power, no counter"),
        (Program.EMONCMS, "99999999999999999999,1\n", "no time"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(program, text, says):
    with pytest.raises(FileRefused) as why:
        read(text, program, BOUGHT, ZONE)
    assert says in str(why.value)
