"""What every household page carries around its content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from portal.accounts.models import Household, Membership, Role


def household_context(
    request: HttpRequest, membership: Membership, page: str, **more: object
) -> dict[str, Any]:
    """Context of a page: the household, which tab it is, what this person may, where else they belong."""
    role = Role(membership.role)
    others = Household.objects.filter(memberships__user_id=membership.user_id).order_by("name")
    return {
        "household": membership.household,
        "page": page,
        "households": others,
        "may_look": role.rank >= Role.VIEWER.rank,
        "may_change": role.rank >= Role.MEMBER.rank,
        "may_connect": role is not Role.VIEWER,
        "is_owner": role is Role.OWNER,
        **more,
    }
