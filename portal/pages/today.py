"""Today: what is happening now, whether that is normal, the day so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from consumerapp.intervals import local_day
from portal.accounts.access import access_history, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.pages import words
from portal.pages.day import DayView, today_view
from portal.pages.frame import household_context
from portal.pages.further import FurtherView, further_today
from portal.pages.now import NowView, ReadingView, instants, meters_now, readings_of, registers
from portal.pairing.models import MeterLink


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def today(request: HttpRequest, public_id: str) -> HttpResponse:
    """The household's first page."""
    membership = access_history(request.user, public_id, at_least=Role.INSTALLER)
    if membership.has_moved_out:  # there is no present for them
        return redirect("pages:history", public_id=public_id)
    if membership.role == Role.INSTALLER:  # sees no consumption; the devices are what they came for
        return redirect("pages:devices", public_id=public_id)
    view = view_of(membership.household, timezone.now())
    return render(request, "pages/today.html", household_context(request, membership, "today", view=view))


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def today_day(request: HttpRequest, public_id: str) -> HttpResponse:
    """The day's part alone: the page asks for it when a quarter-hour is over."""
    household = access_membership(request.user, public_id).household
    now = timezone.now()
    day = today_view(household, local_day(now, household.zone), now)
    return render(
        request, "pages/today.html#day", {"view": {"day": day}, "household": household, "is_fragment": True}
    )


@dataclass(frozen=True, slots=True)
class LinkView:
    """How one source is doing, in words."""

    name: str
    state: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TodayView:
    """Everything on the page."""

    has_meter: bool
    links: tuple[LinkView, ...]
    feed: str
    now: NowView | None = None
    others: tuple[NowView, ...] = ()
    day: DayView | None = None
    readings: tuple[ReadingView, ...] = ()
    instants: tuple[ReadingView, ...] = ()
    further: tuple[FurtherView, ...] = ()
    """Gas, water, heat of today."""
    words: dict[str, object] | None = None


def view_of(household: Household, now: datetime) -> TodayView:
    """Gather the page; without a meter it is only the way to one."""
    links = tuple(
        LinkView(link.name, link.state if link.enabled else "stopped", words.link_words(link))
        for link in MeterLink.objects.filter(household=household)
    )
    latest = store.latest(household)
    feed = f"/live/{household.public_id}/"
    meters = meters_now(household, readings_of(latest), now)
    further = further_today(household, latest, now)
    if not meters:
        return TodayView(has_meter=False, links=links, feed=feed, further=further)
    return TodayView(
        has_meter=True,
        links=links,
        feed=feed,
        now=meters[0],
        others=meters[1:],
        day=today_view(household, local_day(now, household.zone), now),
        readings=registers(latest),
        instants=instants(latest),
        further=further,
        words=live_words(),
    )


def live_words() -> dict[str, object]:
    """The words that the page's script needs, in the page's language."""

    def texts(table: Mapping[Any, str | Promise]) -> dict[str, str]:
        return {str(key): str(text) for key, text in table.items()}

    return {
        "direction": {
            "import": gettext("using"),
            "export": gettext("sending to the grid"),
            "unknown": gettext("power unknown"),
        },
        "ambient": texts(words.AMBIENT_WORDS),
        "why": texts(words.WHY_NO_POWER),
        "state": texts(words.STATE_WORDS),
        "detail": texts(words.DETAIL_SENTENCES),
        "ago": {
            # Translators: {n} is a number that the page's script fills in.
            "s": gettext("{n} s ago"),
            "min": gettext("{n} min ago"),
            "h": gettext("{n} h ago"),
            "d": gettext("{n} d ago"),
        },
        "broken": gettext("The connection to the portal is interrupted. It comes back by itself."),
        "spoken": gettext("{direction} {power} kilowatts, {level}"),
    }
