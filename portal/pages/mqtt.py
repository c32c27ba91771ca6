"""An MQTT broker on the Devices page: add it, change it, look at what arrives before it is saved."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consumerapp.catalogue import lookup
from consumerapp.errors import ConsumerAppError
from portal.accounts.access import access_installation, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.pages import words
from portal.pages.frame import household_context
from portal.pages.mqtt_form import MqttForm
from portal.pairing import links
from portal.pairing.looking import Look, Taken, look
from portal.pairing.models import MeterLink
from portal.pairing.probing import NoPortsHere


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenView:
    """A value that would be kept, in words."""

    meter: str
    title: str
    code: str
    value: str
    unit: str
    measured_at: str


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_mqtt(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say where the broker is and what is spoken there."""
    return _page(request, public_id, None)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def mqtt_link(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Change a broker."""
    household = access_installation(request.user, public_id)
    found = links.access_link(household, pk)
    if found.kind != "mqtt":
        raise Http404
    return _page(request, public_id, found)


def _page(request: HttpRequest, public_id: str, link: MeterLink | None) -> HttpResponse:
    membership = access_membership(request.user, public_id, at_least=Role.INSTALLER)
    household = access_installation(request.user, public_id)
    form = MqttForm(request.POST or None, household=household, link=link)
    seen: Look | None = None
    if request.method == "POST" and form.is_valid():
        if "look" not in request.POST:
            saved = form.save()
            messages.success(request, gettext("Saved."))
            return redirect("pages:link", public_id=public_id, pk=saved.pk)
        seen = _look(form)
    more = {
        "form": form,
        "link": link,
        "seen": seen,
        "seen_advice": "" if seen is None else words.detail_sentence(seen.detail),
        "taken": () if seen is None else tuple(_taken(one, household) for one in seen.taken),
        "has_password": link is not None and "password" in link.sealed,
        "has_client_key": link is not None and "client_key" in link.sealed,
    }
    return render(request, "pages/mqtt.html", household_context(request, membership, "devices", **more))


def _look(form: MqttForm) -> Look | None:
    try:
        return look(form.settings_with_secrets())
    except NoPortsHere:
        form.add_error(None, gettext("This portal is not in your home: save, and see on the next page."))
    except ConsumerAppError as error:
        form.add_error(None, gettext("This cannot be: %(why)s.") % {"why": error})
    return None


def _taken(one: Taken, household: Household) -> TakenView:
    entry = lookup(one.value.obis)
    at = one.measured_at
    return TakenView(
        meter=f"…{one.meter[-4:]}" if len(one.meter) > 4 else one.meter,
        title="" if entry is None else gettext(entry.title),
        code=str(one.value.obis).removesuffix("*255"),
        value=f"{one.value.value.normalize():f}",
        unit=one.value.unit.value,
        measured_at="" if at is None else date_format(at.astimezone(household.zone), "TIME_FORMAT"),
    )
