"""Which links this worker reads: of several workers one has a link at a time. All blocking."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from portal.pairing.links import opened_settings
from portal.pairing.models import MeterLink

CLAIM_FOR: Final = timedelta(seconds=60)
"""A worker that died gives its links up after this."""
RENEW_BEFORE: Final = timedelta(seconds=40)
"""A living worker renews its claim when less than this is left: one small write in twenty seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedLink:
    """One link to read, with everything the worker needs so that it asks the database nothing later."""

    pk: int
    version: int
    household_id: int
    kind: str
    name: str
    settings: dict[str, Any]
    low_w: Decimal
    high_w: Decimal
    frames_ok: int
    frames_refused: dict[str, int]
    meter_ident: str


def worker_name(instance: int) -> str:
    """The same after a restart, so that a worker takes its own links up again at once."""
    return f"{socket.gethostname()}/{instance}"[:80]


def claim_links(worker: str) -> list[ClaimedLink]:
    """Claim every enabled link that is free or already ours, and renew the claims we hold."""
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lte=now) | Q(claimed_by=worker)
    claimed: list[ClaimedLink] = []
    for link in MeterLink.objects.filter(free, enabled=True).select_related("household"):
        if link.claimed_by == worker and link.claimed_until and link.claimed_until > now + RENEW_BEFORE:
            claimed.append(_claimed(link))
            continue
        ours = MeterLink.objects.filter(free, pk=link.pk, enabled=True)
        if ours.update(claimed_by=worker, claimed_until=now + CLAIM_FOR) == 1:
            claimed.append(_claimed(link))
    return claimed


def release_links(worker: str) -> None:
    """Another worker may have them at once."""
    MeterLink.objects.filter(claimed_by=worker).update(claimed_by="", claimed_until=None)


def find_name(pk: int) -> str | None:
    """What the link is called now; None: it was removed."""
    return MeterLink.objects.filter(pk=pk).values_list("name", flat=True).first()


def _claimed(link: MeterLink) -> ClaimedLink:
    return ClaimedLink(
        pk=link.pk,
        version=link.version,
        household_id=link.household_id,
        kind=link.kind,
        name=link.name,
        settings=opened_settings(link),
        low_w=Decimal(link.household.ambient_low_w),
        high_w=Decimal(link.household.ambient_high_w),
        frames_ok=link.frames_ok,
        frames_refused={kind: int(count) for kind, count in link.frames_refused.items()},
        meter_ident=link.meter_ident,
    )
