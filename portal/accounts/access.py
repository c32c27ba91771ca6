"""Object or 404: no access and no such thing look the same."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import Http404
from django.utils import timezone

from portal.accounts.models import Household, Membership, Role


def access_household(
    user: AbstractBaseUser | AnonymousUser, public_id: str, *, at_least: Role = Role.VIEWER
) -> Household:
    """The household, if this person is at least that in it; else raises `Http404`."""
    return access_membership(user, public_id, at_least=at_least).household


def access_membership(
    user: AbstractBaseUser | AnonymousUser, public_id: str, *, at_least: Role = Role.VIEWER
) -> Membership:
    """The membership with its household, if this person is at least that in it; else raises `Http404`."""
    membership = access_history(user, public_id, at_least=at_least)
    if membership.has_moved_out:
        raise Http404
    return membership


def access_history(
    user: AbstractBaseUser | AnonymousUser, public_id: str, *, at_least: Role = Role.VIEWER
) -> Membership:
    """The membership of one who may see history: of those who live there, or lived there; else `Http404`.

    The only door for people who have moved out. The household they are given shows their own days only.
    """
    membership = _find_any_membership(user, public_id)
    if membership is None or Role(membership.role).rank < at_least.rank:
        raise Http404
    if membership.has_moved_out:
        assert membership.occupancy is not None  # has_moved_out says so
        membership.household.name = membership.occupancy.home_name
    return membership


def access_installation(user: AbstractBaseUser | AnonymousUser, public_id: str) -> Household:
    """The household for work on its meters and devices: a member's, or its installer's; else `Http404`."""
    membership = find_membership(user, public_id)
    if membership is None or Role(membership.role) is Role.VIEWER:
        raise Http404
    return membership.household


def find_membership(user: AbstractBaseUser | AnonymousUser, public_id: str) -> Membership | None:
    """This person's membership of that household, if it holds now and they have not moved out.

    Its household shows the days of this person's time only.
    """
    membership = _find_any_membership(user, public_id)
    return None if membership is None or membership.has_moved_out else membership


def _find_any_membership(user: AbstractBaseUser | AnonymousUser, public_id: str) -> Membership | None:
    if not user.is_authenticated or not user.is_active:
        return None
    membership = (
        Membership.objects.valid_at(timezone.now())
        .select_related("household", "occupancy")
        .filter(user_id=user.pk, household__public_id=public_id)
        .first()
    )
    if membership is not None:
        membership.household.seen_by_person = membership.days_seen
    return membership


def find_first_household(user: AbstractBaseUser | AnonymousUser) -> Household | None:
    """Where `/` leads: the household this person has been in the longest, installers' jobs last, homes
    they have left after those."""
    if not user.is_authenticated:
        return None
    memberships = (
        Membership.objects.valid_at(timezone.now())
        .select_related("household", "occupancy")
        .filter(user_id=user.pk)
    )
    ordered = sorted(
        memberships,
        key=lambda membership: (
            membership.has_moved_out,
            -min(Role(membership.role).rank, 1),
            membership.pk,
        ),
    )
    return ordered[0].household if ordered else None
