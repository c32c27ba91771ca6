"""Settings of the household: its name and days, what is kept, who is of it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts import services
from portal.accounts.access import access_household, access_membership
from portal.accounts.models import Household, Role
from portal.common.ownership import Owner, owned_by
from portal.metering import store
from portal.pages import people
from portal.pages.frame import household_context

RAW_CHOICES = (
    (24, _("One day (default)")),
    (7 * 24, _("One week")),
    (31 * 24, _("One month")),
    (366 * 24, _("One year")),
)


@lru_cache(maxsize=1)
def time_zones() -> tuple[tuple[str, str], ...]:
    """Every place of the IANA database. Looking them up walks through its files: 30 ms, so once."""
    return tuple((name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name)


@lru_cache(maxsize=1)
def _zone_options() -> str:
    """Every time zone as an option, none chosen."""
    return format_html_join("", '<option value="{}">{}</option>', time_zones())


class ZoneSelect(forms.Select):
    """A choice among 500: Django renders each option by a template of its own, which takes 50 ms."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """The options as they were written once, with the chosen one marked."""
        chosen = format_html('value="{}"', value)
        options = mark_safe(_zone_options().replace(chosen, f"{chosen} selected", 1))  # noqa: S308  escaped above
        attributes = flatatt(self.build_attrs({**self.attrs, "name": name}, attrs))
        return format_html("<select{}>{}</select>", attributes, options)


class HouseholdForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What the home is called, how its days are cut, from where on use counts as medium or high."""

    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zones,
        help_text=_("Days, weeks and months begin at midnight here."),
        widget=ZoneSelect,
    )
    language = forms.ChoiceField(
        label=_("Language of wall screens and mail"), choices=django_settings.LANGUAGES
    )

    class Meta:
        model = Household
        fields = ("name", "timezone", "language", "ambient_low_w", "ambient_high_w")
        labels = {"name": _("Name of your home")}  # noqa: RUF012  Django's own form

    def clean(self) -> dict[str, Any]:
        """Medium begins below high."""
        cleaned: dict[str, Any] = super().clean() or {}
        low, high = cleaned.get("ambient_low_w"), cleaned.get("ambient_high_w")
        if low is not None and high is not None and low >= high:
            self.add_error("ambient_high_w", gettext("“High” has to begin above “medium”."))
        return cleaned


PROFILE_CHOICES = (
    ("", _("As long as this home exists (default)")),
    (10 * 12, _("Ten years")),
    (5 * 12, _("Five years")),
    (3 * 12, _("Three years")),
)


def _months_or_none(text: str) -> int | None:
    return int(text) if text else None


class RetentionForm(forms.Form):
    """How long each single reading and the quarter-hours are kept."""

    raw_hours = forms.TypedChoiceField(
        label=_("Keep each single reading for"), coerce=int, choices=RAW_CHOICES, widget=forms.RadioSelect
    )
    profile_months = forms.TypedChoiceField(
        label=_("Keep the quarter-hours for"),
        coerce=_months_or_none,
        empty_value=None,
        choices=PROFILE_CHOICES,
        required=False,
        help_text=_("Totals of days, months and years stay as long as this home exists."),
    )


class InvitationForm(forms.Form):
    """Who is asked to join, and as what."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    role = forms.ChoiceField(
        label=_("May"),
        choices=(
            (Role.VIEWER, _("look on")),
            (Role.MEMBER, _("look on and connect devices")),
            (Role.OWNER, _("do everything, people included")),
        ),
        widget=forms.RadioSelect,
        initial=Role.VIEWER,
    )


@owned_by(Owner.HOUSEHOLD)
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def settings(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page, and saving one of its two forms; viewers look on."""
    membership = access_membership(request.user, public_id)
    household = membership.household
    if request.method == "POST":
        access_household(request.user, public_id, at_least=Role.MEMBER)
    shelf = store.shelf_of(household)
    which = request.POST.get("form", "")
    home = HouseholdForm(request.POST if which == "home" else None, instance=household, prefix="home")
    kept = RetentionForm(
        request.POST if which == "kept" else None,
        prefix="kept",
        initial={"raw_hours": shelf.raw_hours, "profile_months": shelf.profile_months or ""},
    )
    if home.is_bound and home.is_valid():
        _save_home(home)
        return _saved(request, public_id)
    if kept.is_bound and kept.is_valid():
        store.keep_raw(household, kept.cleaned_data["raw_hours"])
        store.keep_profiles(household, kept.cleaned_data["profile_months"])
        return _saved(request, public_id)
    more = {
        "home": home,
        "kept": kept,
        "sizes": _sizes(household),
        "me": membership,
        "people": people.people_of(household),
        "roles": Role.choices,
        "invitation": InvitationForm(),
    }
    return render(request, "pages/settings.html", household_context(request, membership, "settings", **more))


@transaction.atomic
def _save_home(form: HouseholdForm) -> None:
    """Days that begin elsewhere now are cut anew, all of them."""
    household = form.save()
    if "timezone" in form.changed_data:
        store.recompute(household, now=timezone.now())


def _sizes(household: Household) -> dict[str, str]:
    """Disk use in words."""
    size = store.size_of(household)
    together = size.raw_bytes + size.profile_bytes + size.total_bytes
    return {
        "raw": filesizeformat(size.raw_bytes),
        "profiles": filesizeformat(size.profile_bytes),
        "totals": filesizeformat(size.total_bytes),
        "together": filesizeformat(together),
        "per_month": filesizeformat(size.month_bytes),
    }


def _saved(request: HttpRequest, public_id: str) -> HttpResponse:
    messages.success(request, gettext("Saved."))
    return redirect("pages:settings", public_id=public_id)


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def invite(request: HttpRequest, public_id: str) -> HttpResponse:
    """Make an invitation and show its link, this one time."""
    membership = access_membership(request.user, public_id, at_least=Role.OWNER)
    form = InvitationForm(request.POST)
    if not form.is_valid():
        context = household_context(request, membership, "settings", invitation=form)
        return render(request, "pages/invitation.html", context)
    role, email = Role(form.cleaned_data["role"]), form.cleaned_data["email"]
    token = services.make_invitation(membership.household, role=role, email=email)
    link = request.build_absolute_uri(reverse("invitation", args=[token]))
    more = {"link": link, "email": email, "role": role}
    return render(
        request, "pages/invitation.html", household_context(request, membership, "settings", **more)
    )


@owned_by(Owner.HOUSEHOLD)
@require_POST
@login_required
@never_cache
def person(request: HttpRequest, public_id: str, pk: int) -> HttpResponse:
    """Change what a person may, or end their membership."""
    household = access_household(request.user, public_id, at_least=Role.OWNER)
    membership = people.access_person(household, pk)
    try:
        if "remove" in request.POST:
            people.end_membership(membership)
            if membership.user_id == request.user.pk:
                return redirect("home")
            messages.success(
                request, gettext("%(person)s is no longer of this home.") % {"person": membership.user}
            )
        elif request.POST.get("role") in Role.values:
            people.change_role(membership, Role(request.POST["role"]))
            messages.success(request, gettext("Saved."))
    except people.LastOwner:
        messages.error(request, gettext("A home needs an owner: make somebody else one first."))
    return redirect("pages:settings", public_id=public_id)
