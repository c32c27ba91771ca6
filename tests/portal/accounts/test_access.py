"""Object or 404: a stranger cannot tell a household from nothing."""

from __future__ import annotations

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from portal.accounts.access import access_household, access_installation, find_first_household
from portal.accounts.models import Membership, Role


def test_owner_has_the_household(alice, household):
    assert access_household(alice, household.public_id, at_least=Role.OWNER) == household


def test_member_is_no_owner(bob, household):
    assert access_household(bob, household.public_id, at_least=Role.MEMBER) == household
    with pytest.raises(Http404):
        access_household(bob, household.public_id, at_least=Role.OWNER)


def test_viewer_only_looks(vera, household):
    assert access_household(vera, household.public_id) == household
    with pytest.raises(Http404):
        access_household(vera, household.public_id, at_least=Role.MEMBER)
    with pytest.raises(Http404):
        access_installation(vera, household.public_id)


def test_installer_sees_devices_and_no_consumption(ida, household):
    assert access_installation(ida, household.public_id) == household
    with pytest.raises(Http404):
        access_household(ida, household.public_id)


def test_installer_is_out_when_the_time_is_over(ida, household):
    expires_at = Membership.objects.get(user=ida).expires_at
    with time_machine.travel(expires_at, tick=False), pytest.raises(Http404):
        access_installation(ida, household.public_id)


def test_stranger_and_nobody_get_the_same_as_for_nothing(charlie, household):
    messages = set()
    for person, public_id in [
        (charlie, household.public_id),
        (charlie, "nosuchplace2"),
        (AnonymousUser(), household.public_id),
    ]:
        with pytest.raises(Http404) as refused:
            access_household(person, public_id)
        messages.add(str(refused.value))
    assert len(messages) == 1


def test_inactive_person_has_nothing(alice, household):
    alice.is_active = False
    with pytest.raises(Http404):
        access_household(alice, household.public_id)


def test_home_prefers_where_one_lives_to_where_one_installs(ida, household, other_household):
    assert find_first_household(ida) == household
    Membership.objects.create(user=ida, household=other_household, role=Role.VIEWER)
    assert find_first_household(ida) == other_household
