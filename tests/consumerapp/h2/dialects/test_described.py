"""Home Assistant discovery, Homie 5 and own rules: described values, never guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.h2.message import Description, Presence
from tests.consumerapp.h2.mapping import mapped, message, one, opened, values

CONFIG = "homeassistant/sensor/node/energy/config"


def described(dialect, **config):
    base = {"state_topic": "node/state", "unique_id": "node_x", "device": {"identifiers": ["node"]}}
    return dialect.receive_message(message(CONFIG, {**base, **config}))


def test_import_with_its_unit_is_a_register():
    dialect = opened("ha-discovery")
    outcome = described(
        dialect, unique_id="grid_energy_import_tariff_2", unit_of_measurement="kWh", device_class="energy",
        state_class="total_increasing", value_template="{{ value_json.energy['import'] | float(0) }}",
    )  # fmt: skip
    assert outcome == (Description("node/state", "grid_energy_import_tariff_2 (kWh)", "1-0:1.8.2*255"),)
    found = mapped(dialect, "node/state", {"energy": {"import": 12.5}})
    assert one(found) == {"1-0:1.8.2": 12500}
    assert found[0].telegram.meter_id == "node"


@pytest.mark.parametrize(
    "config",
    [
        {"unique_id": "node_power", "unit_of_measurement": "W", "device_class": "power"},
        {"unique_id": "energy_import_today", "unit_of_measurement": "kWh", "state_class": "total_increasing"},
        {"unique_id": "energy_import", "unit_of_measurement": "kWh", "state_class": "measurement"},
        {"unique_id": "import_and_export", "unit_of_measurement": "kWh", "state_class": "total"},
        {"unique_id": "energy_import", "unit_of_measurement": "kWh", "state_class": "total_increasing",
         "value_template": "{{ value_json.a * 1000 }}"},
    ],
)  # fmt: skip
def test_what_leaves_doubt_is_unmapped(config):
    dialect = opened("ha-discovery")
    (outcome,) = described(dialect, **config)
    assert isinstance(outcome, Description)
    assert outcome.code == ""
    found = mapped(dialect, "node/state", "7")
    assert one(found) == {}
    assert [left.path for left in found[0].unmapped] == [config["unique_id"]]


def test_a_rule_says_what_a_value_is():
    dialect = opened("ha-discovery", rules="node_x | 1-0:16.7.0")
    described(dialect, unit_of_measurement="kW")
    assert one(mapped(dialect, "node/state", "-1.25")) == {"1-0:16.7.0": -1250}


def test_abbreviations_and_the_topic_of_availability():
    dialect = opened("ha-discovery")
    payload = {"~": "node", "stat_t": "~/s", "uniq_id": "power_export", "unit_of_meas": "W",
               "avty_t": "~/here",
               "dev": {"ids": "node"}}  # fmt: skip
    dialect.receive_message(message(CONFIG, payload))
    assert one(mapped(dialect, "node/s", "900")) == {"1-0:2.7.0": 900}
    assert dialect.receive_message(message("node/here", "offline")) == (Presence("node", False),)


def test_a_topic_that_nobody_described_says_nothing():
    assert opened("ha-discovery").receive_message(message("node/state", "7")) == ()


DESCRIPTION = {
    "homie": "5.0", "version": 1,
    "nodes": {"meter": {"properties": {
        "import-total": {"datatype": "float", "unit": "kWh", "name": "Energy import"},
        "power": {"datatype": "float", "unit": "W"},
        "voltage-l1": {"datatype": "float", "unit": "V"},
        "target-import": {"datatype": "float", "unit": "W", "settable": True},
    }}},
}  # fmt: skip


def test_homie_properties_by_id_and_unit():
    dialect = opened("homie")
    assert mapped(dialect, "homie/5/d1/meter/import-total", "3.5")[0].telegram.columns == ()
    dialect.receive_message(message("homie/5/d1/$description", DESCRIPTION))
    assert one(mapped(dialect, "homie/5/d1/meter/import-total", "3.5")) == {"1-0:1.8.0": 3500}
    assert one(mapped(dialect, "homie/5/d1/meter/voltage-l1", "230")) == {"1-0:32.7.0": 230}
    assert one(mapped(dialect, "homie/5/d1/meter/power", "1")) == {}
    assert one(mapped(dialect, "homie/5/d1/meter/target-import", "1")) == {}
    assert dialect.receive_message(message("homie/5/d1/$state", "lost")) == (Presence("d1", False),)


RULES = """
# the heat pump
plug/+/state | ENERGY.Total | 1-0:1.8.0 | kWh
plug/+/state | ENERGY.Power | 1-0:1.7.0 | W
plug/+/state | when | time
water/pulses |  | 8-0:1.0.0 | l | 10 | W-4711
"""


def test_own_rules_take_paths_plain_numbers_and_a_factor():
    dialect = opened("declared", rules=RULES)
    found = mapped(
        dialect, "plug/7/state", {"ENERGY": {"Total": 2.5, "Power": 60, "Today": 1}, "when": 1793707200}
    )
    assert one(found) == {"1-0:1.8.0": 2500, "1-0:1.7.0": 60}
    assert found[0].telegram.meter_id == "plug/7"
    assert found[0].telegram.measured_at is not None
    assert [left.path for left in found[0].unmapped] == ["ENERGY.Today"]
    water = mapped(dialect, "water/pulses", "12345")
    assert one(water) == {"8-0:1.0.0": Decimal("123.45")}
    assert water[0].telegram.meter_id == "W-4711"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("", "at least one line"),
        ("a/b | x", "line 1: want topic filter"),
        ("a/b | x | 1-0:1.8.0 | W", "line 1: 1-0:1.8.0 is in Wh"),
        ("ok/x || 8-0:1.0.0 | l\na/#/b || 8-0:1.0.0 | l", "line 2: .* is no topic filter"),
        ("a/b | x | 1-0:1.8.0 | parsec", "is no unit"),
        ("a/b | x | 9-9:9.9.9 | kWh", "no register"),
        ("a/b | x | 1-0:1.8.0 | kWh | 0", "no factor"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_line(rules, said):
    with pytest.raises(ConsumerAppError, match=said):
        opened("declared", rules=rules)


def test_own_rules_refuse_what_is_no_json():
    with pytest.raises(DecodeError):
        mapped(opened("declared", rules=RULES), "plug/7/state", "{" * 100)


def test_meters_of_one_message_stay_apart():
    rules = "gw | a | 1-0:1.8.0 | kWh || first\ngw | b | 1-0:1.8.0 | kWh || second"
    found = mapped(opened("declared", rules=rules), "gw", {"a": 1, "b": 2})
    assert [(str(m.telegram.meter_id), values(m.telegram)["1-0:1.8.0"]) for m in found] == [
        ("first", 1000),
        ("second", 2000),
    ]
