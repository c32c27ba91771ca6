"""Forms of the Devices page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Household
from portal.pages.ports import find_ports
from portal.pairing import links
from portal.pairing.models import DeviceProfile, MeterLink

OTHER = "other"
SPEEDS = ((300, "300"), (2400, "2400"), (9600, "9600"), (19200, "19200"), (115200, "115200"))
FRAMINGS = (("8N1", "8N1"), ("8E1", "8E1"), ("7E1", "7E1"))
_ADDRESS = RegexValidator(
    r"^(/dev/[\w./-]+|[A-Za-z]+[0-9]+|(tcp|socket|rfc2217|esphome)://[^\s/@]+(/.*)?)$",
    _("Write a device such as /dev/ttyUSB0 or an address such as tcp://192.168.1.20:7701."),
)


class NameForm(forms.Form):
    """What people call a thing."""

    name = forms.CharField(label=_("Name"), max_length=80)


class LinkForm(NameForm):
    """A reading head on a serial port, or behind a bridge on the network."""

    port = forms.ChoiceField(label=_("Port"), widget=forms.RadioSelect)
    address = forms.CharField(
        label=_("Another port or an address on the network"),
        required=False,
        max_length=200,
        validators=[_ADDRESS],
        help_text=_("For example /dev/ttyUSB0, or tcp://192.168.1.20:7701 for a bridge."),
    )
    baudrate = forms.TypedChoiceField(
        label=_("Speed (baud)"), coerce=int, choices=SPEEDS, initial=9600, required=False
    )
    framing = forms.ChoiceField(label=_("Framing"), choices=FRAMINGS, initial="8N1", required=False)

    def __init__(
        self, *args: Any, household: Household, link: MeterLink | None = None, **kwargs: Any
    ) -> None:
        self._household = household
        self._link = link
        if link is not None:
            kwargs.setdefault("initial", _initial(link))
        super().__init__(*args, **kwargs)
        known = [(port.address, port.words) for port in find_ports()]
        if link is not None and link.settings.get("url") not in dict(known):
            known.insert(0, (str(link.settings.get("url", "")), str(link.settings.get("url", ""))))
        port = self.fields["port"]
        assert isinstance(port, forms.ChoiceField)
        port.choices = [*known, (OTHER, _("another one:"))]
        if link is None:
            port.initial = known[0][0] if known else OTHER
            self.fields["name"].initial = _free_name(household)

    def clean_name(self) -> str:
        """One name per household: it stands beside every reading."""
        name = str(self.cleaned_data["name"]).strip()
        others = MeterLink.objects.filter(household=self._household, name=name)
        if self._link is not None:
            others = others.exclude(pk=self._link.pk)
        if others.exists():
            raise forms.ValidationError(gettext("Something in this home already has this name."))
        return name

    def clean(self) -> dict[str, Any]:
        """Another port needs its address."""
        cleaned = super().clean() or {}
        if cleaned.get("port") == OTHER and not cleaned.get("address") and "address" not in self.errors:
            self.add_error("address", gettext("Say which port or address."))
        return cleaned

    def source_settings(self) -> dict[str, Any]:
        """What `consumerapp.sources.open_source` takes, besides the name."""
        given = self.cleaned_data
        kept = {} if self._link is None else dict(self._link.settings)
        return {
            **kept,
            "url": given["address"] if given["port"] == OTHER else given["port"],
            "baudrate": given["baudrate"] or 9600,
            "framing": given["framing"] or "8N1",
        }

    def save_to(self, link: MeterLink) -> None:
        """Rename and change, each only where it is another now."""
        if self.cleaned_data["name"] != link.name:
            links.rename_link(link, self.cleaned_data["name"])
        wanted = self.source_settings()
        if wanted != link.settings:
            links.change_settings(link, wanted)


def _initial(link: MeterLink) -> dict[str, Any]:
    settings = link.settings
    return {
        "name": link.name,
        "port": settings.get("url", ""),
        "baudrate": settings.get("baudrate", 9600),
        "framing": settings.get("framing", "8N1"),
    }


def _free_name(household: Household) -> str:
    """ "Meter", "Meter 2", …: whichever is not taken."""
    taken = set(MeterLink.objects.filter(household=household).values_list("name", flat=True))
    base = gettext("Meter")
    names = [base, *(f"{base} {number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)


class ScreenForm(forms.Form):
    """How much a screen is told."""

    profile = forms.ChoiceField(
        label=_("It shows"),
        choices=DeviceProfile.choices,
        widget=forms.RadioSelect,
        initial=DeviceProfile.SHARED_SPACE,
        help_text=_("Guests see a wall screen too: what you use over the day tells when you are at home."),
    )
