"""Forms of the first start, of invitations and of a person's own settings."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class PasswordField(forms.CharField):
    """A password that is being chosen."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        super().__init__(strip=False, max_length=256, widget=widget, **kwargs)


class NewPersonForm(forms.Form):
    """Who joins: address and password."""

    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = PasswordField(label=_("Password"), help_text=_("At least 10 characters."))

    def clean_email(self) -> str:
        """One person per address."""
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email__iexact=email).exists():
            raise forms.ValidationError(_("There is an account with this address. Sign in first."))
        return email

    def clean(self) -> dict[str, Any]:
        """The password against the rules, with the address at hand."""
        cleaned = super().clean() or {}
        if "password" in cleaned:
            try:
                validate_password(cleaned["password"], User(email=cleaned.get("email", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return cleaned


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(available_timezones()) if "/" in name]


class SetupForm(NewPersonForm):
    """The first owner and the household."""

    household = forms.CharField(label=_("Name of your home"), max_length=80)
    timezone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    country = forms.RegexField(
        r"^[A-Za-z]{2}$",
        label=_("Country"),
        help_text=_("Two letters, such as DE or NL."),
        widget=forms.TextInput(attrs={"maxlength": 2, "size": 2}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
