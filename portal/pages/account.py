"""A person's own choices: how pages look, which language they speak, what they are called."""

from __future__ import annotations

from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.models import User
from portal.common.ownership import Owner, owned_by

THEME_COOKIE = "meterside_theme"
THEMES = ("light", "dark")
A_YEAR_S = 365 * 24 * 3600


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Name and language."""

    class Meta:
        model = User
        fields = ("name", "language")
        labels = {"name": _("Your name"), "language": _("Language")}  # noqa: RUF012  Django's own form

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came
        languages = settings.LANGUAGES
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"), required=False, choices=[("", _("As the browser asks")), *languages]
        )


@owned_by(Owner.PERSON)
@require_POST
@never_cache
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the device is set: kept in a cookie of this browser."""
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}):
        target = "/"
    response = redirect(target)
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(
            THEME_COOKIE, chosen, max_age=A_YEAR_S, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(THEME_COOKIE, samesite="Lax")
    return response


@owned_by(Owner.PERSON)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own name and language."""
    form = PersonForm(request.POST or None, instance=cast("User", request.user))
    if request.method == "POST" and form.is_valid():
        person = form.save(commit=False)
        person.save(update_fields=["name", "language"])
        with translation.override(person.language or translation.get_language()):
            messages.success(request, gettext("Saved."))
        return redirect("pages:account")
    return render(request, "pages/account.html", {"form": form})
