"""Contracts and bills through the pages: entered, previewed, continued, corrected, checked."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from lxml import html

from consumerapp.tariffs.contract import EnergyPrice, FlatRate
from consumerapp.tariffs.forms import from_json
from portal.metering.contract_models import ContractVersion, SupplierBill
from portal.metering.contracts import contracts_of
from portal.metering.costs import period_cost
from portal.pages.contract_examples import EXAMPLES
from portal.pages.contract_form import PriceKind
from tests.portal.pages.written_history import NOW

FLAT = {
    "what": "electricity.import",
    "name": "Grid",
    "currency": "eur",
    "valid_from": "2026-01-01",
    "price": "0.30",
    "standing": "12",
    "standing_per": "month",
    "tax": "20",
}


@pytest.fixture(autouse=True)
def _at_two_in_the_afternoon():
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        yield


@pytest.fixture
def base(household) -> str:
    return f"/h/{household.public_id}/costs/"


def words(answer) -> str:
    return re.sub(r"\s+", " ", " ".join(html.fromstring(answer.content).itertext())).strip()


@pytest.mark.parametrize("kind", PriceKind)
def test_every_kind_has_its_form(kind, household, base, as_alice):
    assert as_alice.get(f"{base}contracts/add/form/?kind={kind}").status_code == 200


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.key)
def test_every_example_fills_its_form_and_asserts_no_price(example, household, base, as_alice):
    page = html.fromstring(as_alice.get(f"{base}contracts/add/form/?example={example.key}").content)
    prices = page.xpath("//input[contains(@name, '_price') or @name='price']/@value")
    assert prices == []


def test_a_contract_is_kept_and_prices_the_past(household, history, base, as_alice):
    answer = as_alice.post(f"{base}contracts/add/form/?kind=flat", {**FLAT, "save": "yes"})
    assert answer.status_code == 302, words(answer)
    (held,) = contracts_of(household)
    assert held.contract.currency == "EUR"
    day = date(2026, 11, 23)
    assert period_cost(household, held, day, day, NOW).total == Decimal("4.37")


def test_a_preview_shows_last_month_and_keeps_nothing(household, history, base, as_alice):
    """October has readings of 17 days of 10.8 kWh and an hour of 0.4 kWh more: 184 kWh × 0.30 = 55.20."""
    answer = as_alice.post(f"{base}contracts/add/form/?kind=flat", {**FLAT, "preview": "yes"})
    assert "Energy 184.0 kWh 0.3000 €/kWh 55.20 €" in words(answer)
    assert contracts_of(household) == ()
    part = as_alice.post(
        f"{base}contracts/add/form/?kind=flat",
        {**FLAT, "preview": "yes"},
        headers={"HX-Request": "true"},
    )
    assert "<html" not in part.content.decode()
    assert "55.20" in part.content.decode()


def test_a_german_comma_is_a_decimal_sign(household, base, as_alice):
    answer = as_alice.post(
        f"{base}contracts/add/form/?kind=flat",
        {**FLAT, "price": "0,3125", "save": "yes"},
        headers={"Accept-Language": "de"},
    )
    assert answer.status_code == 302
    (held,) = contracts_of(household)
    energy = held.contract.versions[0].components[0]
    assert isinstance(energy, EnergyPrice)
    assert energy.rate == FlatRate(Decimal("0.3125"))


@pytest.mark.parametrize(
    ("kind", "wrong", "said"),
    [
        ("flat", {"price": "cheap"}, "Enter a number"),
        ("flat", {"currency": "XXL"}, "A currency is three letters"),
        ("flat", {"levy1_name": "Grid fee"}, "This belongs to the row"),
        ("flat", {"what": "gas.import"}, "Gas is billed by energy"),
        ("times", {"otherwise_name": "Day", "otherwise_price": "0.3"}, "At least one time"),
        ("registers", {}, "At least one register"),
        ("blocks", {"beyond_price": "0.4", "block_per": "year"}, "At least one block"),
        (
            "times",
            {
                "band1_name": "Night", "band1_price": "0.2", "otherwise_name": "Day",
                "otherwise_price": "0.3", "holidays": "QQ",
            },
            "No public holidays are known for QQ",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_place(kind, wrong, said, household, base, as_alice):
    answer = as_alice.post(f"{base}contracts/add/form/?kind={kind}", {**FLAT, **wrong, "save": "yes"})
    assert answer.status_code == 200
    assert said in words(answer)
    assert contracts_of(household) == ()


@pytest.fixture
def kept(household, history, base, as_alice):
    assert as_alice.post(f"{base}contracts/add/form/?kind=flat", {**FLAT, "save": "yes"}).status_code == 302
    (held,) = contracts_of(household)
    return held


def test_a_new_price_leaves_the_days_before_alone(household, kept, base, as_alice):
    address = f"{base}contracts/{kept.row.pk}/change/"
    answer = as_alice.post(address, {**FLAT, "valid_from": "2026-11-10", "price": "0.40", "save": "yes"})
    assert answer.status_code == 302, words(answer)
    (held,) = contracts_of(household)
    costs = [
        period_cost(household, held, day, day, NOW).total for day in (date(2026, 11, 9), date(2026, 11, 10))
    ]
    # 10.8 kWh × 0.40 = 4.32, 0.40, 20 % of 4.72 = 0.94.
    assert costs == [Decimal("4.37"), Decimal("5.66")]
    again = as_alice.post(address, {**FLAT, "valid_from": "2026-11-10", "save": "yes"})
    assert "A price from this day on is there already" in words(again)


def test_a_correction_needs_a_reason_and_keeps_what_it_replaced(household, kept, base, as_alice):
    address = f"{base}contracts/{kept.row.pk}/correct/{kept.held[0].row.pk}/"
    without = as_alice.post(address, {**FLAT, "price": "0.31", "save": "yes"})
    assert without.status_code == 200
    answer = as_alice.post(address, {**FLAT, "price": "0.31", "reason": "Misread", "save": "yes"})
    assert answer.status_code == 302
    rows = list(ContractVersion.objects.order_by("pk"))
    assert [(row.replaced_because, row.replaced_at is None) for row in rows] == [
        ("Misread", False),
        ("", True),
    ]
    assert rows[0].terms["versions"][0]["components"][0]["rate"]["price"] == "0.30"
    assert "Misread" in words(as_alice.get(f"{base}contracts/{kept.row.pk}/"))


def test_two_contracts_cannot_hold_at_once(household, kept, base, as_alice):
    answer = as_alice.post(f"{base}contracts/add/form/?kind=flat", {**FLAT, "save": "yes"})
    assert "holds in this time already" in words(answer)
    as_alice.post(f"{base}contracts/{kept.row.pk}/end/", {"ends_on": "2026-10-31"})
    after = as_alice.post(
        f"{base}contracts/add/form/?kind=flat", {**FLAT, "valid_from": "2026-11-01", "save": "yes"}
    )
    assert after.status_code == 302


def test_a_contract_leaves_and_comes_as_json(household, kept, base, as_alice):
    page = html.fromstring(as_alice.get(f"{base}contracts/{kept.row.pk}/file/").content)
    (said,) = page.xpath("//textarea/text()")
    form = json.loads(said)
    form["versions"][0]["valid_from"] = "2026-11-20"
    answer = as_alice.post(f"{base}contracts/{kept.row.pk}/file/", {"form": json.dumps(form)})
    assert answer.status_code == 302
    assert len(contracts_of(household)[0].held) == 2
    wrong = as_alice.post(f"{base}contracts/add/file/", {"form": '{"form": 1, "colour": "red"}'})
    assert "contract has no" in words(wrong)
    assert "no JSON object" in words(as_alice.post(f"{base}contracts/add/file/", {"form": "[1"}))


def test_the_contract_in_the_docs_is_one():
    text = (Path(__file__).parents[3] / "docs" / "costs.md").read_text(encoding="utf-8")
    found = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert found is not None
    assert len(from_json(json.loads(found[1])).versions[0].components) == 3


def test_those_who_look_on_change_nothing(household, kept, base, as_vera):
    assert as_vera.get(f"{base}contracts/{kept.row.pk}/").status_code == 200
    for path in ("contracts/add/", "contracts/add/form/", f"contracts/{kept.row.pk}/change/", "bills/add/"):
        assert as_vera.get(base + path).status_code == 404
    for path in (f"contracts/{kept.row.pk}/remove/", f"contracts/{kept.row.pk}/end/", "prices/"):
        assert as_vera.post(base + path).status_code == 404


def test_a_removed_contract_prices_nothing_and_stays_on_record(household, kept, base, as_alice):
    assert as_alice.post(f"{base}contracts/{kept.row.pk}/remove/").status_code == 302
    assert contracts_of(household) == ()
    assert ContractVersion.objects.count() == 1


def test_a_bill_is_checked_line_by_line(household, kept, base, as_alice):
    asked = {"contract": kept.row.pk, "first": "2026-11-02", "last": "2026-11-03"}
    page = as_alice.get(f"{base}bills/add/", asked)
    assert "Energy 21.600 kWh" in words(page)
    answer = as_alice.post(
        f"{base}bills/add/",
        {
            **asked, "name0": "Energy", "quantity0": "21,6", "amount0": "6,48", "name1": "Fixed charge",
            "amount1": "1.00", "name3": "Metering", "amount3": "2", "total": "11.00",
        },
    )  # fmt: skip
    assert answer.status_code == 302, words(answer)
    told = words(as_alice.get(answer["Location"]))
    # By hand: 6.48, 0.80, 20 % of 7.28 = 1.46, together 8.74.
    assert "The bill is 2.26 € higher than your readings and prices say." in told
    assert "Energy 6.48 € 21.600 kWh 6.48 € 21.600 kWh 0.00 € agrees" in told
    assert "Metering 2.00 €" in told
    assert "only on the bill" in told


def test_a_bill_comes_out_of_a_file_and_goes_again(household, kept, base, as_alice):
    asked = {"contract": kept.row.pk, "first": "2026-11-02", "last": "2026-11-03"}
    file = SimpleUploadedFile("bill.csv", b"name,quantity,amount\nEnergy,21.6,6.48\ntotal,,8.74\n")
    answer = as_alice.post(f"{base}bills/add/", {**asked, "file": file})
    assert answer.status_code == 302
    assert "The total is right" in words(as_alice.get(answer["Location"]))
    assert as_alice.post(f"{answer['Location']}remove/").status_code == 302
    assert SupplierBill.objects.count() == 0
    broken = SimpleUploadedFile("bill.xml", b"<x>")
    assert "no sound XML" in words(as_alice.post(f"{base}bills/add/", {**asked, "file": broken}))


def test_prices_are_imported_through_the_page(household, kept, base, as_alice):
    file = SimpleUploadedFile("p.csv", b"start,price\n2026-11-24T00:00Z,0.1\n2026-11-24T02:00Z,0.2\n")
    answer = as_alice.post(f"{base}prices/", {"file": file, "name": "M", "currency": "EUR"}, follow=True)
    told = words(answer)
    assert "8 quarter-hours new, 0 changed, 0 known already." in told
    assert "24 Nov 2026, 02:00 to 24 Nov 2026, 03:00 (1 hour)" in told
    wrong = SimpleUploadedFile("p.csv", b"nothing")
    assert "name the columns" in words(as_alice.post(f"{base}prices/", {"file": wrong, "currency": "EUR"}))
