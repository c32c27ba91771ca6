"""Import a history: choose a file, look at what would come in, let it in."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consumerapp.readings import Obis, Quantity, Unit
from portal.accounts.access import access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.ingest import importing
from portal.ingest.foreign_files import FileRefused, Found, Meaning, Program, read
from portal.pages import figures
from portal.pages.frame import household_context

MOST_BYTES = 32 << 20
_MEANINGS = {
    "bought": (Quantity.ACTIVE_ENERGY_IMPORT, Obis.parse("1-0:1.8.0")),
    "sold": (Quantity.ACTIVE_ENERGY_EXPORT, Obis.parse("1-0:2.8.0")),
    "gas": (Quantity.GAS_VOLUME, Obis.parse("0-1:24.2.1")),
}


class ImportForm(forms.Form):
    """Which program wrote the file, and what its numbers are."""

    program = forms.ChoiceField(
        label=_("Written by"),
        choices=(
            (Program.DSMR_READER, _("DSMR-reader: export of hours or days")),
            (Program.HOME_ASSISTANT, _("Home Assistant: history download")),
            (Program.EMONCMS, _("emoncms: feed export")),
        ),
        widget=forms.RadioSelect,
        initial=Program.DSMR_READER,
    )
    counts = forms.ChoiceField(
        label=_("It counts"),
        choices=(
            ("bought", _("electricity bought from the grid")),
            ("sold", _("electricity sent to the grid")),
            ("gas", _("gas")),
        ),
        help_text=_("DSMR-reader says so itself."),
    )
    unit = forms.ChoiceField(
        label=_("Unit"), choices=(("k", "kWh, m³"), ("1", "Wh")), help_text=_("Of the numbers in the file.")
    )
    entity = forms.CharField(
        label=_("Entity"),
        max_length=120,
        required=False,
        help_text=_("Home Assistant, if the file holds several: such as sensor.energy_total."),
    )
    file = forms.FileField(label=_("File (CSV)"), max_length=200)

    def clean_file(self) -> str:
        """Its text."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError(gettext("The file is too long: at most 32 MB."))
        try:
            return str(given.read().decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise forms.ValidationError(gettext("The file is no text in UTF-8.")) from error


def _read(text: str, choices: dict[str, str], household: Household) -> Found:
    quantity, obis = _MEANINGS[choices["counts"]]
    kilo = choices["unit"] == "k" and quantity.unit is Unit.WH
    meaning = Meaning(
        quantity=quantity, obis=obis, factor=Decimal(1000 if kilo else 1), entity=choices["entity"]
    )
    return read(text, Program(choices["program"]), meaning, household.zone)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def import_history(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choose a file; the answer says what would come in and changes nothing."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    form = ImportForm(request.POST or None, request.FILES or None)
    more: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        choices = {name: form.cleaned_data[name] for name in ("program", "counts", "unit", "entity")}
        try:
            found = _read(form.cleaned_data["file"], choices, household)
        except FileRefused as why:
            form.add_error("file", str(why))
        else:
            planned = importing.plan(household, found, timezone.now())
            some = any(one.points for one in planned)
            more |= {"found": found, "planned": [_preview(one) for one in planned], "some": some}
            if some:
                more["draft"] = importing.keep_draft(household, form.cleaned_data["file"], choices)
    return render(request, "pages/import.html", household_context(request, membership, "data", **more))


def _preview(one: importing.Planned) -> dict[str, object]:
    points, unit = one.points, one.register.quantity.unit
    used = points[-1][1] - points[0][1] if points else Decimal(0)
    return {
        "code": one.register.obis.short,
        "count": figures.count(len(points)),
        "left_out": figures.count(one.left_out) if one.left_out else "",
        "first": points[0][0] if points else None,
        "last": points[-1][0] if points else None,
        "used": figures.register(used, unit),
        "known_from": one.known_from,
    }


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["POST"])
@login_required
@never_cache
def import_draft(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Let in what was looked at."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    draft = importing.find_draft(household, pk)
    if draft is None:
        messages.error(request, gettext("The file was kept for an hour only. Choose it again."))
        return redirect("ingest:import", public_id=public_id)
    found = _read(importing.text_of(draft), draft.choices, household)
    now = timezone.now()
    came, others = importing.import_points(household, found, importing.plan(household, found, now), now)
    draft.delete()
    said = ngettext("%(count)s reading came in.", "%(count)s readings came in.", came)
    messages.success(request, said % {"count": figures.count(came)})
    if others:
        known = ngettext(
            "%(count)s was known already or does not fit what is known.",
            "%(count)s were known already or do not fit what is known.",
            others,
        )
        messages.info(request, known % {"count": figures.count(others)})
    return redirect("pages:history", public_id=public_id)
