"""Meters and registers, and the tables that `store` keeps their history in.

Numbers at rest are thousandths of the base unit; instants are milliseconds since 1970-01-01 UTC; a day is
a local day of its household by its proleptic ordinal (`date.toordinal`). The tables that grow carry the
household as leading key and no foreign key, so that PostgreSQL can spread them over several servers.
Only `portal.metering.store` and what it is made of read or write them.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from consumerapp.readings import Commodity, MeterId
from portal.accounts.models import Household
from portal.metering.contract_models import (  # noqa: F401  Django looks for models here
    ContractVersion,
    MarketDay,
    MarketImport,
    MarketSeries,
    SupplierBill,
    SupplyContract,
)


class MeterRole(models.TextChoices):
    """Whether a meter's consumption is the household's or a part of another meter's."""

    MAIN = "main", _("Main meter")
    SUB = "sub", _("Sub-meter")


class Meter(models.Model):
    """One meter from its installation to its removal. An exchange is a removal and an installation."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="meters")
    ident = models.CharField(max_length=64)
    """The meter's own full identification; print `short_ident`, never this."""
    commodity = models.CharField(max_length=24)
    name = models.CharField(_("name"), max_length=80, blank=True)
    role = models.CharField(_("role"), max_length=8, choices=MeterRole, default=MeterRole.MAIN)
    installed_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["household", "ident"], name="one_meter_per_ident_and_household"),
            models.CheckConstraint(
                condition=models.Q(commodity__in=[commodity.value for commodity in Commodity]),
                name="known_commodity",
            ),
            models.CheckConstraint(condition=models.Q(role__in=MeterRole.values), name="known_meter_role"),
        ]

    def __str__(self) -> str:
        return self.name or self.short_ident

    @property
    def short_ident(self) -> str:
        """The last four characters behind an ellipsis."""
        return MeterId(self.ident).short


class Register(models.Model):
    """One number of a meter: an OBIS code and what it counts."""

    meter = models.ForeignKey(Meter, on_delete=models.CASCADE, related_name="registers")
    household_id = models.BigIntegerField()
    """The meter's household, here too so that a query needs no other table."""
    obis = models.CharField(max_length=24)
    quantity = models.CharField(max_length=40)
    phase = models.SmallIntegerField(default=0)
    """1, 2 or 3; 0: all phases together."""
    tariff = models.SmallIntegerField(default=0)
    """1 to 63; 0: all tariffs together."""
    slot = models.SmallIntegerField()
    """Number of this register within its meter, by which raw samples name it."""
    resolution_thousandths = models.BigIntegerField(null=True)
    """The finest step seen; None: the meter does not say."""

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["household_id", "quantity"], name="register_by_quantity")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["meter", "obis"], name="one_register_per_obis_and_meter"),
            models.UniqueConstraint(fields=["meter", "slot"], name="one_register_per_slot_and_meter"),
            models.CheckConstraint(condition=models.Q(phase__range=(0, 3)), name="known_phase"),
            models.CheckConstraint(condition=models.Q(tariff__range=(0, 63)), name="known_tariff"),
        ]

    def __str__(self) -> str:
        return f"{self.obis} ({self.quantity})"


LONGEST_RAW_HOURS = 366 * 24
LEAST_PROFILE_MONTHS = 36
"""Load profiles stay available for at least three years (Directive (EU) 2019/944, Annex I - §?)."""


class Shelf(models.Model):
    """How long a household keeps what, and the token by which writers notice each other."""

    household = models.OneToOneField(
        Household, on_delete=models.CASCADE, primary_key=True, related_name="shelf"
    )
    raw_hours = models.PositiveIntegerField(_("raw readings kept (hours)"), default=24, db_default=24)
    profile_months = models.PositiveIntegerField(_("profiles kept (months)"), null=True, blank=True)
    """None: as long as the household exists. Day, month and year totals always stay."""
    token = models.BigIntegerField(default=0, db_default=0)
    """Changed by every write; a writer whose remembered token is another one reads everything afresh."""

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(raw_hours__range=(1, LONGEST_RAW_HOURS)), name="raw_hours_bounded"
            ),
            models.CheckConstraint(
                condition=models.Q(profile_months=None) | models.Q(profile_months__gte=LEAST_PROFILE_MONTHS),
                name="profiles_kept_three_years",
            ),
        ]

    def __str__(self) -> str:
        return f"raw {self.raw_hours} h"


