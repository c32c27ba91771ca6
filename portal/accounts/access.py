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
    membership = find_membership(user, public_id)
    if membership is None or Role(membership.role).rank < at_least.rank:
        raise Http404
    return membership


def access_installation(user: AbstractBaseUser | AnonymousUser, public_id: str) -> Household:
    """The household for work on its meters and devices: a member's, or its installer's; else `Http404`."""
    membership = find_membership(user, public_id)
    if membership is None or Role(membership.role) is Role.VIEWER:
        raise Http404
    return membership.household


def find_membership(user: AbstractBaseUser | AnonymousUser, public_id: str) -> Membership | None:
    """This person's membership of that household, if it holds now."""
    if not user.is_authenticated or not user.is_active:
        return None
    return (
        Membership.objects.valid_at(timezone.now())
        .select_related("household")
        .filter(user_id=user.pk, household__public_id=public_id)
        .first()
    )


def find_first_household(user: AbstractBaseUser | AnonymousUser) -> Household | None:
    """Where `/` leads: the household this person has been in the longest, installers' jobs last."""
    if not user.is_authenticated:
        return None
    memberships = (
        Membership.objects.valid_at(timezone.now()).select_related("household").filter(user_id=user.pk)
    )
    ordered = sorted(memberships, key=lambda membership: (-min(Role(membership.role).rank, 1), membership.pk))
    return ordered[0].household if ordered else None
