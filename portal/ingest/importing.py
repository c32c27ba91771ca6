"""Let a foreign history in: by the one door, as a meter of its own that ends where the home's meters begin.

The same file may be imported again and again: what is known is known. Nothing is counted twice: of each
quantity only what lies before the first reading of the home's own meters comes in, and only what lies in
the days of those who live here.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, chain
from typing import Any

from django.db import transaction
from django.utils import timezone

from consumerapp.intervals import local_day
from consumerapp.readings import MeterId, Reading
from portal.accounts.models import Household
from portal.ingest.foreign_files import Found, Register
from portal.ingest.models import ImportDraft
from portal.ingest.services import accept
from portal.metering import store
from portal.metering.models import Meter
from portal.metering.series import first_known

DRAFT_LIFETIME = timedelta(hours=1)
BATCH_READINGS = 6_000
_PREFIX = "IMPORT "


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one register would bring."""

    register: Register
    points: tuple[tuple[datetime, Any], ...]
    """Those that come in."""
    known_from: datetime | None
    """From here on the home's own meters count; None: they do not count this."""

    @property
    def left_out(self) -> int:
        """Points that do not come in."""
        return len(self.register.points) - len(self.points)


def plan(household: Household, found: Found, now: datetime) -> tuple[Planned, ...]:
    """What would come in; nothing is changed."""
    ident = ident_of(found)
    planned = []
    for register in found.registers:
        known_from = first_known(household, register.quantity, but=ident)
        seen = household.days_seen
        points = tuple(
            (at, value)
            for at, value in register.points
            if at <= now
            and (known_from is None or at <= known_from)
            and (seen.is_everything or local_day(at, household.zone).toordinal() in seen)
        )
        planned.append(Planned(register=register, points=points, known_from=known_from))
    return tuple(planned)


def import_points(
    household: Household, found: Found, planned: tuple[Planned, ...], now: datetime
) -> tuple[int, int]:
    """How many readings came in, and how many were known already or refused."""
    ident = ident_of(found)
    readings = sorted(
        (
            Reading(
                meter_id=ident, obis=one.register.obis, quantity=one.register.quantity, value=value, at=at,
                received_at=now, source=found.name,
            )
            for one in planned
            for at, value in one.points
        ),
        key=lambda reading: reading.instant,
    )  # fmt: skip
    newest = {known.obis: known.at for known in store.latest(household.pk) if known.meter_id == ident}
    # What is known already comes first, so that it is recognised as such.
    repeated = [r for r in readings if r.obis in newest and r.instant <= newest[r.obis]]
    fresh = [r for r in readings if r.obis not in newest or r.instant > newest[r.obis]]
    came = others = 0
    with transaction.atomic():
        for some in chain(batched(repeated, BATCH_READINGS), batched(fresh, BATCH_READINGS)):
            told = accept(household, some, now=now)
            came += told.accepted
            others += told.repeated + len(told.refused)
        # It stands for a meter that sends no more: listed nowhere, counted in the history.
        last = max((at for one in planned for at, _ in one.points), default=now)
        Meter.objects.filter(household=household, ident=ident).update(name=found.name[:80], removed_at=last)
    return came, others


def ident_of(found: Found) -> MeterId:
    """The identification of the meter that a file makes."""
    return MeterId((_PREFIX + found.name)[:64])


def keep_draft(household: Household, text: str, choices: dict[str, str]) -> ImportDraft:
    """Keep a file that was looked at; older ones go."""
    forget_drafts(timezone.now())
    ImportDraft.objects.filter(household=household).delete()
    return ImportDraft.objects.create(
        household=household, choices=choices, content=zlib.compress(text.encode(), 3)
    )


def forget_drafts(now: datetime) -> None:
    """Files that nobody imported within the hour go."""
    ImportDraft.objects.filter(created_at__lt=now - DRAFT_LIFETIME).delete()


def find_draft(household: Household, pk: int) -> ImportDraft | None:
    """The file that was looked at, within the hour."""
    since = timezone.now() - DRAFT_LIFETIME
    return ImportDraft.objects.filter(household=household, pk=pk, created_at__gte=since).first()


def text_of(draft: ImportDraft) -> str:
    """Its text."""
    return zlib.decompress(bytes(draft.content)).decode()
