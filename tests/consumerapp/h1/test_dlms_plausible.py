"""The factor-of-ten guard."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.h1.decoder import Column
from consumerapp.h1.dlms_plausible import Doubtful, apparent_va, power, quick_guard, settle
from consumerapp.h1.profile import Exponents, Measure, measure_of
from consumerapp.readings import Obis, Unit

BY_UNIT = {
    Measure.ACTIVE_POWER: (0,),
    Measure.REACTIVE_POWER: (0,),
    Measure.VOLTAGE: (0, -1),
    Measure.AMPERAGE: (-2,),
    Measure.ACTIVE_ENERGY: (0,),
}


def telegram(
    *, watts: int, amperes: tuple[int, ...], volts: tuple[int, ...] = (230, 231, 229), **other: Exponents
) -> list[Doubtful]:
    exponents = {**BY_UNIT, **{Measure[name.upper()]: found for name, found in other.items()}}
    raw = {Obis(1, 0, 1, 7, 0): max(watts, 0), Obis(1, 0, 2, 7, 0): max(-watts, 0), Obis(1, 0, 1, 8, 0): 5}
    raw |= {Obis(1, 0, c, 7, 0): n for c, n in zip((31, 51, 71), amperes, strict=False)}
    raw |= {Obis(1, 0, c, 7, 0): n for c, n in zip((32, 52, 72), volts, strict=False)}
    found = []
    for obis, number in raw.items():
        measure = measure_of(obis)
        assert measure is not None
        found.append(Doubtful(obis, Decimal(number), exponents[measure]))
    return found


def test_lets_what_fits_pass() -> None:
    verdict = settle(telegram(watts=1840, amperes=(321, 296, 193)), {})
    assert verdict.withheld == frozenset()
    assert verdict.exponents[Measure.AMPERAGE] == -2


@pytest.mark.parametrize(("volts", "exponent"), [((230, 0, 229), 0), ((2304, 2310, 0), -1), ((0, 0, 0), 0)])
def test_voltage_is_told_by_its_size(volts: tuple[int, ...], exponent: int) -> None:
    verdict = settle(telegram(watts=0, amperes=(0, 0, 0), volts=volts), {})
    assert verdict.exponents[Measure.VOLTAGE] == exponent


def test_a_voltage_that_is_none_is_withheld() -> None:
    verdict = settle(telegram(watts=0, amperes=(0, 0, 0), volts=(23, 0, 0)), {})
    assert Measure.VOLTAGE in verdict.withheld


@given(
    milliamperes=st.integers(3_000, 40_000),
    cosine=st.floats(0.6, 1),
    exponent=st.sampled_from([-3, -2, -1]),
    wrong=st.sampled_from([-2, -1]),
)
def test_a_scaler_too_small_by_ten_is_never_asserted(
    milliamperes: int, cosine: float, exponent: int, wrong: int
) -> None:
    raw = round(Decimal(milliamperes).scaleb(-3).scaleb(-exponent))
    watts = round(3 * 230 * milliamperes / 1000 * cosine)
    values = telegram(watts=watts, amperes=(raw, raw, raw), amperage=(exponent + wrong,))
    verdict = settle(values, {})
    assert {Measure.AMPERAGE, Measure.ACTIVE_POWER, Measure.ACTIVE_ENERGY} <= verdict.withheld


def test_a_scaler_too_big_by_ten_is_withheld_where_no_house_takes_as_much() -> None:
    # 100 times 40 A on three phases would be 2.7 MVA.
    verdict = settle(telegram(watts=27000, amperes=(4000, 4000, 4000), amperage=(0,)), {})
    assert Measure.AMPERAGE in verdict.withheld


@pytest.mark.parametrize("times", [10, 100])
def test_a_scaler_too_big_by_ten_costs_the_currents_only(times: int) -> None:
    verdict = settle(telegram(watts=920, amperes=(400 * times, 0, 0)), {})
    assert verdict.withheld == {Measure.AMPERAGE}
    assert Measure.ACTIVE_POWER in verdict.exponents


def test_phases_that_cancel_out_behind_a_roof_are_no_contradiction() -> None:
    verdict = settle(telegram(watts=40, amperes=(1300, 650, 650)), {})
    assert verdict.withheld == frozenset()


def test_without_neutral_the_missing_voltage_is_another_ones() -> None:
    verdict = settle(telegram(watts=948, amperes=(142, 324, 312), volts=(2385, 0, 2389)), {})
    assert verdict.withheld == frozenset()


@pytest.mark.parametrize(("raw", "exponent"), [(321, -2), (3210, -3)])
def test_several_candidates_are_decided_by_power(raw: int, exponent: int) -> None:
    verdict = settle(telegram(watts=2200, amperes=(raw,) * 3, amperage=(-2, -3)), {})
    assert verdict.exponents[Measure.AMPERAGE] == exponent


def test_candidates_that_power_cannot_decide_are_withheld() -> None:
    assert Measure.AMPERAGE in settle(telegram(watts=40, amperes=(6, 6, 6), amperage=(-2, -3)), {}).withheld
    silent = [
        value for value in telegram(watts=0, amperes=(300,) * 3, amperage=(-2, -3)) if value.obis.c > 30
    ]
    assert Measure.AMPERAGE in settle(silent, {}).withheld
    assert Measure.ACTIVE_ENERGY in settle(telegram(watts=0, amperes=(), active_energy=(0, 1)), {}).withheld


def test_firm_currents_outlive_power_that_disagrees() -> None:
    firm = frozenset((Measure.VOLTAGE, Measure.AMPERAGE))
    verdict = settle(telegram(watts=258874, amperes=(400, 200, 601)), {}, firm)
    assert verdict.exponents[Measure.AMPERAGE] == -2
    assert {Measure.ACTIVE_POWER, Measure.ACTIVE_ENERGY} <= verdict.withheld
    assert Measure.VOLTAGE in verdict.exponents


def test_scalers_of_the_telegram_count_as_known() -> None:
    known = {Obis(1, 0, 1, 7, 0): Decimal(1840), Obis(1, 0, 32, 7, 0): Decimal(230)}
    amperes = [Doubtful(Obis(1, 0, 31, 7, 0), Decimal(800), (-2, -3))]
    assert settle(amperes, known).exponents == {Measure.AMPERAGE: -2}


def test_power_is_import_minus_export_of_the_sum() -> None:
    numbers = {
        Obis(1, 0, 1, 7, 0): Decimal(5),
        Obis(1, 0, 2, 7, 0): Decimal(7),
        Obis(1, 0, 21, 7, 0): Decimal(99),
    }
    assert power(numbers, 1, 2) == Decimal(-2)
    assert power({}, 1, 2) is None
    assert apparent_va({Obis(1, 0, 31, 7, 0): Decimal(1)}) is None


CODES = (1, 2, 3, 4, 31, 51, 71, 32, 52, 72)


@given(
    raw=st.tuples(
        *(st.integers(0, 20_000) for _ in range(4)),
        *(st.sampled_from([0, 7, 320, 321, 9000, 60_000]) for _ in range(3)),
        *(st.sampled_from([0, 79, 801, 2304, 2310, 4990, 5001]) for _ in range(3)),
    ),
    left_out=st.sets(st.sampled_from(CODES), max_size=4),
    firm=st.sampled_from([frozenset[Measure](), frozenset((Measure.AMPERAGE, Measure.VOLTAGE))]),
)
def test_the_quick_guard_passes_only_what_the_rules_pass(
    raw: tuple[int, ...], left_out: set[int], firm: frozenset[Measure]
) -> None:
    units = {
        31: (Unit.A, -2),
        51: (Unit.A, -2),
        71: (Unit.A, -2),
        32: (Unit.V, -1),
        52: (Unit.V, -1),
        72: (Unit.V, -1),
    }
    pairs = [
        (Column(Obis(1, 0, c, 7, 0), *units.get(c, (Unit.W, 0))), number)
        for c, number in zip(CODES, raw, strict=True)
        if c not in left_out
    ]
    columns = tuple(column for column, _ in pairs)
    numbers = tuple(number for _, number in pairs)
    values = [Doubtful(column.obis, Decimal(number), (column.exponent,)) for column, number in pairs]
    assert quick_guard(columns, firm)(numbers) == (not settle(values, {}, firm).withheld)
