"""Joining, signing in by link, setting up: everything that writes more than one table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from portal.accounts.models import Household, LinkPurpose, Membership, Occupancy, OneTimeLink, Role, User
from portal.common.tokens import new_token, token_hash

LOGIN_LINK_LIFETIME = timedelta(minutes=15)
SETUP_LINK_LIFETIME = timedelta(hours=24)
INVITATION_LIFETIME = timedelta(days=7)


class LinkIsSpent(Exception):
    """The link was used, has run out, or never was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHousehold:
    """What a new household is called and how its days are cut."""

    name: str
    timezone: str
    country: str
    language: str


def needs_setup() -> bool:
    """Whether nobody has an account yet."""
    return not User.objects.exists()


def make_setup_link() -> str:
    """The token by which the first owner is made; earlier setup links end."""
    OneTimeLink.objects.filter(purpose=LinkPurpose.SETUP, used_at=None).delete()
    return _make(LinkPurpose.SETUP, SETUP_LINK_LIFETIME)


def make_login_link(user: User) -> str:
    """A token that signs this person in once within a quarter of an hour."""
    return _make(LinkPurpose.LOGIN, LOGIN_LINK_LIFETIME, user=user)


def make_invitation(household: Household, *, role: Role, email: str = "") -> str:
    """A token by which one person joins a household within a week."""
    return _make(
        LinkPurpose.INVITATION, INVITATION_LIFETIME, household=household, role=role, email=email.lower()
    )


def find_open_link(token: str, purpose: LinkPurpose) -> OneTimeLink | None:
    """The link of that token while it can be used. Looking does not use it."""
    link = (
        OneTimeLink.objects.select_related("user", "household")
        .filter(token_hash=token_hash(token), purpose=purpose, used_at=None, expires_at__gt=timezone.now())
        .first()
    )
    return link if link is not None and link.fits_occupants else None


@transaction.atomic
def set_up(*, token: str, email: str, password: str, household: NewHousehold) -> User:
    """The first owner and their household; raises `LinkIsSpent`."""
    _claim(token, LinkPurpose.SETUP)
    if not needs_setup():
        raise LinkIsSpent
    user = User.objects.create_user(email, password, language=household.language)
    found_household(user, household)
    return user


@transaction.atomic
def found_household(owner: User, new: NewHousehold) -> Household:
    """A household with its first owner."""
    household = Household.objects.create(
        name=new.name, timezone=new.timezone, country=new.country, language=new.language
    )
    Membership.objects.create(user=owner, household=household, role=Role.OWNER)
    return household


@transaction.atomic
def sign_in_by_link(token: str) -> User:
    """The person whose link this is; the link is used up; raises `LinkIsSpent`."""
    link = _claim(token, LinkPurpose.LOGIN)
    if link.user is None or not link.user.is_active:
        raise LinkIsSpent
    return link.user


@transaction.atomic
def join_by_invitation(*, token: str, user: User) -> Membership:
    """The person joins with the role they were invited to; raises `LinkIsSpent`.

    Someone who is already in the household keeps the higher of the two roles. One who had moved out is a
    new occupant: what they may see begins anew.
    """
    link = _claim(token, LinkPurpose.INVITATION)
    assert link.household is not None  # the database says so: invitation_has_household
    ending = Occupancy.objects.filter(
        household=link.household, last_day__gte=link.household.local_today
    ).first()
    Membership.objects.filter(
        user=user, household=link.household, occupancy__last_day__lt=link.household.local_today
    ).delete()
    membership, joined = Membership.objects.get_or_create(
        user=user, household=link.household, defaults={"role": link.role, "occupancy": ending}
    )
    if link.opens_on is not None:
        # What those before called their home is theirs.
        link.household.name = gettext("My home")
        link.household.save(update_fields=["name"])
    if not joined and Role(link.role).rank > Role(membership.role).rank:
        membership.role = link.role
        membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def create_invited_user(*, token: str, email: str, password: str, language: str) -> User:
    """A new person who joins by invitation; raises `LinkIsSpent`."""
    user = User.objects.create_user(email, password, language=language)
    join_by_invitation(token=token, user=user)
    return user


def _make(purpose: LinkPurpose, lifetime: timedelta, **fields: object) -> str:
    token = new_token()
    OneTimeLink.objects.create(
        token_hash=token_hash(token), purpose=purpose, expires_at=timezone.now() + lifetime, **fields
    )
    return token


def _claim(token: str, purpose: LinkPurpose, *, now: datetime | None = None) -> OneTimeLink:
    """Use the link up. Of two that press the button together, one gets it."""
    now = now or timezone.now()
    unused = OneTimeLink.objects.filter(
        token_hash=token_hash(token), purpose=purpose, used_at=None, expires_at__gt=now
    )
    if unused.update(used_at=now) != 1:
        raise LinkIsSpent
    link = OneTimeLink.objects.select_related("user", "household").get(token_hash=token_hash(token))
    if not link.fits_occupants:
        raise LinkIsSpent
    return link
