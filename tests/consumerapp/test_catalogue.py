from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp import catalogue_rows
from consumerapp.catalogue import MEDIA, entries, lookup, lookup_sub_meter, sub_meter_channel
from consumerapp.catalogue_page import markdown
from consumerapp.readings import Kind, Obis, Quantity, Unit

OBIS_PAGE = Path(__file__).parents[2] / "docs" / "obis.md"
CODES = st.binary(min_size=6, max_size=6).map(Obis.from_bytes)


@pytest.mark.parametrize(
    ("code", "quantity", "phase", "tariff"),
    [
        ("1-0:1.7.0", Quantity.ACTIVE_POWER_IMPORT, 0, 0),
        ("1-0:2.7.0", Quantity.ACTIVE_POWER_EXPORT, 0, 0),
        ("1-0:16.7.0", Quantity.ACTIVE_POWER_NET, 0, 0),
        ("1-0:15.7.0", Quantity.ACTIVE_POWER_ABSOLUTE, 0, 0),
        ("1-0:21.7.0", Quantity.ACTIVE_POWER_IMPORT, 1, 0),
        ("1-0:42.7.0", Quantity.ACTIVE_POWER_EXPORT, 2, 0),
        ("1-0:76.7.0", Quantity.ACTIVE_POWER_NET, 3, 0),
        ("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, 0, 0),
        ("1-1:2.8.0", Quantity.ACTIVE_ENERGY_EXPORT, 0, 0),
        ("1-0:1.8.1", Quantity.ACTIVE_ENERGY_IMPORT, 0, 1),
        ("1-0:1.8.63", Quantity.ACTIVE_ENERGY_IMPORT, 0, 63),
        ("1-0:5.8.0", Quantity.REACTIVE_ENERGY_Q1, 0, 0),
        ("1-0:8.7.0", Quantity.REACTIVE_POWER_Q4, 0, 0),
        ("1-0:52.7.0", Quantity.VOLTAGE, 2, 0),
        ("1-0:71.7.0", Quantity.AMPERAGE, 3, 0),
        ("1-0:91.7.0", Quantity.AMPERAGE, 0, 0),
        ("1-0:124.7.0", Quantity.VOLTAGE, 0, 0),
        ("1-0:13.7.0", Quantity.POWER_FACTOR, 0, 0),
        ("1-0:14.7.0", Quantity.FREQUENCY, 0, 0),
        ("1-0:81.7.26", Quantity.PHASE_ANGLE, 3, 0),
        ("1-0:1.4.0", Quantity.DEMAND_IMPORT, 0, 0),
        ("1-0:1.6.0", Quantity.DEMAND_MAXIMUM_IMPORT, 0, 0),
        ("1-0:31.4.0", Quantity.FUSE_LIMIT, 0, 0),
        ("0-0:17.0.0", Quantity.POWER_LIMIT, 0, 0),
        ("0-0:96.3.10", Quantity.BREAKER_STATE, 0, 0),
        ("0-0:96.14.0", Quantity.TARIFF_INDICATOR, 0, 0),
        ("0-0:96.7.21", Quantity.POWER_FAILURES, 0, 0),
        ("0-0:96.7.9", Quantity.LONG_POWER_FAILURES, 0, 0),
        ("1-0:32.32.0", Quantity.VOLTAGE_SAGS, 1, 0),
        ("1-0:72.36.0", Quantity.VOLTAGE_SWELLS, 3, 0),
        ("0-1:24.4.0", Quantity.VALVE_STATE, 0, 0),
        ("7-0:3.0.0", Quantity.GAS_VOLUME, 0, 0),
        ("7-0:43.0.0", Quantity.GAS_FLOW, 0, 0),
        ("7-0:33.0.0", Quantity.GAS_ENERGY, 0, 0),
        ("6-0:1.0.0", Quantity.HEAT_ENERGY, 0, 0),
        ("6-0:12.0.0", Quantity.HEAT_TEMPERATURE_DIFFERENCE, 0, 0),
        ("5-0:1.0.0", Quantity.COOLING_ENERGY, 0, 0),
        ("8-0:1.0.0", Quantity.COLD_WATER_VOLUME, 0, 0),
        ("9-0:2.0.0", Quantity.HOT_WATER_FLOW, 0, 0),
        ("4-0:1.0.0", Quantity.HEAT_COST_UNITS, 0, 0),
        ("0-0:97.97.0", Quantity.STATUS_WORD, 0, 0),
        ("1-0:96.5.5", Quantity.STATUS_WORD, 0, 0),
    ],
)
def test_codes_are_known(code, quantity, phase, tariff):
    entry = lookup(Obis.parse(code))
    assert entry is not None
    assert (entry.quantity, entry.phase, entry.tariff) == (quantity, phase, tariff)


@pytest.mark.parametrize(
    "code",
    [
        "0-0:1.0.0",
        "1-0:0.2.0",
        "1-3:0.2.8",
        "1-0:96.1.0",
        "0-2:96.1.1",
        "15-0:96.1.0",
        "1-0:0.0.9",
        "0-0:42.0.0",
        "0-0:96.13.0",
        "0-0:96.13.1",
        "1-0:99.97.0",
        "0-0:98.1.0",
        "1-0:96.50.1*1",
        "129-129:199.130.3",
        "129-129:199.130.5",
        "1-0:96.90.2",
        "0-1:24.1.0",
        "0-1:24.2.1",
        "1-0:1.8.0*96",
    ],
)
def test_what_is_no_quantity_has_a_title_all_the_same(code):
    entry = lookup(Obis.parse(code))
    assert entry is not None
    assert entry.quantity is None
    assert entry.title


@pytest.mark.parametrize(
    "code",
    [
        "1-0:1.8.0*1",  # a past billing period is not the running register
        "1-0:1.8.64",
        "1-0:1.9.0",  # starts again with every billing period
        "1-0:200.7.0",
        "2-0:1.7.0",
        "7-0:1.0.0",
        "0-0:24.2.1",  # channel 0 is the meter itself
    ],
)
def test_what_is_not_known_is_not_guessed(code):
    assert lookup(Obis.parse(code)) is None


@given(CODES)
def test_any_code_has_one_answer(obis):
    entry = lookup(obis)
    assert entry == lookup(Obis.from_bytes(obis.to_bytes()))
    if entry is not None:
        assert entry.phase in (0, 1, 2, 3)
        assert entry.tariff in (0, obis.e)
        assert obis.a in (*MEDIA, 129)


def test_registers_are_found_under_their_tariff():
    for tariff in range(64):
        entry = lookup(Obis(1, 0, 1, 8, tariff))
        assert entry is not None
        assert entry.tariff == tariff


def test_every_row_says_something_for_people():
    for entry in entries():
        assert entry.title
        assert entry.explanation.endswith(".")
        assert len(entry.title) < 50


def test_every_quantity_can_be_reached():
    behind = {
        entry.quantity
        for device_type in range(256)
        for unit in Unit
        for code in ("0-1:24.2.1", "0-1:24.2.3")
        if (entry := lookup_sub_meter(Obis.parse(code), device_type, unit))
    }
    assert {entry.quantity for entry in entries()} | behind >= set(Quantity)


def test_no_two_running_totals_share_a_code():
    patterns = [entry.pattern for entry in entries()]
    assert len(patterns) == len(set(patterns))


def test_titles_are_literals_that_translators_find():
    tree = ast.parse(Path(catalogue_rows.__file__).read_text("utf-8"))
    marked = {
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "_"
        and isinstance(call.args[0], ast.Constant)
    }
    for entry in entries():
        assert {entry.title, entry.explanation} <= marked


@pytest.mark.parametrize(
    ("device_type", "unit", "quantity"),
    [
        (3, Unit.M3, Quantity.GAS_VOLUME),
        (4, Unit.J, Quantity.HEAT_ENERGY),
        (12, Unit.WH, Quantity.HEAT_ENERGY),
        (10, Unit.J, Quantity.COOLING_ENERGY),
        (7, Unit.M3, Quantity.COLD_WATER_VOLUME),
        (6, Unit.M3, Quantity.HOT_WATER_VOLUME),
        (2, Unit.WH, Quantity.ACTIVE_ENERGY_IMPORT),
        (0, Unit.M3, None),
        (3, Unit.V, None),
        (None, Unit.M3, None),
    ],
)
def test_a_meter_behind_the_meter_is_what_its_device_type_says(device_type, unit, quantity):
    entry = lookup_sub_meter(Obis.parse("0-1:24.2.1"), device_type, unit)
    assert entry is not None
    assert entry.quantity is quantity


def test_channels_of_meters_behind():
    assert sub_meter_channel(Obis.parse("0-4:24.2.1")) == 4
    assert sub_meter_channel(Obis.parse("0-0:96.1.0")) is None
    assert sub_meter_channel(Obis.parse("1-1:1.8.0")) is None


def test_registers_are_energies_or_volumes():
    for entry in entries():
        if entry.quantity is not None and entry.quantity.kind is Kind.REGISTER:
            assert entry.quantity.unit in (Unit.WH, Unit.VARH, Unit.VAH, Unit.M3, Unit.NONE)


def test_the_page_in_the_docs_is_the_catalogue():
    assert OBIS_PAGE.read_text("utf-8") == markdown()
