"""Who is of the household: changing roles and ending memberships, owners only.

The last owner stays: a household without one could never be shared, changed or erased again.
"""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from portal.accounts.models import Household, Membership, Role
from portal.live.announce import close_screens
from portal.live.feed import End


class LastOwner(Exception):
    """There would be no owner left."""


def people_of(household: Household) -> list[Membership]:
    """Everyone whose membership holds, the longest first."""
    valid = Membership.objects.valid_at(timezone.now())
    return list(valid.filter(household=household).select_related("user").order_by("pk"))


def access_person(household: Household, pk: int) -> Membership:
    """One membership of this household; raises `Http404`."""
    found = Membership.objects.filter(household=household, pk=pk).select_related("user").first()
    if found is None:
        raise Http404
    return found


@transaction.atomic
def change_role(membership: Membership, role: Role) -> None:
    """Another role; open pages of this person are closed, so that they come back under it."""
    if role is not Role.OWNER:
        _leave_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    _close(membership, End.CHANGED)


@transaction.atomic
def end_membership(membership: Membership) -> None:
    """The person is of the household no more, at once."""
    _leave_an_owner(membership)
    _close(membership, End.ACCESS_ENDED)
    membership.delete()


def _leave_an_owner(membership: Membership) -> None:
    """Refuse to take the last owner away. The owners' rows are held, so that two cannot both leave."""
    owners = Membership.objects.select_for_update().filter(
        household_id=membership.household_id, role=Role.OWNER, expires_at=None
    )
    if membership.role == Role.OWNER and len(owners) < 2:
        raise LastOwner


def _close(membership: Membership, why: End) -> None:
    household_id, user_id = membership.household_id, membership.user_id
    transaction.on_commit(lambda: close_screens(household_id, why=why, user_id=user_id), robust=True)
