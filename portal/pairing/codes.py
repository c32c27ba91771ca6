"""The eight letters by which a screen is paired, and how guessing them is kept hopeless.

Twenty consonants: no word can form, nothing looks like a digit. 20^8 is 2.6 * 10^10 codes, one of
which is open for a quarter of an hour, and ten wrong ones lock an address out for as long.
"""

from __future__ import annotations

import ipaddress
import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from portal.accounts.models import Household
from portal.common.tokens import keyed_hash
from portal.pairing.models import DeviceProfile, PairingAttempts, PairingCode

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH: Final = 8
LIFETIME: Final = timedelta(minutes=15)
MOST_FAILURES: Final = 10
LOCKED_FOR: Final = timedelta(minutes=15)
_PURPOSE: Final = "pairing code"


class UnknownCode(Exception):
    """No code like that is open: mistyped, used or run out."""


class LockedOut(Exception):
    """Too many wrong codes came from this address."""


def make_code(household: Household, profile: DeviceProfile) -> str:
    """A new code, as `BCDF-GHJK`; an earlier one of the household that was not used ends."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    with transaction.atomic():
        PairingCode.objects.filter(household=household, used_at=None).delete()
        PairingCode.objects.create(
            household=household,
            code_hash=keyed_hash(code, _PURPOSE),
            profile=profile,
            expires_at=timezone.now() + LIFETIME,
        )
    return f"{code[:4]}-{code[4:]}"


def claim_code(typed: str, address: str) -> PairingCode:
    """Use the code up; raises `UnknownCode` or `LockedOut`. Spaces, dashes and case do not matter."""
    origin = _origin_of(address)
    if _is_locked(origin):
        raise LockedOut
    code = "".join(letter for letter in typed.upper() if letter in ALPHABET)
    now = timezone.now()
    open_codes = PairingCode.objects.filter(
        code_hash=keyed_hash(code, _PURPOSE), used_at=None, expires_at__gt=now
    )
    if len(code) != LENGTH or open_codes.update(used_at=now) != 1:
        _count_failure(origin)
        raise UnknownCode
    return PairingCode.objects.select_related("household").get(code_hash=keyed_hash(code, _PURPOSE))


def _origin_of(address: str) -> str:
    """The address that attempts are counted under: of IPv6 the /64, since one host owns all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "0.0.0.0"  # noqa: S104  a Unix socket's peers are counted together
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def _is_locked(origin: str) -> bool:
    return PairingAttempts.objects.filter(
        address=origin, failures__gte=MOST_FAILURES, window_start__gt=timezone.now() - LOCKED_FOR
    ).exists()


def _count_failure(origin: str) -> None:
    now = timezone.now()
    PairingAttempts.objects.filter(window_start__lte=now - LOCKED_FOR).delete()
    attempts, _new = PairingAttempts.objects.get_or_create(address=origin, defaults={"window_start": now})
    PairingAttempts.objects.filter(pk=attempts.pk).update(failures=F("failures") + 1)
