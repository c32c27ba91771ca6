"""One meter: its name, whether it is summed, its exchange, its removal.

Here and not among the other pages because an exchange lets readings in.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consumerapp.catalogue import lookup
from consumerapp.readings import Unit
from portal.accounts.access import access_membership
from portal.accounts.models import Role
from portal.common.ownership import Owner, owned_by
from portal.ingest.exchange import DoesNotFit, exchange
from portal.metering import meter_life
from portal.metering.meter_life import Counter
from portal.metering.models import MeterRole
from portal.pages import figures, words
from portal.pages.frame import household_context

_THOUSANDS = frozenset({Unit.WH, Unit.VARH, Unit.VAH})
_LOCAL = "%Y-%m-%dT%H:%M"


class MeterForm(forms.Form):
    """What it is called and what it is."""

    name = forms.CharField(label=_("Name"), max_length=80, required=False)
    role = forms.ChoiceField(
        label=_("It measures"),
        choices=(
            (MeterRole.MAIN, _("what the home takes and gives: it counts")),
            (MeterRole.SUB, _("a part of what another meter measures: it is not added to the home's totals")),
        ),
        widget=forms.RadioSelect,
    )


class ExchangeForm(forms.Form):
    """When it was exchanged, and what both meters showed then."""

    at = forms.DateTimeField(
        label=_("Exchanged on"),
        input_formats=[_LOCAL, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_LOCAL),
    )

    def __init__(
        self,
        *args: Any,
        zone: ZoneInfo,
        old: tuple[Counter, ...],
        new: tuple[Counter, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        self._counters = {"old": old, "new": new}
        for which, label in (
            ("old", _("Last number of the old meter")),
            ("new", _("First number of the new one")),
        ):
            for position, counter in enumerate(self._counters[which]):
                self.fields[f"{which}{position}"] = forms.DecimalField(
                    label=f"{label}: {_title(counter)} ({_shown_unit(counter)})",
                    min_value=0,
                    max_digits=15,
                    decimal_places=6,
                    required=False,
                )

    def clean_at(self) -> datetime:
        """The wall clock of the home; not later than now."""
        at: datetime = self.cleaned_data["at"].replace(tzinfo=self._zone)
        if at > timezone.now():
            raise forms.ValidationError(gettext("This is still to come."))
        return at

    def numbers(self, which: str) -> dict[Counter, Decimal]:
        """What was entered, in base units; an empty field is taken from the readings there are."""
        return {
            counter: self.cleaned_data[f"{which}{position}"]
            * (1000 if counter.quantity.unit in _THOUSANDS else 1)
            for position, counter in enumerate(self._counters[which])
            if self.cleaned_data.get(f"{which}{position}") is not None
        }


def _title(counter: Counter) -> str:
    entry = lookup(counter.obis)
    return f"{gettext(entry.title) if entry is not None else counter.quantity.value} {counter.obis.short}"


def _shown_unit(counter: Counter) -> str:
    unit = counter.quantity.unit
    return f"k{unit}" if unit in _THOUSANDS else str(unit)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def meter(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Name, role, removal, and the way to its exchange."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    found = meter_life.access_meter(membership.household, pk)
    form = MeterForm(request.POST or None, initial={"name": found.name, "role": found.role})
    if request.method == "POST":
        if "remove" in request.POST:
            meter_life.remove_meter(found, at=timezone.now())
            messages.success(
                request, gettext("The meter was removed. What it measured stays in your history.")
            )
            return redirect("pages:devices", public_id=public_id)
        if form.is_valid():
            meter_life.change_meter(
                found, name=form.cleaned_data["name"], role=MeterRole(form.cleaned_data["role"])
            )
            messages.success(request, gettext("Saved."))
            return redirect("pages:devices", public_id=public_id)
    more = {
        "meter": found,
        "commodity": words.COMMODITIES[found.commodity],
        "form": form,
        "counters": [
            (counter.obis.short, figures.register(counter.newest, counter.quantity.unit))
            for counter in meter_life.counters_of(membership.household, found)
            if counter.newest is not None
        ],
        "successors": meter_life.successors_of(found) if found.removed_at is None else [],
    }
    return render(request, "pages/meter.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def exchange_meter(request: HttpRequest, public_id: str, pk: int, new_pk: int) -> HttpResponse:
    """The numbers of both meters at the moment of their exchange."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    old, new = meter_life.access_meter(household, pk), meter_life.access_meter(household, new_pk)
    if new not in meter_life.successors_of(old):
        return redirect("ingest:meter", public_id=public_id, pk=pk)
    form = ExchangeForm(
        request.POST or None,
        zone=household.zone,
        old=meter_life.counters_of(household, old),
        new=meter_life.counters_of(household, new),
        initial={"at": new.installed_at.astimezone(household.zone).replace(tzinfo=None)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            exchange(
                household,
                old,
                new,
                at=form.cleaned_data["at"],
                old_numbers=form.numbers("old"),
                new_numbers=form.numbers("new"),
                now=timezone.now(),
            )
        except DoesNotFit as why:
            form.add_error(
                None,
                gettext(
                    "Register %(register)s does not fit what the meter itself has sent. Check the number, "
                    "and that the old meter had stopped and the new one had not begun at that time."
                )
                % {"register": why},
            )
        else:
            messages.success(request, gettext("Both meters are one history now."))
            return redirect("pages:devices", public_id=public_id)
    more = {"old": old, "new": new, "form": form}
    return render(request, "pages/exchange.html", household_context(request, membership, "devices", **more))
