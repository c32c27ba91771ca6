"""One-time links: hashed at rest, used once, gone in time."""

from __future__ import annotations

import pytest
import time_machine
from django.utils import timezone

from portal.accounts import services
from portal.accounts.models import LinkPurpose, Membership, OneTimeLink, Role, User

PASSPHRASE = "a long passphrase"
HOME = services.NewHousehold(name="Kerkstraat 12", timezone="Europe/Amsterdam", country="NL", language="en")


def test_login_link_signs_in_once(alice):
    token = services.make_login_link(alice)
    assert services.sign_in_by_link(token) == alice
    with pytest.raises(services.LinkIsSpent):
        services.sign_in_by_link(token)


def test_token_itself_is_not_kept(alice):
    token = services.make_login_link(alice)
    kept = OneTimeLink.objects.values().get()
    assert token not in repr(kept)


def test_login_link_ends_after_a_quarter_of_an_hour(alice):
    token = services.make_login_link(alice)
    with time_machine.travel(timezone.now() + services.LOGIN_LINK_LIFETIME, tick=False):
        assert services.find_open_link(token, LinkPurpose.LOGIN) is None
        with pytest.raises(services.LinkIsSpent):
            services.sign_in_by_link(token)


def test_a_link_of_one_purpose_serves_no_other(alice, household):
    invitation = services.make_invitation(household, role=Role.OWNER)
    with pytest.raises(services.LinkIsSpent):
        services.sign_in_by_link(invitation)
    with pytest.raises(services.LinkIsSpent):
        services.set_up(token=invitation, email="x@example.org", password="irrelevant", household=HOME)


def test_link_of_a_disabled_person_is_refused(alice):
    token = services.make_login_link(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(services.LinkIsSpent):
        services.sign_in_by_link(token)


def test_setup_makes_the_first_owner(db):
    assert services.needs_setup()
    token = services.make_setup_link()
    user = services.set_up(token=token, email="First@Example.org", password=PASSPHRASE, household=HOME)
    assert user.email == "first@example.org"
    assert user.check_password("a long passphrase")
    assert Membership.objects.get(user=user).role == Role.OWNER
    assert not services.needs_setup()


def test_setup_is_over_once_somebody_is_there(alice):
    token = services.make_setup_link()
    with pytest.raises(services.LinkIsSpent):
        services.set_up(token=token, email="x@example.org", password=PASSPHRASE, household=HOME)
    assert User.objects.count() == 1


def test_a_new_start_ends_the_setup_link_of_the_last(db):
    first, second = services.make_setup_link(), services.make_setup_link()
    assert services.find_open_link(first, LinkPurpose.SETUP) is None
    assert services.find_open_link(second, LinkPurpose.SETUP) is not None


def test_invitation_gives_the_role_it_names(charlie, household):
    token = services.make_invitation(household, role=Role.VIEWER, email="Charlie@example.org")
    assert services.join_by_invitation(token=token, user=charlie).role == Role.VIEWER
    with pytest.raises(services.LinkIsSpent):
        services.join_by_invitation(token=token, user=charlie)


def test_invitation_never_lowers_a_role(alice, household):
    token = services.make_invitation(household, role=Role.VIEWER)
    assert services.join_by_invitation(token=token, user=alice).role == Role.OWNER
