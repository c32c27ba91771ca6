"""The form of a KNX bus: where it is, which groups carry which registers, whom to believe."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consumerapp.errors import ConsumerAppError
from consumerapp.h2.ets_export import MAX_EXPORT_OCTETS, Suggestion, read_export, suggest
from consumerapp.h2.knx import GroupAddress, IndividualAddress
from consumerapp.h2.knx_table import MAX_TABLE_CHARS, GroupTable
from portal.accounts.models import Household
from portal.pages.device_forms import NameForm
from portal.pairing import links
from portal.pairing.models import MeterLink

TUNNEL, ROUTING = "tunnel", "routing"
MAX_KEYRING_OCTETS = 512 * 1024
MAX_SUGGESTIONS = 400
"""More rows than anyone confirms at one time; the export can be cut in ETS."""
_SCHEMES = {TUNNEL: "knx://", ROUTING: "knx-routing://"}
_LINE = re.compile(r"line (\d+): (.*)", re.DOTALL)
_HOST = RegexValidator(
    r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?$",
    _("Write an address such as 192.168.1.20, with :3671 behind it if the port is another."),
)


class KnxForm(NameForm):
    """One bus."""

    way = forms.ChoiceField(
        label=_("How the gateway is reached"),
        choices=((TUNNEL, _("a tunnel of one gateway")), (ROUTING, _("multicast routing"))),
        widget=forms.RadioSelect,
        initial=TUNNEL,
    )
    host = forms.CharField(
        label=_("Address of the gateway"),
        required=False,
        max_length=100,
        validators=[_HOST],
        help_text=_("For routing leave it empty, or give another multicast group than 224.0.23.12."),
    )
    interface = forms.CharField(
        label=_("Own network interface"),
        required=False,
        max_length=40,
        help_text=_("Its address or name, where this computer has several; mostly empty."),
    )
    table = forms.CharField(
        label=_("Group addresses"),
        required=False,
        max_length=MAX_TABLE_CHARS,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
        help_text=_(
            "One a line: group; register; type; factor; unit; meter. Such as 1/2/3; 1-0:1.8.0; 13.010"
        ),
    )
    export = forms.FileField(
        label=_("Export of group addresses from ETS"),
        required=False,
        help_text=_("CSV or XML. Nothing is taken over before you confirm it."),
    )
    senders = forms.CharField(
        label=_("Only believe these devices"),
        required=False,
        max_length=500,
        help_text=_("Individual addresses such as 1.1.22, with commas between them; empty: every device."),
    )
    ask = forms.BooleanField(
        label=_("Ask for every value once when the connection opens"),
        required=False,
        help_text=_("Otherwise nothing at all is sent to the bus."),
    )
    keyring = forms.FileField(
        label=_("Keyring (.knxkeys)"),
        required=False,
        help_text=_("For KNX IP Secure and Data Secure. It is kept sealed and never shown again."),
    )
    keyring_password = forms.CharField(
        label=_("Password of the keyring"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, household: Household, link: MeterLink | None = None, **kwargs: Any
    ) -> None:
        self._household = household
        self._link = link
        self.suggestions: tuple[Suggestion, ...] = ()
        kwargs.setdefault("initial", {"name": "KNX"} if link is None else _initial(link))
        super().__init__(*args, **kwargs)

    def clean_name(self) -> str:
        """One name per household: it stands beside every reading."""
        name = str(self.cleaned_data["name"]).strip()
        others = MeterLink.objects.filter(household=self._household, name=name)
        if self._link is not None:
            others = others.exclude(pk=self._link.pk)
        if others.exists():
            raise forms.ValidationError(gettext("Something in this home already has this name."))
        return name

    def clean_table(self) -> str:
        """Every row can be read, and there is one."""
        text = str(self.cleaned_data["table"])
        try:
            table = GroupTable.parse(text)
        except ConsumerAppError as error:
            raise forms.ValidationError(_table_words(str(error))) from error
        if not table.rows and not self.is_preview:
            raise forms.ValidationError(gettext("Without a group address there is nothing to listen to."))
        return str(table)

    def clean_senders(self) -> str:
        """Every address can be read."""
        senders = str(self.cleaned_data["senders"]).replace(",", " ").split()
        try:
            return ", ".join(str(IndividualAddress.parse(sender)) for sender in senders)
        except ConsumerAppError as error:
            words = gettext("Write individual addresses such as 1.1.22, with commas between them.")
            raise forms.ValidationError(words) from error

    def clean_export(self) -> None:
        """The suggestions of an export."""
        uploaded = self.cleaned_data["export"]
        if not uploaded:
            return
        try:
            groups = read_export(uploaded.read(MAX_EXPORT_OCTETS + 1))
        except ConsumerAppError as error:
            words = gettext("This is no export of group addresses. Export them from ETS as CSV or XML.")
            raise forms.ValidationError(words) from error
        found = [one for one in map(suggest, groups) if one is not None]
        # What name and type say together comes first.
        self.suggestions = tuple(sorted(found, key=lambda one: not one.is_whole)[:MAX_SUGGESTIONS])

    def clean_keyring(self) -> str:
        """The content of the keyring."""
        uploaded = self.cleaned_data["keyring"]
        if not uploaded:
            return ""
        try:
            content = uploaded.read(MAX_KEYRING_OCTETS + 1).decode("utf-8-sig")
        except UnicodeDecodeError:
            content = ""
        if "<Keyring" not in content or len(content) > MAX_KEYRING_OCTETS:
            raise forms.ValidationError(gettext("This is no keyring. ETS exports it as a .knxkeys file."))
        return str(content)

    def clean(self) -> dict[str, Any]:
        """A tunnel needs its gateway, a keyring its password."""
        cleaned = super().clean() or {}
        is_homeless = cleaned.get("way") == TUNNEL and not cleaned.get("host")
        if is_homeless and not self.is_preview and "host" not in self.errors:
            self.add_error("host", gettext("Say where the gateway is."))
        if cleaned.get("keyring") and not cleaned.get("keyring_password"):
            self.add_error("keyring_password", gettext("The keyring needs its password."))
        return cleaned

    @property
    def is_preview(self) -> bool:
        """Whether only the export was to be looked at."""
        return "preview" in self.data

    def source_settings(self) -> dict[str, Any]:
        """What `consumerapp.sources.open_source` takes, besides the name; secrets only where given anew."""
        given = self.cleaned_data
        settings = {
            "url": f"{_SCHEMES[given['way']]}{given['host']}",
            "interface": given["interface"],
            "table": given["table"],
            "senders": given["senders"],
            "ask": given["ask"],
            "timezone": self._household.timezone,
        }
        if given["keyring"]:
            settings |= {"keyring": given["keyring"], "keyring_password": given["keyring_password"]}
        return settings

    def save(self) -> MeterLink:
        """Add the link, or change it where it is another now."""
        name, settings = self.cleaned_data["name"], self.source_settings()
        if self._link is None:
            return links.add_link(self._household, kind="knx", name=name, settings=settings)
        if name != self._link.name:
            links.rename_link(self._link, name)
        if settings != self._link.settings:
            links.change_settings(self._link, settings, kind="knx")
        return self._link


def with_confirmed_rows(data: Any) -> Any:
    """The posted form with the confirmed suggestions at the end of its table."""
    confirmed = data.getlist("take")[:MAX_SUGGESTIONS]
    if not confirmed:
        return data
    rows = [
        f"{group}; {data.get(f'obis-{group}', '')}; {data.get(f'dpt-{group}', '')}" for group in confirmed
    ]
    changed = data.copy()
    changed["table"] = "\n".join([data.get("table", "").rstrip(), *rows]).lstrip()
    return changed


def _initial(link: MeterLink) -> dict[str, Any]:
    settings = link.settings
    scheme, _colon, host = str(settings.get("url", "")).partition("://")
    kept = {name: settings.get(name, "") for name in ("interface", "table", "senders", "ask")}
    way = ROUTING if scheme == "knx-routing" else TUNNEL
    return {**kept, "name": link.name, "way": way, "host": host}


def _table_words(error: str) -> str:
    found = _LINE.fullmatch(error)
    if found is None:
        return gettext("The table is too long.")
    return gettext("Line %(line)s cannot be read: %(reason)s.") % {"line": found[1], "reason": found[2]}


def is_known(suggestion: Suggestion, table: str) -> bool:
    """Whether the table has a row for that group already."""
    for line in table.splitlines():
        try:
            if GroupAddress.parse(line.partition(";")[0]) == suggestion.exported.group:
                return True
        except ConsumerAppError:
            continue
    return False
