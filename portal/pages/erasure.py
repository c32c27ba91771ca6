"""Taking everything away: a household, a person, the history of people who moved out.

Rows that point at a household or a person go with it by the database's own cascade. What has no such
pointer has an eraser here. A test walks all models and asserts that each goes one of these ways.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Household, Membership, Occupancy, Role, User
from portal.live.announce import close_screens
from portal.live.feed import End
from portal.metering import store
from portal.pages.people import LastOwner

HOUSEHOLD_ERASERS: tuple[Callable[[int], None], ...] = (store.erase,)
"""Called with the household's number before its row goes."""
ERASED_BY_STORE = frozenset(
    {
        "metering.DayRow",
        "metering.DayRevision",
        "metering.MonthRow",
        "metering.LatestRow",
        "metering.SampleChunk",
    }
)
"""The tables that grow, which have no foreign keys."""
ERASED_BY_HAND = frozenset({"sessions.Session"})
NOTHING_PERSONAL = frozenset({"contenttypes.ContentType", "auth.Permission", "auth.Group"})
ERASED_BY_TIME = frozenset({"pairing.PairingAttempts"})
"""Network addresses that tried wrong codes, of no household; forgotten after a quarter of an hour."""


@transaction.atomic
def erase_household(household: Household) -> None:
    """The household is gone, with everything that was ever measured in it; its screens go dark at once."""
    household_id = household.pk
    user_ids = list(Membership.objects.filter(household=household).values_list("user_id", flat=True))
    device_ids = list(household.devices.values_list("pk", flat=True))
    for erase in HOUSEHOLD_ERASERS:
        erase(household_id)
    Household.objects.filter(pk=household_id).delete()

    def close() -> None:
        for user_id in user_ids:
            close_screens(household_id, why=End.ACCESS_ENDED, user_id=user_id)
        for device_id in device_ids:
            close_screens(household_id, why=End.REMOVED, device_id=device_id)

    transaction.on_commit(close, robust=True)


@transaction.atomic
def erase_person(user: User) -> None:
    """The person is gone, and every home in which they were alone; raises `portal.pages.people.LastOwner`.

    A home in which others live needs another owner first.
    """
    for home in homes_of_alone(user):
        erase_household(home)
    household_ids = list(Membership.objects.filter(user=user).values_list("household_id", flat=True))
    user_id = user.pk
    _erase_sessions(user_id)
    user.delete()

    def close() -> None:
        for household_id in household_ids:
            close_screens(household_id, why=End.ACCESS_ENDED, user_id=user_id)

    transaction.on_commit(close, robust=True)


def homes_of_alone(user: User) -> list[Household]:
    """The homes that nobody else lives in; raises `LastOwner` where others live and nobody else is owner."""
    alone = []
    mine = Membership.objects.filter(user=user, role=Role.OWNER).select_related("household", "occupancy")
    for membership in mine:
        if membership.has_moved_out:
            continue
        others = [
            other
            for other in Membership.objects.valid_at(timezone.now())
            .filter(household=membership.household)
            .exclude(user=user)
            .exclude(role=Role.INSTALLER)
            .select_related("household", "occupancy")
            if not other.has_moved_out
        ]
        if not others and not _was_home_of_others(membership):
            alone.append(membership.household)
        elif others and not any(other.role == Role.OWNER for other in others):
            raise LastOwner
    return alone


def _was_home_of_others(membership: Membership) -> bool:
    """Whether somebody who moved out still has their history there, which is not this person's to erase."""
    former = Occupancy.objects.filter(
        household_id=membership.household_id, last_day__lt=membership.household.local_today
    )
    return former.exclude(memberships__user_id=membership.user_id).exists()


@transaction.atomic
def erase_occupancy(occupancy: Occupancy) -> None:
    """The history of people who moved out is gone, and with it their way to it."""
    store.erase_days(occupancy.household, occupancy.days)
    occupancy.delete()


def _erase_sessions(user_id: int) -> None:
    """Sessions name their person only inside; there are as many as browsers signed in this month."""
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user_id):
            session.delete()
