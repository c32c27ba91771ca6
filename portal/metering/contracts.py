"""A household's contracts: entered, continued by a new version, corrected with a reason, ended.

What days were priced by stays answerable: a correction takes the place of a version and keeps it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext

from consumerapp.intervals import ONE_DAY
from consumerapp.readings import Commodity, Quantity
from consumerapp.tariffs.contract import Contract, ContractError, Direction, DynamicRate, EnergyPrice, Version
from consumerapp.tariffs.forms import from_json, to_json
from consumerapp.tariffs.gas import GasFactors
from portal.accounts.models import Household
from portal.metering.contract_models import ContractVersion, SupplyContract

QUANTITIES: dict[tuple[Commodity, Direction], Quantity] = {
    (Commodity.ELECTRICITY, Direction.IMPORT): Quantity.ACTIVE_ENERGY_IMPORT,
    (Commodity.ELECTRICITY, Direction.EXPORT): Quantity.ACTIVE_ENERGY_EXPORT,
    (Commodity.GAS, Direction.IMPORT): Quantity.GAS_VOLUME,
    (Commodity.HEAT, Direction.IMPORT): Quantity.HEAT_ENERGY,
    (Commodity.COLD_WATER, Direction.IMPORT): Quantity.COLD_WATER_VOLUME,
    (Commodity.HOT_WATER, Direction.IMPORT): Quantity.HOT_WATER_VOLUME,
}
"""What each kind of contract counts."""


@dataclass(frozen=True, slots=True)
class Held:
    """One version as it is kept."""

    row: ContractVersion
    version: Version
    fingerprint: str
    """Changes with everything that a day's cost depends on."""
    factors: GasFactors | None


@dataclass(frozen=True, slots=True)
class HouseholdContract:
    """A contract with all versions that hold."""

    row: SupplyContract
    contract: Contract
    held: tuple[Held, ...]
    """By first day, rising."""

    @property
    def quantity(self) -> Quantity:
        """What it counts."""
        return QUANTITIES[self.contract.commodity, self.contract.direction]

    @property
    def first_day(self) -> date:
        """The first day it holds on."""
        return self.held[0].row.valid_from

    def held_on(self, day: date) -> Held | None:
        """The version that holds on a day; None: the contract does not."""
        if self.contract.ends_on is not None and day > self.contract.ends_on:
            return None
        return next((held for held in reversed(self.held) if held.row.valid_from <= day), None)

    @property
    def series(self) -> frozenset[str]:
        """Names of the market series that some version needs."""
        return frozenset(name for held in self.held for name in series_of(held.version))


def series_of(version: Version) -> tuple[str, ...]:
    """Names of the market series that a version is priced by."""
    return tuple(
        component.rate.series
        for component in version.components
        if isinstance(component, EnergyPrice) and isinstance(component.rate, DynamicRate)
    )


def contracts_of(household: Household) -> tuple[HouseholdContract, ...]:
    """Every contract of those whose days these are, those for electricity from the grid first.

    A contract that began before people moved in, or after they moved out, is somebody else's.
    """
    seen = household.days_seen
    rows = SupplyContract.objects.filter(household=household, removed_at=None).prefetch_related("versions")
    found = [
        assembled(row, [version for version in row.versions.all() if not version.replaced_at]) for row in rows
    ]
    order = list(QUANTITIES)
    return tuple(
        sorted(
            (
                contract
                for contract in found
                if contract is not None and contract.first_day.toordinal() in seen
            ),
            key=lambda one: (
                order.index((one.contract.commodity, one.contract.direction)), one.first_day, one.row.pk,
            ),
        )
    )  # fmt: skip


def access_contract(household: Household, pk: int) -> HouseholdContract:
    """One contract of this household; else raises Http404."""
    for contract in contracts_of(household):
        if contract.row.pk == pk:
            return contract
    raise Http404


def assembled(row: SupplyContract, versions: Sequence[ContractVersion]) -> HouseholdContract | None:
    """A contract out of its rows; None: it has none. What holds for the whole, the newest version says."""
    if not versions:
        return None
    ordered = sorted(versions, key=lambda version: version.valid_from)
    single = [from_json(version.terms) for version in ordered]
    held = tuple(
        Held(version, contract.versions[0], _fingerprint(version), _factors(version))
        for version, contract in zip(ordered, single, strict=True)
    )
    whole = replace(single[-1], versions=tuple(one.versions[0] for one in single), ends_on=row.ends_on)
    return HouseholdContract(row, whole, held)


def draft(contract: Contract, factors: GasFactors | None = None) -> HouseholdContract:
    """A contract that is not kept, for a preview."""
    row = SupplyContract(
        commodity=contract.commodity.value, direction=contract.direction.value, ends_on=contract.ends_on
    )
    versions = [
        _version_row(row, replace(contract, versions=(version,), ends_on=None), factors)
        for version in contract.versions
    ]
    made = assembled(row, versions)
    assert made is not None  # a Contract has at least one version
    return made


@transaction.atomic
def add_contract(
    household: Household,
    contract: Contract,
    *,
    by: AbstractBaseUser | None = None,
    factors: GasFactors | None = None,
) -> HouseholdContract:
    """Keep a new contract. Raises ContractError where another one holds already."""
    _check(contract, factors)
    first = contract.versions[0].valid_from
    if first.toordinal() not in household.days_seen:
        raise ContractError(gettext("On this day somebody else lived here."))
    for other in contracts_of(household):
        if (other.contract.commodity, other.contract.direction) != (contract.commodity, contract.direction):
            continue
        if _overlap(first, contract.ends_on, other.first_day, other.contract.ends_on):
            raise ContractError(
                gettext("“%(name)s” holds in this time already. End it first, or give it a new price.")
                % {"name": other.contract.name}
            )
    row = SupplyContract.objects.create(
        household=household,
        commodity=contract.commodity.value,
        direction=contract.direction.value,
        ends_on=contract.ends_on,
    )
    made = []
    for version in contract.versions:
        kept = _version_row(row, replace(contract, versions=(version,), ends_on=None), factors)
        kept.made_by_id = None if by is None else by.pk
        kept.save()
        made.append(kept)
    done = assembled(row, made)
    assert done is not None
    return done


