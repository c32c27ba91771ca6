"""Bills beside ours: what agrees, what differs, and the reason that explains it; files from outside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from consumerapp.readings import Commodity
from consumerapp.tariffs.bill import BillUnit
from consumerapp.tariffs.contract import (
    Contract,
    Direction,
    EnergyPrice,
    FlatRate,
    StandingCharge,
    Tax,
    Version,
)
from consumerapp.tariffs.contract import Per as PerPeriod
from portal.metering.bill_check import BillLine, Kind, Verdict, Why, check_bill
from portal.metering.bill_files import BillFileError, parse_bills
from portal.metering.cost_sums import PeriodCost, sum_up
from portal.metering.day_costs import DayCost, DayLine

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 1)


def version(since: date, price: str) -> Version:
    return Version(
        since,
        (
            EnergyPrice("Energy", FlatRate(Decimal(price))),
            StandingCharge("Fixed charge", Decimal("0.5"), PerPeriod.DAY),
            Tax("VAT", Decimal(20)),
        ),
    )


def our_bill(quantity: str = "312.417") -> PeriodCost:
    """312.417 kWh × 0.30 = 93.7251 → 93.73; a day 0.50; 20 % of 94.2251 = 18.85."""
    contract = Contract(
        name="Ours", commodity=Commodity.ELECTRICITY, direction=Direction.IMPORT, currency="EUR",
        versions=(version(date(2026, 1, 1), "0.30"), version(date(2027, 1, 1), "0.36")),
    )  # fmt: skip
    kwh, price = Decimal(quantity), Decimal("0.30")
    cost = DayCost(
        quantity=kwh,
        lines=(
            DayLine("Energy", "", BillUnit.KWH, kwh, kwh * price, price),
            DayLine("Fixed charge", "", BillUnit.DAY, Decimal(1), Decimal("0.5"), Decimal("0.5")),
        ),
        missing=8,
        unpriced=0,
        estimated=3,
    )
    return sum_up(contract, DAY, DAY, {DAY: cost}, lambda *_: None)


def checked(*lines: BillLine, total: str | None = None):
    return check_bill(our_bill(), list(lines), None if total is None else Decimal(total))


def energy(quantity: str | None, amount: str | None) -> BillLine:
    return BillLine(
        "energy",
        None if quantity is None else Decimal(quantity),
        None if amount is None else Decimal(amount),
    )


def test_a_bill_that_agrees():
    check = checked(
        energy("312.417", "93.73"),
        BillLine("Fixed charge", Decimal(1), Decimal("0.50")),
        BillLine("VAT", Decimal(20), Decimal("18.85")),
        total="113.08",
    )
    assert [line.verdict for line in check.lines] == [Verdict.AGREES] * 3
    assert check.total.verdict is Verdict.AGREES
    assert check.agreeing == 3


@pytest.mark.parametrize(
    ("line", "verdict", "whys"),
    [
        (energy("312", "93.60"), Verdict.ROUNDING, [Why.QUANTITY_ROUNDED]),
        (energy("312.417", "93.72"), Verdict.ROUNDING, []),
        (energy("330", "99.00"), Verdict.DIFFERS, [Why.QUANTITY, Why.ESTIMATED, Why.MISSING]),
        (energy("312.417", "112.47"), Verdict.DIFFERS, [Why.WITH_TAX]),
        (energy("312.417", "109.35"), Verdict.DIFFERS, [Why.PRICE]),
        (energy(None, "99.00"), Verdict.DIFFERS, [Why.ESTIMATED, Why.MISSING]),
    ],
)
def test_a_difference_has_its_reason(line, verdict, whys):
    found = checked(line).lines[0]
    assert (found.verdict, [reason.why for reason in found.reasons]) == (verdict, whys)


def test_the_price_of_another_version_is_named():
    cost = our_bill()
    contract = Contract(
        name="Ours", commodity=Commodity.ELECTRICITY, direction=Direction.IMPORT, currency="EUR",
        versions=(version(date(2026, 1, 1), "0.30"), version(date(2027, 1, 1), "0.45")),
    )  # fmt: skip
    cost = PeriodCost(
        contract=contract, first=cost.first, last=cost.last, lines=cost.lines, total=cost.total,
        exact=cost.exact, quantity=cost.quantity, days=cost.days, peaks=(),
    )  # fmt: skip
    (reason, other) = check_bill(cost, [energy("312.417", "140.59")], None).lines[0].reasons
    assert (reason.why, other.why, other.day) == (Why.PRICE, Why.OTHER_VERSION, date(2027, 1, 1))


def test_what_only_one_side_has_is_said():
    check = checked(BillLine("Metering point", None, Decimal("20.00")), total="20")
    assert [(line.name, line.verdict) for line in check.lines] == [
        ("Energy", Verdict.ONLY_OURS),
        ("Fixed charge", Verdict.ONLY_OURS),
        ("VAT", Verdict.ONLY_OURS),
        ("Metering point", Verdict.ONLY_THEIRS),
    ]
    assert check.total.difference == Decimal(20) - Decimal("113.08")


def test_a_tax_on_lines_that_differ_follows_them():
    check = checked(energy("330", "99.00"), BillLine("VAT", Decimal(20), Decimal("19.90")))
    assert [reason.why for reason in check.lines[2].reasons] == [Why.FOLLOWS]


def test_csv_has_names_quantities_and_amounts():
    content = b"name,quantity,amount\nEnergy,312.4,93.72\nFixed charge,,12.50\ntotal,,106.22\n"
    (bill,) = parse_bills(content, BERLIN)
    assert bill.lines == (
        BillLine("Energy", Decimal("312.4"), Decimal("93.72")),
        BillLine("Fixed charge", None, Decimal("12.50")),
    )
    assert bill.total == Decimal("106.22")


SUMMARY = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><entry><content>
<UsageSummary xmlns="http://naesb.org/espi">
<billingPeriod><duration>2595600</duration><start>1790805600</start></billingPeriod>
<billLastPeriod>11308000</billLastPeriod>
<costAdditionalDetailLastPeriod><amount>9373000</amount><note>Energy</note>
<measurement><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom><value>312417</value></measurement>
<itemKind>1</itemKind></costAdditionalDetailLastPeriod>
<currency>978</currency>
<overallConsumptionLastPeriod><powerOfTenMultiplier>3</powerOfTenMultiplier><uom>72</uom><value>312</value></overallConsumptionLastPeriod>
<statusTimeStamp>1793487600</statusTimeStamp>
</UsageSummary></content></entry></feed>"""


