"""A meter's life in a home: what it is called, whether it is summed, when it was put in and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.http import Http404

from consumerapp.readings import Kind, Obis, Quantity
from portal.accounts.models import Household
from portal.metering.derivation import is_profiled, quantity_of
from portal.metering.models import Meter, MeterRole, Register
from portal.metering.store import latest

_RUNNING = 255
"""OBIS group F of a register that counts on, not one that was frozen at the end of a period."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One register of a meter that counts consumption, and what is known of it."""

    obis: Obis
    quantity: Quantity
    newest: Decimal | None
    newest_at: datetime | None


def access_meter(household: Household, pk: int) -> Meter:
    """One meter of this household; raises `Http404`."""
    meter = Meter.objects.filter(household=household, pk=pk).first()
    if meter is None:
        raise Http404
    return meter


def change_meter(meter: Meter, *, name: str, role: MeterRole) -> None:
    """What people call it, and whether it counts for the home; the whole history follows at once."""
    meter.name, meter.role = name.strip()[:80], role
    meter.save(update_fields=["name", "role"])


def remove_meter(meter: Meter, *, at: datetime) -> None:
    """It is there no more; what it measured stays."""
    meter.removed_at = at
    meter.save(update_fields=["removed_at"])


def successors_of(meter: Meter) -> list[Meter]:
    """The meters that may have taken this one's place."""
    others = Meter.objects.filter(household_id=meter.household_id, commodity=meter.commodity, removed_at=None)
    return list(others.exclude(pk=meter.pk).order_by("-installed_at"))


def counters_of(household: Household, meter: Meter) -> tuple[Counter, ...]:
    """The registers by which its consumption is counted, all phases together."""
    newest = {known.obis: known for known in latest(household) if str(known.meter_id) == meter.ident}
    counters = []
    for register in Register.objects.filter(meter=meter, phase=0).order_by("obis"):
        obis, quantity = Obis.parse(register.obis), quantity_of(register.quantity)
        if quantity.kind is Kind.REGISTER and is_profiled(quantity) and obis.f == _RUNNING:
            known = newest.get(obis)
            counters.append(
                Counter(
                    obis, quantity, None if known is None else known.value,
                    None if known is None else known.at,
                )
            )  # fmt: skip
    return tuple(counters)
