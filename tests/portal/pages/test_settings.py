"""Settings: the home, what is kept, who is of it."""

from __future__ import annotations

import re
from datetime import date

import pytest
import time_machine
from django.template.defaultfilters import filesizeformat
from django.test import Client

from consumerapp.readings import Quantity
from portal.accounts.models import Membership, Role
from portal.metering import store
from tests.portal.pages.written_history import NOW, write_history


@pytest.fixture
def page(household) -> str:
    return f"/h/{household.public_id}/settings/"


HOME = {
    "form": "home",
    "home-name": "Kerkstraat 14",
    "home-timezone": "Europe/Vienna",
    "home-language": "de",
    "home-ambient_low_w": "1500",
    "home-ambient_high_w": "3000",
}


def test_a_member_changes_the_home(household, page, as_bob):
    assert as_bob.post(page, HOME).status_code == 302
    household.refresh_from_db()
    assert (household.name, household.timezone, household.language) == (
        "Kerkstraat 14",
        "Europe/Vienna",
        "de",
    )
    assert (household.ambient_low_w, household.ambient_high_w) == (1500, 3000)


def test_high_has_to_begin_above_medium(household, page, as_bob):
    answer = as_bob.post(page, {**HOME, "home-ambient_high_w": "1500"})
    assert "has to begin above" in answer.text
    household.refresh_from_db()
    assert household.ambient_high_w == 4000


def test_a_time_zone_that_is_none_is_refused(page, as_bob):
    assert as_bob.post(page, {**HOME, "home-timezone": "Mars/Base"}).status_code == 200


def test_the_chosen_time_zone_is_the_selected_one(page, as_bob):
    assert '<option value="Europe/Amsterdam" selected>' in as_bob.get(page).text


def test_the_resident_chooses_how_long_readings_are_kept(household, page, as_bob):
    assert store.shelf_of(household).raw_hours == 24
    as_bob.post(page, {"form": "kept", "kept-raw_hours": "168"})
    assert store.shelf_of(household).raw_hours == 168
    assert as_bob.post(page, {"form": "kept", "kept-raw_hours": "999999"}).status_code == 200
    assert store.shelf_of(household).raw_hours == 168


def test_the_resident_chooses_how_long_quarter_hours_are_kept(household, page, as_bob):
    kept = {"form": "kept", "kept-raw_hours": "24"}
    as_bob.post(page, {**kept, "kept-profile_months": "60"})
    assert store.shelf_of(household).profile_months == 60
    assert '<option value="60" selected>' in as_bob.get(page).text
    assert as_bob.post(page, {**kept, "kept-profile_months": "12"}).status_code == 200, "at least three years"
    assert store.shelf_of(household).profile_months == 60
    as_bob.post(page, {**kept, "kept-profile_months": ""})
    assert store.shelf_of(household).profile_months is None


def test_disk_use_is_shown_and_grows(household, page, as_bob):
    assert store.size_of(household).profile_bytes == 0
    write_history(household, 40)
    with time_machine.travel(NOW, tick=False):
        size = store.size_of(household)
        text = as_bob.get(page).text
    # Two registers, 40 days: at most 6 bytes a quarter-hour.
    assert 0 < size.profile_bytes + size.total_bytes <= 2 * 41 * 96 * 6
    assert 0 < size.month_bytes <= 2 * 31 * 96 * 6
    assert filesizeformat(size.profile_bytes) in text


def test_another_time_zone_cuts_the_days_anew(household, page, as_bob):
    write_history(household, 3)
    before = store.day(household, date(2026, 11, 23), Quantity.ACTIVE_ENERGY_IMPORT)
    with time_machine.travel(NOW, tick=False):
        as_bob.post(page, {**HOME, "home-timezone": "Asia/Tokyo"})
    household.refresh_from_db()
    after = store.day(household, date(2026, 11, 23), Quantity.ACTIVE_ENERGY_IMPORT)
    assert after.starts != before.starts
    assert after.complete
    assert sum(value for value in after.energy if value is not None) == after.total


def test_a_viewer_sees_but_does_not_change(household, page, as_vera):
    text = as_vera.get(page).text
    assert "<fieldset disabled>" in text
    assert "Invite somebody" not in text
    assert as_vera.post(page, HOME).status_code == 404
    household.refresh_from_db()
    assert household.name == "Kerkstraat 12"


def test_an_invitation_shows_its_link_once_and_it_works(household, page, as_alice):
    text = as_alice.post(f"{page}invite/", {"email": "dora@example.org", "role": "viewer"}).text
    link = re.search(r"http://testserver(/join/[^/]+/)", text)
    assert link is not None
    assert link[1] not in as_alice.get(page).text
    joined = Client().post(link[1], {"email": "dora@example.org", "password": "a long and quiet word"})
    assert joined.status_code == 302
    assert Membership.objects.get(household=household, user__email="dora@example.org").role == Role.VIEWER


def test_only_an_owner_invites_and_removes(household, page, bob, as_bob, alice):
    assert as_bob.post(f"{page}invite/", {"email": "x@example.org", "role": "owner"}).status_code == 404
    hers = Membership.objects.get(household=household, user=alice)
    assert as_bob.post(f"{page}people/{hers.pk}/", {"remove": "yes"}).status_code == 404


def test_an_owner_changes_what_somebody_may(household, page, bob, as_alice):
    his = Membership.objects.get(household=household, user=bob)
    as_alice.post(f"{page}people/{his.pk}/", {"role": "viewer"})
    his.refresh_from_db()
    assert his.role == Role.VIEWER
    as_alice.post(f"{page}people/{his.pk}/", {"role": "emperor"})
    his.refresh_from_db()
    assert his.role == Role.VIEWER


def test_somebody_who_is_removed_finds_nothing_any_more(household, page, bob, as_bob, as_alice):
    his = Membership.objects.get(household=household, user=bob)
    as_alice.post(f"{page}people/{his.pk}/", {"remove": "yes"})
    assert as_bob.get(f"/h/{household.public_id}/").status_code == 404


def test_the_last_owner_stays(household, page, alice, as_alice):
    hers = Membership.objects.get(household=household, user=alice)
    for change in ({"remove": "yes"}, {"role": "viewer"}):
        answer = as_alice.post(f"{page}people/{hers.pk}/", change, follow=True)
        assert "needs an owner" in answer.text
        hers.refresh_from_db()
        assert hers.role == Role.OWNER


def test_an_owner_leaves_when_there_is_another(household, page, alice, bob, as_alice):
    his = Membership.objects.get(household=household, user=bob)
    as_alice.post(f"{page}people/{his.pk}/", {"role": "owner"})
    hers = Membership.objects.get(household=household, user=alice)
    assert as_alice.post(f"{page}people/{hers.pk}/", {"remove": "yes"})["Location"] == "/"
    assert not Membership.objects.filter(household=household, user=alice).exists()


def test_another_households_person_is_not_found(page, charlie, as_alice):
    theirs = Membership.objects.get(user=charlie)
    assert as_alice.post(f"{page}people/{theirs.pk}/", {"remove": "yes"}).status_code == 404
    assert Membership.objects.filter(pk=theirs.pk).exists()
