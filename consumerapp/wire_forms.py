"""How a typed value becomes JSON and comes back, and the JSON Schema that says so.

One `Form` per type, found from the type itself, so that encoding, decoding and schema cannot drift
apart. Numbers with a unit travel as decimal strings (JSON numbers are floats to most readers),
instants as RFC 3339 in UTC, flags as a list of names.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, Flag
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

from consumerapp.errors import ConsumerAppError, DecodeError
from consumerapp.readings import MeterId, Obis

JsonObject = dict[str, Any]

MAX_TEXT_CHARS = 4096
"""A consumer message has at most 1024 characters (DSMR P1 Companion Standard v5.0.2 - §?)."""
MAX_ITEMS = 4096
"""An hour at one second a step has 3600."""

_DECIMAL = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Form:
    """How one type travels."""

    to_json: Callable[[Any], Any]
    from_json: Callable[[Any], Any]
    """Raises DecodeError for anything that is not this type."""
    schema: JsonObject


def form_of(kind: Any) -> Form:
    """The form of a type: a scalar, an enum, a frozen dataclass, a tuple or an optional of these."""
    form = _SCALARS.get(kind)
    if form is not None:
        return form
    origin = get_origin(kind)
    if origin is types.UnionType:
        inner = [argument for argument in get_args(kind) if argument is not type(None)]
        return _optional(form_of(inner[0]))
    if origin is tuple:
        return _tuple(form_of(get_args(kind)[0]))
    if isinstance(kind, type):
        if issubclass(kind, Flag):
            return _flags(kind)
        if issubclass(kind, Enum):
            return _choice(kind)
        if is_dataclass(kind):
            return dataclass_form(kind)
    raise ConsumerAppError(f"{kind!r} has no form on the wire")


@lru_cache(maxsize=64)
def dataclass_form(kind: type[Any]) -> Form:
    """An object with one member per field. A member that is not known is skipped: a newer peer added it."""
    hints = get_type_hints(kind)
    forms = {item.name: form_of(hints[item.name]) for item in fields(kind)}
    required = [
        item.name for item in fields(kind) if item.default is MISSING and item.default_factory is MISSING
    ]
    writers = tuple((name, form.to_json) for name, form in forms.items())

    def to_json(value: Any) -> JsonObject:
        return {name: write(getattr(value, name)) for name, write in writers}

    def from_json(found: Any) -> Any:
        if not isinstance(found, dict):
            raise DecodeError(f"{kind.__name__} is an object, not {_shown(found)}")
        for name in required:
            if name not in found:
                raise DecodeError(f"{kind.__name__} lacks {name!r}")
        try:
            known = {name: form.from_json(found[name]) for name, form in forms.items() if name in found}
            return kind(**known)
        except DecodeError:
            raise
        except (ConsumerAppError, ValueError) as error:
            raise DecodeError(f"{kind.__name__}: {error}") from error

    return Form(
        to_json,
        from_json,
        {
            "type": "object",
            "title": kind.__name__,
            "description": (kind.__doc__ or "").strip().splitlines()[0],
            "properties": {name: form.schema for name, form in forms.items()},
            "required": required,
        },
    )


def decimal_to_json(value: Decimal) -> str:
    """Every digit, without an exponent."""
    return format(value, "f")


def _decimal_from_json(found: Any) -> Decimal:
    if not isinstance(found, str) or _DECIMAL.fullmatch(found) is None:
        raise DecodeError(f"a number travels as a string of digits, not as {_shown(found)}")
    return Decimal(found)


def _instant_to_json(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _instant_from_json(found: Any) -> datetime:
    if not isinstance(found, str) or _INSTANT.fullmatch(found) is None:
        raise DecodeError(f"an instant is RFC 3339 with an offset, not {_shown(found)}")
    try:
        return datetime.fromisoformat(found).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise DecodeError(f"{_shown(found)} is no instant") from error


def _date_from_json(found: Any) -> date:
    if isinstance(found, str) and len(found) == 10:
        try:
            return date.fromisoformat(found)
        except ValueError:
            pass
    raise DecodeError(f"a day is YYYY-MM-DD, not {_shown(found)}")


def _int_from_json(found: Any) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 2**53:
        raise DecodeError(f"want a whole number from 0, not {_shown(found)}")
    return found


def _text_from_json(found: Any) -> str:
    if not isinstance(found, str) or len(found) > MAX_TEXT_CHARS:
        raise DecodeError(f"want a text of at most {MAX_TEXT_CHARS} characters, not {_shown(found)}")
    return found


def _obis_from_json(found: Any) -> Obis:
    return Obis.parse(_text_from_json(found))


def _same(value: Any) -> Any:
    return value


_SCALARS: Mapping[Any, Form] = {
    int: Form(_same, _int_from_json, {"type": "integer", "minimum": 0}),
    str: Form(str, _text_from_json, {"type": "string", "maxLength": MAX_TEXT_CHARS}),
    MeterId: Form(
        str,
        lambda found: MeterId(_text_from_json(found)),
        {"type": "string", "maxLength": MAX_TEXT_CHARS},
    ),
    Decimal: Form(
        decimal_to_json,
        _decimal_from_json,
        {"type": "string", "pattern": f"^(?:{_DECIMAL.pattern})$"},
    ),
    datetime: Form(
        _instant_to_json, _instant_from_json, {"type": "string", "pattern": f"^(?:{_INSTANT.pattern})$"}
    ),
    date: Form(
        date.isoformat, _date_from_json, {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
    ),
    Obis: Form(str, _obis_from_json, {"type": "string", "maxLength": 32}),
}


def _optional(inner: Form) -> Form:
    return Form(
        lambda value: None if value is None else inner.to_json(value),
        lambda found: None if found is None else inner.from_json(found),
        {"anyOf": [inner.schema, {"type": "null"}]},
    )


def _tuple(inner: Form) -> Form:
    def from_json(found: Any) -> tuple[Any, ...]:
        if not isinstance(found, list) or len(found) > MAX_ITEMS:
            raise DecodeError(f"want a list of at most {MAX_ITEMS} items, not {_shown(found)}")
        return tuple(inner.from_json(item) for item in found)

    return Form(
        lambda value: [inner.to_json(item) for item in value],
        from_json,
        {"type": "array", "items": inner.schema, "maxItems": MAX_ITEMS},
    )


def _choice(kind: type[Enum]) -> Form:
    members = {member.value: member for member in kind}

    def from_json(found: Any) -> Enum:
        member = members.get(found) if isinstance(found, str) else None
        if member is None:
            raise DecodeError(f"{_shown(found)} is no {kind.__name__}")
        return member

    return Form(lambda value: str(value.value), from_json, {"type": "string", "enum": list(members)})


def _flags(kind: type[Flag]) -> Form:
    members = {str(member.name).lower(): member for member in kind}

    def from_json(found: Any) -> Flag:
        if not isinstance(found, list) or len(found) > len(members):
            raise DecodeError(f"{kind.__name__} is a list of names, not {_shown(found)}")
        flags = kind(0)
        for name in found:
            if not isinstance(name, str) or name not in members:
                raise DecodeError(f"{_shown(name)} is no {kind.__name__}")
            flags |= members[name]
        return flags

    return Form(
        lambda value: [str(flag.name).lower() for flag in value],
        from_json,
        {"type": "array", "items": {"type": "string", "enum": list(members)}, "maxItems": len(members)},
    )


def _shown(found: Any) -> str:
    """What was found, short enough for a message and never a whole meter number."""
    if isinstance(found, str):
        return "a text" if len(found) > 24 else repr(found)
    return type(found).__name__ if isinstance(found, dict | list) else repr(found)[:24]
