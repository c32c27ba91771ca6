"""Today: the number, its direction, its age, the day beside the usual one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from lxml import html

from consumerapp.live_values import WhyNoPower
from consumerapp.readings import Quantity
from portal.ingest.services import accept
from portal.metering import store
from portal.pages import words
from portal.pairing.models import MeterLink
from tests.portal.pages.written_history import IMPORT, NOW, POWER, reading, write_history


@pytest.fixture(autouse=True)
def _at_two_in_the_afternoon():
    with time_machine.travel(NOW + timedelta(seconds=2), tick=False):
        yield


@pytest.fixture
def page(household, history, as_alice):
    answer = as_alice.get(f"/h/{household.public_id}/")
    assert answer.status_code == 200
    return html.fromstring(answer.content)


def part(page, name: str):
    return page.xpath(f"//*[@data-part='{name}']")[0]


def words_of(element) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


def test_the_power_is_the_telegrams_with_its_direction_in_words(page):
    assert part(page, "power").get("value") == "1421"
    assert words_of(part(page, "power")) == "1.42 kW"
    assert words_of(part(page, "direction")) == "using"
    assert part(page, "level").get("data-level") == "low"
    assert words_of(part(page, "level-word")) == "low"


def test_the_age_the_meter_and_the_lock_stand_beside_it(page):
    assert words_of(part(page, "age")) == "2 s ago"
    now = page.xpath("//*[@data-live='now']")[0]
    assert now.get("data-state") == "fresh"
    assert "meter …4417" in words_of(now)
    assert "not authenticated" in words_of(now)
    assert "1EMH0012344417" not in page.text_content()


def test_export_is_words_not_a_minus(household, history, as_alice):
    accept(household, [reading(POWER, Quantity.ACTIVE_POWER_NET, Decimal(-2100), NOW + timedelta(seconds=1))])
    page = html.fromstring(as_alice.get(f"/h/{household.public_id}/").content)
    assert words_of(part(page, "direction")) == "sending to the grid"
    assert words_of(part(page, "power")) == "2.10 kW"
    assert page.xpath("//*[@data-live='now']")[0].get("data-direction") == "export"


def test_the_day_so_far_stands_beside_the_usual_one(page):
    # 14 hours of four quarter-hours at 100 Wh, and 50 Wh of the running one.
    assert part(page, "today-import").get("value") == "5650"
    # By 14:07:32 an ordinary day has used the same quarter-hours and half of this one.
    assert Decimal(part(page, "today-usual").get("value")) == pytest.approx(Decimal(5650), abs=1)
    assert "usually using 0.40\xa0kW at this time" in page.text_content()


def test_a_past_hour_is_never_counted_as_missing(page):
    chart = page.xpath("//*[@data-chart='day']")[0]
    assert chart.xpath(".//*[contains(@class, 'line-missing')]") == []
    assert chart.xpath(".//*[@class='fill-band']") != []


def test_the_table_behind_the_chart_adds_up(page):
    rows = page.xpath("//section[contains(@class, 'curve')]//tbody/tr")
    assert len(rows) == 14
    sums = [Decimal(row.xpath("./td//data")[0].get("value")) for row in rows]
    assert sum(sums) == 5600


def test_readings_carry_codes_and_exact_values(page):
    rows = {
        row.xpath("./td")[0].text: row
        for row in page.xpath("//section[contains(@class, 'readings')]//tbody/tr")
    }
    assert set(rows) == {"1.8.0", "2.8.0", "16.7.0"}
    assert "Bought from the grid" in words_of(rows["1.8.0"])
    assert "legal register is the meter's own display" in page.text_content()


def test_old_values_are_marked_as_old(household, history, as_alice):
    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        page = html.fromstring(as_alice.get(f"/h/{household.public_id}/").content)
    assert page.xpath("//*[@data-live='now']")[0].get("data-state") == "old"
    assert words_of(part(page, "age")) == "3 min ago"


def test_a_meter_without_power_says_why(household, as_alice):
    coarse = reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, Decimal(12_937_000), NOW)
    accept(household, [coarse], now=NOW)
    page = html.fromstring(as_alice.get(f"/h/{household.public_id}/").content)
    assert words_of(part(page, "direction")) == "power unknown"
    assert words_of(part(page, "why")) == str(words.WHY_NO_POWER[WhyNoPower.NOT_SENT])
    assert part(page, "power").get("value") == ""


def test_the_first_start_leads_to_a_reading_head(household, as_alice):
    answer = as_alice.get(f"/h/{household.public_id}/")
    assert "No meter yet" in answer.text
    assert f"/h/{household.public_id}/devices/add/" in answer.text


def test_a_head_without_telegrams_leads_to_what_it_sees(household, as_alice):
    MeterLink.objects.create(household=household, kind="serial", name="Cupboard", state="silent")
    answer = as_alice.get(f"/h/{household.public_id}/")
    assert "no telegram has arrived" in answer.text
    assert f'href="/h/{household.public_id}/devices/"' in answer.text


def test_links_say_how_they_do(household, history, as_alice):
    MeterLink.objects.create(household=household, kind="serial", name="Cupboard", state="garbage")
    text = as_alice.get(f"/h/{household.public_id}/").text
    assert "something arrives, but no whole telegram" in text


def test_the_part_of_the_day_can_be_asked_for_alone(household, history, as_alice):
    answer = as_alice.get(f"/h/{household.public_id}/day/")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'data-part="today-import"' in answer.text
    assert 'hx-swap-oob="true"' in answer.text


def test_queries_do_not_grow_with_history(household, as_alice, django_assert_max_num_queries):
    write_history(household, 60)
    with django_assert_max_num_queries(24):
        as_alice.get(f"/h/{household.public_id}/")


def test_the_script_gets_every_word_in_the_pages_language(household, history, as_alice, alice):
    alice.language = "de"
    alice.save(update_fields=["language"])
    text = as_alice.get(f"/h/{household.public_id}/").text
    page = html.fromstring(text)
    script = json.loads(page.get_element_by_id("words").text)
    assert script["direction"]["export"] == "Einspeisung ins Netz"
    assert script["ago"]["min"] == "vor {n} min"
    assert words_of(part(page, "power")) == "1,42 kW"
    assert part(page, "power").get("value") == "1421"


def test_estimated_quarter_hours_are_hatched_and_told(household, as_alice):
    write_history(household, 3, NOW - timedelta(hours=3))
    known = max(latest.value for latest in store.latest(household.pk) if latest.obis == IMPORT)
    accept(household, [reading(IMPORT, Quantity.ACTIVE_ENERGY_IMPORT, known + 1200, NOW)], now=NOW)
    page = html.fromstring(as_alice.get(f"/h/{household.public_id}/").content)
    assert page.xpath("//*[@data-chart='day']//*[contains(@clip-path, 'estimated')]")
    remarks = [words_of(row.xpath("./td")[-1]) for row in page.xpath("//*[@id='day']//tbody/tr")]
    assert remarks[10] == ""
    assert remarks[12] == "partly estimated"
