"""Contracts as JSON: how they are kept, imported and exported.

Every object names its kind, decimals travel as strings, days as ISO 8601. `from_json` checks everything a
hand-written file can get wrong and says where.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from consumerapp.tariffs import bands, contract
from consumerapp.tariffs.contract import Contract, ContractError

FORM_VERSION: Final = 1

_KINDS: Final = {
    kind.__name__: kind
    for kind in (
        contract.FlatRate, contract.TimeOfUseRate, contract.RegisterRate, contract.BlockRate,
        contract.DynamicRate, contract.EnergyPrice, contract.StandingCharge, contract.CapacityCharge,
        contract.Tax,
    )
}  # fmt: skip
"""Classes of which a field takes one of several; their objects say which."""

_NAMESPACE: Final = {**vars(bands), **vars(contract)}


def to_json(of: Contract) -> dict[str, Any]:
    """The contract as plain JSON values."""
    return {"form": FORM_VERSION, **_out(of)}


def from_json(form: Mapping[str, Any]) -> Contract:
    """The contract a JSON object describes. Raises ContractError, naming the place."""
    if form.get("form") != FORM_VERSION:
        raise ContractError(f"This is no contract of form {FORM_VERSION}.")
    made: Contract = _in_object(
        Contract, {name: value for name, value in form.items() if name != "form"}, "contract"
    )
    return made


def _out(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        shown = {field.name: _out(getattr(value, field.name)) for field in fields(value) if field.init}
        name = type(value).__name__
        return {"kind": name, **shown} if name in _KINDS else shown
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_out(part) for part in value]
    return value


def _in_object(wanted: type, form: Any, place: str) -> Any:
    if not isinstance(form, Mapping):
        raise ContractError(f"{place} must be an object.")
    hints = get_type_hints(wanted, _NAMESPACE)
    known = {field.name: hints[field.name] for field in fields(wanted) if field.init}
    given = {name: value for name, value in form.items() if name != "kind"}
    if strange := set(given) - set(known):
        raise ContractError(f"{place} has no {min(strange)!r}.")
    try:
        return wanted(**{name: _in(known[name], value, f"{place}.{name}") for name, value in given.items()})
    except TypeError as error:
        raise ContractError(f"{place} lacks something: {str(error).rpartition(': ')[2]}.") from error


def _in(hint: Any, value: Any, place: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _in_one_of(get_args(hint), value, place)
    if origin is tuple:
        return tuple(
            _in(get_args(hint)[0], part, f"{place}[{number}]")
            for number, part in enumerate(_list(value, place))
        )
    if origin is frozenset:
        return frozenset(_in(get_args(hint)[0], part, place) for part in _list(value, place))
    if isinstance(hint, type) and is_dataclass(hint):
        return _in_object(hint, value, place)
    try:
        if hint is Decimal:
            return _decimal(value)
        if hint in (date, time):
            return hint.fromisoformat(value)
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return hint(value)
    except (ValueError, TypeError, InvalidOperation) as error:
        raise ContractError(f"{place} cannot be {value!r:.40}.") from error
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ContractError(f"{place} cannot be {value!r:.40}.")
    return value


def _in_one_of(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if type(None) in kinds:
        if value is None:
            return None
        (only,) = (kind for kind in kinds if kind is not type(None))
        return _in(only, value, place)
    named = value.get("kind") if isinstance(value, Mapping) else None
    if not isinstance(named, str) or named not in {kind.__name__ for kind in kinds}:
        raise ContractError(f"{place} needs a kind: {', '.join(sorted(kind.__name__ for kind in kinds))}.")
    return _in_object(_KINDS[named], value, place)


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise ContractError(f"{place} must be a list.")
    return value


def _decimal(value: Any) -> Decimal:
    """Exact, so never from a JSON float: 0.1 would already be another number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    number = Decimal(value)
    if not number.is_finite():
        raise InvalidOperation
    return number
