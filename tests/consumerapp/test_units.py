from __future__ import annotations

import pytest

from consumerapp.readings import Quantity, Unit
from consumerapp.units import COSEM_UNITS, cosem_unit, printed_unit


def test_the_si_part_of_the_table_is_whole():
    reserved = {58, 59, 68, 69}
    money = {10}
    assert set(COSEM_UNITS) == set(range(1, 73)) - reserved - money | {255}


@pytest.mark.parametrize(
    ("code", "unit", "exponent"),
    [
        (27, Unit.W, 0),
        (30, Unit.WH, 0),
        (32, Unit.VARH, 0),
        (35, Unit.V, 0),
        (13, Unit.M3, 0),
        (19, Unit.M3, -3),
        (24, Unit.PA, 5),
        (9, Unit.DEG_C, 0),
        (25, Unit.J, 0),
        (255, Unit.NONE, 0),
    ],
)
def test_codes_lead_to_base_units(code, unit, exponent):
    assert cosem_unit(code) == (unit, exponent)


@pytest.mark.parametrize("code", [0, 10, 58, 73, 128, 137, 175, 253, 254, 256, -1])
def test_what_has_no_base_unit_is_said_so(code):
    assert cosem_unit(code) is None


@pytest.mark.parametrize(
    ("text", "unit", "exponent"),
    [
        ("kWh", Unit.WH, 3),
        ("KWH", Unit.WH, 3),
        ("kvarh", Unit.VARH, 3),
        ("kVAr", Unit.VAR, 3),
        ("kVA", Unit.VA, 3),
        ("Wh", Unit.WH, 0),
        ("GJ", Unit.J, 9),
        ("MW", Unit.W, 6),
        ("mW", Unit.W, -3),
        ("V", Unit.V, 0),
        ("A", Unit.A, 0),
        ("a", Unit.YEAR, 0),
        ("MWh", Unit.WH, 6),
        ("m3", Unit.M3, 0),
        ("m³", Unit.M3, 0),
        ("Hz", Unit.HZ, 0),
        ("l", Unit.M3, -3),
        ("s", Unit.SECOND, 0),
        ("°C", Unit.DEG_C, 0),
        ("", Unit.NONE, 0),
    ],
)
def test_printed_units_are_read(text, unit, exponent):
    assert printed_unit(text) == (unit, exponent)


@pytest.mark.parametrize("text", ["furlong", "kkWh", "W h", "€", "k", "mwh"])
def test_unknown_printed_units_are_none(text):
    assert printed_unit(text) is None


def test_every_unit_of_a_quantity_can_be_sent():
    reachable = {unit for unit, _ in COSEM_UNITS.values()}
    assert {quantity.unit for quantity in Quantity} <= reachable
