"""Pairing, renaming and removing screens, and recognising them by their token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.http import Http404
from django.utils import timezone

from consumerapp.intervals import local_day
from portal.accounts.models import Household
from portal.common.tokens import new_token, token_hash
from portal.live.announce import close_screens
from portal.live.feed import End
from portal.pairing.codes import UnknownCode, claim_code
from portal.pairing.models import Device, DeviceKind, DeviceProfile

SEEN_EVERY: Final = timedelta(seconds=50)
"""How fine `last_seen_at` is: a row is written at most this often per device."""


@dataclass(frozen=True, slots=True)
class Paired:
    """A new screen and its token, which is shown to it once and never again."""

    device: Device
    token: str


def pair_device(*, code: str, name: str, kind: DeviceKind, address: str) -> Paired:
    """Pair one screen; raises `codes.UnknownCode` or `codes.LockedOut`.

    Not one transaction: a wrong code has to be counted though the pairing fails.
    """
    claimed = claim_code(code, address)
    since = claimed.household.occupants_since
    if since is not None and local_day(claimed.created_at, claimed.household.zone) < since:
        raise UnknownCode  # Those who made it have moved out since.
    token = new_token()
    device = Device.objects.create(
        household=claimed.household,
        kind=kind,
        profile=claimed.profile,
        name=name.strip()[:80] or str(DeviceKind(kind).label),
        token_hash=token_hash(token),
        last_seen_at=timezone.now(),
    )
    return Paired(device, token)


def find_device(token: str) -> Device | None:
    """The screen that holds this token, unless it was removed or those who paired it have moved out."""
    if not token or len(token) > 128:
        return None
    device = (
        Device.objects.select_related("household")
        .filter(token_hash=token_hash(token), removed_at=None)
        .first()
    )
    return device if device is not None and _is_of_occupants(device) else None


def _is_of_occupants(device: Device) -> bool:
    """Whether it was paired by those who live in the home now."""
    since = device.household.occupants_since
    return since is None or local_day(device.paired_at, device.household.zone) >= since


def note_seen(device: Device) -> None:
    """The screen was here just now."""
    now = timezone.now()
    stale = Device.objects.filter(pk=device.pk).exclude(last_seen_at__gt=now - SEEN_EVERY)
    stale.update(last_seen_at=now)


def devices_of(household: Household) -> list[Device]:
    """The household's screens, in the order they were paired."""
    found = Device.objects.filter(household=household, removed_at=None).select_related("household")
    return [device for device in found if _is_of_occupants(device)]


def access_device(household: Household, pk: int) -> Device:
    """One screen of this household; raises `Http404`."""
    device = Device.objects.filter(household=household, pk=pk, removed_at=None).first()
    if device is None:
        raise Http404
    return device


def rename_device(device: Device, name: str) -> None:
    """What people call it."""
    device.name = name.strip()[:80]
    device.save(update_fields=["name"])


@transaction.atomic
def change_profile(device: Device, profile: DeviceProfile) -> None:
    """How much it is told. Its socket is closed, so that it comes back under the new profile."""
    device.profile = profile
    device.save(update_fields=["profile"])
    _close(device, End.CHANGED)


@transaction.atomic
def remove_device(device: Device) -> None:
    """Its token no longer opens anything, and its sockets close at once."""
    device.removed_at = timezone.now()
    # The hash goes too: nothing of the token is kept of a device that is gone.
    device.token_hash = f"removed-{device.pk}"
    device.save(update_fields=["removed_at", "token_hash"])
    _close(device, End.REMOVED)


def _close(device: Device, why: End) -> None:
    household_id, device_id = device.household_id, device.pk
    transaction.on_commit(lambda: close_screens(household_id, why=why, device_id=device_id), robust=True)
