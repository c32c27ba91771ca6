"""People, their households, and who is what in which."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consumerapp.intervals import local_day
from portal.accounts.day_range import EVERY_DAY, DayRange

# No vowels and no look-alikes: a slug forms no word and can be read aloud.
SLUG_ALPHABET = "bcdfghjkmnpqrstvwxz23456789"
SLUG_LENGTH = 12


def new_public_id() -> str:
    """A random slug of 57 bits for URLs, so that households cannot be counted."""
    return "".join(secrets.choice(SLUG_ALPHABET) for _ in range(SLUG_LENGTH))


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not in the IANA database."""
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is no IANA time zone."), params={"name": name})


class UserManager(BaseUserManager["User"]):
    """Makes people. There is no superuser: nobody sees a household without being of it."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> User:
        """A person; without a password they come in by link or passkey only."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person who signs in with their e-mail address."""

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    """Empty: what the browser asks for."""
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="one_user_per_email")]

    def __str__(self) -> str:
        return self.email


class Household(models.Model):
    """One home: its meters, its people, its local days."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    timezone = models.CharField(_("time zone"), max_length=64, validators=[validate_time_zone])
    """IANA name; every local day of this household is cut by it."""
    country = models.CharField(_("country"), max_length=2)
    """ISO 3166-1 alpha-2."""
    language = models.CharField(_("language"), max_length=10, default="en")
    """Of the wall screen and of mail to the household."""
    ambient_low_w = models.PositiveIntegerField(_("medium from (W)"), default=2000)
    ambient_high_w = models.PositiveIntegerField(_("high from (W)"), default=4000)
    created_at = models.DateTimeField(db_default=Now())
    occupied_from = models.DateField(null=True, blank=True)
    """First local day of those who live here; None: since ever."""
    vacated_after = models.DateField(null=True, blank=True)
    """Their last local day, once they have said so; from the next one on the home is somebody else's."""

    seen_by_person: DayRange | None = None
    """Set by `accounts.access`: the days that the person may see for whom this object was fetched."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ambient_low_w__lt=models.F("ambient_high_w")),
                name="ambient_low_below_high",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The time zone its days are cut by."""
        return ZoneInfo(self.timezone)

    @property
    def days_seen(self) -> DayRange:
        """The days that whoever holds this object may see; everything that reads history keeps to them.

        For a person, what `accounts.access` found; for screens and everything else, the days of those
        who live here now.
        """
        return self.seen_by_person or self.days_of_occupants

    @property
    def days_of_occupants(self) -> DayRange:
        """The days of those who live here now."""
        if self.occupied_from is None and self.vacated_after is None:
            return EVERY_DAY
        return DayRange.between(self.occupants_since, None)

    @property
    def occupants_since(self) -> date | None:
        """First local day of those who live here now; None: since ever."""
        if self.vacated_after is not None and self.local_today > self.vacated_after:
            return self.vacated_after + timedelta(days=1)
        return self.occupied_from

    @property
    def local_today(self) -> date:
        """Its running local day."""
        return local_day(timezone.now(), self.zone)


class Occupancy(models.Model):
    """The time that people lived in a home, once its end is known: until then there is no row of it."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="occupancies")
    first_day = models.DateField(null=True)
    """None: since ever."""
    last_day = models.DateField()
    home_name = models.CharField(max_length=80)
    """What they called their home; those who come after may call it something else."""
    keep_until = models.DateField()
    """Last day on which their history is kept for them; `manage.py prune` takes it away after that."""
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["household", "last_day"], name="one_occupancy_per_end"),
            models.CheckConstraint(
                condition=models.Q(first_day=None) | models.Q(first_day__lte=models.F("last_day")),
                name="occupancy_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day or '…'} to {self.last_day}"

    @property
    def days(self) -> DayRange:
        """What its people may see."""
        return DayRange.between(self.first_day, self.last_day)


class Role(models.TextChoices):
    """What a person is in a household."""

    OWNER = "owner", _("Owner")
    """Everything, people and sharing included."""
    MEMBER = "member", _("Member")
    """Everything but people and sharing."""
    VIEWER = "viewer", _("Viewer")
    """Looks on."""
    INSTALLER = "installer", _("Installer")
    """Devices only, and only until their time is over; never consumption."""

    @property
    def rank(self) -> int:
        """Higher may do what lower may; an installer stands outside and below."""
        return _RANKS[self]


_RANKS = {Role.INSTALLER: 0, Role.VIEWER: 1, Role.MEMBER: 2, Role.OWNER: 3}


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by time."""

    def valid_at(self, now: datetime) -> MembershipQuerySet:
        """Those that have not run out."""
        return self.filter(models.Q(expires_at=None) | models.Q(expires_at__gt=now))


class Membership(models.Model):
    """One person in one household."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role)
    since = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    """None: until somebody ends it."""
    occupancy = models.ForeignKey(Occupancy, on_delete=models.CASCADE, null=True, related_name="memberships")
    """The time after which this person no longer lives here; None: no end is known."""

    objects: ClassVar = MembershipQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "household"], name="one_role_per_person_and_household"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @property
    def has_moved_out(self) -> bool:
        """Whether this person's time in the home is over: they keep their own history, and nothing else."""
        return self.occupancy is not None and self.household.local_today > self.occupancy.last_day

    @property
    def days_seen(self) -> DayRange:
        """The local days that this person may see."""
        return self.household.days_of_occupants if self.occupancy is None else self.occupancy.days


class LinkPurpose(models.TextChoices):
    """What a one-time link does when its button is pressed."""

    SETUP = "setup", _("Set up this portal")
    LOGIN = "login", _("Sign in")
    INVITATION = "invitation", _("Join a household")


class OneTimeLink(models.Model):
    """A link that works once. Only the hash of its token is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16, choices=LinkPurpose)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    """Who is signed in by it; None for a setup link or an invitation."""
    household = models.ForeignKey(Household, on_delete=models.CASCADE, null=True, related_name="invitations")
    role = models.CharField(max_length=16, choices=Role, blank=True)
    email = models.EmailField(max_length=254, blank=True)
    """Who was invited, for the owner's list; the link itself is the proof."""
    created_at = models.DateTimeField(db_default=Now())
    opens_on = models.DateField(null=True)
    """First local day on which an invitation of the next occupants works; None: at once."""
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(purpose="login") | models.Q(user__isnull=False),
                name="login_link_has_user",
            ),
            models.CheckConstraint(
                condition=~models.Q(purpose="invitation") | models.Q(household__isnull=False),
                name="invitation_has_household",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} link until {self.expires_at:%Y-%m-%d %H:%M} UTC"

    @property
    def fits_occupants(self) -> bool:
        """Whether an invitation leads to those who live in the home now, not to those before or after."""
        home = self.household
        if home is None:
            return True
        if self.opens_on is not None:
            return self.opens_on == home.occupants_since
        since = home.occupants_since
        return since is None or local_day(self.created_at, home.zone) >= since
