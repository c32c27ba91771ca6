"""What is connected to a household: links to its meters, and its screens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Household


class MeterLink(models.Model):
    """One way by which readings come in: a reading head on a port, a broker, a bus."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="meter_links")
    kind = models.CharField(max_length=32)
    """Name of a source in `consumerapp.sources`: "serial", "replay" …"""
    name = models.CharField(_("name"), max_length=80)
    settings = models.JSONField(default=dict)
    """What `consumerapp.sources.open_source` takes; secrets are in `sealed`."""
    sealed = models.JSONField(default=dict)
    """Setting's name -> sealed secret (`portal.common.sealing`)."""
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    version = models.PositiveIntegerField(default=1)
    """Grows with every change that the ingest worker has to act on."""

    # Kept by the ingest worker.
    state = models.CharField(max_length=16, blank=True)
    """`consumerapp.sources.link.LinkState`; empty: never tried."""
    state_since = models.DateTimeField(null=True)
    state_detail = models.CharField(max_length=200, blank=True)
    last_telegram_at = models.DateTimeField(null=True)
    frames_ok = models.PositiveBigIntegerField(default=0)
    frames_refused = models.JSONField(default=dict)
    """`RefusalKind` -> number of frames."""

    meter_ident = models.CharField(max_length=64, blank=True)
    """The meter that was last heard on it: some name themselves only in every other telegram."""
    paired_title = models.CharField(max_length=16, blank=True)
    """System title of the ciphering meter that proved itself on it, in hexadecimal; empty: none did yet. Once
    there is one, no other meter is heard."""
    claimed_by = models.CharField(max_length=80, blank=True)
    """The worker that reads it; with several workers only one may."""
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["household", "name"], name="one_link_per_name_and_household")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"

    @property
    def frames_refused_total(self) -> int:
        """All refused frames, whatever the reason."""
        refused: dict[str, Any] = self.frames_refused
        return sum(int(count) for count in refused.values())


class InvocationCounter(models.Model):
    """The last counter that a ciphering meter used under one key: what is not greater is a replay."""

    link = models.ForeignKey(MeterLink, on_delete=models.CASCADE, related_name="invocation_counters")
    system_title = models.CharField(max_length=16)
    """Hexadecimal."""
    key_name = models.CharField(max_length=32)
    """`consumerapp.h1.cipher.counter_name`: tells keys apart and says nothing of them."""
    counter = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["link", "system_title", "key_name"], name="one_counter_per_link_meter_and_key"
            ),
            models.CheckConstraint(condition=models.Q(counter__lt=2**32), name="counter_of_32_bits"),
        ]

    def __str__(self) -> str:
        return f"{self.counter} on link {self.link_id}"


class DeviceKind(models.TextChoices):
    """What a paired screen is."""

    KIOSK = "kiosk", _("Wall screen")
    TERMINAL = "terminal", _("Terminal display")


class DeviceProfile(models.TextChoices):
    """How much a screen is told. A wall is seen by guests: it is told little unless the owner says more."""

    SHARED_SPACE = "shared_space", _("Power now only")
    FULL = "full", _("Power, today and history")


class Device(models.Model):
    """A screen that was paired with a household and holds a token of its own."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="devices")
    kind = models.CharField(max_length=16, choices=DeviceKind)
    profile = models.CharField(max_length=16, choices=DeviceProfile, default=DeviceProfile.SHARED_SPACE)
    name = models.CharField(_("name"), max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    paired_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(kind__in=DeviceKind.values), name="known_device_kind"),
            models.CheckConstraint(
                condition=models.Q(profile__in=DeviceProfile.values), name="known_device_profile"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PairingCode(models.Model):
    """Eight letters, shown once on the Devices page, by which one screen is paired."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, unique=True)
    profile = models.CharField(max_length=16, choices=DeviceProfile, default=DeviceProfile.SHARED_SPACE)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"pairing code until {self.expires_at:%Y-%m-%d %H:%M} UTC"


class PairingAttempts(models.Model):
    """Wrong codes from one network address: after too many it is locked out for a while."""

    address = models.GenericIPAddressField(unique=True)
    window_start = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.failures} wrong codes"
