"""“We move out on …”: until the last day nothing changes, after it everything of the present is closed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from portal.accounts import moving
from portal.accounts.access import find_membership
from portal.accounts.models import Household, Membership, Occupancy, OneTimeLink, Role, User
from portal.accounts.services import make_invitation
from portal.metering import store
from portal.metering.models import DayRow
from portal.metering.retention import prune
from portal.pairing import codes, devices
from portal.pairing.models import DeviceKind, DeviceProfile
from tests.portal.pages.written_history import NOW

BEFORE = datetime(2026, 11, 24, 13, 8, tzinfo=UTC)
AFTER = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
"""Half past midnight on 1 December in Amsterdam."""
LEAVING = {"last_day": "2026-11-30", "keep_days": "1098", "understood": "on"}


@pytest.fixture(autouse=True)
def _then(household):
    Household.objects.filter(pk=household.pk).update(created_at=datetime(2026, 10, 1, tzinfo=UTC))


@pytest.fixture
def base(household, history) -> str:
    return f"/h/{household.public_id}/"


def leave(client: Client, base: str, **other: str) -> str:
    """Say when; gives the link for those who come after."""
    with time_machine.travel(BEFORE, tick=False):
        text = client.post(f"{base}settings/moving/", {**LEAVING, **other}).text
    link = re.search(r"http://testserver(/join/[^/]+/)", text)
    assert link is not None, text
    return link[1]


def join(link: str, email: str = "charlie@example.net") -> Client:
    client = Client()
    answer = client.post(link, {"email": email, "password": "a long and quiet word"})
    assert answer.status_code == 302
    return client


def test_until_the_last_day_is_over_nothing_changes(base, as_alice, as_bob):
    leave(as_alice, base)
    with time_machine.travel(BEFORE, tick=False):
        for client in (as_alice, as_bob):
            for page in ("", "devices/", "settings/", "history/"):
                assert client.get(base + page).status_code == 200, page
        assert "Your last day here is Nov. 30, 2026" in as_alice.get(f"{base}settings/").text


def test_after_it_only_ones_own_history_is_left(household, base, alice, as_alice, as_bob, as_vera):
    leave(as_alice, base)
    Household.objects.filter(pk=household.pk).update(name="Charlie's")
    with time_machine.travel(AFTER, tick=False):
        assert find_membership(alice, household.public_id) is None, "no live view"
        for client in (as_alice, as_bob, as_vera):
            assert client.get(base)["Location"] == f"{base}history/"
            for page in ("day/", "devices/", "settings/", "settings/moving/", "devices/add/"):
                assert client.get(base + page).status_code == 404, page
            text = client.get(f"{base}history/?range=month&on=2026-11-01").text
            assert "Kerkstraat 12" in text
            assert "Charlie" not in text
            assert "Devices" not in text
        assert as_alice.post(f"{base}settings/invite/", {"email": "x@example.org", "role": "owner"}
                             ).status_code == 404  # fmt: skip


def test_a_day_that_is_over_ends_it_at_once(
    household, base, alice, as_alice, django_capture_on_commit_callbacks
):
    code = codes.make_code(household, DeviceProfile.FULL)
    paired = devices.pair_device(code=code, name="Wall", kind=DeviceKind.KIOSK, address="192.0.2.1")
    make_invitation(household, role=Role.OWNER)
    with time_machine.travel(BEFORE, tick=False), django_capture_on_commit_callbacks() as closing:
        leave(as_alice, base, last_day="2026-11-20")
    assert len(closing) >= 2, "her sockets and the wall's are closed"
    with time_machine.travel(BEFORE, tick=False):
        assert devices.find_device(paired.token) is None
        assert as_alice.get(base)["Location"] == f"{base}history/"
        assert as_alice.get(f"{base}settings/").status_code == 404
    assert OneTimeLink.objects.filter(household=household, opens_on=None).count() == 0


def test_who_comes_after_begins_with_the_next_day(household, base, as_alice):
    link = leave(as_alice, base)
    with time_machine.travel(BEFORE, tick=False):
        assert Client().get(link).status_code == 404, "not before"
    with time_machine.travel(AFTER, tick=False):
        charlie = join(link)
        assert charlie.get(base).status_code == 200
        assert "Kerkstraat" not in charlie.get(f"{base}settings/").text
        assert "alice@example.org" not in charlie.get(f"{base}settings/").text
        assert "There is no history yet" in charlie.get(f"{base}data/").text
        person = User.objects.get(email="charlie@example.net")
        membership = find_membership(person, household.public_id)
        assert membership is not None
        assert membership.role == Role.OWNER
        assert store.bounds(membership.household) is None
        file: Any = charlie.get(f"{base}data/file/?form=csv&part=readings&first=2026-11-01&last=2026-11-30")
        assert len(b"".join(file.streaming_content).splitlines()) == 1, "heads only"
        assert Client().post(link, {}).status_code == 404, "once"


def test_what_the_old_ones_handed_out_opens_nothing_later(household, base, as_alice):
    with time_machine.travel(BEFORE, tick=False):
        leave(as_alice, base)
        invitation = make_invitation(household, role=Role.OWNER)
        code = codes.make_code(household, DeviceProfile.FULL)
        paired = devices.pair_device(code=code, name="Wall", kind=DeviceKind.KIOSK, address="192.0.2.1")
        assert devices.find_device(paired.token) is not None
    with time_machine.travel(datetime(2026, 11, 30, 22, 55, tzinfo=UTC), tick=False):
        late_code = codes.make_code(household, DeviceProfile.FULL)
    with time_machine.travel(datetime(2026, 11, 30, 23, 5, tzinfo=UTC), tick=False):
        assert Client().get(f"/join/{invitation}/").status_code == 404
        assert devices.find_device(paired.token) is None
        assert devices.devices_of(Household.objects.get(pk=household.pk)) == []
        with pytest.raises(codes.UnknownCode):
            devices.pair_device(code=late_code, name="Spy", kind=DeviceKind.TERMINAL, address="192.0.2.1")


def test_somebody_who_joins_those_who_are_about_to_leave_leaves_with_them(household, base, as_alice):
    leave(as_alice, base)
    with time_machine.travel(BEFORE, tick=False):
        client = join(f"/join/{make_invitation(household, role=Role.VIEWER)}/", "dora@example.org")
        assert client.get(base).status_code == 200
    with time_machine.travel(AFTER, tick=False):
        assert client.get(base)["Location"] == f"{base}history/"


def test_they_stay_after_all(household, base, as_alice):
    link = leave(as_alice, base)
    with time_machine.travel(BEFORE, tick=False):
        as_alice.post(f"{base}settings/moving/", {"stay": "yes"})
    with time_machine.travel(AFTER, tick=False):
        assert as_alice.get(base).status_code == 200
        assert Client().get(link).status_code == 404
    assert not Occupancy.objects.exists()


def test_who_comes_back_begins_anew(household, base, alice, as_alice):
    link = leave(as_alice, base)
    with time_machine.travel(AFTER, tick=False):
        as_alice.post(link)
        membership = find_membership(alice, household.public_id)
        assert membership is not None
        assert membership.role == Role.OWNER
        assert store.bounds(membership.household) is None


def test_the_next_ones_move_out_too(household, base, as_alice):
    link = leave(as_alice, base)
    with time_machine.travel(AFTER, tick=False):
        charlie = join(link)
    with time_machine.travel(datetime(2026, 12, 10, 12, tzinfo=UTC), tick=False):
        charlie.post(f"{base}settings/moving/", {**LEAVING, "last_day": "2026-12-11"})
    with time_machine.travel(datetime(2026, 12, 12, 12, tzinfo=UTC), tick=False):
        assert charlie.get(base)["Location"] == f"{base}history/"
        assert Household.objects.get(pk=household.pk).occupants_since == date(2026, 12, 12)
        assert sorted(str(one) for one in Occupancy.objects.all()) == [
            "2026-12-01 to 2026-12-11", "… to 2026-11-30"
        ]  # fmt: skip


def test_their_history_goes_when_its_time_is_over(household, base, alice, as_alice):
    leave(as_alice, base, keep_days="0")
    with time_machine.travel(AFTER, tick=False):
        home = Household.objects.get(pk=household.pk)
        prune(home, now=AFTER)
        assert not DayRow.objects.filter(household_id=household.pk).exists()
        assert not Membership.objects.filter(user=alice).exists()
        assert as_alice.get(f"{base}history/").status_code == 404


@pytest.mark.parametrize("day", ["2026-09-01", "2028-01-01", "", "soon"])
def test_a_day_that_does_not_fit_is_refused(base, as_alice, day):
    with time_machine.travel(BEFORE, tick=False):
        answer = as_alice.post(f"{base}settings/moving/", {**LEAVING, "last_day": day})
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert not Occupancy.objects.exists()


def test_only_an_owner_moves_everybody_out(base, as_bob, as_vera):
    for client in (as_bob, as_vera):
        assert client.post(f"{base}settings/moving/", LEAVING).status_code == 404


def test_no_second_end_is_planned(household, base, as_alice):
    leave(as_alice, base)
    with time_machine.travel(BEFORE, tick=False), pytest.raises(moving.CannotMove):
        moving.move_out(household, last_day=NOW.date(), keep_days=0)
