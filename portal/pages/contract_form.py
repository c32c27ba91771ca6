"""The form of a contract in a household's words, and the way from the form to the contract and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.numbers import is_currency
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consumerapp.readings import Commodity
from consumerapp.tariffs.bands import EVERY_DAY, Band, OnHolidays
from consumerapp.tariffs.contract import (
    Block,
    BlockRate,
    CapacityCharge,
    Component,
    Contract,
    ContractError,
    Direction,
    DynamicRate,
    EnergyPrice,
    FlatRate,
    Per,
    RegisterPrice,
    RegisterRate,
    StandingCharge,
    Tax,
    TimeOfUseRate,
    Version,
)
from consumerapp.tariffs.gas import GasFactors
from consumerapp.tariffs.public_holidays import holidays_of
from portal.accounts.models import Household
from portal.metering.contracts import HouseholdContract
from portal.metering.price_series import find_series, series_for


class PriceKind(StrEnum):
    """How a contract prices energy."""

    FLAT = "flat"
    TIMES = "times"
    REGISTERS = "registers"
    DYNAMIC = "dynamic"
    BLOCKS = "blocks"


KIND_WORDS: dict[PriceKind, tuple[str | Promise, str | Promise]] = {
    PriceKind.FLAT: (_("One price"), _("Every kilowatt-hour costs the same, day and night.")),
    PriceKind.TIMES: (
        _("Prices by time of day"),
        _("Peak and off-peak, night, weekend: up to three times with a price of their own."),
    ),
    PriceKind.REGISTERS: (
        _("Prices by the meter's registers"),
        _("The meter itself switches between high and low; the bill lists both readings."),
    ),
    PriceKind.DYNAMIC: (
        _("Hourly market price"),
        _("The price changes every hour or quarter-hour with the exchange."),
    ),
    PriceKind.BLOCKS: (
        _("Blocks or a price cap"),
        _("Up to a quantity at one price, above it at another."),
    ),
}

WHAT_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("electricity.import", _("electricity from the grid")),
    ("electricity.export", _("electricity sent to the grid")),
    ("gas.import", _("gas")),
    ("heat.import", _("heat")),
    ("cold_water.import", _("cold water")),
    ("hot_water.import", _("hot water")),
)
DAYS_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("all", _("every day")),
    ("workdays", _("Monday to Friday")),
    ("weekend", _("Saturday and Sunday")),
    ("sunday", _("Sunday")),
)
WEEKDAYS = {
    "all": EVERY_DAY,
    "workdays": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
    "sunday": frozenset({6}),
}
_PER_CHOICES = ((Per.MONTH, _("month")), (Per.YEAR, _("year")), (Per.DAY, _("day")))
BANDS, REGISTERS, BLOCKS, LEVIES = 3, 4, 3, 3
"""How many rows of each the form offers."""


# Any: what `gettext_lazy` gives is a promise of a string, for which the stubs have a private name.
def _price(label: Any, *, required: bool = False, help_text: Any = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        max_digits=14,
        decimal_places=7,
        localize=True,
        help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def _text(label: Any, *, length: int = 40, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=required)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": "900"})
    return forms.TimeField(label=label, required=False, widget=widget)


class DateField(forms.DateField):
    """A day by the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)


