"""Devices: what is connected, how well it does, and how to connect more."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.accounts.access import access_household, access_installation, access_membership
from portal.accounts.models import Role
from portal.common.ownership import Owner, owned_by
from portal.pages.device_forms import KeysForm, LinkForm, NameForm, ScreenForm
from portal.pages.device_views import link_view, meters_view, screen_views
from portal.pages.finding import find_heads, find_out
from portal.pages.frame import household_context
from portal.pages.today import live_words
from portal.pairing import codes, links
from portal.pairing import devices as screens
from portal.pairing.models import DeviceProfile


@owned_by(Owner.HOUSEHOLD)
@require_safe
@login_required
@never_cache
def devices(request: HttpRequest, public_id: str) -> HttpResponse:
    """Everything that is connected."""
    membership = access_membership(request.user, public_id, at_least=Role.INSTALLER)
    household, now = membership.household, timezone.now()
    more = {
        "links": [link_view(link, household, now) for link in links.links_of(household)],
        "meters": meters_view(household, now),
        "screens": screen_views(household, now),
        "feed": f"/live/{household.public_id}/",
        "words": live_words(),
    }
    return render(request, "pages/devices.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choose a port; the next page shows what arrives on it."""
    membership = access_membership(request.user, public_id, at_least=Role.INSTALLER)
    access_installation(request.user, public_id)
    household = membership.household
    heads, no_heads = find_heads() if "bluetooth" in request.GET and request.method == "GET" else ((), "")
    form = LinkForm(request.POST or None, household=household, heads=heads)
    finding = None
    if request.method == "POST" and form.is_valid():
        kind, settings = form.source_kind(), form.source_settings()
        if "find" not in request.POST:
            made = links.add_link(household, kind=kind, name=form.cleaned_data["name"], settings=settings)
            return redirect("pages:link", public_id=public_id, pk=made.pk)
        finding = find_out(settings["url"])
        if finding.speed is not None:
            found = {"baudrate": str(finding.speed), "framing": str(finding.framing)}
            form = LinkForm({**request.POST.dict(), **found}, household=household)
    more = {"form": form, "finding": finding, "no_heads": no_heads}
    return render(request, "pages/add_link.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def link(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """One link: what arrives on it just now, its name, its settings, switching it off."""
    membership = access_membership(request.user, public_id, at_least=Role.INSTALLER)
    access_installation(request.user, public_id)
    household = membership.household
    found = links.access_link(household, pk)
    keys = KeysForm(request.POST if "keys" in request.POST else None)
    form = LinkForm(None if "keys" in request.POST else request.POST or None, household=household, link=found)
    if request.method == "POST":
        if "keys" in request.POST:
            if keys.is_valid():
                links.enter_keys(found, key=keys.cleaned_data["key"], auth_key=keys.cleaned_data["auth_key"])
                return redirect("pages:link", public_id=public_id, pk=pk)
        elif "exchanged" in request.POST:
            links.forget_meter(found)
            messages.success(request, gettext("The next meter that proves itself will be this one's."))
            return redirect("pages:link", public_id=public_id, pk=pk)
        elif "enabled" in request.POST:
            links.switch_link(found, enabled=request.POST["enabled"] == "yes")
            return redirect("pages:link", public_id=public_id, pk=pk)
        elif found.kind not in ("knx", "mqtt") and form.is_valid():
            form.save_to(found)
            messages.success(request, gettext("Saved."))
            return redirect("pages:devices", public_id=public_id)
    more = {
        "link": link_view(found, household, timezone.now()),
        "link_kind": found.kind,
        "form": form,
        "keys_form": keys,
        "keys": links.fingerprints(found),
        "is_paired": bool(found.paired_title),
        "feed": f"/live/{household.public_id}/",
        "words": live_words(),
    }
    return render(request, "pages/link.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def remove_link(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Stop reading a link for good; what came through it stays."""
    household = access_installation(request.user, public_id)
    found = links.access_link(household, pk)
    links.remove_link(found)
    messages.success(
        request, gettext("%(name)s was removed. Its readings stay in your history.") % {"name": found.name}
    )
    return redirect("pages:devices", public_id=public_id)


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def add_screen(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make a pairing code for a wall screen or a terminal, and show it this one time."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    household = membership.household
    form = ScreenForm(request.POST or None)
    code = ""
    if request.method == "POST" and form.is_valid():
        code = codes.make_code(household, DeviceProfile(form.cleaned_data["profile"]))
    more = {
        "form": form,
        "code": code,
        "minutes": int(codes.LIFETIME.total_seconds() // 60),
        "kiosk_address": request.build_absolute_uri("/kiosk/"),
        "portal_address": request.build_absolute_uri("/"),
    }
    return render(request, "pages/add_screen.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def screen(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """A screen's name and how much it is told."""
    membership = access_membership(request.user, public_id, at_least=Role.MEMBER)
    found = screens.access_device(membership.household, pk)
    form = ScreenForm(request.POST or None, initial={"profile": found.profile}, prefix="told")
    name = NameForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid() and name.is_valid():
        screens.rename_device(found, name.cleaned_data["name"])
        if form.cleaned_data["profile"] != found.profile:
            screens.change_profile(found, DeviceProfile(form.cleaned_data["profile"]))
        messages.success(request, gettext("Saved."))
        return redirect("pages:devices", public_id=public_id)
    more = {"screen": found, "form": form, "name_form": name}
    return render(request, "pages/screen.html", household_context(request, membership, "devices", **more))


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def remove_screen(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """The screen's token opens nothing from now on, and its picture goes dark at once."""
    household = access_household(request.user, public_id, at_least=Role.MEMBER)
    found = screens.access_device(household, pk)
    screens.remove_device(found)
    messages.success(
        request, gettext("%(name)s was removed and shows nothing any more.") % {"name": found.name}
    )
    return redirect("pages:devices", public_id=public_id)
