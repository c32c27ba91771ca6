"""Importing a history: looked at first, let in once, nothing counted twice."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from consumerapp.readings import MeterId, Obis, Quantity, Reading
from portal.accounts.models import Household
from portal.ingest.models import ImportDraft
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.models import DayRow

IMPORT = Quantity.ACTIVE_ENERGY_IMPORT
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def hours(first: datetime, count: int) -> str:
    """An hour export: 0.3 kWh low in each hour, 0.05 m³ of gas."""
    lines = ["Hour,Low,Normal,Low Returned,Normal Returned,Gas"]
    lines += [f"{(first + timedelta(hours=n)).isoformat()},0.3,0.0,0.0,0.0,0.05" for n in range(count)]
    return "\n".join(lines) + "\n"


MARCH = hours(datetime(2025, 3, 28, 23, tzinfo=UTC), 71)
"""Three local days, the second of 23 hours."""


@pytest.fixture
def page(household) -> str:
    return f"/h/{household.public_id}/data/import/"


@pytest.fixture
def look(page, as_bob):
    """Upload a file; gives the preview."""

    def send(text: str, **other: str) -> str:
        data = {"program": "dsmr_reader", "counts": "bought", "unit": "k", "entity": "", **other}
        with time_machine.travel(NOW, tick=False):
            answer = as_bob.post(page, {**data, "file": SimpleUploadedFile("history.csv", text.encode())})
        assert answer.status_code == 200
        return answer.text

    return send


@pytest.fixture
def let_in(page, as_bob):
    """Press the button of a preview."""

    def press(preview: str) -> str:
        found = re.search(rf'action="({page}\d+/)"', preview)
        assert found is not None, preview
        with time_machine.travel(NOW, tick=False):
            return as_bob.post(found[1], follow=True).text

    return press


def test_a_preview_changes_nothing_and_says_what_would_come(household, look):
    text = look(MARCH)
    assert "This would come in" in text
    assert "72" in text
    assert "21.3" in text
    assert not DayRow.objects.exists()
    assert ImportDraft.objects.count() == 1


def test_the_history_comes_in_once(household, look, let_in):
    assert "144 readings came in" in let_in(look(MARCH))
    days = store.days(household, IMPORT, date(2025, 3, 29), date(2025, 3, 31))
    assert [day.total for day in days] == [Decimal(7200), Decimal(6900), Decimal(7200)]
    gas = store.days(household, Quantity.GAS_VOLUME, date(2025, 3, 30), date(2025, 3, 30))
    assert gas[0].total == Decimal("1.15")
    rows = list(DayRow.objects.order_by("register_id", "day").values())
    assert "0 readings came in" in let_in(look(MARCH))
    assert list(DayRow.objects.order_by("register_id", "day").values()) == rows
    assert not ImportDraft.objects.exists()


def test_where_the_homes_own_meter_begins_the_import_ends(household, look, let_in):
    begin = datetime(2025, 3, 30, 10, 0, tzinfo=UTC)
    own = [
        Reading(
            meter_id=MeterId("1EMH0000004417"), obis=Obis.parse("1-0:1.8.0"), quantity=IMPORT,
            value=Decimal(5000 + 100 * n), at=begin + timedelta(minutes=15 * n),
            received_at=begin + timedelta(minutes=15 * n),
        )
        for n in range(200)
    ]  # fmt: skip
    accept(household, own, now=own[-1].received_at)
    before = store.days(household, IMPORT, date(2025, 3, 31), date(2025, 3, 31))
    text = look(MARCH)
    assert "nothing is counted twice" in text
    let_in(text)
    assert store.days(household, IMPORT, date(2025, 3, 31), date(2025, 3, 31)) == before
    assert store.days(household, IMPORT, date(2025, 3, 29), date(2025, 3, 29))[0].total == 7200
    # Eleven hours of the file, as clocks went forward, then its own twelve of 400 Wh.
    assert store.days(household, IMPORT, date(2025, 3, 30), date(2025, 3, 30))[0].total == 3300 + 4800


def test_an_imported_meter_is_not_listed_as_one_that_is_there(household, look, let_in, as_bob):
    let_in(look(MARCH))
    with time_machine.travel(NOW, tick=False):
        assert "DSMR-reader" not in as_bob.get(f"/h/{household.public_id}/devices/").text
        assert as_bob.get(f"/h/{household.public_id}/").status_code == 200
        assert store.latest(household) == ()


def test_a_longer_file_of_counters_adds_what_is_new(household, look, let_in):
    head = "entity_id,state,last_changed\n"
    lines = [f"sensor.total,{100 + n},2025-03-{1 + n:02}T00:00:00Z\n" for n in range(10)]
    given = {"program": "home_assistant", "counts": "bought"}
    assert "5 readings came in" in let_in(look(head + "".join(lines[:5]), **given))
    told = let_in(look(head + "".join(lines), **given))
    assert "5 readings came in" in told
    assert "5 were known already" in told
    month = store.months(household, IMPORT, date(2025, 3, 1), date(2025, 3, 1))[0]
    assert month.total == 9000


def test_emoncms_in_watt_hours(household, look, let_in):
    text = "".join(f"{1740823200 + 900 * n},{50 * n}\n" for n in range(97))
    let_in(look(text, program="emoncms", counts="sold", unit="1"))
    days = store.days(household, Quantity.ACTIVE_ENERGY_EXPORT, date(2025, 3, 1), date(2025, 3, 2))
    assert sum(day.total or 0 for day in days) == 50 * 96


def test_new_occupants_import_nothing_into_the_time_of_others(household, look):
    Household.objects.filter(pk=household.pk).update(occupied_from=date(2025, 3, 31))
    text = look(MARCH)
    assert "This would come in" in text
    Household.objects.filter(pk=household.pk).update(occupied_from=date(2026, 1, 1))
    assert "Nothing would come in" in look(MARCH)


@pytest.mark.parametrize("text", ["nonsense", "a,b\n1,2\n", MARCH.replace("0.3", "x", 1)])
def test_a_file_that_is_none_says_why(look, text):
    assert "errorlist" in look(text)
    assert not ImportDraft.objects.exists()


def test_bytes_that_are_no_text_are_refused(page, as_bob):
    data = {"program": "emoncms", "counts": "bought", "unit": "k"}
    answer = as_bob.post(page, {**data, "file": SimpleUploadedFile("x.csv", b"\xff\xfe\x00")})
    assert "no text in UTF-8" in answer.text


def test_a_draft_lives_an_hour_and_is_of_its_home(look, page, as_bob, as_charlie, as_vera, other_household):
    look(MARCH)
    draft = ImportDraft.objects.get()
    assert as_vera.post(f"{page}{draft.pk}/").status_code == 404
    theirs = f"/h/{other_household.public_id}/data/import/{draft.pk}/"
    as_charlie.post(theirs)
    assert not DayRow.objects.exists()
    with time_machine.travel(NOW + timedelta(hours=30)):
        ImportDraft.objects.update(created_at=NOW)
        assert "Choose it again" in as_bob.post(f"{page}{draft.pk}/", follow=True).text
    assert not DayRow.objects.exists()


def test_viewers_import_nothing(page, as_vera):
    assert as_vera.get(page).status_code == 404


def test_prune_forgets_what_waits_too_long(household, look):
    look(MARCH)
    ImportDraft.objects.update(created_at=NOW)
    with time_machine.travel(NOW + timedelta(minutes=50), tick=False):
        call_command("prune")
        assert ImportDraft.objects.count() == 1
    with time_machine.travel(NOW + timedelta(minutes=70), tick=False):
        call_command("prune")
        assert not ImportDraft.objects.exists()
