"""Costs: amounts that a bill by hand confirms, and the way from each of them down to the quarter-hour."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from lxml import html

from consumerapp.readings import Commodity
from consumerapp.tariffs.contract import (
    CapacityCharge,
    Contract,
    Direction,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    StandingCharge,
    Tax,
    Version,
)
from portal.metering.contracts import add_contract, contracts_of
from portal.metering.price_series import import_prices, parse_prices
from tests.portal.pages.written_history import NOW

DAY_KWH = Decimal("10.8")
"""23 hours of 4 × 100 Wh and one of 4 × 400 Wh."""


@pytest.fixture(autouse=True)
def _at_two_in_the_afternoon():
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        yield


def bought(*components, valid_from: date = date(2026, 1, 1), name: str = "Grid") -> Contract:
    return Contract(
        name=name,
        commodity=Commodity.ELECTRICITY,
        direction=Direction.IMPORT,
        currency="EUR",
        versions=(Version(valid_from, components),),
    )


FLAT = bought(
    EnergyPrice("Energy", FlatRate(Decimal("0.30"))),
    StandingCharge("Fixed charge", Decimal(12), Per.MONTH),
    Tax("VAT", Decimal(20)),
)


@pytest.fixture
def flat(household, history):
    return add_contract(household, FLAT)


def fetch(client, household, path: str = "", status: int = 200):
    answer = client.get(f"/h/{household.public_id}/costs/{path}")
    assert answer.status_code == status, answer.content[:400]
    return html.fromstring(answer.content)


def words(element) -> str:
    return re.sub(r"\s+", " ", " ".join(element.itertext())).strip()


def values(page, path: str) -> list[str]:
    return [data.get("value") for data in page.xpath(f"{path}//data")]


def test_without_a_contract_the_page_leads_to_one(household, history, as_alice, as_vera):
    page = fetch(as_alice, household)
    assert "No contract yet" in words(page)
    (link,) = page.xpath("//main//a[contains(@class, 'button-primary')]/@href")
    assert as_alice.get(link).status_code == 200
    assert not fetch(as_vera, household).xpath("//main//a[contains(@class, 'button-primary')]")


def test_a_past_day_costs_what_a_bill_by_hand_says(household, flat, as_alice):
    """10.8 kWh × 0.30 = 3.24, a thirtieth of 12 = 0.40, 20 % of 3.64 = 0.728 → 0.73: 4.37 in all."""
    page = fetch(as_alice, household, "?range=day&on=2026-11-23")
    assert values(page, "//*[contains(@class, 'total-cost')]")[0] == "4.37"
    lines = page.xpath("//table[contains(@class, 'bill-lines')]/tbody/tr")
    assert [words(line) for line in lines] == [
        "Energy 10.800 kWh 0.3000 €/kWh 3.24 €",
        "Fixed charge 1 d 0.4000 €/d 0.40 €",
        "VAT 20 % 0.73 €",
    ]
    assert "4.3680 €" in words(page)


def test_a_line_opens_to_its_days_and_a_day_to_its_quarter_hours(household, flat, as_alice):
    page = fetch(as_alice, household, "?range=month&on=2026-10-20")
    (line,) = page.xpath("//table[contains(@class, 'bill-lines')]/tbody/tr/th/a[text()='Energy']/@href")
    days = html.fromstring(as_alice.get(line).content)
    rows = days.xpath("//tbody/tr")
    assert len(rows) == 31
    assert words(rows[19]) == "Tue 20 Oct 10.800 kWh 0.3000 €/kWh 3.2400 €"
    assert "no value" not in words(rows[19])
    (day,) = rows[19].xpath(".//a/@href")
    quarters = html.fromstring(as_alice.get(day).content)
    (table,) = quarters.xpath("//details//table")
    assert len(table.xpath(".//tbody/tr")) == 96
    first = table.xpath(".//tbody/tr")[0]
    # The register stood at 1000 kWh when 15 October began; five days later 54 kWh more.
    assert words(first) == "00:00–00:15 1,054.000 kWh 0.100 kWh 0.3000 €/kWh 0.030000 €"
    amounts = [Decimal(row.xpath(".//data/@value")[-1]) for row in table.xpath(".//tbody/tr")]
    assert sum(amounts) == Decimal("3.24")


def test_a_year_opens_to_months(household, flat, as_alice):
    page = fetch(as_alice, household, "?range=year&on=2026-01-01")
    (line,) = page.xpath("//table[contains(@class, 'bill-lines')]/tbody/tr/th/a[text()='Energy']/@href")
    rows = html.fromstring(as_alice.get(line).content).xpath("//tbody/tr")
    assert [words(row.xpath("./th")[0]).split()[0] for row in rows][-2:] == ["October", "November"]
    assert "range=month" in rows[-1].xpath(".//a/@href")[0]


def test_what_is_sent_is_a_credit(household, flat, as_alice):
    feed_in = Contract(
        name="Sun",
        commodity=Commodity.ELECTRICITY,
        direction=Direction.EXPORT,
        currency="EUR",
        versions=(Version(date(2026, 1, 1), (EnergyPrice("Feed-in", FlatRate(Decimal("0.10"))),)),),
    )
    add_contract(household, feed_in)
    page = fetch(as_alice, household, "?range=day&on=2026-11-23")
    # 8 quarter-hours of 50 Wh at 0.10: 0.04 less.
    assert values(page, "//*[contains(@class, 'total-cost')]")[0] == "4.33"
    assert values(page, "//*[contains(@class, 'is-export')]") == ["400", "-0.04"]
    assert page.xpath("//*[@class='chart-plot']/*[@class='bar-export']")


def test_the_month_has_a_band_and_says_what_it_rests_on(household, flat, as_alice):
    """Every whole day is the same, so the band has no width: 30 days of 3.64 and 20 %."""
    page = fetch(as_alice, household)
    (likely,) = values(page, "//*[contains(@class, 'total-likely')]")
    # The running day has 50 Wh less until its quarter-hour ends; all days together 131.04.
    assert likely == "131.04"
    assert "The month ends between 131.04 € and 131.04 €." in words(page)
    assert "7 days left" in words(page)


def test_a_running_month_stands_beside_as_much_of_the_one_before(household, flat, as_alice):
    page = fetch(as_alice, household)
    assert "the month before up to the same day" in words(page)
    bars = page.xpath("//*[@class='chart-plot']/*[@class='bar-import']")
    assert len(bars) == 24


def prices_file(step_min: int = 60) -> bytes:
    """Two days of prices: 10 ct, and from 18 to 19 h UTC 50 ct."""
    lines = ["start,price,minutes"]
    at = NOW.replace(hour=23, minute=0, second=0) - timedelta(days=2)
    for _ in range(48 * 60 // step_min):
        price = "0.50" if at.hour == 18 else "0.10"
        lines.append(f"{at.isoformat()},{price},{step_min}")
        at += timedelta(minutes=step_min)
    return "\n".join(lines).encode()


def test_a_dynamic_price_is_told_now_and_next(household, history, as_alice):
    import_prices(None, "DE-LU", "EUR", parse_prices(prices_file()), source="test")
    add_contract(
        household,
        bought(
            EnergyPrice("Energy", DynamicRate("DE-LU", Decimal(1), Decimal("0.05"))), Tax("VAT", Decimal(20))
        ),
    )
    page = fetch(as_alice, household, "?range=day&on=2026-11-23")
    # 9.2 kWh at 0.15 and 1.6 kWh at 0.55 are 2.26; with 20 % 2.712.
    assert values(page, "//*[contains(@class, 'total-cost')]")[0] == "2.71"
    now = words(page.xpath("//*[@class='price-now']")[0])
    assert "0.1800 €/kWh" in now  # (0.10 + 0.05) × 1.2
    assert "next price 19:00: 0.6600 €/kWh" in now
    assert as_alice.get(f"/h/{household.public_id}/costs/now/").status_code == 200


def test_hours_without_a_price_are_said_and_not_counted_as_free(household, history, as_alice):
    import_prices(household, "DE-LU", "EUR", parse_prices(prices_file()), source="test")
    add_contract(household, bought(EnergyPrice("Energy", DynamicRate("DE-LU"))))
    page = fetch(as_alice, household, "?range=day&on=2026-11-20")
    assert "No price for 24.0 h" in words(page)


def test_a_peak_is_named_with_its_time_and_this_quarter_hour_is_watched(household, history, as_alice):
    add_contract(
        household,
        bought(EnergyPrice("Energy", FlatRate(Decimal("0.30"))), CapacityCharge("Peak", Decimal(4))),
    )
    page = fetch(as_alice, household)
    # 400 Wh in a quarter-hour are 1.6 kW; in November first on the 1st, 19:00 in Amsterdam.
    guard = words(page.xpath("//*[contains(@class, 'guard')]")[0])
    # 50 Wh until 14:07:30, and 1421 W for the other half: 50 + 177.625 Wh are 0.91 kW.
    assert "Until 14:15 the mean comes to about 0.91 kW (peak so far 1.60 kW, Sun 1 Nov, 19:00)." in guard
    assert "The month's peak adds 6.40 €" in words(page)
    (line,) = page.xpath("//table[contains(@class, 'bill-lines')]/tbody/tr/th/a[text()='Peak']/@href")
    why = words(html.fromstring(as_alice.get(line).content))
    assert "Sun 1 Nov, 19:00 1.600 kW" in why


def test_everything_is_exported(household, flat, as_alice):
    base = f"/h/{household.public_id}/costs/file/"
    told = as_alice.get(f"{base}csv/?range=month&on=2026-10-20").content.decode()
    rows = list(csv.DictReader(io.StringIO(told)))
    energy = [row for row in rows if row["component"] == "Energy" and row["day"] == "2026-10-20"]
    assert [(row["quantity"], row["price"], row["amount"]) for row in energy] == [("10.8", "0.3", "3.24")]
    data = json.loads(as_alice.get(f"{base}json/?range=day&on=2026-11-23").content)
    (contract,) = data["contracts"]
    assert (contract["total"], contract["exact"], contract["quantity"]) == ("4.37", "4.368", "10.8")
    assert data["terms"][0]["form"] == 1
    assert as_alice.get(f"{base}exe/").status_code == 404


def test_strangers_installers_and_other_households_see_nothing(household, flat, as_charlie, as_ida, as_alice):
    pk = contracts_of(household)[0].row.pk
    for path in ("", "now/", f"why/{pk}/", f"why/{pk}/2026-11-23/", "bills/", "prices/", f"contracts/{pk}/"):
        address = f"/h/{household.public_id}/costs/{path}"
        assert as_charlie.get(address).status_code == 404
        assert as_ida.get(address).status_code == 404
    theirs = as_charlie.get(f"/h/{household.public_id}/costs/contracts/{pk}/change/")
    assert theirs.status_code == 404


def test_a_contract_of_another_household_is_not_found(household, flat, other_household, as_charlie):
    pk = contracts_of(household)[0].row.pk
    for path in (f"contracts/{pk}/", f"why/{pk}/", f"contracts/{pk}/change/", f"why/{pk}/2026-11-23/"):
        assert as_charlie.get(f"/h/{other_household.public_id}/costs/{path}").status_code == 404
    for path in (f"contracts/{pk}/remove/", f"contracts/{pk}/end/"):
        assert as_charlie.post(f"/h/{other_household.public_id}/costs/{path}").status_code == 404


def test_a_day_that_is_no_day_is_not_found(household, flat, as_alice):
    for day in ("yesterday", "2026-13-01", "2027-01-01", "2025-01-01"):
        fetch(as_alice, household, f"why/{flat.row.pk}/{day}/", 404)
