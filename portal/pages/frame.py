"""What every household page carries around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from portal.accounts.models import Household, Membership, Role


def household_context(
    request: HttpRequest, membership: Membership, page: str, **more: object
) -> dict[str, Any]:
    """Context of a page: the household, which tab it is, what this person may, where else they belong."""
    role = Role(membership.role)
    others = _homes_of(membership.user_id)
    lives_here = not membership.has_moved_out
    return {
        "household": membership.household,
        "page": page,
        "households": others,
        "lives_here": lives_here,
        "moved_out_after": None if membership.occupancy is None else membership.occupancy.last_day,
        "may_look": role.rank >= Role.VIEWER.rank,
        "may_change": lives_here and role.rank >= Role.MEMBER.rank,
        "may_connect": lives_here and role is not Role.VIEWER,
        "is_owner": lives_here and role is Role.OWNER,
        **more,
    }


def _homes_of(user_id: int) -> list[Household]:
    """Every home of a person by name; one they have left is called as they called it."""
    memberships = (
        Membership.objects.valid_at(timezone.now())
        .filter(user_id=user_id)
        .select_related("household", "occupancy")
    )
    homes = []
    for membership in memberships:
        home = membership.household
        if membership.has_moved_out and membership.occupancy is not None:
            home.name = membership.occupancy.home_name
        homes.append(home)
    return sorted(homes, key=lambda home: home.name)
