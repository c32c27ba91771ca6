"""The way in: first start, one-time links, invitations."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts import services
from portal.accounts.access import find_first_household
from portal.accounts.forms import NewPersonForm, SetupForm
from portal.accounts.models import LinkPurpose, User
from portal.common.ownership import Owner, owned_by

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@owned_by(Owner.PERSON)
@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """To the first household, to signing in, or to the words for the very first start."""
    household = find_first_household(request.user)
    if household is not None:
        return redirect("pages:today", public_id=household.public_id)
    if request.user.is_authenticated:
        return render(request, "accounts/no_household.html")
    if services.needs_setup():
        return render(request, "accounts/first_start.html")
    return redirect(settings.LOGIN_URL)


@owned_by(Owner.PERSON)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """The first owner and the household, behind the link that `serve` printed."""
    if services.find_open_link(token, LinkPurpose.SETUP) is None:
        return _spent(request)
    offered = {
        "timezone": settings.DEFAULT_TIME_ZONE,
        "country": settings.DEFAULT_COUNTRY,
        "language": get_language(),
    }
    form = SetupForm(request.POST or None, initial=offered)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        household = services.NewHousehold(
            name=given["household"],
            timezone=given["timezone"],
            country=given["country"].upper(),
            language=given["language"],
        )
        try:
            user = services.set_up(
                token=token, email=given["email"], password=given["password"], household=household
            )
        except services.LinkIsSpent:
            return _spent(request)
        login(request, user, backend=BACKEND)
        return redirect("home")
    return render(request, "accounts/setup.html", {"form": form})


@owned_by(Owner.PERSON)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def login_link(request: HttpRequest, token: str) -> HttpResponse:
    """A button that signs in. GET uses nothing up, so that a mail program's preview does no harm."""
    link = services.find_open_link(token, LinkPurpose.LOGIN)
    if link is None:
        return _spent(request)
    if request.method == "POST":
        try:
            user = services.sign_in_by_link(token)
        except services.LinkIsSpent:
            return _spent(request)
        login(request, user, backend=BACKEND)
        return redirect("home")
    return render(request, "accounts/login_link.html", {"person": link.user})


@owned_by(Owner.PERSON)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Join a household: with the account one is signed in with, or with a new one."""
    link = services.find_open_link(token, LinkPurpose.INVITATION)
    if link is None or link.household is None:
        return _spent(request)
    person = request.user if isinstance(request.user, User) else None
    form = None if person else NewPersonForm(request.POST or None, initial={"email": link.email})
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            if person is not None:
                services.join_by_invitation(token=token, user=person)
            elif form is not None:
                given = form.cleaned_data
                user = services.create_invited_user(
                    token=token,
                    email=given["email"],
                    password=given["password"],
                    language=get_language() or "",
                )
                login(request, user, backend=BACKEND)
        except services.LinkIsSpent:
            return _spent(request)
        return redirect("pages:today", public_id=link.household.public_id)
    return render(request, "accounts/invitation.html", {"form": form, "household": link.household})


def _spent(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/link_spent.html", status=404)
