"""Moving out and moving in: whose days are whose.

The home and its meters stay; the people change. Those who leave say which local day is their last. Until
then nothing changes for them. From the next day on they keep their own history to look at, as long as they
chose, and nothing else: no live figure, no devices, no settings, nothing of those who come after. Whoever
comes after joins by an invitation that works from that day on, and sees nothing of the days before.
"""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Household, LinkPurpose, Membership, Occupancy, OneTimeLink, Role
from portal.common.tokens import new_token, token_hash

LONGEST_AHEAD = timedelta(days=366)
KEEP_DAYS = (0, 366, 3 * 366)
"""How long those who leave may keep their history: not at all, a year, three years."""
INVITATION_AFTER = timedelta(days=60)
"""How long after the move an invitation for the next occupants works: homes stand empty for a while."""


class CannotMove(Exception):
    """The day does not fit, or an end is planned already."""


def planned_end(household: Household) -> Occupancy | None:
    """The time of those who live here now, if they have said when it ends."""
    today = household.local_today
    return Occupancy.objects.filter(household=household, last_day__gte=today).first()


@transaction.atomic
def move_out(household: Household, *, last_day: date, keep_days: int) -> Occupancy:
    """Those who live here now do so until that local day; a day that is over ends it at once."""
    household = Household.objects.select_for_update().get(pk=household.pk)
    today, since = household.local_today, household.occupants_since
    begins = household.created_at.astimezone(household.zone).date() if since is None else since
    if planned_end(household) is not None or not begins <= last_day <= today + LONGEST_AHEAD:
        raise CannotMove
    if keep_days not in KEEP_DAYS:
        raise CannotMove
    occupancy = Occupancy.objects.create(
        household=household,
        first_day=since,
        last_day=last_day,
        home_name=household.name,
        keep_until=max(last_day, today) + timedelta(days=keep_days),
    )
    Membership.objects.filter(household=household, occupancy=None).exclude(role=Role.INSTALLER).update(
        occupancy=occupancy
    )
    household.occupied_from, household.vacated_after = since, last_day
    household.save(update_fields=["occupied_from", "vacated_after"])
    if last_day < today:
        # What they handed out since the day that was their last would pass for the next occupants' own.
        OneTimeLink.objects.filter(household=household, used_at=None).delete()
    return occupancy


@transaction.atomic
def stay(household: Household) -> None:
    """They live here on after all; possible until the last day is over."""
    household = Household.objects.select_for_update().get(pk=household.pk)
    planned = planned_end(household)
    if planned is None:
        raise CannotMove
    Membership.objects.filter(occupancy=planned).update(occupancy=None)
    OneTimeLink.objects.filter(household=household, opens_on=planned.last_day + timedelta(days=1)).delete()
    planned.delete()
    household.vacated_after = None
    household.save(update_fields=["vacated_after"])


def invite_next(household: Household, occupancy: Occupancy) -> str:
    """The token by which the next owner joins, from the day after the last one on."""
    opens_on = occupancy.last_day + timedelta(days=1)
    OneTimeLink.objects.filter(household=household, opens_on=opens_on, used_at=None).delete()
    token = new_token()
    days_ahead = max(timedelta(0), opens_on - household.local_today)
    OneTimeLink.objects.create(
        token_hash=token_hash(token),
        purpose=LinkPurpose.INVITATION,
        household=household,
        role=Role.OWNER,
        opens_on=opens_on,
        expires_at=timezone.now() + days_ahead + INVITATION_AFTER,
    )
    return token
