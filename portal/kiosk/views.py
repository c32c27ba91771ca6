"""The wall screen: one page that a bound browser shows for years, and the page where it is bound."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from portal.common.ownership import Owner, owned_by
from portal.kiosk import binding
from portal.kiosk.wall import wall_of
from portal.pairing.codes import LockedOut, UnknownCode
from portal.pairing.devices import pair_device
from portal.pairing.models import DeviceKind
from portal.pairing.socket_access import KIOSK_COOKIE


class CodeForm(forms.Form):
    """The code that the Devices page shows, and what this screen is called."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        help_text=_("Eight letters, from “Add a screen” on the Devices page."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
    name = forms.CharField(label=_("Name of this screen"), max_length=80, initial=_("Wall screen"))


@owned_by(Owner.DEVICE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def kiosk(request: HttpRequest) -> HttpResponse:
    """The wall screen if this browser is one; else where it becomes one."""
    if request.method == "POST":
        return _bind(request)
    device = binding.find_kiosk(request)
    if device is None:
        return _ask(request, CodeForm())
    with translation.override(device.household.language):
        response = render(request, "kiosk/wall.html", {"wall": wall_of(device, timezone.now())})
    binding.bind(response, request.COOKIES[KIOSK_COOKIE])
    return response


@owned_by(Owner.DEVICE)
@require_safe
@never_cache
def curve(request: HttpRequest) -> HttpResponse:
    """The day's part alone, which the wall screen asks for when a quarter-hour is over."""
    device = binding.access_kiosk(request)
    with translation.override(device.household.language):
        return render(request, "kiosk/wall.html#day", {"wall": wall_of(device, timezone.now())})


def _bind(request: HttpRequest) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _ask(request, form)
    try:
        paired = pair_device(
            code=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            kind=DeviceKind.KIOSK,
            address=request.META.get("REMOTE_ADDR", ""),
        )
    except UnknownCode:
        form.add_error("code", gettext("No such code is open. Codes run out after a quarter of an hour."))
        return _ask(request, form)
    except LockedOut:
        form.add_error("code", gettext("Too many wrong codes. Wait a quarter of an hour."))
        return _ask(request, form, status=429)
    response = redirect("kiosk:wall")
    binding.bind(response, paired.token)
    return response


def _ask(request: HttpRequest, form: CodeForm, status: int = 200) -> HttpResponse:
    return render(request, "kiosk/bind.html", {"form": form}, status=status)
