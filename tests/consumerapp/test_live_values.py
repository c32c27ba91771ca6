from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from consumerapp.live_values import Ambient, WhyNoPower, ambient, power_now, total_register, why_no_power
from consumerapp.readings import MeterId, Obis, Quality, Quantity, Reading

RECEIVED = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reading(code: str, quantity: Quantity, value: str, quality: Quality = Quality.MEASURED) -> Reading:
    return Reading(
        meter_id=MeterId("1EMH0012344417"),
        obis=Obis.parse(code),
        quantity=quantity,
        value=Decimal(value),
        at=None,
        received_at=RECEIVED,
        quality=quality,
    )


def net(value: str, quality: Quality = Quality.MEASURED) -> Reading:
    return reading("1-0:16.7.0", Quantity.ACTIVE_POWER_NET, value, quality)


def power_import(value: str) -> Reading:
    return reading("1-0:1.7.0", Quantity.ACTIVE_POWER_IMPORT, value)


def power_export(value: str) -> Reading:
    return reading("1-0:2.7.0", Quantity.ACTIVE_POWER_EXPORT, value)


@pytest.mark.parametrize(
    ("readings", "power_w"),
    [
        ([net("-105.5")], "-105.5"),
        ([power_import("948"), power_export("0")], "948"),
        ([power_import("0"), power_export("2100")], "-2100"),
        ([power_import("12")], "12"),
        ([power_export("7")], "-7"),
        ([net("5"), power_import("6")], "5"),
        ([reading("1-0:15.7.0", Quantity.ACTIVE_POWER_ABSOLUTE, "55")], "55"),
        ([power_import("0")], "0"),
    ],
)
def test_net_power_is_import_minus_export(readings, power_w):
    assert power_now(readings) == Decimal(power_w)


@pytest.mark.parametrize(
    "readings",
    [
        [],
        [reading("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, "1000")],
        [reading("1-0:21.7.0", Quantity.ACTIVE_POWER_IMPORT, "300")],
        [reading("1-0:1.4.0", Quantity.DEMAND_IMPORT, "300")],
        [net("4294967.295", quality=Quality.SENTINEL)],
    ],
)
def test_what_is_no_total_power_gives_none(readings):
    assert power_now(readings) is None


def test_says_why_there_is_no_power():
    coarse = reading("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, "1000", Quality.COARSE)
    assert why_no_power([coarse], locked=True) is WhyNoPower.PIN_LOCKED
    assert why_no_power([coarse], locked=False) is WhyNoPower.COARSE
    assert why_no_power([], locked=False) is WhyNoPower.NOT_SENT


@pytest.mark.parametrize(
    ("power_w", "level"),
    [
        ("-3000", Ambient.LOW),
        ("0", Ambient.LOW),
        ("2000", Ambient.LOW),
        ("2000.1", Ambient.MEDIUM),
        ("4000", Ambient.MEDIUM),
        ("4000.1", Ambient.HIGH),
    ],
)
def test_ambient_has_three_levels(power_w, level):
    assert ambient(Decimal(power_w)) is level


def test_ambient_thresholds_are_the_households():
    assert ambient(Decimal(900), 500, 800) is Ambient.HIGH
    assert ambient(None) is None


def test_total_register_prefers_the_total_and_else_sums_the_tariffs():
    tariffs = [
        reading("1-0:1.8.1", Quantity.ACTIVE_ENERGY_IMPORT, "1000"),
        reading("1-0:1.8.2", Quantity.ACTIVE_ENERGY_IMPORT, "2500"),
        reading("1-0:2.8.1", Quantity.ACTIVE_ENERGY_EXPORT, "9"),
        reading("1-0:21.8.0", Quantity.ACTIVE_ENERGY_IMPORT, "7"),
        reading("1-0:1.8.0*1", Quantity.ACTIVE_ENERGY_IMPORT, "8"),
    ]
    assert total_register(tariffs, Quantity.ACTIVE_ENERGY_IMPORT) == 3500
    total = reading("1-0:1.8.0", Quantity.ACTIVE_ENERGY_IMPORT, "3501")
    assert total_register([*tariffs, total], Quantity.ACTIVE_ENERGY_IMPORT) == 3501
    assert total_register([], Quantity.ACTIVE_ENERGY_IMPORT) is None
    gas = reading("7-0:3.0.0", Quantity.GAS_VOLUME, "12.345")
    assert total_register([gas], Quantity.GAS_VOLUME) == Decimal("12.345")
