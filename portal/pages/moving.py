"""“We move out”: what it means, from which day on, and what those who come after need."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts import moving
from portal.accounts.access import access_history, access_membership
from portal.accounts.models import Household, Membership, Occupancy, Role
from portal.common.ownership import Owner, owned_by
from portal.live.announce import close_screens
from portal.live.feed import End
from portal.pages.frame import household_context
from portal.pairing import devices
from portal.pairing.models import PairingCode


class MoveOutForm(forms.Form):
    """The last day, what happens to the history, and a word that one means it."""

    last_day = forms.DateField(
        label=_("Our last day here"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("This day still belongs to you. A day that is over ends it at once."),
    )
    keep_days = forms.TypedChoiceField(
        label=_("Our history"),
        coerce=int,
        choices=(
            (moving.KEEP_DAYS[2], _("Keep it for us for three years")),
            (moving.KEEP_DAYS[1], _("Keep it for us for one year")),
            (moving.KEEP_DAYS[0], _("Delete it after our last day")),
        ),
        initial=moving.KEEP_DAYS[2],
        widget=forms.RadioSelect,
    )
    understood = forms.BooleanField(
        label=_("We all move out, and have told everybody who lives here."),
    )


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def move(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say when one leaves, take it back, make the invitation for those who come after."""
    membership = access_membership(request.user, public_id, at_least=Role.OWNER)
    household = membership.household
    planned = moving.planned_end(household)
    if request.method == "POST" and "stay" in request.POST:
        if planned is not None:
            moving.stay(household)
            messages.success(request, gettext("You stay. Nothing has changed."))
        return redirect("pages:settings", public_id=public_id)
    if planned is not None:
        link = _invitation(request, household, planned) if request.method == "POST" else ""
        return _page(request, membership, planned=planned, link=link)
    form = MoveOutForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            occupancy = leave(
                household, last_day=form.cleaned_data["last_day"], keep_days=form.cleaned_data["keep_days"]
            )
        except moving.CannotMove:
            form.add_error("last_day", _why_not(household))
        else:
            link = _invitation(request, household, occupancy)
            return _page(request, access_history(request.user, public_id), planned=occupancy, link=link)
    return _page(request, membership, form=form)


@transaction.atomic
def leave(household: Household, *, last_day: Any, keep_days: int) -> Occupancy:
    """Those who live here leave. Where that day is over, every screen of theirs goes dark at once."""
    occupancy = moving.move_out(household, last_day=last_day, keep_days=keep_days)
    if occupancy.last_day < household.local_today:
        for device in devices.devices_of(household):
            devices.remove_device(device)
        PairingCode.objects.filter(household=household).delete()
        members = [membership.user_id for membership in occupancy.memberships.all()]
        transaction.on_commit(lambda: _close(household.pk, members), robust=True)
    return occupancy


def _close(household_id: int, members: list[int]) -> None:
    for user_id in members:
        close_screens(household_id, why=End.ACCESS_ENDED, user_id=user_id)


def _why_not(household: Household) -> str:
    since = household.occupants_since
    begins = household.created_at.astimezone(household.zone).date() if since is None else since
    latest = household.local_today + moving.LONGEST_AHEAD
    return gettext("Choose a day from %(first)s to %(last)s.") % {
        "first": date_format(begins),
        "last": date_format(latest),
    }


def _invitation(request: HttpRequest, household: Household, occupancy: Occupancy) -> str:
    token = moving.invite_next(household, occupancy)
    return request.build_absolute_uri(reverse("invitation", args=[token]))


def _page(
    request: HttpRequest,
    membership: Membership,
    *,
    form: MoveOutForm | None = None,
    planned: Occupancy | None = None,
    link: str = "",
) -> HttpResponse:
    more: dict[str, object] = {"form": form, "planned": planned, "link": link}
    if planned is not None:
        more["opens_on"] = planned.last_day + timedelta(days=1)
        more["is_over"] = membership.household.local_today > planned.last_day
    context = household_context(request, membership, "settings", **more)
    return render(request, "pages/moving.html", context)
