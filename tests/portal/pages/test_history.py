"""History: any range, beside another; the URL is the state; local days."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from lxml import html

from tests.portal.pages.written_history import NOW, bought_wh, write_history


@pytest.fixture(autouse=True)
def _at_two_in_the_afternoon():
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        yield


def fetch(client, household, query: str = "", **headers):
    answer = client.get(f"/h/{household.public_id}/history/{query}", headers=headers or None)
    assert answer.status_code == 200
    return html.fromstring(answer.content)


def totals(page) -> list[str]:
    return [data.get("value") for data in page.xpath("//section[@class='totals']//data")]


def words_of(element) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


WHOLE_DAY = 23 * 4 * 100 + 4 * 400
"""Wh of a day of 24 hours with one hour at 400 Wh a quarter."""


def test_a_week_is_seven_days_beside_the_seven_before(household, history, as_alice):
    page = fetch(as_alice, household, "?range=week&on=2026-11-18")
    assert Decimal(totals(page)[0]) == 7 * WHOLE_DAY
    assert Decimal(totals(page)[1]) == 7 * WHOLE_DAY
    assert "as much" in page.text_content()
    assert len(page.xpath("//*[@class='chart-plot']/*[@class='bar-import']")) == 7
    assert words_of(page.xpath("//*[@class='strip-title']")[0]) == "Week 47, 16 Nov to 22 Nov 2026"


def test_both_directions_stand_side_by_side(household, history, as_alice):
    page = fetch(as_alice, household, "?range=week&on=2026-11-18")
    assert len(page.xpath("//*[@class='chart-plot']/*[@class='bar-export']")) == 7
    assert Decimal(totals(page)[2]) == 7 * 2 * 4 * 50


def test_a_running_month_compares_as_much_of_the_one_before(household, history, as_alice):
    page = fetch(as_alice, household)
    assert "the month before up to the same day" in page.text_content()
    # Readings begin on 15 October: from then to the 24th are ten days.
    assert Decimal(totals(page)[1]) == 10 * WHOLE_DAY


def test_a_day_has_its_curve_its_usual_day_and_the_day_before(household, history, as_alice):
    page = fetch(as_alice, household, "?range=day&on=2026-11-23")
    chart = page.xpath("//*[@data-chart='day']")[0]
    assert chart.xpath(".//*[@class='line-previous']")
    assert chart.xpath(".//*[@class='fill-band']")
    assert Decimal(totals(page)[0]) == WHOLE_DAY
    assert len(page.xpath("//section[contains(@class, 'main-chart')]//tbody/tr")) == 24


def test_the_day_the_clocks_go_back_has_25_hours(household, history, as_alice):
    page = fetch(as_alice, household, "?range=day&on=2026-10-25")
    names = [words_of(head) for head in page.xpath("//section[contains(@class, 'main-chart')]//tbody/tr/th")]
    assert len(names) == len(set(names)) == 25
    assert names[2:4] == ["02:00–02:00 CEST", "02:00–03:00 CET"]
    assert Decimal(totals(page)[0]) == WHOLE_DAY + 400


def test_the_day_the_clocks_go_forward_has_23_hours(household, as_alice):
    after = datetime(2026, 3, 30, 12, tzinfo=UTC)
    write_history(household, 3, after)
    with time_machine.travel(after + timedelta(seconds=2), tick=False):
        page = fetch(as_alice, household, "?range=day&on=2026-03-29")
    assert len(page.xpath("//section[contains(@class, 'main-chart')]//tbody/tr")) == 23
    assert Decimal(totals(page)[0]) == WHOLE_DAY - 400


def test_a_year_adds_its_months_and_the_running_one_up_to_today(household, history, as_alice):
    page = fetch(as_alice, household, "?range=year")
    assert len(page.xpath("//*[@class='chart-plot']/*[@class='bar-import']")) == 2
    bars = {title.text.split(":")[0] for title in page.xpath("//*[@class='slot']/*")}
    assert "October 2026" in bars


def test_all_years_lead_to_each_year(household, history, as_alice):
    page = fetch(as_alice, household, "?range=all")
    assert [link.get("href") for link in page.xpath("//*[@class='chart-plot']//a")] == [
        f"/h/{household.public_id}/history/?range=year&on=2026-01-01"
    ]
    assert page.xpath("//*[@data-key='+']")
    assert not page.xpath("//*[@data-key='-']")


def test_keys_and_links_go_along_and_never_into_the_future(household, history, as_alice):
    page = fetch(as_alice, household, "?range=week&on=2026-11-18")
    keys = {link.get("data-key"): link.get("href") for link in page.xpath("//a[@data-key]")}
    assert keys == {
        "ArrowLeft": "?range=week&on=2026-11-09",
        "ArrowRight": "?range=week&on=2026-11-23",
        "+": "?range=day&on=2026-11-22",
        "-": "?range=month&on=2026-11-01",
    }
    running = fetch(as_alice, household, "?range=week&on=2026-11-24")
    assert running.xpath("//a[@data-key='ArrowRight']") == []


def test_a_bar_leads_to_its_day_and_keeps_the_comparison(household, history, as_alice):
    page = fetch(as_alice, household, "?range=week&on=2026-11-18&beside=year")
    assert (
        page.xpath("//*[@class='chart-plot']//a")[0]
        .get("href")
        .endswith("?range=day&on=2026-11-16&beside=year")
    )


def test_days_before_the_first_reading_are_missing_not_zero(household, history, as_alice):
    page = fetch(as_alice, household, "?range=month&on=2026-10-01")
    titles = [title.text for title in page.xpath("//*[@class='slot']/*")]
    assert titles[0].endswith("no data")
    assert len(page.xpath("//*[@class='chart-plot']/*[@class='bar-import']")) == 17
    assert page.xpath("//*[@class='line-missing']")


def test_the_heat_map_has_an_hour_for_every_cell(household, history, as_alice):
    page = fetch(as_alice, household, "heat/?range=week&on=2026-11-18")
    widths = re.findall(
        r"h(\d+)v1", " ".join(path.get("d") for path in page.xpath("//*[@class='chart-plot']//path"))
    )
    assert sum(map(int, widths)) == 7 * 24
    assert max(bought_wh(NOW + timedelta(hours=hour)) for hour in range(24)) == 400


def test_the_heat_map_comes_without_scripts_too(household, history, as_alice):
    link = fetch(as_alice, household, "?range=week&on=2026-11-18").xpath("//*[@class='heat-place']/a")[0]
    page = fetch(as_alice, household, link.get("href"))
    assert page.xpath("//*[contains(@class, 'chart-heat')]")


def test_htmx_gets_the_period_alone_with_its_title(household, history, as_alice):
    answer = as_alice.get(f"/h/{household.public_id}/history/?range=week", headers={"HX-Request": "true"})
    assert "<html" not in answer.text
    assert "<title>Week 48" in answer.text


def test_a_restored_page_is_whole(household, history, as_alice):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in as_alice.get(f"/h/{household.public_id}/history/", headers=headers).text


def test_no_history_says_so(household, as_alice):
    page = fetch(as_alice, household)
    assert "No history yet" in page.text_content()


@pytest.mark.parametrize("range_", ["day", "week", "month", "year", "all"])
def test_queries_do_not_grow_with_the_range(
    range_, household, history, as_alice, django_assert_max_num_queries
):
    with django_assert_max_num_queries(26):
        fetch(as_alice, household, f"?range={range_}")
