"""One file per dialect of MQTT, found by being there.

A dialect's module has `TITLE`, `TOPICS` (what its gateways publish on, for people to begin from) and
`dialect(options) -> Dialect`. Its name is the file's, with hyphens. Nothing is imported before it is
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol
from zoneinfo import ZoneInfo

from consumerapp.errors import ConsumerAppError
from consumerapp.h2.message import Message, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectOptions:
    """What a dialect can be told; most need nothing."""

    zone: ZoneInfo | None = None
    """In which times without an offset are read; None: such times are not taken."""
    rules: str = ""
    """Lines of the declared dialect, or of others that let names be given registers."""
    energy_unit: str = "kWh"
    """Where a gateway lets its user choose the unit of energy and does not say it."""
    protocol: str = "auto"
    profile: str | None = None
    key: bytes | None = field(default=None, repr=False)
    auth_key: bytes | None = field(default=None, repr=False)


class Dialect(Protocol):
    """Makes telegrams of messages. It owns no broker, no clock and no log."""

    def receive_message(self, message: Message) -> tuple[Outcome, ...]:
        """What one message says; empty: it is not for us. Never raises anything but DecodeError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectInfo:
    """What people choose a dialect by."""

    name: str
    title: str
    topics: tuple[str, ...]


@lru_cache(maxsize=1)
def available_dialects() -> tuple[str, ...]:
    """The names of the dialects that are there."""
    stems = (file.stem for file in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(stem.replace("_", "-") for stem in stems if not stem.startswith("_")))


def dialect_info(name: str) -> DialectInfo:
    """Title and usual topics. Raises ConsumerAppError."""
    module = _module(name)
    return DialectInfo(name=name, title=module.TITLE, topics=module.TOPICS)


def open_dialect(name: str, options: DialectOptions | None = None) -> Dialect:
    """A fresh dialect. Raises ConsumerAppError for what cannot be."""
    opened: Dialect = _module(name).dialect(options or DialectOptions())
    return opened


def _module(name: str) -> ModuleType:
    if name not in available_dialects():
        raise ConsumerAppError(
            f"there is no dialect {name[:40]!r}; there are {', '.join(available_dialects())}"
        )
    return import_module(f"consumerapp.h2.dialects.{name.replace('-', '_')}")
