"""Settings as they are kept (names and plain values) to a source's config, every one checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from consumerapp.errors import ConsumerAppError


def config_from[Config](kind: type[Config], settings: Mapping[str, object]) -> Config:
    """A config dataclass of `settings`. Raises ConsumerAppError: unknown, missing or of another type."""
    hints = get_type_hints(kind)
    known: Any = fields(kind)  # type: ignore[arg-type]  # every config is a dataclass
    names = {item.name for item in known}
    for name in settings:
        if name not in names:
            raise ConsumerAppError(f"there is no setting {name[:40]!r}; there are {', '.join(sorted(names))}")
    for item in known:
        if item.name not in settings and item.default is MISSING and item.default_factory is MISSING:
            raise ConsumerAppError(f"the setting {item.name!r} is missing")
    return kind(**{name: _checked(name, value, hints[name]) for name, value in settings.items()})


def _checked(name: str, value: object, kind: Any) -> object:
    accepted = get_args(kind) if get_origin(kind) is UnionType else (kind,)
    if float in accepted and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not any(isinstance(value, found) and isinstance(value, bool) <= (found is bool) for found in accepted):
        wanted = " or ".join("nothing" if found is type(None) else found.__name__ for found in accepted)
        # The value itself may be a key, so it stays out of the message.
        raise ConsumerAppError(f"the setting {name!r} is {wanted}, not {type(value).__name__}")
    return value
