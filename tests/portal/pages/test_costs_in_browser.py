"""Costs in a real browser: nothing too small, nothing too wide, no complaint, and a preview while typing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from consumerapp.tariffs.contract import CapacityCharge, EnergyPrice, FlatRate, Per, StandingCharge, Tax
from portal.metering.contracts import add_contract
from tests.portal.pages.browser import Answers, _chromium, show
from tests.portal.pages.test_contracts import FLAT
from tests.portal.pages.test_costs import bought
from tests.portal.pages.test_in_browser import SMALL_TARGETS
from tests.portal.pages.written_history import NOW

pytestmark = pytest.mark.journey
__all__ = ["_chromium", "show"]

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def pages(household, history) -> dict[str, str]:
    base = f"/h/{household.public_id}/costs/"
    made = add_contract(
        household,
        bought(
            EnergyPrice("Energy", FlatRate(Decimal("0.30"))),
            StandingCharge("Fixed charge", Decimal(12), Per.MONTH),
            CapacityCharge("Peak", Decimal(4)),
            Tax("VAT", Decimal(20)),
        ),
    )
    pk = made.row.pk
    return {
        "costs": base,
        "year": f"{base}?range=year",
        "line": f"{base}why/{pk}/?range=month&on=2026-11-01&component=Energy&label=",
        "day": f"{base}why/{pk}/2026-11-23/",
        "kinds": f"{base}contracts/add/",
        "form": f"{base}contracts/add/form/?example=de-night",
        "flat": f"{base}contracts/add/form/?kind=flat",
        "contract": f"{base}contracts/{pk}/",
        "prices": f"{base}prices/",
        "bills": f"{base}bills/",
        "bill": f"{base}bills/add/?contract={pk}&first=2026-10-01&last=2026-10-31",
    }


@pytest.fixture
def answers(pages, household, as_alice) -> Answers:
    made = Answers(as_alice)
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        for address in pages.values():
            made.make(address)
        made.make(f"/h/{household.public_id}/costs/now/", part=True)
        form = {**FLAT, "valid_from": date(2026, 1, 1).isoformat(), "preview": "yes"}
        told = as_alice.post(pages["flat"], form, headers={"HX-Request": "true"})
        made.made["part " + pages["flat"]] = (told.status_code, dict(told.headers), told.content)
    return made


@pytest.mark.parametrize(("width", "height"), [(360, 740), (820, 1180), (1280, 800)])
def test_every_page_fits_and_nobody_complains(width, height, show, pages):
    for scheme in ("light", "dark"):
        screen = show(width=width, height=height, color_scheme=scheme)
        for name, address in pages.items():
            screen.open(address)
            assert screen.page.evaluate(WIDER) <= 0, name
            assert screen.page.evaluate(SMALL_TARGETS) == [], name
        assert screen.complaints == []


def test_the_sample_bill_appears_while_somebody_types(show, pages):
    screen = show()
    screen.open(pages["flat"])
    screen.page.fill("[name=price]", "0.30")
    screen.wait_for(lambda: "55.20" in screen.text("#preview"), "the sample bill")
    assert screen.page.input_value("[name=price]") == "0.30"
    assert screen.complaints == []


def test_the_exact_amount_is_told_under_the_arrow_keys(show, pages):
    screen = show()
    screen.open(pages["costs"])
    screen.page.locator(".chart-plot").focus()
    screen.page.keyboard.press("Home")
    screen.wait_for(lambda: screen.text(".chart-readout"), "the first bar's amount")
    # 3.24 and 0.40, both with 20 %.
    told = screen.text(".chart-readout")
    assert told.startswith("Sun 1 Nov electricity 3.89 € · fixed charges 0.48 € · together 4.37 €")