def test_green_button_says_its_period_in_local_days():
    """1790805600 is 30 September 2026, 22:00 UTC, midnight in Berlin; 721 hours are 30 days and the first of
    them that summer time ends in: no, that is on the 25th, so it ends at 23 h of 30 October."""
    (bill,) = parse_bills(SUMMARY.encode(), BERLIN)
    assert (bill.first, bill.last) == (date(2026, 10, 1), date(2026, 10, 30))
    assert (bill.total, bill.currency) == (Decimal("113.08"), "EUR")
    assert bill.lines == (
        BillLine("", Decimal(312), None, Kind.CONSUMPTION),
        BillLine("Energy", Decimal("312.417"), Decimal("93.73")),
    )


def test_what_was_used_in_all_is_compared_in_the_digits_of_the_bill():
    check = checked(BillLine("", Decimal(312), None, Kind.CONSUMPTION))
    assert check.consumption is not None
    assert check.consumption.verdict is Verdict.AGREES


BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>"""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB.encode(), "no sound XML"),
        (b"<feed>", "no sound XML"),
        (b"<feed/>", "no usage summary"),
        (SUMMARY.replace("2595600", "10" * 12).encode(), "makes no sense"),
        (SUMMARY.replace("11308000", "eleven").encode(), "is no number"),
        (b"what,ever\n1,2\n", "name the columns"),
        (b"name,amount\nEnergy,dear\n", "Line 2: “dear” is no number"),
        (b"name,amount\n", "no line"),
    ],
)
def test_refusals_say_what_is_wrong(content, said):
    with pytest.raises(BillFileError, match=said):
        parse_bills(content, BERLIN)