class DayRow(models.Model):
    """One register and local day: totals, quarter-hours, and the facts they were derived from."""

    pk = models.CompositePrimaryKey("household_id", "register_id", "day")
    household_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    start_value = models.BigIntegerField(null=True)
    """The register at the day's start; None: not between two facts."""
    total = models.BigIntegerField(null=True)
    minimum = models.BigIntegerField(null=True)
    """Of the whole quarter-hours."""
    maximum = models.BigIntegerField(null=True)
    known_from = models.BigIntegerField()
    """When this revision came to be known."""
    day = models.IntegerField()
    quality = models.SmallIntegerField()
    """Every `Mark` of the day."""
    revision = models.SmallIntegerField()
    complete = models.BooleanField()
    """The energy of every quarter-hour is proved."""
    anchored = models.BooleanField()
    """There are facts in this day; else it lies inside a gap."""
    settled = models.BooleanField()
    """Quarter-hours proved in their place stand for their own facts."""
    profile = models.BinaryField(null=True)
    """`packing.pack_profile`; None: its time is over, the totals stay."""
    facts = models.BinaryField(null=True)
    """`packing.pack_facts` of those facts that the profile does not imply."""

    class Meta:
        db_table = "metering_day"
        indexes: ClassVar = [
            models.Index(fields=["household_id"], condition=models.Q(settled=False), name="unsettled_days")
        ]

    def __str__(self) -> str:
        return f"register {self.register_id}, day {self.day}, revision {self.revision}"


class DayRevision(models.Model):
    """What a day was known to be before something late or corrected changed it. Never changed itself."""

    pk = models.CompositePrimaryKey("household_id", "register_id", "day", "revision")
    household_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    start_value = models.BigIntegerField(null=True)
    total = models.BigIntegerField(null=True)
    known_from = models.BigIntegerField()
    known_until = models.BigIntegerField()
    day = models.IntegerField()
    quality = models.SmallIntegerField()
    revision = models.SmallIntegerField()
    complete = models.BooleanField()
    reason = models.CharField(max_length=16)
    """`revisions.Reason`: why it was replaced."""
    source = models.CharField(max_length=80)
    """The interface through which the replacing readings came."""
    profile = models.BinaryField(null=True)

    class Meta:
        db_table = "metering_dayrevision"

    def __str__(self) -> str:
        return f"register {self.register_id}, day {self.day}, revision {self.revision} ({self.reason})"


class MonthRow(models.Model):
    """One register and local month: the sum of its days."""

    pk = models.CompositePrimaryKey("household_id", "register_id", "month")
    household_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    total = models.BigIntegerField(null=True)
    month = models.IntegerField()
    """year * 12 + month - 1"""
    quality = models.SmallIntegerField()
    complete = models.BooleanField()

    class Meta:
        db_table = "metering_month"

    def __str__(self) -> str:
        return f"register {self.register_id}, {self.month // 12}-{self.month % 12 + 1:02}"


class LatestRow(models.Model):
    """The newest value of one register, and the facts of the quarter-hour that has not ended."""

    pk = models.CompositePrimaryKey("household_id", "register_id")
    household_id = models.BigIntegerField()
    register_id = models.BigIntegerField()
    at = models.BigIntegerField()
    received_at = models.BigIntegerField()
    value = models.BigIntegerField()
    open_start = models.BigIntegerField(null=True)
    """The register when the open quarter-hour began; None: not between two facts."""
    quality = models.SmallIntegerField()
    open_marks = models.SmallIntegerField()
    authenticity = models.CharField(max_length=16)
    source = models.CharField(max_length=80)
    open_facts = models.BinaryField(null=True)

    class Meta:
        db_table = "metering_latest"

    def __str__(self) -> str:
        return f"register {self.register_id} at {self.at}"


class SampleChunk(models.Model):
    """Raw values of one meter over at most a quarter-hour (`chunks.pack_columns`)."""

    pk = models.CompositePrimaryKey("household_id", "meter_id", "first_at")
    household_id = models.BigIntegerField()
    meter_id = models.BigIntegerField()
    first_at = models.BigIntegerField()
    samples = models.BinaryField()

    class Meta:
        db_table = "metering_samples"

    def __str__(self) -> str:
        return f"meter {self.meter_id} from {self.first_at}"
