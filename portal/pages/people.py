"""Who is of the household: changing roles and ending memberships, owners only.

The last owner stays: a household without one could never be shared, changed or erased again.
"""

from __future__ import annotations

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from portal.accounts.models import Household, Membership, Occupancy, Role
from portal.live.announce import close_screens
from portal.live.feed import End


class LastOwner(Exception):
    """There would be no owner left."""


def people_of(household: Household) -> list[Membership]:
    """Everyone whose membership holds and who has not moved out, the longest first."""
    valid = Membership.objects.valid_at(timezone.now()).filter(household=household)
    found = valid.select_related("user", "household", "occupancy").order_by("pk")
    return [membership for membership in found if not membership.has_moved_out]


def access_person(household: Household, pk: int) -> Membership:
    """One membership of this household; raises `Http404`."""
    found = Membership.objects.filter(household=household, pk=pk)
    membership = found.select_related("user", "household", "occupancy").first()
    if membership is None or membership.has_moved_out:
        raise Http404
    return membership


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
    locked = Membership.objects.select_for_update().filter(
        household_id=membership.household_id, role=Role.OWNER, expires_at=None
    )
    occupancies = {one.pk: one for one in Occupancy.objects.filter(household_id=membership.household_id)}
    today = membership.household.local_today
    owners = [
        owner
        for owner in locked
        if owner.occupancy_id is None or occupancies[owner.occupancy_id].last_day >= today
    ]
    if membership.role == Role.OWNER and len(owners) < 2:
        raise LastOwner


def _close(membership: Membership, why: End) -> None:
    household_id, user_id = membership.household_id, membership.user_id
    transaction.on_commit(lambda: close_screens(household_id, why=why, user_id=user_id), robust=True)
