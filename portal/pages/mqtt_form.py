"""The form of an MQTT broker: where it is, how it is trusted, what is spoken there."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consumerapp.errors import ConsumerAppError
from consumerapp.h2.dialects import available_dialects, dialect_info
from consumerapp.sources import open_source
from consumerapp.sources.mqtt import parse_filters
from portal.accounts.models import Household
from portal.pages.device_forms import NameForm
from portal.pairing import links
from portal.pairing.models import MeterLink

ENCRYPTED, OPEN = "encrypted", "open"
MAX_PEM_CHARS = 20_000
MAX_RULES_CHARS = 20_000
_LINES = {"spellcheck": "false", "class": "code", "autocomplete": "off"}
_SECRETS = ("password", "client_key")


class MqttForm(NameForm):
    """One broker and the topics of one gateway."""

    host = forms.CharField(
        label=_("Address of the broker"), max_length=200, help_text=_("A name or address, without a port.")
    )
    port = forms.IntegerField(
        label=_("Port"),
        required=False,
        min_value=1,
        max_value=65535,
        help_text=_("Empty: 8883, or 1883 without encryption."),
    )
    encryption = forms.ChoiceField(
        label=_("Way to the broker"),
        choices=(
            (ENCRYPTED, _("encrypted (TLS)")),
            (OPEN, _("not encrypted: everybody in the network can read it, the password too")),
        ),
        widget=forms.RadioSelect,
        initial=ENCRYPTED,
    )
    username = forms.CharField(label=_("User name"), required=False, max_length=200)
    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("It is kept sealed and never shown again."),
    )
    dialect = forms.ChoiceField(label=_("What the gateway speaks"))
    topics = forms.CharField(
        label=_("Topics"),
        max_length=2000,
        help_text=_("Only the gateway's own, such as tele/hall/+; several with spaces between them."),
    )
    rules = forms.CharField(
        label=_("Own rules"),
        required=False,
        max_length=MAX_RULES_CHARS,
        widget=forms.Textarea(attrs={"rows": 5, **_LINES}),
        help_text=_(
            "One a line: topic | path | register | unit. Such as plug/7/state | E.Total | 1-0:1.8.0 | kWh"
        ),
    )
    ca_certificate = forms.CharField(
        label=_("Certificate of the authority (PEM)"),
        required=False,
        max_length=MAX_PEM_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, **_LINES}),
        help_text=_("Where the broker's certificate comes from an authority of your own."),
    )
    pinned_sha256 = forms.CharField(
        label=_("Or the fingerprint of the broker's certificate (SHA-256)"), required=False, max_length=120
    )
    client_certificate = forms.CharField(
        label=_("Own certificate (PEM)"),
        required=False,
        max_length=MAX_PEM_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, **_LINES}),
    )
    client_key = forms.CharField(
        label=_("Key of the own certificate (PEM)"),
        required=False,
        max_length=MAX_PEM_CHARS,
        widget=forms.Textarea(attrs={"rows": 3, **_LINES}),
        help_text=_("It is kept sealed and never shown again."),
    )

    def __init__(
        self, *args: Any, household: Household, link: MeterLink | None = None, **kwargs: Any
    ) -> None:
        self._household = household
        self._link = link
        kwargs.setdefault("initial", {"name": "MQTT"} if link is None else _initial(link))
        super().__init__(*args, **kwargs)
        dialect = self.fields["dialect"]
        assert isinstance(dialect, forms.ChoiceField)
        infos = [dialect_info(name) for name in available_dialects()]
        own_rules = [(info.name, gettext("Own rules")) for info in infos if info.name == "declared"]
        named = [(info.name, info.title) for info in infos if info.name != "declared"]
        dialect.choices = [*sorted(named, key=lambda choice: choice[1].lower()), *own_rules]

    def clean_name(self) -> str:
        """One name per household: it stands beside every reading."""
        name = str(self.cleaned_data["name"]).strip()
        others = MeterLink.objects.filter(household=self._household, name=name)
        if self._link is not None:
            others = others.exclude(pk=self._link.pk)
        if others.exists():
            raise forms.ValidationError(gettext("Something in this home already has this name."))
        return name

    def clean_topics(self) -> str:
        """Topics of one gateway, never everything."""
        try:
            return " ".join(parse_filters(self.cleaned_data["topics"]))
        except ConsumerAppError as error:
            words = gettext("Write the gateway's own topics, such as tele/hall/+, and never # alone.")
            raise forms.ValidationError(words) from error

    def clean(self) -> dict[str, Any]:
        """All of it together has to be a source."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                open_source("mqtt", self.settings_with_secrets())
            except ConsumerAppError as error:
                self.add_error(None, gettext("This cannot be: %(why)s.") % {"why": error})
        return cleaned

    def source_settings(self) -> dict[str, Any]:
        """What `consumerapp.sources.open_source` takes, besides the name; secrets only where given anew."""
        given = self.cleaned_data
        kept = {} if self._link is None else self._link.settings
        found = {
            "host": given["host"].strip(),
            "port": given["port"],
            "tls": given["encryption"] == ENCRYPTED,
            "topics": given["topics"],
            "dialect": given["dialect"],
            "rules": given["rules"],
            "username": given["username"],
            "ca_certificate": given["ca_certificate"].strip(),
            "pinned_sha256": given["pinned_sha256"].strip(),
            "client_certificate": given["client_certificate"].strip(),
            "client_id": kept.get("client_id") or f"meterside-{secrets.token_hex(8)}",
            "zone": self._household.timezone,
        }
        return found | {name: given[name].strip() for name in _SECRETS if given[name].strip()}

    def settings_with_secrets(self) -> dict[str, Any]:
        """The same, with what is sealed already: for a look, never for a page."""
        sealed = {} if self._link is None else links.opened_settings(self._link)
        kept = {name: sealed[name] for name in _SECRETS if name in sealed}
        return {**kept, **self.source_settings(), "name": self.cleaned_data.get("name") or "MQTT"}

    def save(self) -> MeterLink:
        """Add the link, or change it."""
        wanted, name = self.source_settings(), self.cleaned_data["name"]
        if self._link is None:
            return links.add_link(self._household, kind="mqtt", name=name, settings=wanted)
        if name != self._link.name:
            links.rename_link(self._link, name)
        links.change_settings(self._link, wanted)
        return self._link


def _initial(link: MeterLink) -> dict[str, Any]:
    kept = {name: value for name, value in link.settings.items() if name not in ("tls", "client_id", "zone")}
    return {"name": link.name, "encryption": ENCRYPTED if link.settings.get("tls", True) else OPEN, **kept}
