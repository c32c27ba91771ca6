"""Contracts survive their JSON form, and mistakes in it are named."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal

import pytest

from consumerapp.readings import Commodity
from consumerapp.tariffs.bands import Band, OnHolidays
from consumerapp.tariffs.contract import (
    Block,
    BlockRate,
    CapacityCharge,
    Contract,
    ContractError,
    Direction,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterPrice,
    RegisterRate,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.forms import from_json, to_json
from consumerapp.tariffs.gas import GasFactors, gas_energy_wh

NIGHT = Band(
    name="Night", price=Decimal("0.1100"), start=time(22), end=time(6), weekdays=frozenset({0, 6}),
    on_holidays=OnHolidays.ALSO,
)  # fmt: skip
CONTRACT = Contract(
    name="All of it",
    commodity=Commodity.ELECTRICITY,
    direction=Direction.IMPORT,
    currency="EUR",
    holidays_of="DE-BY",
    versions=(
        Version(date(2025, 1, 1), (EnergyPrice("Energy", FlatRate(Decimal("0.30"))),)),
        Version(
            date(2026, 1, 1),
            (
                EnergyPrice("Bands", TimeOfUseRate((NIGHT,), Decimal("0.33"), "Day")),
                EnergyPrice("Registers", RegisterRate((RegisterPrice(1, "Low", Decimal("0.2")),))),
                EnergyPrice(
                    "Blocks", BlockRate((Block(Decimal(10), Decimal(1)), Block(None, Decimal(2))), Per.MONTH)
                ),
                EnergyPrice("Market", DynamicRate("DE-LU", Decimal("1.19"), Decimal("0.15"))),
                CapacityCharge("Capacity", Decimal("3.5"), 60, 3),
                StandingCharge("Base", Decimal("9.90"), Per.MONTH),
                Tax("VAT", Decimal(19), ("Energy",)[:0]),
            ),
        ),
    ),
)


def test_round_trip_through_text():
    assert from_json(json.loads(json.dumps(to_json(CONTRACT)))) == CONTRACT


def changed(path: list[str | int], value: object) -> dict[str, object]:
    form = json.loads(json.dumps(to_json(CONTRACT)))
    inside = form
    for step in path[:-1]:
        inside = inside[step]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return form


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (["form"], 2, "form 1"),
        (
            ["versions", 0, "components", 0, "rate", "price"],
            0.3,
            r"contract\.versions\[0\]\.components\[0\]\.rate\.price",
        ),
        (["versions", 0, "components", 0, "rate", "price"], "NaN", "price"),
        (["versions", 0, "components", 0, "rate", "kind"], "Guess", "FlatRate"),
        (["versions", 0, "valid_from"], "1 January", "valid_from"),
        (["versions", 0, "components", 0, "name"], None, "name"),
        (["versions"], "none", "list"),
        (["direction"], "sideways", "direction"),
        (["colour"], "green", "colour"),
        (["places"], True, "places"),
    ],
)
def test_mistake_is_named_with_its_place(path, value, says):
    with pytest.raises(ContractError, match=says):
        from_json(changed(path, value))


def test_gas_energy_uses_the_factors_of_its_day():
    factors = [
        GasFactors(date(2026, 1, 1), Decimal("11.2"), Decimal("0.95")),
        GasFactors(date(2026, 6, 1), Decimal("11.5"), Decimal("0.95")),
    ]
    assert gas_energy_wh(Decimal(2), date(2026, 5, 31), factors) == Decimal(21280)
    assert gas_energy_wh(Decimal(2), date(2026, 6, 1), factors) == Decimal(21850)
    assert gas_energy_wh(Decimal(2), date(2025, 12, 31), factors) is None


def test_calorific_value_in_another_unit_is_refused():
    with pytest.raises(ContractError, match="unit"):
        GasFactors(date(2026, 1, 1), Decimal(40300))
