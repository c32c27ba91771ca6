"""Costs out of the store: what is remembered is what would be reckoned; only what changed is priced anew."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumerapp.readings import Commodity, Obis, Quantity
from consumerapp.tariffs.contract import (
    Block,
    BlockRate,
    CapacityCharge,
    Contract,
    Direction,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterPrice,
    RegisterRate,
    StandingCharge,
    Tax,
    Version,
)
from consumerapp.tariffs.gas import GasFactors
from consumerapp.tariffs.prices import PricePoint
from portal.ingest.services import accept
from portal.metering.contracts import add_contract, contracts_of
from portal.metering.costs import explain_day, forget_all, period_cost
from portal.metering.price_series import PriceFile, import_prices

FIRST = datetime(2026, 10, 30, 23, tzinfo=UTC)
"""Midnight in Amsterdam, two days before a month begins."""
NOW = FIRST + timedelta(days=6)
LAST_DAY = date(2026, 11, 5)
QUARTER = timedelta(minutes=15)


def contract(*components, direction: Direction = Direction.IMPORT, **fields) -> Contract:
    return Contract(
        name="Ours",
        commodity=fields.pop("commodity", Commodity.ELECTRICITY),
        direction=direction,
        currency="EUR",
        versions=(Version(fields.pop("valid_from", date(2026, 1, 1)), components),),
        **fields,
    )


def kept(household, reading, energies: list[int], **fields) -> None:
    """A register at every quarter-hour from `FIRST`, growing by so many Wh in each."""
    value, at, readings = Decimal(10_000), FIRST, []
    for energy in [*energies, 0]:
        readings.append(reading(at, value, **fields))
        value, at = value + energy, at + QUARTER
    accept(household, readings, now=readings[-1].at)


def prices(points: dict[int, str]) -> PriceFile:
    return PriceFile(
        points=tuple(
            PricePoint(FIRST + hour * timedelta(hours=1), timedelta(hours=1), Decimal(price))
            for hour, price in points.items()
        )
    )


@pytest.fixture
def six_days(household, reading) -> None:
    kept(household, reading, [100 + quarter % 7 for quarter in range(6 * 96)])


def test_a_late_price_reprices_exactly_its_hours(household, six_days):
    held = add_contract(household, contract(EnergyPrice("Energy", DynamicRate("M"))))
    import_prices(
        household, "M", "EUR", prices({hour: "0.25" for hour in range(144) if hour != 50}), source=""
    )
    before = period_cost(household, held, date(2026, 10, 31), LAST_DAY, NOW)
    assert before.unpriced == 4
    import_prices(household, "M", "EUR", prices({50: "0.75"}), source="late")
    after = period_cost(household, held, date(2026, 10, 31), LAST_DAY, NOW)
    assert after.unpriced == 0
    changed = [
        (one.day, one.energy - other.energy)
        for one, other in zip(after.days, before.days, strict=True)
        if one != other
    ]
    # Hour 50 is 02:00 to 03:00 of the third day: quarters 200 to 203, which grow by 104, 105, 106, 100 Wh.
    assert changed == [(date(2026, 11, 2), Decimal("0.415") * Decimal("0.75"))]


def test_a_price_that_changes_says_what_it_replaced(household):
    import_prices(household, "M", "EUR", prices({0: "0.25", 1: "0.30"}), source="first")
    second = import_prices(household, "M", "EUR", prices({1: "0.31", 2: "0.40"}), source="second")
    assert (second.added, second.changed, second.same) == (4, 4, 0)
    start_ms = int((FIRST + timedelta(hours=1)).timestamp() * 1000)
    assert second.replaced == [[start_ms + 900_000 * number, 300_000] for number in range(4)]


@given(data=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_remembered_is_what_would_be_reckoned(data, household, reading):
    """Late and corrected readings, late and changed prices, in any order, with questions in between."""
    with transaction.atomic():
        held = add_contract(
            household,
            contract(
                EnergyPrice("Energy", DynamicRate("M", Decimal("1.1"), Decimal("0.05"))),
                EnergyPrice(
                    "Levy",
                    BlockRate((Block(Decimal(9), Decimal("0.02")), Block(None, Decimal("0.03"))), Per.MONTH),
                ),
                StandingCharge("Standing", Decimal(10), Per.MONTH),
                CapacityCharge("Peak", Decimal(3)),
                Tax("VAT", Decimal(21)),
            ),
        )
        for _ in range(data.draw(st.integers(2, 6))):
            if data.draw(st.booleans()):
                hours = data.draw(st.sets(st.integers(0, 143), min_size=1, max_size=30))
                price = data.draw(st.integers(-200, 900))
                found = prices({hour: str(Decimal(price) / 1000) for hour in hours})
                import_prices(household, "M", "EUR", found, source="")
            else:
                quarters = data.draw(st.sets(st.integers(0, 6 * 96), min_size=2, max_size=40))
                # The register is a function of time, so that late readings fit.
                values = [
                    (FIRST + QUARTER * quarter, 10_000 + quarter * 120 + quarter % 5) for quarter in quarters
                ]
                accept(household, [reading(at, value) for at, value in sorted(values)], now=NOW)
            remembered = period_cost(household, held, date(2026, 10, 31), LAST_DAY, NOW)
            forget_all()
            assert period_cost(household, held, date(2026, 10, 31), LAST_DAY, NOW) == remembered
        transaction.set_rollback(True)


def test_the_explanation_of_each_day_adds_up_to_its_cost(household, six_days):
    held = add_contract(
        household,
        contract(
            EnergyPrice(
                "Energy", BlockRate((Block(Decimal(25), Decimal("0.2")), Block(None, Decimal("0.3"))))
            ),
            StandingCharge("Standing", Decimal(10), Per.MONTH),
            CapacityCharge("Peak", Decimal(3)),
            Tax("VAT", Decimal(21)),
        ),
    )
    cost = period_cost(household, held, date(2026, 10, 31), LAST_DAY, NOW)
    for one in cost.days:
        bill = explain_day(household, held, one.day, NOW)
        exact = sum(line.exact_amount for line in bill.lines)
        assert abs(exact - one.total) < Decimal("1e-20")


def test_registers_have_their_own_names_and_prices(household, reading):
    low, high = Obis.parse("1-0:1.8.1"), Obis.parse("1-0:1.8.2")
    kept(household, reading, [100] * 96, obis=low)
    kept(household, reading, [300] * 96, obis=high)
    held = add_contract(
        household,
        contract(
            EnergyPrice(
                "Energy",
                RegisterRate(
                    (RegisterPrice(1, "Dal", Decimal("0.2")), RegisterPrice(2, "Normaal", Decimal("0.4")))
                ),
            )
        ),
    )
    cost = period_cost(household, held, date(2026, 10, 31), date(2026, 10, 31), NOW)
    # By hand: 9.6 kWh × 0.20 and 28.8 kWh × 0.40.
    assert [(line.label, line.quantity, line.amount) for line in cost.lines] == [
        ("Dal", Decimal("9.6"), Decimal("1.92")),
        ("Normaal", Decimal("28.8"), Decimal("11.52")),
    ]


def test_gas_is_billed_by_its_energy(household, reading):
    """96 quarter-hours of 0.1 m³ are 9.6 m³; × 10.5 × 0.95 = 95.76 kWh; × 0.12 = 11.4912."""
    value, at, readings = Decimal(500), FIRST, []
    for _ in range(97):
        readings.append(
            reading(at, value, obis="7-1:3.0.0", quantity=Quantity.GAS_VOLUME, meter="7GAS0000001234")
        )
        value, at = value + Decimal("0.1"), at + QUARTER
    accept(household, readings, now=at)
    held = add_contract(
        household,
        contract(EnergyPrice("Energy", FlatRate(Decimal("0.12"))), commodity=Commodity.GAS),
        factors=GasFactors(date(2026, 1, 1), Decimal("10.5"), Decimal("0.95")),
    )
    day = date(2026, 10, 31)
    cost = period_cost(household, held, day, day, NOW)
    assert (cost.quantity, cost.total) == (Decimal("95.76"), Decimal("11.49"))
    assert sum(line.exact_amount for line in explain_day(household, held, day, NOW).lines) == cost.exact


def test_a_part_of_a_month_pays_no_peak(household, six_days):
    held = add_contract(
        household,
        contract(EnergyPrice("Energy", FlatRate(Decimal("0.3"))), CapacityCharge("Peak", Decimal(3))),
    )
    part = period_cost(household, held, date(2026, 11, 2), date(2026, 11, 3), NOW)
    assert [line.component for line in part.lines] == ["Energy"]
    whole = period_cost(household, held, date(2026, 11, 1), date(2026, 11, 30), NOW)
    # 106 Wh in a quarter-hour are 0.424 kW.
    assert [line.amount for line in whole.lines if line.component == "Peak"] == [Decimal("1.27")]


def test_a_household_asks_a_fixed_number_of_queries(household, six_days):
    held = add_contract(household, contract(EnergyPrice("Energy", FlatRate(Decimal("0.3")))))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        period_cost(household, held, date(2026, 1, 1), date(2026, 12, 31), NOW)
    assert len(asked) <= 3


def test_a_contract_of_others_is_not_among_ours(household, other_household, six_days):
    add_contract(household, contract(EnergyPrice("Energy", FlatRate(Decimal("0.3")))))
    assert contracts_of(other_household) == ()
