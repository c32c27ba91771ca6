"""wmbusmeters: names end with units, media decide, past values are no registers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from consumerapp.errors import DecodeError
from tests.consumerapp.h2.mapping import mapped, one, opened


def telegram(media: str, **fields):
    return {"_": "telegram", "media": media, "meter": "made", "name": "made", "id": "11223344", **fields,
            "timestamp": "2026-11-03T11:59:58Z"}  # fmt: skip


def test_a_water_meter_with_its_number_and_time():
    found = mapped(
        opened("wmbusmeters"), "wmbusmeters/x", telegram("cold water", total_m3=142.337, target_m3=9)
    )
    assert one(found) == {"8-0:1.0.0": Decimal("142.337")}
    assert found[0].telegram.meter_id == "11223344"
    assert found[0].telegram.measured_at == datetime(2026, 11, 3, 11, 59, 58, tzinfo=UTC)
    assert [left.path for left in found[0].unmapped] == ["target_m3"]


@pytest.mark.parametrize(
    ("media", "fields", "wanted"),
    [
        ("warm water", {"total_m3": 1}, {"9-0:1.0.0": "1"}),
        ("gas", {"total_m3": 1.5, "flow_m3h": 0.2}, {"7-0:3.0.0": "1.5", "7-0:43.0.0": "0.2"}),
        (
            "heat",
            {"total_energy_consumption_kwh": 7.25, "power_kw": 1.2, "t1_temperature_c": 60.5},
            {"6-0:1.0.0": "7250", "6-0:8.0.0": "1200", "6-0:10.0.0": "60.5"},
        ),
        ("heat", {"total_energy_consumption_gj": 1}, {"6-0:1.0.0": "1000000000"}),
        ("cooling load volume at outlet", {"total_energy_consumption_kwh": 2}, {"5-0:1.0.0": "2000"}),
        ("heat cost allocation", {"current_consumption_hca": 12}, {"4-0:1.0.0": "12"}),
        (
            "electricity",
            {"total_energy_consumption_tariff_1_kwh": 1, "total_energy_consumption_tariff2_kwh": 2,
             "current_power_production_kw": 0.5, "voltage_at_phase_3_v": 230.1, "current_l2_a": 1.5},
            {"1-0:1.8.1": "1000", "1-0:1.8.2": "2000", "1-0:2.7.0": "500", "1-0:72.7.0": "230.1",
             "1-0:51.7.0": "1.5"},
        ),
        ("water", {"total_m3": -0.001}, {}),
        ("water", {"total_m3": None}, {}),
        ("room sensor", {"total_m3": 4}, {}),
        ("electricity", {"total_m3": 4}, {}),
    ],
)  # fmt: skip
def test_media_and_names_say_the_register(media, fields, wanted):
    found = one(mapped(opened("wmbusmeters"), "wmbusmeters/x", telegram(media, **fields)))
    assert found == {code: Decimal(value) for code, value in wanted.items()}


def test_what_is_no_telegram_is_refused():
    with pytest.raises(DecodeError):
        mapped(opened("wmbusmeters"), "wmbusmeters/x", {"media": "water", "total_m3": 1})
