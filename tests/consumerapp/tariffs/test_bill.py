"""Bills: every amount is exact, opens down to its intervals, and changes only where its causes change."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumerapp.errors import ConsumerAppError
from consumerapp.intervals import quarter_starts
from consumerapp.readings import Commodity
from consumerapp.tariffs.bands import Band, OnHolidays
from consumerapp.tariffs.bill import EXACT, Bill, BillUnit, Interval, price_period
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
    RoundingOf,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.prices import PricePoint, PriceSeries

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 6, 1)


def contract(*components, start: date = date(2025, 1, 1), **fields) -> Contract:
    return Contract(
        name="Grid",
        commodity=fields.pop("commodity", Commodity.ELECTRICITY),
        direction=fields.pop("direction", Direction.IMPORT),
        currency="EUR",
        versions=fields.pop("versions", (Version(start, components),)),
        **fields,
    )


def day_of(day: date, energy_wh: Decimal | int = 250) -> list[Interval]:
    return [Interval(start, Decimal(energy_wh)) for start in quarter_starts(day, BERLIN)]


def bill_of(contract: Contract, intervals: list[Interval], last: date = MONDAY, **fields) -> Bill:
    return price_period(
        contract, intervals, fields.pop("first", MONDAY), last, BERLIN, fields.pop("prices", {}), **fields
    )


def amounts(bill: Bill) -> dict[str, Decimal]:
    return {f"{line.component} {line.label}".strip(): line.amount for line in bill.lines}


def test_flat_price():
    bill = bill_of(contract(EnergyPrice("Energy", FlatRate(Decimal("0.30")))), day_of(MONDAY))
    (line,) = bill.lines
    assert (line.quantity, line.unit, line.unit_price, line.amount) == (
        24,
        BillUnit.KWH,
        Decimal("0.30"),
        Decimal("7.20"),
    )
    assert len(line.items) == 96
    assert bill.total == Decimal("7.20")


@pytest.mark.parametrize(("day", "quarters"), [(date(2026, 3, 29), 92), (date(2026, 10, 25), 100)])
def test_days_on_which_clocks_change_have_their_own_length(day, quarters):
    bill = bill_of(contract(EnergyPrice("Energy", FlatRate(Decimal(1)))), day_of(day), first=day, last=day)
    assert bill.lines[0].quantity == Decimal(quarters) / 4


def test_feed_in_is_a_credit_and_its_standing_charge_is_not():
    bill = bill_of(
        contract(
            EnergyPrice("Feed-in", FlatRate(Decimal("0.08"))),
            StandingCharge("Metering", Decimal("0.10"), Per.DAY),
            direction=Direction.EXPORT,
        ),
        day_of(MONDAY),
    )
    assert amounts(bill) == {"Feed-in": Decimal("-1.92"), "Metering": Decimal("0.10")}


def test_band_past_midnight_belongs_to_the_day_it_begins_on():
    night = Band(name="Night", price=Decimal(1), start=time(22), end=time(6), weekdays=frozenset({6}))
    rate = TimeOfUseRate((night,), Decimal(2), "Day")
    bill = bill_of(contract(EnergyPrice("Energy", rate)), day_of(MONDAY, 1000))
    # Monday 0 to 6 belongs to the night that began on Sunday; Monday 22 to 24 does not.
    assert amounts(bill) == {"Energy Night": Decimal(24), "Energy Day": Decimal(72 * 2)}


def test_public_holiday_is_as_a_sunday():
    weekday = Band(
        name="Peak", price=Decimal(2), weekdays=frozenset(range(5)), on_holidays=OnHolidays.AS_SUNDAY
    )
    rate = TimeOfUseRate((weekday,), Decimal(1), "Off-peak")
    labour_day = date(2026, 5, 1)
    made = contract(EnergyPrice("Energy", rate), holidays_of="DE")
    bill = bill_of(made, day_of(labour_day), first=labour_day, last=labour_day)
    assert [line.label for line in bill.lines] == ["Off-peak"]


def test_unknown_place_of_holidays_is_refused():
    made = contract(EnergyPrice("Energy", FlatRate(Decimal(1))), holidays_of="XX")
    with pytest.raises(ContractError, match="XX"):
        bill_of(made, [])


def test_registers_keep_the_names_of_the_contract():
    rate = RegisterRate(
        (RegisterPrice(1, "Low", Decimal("0.20")), RegisterPrice(2, "Normal", Decimal("0.30")))
    )
    intervals = [
        Interval(datetime(2026, 6, 1, 10, tzinfo=UTC), Decimal(1500), {1: Decimal(500), 2: Decimal(1000)}),
        Interval(datetime(2026, 6, 1, 11, tzinfo=UTC), Decimal(100), {3: Decimal(100)}),
    ]
    bill = bill_of(contract(EnergyPrice("Energy", rate)), intervals)
    assert amounts(bill) == {"Energy Low": Decimal("0.10"), "Energy Normal": Decimal("0.30")}
    assert bill.unpriced == (datetime(2026, 6, 1, 11, tzinfo=UTC),)


def test_block_is_split_inside_an_interval():
    rate = BlockRate((Block(Decimal(10), Decimal("0.10")), Block(None, Decimal("0.40"))))
    bill = bill_of(
        contract(EnergyPrice("Energy", rate)),
        [Interval(datetime(2026, 6, 1, 10, tzinfo=UTC), Decimal(5000))],
        used_before=Decimal(8),
    )
    assert [(line.label, line.quantity) for line in bill.lines] == [("0–10", 2), ("10–", 3)]
    assert bill.total == Decimal("1.40")


def test_monthly_block_begins_again_with_the_month():
    rate = BlockRate((Block(Decimal(10), Decimal(1)), Block(None, Decimal(2))), Per.MONTH)
    last_of_may = date(2026, 5, 31)
    intervals = [
        Interval(datetime(2026, 5, 31, 10, tzinfo=UTC), Decimal(12_000)),
        Interval(datetime(2026, 6, 1, 10, tzinfo=UTC), Decimal(3_000)),
    ]
    bill = bill_of(contract(EnergyPrice("Energy", rate)), intervals, first=last_of_may)
    assert {line.label: line.quantity for line in bill.lines} == {"0–10": 13, "10–": 2}


def prices(*hours: Decimal | None, start: datetime = datetime(2026, 5, 31, 22, tzinfo=UTC)) -> PriceSeries:
    return PriceSeries(
        PricePoint(start + timedelta(hours=number), timedelta(hours=1), price)
        for number, price in enumerate(hours)
        if price is not None
    )


DYNAMIC = contract(EnergyPrice("Energy", DynamicRate("DE-LU", Decimal("1.19"), Decimal("0.15"))))


def test_gap_in_dynamic_prices_is_named_and_not_free():
    series = prices(*[Decimal("0.10")] * 3, None, *[Decimal("-0.02")] * 20)
    bill = bill_of(DYNAMIC, day_of(MONDAY), prices={"DE-LU": series})
    assert len(bill.unpriced) == 4
    assert bill.lines[0].quantity == 23
    assert bill.lines[0].unit_price is None


@given(hour=st.integers(0, 23), price=st.decimals(-1, 1, places=5))
def test_late_price_changes_exactly_its_hour(hour, price):
    known = [Decimal("0.10")] * 24
    before = bill_of(DYNAMIC, day_of(MONDAY), prices={"DE-LU": prices(*known)})
    known[hour] = price
    after = bill_of(DYNAMIC, day_of(MONDAY), prices={"DE-LU": prices(*known)})
    changed = {
        new.start for old, new in zip(before.lines[0].items, after.lines[0].items, strict=True) if old != new
    }
    first = datetime(2026, 5, 31, 22, tzinfo=UTC) + timedelta(hours=hour)
    assert changed <= {first + timedelta(minutes=15 * quarter) for quarter in range(4)}


def test_overlapping_prices_are_refused():
    start, hour = datetime(2026, 6, 1, tzinfo=UTC), timedelta(hours=1)
    with pytest.raises(ConsumerAppError, match="each hour must have one"):
        PriceSeries([PricePoint(start, hour, Decimal(1)), PricePoint(start, hour, Decimal(2))])


def test_capacity_is_the_mean_of_the_highest_on_different_days():
    charge = CapacityCharge("Capacity", Decimal(4), interval_min=60, highest=2)
    tuesday = MONDAY + timedelta(days=1)
    intervals = day_of(MONDAY, 250) + day_of(tuesday, 250)
    for number in range(40, 48):  # two hours on Monday at 8 kW
        intervals[number] = Interval(intervals[number].start, Decimal(2000))
    for number in range(96 + 40, 96 + 44):  # one hour on Tuesday at 4 kW
        intervals[number] = Interval(intervals[number].start, Decimal(1000))
    bill = bill_of(contract(charge), intervals, last=tuesday)
    (peak,) = bill.peaks
    assert [found.kw for found in peak.peaks] == [8, 4]
    assert peak.mean_kw == 6
    assert bill.total == 24


def test_capacity_ignores_an_hour_with_a_gap_and_charges_the_least():
    charge = CapacityCharge("Capacity", Decimal(4), interval_min=60, least_kw=Decimal("2.5"))
    intervals = day_of(MONDAY, 250)
    intervals[40] = Interval(intervals[40].start, Decimal(9000))
    intervals[41] = Interval(intervals[41].start, None)
    bill = bill_of(contract(charge), intervals)
    assert bill.peaks[0].mean_kw == 1
    assert bill.total == 10
    assert bill.missing == (intervals[41].start,)


def test_standing_charge_is_shared_by_the_days_of_its_month():
    bill = bill_of(contract(StandingCharge("Base", Decimal("9.00"), Per.MONTH)), [], last=date(2026, 6, 10))
    assert bill.total == Decimal("3.00")


def test_tax_is_on_what_it_names():
    bill = bill_of(
        contract(
            EnergyPrice("Energy", FlatRate(Decimal("0.25"))),
            EnergyPrice("Levy", FlatRate(Decimal("0.05"))),
            Tax("Reduced", Decimal(7), on=("Levy",)),
            Tax("VAT", Decimal(19), on=("Energy",)),
        ),
        day_of(MONDAY, 1000),
    )
    taxes = {"Reduced": Decimal("0.34"), "VAT": Decimal("4.56")}
    assert amounts(bill) == {"Energy": Decimal(24), "Levy": Decimal("4.80"), **taxes}


def test_new_version_starts_on_its_day_and_days_before_the_contract_are_named():
    old, new = EnergyPrice("Energy", FlatRate(Decimal(1))), EnergyPrice("Energy", FlatRate(Decimal(2)))
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    made = contract(versions=(Version(tuesday, (old,)), Version(wednesday, (new,))))
    bill = bill_of(made, day_of(MONDAY) + day_of(tuesday) + day_of(wednesday), last=wednesday)
    assert [line.amount for line in bill.lines] == [24, 48]
    assert bill.uncovered == (MONDAY,)


def test_total_is_rounded_once_where_the_contract_says_so():
    thirds = [EnergyPrice(name, FlatRate(Decimal("0.0004"))) for name in ("a", "b", "c")]
    intervals = [Interval(datetime(2026, 6, 1, 10, tzinfo=UTC), Decimal(10_000))]
    assert bill_of(contract(*thirds), intervals).total == Decimal("0.00")
    assert bill_of(contract(*thirds, rounding_of=RoundingOf.TOTAL), intervals).total == Decimal("0.01")


def test_water_is_priced_by_volume():
    made = contract(EnergyPrice("Water", FlatRate(Decimal("2.10"))), commodity=Commodity.COLD_WATER)
    bill = bill_of(made, [Interval(datetime(2026, 6, 1, 10, tzinfo=UTC), Decimal("0.142"))])
    (line,) = bill.lines
    assert (line.quantity, line.unit, line.amount) == (Decimal("0.142"), BillUnit.M3, Decimal("0.30"))


@pytest.mark.parametrize(
    "broken",
    [
        lambda: contract(versions=()),
        lambda: contract(StandingCharge("x", Decimal(1), Per.DAY), StandingCharge("x", Decimal(1), Per.DAY)),
        lambda: contract(Tax("VAT", Decimal(19), on=("Energy",))),
        lambda: contract(EnergyPrice("x", BlockRate((Block(Decimal(5), Decimal(1)),)))),
        lambda: contract(EnergyPrice("x", FlatRate(Decimal(1))), ends_on=date(2024, 1, 1)),
        lambda: CapacityCharge("x", Decimal(1), interval_min=7),
    ],
)
def test_contract_that_contradicts_itself_is_refused(broken):
    with pytest.raises(ContractError):
        broken()


EVERYTHING = contract(
    EnergyPrice("Flat", FlatRate(Decimal("0.2513"))),
    EnergyPrice(
        "Bands",
        TimeOfUseRate(
            (Band(name="Night", price=Decimal("0.11"), start=time(22), end=time(6)),), Decimal("0.33"), "Day"
        ),
    ),
    EnergyPrice("Blocks", BlockRate((Block(Decimal(3), Decimal("0.1")), Block(None, Decimal("0.2"))))),
    StandingCharge("Base", Decimal("11.95"), Per.MONTH),
)


@given(
    energies=st.lists(st.one_of(st.none(), st.integers(0, 5000)), min_size=192, max_size=192),
)
def test_parts_of_a_period_sum_to_the_whole(energies):
    tuesday = MONDAY + timedelta(days=1)
    starts = [*quarter_starts(MONDAY, BERLIN), *quarter_starts(tuesday, BERLIN)]
    intervals = [
        Interval(start, None if energy is None else Decimal(energy))
        for start, energy in zip(starts, energies, strict=True)
    ]
    whole = bill_of(EVERYTHING, intervals, last=tuesday)
    used = sum((interval.energy or 0 for interval in intervals[:96]), Decimal(0)) / 1000
    parts = [
        bill_of(EVERYTHING, intervals),
        bill_of(EVERYTHING, intervals, first=tuesday, last=tuesday, used_before=used),
    ]

    def exact(bills: list[Bill]) -> dict[tuple[str, str], Decimal]:
        sums: dict[tuple[str, str], Decimal] = {}
        with localcontext(EXACT):
            for line in (line for bill in bills for line in bill.lines):
                key = (line.component, line.label)
                sums[key] = sums.get(key, Decimal(0)) + line.exact_amount
        return sums

    assert exact(parts) == pytest.approx(exact([whole]), rel=Decimal("1e-40"), abs=Decimal("1e-40"))
    flat = next((line for line in whole.lines if line.component == "Flat"), None)
    metered = sum((energy or 0 for energy in energies), 0)
    assert (flat.quantity if flat else 0) == Decimal(metered) / 1000
    assert len(whole.missing) == energies.count(None)