class ContractForm(forms.Form):
    """One contract of one kind."""

    what = forms.ChoiceField(label=_("What it is for"), choices=WHAT_CHOICES)
    name = _text(_("Name"), length=60, required=True)
    currency = forms.CharField(label=_("Currency"), min_length=3, max_length=3, initial="EUR")
    valid_from = DateField(label=_("Valid from"))

    # Gas
    calorific_value = _price(
        _("Calorific value (kWh per m³)"), help_text=_("Printed on the gas bill, about 8 to 12.")
    )
    state_number = _price(
        _("State number"), help_text=_("Printed beside it, about 0.9 to 1; leave empty if there is none.")
    )

    # Fixed charges and levies
    standing = _price(_("Fixed charge"))
    standing_per = forms.ChoiceField(label=_("per"), choices=_PER_CHOICES, required=False)
    tax = _price(_("VAT in %"), help_text=_("Leave empty if the prices you enter include it."))
    capacity = _price(
        _("Price per kW of the month's peak"),
        help_text=_("Only if your grid bill charges the highest quarter-hour."),
    )
    capacity_minutes = forms.TypedChoiceField(
        label=_("The peak is the mean of"),
        choices=((15, _("15 minutes")), (60, _("60 minutes"))),
        coerce=int,
        required=False,
    )
    capacity_highest = forms.IntegerField(
        label=_("Mean of how many peaks on different days"), min_value=1, max_value=10, required=False
    )
    reason = _text(_("What was wrong"), length=200)

    def __init__(
        self,
        *args: Any,
        household: Household,
        kind: PriceKind,
        of: HouseholdContract | None = None,
        correcting: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.household, self.kind, self.of, self.correcting = household, kind, of, correcting
        self.rows: list[list[str]] = []
        """Names of the fields of each row of prices, for the template."""
        self._add_prices()
        self._add_levies()
        if of is not None:
            for name in ("what", "currency"):
                self.fields[name].disabled = True
        if not correcting:
            del self.fields["reason"]
        else:
            self.fields["reason"].required = True

    def _add_prices(self) -> None:
        match self.kind:
            case PriceKind.FLAT:
                self._row({"price": _price(_("Price per kWh or m³"), required=True)})
            case PriceKind.TIMES:
                for number in range(1, BANDS + 1):
                    self._row(
                        {
                            f"band{number}_name": _text(_("Name")),
                            f"band{number}_price": _price(_("Price per kWh")),
                            f"band{number}_start": _time(_("from")),
                            f"band{number}_end": _time(_("to")),
                            f"band{number}_days": forms.ChoiceField(
                                label=_("on"), choices=DAYS_CHOICES, required=False
                            ),
                        }
                    )
                self._row(
                    {
                        "otherwise_name": _text(_("Name of all other hours"), required=True),
                        "otherwise_price": _price(_("Price per kWh"), required=True),
                    }
                )
                self.fields["holidays"] = forms.CharField(
                    label=_("Public holidays count as Sundays in"),
                    required=False,
                    max_length=6,
                    help_text=_("A country such as DE or NL, or a state such as DE-BY; empty: they do not."),
                )
            case PriceKind.REGISTERS:
                for number in range(1, REGISTERS + 1):
                    self._row(
                        {
                            f"register{number}_number": forms.IntegerField(
                                label=_("Register"), min_value=1, max_value=63, required=False
                            ),
                            f"register{number}_name": _text(_("Its name in the contract")),
                            f"register{number}_price": _price(_("Price per kWh")),
                        }
                    )
            case PriceKind.DYNAMIC:
                known = [series.name for series in series_for(self.household)]
                self.fields["series"] = forms.CharField(
                    label=_("Price series"),
                    max_length=40,
                    help_text=_("Name of the market prices, such as a bidding zone.")
                    if not known
                    else gettext("Known here: %(names)s.") % {"names": ", ".join(known)},
                )
                self._row({"markup": _price(_("Supplier's markup per kWh"))})
                self._row(
                    {
                        "factor": _price(
                            _("Share of the market price"),
                            help_text=_("1 is the whole price; rarely another."),
                        )
                    }
                )
            case PriceKind.BLOCKS:
                for number in range(1, BLOCKS + 1):
                    self._row(
                        {
                            f"block{number}_up_to": _price(_("up to (kWh or m³)")),
                            f"block{number}_price": _price(_("Price per kWh or m³")),
                        }
                    )
                self._row({"beyond_price": _price(_("Price above that"), required=True)})
                self.fields["block_per"] = forms.ChoiceField(
                    label=_("The quantity counts per"),
                    choices=((Per.YEAR, _("year")), (Per.MONTH, _("month"))),
                )

    def _row(self, fields: Mapping[str, forms.Field]) -> None:
        self.fields.update(fields)
        self.rows.append(list(fields))

    def _add_levies(self) -> None:
        self.levy_rows: list[list[str]] = []
        for number in range(1, LEVIES + 1):
            names = {
                f"levy{number}_name": _text(_("Levy or grid fee")),
                f"levy{number}_price": _price(_("per kWh or m³")),
            }
            self.fields.update(names)
            self.levy_rows.append(list(names))

    # -- for the template

    def bound_rows(self) -> list[list[forms.BoundField]]:
        """The rows of prices."""
        return [[self[name] for name in row] for row in self.rows]

    def bound_levies(self) -> list[list[forms.BoundField]]:
        """The rows of levies."""
        return [[self[name] for name in row] for row in self.levy_rows]

    @property
    def extra(self) -> list[forms.BoundField]:
        """What this kind asks besides its prices."""
        return [self[name] for name in ("holidays", "block_per") if name in self.fields]

    # -- checks

    def clean_currency(self) -> str:
        """An ISO 4217 code."""
        currency = str(self.cleaned_data["currency"]).upper()
        if not is_currency(currency):
            raise forms.ValidationError(gettext("A currency is three letters, such as EUR."))
        return currency

    def clean(self) -> dict[str, Any]:
        """Everything that concerns more than one field; what is sound becomes `contract`."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if cleaned["what"].startswith("gas") and not cleaned.get("calorific_value"):
            self.add_error(
                "calorific_value", gettext("Gas is billed by energy: the bill says how much a m³ has.")
            )
            return cleaned
        self._check_rows(cleaned)
        if self.errors:
            return cleaned
        try:
            self.contract = contract_of(self.kind, cleaned)
            self.factors = _factors_of(cleaned)
            if self.kind is PriceKind.TIMES:
                holidays_of(self.contract.holidays_of)
        except ContractError as error:
            self.add_error(None, str(error))
        return cleaned

    def _check_rows(self, cleaned: dict[str, Any]) -> None:
        """A row is whole or empty."""
        for names in (*self.rows, *self.levy_rows):
            needed = [name for name in names if name.endswith(("_name", "_price", "_number", "_up_to"))]
            filled = [name for name in needed if cleaned.get(name) not in (None, "")]
            if filled and len(filled) < len(needed):
                for name in needed:
                    if name not in filled:
                        self.add_error(name, gettext("This belongs to the row, too."))
        if self.kind is PriceKind.REGISTERS and not cleaned.get("register1_number"):
            self.add_error("register1_number", gettext("At least one register needs a price."))
        if self.kind is PriceKind.BLOCKS and not cleaned.get("block1_up_to"):
            self.add_error("block1_up_to", gettext("At least one block needs a bound."))
        if self.kind is PriceKind.TIMES and not cleaned.get("band1_name"):
            self.add_error("band1_name", gettext("At least one time needs a price of its own."))
        if self.kind is PriceKind.DYNAMIC:
            known = find_series(self.household, cleaned["series"])
            if known is not None and known.currency != cleaned["currency"]:
                self.add_error(
                    "series",
                    gettext("These prices are in %(currency)s.") % {"currency": known.currency},
                )


def contract_of(kind: PriceKind, cleaned: Mapping[str, Any]) -> Contract:
    """What the form says. Raises ContractError."""
    commodity, _dot, direction = cleaned["what"].partition(".")
    is_export = direction == "export"
    # Translators: the line of a bill for the energy itself.
    energy_name = gettext("Feed-in") if is_export else gettext("Energy")
    components: list[Component] = [EnergyPrice(energy_name, _rate_of(kind, cleaned))]
    for number in range(1, LEVIES + 1):
        name, price = cleaned.get(f"levy{number}_name"), cleaned.get(f"levy{number}_price")
        if name and price is not None:
            components.append(EnergyPrice(name, FlatRate(price)))
    if cleaned.get("standing"):
        per = Per(cleaned.get("standing_per") or Per.MONTH)
        components.append(StandingCharge(gettext("Fixed charge"), cleaned["standing"], per))
    if cleaned.get("capacity"):
        components.append(
            CapacityCharge(
                gettext("Peak"),
                cleaned["capacity"],
                cleaned.get("capacity_minutes") or 15,
                cleaned.get("capacity_highest") or 1,
            )
        )
    if cleaned.get("tax"):
        components.append(Tax(gettext("VAT"), cleaned["tax"]))
    return Contract(
        name=cleaned["name"],
        commodity=Commodity(commodity),
        direction=Direction(direction),
        currency=cleaned["currency"],
        versions=(Version(cleaned["valid_from"], tuple(components)),),
        holidays_of=(cleaned.get("holidays") or "").upper(),
    )


def _rate_of(kind: PriceKind, cleaned: Mapping[str, Any]) -> Any:
    match kind:
        case PriceKind.FLAT:
            return FlatRate(cleaned["price"])
        case PriceKind.TIMES:
            bands = tuple(
                Band(
                    name=cleaned[f"band{number}_name"],
                    price=cleaned[f"band{number}_price"],
                    start=cleaned.get(f"band{number}_start") or time(0),
                    end=cleaned.get(f"band{number}_end") or time(0),
                    weekdays=WEEKDAYS[cleaned.get(f"band{number}_days") or "all"],
                    on_holidays=OnHolidays.AS_SUNDAY if cleaned.get("holidays") else OnHolidays.AS_WEEKDAY,
                )
                for number in range(1, BANDS + 1)
                if cleaned.get(f"band{number}_name")
            )
            return TimeOfUseRate(bands, cleaned["otherwise_price"], cleaned["otherwise_name"])
        case PriceKind.REGISTERS:
            return RegisterRate(
                tuple(
                    RegisterPrice(
                        cleaned[f"register{number}_number"],
                        cleaned[f"register{number}_name"],
                        cleaned[f"register{number}_price"],
                    )
                    for number in range(1, REGISTERS + 1)
                    if cleaned.get(f"register{number}_number")
                )
            )
        case PriceKind.DYNAMIC:
            factor = cleaned.get("factor")
            return DynamicRate(
                cleaned["series"],
                Decimal(1) if factor is None else factor,
                cleaned.get("markup") or Decimal(0),
            )
        case PriceKind.BLOCKS:
            blocks = [
                Block(cleaned[f"block{number}_up_to"], cleaned[f"block{number}_price"])
                for number in range(1, BLOCKS + 1)
                if cleaned.get(f"block{number}_up_to")
            ]
            return BlockRate((*blocks, Block(None, cleaned["beyond_price"])), Per(cleaned["block_per"]))


def _factors_of(cleaned: Mapping[str, Any]) -> GasFactors | None:
    if not cleaned["what"].startswith("gas"):
        return None
    return GasFactors(
        cleaned["valid_from"], cleaned["calorific_value"], cleaned.get("state_number") or Decimal(1)
    )
