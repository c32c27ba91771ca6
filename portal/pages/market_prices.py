"""Market prices: which series there are, where they have gaps, and taking in a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.access import access_household, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.metering.contract_models import MarketImport, MarketSeries
from portal.metering.price_series import (
    PriceFileError,
    Stretch,
    gaps_of,
    import_prices,
    parse_prices,
    remove_series,
    series_for,
    span_of,
)
from portal.pages.contract_examples import starting_with
from portal.pages.figures import count
from portal.pages.frame import household_context

SHOWN_GAPS = 12


class PricesForm(forms.Form):
    """A file of prices."""

    file = forms.FileField(label=_("File (CSV or JSON)"))
    name = forms.CharField(
        label=_("Name of the series"),
        max_length=40,
        required=False,
        help_text=_("The same as in the contract; a JSON file may say it itself."),
    )
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesView:
    """One series in words."""

    pk: int
    name: str
    currency: str
    is_own: bool
    span: str
    gaps: tuple[str, ...]
    more_gaps: int
    last_import: str


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def market_prices(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every series, and the form for a file."""
    membership = access_membership(request.user, public_id)
    household = membership.household
    if request.method == "POST":
        access_household(request.user, public_id, at_least=Role.MEMBER)
    begins = starting_with(household, household.local_today)
    form = PricesForm(request.POST or None, request.FILES or None, initial={"currency": begins["currency"]})
    if request.method == "POST" and form.is_valid() and _import(request, household, form):
        return redirect("pages:market_prices", public_id=public_id)
    more = {"form": form, "series": [_view(one, household) for one in series_for(household)]}
    return render(
        request, "pages/market_prices.html", household_context(request, membership, "costs", **more)
    )


def _import(request: HttpRequest, household: Household, form: PricesForm) -> bool:
    sent = form.cleaned_data["file"]
    try:
        file = parse_prices(sent.read())
        name = form.cleaned_data["name"] or file.series
        if not name:
            raise PriceFileError(gettext("Say which series these prices are of."))
        done = import_prices(
            household, name, form.cleaned_data["currency"].upper(), file, source=sent.name or ""
        )
    except PriceFileError as error:
        form.add_error("file", str(error))
        return False
    messages.success(request, _words_of(done))
    return True


def _words_of(done: MarketImport) -> str:
    return gettext("%(added)s quarter-hours new, %(changed)s changed, %(same)s known already.") % {
        "added": count(done.added),
        "changed": count(done.changed),
        "same": count(done.same),
    }


def _view(series: MarketSeries, household: Household) -> SeriesView:
    span = span_of(series)
    gaps = gaps_of(series)
    newest = series.imports.first()
    return SeriesView(
        pk=series.pk,
        name=series.name,
        currency=series.currency,
        is_own=series.household_id is not None,
        span="" if span is None else _stretch(span, household),
        gaps=tuple(_stretch(gap, household) for gap in reversed(gaps[-SHOWN_GAPS:])),
        more_gaps=max(0, len(gaps) - SHOWN_GAPS),
        last_import="" if newest is None else _words_of(newest),
    )


def _stretch(stretch: Stretch, household: Household) -> str:
    hours = round((stretch.end - stretch.start).total_seconds() / 3600)
    length = ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    if hours > 72:
        days = hours // 24
        length = ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    return gettext("%(first)s to %(last)s (%(length)s)") % {
        "first": _moment(stretch.start, household),
        "last": _moment(stretch.end, household),
        "length": length,
    }


def _moment(instant: datetime, household: Household) -> str:
    return date_format(instant.astimezone(household.zone), pgettext("date format", "j M Y, H:i"))


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def remove_prices(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Forget a series of the household's own; the installation's stays."""
    household = access_household(request.user, public_id, at_least=Role.MEMBER)
    series = MarketSeries.objects.filter(household=household, pk=pk).first()
    if series is None:
        raise Http404
    name = series.name
    remove_series(series)
    messages.success(request, gettext("%(name)s was removed.") % {"name": name})
    return redirect("pages:market_prices", public_id=public_id)
