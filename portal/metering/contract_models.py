"""Contracts, market prices and bills as they are kept.

A version of a contract is never edited. What changes from a day on is a new version; what was entered
wrongly is corrected: a new row for the same day, while the one it replaces stays with the reason.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from consumerapp.readings import Commodity
from consumerapp.tariffs.contract import Direction
from portal.accounts.models import Household


class SupplyContract(models.Model):
    """One commodity in one direction, from its first version on."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="supply_contracts")
    commodity = models.CharField(max_length=24)
    direction = models.CharField(max_length=8)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    """None: it runs on."""
    removed_at = models.DateTimeField(null=True, blank=True)
    """Taken away by the household; kept, but priced with no more."""
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(commodity__in=[commodity.value for commodity in Commodity]),
                name="contract_of_known_commodity",
            ),
            models.CheckConstraint(
                condition=models.Q(direction__in=[direction.value for direction in Direction]),
                name="contract_of_known_direction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commodity} {self.direction}"


class ContractVersion(models.Model):
    """What a contract says from a first day on."""

    contract = models.ForeignKey(SupplyContract, on_delete=models.CASCADE, related_name="versions")
    valid_from = models.DateField()
    terms = models.JSONField()
    """`consumerapp.tariffs.forms`: a contract with this version only."""
    calorific_value = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    """Of gas: gross, in kWh per m³ at standard conditions."""
    state_number = models.DecimalField(max_digits=8, decimal_places=5, null=True, blank=True)
    """Of gas: from metered to standard volume."""
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    replaced_at = models.DateTimeField(null=True, blank=True)
    """When a correction took its place; None: it holds."""
    replaced_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["valid_from", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contract", "valid_from"],
                condition=models.Q(replaced_at=None),
                name="one_version_per_first_day",
            )
        ]

    def __str__(self) -> str:
        return f"from {self.valid_from:%Y-%m-%d}"


class MarketSeries(models.Model):
    """Prices of one market by name: a household's own, or the installation's, which all may use."""

    household = models.ForeignKey(
        Household, on_delete=models.CASCADE, null=True, blank=True, related_name="market_series"
    )
    """None: the whole installation's."""
    name = models.CharField(_("name"), max_length=40)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["household", "name"], name="one_series_per_name"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(household=None), name="one_series_of_all_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class MarketDay(models.Model):
    """The prices of one UTC day: 96 quarter-hours in millionths of the series' currency per kWh."""

    pk = models.CompositePrimaryKey("series_id", "day")
    series = models.ForeignKey(MarketSeries, on_delete=models.CASCADE, related_name="days")
    day = models.IntegerField()
    """Proleptic ordinal of the UTC day."""
    prices = models.BinaryField()
    """96 signed numbers of 8 bytes, low byte first; the least possible one: a gap."""

    class Meta:
        db_table = "metering_marketday"

    def __str__(self) -> str:
        return f"series {self.series_id}, day {self.day}"


class MarketImport(models.Model):
    """One file of prices that was taken in, and the prices that it replaced."""

    series = models.ForeignKey(MarketSeries, on_delete=models.CASCADE, related_name="imports")
    imported_at = models.DateTimeField(db_default=Now())
    source = models.CharField(max_length=120)
    added = models.PositiveIntegerField()
    """Quarter-hours that had no price before."""
    changed = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    replaced = models.JSONField(default=list)
    """[start in ms since 1970 UTC, price that was replaced] of each changed quarter-hour."""

    class Meta:
        ordering: ClassVar = ["-imported_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.source}: {self.added} new, {self.changed} changed"


class SupplierBill(models.Model):
    """A bill as the household entered or imported it."""

    contract = models.ForeignKey(SupplyContract, on_delete=models.CASCADE, related_name="bills")
    name = models.CharField(_("name"), max_length=80)
    first = models.DateField(_("first day"))
    last = models.DateField(_("last day"))
    lines = models.JSONField()
    """`bill_check.BillLine` of each line, amounts as strings."""
    total = models.DecimalField(max_digits=14, decimal_places=5, null=True, blank=True)
    """As the bill says; None: it was not entered."""
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-last", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(first__lte=models.F("last")), name="bill_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return self.name
