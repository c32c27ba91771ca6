"""Days added up give what the core's bill of every interval gives, whatever the contract."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from consumerapp.intervals import QUARTER_HOUR, days_between, quarter_starts
from consumerapp.readings import Commodity
from consumerapp.tariffs.bands import Band, OnHolidays
from consumerapp.tariffs.bill import BillUnit, Interval, price_period
from consumerapp.tariffs.capacity import PeakDemand, month_peaks
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
    RoundingOf,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.prices import PricePoint, PriceSeries
from portal.metering.cost_sums import sum_up
from portal.metering.day_costs import PRICE_STEP, DayEnergy, day_peaks, on_grid, price_day

BEGINNINGS = [date(2026, 3, 27), date(2026, 10, 23), date(2018, 11, 2), date(2026, 12, 29)]
ZONES = ["Europe/Amsterdam", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]
prices = st.integers(-500_000, 900_000).map(lambda number: Decimal(number).scaleb(-6))
names = st.sampled_from(["Day", "Night", "Peak"])
clocks = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@st.composite
def bands(draw) -> Band:
    return Band(
        name=draw(names),
        price=draw(prices),
        start=draw(clocks),
        end=draw(clocks),
        weekdays=frozenset(draw(st.sets(st.integers(0, 6), min_size=1))),
        months=frozenset(draw(st.sets(st.integers(1, 12), min_size=4))),
        on_holidays=draw(st.sampled_from(OnHolidays)),
    )


@st.composite
def rates(draw):
    match draw(st.integers(0, 4)):
        case 0:
            return FlatRate(draw(prices))
        case 1:
            return TimeOfUseRate(tuple(draw(st.lists(bands(), max_size=3))), draw(prices), "Otherwise")
        case 2:
            low, high = RegisterPrice(1, "Low", draw(prices)), RegisterPrice(2, "High", draw(prices))
            return RegisterRate((low, high) if draw(st.booleans()) else (low,))
        case 3:
            return DynamicRate("MARKET", draw(prices), draw(prices))
        case _:
            bound = Decimal(draw(st.integers(1, 40)))
            return BlockRate(
                (Block(bound, draw(prices)), Block(bound + 7, draw(prices)), Block(None, draw(prices))),
                draw(st.sampled_from([Per.MONTH, Per.YEAR])),
            )


@st.composite
def versions(draw, valid_from: date) -> Version:
    # The core counts one use for all block rates of a contract: one is what contracts have.
    chosen = draw(st.lists(rates(), min_size=1, max_size=3))
    seen_block = False
    components: list = []
    for number, rate in enumerate(chosen):
        if isinstance(rate, BlockRate):
            if seen_block:
                continue
            seen_block = True
        components.append(EnergyPrice(f"Energy {number}", rate))
    if draw(st.booleans()):
        components.append(StandingCharge("Standing", abs(draw(prices)) * 100, draw(st.sampled_from(Per))))
    components.append(Tax("Levy", Decimal(draw(st.integers(0, 20))), (components[0].name,)))
    if draw(st.booleans()):
        components.append(
            CapacityCharge(
                "Peak",
                Decimal("3.5"),
                draw(st.sampled_from([15, 30, 60])),
                draw(st.integers(1, 3)),
                draw(st.booleans()),
                Decimal("0.25"),
            )
        )
    components.append(Tax("VAT", Decimal(21)))
    return Version(valid_from, tuple(components))


@st.composite
def cases(draw):
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    first = draw(
        st.sampled_from([date(2026, 3, 27), date(2026, 10, 23), date(2018, 11, 2), date(2026, 12, 29)])
    )
    last = first + timedelta(days=draw(st.integers(0, 5)))
    change = first + timedelta(days=draw(st.integers(1, 6)))
    made = [draw(versions(first - timedelta(days=40)))]
    if draw(st.booleans()):
        made.append(draw(versions(change)))
    contract = Contract(
        name="Ours",
        commodity=Commodity.ELECTRICITY,
        direction=draw(st.sampled_from(Direction)),
        currency="EUR",
        versions=tuple(made),
        rounding_of=draw(st.sampled_from(RoundingOf)),
        holidays_of=draw(st.sampled_from(["", "DE-BY", "NL"])),
    )
    seed = draw(st.randoms(use_true_random=False))
    days = []
    for day in days_between(first, last):
        starts = quarter_starts(day, zone)
        counted = [
            None if seed.random() < 0.03 else seed.choice([0, 1000, 250_000, 1_234_567]) for _ in starts
        ]
        night = [None if energy is None else energy // 3 for energy in counted]
        rest = [
            None if energy is None or low is None else energy - low
            for energy, low in zip(counted, night, strict=True)
        ]
        days.append(
            DayEnergy(
                day=day,
                zone=zone,
                starts=starts,
                energies=tuple(counted),
                estimated=tuple(seed.random() < 0.1 for _ in starts),
                registers={1: night, 2: rest} if draw(st.booleans()) else None,
            )
        )
    market = {
        day.day: [None if seed.random() < 0.05 else seed.randrange(-50_000, 400_000) for _ in day.starts]
        for day in days
    }
    return contract, days, market, Decimal(draw(st.integers(0, 60)))


@given(cases())
@settings(max_examples=60, deadline=None)
def test_days_added_up_are_the_bill_of_all_intervals(case):
    contract, days, market, used = case
    by_day = {day.day: day for day in days}
    first, last = days[0].day, days[-1].day
    zone = days[0].zone
    sign = -1 if contract.direction is Direction.EXPORT else 1
    costs = {
        day.day: price_day(
            contract.find_version(day.day),
            day,
            {"MARKET": market[day.day]},
            unit=BillUnit.KWH,
            step=Decimal("0.000001"),
            sign=sign,
            holidays=contract.holidays_of,
        )
        for day in days
    }

    def peaks(charge: CapacityCharge, begin: date, end: date) -> PeakDemand | None:
        inside = [by_day[day] for day in days_between(begin, end)]
        if all(on_grid(day, charge) for day in inside):
            length = timedelta(minutes=charge.interval_min)
            candidates = [
                (peak.start, peak.kw * 1000 * charge.interval_min / 60, length)
                for day in inside
                for peak in day_peaks(day, charge)
            ]
            return month_peaks(charge, candidates, zone)
        return month_peaks(
            charge,
            [
                (start, None if counted is None else Decimal(counted) / 1000, QUARTER_HOUR)
                for day in inside
                for start, counted in zip(day.starts, day.energies, strict=True)
            ],
            zone,
        )

    summed = sum_up(contract, first, last, costs, peaks, used_before=used)
    bill = price_period(
        contract,
        [
            Interval(
                start,
                None if counted is None else Decimal(counted) / 1000,
                None
                if day.registers is None
                else {
                    tariff: Decimal(part) / 1000
                    for tariff, parts in day.registers.items()
                    if (part := parts[index]) is not None
                },
                day.estimated[index],
            )
            for day in days
            for index, (start, counted) in enumerate(zip(day.starts, day.energies, strict=True))
        ],
        first,
        last,
        zone,
        {
            "MARKET": PriceSeries(
                PricePoint(start, QUARTER_HOUR, price * PRICE_STEP)
                for day in days
                for start, price in zip(day.starts, market[day.day], strict=True)
                if price is not None
            )
        },
        used_before=used,
    )
    ours = {(line.component, line.label, line.valid_from): line for line in summed.lines if line.quantity}
    theirs = [line for line in bill.lines if line.quantity]
    assert [(line.component, line.label, line.quantity, line.amount) for line in ours.values()] == [
        (line.component, line.label, line.quantity, line.amount) for line in theirs
    ]
    for mine, line in zip(ours.values(), theirs, strict=True):
        assert abs(mine.exact - line.exact_amount) < Decimal("1e-40")
    assert summed.total == bill.total
    assert summed.missing == len(bill.missing)
    assert summed.unpriced == len(bill.unpriced)
    assert [demand for _, demand in summed.peaks] == list(bill.peaks)
    # What each day adds, and the capacity of its month with tax, is the whole: nothing is left over.
    capacity_free = not any(
        isinstance(part, CapacityCharge) for version in contract.versions for part in version.components
    )
    if capacity_free:
        assert abs(sum(day.total for day in summed.days) - summed.exact) < Decimal("1e-20")


def test_a_day_by_hand():
    """96 quarter-hours of 250 Wh at 0.30 and 30 a month in a month of 30 days, with 20 % on all: by hand
    24 kWh × 0.30 = 7.20, 30 / 30 = 1.00, 20 % of 8.20 = 1.64, together 9.84."""
    zone, day = ZoneInfo("Europe/Berlin"), date(2026, 11, 3)
    version = Version(
        date(2026, 1, 1),
        (
            EnergyPrice("Energy", FlatRate(Decimal("0.30"))),
            StandingCharge("Standing charge", Decimal(30), Per.MONTH),
            Tax("VAT", Decimal(20)),
        ),
    )
    contract = Contract(
        name="Flat", commodity=Commodity.ELECTRICITY, direction=Direction.IMPORT, currency="EUR",
        versions=(version,),
    )  # fmt: skip
    energy = DayEnergy(
        day=day,
        zone=zone,
        starts=quarter_starts(day, zone),
        energies=(250_000,) * 96,
        estimated=(False,) * 96,
    )
    cost = price_day(version, energy, {}, unit=BillUnit.KWH, step=Decimal("0.000001"), sign=1, holidays="")
    summed = sum_up(contract, day, day, {day: cost}, lambda *_: None)
    assert [(line.component, line.amount) for line in summed.lines] == [
        ("Energy", Decimal("7.20")),
        ("Standing charge", Decimal("1.00")),
        ("VAT", Decimal("1.64")),
    ]
    assert summed.total == Decimal("9.84")
    assert (summed.days[0].energy, summed.days[0].standing) == (Decimal("8.64"), Decimal("1.2"))
    assert datetime(2026, 11, 2, 23, tzinfo=UTC) == energy.starts[0]
