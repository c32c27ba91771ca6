"""One file per interface: a config dataclass, a transport and a decoder, found by being there.

A source's module has `open_source(settings, *, now) -> Source`; its name is the kind. Where telegrams may be
ciphered it takes `counters` as well, what the link remembers of its meter. Modules that begin with an
underscore, and `link` with the vocabulary, are none. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING

from consumerapp.errors import ConsumerAppError
from consumerapp.sources.link import Source

if TYPE_CHECKING:
    from consumerapp.h1.cipher import CounterStore

_VOCABULARY = "link"


def available_sources() -> tuple[str, ...]:
    """The kinds of source that are there."""
    stems = (file.stem for file in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(stem for stem in stems if not stem.startswith("_") and stem != _VOCABULARY))


def utc_now() -> datetime:
    """Our clock."""
    return datetime.now(UTC)


def open_source(
    kind: str,
    settings: Mapping[str, object],
    *,
    now: Callable[[], datetime] = utc_now,
    counters: CounterStore | None = None,
) -> Source:
    """A source of that kind, not yet running. Raises ConsumerAppError for what cannot be."""
    if kind not in available_sources():
        raise ConsumerAppError(
            f"there is no source {kind[:20]!r}; there are {', '.join(available_sources())}"
        )
    open_one = import_module(f"consumerapp.sources.{kind}").open_source
    more = {"counters": counters} if "counters" in signature(open_one).parameters else {}
    opened: Source = open_one(settings, now=now, **more)
    return opened
