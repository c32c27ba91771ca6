"""What the wall shows: the moment, and, where the owner says so, the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext, pgettext

from consumerapp.intervals import local_day
from portal.metering import store
from portal.pages.day import DayView, today_view
from portal.pages.now import NowView, meters_now, readings_of
from portal.pages.today import live_words
from portal.pairing.models import Device, DeviceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """Everything on the wall."""

    household: str
    feed: str
    clock: str
    date: str
    now: NowView | None
    day: DayView | None
    """None: this screen is told the moment only."""
    is_full: bool
    script: dict[str, object]
    """What the screen's script needs: words, zone, decimal sign."""


def wall_of(device: Device, now: datetime) -> Wall:
    """Gather the wall for one device; a wall that guests see is told no more than its profile says."""
    household = device.household
    local = now.astimezone(household.zone)
    meters = meters_now(household, readings_of(store.latest(household)), now)
    is_full = device.profile == DeviceProfile.FULL
    return Wall(
        household=household.name,
        feed=f"/live/{household.public_id}/",
        clock=f"{local:%H:%M}",
        date=date_format(local.date(), pgettext("date format", "D j M")),
        now=meters[0] if meters else None,
        day=today_view(household, local_day(now, household.zone), now) if is_full and meters else None,
        is_full=is_full,
        script={
            **live_words(),
            "zone": household.timezone,
            "language": translation.get_language(),
            "decimal": get_format("DECIMAL_SEPARATOR"),
            "old": gettext("old"),
            "connection": gettext("no connection"),
        },
    )