@transaction.atomic
def add_version(
    of: HouseholdContract,
    contract: Contract,
    *,
    by: AbstractBaseUser | None = None,
    factors: GasFactors | None = None,
) -> None:
    """Other terms from a day on. Raises ContractError when that day has a version."""
    _check(contract, factors)
    _same_kind(of, contract)
    (version,) = contract.versions
    if any(held.row.valid_from == version.valid_from for held in of.held):
        raise ContractError(gettext("A price from this day on is there already. Correct that one instead."))
    row = _version_row(of.row, contract, factors)
    row.made_by_id = None if by is None else by.pk
    row.save()


@transaction.atomic
def correct_version(
    of: HouseholdContract,
    held: Held,
    contract: Contract,
    *,
    reason: str,
    by: AbstractBaseUser | None = None,
    factors: GasFactors | None = None,
) -> None:
    """Put right what was entered wrongly; what it was stays, with the reason. Its first day may move."""
    _check(contract, factors)
    _same_kind(of, contract)
    (version,) = contract.versions
    if any(other.row.valid_from == version.valid_from and other.row.pk != held.row.pk for other in of.held):
        raise ContractError(gettext("A price from this day on is there already. Correct that one instead."))
    if not reason.strip():
        raise ContractError(gettext("Say why: what was wrong stays visible with its reason."))
    replaced = ContractVersion.objects.filter(pk=held.row.pk, replaced_at=None).update(
        replaced_at=timezone.now(), replaced_because=reason.strip()[:200]
    )
    if replaced != 1:
        raise ContractError(gettext("Somebody else has just corrected this. Look at it again."))
    row = _version_row(of.row, contract, factors)
    row.made_by_id = None if by is None else by.pk
    row.save()


def end_contract(of: HouseholdContract, last: date | None) -> None:
    """Set its last day; None: it runs on. Raises ContractError for a day before it began."""
    if last is not None and last < of.first_day:
        raise ContractError(gettext("The contract began later than that."))
    of.row.ends_on = last
    others = [
        other
        for other in contracts_of(of.row.household)
        if other.row.pk != of.row.pk
        and (other.row.commodity, other.row.direction) == (of.row.commodity, of.row.direction)
    ]
    for other in others:
        if _overlap(of.first_day, last, other.first_day, other.contract.ends_on):
            raise ContractError(
                gettext("“%(name)s” holds in this time already.") % {"name": other.contract.name}
            )
    of.row.save(update_fields=["ends_on"])


def remove_contract(of: HouseholdContract) -> None:
    """Price with it no more. It stays in the database, for the record."""
    of.row.removed_at = timezone.now()
    of.row.save(update_fields=["removed_at"])


def replaced_versions(of: HouseholdContract) -> tuple[ContractVersion, ...]:
    """What corrections took the place of, newest first."""
    return tuple(of.row.versions.exclude(replaced_at=None).order_by("-replaced_at"))


def as_file(of: HouseholdContract) -> dict[str, Any]:
    """The whole contract as the core's JSON form."""
    return to_json(of.contract)


def _check(contract: Contract, factors: GasFactors | None) -> None:
    if (contract.commodity, contract.direction) not in QUANTITIES:
        raise ContractError(gettext("Nothing is counted that this contract could price."))
    if contract.commodity is Commodity.GAS and factors is None:
        raise ContractError(gettext("Gas needs the calorific value: it is printed on the bill."))
    last = contract.ends_on
    if last is not None and last < contract.versions[-1].valid_from:
        raise ContractError(gettext("The contract ends before it begins."))


def _same_kind(of: HouseholdContract, contract: Contract) -> None:
    """A contract keeps its commodity, direction and currency."""
    known = of.contract
    if (known.commodity, known.direction, known.currency) != (
        contract.commodity, contract.direction, contract.currency,
    ):  # fmt: skip
        raise ContractError(
            gettext("A contract keeps what it counts and its currency. End it and enter a new one.")
        )


def _overlap(first: date, last: date | None, other_first: date, other_last: date | None) -> bool:
    return (other_last is None or first <= other_last) and (last is None or other_first <= last)


def _version_row(row: SupplyContract, contract: Contract, factors: GasFactors | None) -> ContractVersion:
    gas = contract.commodity is Commodity.GAS and factors is not None
    return ContractVersion(
        contract=row,
        valid_from=contract.versions[0].valid_from,
        terms=to_json(contract),
        calorific_value=factors.calorific_value if gas and factors else None,
        state_number=factors.state_number if gas and factors else None,
    )


def _factors(version: ContractVersion) -> GasFactors | None:
    if version.calorific_value is None:
        return None
    return GasFactors(
        version.valid_from,
        Decimal(version.calorific_value),
        Decimal(1) if version.state_number is None else Decimal(version.state_number),
    )


def _fingerprint(version: ContractVersion) -> str:
    """Equal for equal terms and factors."""
    factors = _factors(version)
    said = json.dumps(
        [
            version.terms,
            None if factors is None else [str(factors.calorific_value), str(factors.state_number)],
        ],
        sort_keys=True,
    )
    return hashlib.sha256(said.encode()).hexdigest()


def last_month(today: date) -> tuple[date, date]:
    """First and last day of the month before."""
    last = today.replace(day=1) - ONE_DAY
    return last.replace(day=1), last
