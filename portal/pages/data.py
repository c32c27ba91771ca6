"""Your data: take it away as a file, or have it erased."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date
from typing import Any, cast

from asgiref.sync import sync_to_async
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import access_history, access_household
from portal.accounts.models import Household, Membership, Role, User
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.pages import data_files, erasure
from portal.pages.frame import household_context
from portal.pages.people import LastOwner

PARTS = (
    ("readings", _("Quarter-hours")),
    ("days", _("Days")),
    ("months", _("Months")),
    ("corrections", _("Corrections: what was known before")),
    ("meters", _("Meters")),
    ("devices", _("Connections and screens")),
    ("people", _("People")),
)
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "xml": "application/atom+xml"}


class TakeForm(forms.Form):
    """Which file, and of which days."""

    form = forms.ChoiceField(
        label=_("As"),
        choices=(
            ("csv", _("CSV, for spreadsheets")),
            ("json", _("JSON, everything in one file")),
            ("xml", _("Green Button (ESPI), for energy advisers")),
        ),
        initial="csv",
        widget=forms.RadioSelect,
    )
    part = forms.ChoiceField(label=_("CSV of"), choices=PARTS, initial="readings", required=False)
    first = forms.DateField(
        label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    last = forms.DateField(
        label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )

    def clean(self) -> dict[str, Any]:
        """From comes before to."""
        cleaned: dict[str, Any] = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first is not None and last is not None and last < first:
            self.add_error("last", gettext("“To” has to come after “from”."))
        return cleaned


class TypedForm(forms.Form):
    """A name typed out, so that nothing is erased by a slip."""

    typed = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, wanted: str, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = wanted
        self.fields["typed"].label = label

    def clean_typed(self) -> str:
        """Exactly the name, whatever the case of its letters."""
        typed = str(self.cleaned_data["typed"])
        if typed.strip().casefold() != self._wanted.casefold():
            raise forms.ValidationError(gettext("This is not the same."))
        return typed


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def data(request: HttpRequest, public_id: str) -> HttpResponse:
    """What there is and how it is taken away; people who moved out find their own here."""
    membership = access_history(request.user, public_id)
    return _page(request, membership, _take_form(membership.household))


def _take_form(household: Household) -> TakeForm:
    bounds = store.bounds(household)
    known = {} if bounds is None else {"first": bounds[0], "last": bounds[1]}
    return TakeForm(initial={"form": "csv", "part": "readings", **known})


def _page(request: HttpRequest, membership: Membership, form: TakeForm, status: int = 200) -> HttpResponse:
    more = {"form": form, "bounds": store.bounds(membership.household)}
    context = household_context(request, membership, "data", **more)
    return render(request, "pages/data.html", context, status=status)


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def take(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The file, written while it is sent."""
    membership = access_history(request.user, public_id)
    form = TakeForm(request.GET)
    if not form.is_valid():
        return _page(request, membership, form, status=400)
    kind = form.cleaned_data["form"]
    taken = _taken(membership, form.cleaned_data["first"], form.cleaned_data["last"])
    part = form.cleaned_data["part"] or "readings"
    if kind == "csv":
        pieces, name = data_files.csv_file(taken, part), part
    elif kind == "json":
        pieces, name = data_files.json_file(taken, timezone.now()), "everything"
    else:
        pieces, name = data_files.green_button_file(taken, timezone.now()), "green-button"
    response = StreamingHttpResponse(_stream(request, pieces), content_type=TYPES[kind])
    response["Content-Disposition"] = (
        f'attachment; filename="meterside-{name}-{taken.first}-{taken.last}.{kind}"'
    )
    return response


def _taken(membership: Membership, first: date | None, last: date | None) -> data_files.Taken:
    """As asked, within what is known."""
    household = membership.household
    today = household.local_today
    known = store.bounds(household) or (today, today)
    first, last = first or known[0], last or known[1]
    return data_files.Taken(
        household,
        max(first, known[0]),
        min(last, known[1]),
        residents=not membership.has_moved_out and Role(membership.role).rank >= Role.MEMBER.rank,
    )


def _stream(request: HttpRequest, pieces: Iterator[str]) -> Iterator[str] | AsyncIterator[str]:
    """The way each server takes a body piece by piece; one thread reads the database, as for any view."""
    return _in_turn(pieces) if isinstance(request, ASGIRequest) else pieces


async def _in_turn(pieces: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(pieces, None))
    while (piece := await following()) is not None:
        yield piece


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def erase(request: HttpRequest, public_id: str) -> HttpResponse:
    """Erase the household, or, for one who moved out, the history of their time."""
    membership = access_history(request.user, public_id, at_least=Role.OWNER)
    household = membership.household
    label = gettext("Type the name of the home, “%(name)s”, to confirm") % {"name": household.name}
    form = TypedForm(request.POST or None, wanted=household.name, label=label)
    if request.method == "POST" and form.is_valid():
        if membership.has_moved_out and membership.occupancy is not None:
            erasure.erase_occupancy(membership.occupancy)
        else:
            erasure.erase_household(access_household(request.user, public_id, at_least=Role.OWNER))
        messages.success(request, gettext("Everything was erased."))
        return redirect("home")
    return render(request, "pages/erase.html", household_context(request, membership, "data", form=form))


@owned_by(Owner.PERSON)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def erase_account(request: HttpRequest) -> HttpResponse:
    """Erase the signed-in person, and the homes that nobody else lives in."""
    person = cast("User", request.user)
    label = gettext("Type your e-mail address, %(email)s, to confirm") % {"email": person.email}
    form = TypedForm(request.POST or None, wanted=person.email, label=label)
    try:
        homes = erasure.homes_of_alone(person)
        if request.method == "POST" and form.is_valid():
            erasure.erase_person(person)
            logout(request)
            return redirect("home")
    except LastOwner:
        return render(request, "pages/erase_account.html", {"needs_owner": True})
    return render(request, "pages/erase_account.html", {"form": form, "homes": homes})
