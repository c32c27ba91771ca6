"""KNX on the Devices page: add a bus, change it, take rows over from an export of ETS."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.access import access_installation, access_membership
from portal.accounts.models import Role
from portal.common.ownership import Owner, owned_by
from portal.pages.frame import household_context
from portal.pages.knx_form import KnxForm, is_known, with_confirmed_rows
from portal.pairing import links
from portal.pairing.models import MeterLink


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_knx(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say where the bus is and which groups to listen to."""
    return _page(request, public_id, None)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def knx_link(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Change a bus."""
    household = access_installation(request.user, public_id)
    found = links.access_link(household, pk)
    if found.kind != "knx":
        raise Http404
    return _page(request, public_id, found)


def _page(request: HttpRequest, public_id: str, link: MeterLink | None) -> HttpResponse:
    membership = access_membership(request.user, public_id, at_least=Role.INSTALLER)
    household = access_installation(request.user, public_id)
    posted = with_confirmed_rows(request.POST) if request.method == "POST" else None
    form = KnxForm(posted, request.FILES or None, household=household, link=link)
    if posted is not None and form.is_valid() and not form.is_preview:
        saved = form.save()
        messages.success(request, gettext("Saved."))
        return redirect("pages:link", public_id=public_id, pk=saved.pk)
    table = "" if posted is None else posted.get("table", "")
    more = {
        "form": form,
        "link": link,
        "suggestions": [one for one in form.suggestions if not is_known(one, table)],
        "has_looked": posted is not None and form.is_preview and not form.errors.get("export"),
        "has_keyring": link is not None and "keyring" in link.sealed,
    }
    return render(request, "pages/knx.html", household_context(request, membership, "devices", **more))
