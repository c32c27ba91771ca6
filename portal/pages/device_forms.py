"""Forms of the Devices page."""

from __future__ import annotations

from string import hexdigits
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consumerapp.errors import ConsumerAppError
from consumerapp.h1.cipher import KEY_OCTETS, bare_key
from consumerapp.transports.ble_uart import BleUart, HeadAtHand
from portal.accounts.models import Household
from portal.pages.ports import find_ports
from portal.pairing import links
from portal.pairing.models import DeviceProfile, MeterLink

OTHER = "other"
SPEEDS = ((300, "300"), (1200, "1200"), (2400, "2400"), (9600, "9600"), (19200, "19200"), (115200, "115200"))
FRAMINGS = (("8N1", "8N1"), ("8E1", "8E1"), ("7E1", "7E1"))
SIGN_ON_CHOICES = (
    (0, _("never: only listen")),
    (5, _("every 5 minutes")),
    (15, _("every 15 minutes")),
    (60, _("once an hour")),
)
_ONE_SPEED = frozenset({"tcp", "socket", "ble"})
"""Ways to a head that have a speed of their own."""
_ADDRESS = RegexValidator(
    r"^(/dev/[\w./-]+|[A-Za-z]+[0-9]+|(tcp|socket|rfc2217|esphome|ble)://[^\s/@]+(/.*)?)$",
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
    sign_on_minutes = forms.TypedChoiceField(
        label=_("Ask the meter"),
        coerce=int,
        choices=SIGN_ON_CHOICES,
        initial=0,
        required=False,
        help_text=_(
            "For older meters that speak only when they are asked (IEC 62056-21, modes A and C). "
            "Meterside then writes to the meter: a short request each time, nothing else. "
            "Speed and framing follow from the meter's answer."
        ),
    )

    def __init__(
        self,
        *args: Any,
        household: Household,
        link: MeterLink | None = None,
        heads: tuple[HeadAtHand, ...] = (),
        **kwargs: Any,
    ) -> None:
        self._household = household
        self._link = link
        if link is not None:
            kwargs.setdefault("initial", _initial(link))
        super().__init__(*args, **kwargs)
        known = [(port.address, port.words) for port in find_ports()]
        known += [(head.url, head_words(head)) for head in heads]
        posted = str(self.data.get("port", ""))
        if posted.startswith("ble://") and posted not in dict(known):
            # It was heard when the page was made; it need not be heard again to be chosen.
            known.append((posted, posted))
        self._offer_sign_on(link)
        if link is not None and link.settings.get("url") not in dict(known):
            known.insert(0, (str(link.settings.get("url", "")), str(link.settings.get("url", ""))))
        port = self.fields["port"]
        assert isinstance(port, forms.ChoiceField)
        port.choices = [*known, (OTHER, _("another one:"))]
        if link is None:
            port.initial = known[0][0] if known else OTHER
            self.fields["name"].initial = _free_name(household)

    def _offer_sign_on(self, link: MeterLink | None) -> None:
        """What somebody set otherwise than by this form stays a choice."""
        minutes = _sign_on_minutes(link) if link is not None else 0
        if minutes not in dict(SIGN_ON_CHOICES):
            field = self.fields["sign_on_minutes"]
            assert isinstance(field, forms.TypedChoiceField)
            words = gettext("every %(minutes)d minutes") % {"minutes": minutes}
            field.choices = [*SIGN_ON_CHOICES, (minutes, words)]

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
        address = cleaned.get("address") if cleaned.get("port") == OTHER else cleaned.get("port")
        if address and str(address).startswith("ble://"):
            try:
                BleUart.from_url(str(address))
            except ConsumerAppError:
                words = gettext("Write the address of a Bluetooth head such as ble://AA:BB:CC:DD:EE:FF.")
                self.add_error("address", words)
        if cleaned.get("sign_on_minutes") and str(address).partition("://")[0] in _ONE_SPEED:
            words = gettext(
                "This way the meter cannot be asked: asking needs a serial port that changes speed."
            )
            self.add_error("sign_on_minutes", words)
        return cleaned

    def source_kind(self) -> str:
        """Which source reads it."""
        return "ble" if self._url().startswith("ble://") else "serial"

    def _url(self) -> str:
        given = self.cleaned_data
        return str(given["address"] if given["port"] == OTHER else given["port"])

    def source_settings(self) -> dict[str, Any]:
        """What `consumerapp.sources.open_source` takes, besides the name."""
        given = self.cleaned_data
        kept = {} if self._link is None else dict(self._link.settings)
        if self.source_kind() == "ble":
            # The head sets the speed of the light itself.
            unused = {"baudrate", "framing", "sign_on_minutes"}
            return {name: value for name, value in kept.items() if name not in unused} | {"url": self._url()}
        asked = {"sign_on_minutes": given["sign_on_minutes"]} if given["sign_on_minutes"] else {}
        kept.pop("sign_on_minutes", None)
        return {
            **kept,
            "url": self._url(),
            "baudrate": given["baudrate"] or 9600,
            "framing": given["framing"] or "8N1",
            **asked,
        }

    def save_to(self, link: MeterLink) -> None:
        """Rename and change, each only where it is another now."""
        if self.cleaned_data["name"] != link.name:
            links.rename_link(link, self.cleaned_data["name"])
        wanted = self.source_settings()
        if wanted != link.settings:
            links.change_settings(link, wanted, kind=self.source_kind())


def head_words(head: HeadAtHand) -> str:
    """How a Bluetooth head is offered."""
    named = {"name": head.name or gettext("without a name"), "address": head.address}
    if head.is_uart:
        return gettext("Bluetooth head %(name)s · %(address)s") % named
    return gettext("Bluetooth device %(name)s · %(address)s") % named


class KeysForm(forms.Form):
    """The keys of a meter that ciphers, as people paste them; they are never shown again."""

    key = forms.CharField(
        label=_("Key"),
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("32 characters, 0 to 9 and A to F, as your grid operator gave it. Spaces do no harm."),
    )
    auth_key = forms.CharField(
        label=_("Authentication key"),
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "Only if there is a second one: with it, Meterside checks that nobody altered a telegram."
        ),
    )

    def clean_key(self) -> bytes:
        """Sixteen octets."""
        return _key_octets(self.cleaned_data["key"])

    def clean_auth_key(self) -> bytes | None:
        """Sixteen octets, or nothing."""
        pasted = self.cleaned_data["auth_key"]
        return _key_octets(pasted) if pasted else None


def _key_octets(pasted: str) -> bytes:
    bare = bare_key(pasted)
    if set(bare) - set(hexdigits):
        raise forms.ValidationError(gettext("The key has characters other than 0 to 9 and A to F."))
    if len(bare) != 2 * KEY_OCTETS:
        words = gettext("The key has %(length)d characters, it needs %(wanted)d.")
        raise forms.ValidationError(words % {"length": len(bare), "wanted": 2 * KEY_OCTETS})
    return bytes.fromhex(bare)


def _initial(link: MeterLink) -> dict[str, Any]:
    settings = link.settings
    return {
        "name": link.name,
        "port": settings.get("url", ""),
        "baudrate": settings.get("baudrate", 9600),
        "framing": settings.get("framing", "8N1"),
        "sign_on_minutes": _sign_on_minutes(link),
    }


def _sign_on_minutes(link: MeterLink) -> int:
    return int(link.settings.get("sign_on_minutes", 0))


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
